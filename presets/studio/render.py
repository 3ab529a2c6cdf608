"""From a score to a preset's folder: MIDI by mido, sound by fluidsynth, OGG by oggenc.

With the same versions of these programs, every step gives the same bits again: the MIDI file has no
date, fluidsynth renders faster than real time with neither reverb nor chorus, and oggenc is given
the stream's serial number, which it would otherwise draw at random.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

import mido
import numpy as np
from pedalboard.io import AudioFile

from presets.preset import NOTES, TEXT
from presets.studio.instruments import Instrument
from presets.studio.score import Score, compose

SAMPLE_RATE = 44_100
PEAK = 10 ** (-2 / 20)  # -2 dB: leaves the codec some room below full scale; by guess
FADE_SECONDS = 0.1  # at the end; by guess
OGG_QUALITY = "3"  # of oggenc, -1 to 10: its default
SOURCE = "FluidR3_GM.sf2, {bank} program {program}"
LICENCE = "MIT"
CREDIT = "Frank Wen and the contributors of the Fluid soundfont"
PROGRAMS = {"fluidsynth": "fluidsynth", "oggenc": "vorbis-tools"}

#: At 120 beats a minute, which is MIDI's default, a tick is a millisecond.
TICKS_PER_BEAT = 500


class BuildError(RuntimeError):
    """The library cannot be built; the message says what is missing."""


def check_tools(soundfont: Path) -> None:
    """Check that the programs and the soundfont are here.

    Raises:
        BuildError: one is missing; the message says which package has it.
    """
    for program, package in PROGRAMS.items():
        if shutil.which(program) is None:
            raise BuildError(f"There is no {program}: install Debian's package {package}.")
    if not soundfont.is_file():
        raise BuildError(
            f"There is no soundfont {soundfont}: install Debian's package fluid-soundfont-gm, or "
            "say where it is with --soundfont."
        )


def render(instrument: Instrument, soundfont: Path, folder: Path) -> None:
    """Fill ``folder``, which exists and is empty, with the preset of ``instrument``."""
    score = compose(instrument)
    notes = folder / NOTES
    midi_file(instrument, score).save(notes)
    wave = folder / "clip.wav"
    play(notes, soundfont, wave)
    _trim(wave, score.seconds)
    clip = folder / "clip.ogg"
    _encode(wave, clip)
    wave.unlink()
    sha256 = hashlib.sha256(clip.read_bytes()).hexdigest()
    (folder / TEXT).write_text(describe(instrument, sha256), encoding="utf-8")


def midi_file(instrument: Instrument, score: Score) -> mido.MidiFile:
    """The score as a MIDI file that plays on the instrument."""
    channel = 9 if instrument.percussion else 0
    track = mido.MidiTrack()
    if instrument.bank:
        track.append(
            mido.Message("control_change", channel=channel, control=0, value=instrument.bank)
        )
    track.append(mido.Message("program_change", channel=channel, program=instrument.program))
    events = [(note.start, 1, note) for note in score.notes]
    events += [(note.start + note.seconds, 0, note) for note in score.notes]  # ends come first
    now = 0
    for seconds, is_start, note in sorted(events):
        at = round(1000 * seconds)
        velocity = note.velocity if is_start else 0
        track.append(
            mido.Message(
                "note_on", channel=channel, note=note.key, velocity=velocity, time=at - now
            )
        )
        now = at
    length = round(1000 * score.seconds)
    track.append(mido.MetaMessage("end_of_track", time=length - now))
    return mido.MidiFile(type=0, ticks_per_beat=TICKS_PER_BEAT, tracks=[track])


def play(midi: Path, soundfont: Path, wave: Path) -> None:
    """Render ``midi`` to a stereo WAV file of 32-bit floats, without reverb and chorus."""
    settings = ("synth.midi-bank-select=gs", "synth.gain=0.5", f"synth.sample-rate={SAMPLE_RATE}")
    _run(
        ["fluidsynth", "-q", "-n", "-i", "-R", "0", "-C", "0", "-T", "wav", "-O", "float"]
        + [part for setting in settings for part in ("-o", setting)]
        + ["-F", str(wave), str(soundfont), str(midi)]
    )


def describe(instrument: Instrument, sha256: str) -> str:
    """The text of the preset."""
    low, high = instrument.register
    bank = "drum kit," if instrument.percussion else f"bank {instrument.bank}"
    entries: dict[str, str | int | bool | list[int]] = {
        "label": instrument.label,
        "family": instrument.family,
        "program": instrument.program,
    }
    if instrument.bank:
        entries["bank"] = instrument.bank
    if instrument.percussion:
        entries["percussion"] = True
    entries["register"] = [low, high]
    if instrument.note:
        entries["note"] = instrument.note
    entries["source"] = SOURCE.format(bank=bank, program=instrument.program)
    entries["licence"] = LICENCE
    entries["credit"] = CREDIT
    entries["sha256"] = sha256
    # JSON's strings, numbers, booleans and lists of numbers are TOML's.
    return "".join(
        f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in entries.items()
    )


def _trim(wave: Path, seconds: float) -> None:
    """Make ``wave`` mono, ``seconds`` long, with its peak at `PEAK`."""
    with AudioFile(str(wave)) as file:
        audio = file.read(file.frames).mean(axis=0)
    length = round(seconds * SAMPLE_RATE)
    audio = np.pad(audio, (0, max(length - audio.size, 0)))[:length]
    fade = round(FADE_SECONDS * SAMPLE_RATE)
    audio[-fade:] *= np.linspace(1, 0, fade, dtype=np.float32)
    audio *= PEAK / np.abs(audio).max()
    with AudioFile(str(wave), "w", SAMPLE_RATE, num_channels=1, bit_depth=24) as file:
        file.write(audio[None])


def _encode(wave: Path, clip: Path) -> None:
    # On processors with FMA, the C library's sines and exponentials may differ in the last bit, and
    # so may the file. FMA is therefore left out.
    same_everywhere = {**os.environ, "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-FMA,-FMA4,-AVX2,-AVX512F"}
    _run(
        ["oggenc", "-Q", "-q", OGG_QUALITY, "-s", "1", "-o", str(clip), str(wave)],
        env=same_everywhere,
    )


def _run(command: list[str], env: dict[str, str] | None = None) -> None:
    done = subprocess.run(command, capture_output=True, text=True, env=env, check=False)
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines() or ["no message"]
        raise BuildError(f"{command[0]} failed: {lines[-1]}")
