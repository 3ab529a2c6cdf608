"""Parts rendered by soundfonts: many in one go, since a large soundfont loads slowly.

TimGM6mb, which renders the triplets of ``benchmarks.quality``, is not among the soundfonts, nor is
csound's bank, sf_GMbank: of its 488 samples, 391 have the names of TimGM6mb's, and 131 are the same
bits. FluidR3 shares 8 names and no bits with it, OPL3 none; MuseScore_General, whose samples are
compressed, shares 22 of its 1254 names.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import mido
import numpy as np
import soxr
from pedalboard.io import AudioFile

from benchmarks import script
from benchmarks.training.tunes import SECONDS
from effects.notes.basic_pitch import RATE
from effects.signal.arrays import Mono
from presets.studio.instruments import Instrument
from presets.studio.render import TICKS_PER_BEAT, play
from presets.studio.score import Score

FREEPATS = Path("/etc/timidity/freepats.cfg")
OPL3 = script.FOLDER / "OPL-3_FM_128M.sf2"
#: Debian's packages of what plays.
PACKAGES = {**script.PACKAGES, OPL3: "opl3-soundfont", FREEPATS: "freepats"}
#: What plays, by name: Debian's fluid-soundfont-gm, musescore-general-soundfont-small,
#: opl3-soundfont and freepats.
FONTS = {
    "fluid": script.FLUIDR3,
    "musescore": script.MUSESCORE,
    "opl3": OPL3,
    "freepats": FREEPATS,
}
SLOT = 10.0  # seconds from one part to the next in a rendering: two for the last notes to end
ALL_SOUND_OFF, MODULATION = 120, 1  # MIDI's controllers


@dataclass(frozen=True)
class Part:
    """What one instrument plays.

    Attributes:
        instrument: who plays.
        score: what, up to `SECONDS`.
        vibrato: the value of MIDI's modulation wheel, 0 to 127.
    """

    instrument: Instrument
    score: Score
    vibrato: int = 0


def check_fonts() -> None:
    """Check that all that plays is here.

    Raises:
        FileNotFoundError: something is missing; the message names its Debian package.
    """
    script.check_soundfonts({it: PACKAGES[it] for it in FONTS.values()})
    if shutil.which("timidity") is None:
        raise FileNotFoundError("There is no timidity: install Debian's package timidity.")


def render(parts: Sequence[Part], font: str) -> list[Mono]:
    """The sound of each part at `RATE`, dry; silence where the soundfont lacks the instrument."""
    with tempfile.TemporaryDirectory() as own:
        notes, wave = Path(own) / "notes.mid", Path(own) / "notes.wav"
        _midi(parts).save(notes)
        if FONTS[font] == FREEPATS:
            dry = ["-EFreverb=0", "-EFchorus=0", "-A70", "-s", "44100"]
            subprocess.run(
                ["timidity", "-c", FREEPATS, "-Ow", "--preserve-silence", *dry, "-o", wave, notes],
                capture_output=True,
                check=True,
            )
        else:
            play(notes, FONTS[font], wave)
        whole = read(wave)
    n, step = round(SECONDS * RATE), round(SLOT * RATE)
    whole = np.pad(whole, (0, max(len(parts) * step - whole.size, 0)))
    return [whole[number * step :][:n] for number in range(len(parts))]


def _midi(parts: Sequence[Part]) -> mido.MidiFile:
    """All parts, one after the other; what still sounds of one is cut off before the next."""
    events: list[tuple[int, int, mido.Message]] = []
    for number, part in enumerate(parts):
        begin = round(1000 * SLOT * number)
        channel = 9 if part.instrument.percussion else 0
        controls = ((ALL_SOUND_OFF, 0), (0, part.instrument.bank), (MODULATION, part.vibrato))
        for control, value in controls:
            message = mido.Message("control_change", channel=channel, control=control, value=value)
            events.append((begin, 0, message))
        program = mido.Message("program_change", channel=channel, program=part.instrument.program)
        events.append((begin, 1, program))
        for note in part.score.notes:
            for at, order, velocity in (
                (note.start, 3, note.velocity),
                (note.start + note.seconds, 2, 0),  # ends come first
            ):
                message = mido.Message("note_on", channel=channel, note=note.key, velocity=velocity)
                events.append((begin + round(1000 * at), order, message))
    track, now = mido.MidiTrack(), 0
    for at, _, message in sorted(events, key=lambda it: it[:2]):
        track.append(message.copy(time=at - now))
        now = at
    track.append(mido.MetaMessage("end_of_track", time=round(1000 * SLOT * len(parts)) - now))
    return mido.MidiFile(type=0, ticks_per_beat=TICKS_PER_BEAT, tracks=[track])


def read(wave: Path) -> Mono:
    """The mean of a sound file's channels, resampled to `RATE`."""
    with AudioFile(str(wave)) as file:
        audio = file.read(file.frames).mean(axis=0)
        return np.asarray(soxr.resample(audio, file.samplerate, RATE), np.float32)
