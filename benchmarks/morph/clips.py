"""The clips of pairs: eight seconds each, rendered or recorded, mono at 44.1 kHz."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from benchmarks.mashup import songs
from benchmarks.mashup.writer import Plan, write
from benchmarks.quality import recorded_drums, voices
from benchmarks.quality.sounds import PEAK, RATE, SILENT, Studio, read
from effects.notes.note import Note
from effects.signal.arrays import Audio, Mono
from presets.studio.instruments import Instrument
from presets.studio.score import Score

SECONDS = 8.0
SAMPLES = round(SECONDS * RATE)
BANDS_OF_GAMES = Path("/usr/share/games/fretsonfire/data/songs")
PACKAGES = {
    "muldjord": "fretsonfire-songs-muldjord (CC BY-SA 3.0)",
    "sectoid": "fretsonfire-songs-sectoid",
}


@dataclass(frozen=True)
class Clip:
    """One end of a morph.

    Attributes:
        name: for tables.
        audio: ``[samples]`` at `RATE`, with its peak at 0.5.
        notes: what is written; None if nobody knows. Of drums, none.
        pitched: whether it has notes, and not only strokes.
    """

    name: str
    audio: Mono
    notes: Sequence[Note] | None
    pitched: bool = True

    @property
    def given(self) -> tuple[str, Audio, float]:
        """As systems are given it: name, audio ``[1, samples]`` and its rate in Hz."""
        return self.name, self.audio[None].copy(), float(RATE)


def played(studio: Studio, instrument: Instrument, score: Score) -> Clip:
    """A score on an instrument of a soundfont."""
    name = f"{instrument.name} ({studio.soundfont.stem})"
    return Clip(name, fitted(read(studio.clip(instrument, score))), notes_of(score))


def song(plan: Plan, soundfont: Path, folder: Path) -> Clip:
    """The beginning of a song of the mashup's writer: lead, bass, chords, perhaps drums."""
    known = songs.rendered(plan, soundfont, folder)
    tune = write(plan)
    written = [it for part in ("lead", "bass", "chords") for it in tune.notes[part]]
    score = Score(tuple(sorted(it for it in written if it.start < SECONDS - 0.1)), SECONDS)
    return Clip(f"song {known.name}", fitted(known.mix.mean(axis=0)), notes_of(score))


def sung(seed: int) -> Clip:
    """espeak-ng sings a tune; its notes are not told, since it sings them as it likes.

    Raises:
        FileNotFoundError: there is no espeak-ng.
    """
    voices.check()
    draw = random.Random(f"morph sung {seed}")
    return Clip("espeak-ng sings", fitted(voices.song(draw, draw.choice(voices.VOICES))), None)


def groove(kit: str, seed: int) -> Clip:
    """A groove on a recorded kit."""
    strokes = recorded_drums.groove(random.Random(f"morph groove {seed}"))
    return Clip(kit, fitted(recorded_drums.rendered(kit, strokes)), (), pitched=False)


def guitar(band: str, name: str, start: float) -> Clip:
    """The guitars of a song of Frets on Fire, from ``start`` seconds on.

    Raises:
        FileNotFoundError: the songs are not there; the message names the package.
    """
    file = BANDS_OF_GAMES / band / name / "guitar.ogg"
    if not file.is_file():
        raise FileNotFoundError(f"There is no {file}: install Debian's {PACKAGES[band]}.")
    with soundfile.SoundFile(file) as opened:
        rate = opened.samplerate
        opened.seek(round(start * rate))
        audio = opened.read(round(SECONDS * rate), dtype="float32", always_2d=True)
    if rate != RATE:
        raise ValueError(f"{file} has {rate} Hz, not {RATE}.")
    return Clip(f"guitar of {name} {start:.0f} s", fitted(audio.mean(axis=1)), None)


def fitted(audio: Mono) -> Mono:
    """As long as clips are, with silence at the end if need be, and with its peak at `PEAK`."""
    audio = np.pad(audio, (0, max(SAMPLES - audio.size, 0)))[:SAMPLES]
    return np.asarray(audio * np.float32(PEAK / max(np.abs(audio).max(), SILENT)), np.float32)


def notes_of(score: Score) -> tuple[Note, ...]:
    """A score's notes, with their velocity's share as a level."""
    return tuple(
        Note(it.start, it.start + it.seconds, float(it.key), it.velocity / 127, 1.0)
        for it in score.notes
    )
