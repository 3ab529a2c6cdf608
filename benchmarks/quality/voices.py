"""Voices: espeak-ng speaks or sings, and an instrument that can hold its notes takes over.

The figure is the share of the content's voiced frames in which the output has the same pitch,
within 50 cents. An octave off is wrong, and so is no pitch. Both are tracked by librosa's pYIN
(Mauch & Dixon 2014). The target is the style's instrument with one note for each voiced stretch,
bent along the content's pitch; it shows what an instrument and pYIN can do at best.
"""

from __future__ import annotations

import random
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import librosa
import mido
import numpy as np
from numpy.typing import NDArray

from benchmarks.quality import judge
from benchmarks.quality.bench import Bench
from benchmarks.quality.cases import Case, Section, results, seeds
from benchmarks.quality.sounds import PEAK, RATE, read, write
from benchmarks.quality.systems import Row
from benchmarks.quality.tables import TARGET, share
from benchmarks.quality.triplets import (
    KIND_OF,
    PLAY_SECONDS,
    TAIL_SECONDS,
    compose,
    instruments,
    tune,
)
from effects.signal.arrays import Mono
from presets.studio.instruments import Instrument
from presets.studio.render import TICKS_PER_BEAT
from presets.studio.score import Note, Score

PROGRAM = "espeak-ng"
VOICES = ("en-us", "en-us+f3")  # low, about 100 Hz, and high, about 200 Hz
SENTENCES = (
    "The rain fell all morning on the old harbour, and nobody came down to the boats.",
    "Would you rather have the window open, or shall we go for a walk along the river?",
    "Seven small lamps were burning in the hall when the last of the visitors went home.",
    "I have never seen a garden like this one. Who planted all of these yellow roses?",
    "On Sunday we are going to move the piano, if somebody will lend us a longer rope.",
    "Nobody believed her story at first, but the letters in the drawer were real enough.",
)
SYLLABLES = ("la", "no", "may", "dee", "roo", "ma")
#: For each voice, instruments that hold their notes, in its range.
STYLES = {
    "en-us": ("trombone", "baritone-sax", "string-ensemble", "accordion", "choir-aahs"),
    "en-us+f3": ("trumpet", "oboe", "string-ensemble", "accordion", "choir-aahs", "harmonica"),
}
SUNG = {"en-us": (41, 57), "en-us+f3": (55, 71)}  # lowest and highest key
TRACK_RATE, TRACK_HOP, TRACK_WINDOW = 22_050, 512, 2048  # Hz, samples, samples
RESOLUTION = 0.2  # semitones: the default of 0.1 takes seven times as long
LOWEST_HZ, HIGHEST_HZ = 60.0, 1000.0  # of the tracker
CENTS = 50.0  # by which a pitch may be off
SYLLABLE_PITCHES = range(0, 100, 9)  # espeak-ng's settings, which go from 0 to 99
BEND_RANGE = 24  # semitones to either side
SHORTEST = 3  # frames of a voiced stretch that the target plays

Contour = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Voice(Case):
    """A case with its pitch.

    Attributes:
        contour: the content's pitch, as `track` returns it.
    """

    contour: Contour


def sections(bench: Bench, rows: Sequence[Row], half: str, count: int) -> list[Section]:
    """A table for speech, and one for singing."""
    found = []
    for title, say in (("speech", speech), ("singing", song)):
        cases = []
        for seed in seeds(half, count):
            draw = random.Random(f"{title} {seed}")
            voice = VOICES[seed // 2 % len(VOICES)]
            style = instruments()[draw.choice(STYLES[voice])]
            content = _kept(bench.folder, f"{title}-{seed}", say(draw, voice))
            contour = track(read(content))
            cases.append(
                Voice(
                    seed=seed,
                    kind=KIND_OF[style.name],
                    content=content,
                    style=bench.studio.clip(style, tune(draw, style)),
                    target=_bent(bench, style, contour),
                    contour=contour,
                )
            )
        every = results(rows, cases, figures, bench.knows)
        counts = share(every[TARGET]) >= judge.ENOUGH
        columns = ("pitch kept", "pitch kept, both voiced", "both voiced")
        found.append(Section.of_means(f"{title}, {count} clips", every, columns, counts=counts))
    return found


def check() -> None:
    """Check that espeak-ng is here.

    Raises:
        FileNotFoundError: there is no espeak-ng.
    """
    if shutil.which(PROGRAM) is None:
        raise FileNotFoundError(f"There is no {PROGRAM}: install Debian's package {PROGRAM}.")


def figures(output: Mono, case: Voice) -> Mapping[str, float]:
    """The figures of `kept`."""
    return kept(track(output), case.contour)


def track(clip: Mono) -> Contour:
    """The pitch of each frame as a fractional MIDI key; NaN where there is none."""
    audio = librosa.resample(clip, orig_sr=RATE, target_sr=TRACK_RATE)
    hz, _, _ = librosa.pyin(
        audio,
        fmin=LOWEST_HZ,
        fmax=HIGHEST_HZ,
        sr=TRACK_RATE,
        frame_length=TRACK_WINDOW,
        hop_length=TRACK_HOP,
        resolution=RESOLUTION,
    )
    contour: Contour = librosa.hz_to_midi(hz)
    return contour


def kept(found: Contour, wanted: Contour) -> dict[str, float]:
    """How well a pitch contour follows another; all three figures are 1 at best.

    Returns:
        ``pitch kept``: the share of the wanted contour's voiced frames in which the other is within
        50 cents. ``both voiced``: the share in which it has any pitch. ``pitch kept, both voiced``:
        of these frames, the share within 50 cents.
    """
    found = found[: wanted.size]
    wanted = wanted[: found.size]
    voiced = ~np.isnan(wanted)
    both = voiced & ~np.isnan(found)
    near = np.abs(found[both] - wanted[both]) <= CENTS / 100
    return {
        "pitch kept": float(near.sum() / max(voiced.sum(), 1)),
        "pitch kept, both voiced": float(near.sum() / max(both.sum(), 1)),
        "both voiced": float(both.sum() / max(voiced.sum(), 1)),
    }


def speech(draw: random.Random, voice: str) -> Mono:
    """Two spoken sentences."""
    text = " ".join(draw.sample(SENTENCES, 2))
    pitch, pace = draw.randint(40, 60), draw.randint(140, 170)
    return _spoken(text, "-v", voice, "-p", str(pitch), "-s", str(pace))


def song(draw: random.Random, voice: str) -> Mono:
    """A tune on syllables: each is spoken at one pitch, and resampled to its key."""
    return sung(draw, compose(draw, *SUNG[voice], chords=0.0), voice, SYLLABLES)


def sung(draw: random.Random, score: Score, voice: str, syllables: Sequence[str]) -> Mono:
    """A score of one note at a time, sung on random syllables."""
    found = np.zeros(round((PLAY_SECONDS + TAIL_SECONDS) * RATE), np.float32)
    for note in score.notes:
        sound = _tone(draw.choice(syllables), voice, note)
        start = round(note.start * RATE)
        found[start:][: sound.size] += sound[: found.size - start]
    return found


def _tone(text: str, voice: str, note: Note) -> Mono:
    pitches = [(abs(pitch - note.key), pitch, sound) for pitch, sound in _syllable(text, voice)]
    _, pitch, sound = min(pitches, key=lambda it: it[0])
    faster = 2 ** ((note.key - pitch) / 12)
    sound = librosa.resample(sound, orig_sr=RATE * faster, target_sr=RATE)
    sound = sound[: round(note.seconds * RATE)] * np.float32(note.velocity / 127)
    fade = min(round(0.03 * RATE), sound.size)
    sound[sound.size - fade :] *= np.linspace(1, 0, fade, dtype=np.float32)
    return sound


@cache
def _syllable(text: str, voice: str) -> list[tuple[float, Mono]]:
    """A syllable spoken slowly at several pitches: each pitch, and the sound without silence."""
    found = []
    for pitch in SYLLABLE_PITCHES:
        ssml = f'<speak><prosody range="0%" rate="40%">{text}</prosody></speak>'
        sound = _spoken(ssml, "-m", "-v", voice, "-p", str(pitch))
        heard = np.flatnonzero(np.abs(sound) > 0.05 * np.abs(sound).max())
        contour = track(sound)
        if not np.isnan(contour).all():
            found.append((float(np.nanmedian(contour)), sound[heard[0] : heard[-1]]))
    return found


def _spoken(text: str, *options: str) -> Mono:
    with tempfile.TemporaryDirectory() as folder:
        wave = Path(folder) / "spoken.wav"  # on stdout, its header would not have the length
        subprocess.run([PROGRAM, "-w", str(wave), *options, text], check=True)
        return read(wave)


def _kept(folder: Path, name: str, audio: Mono) -> Path:
    path = folder / f"voice-{name}.wav"
    write(path, audio * np.float32(PEAK / np.abs(audio).max()))
    return path


def _bent(bench: Bench, instrument: Instrument, contour: Contour) -> Path:
    """The instrument along a contour: a note for each voiced stretch, bent frame by frame."""
    channel, seconds_per_frame = 0, TRACK_HOP / TRACK_RATE
    events: list[tuple[float, mido.Message]] = []

    def add(at: float, kind: str, **values: int) -> None:
        events.append((at, mido.Message(kind, channel=channel, **values)))

    for control, value in ((101, 0), (100, 0), (6, BEND_RANGE), (38, 0)):
        add(0, "control_change", control=control, value=value)
    voiced = np.flatnonzero(~np.isnan(contour))
    for run in np.split(voiced, np.flatnonzero(np.diff(voiced) > 1) + 1):
        if run.size < SHORTEST:
            continue
        key = round(float(np.median(contour[run])))
        for index, frame in enumerate(run):
            bend = round(8192 * (contour[frame] - key) / BEND_RANGE)
            add(frame * seconds_per_frame, "pitchwheel", pitch=min(max(bend, -8192), 8191))
            if index == 0:
                add(frame * seconds_per_frame, "note_on", note=key, velocity=90)
        add((run[-1] + 1) * seconds_per_frame, "note_on", note=key, velocity=0)
    track_ = mido.MidiTrack([mido.Message("program_change", program=instrument.program)])
    now = 0
    for at, message in events:
        track_.append(message.copy(time=round(1000 * at) - now))
        now = round(1000 * at)
    seconds = contour.size * seconds_per_frame
    track_.append(mido.MetaMessage("end_of_track", time=max(round(1000 * seconds) - now, 0)))
    file = mido.MidiFile(type=0, ticks_per_beat=TICKS_PER_BEAT, tracks=[track_])
    return bench.studio.midi(file, seconds, instrument.label)
