"""Triplets of recorded notes: real instruments instead of a soundfont.

The recordings' folder has one folder for each instrument of `FOLDERS`, with files named after their
notes: ``violin/As4.mp3`` is A♯4. The ``package`` folders of the npm packages
``tonejs-instrument-NAME-mp3`` (samples CC BY 3.0) are like that. A key is played by the recording
nearest in pitch, resampled, and ends soon after its release. Each note was recorded at one loudness
only, which velocities scale.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import librosa
import numpy as np

from benchmarks.quality.bench import Bench
from benchmarks.quality.cases import Section, seeds
from benchmarks.quality.sounds import PEAK, RATE, SILENT, read, write
from benchmarks.quality.systems import Row, Task
from benchmarks.quality.triplets import HIGHEST, KIND_OF, LOWEST, Triplet, compose, instruments
from effects.signal.arrays import Mono
from presets.studio.instruments import Instrument, midi_number
from presets.studio.score import Note, Score

#: The folders, by the instruments' names in `KINDS`.
FOLDERS = {
    **{it: it for it in ("violin", "cello", "trumpet", "trombone", "flute", "clarinet")},
    **{it: it for it in ("french-horn", "bassoon", "harp", "xylophone")},
    "nylon-guitar": "guitar-nylon",
    "grand-piano": "piano",
    "alto-sax": "saxophone",
}
# Not searched.
SPAN = 14  # semitones that the ranges of content and style share, at least
STRETCH = 3  # semitones by which a recording is resampled, at most
RELEASE_SECONDS = 0.15  # in which a note fades once its key is up
RANGE_DB = 30  # between velocities 0 and 127


@dataclass(frozen=True)
class Recordings:
    """Plays scores on recorded notes.

    Attributes:
        samples: the recordings' folder.
        folder: where renders are kept.
        folders: which folder has an instrument's recordings, by the instrument's name.
    """

    samples: Path
    folder: Path
    folders: Mapping[str, str] = field(default_factory=lambda: FOLDERS)

    @property
    def name(self) -> str:
        """The recordings' folder."""
        return str(self.samples.resolve())

    def notes(self, instrument: Instrument) -> dict[int, Path]:
        """An instrument's recordings, by key; empty if there are none."""
        files = (self.samples / self.folders[instrument.name]).glob("*.*")
        return {key: it for it in sorted(files) if (key := _key(it.stem)) is not None}

    def range(self, instrument: Instrument) -> tuple[int, int]:
        """The lowest and the highest key that can be played."""
        keys = self.notes(instrument)
        return max(min(keys) - STRETCH, LOWEST), min(max(keys) + STRETCH, HIGHEST)

    def clip(self, instrument: Instrument, score: Score) -> Path:
        """As `sounds.Studio.clip`."""
        files = self.notes(instrument)
        text = f"{self.name} {instrument.name} {score}"
        path = self.folder / f"real-{hashlib.sha256(text.encode()).hexdigest()[:20]}.wav"
        if not path.is_file():
            audio = np.zeros(round(score.seconds * RATE), np.float32)
            for note in score.notes:
                key = min(files, key=lambda it: abs(it - note.key))
                sound = played(_loaded(files[key]), note, note.key - key)
                place = audio[round(note.start * RATE) :]
                place[: sound.size] += sound[: place.size]
            write(path, audio * np.float32(PEAK / max(np.abs(audio).max(), SILENT)))
        return path

    def clips(self, instrument: Instrument, scores: Sequence[Score]) -> list[Mono]:
        """The sounds of several scores."""
        return [read(self.clip(instrument, it)) for it in scores]


def sections(
    bench: Bench, rows: Sequence[Row], half: str, count: int, samples: Path
) -> list[Section]:
    """One table.

    Raises:
        FileNotFoundError: there are too few instruments.
    """
    recordings = Recordings(samples, bench.folder)
    tasks = [_task(recordings, seed, poly=seed % 4 > 1) for seed in seeds(half, count)]
    return [Section.of_ratios(f"recorded notes, {count} triplets", bench.results(rows, tasks))]


def played(sound: Mono, note: Note, semitones: int) -> Mono:
    """A recording played as a note, ``semitones`` higher than it was recorded."""
    faster = 2 ** (semitones / 12)
    if semitones:
        sound = librosa.resample(sound, orig_sr=RATE * faster, target_sr=RATE)
    end, release = round(note.seconds * RATE), round(RELEASE_SECONDS * RATE)
    sound = sound[: end + release].copy()
    fade = sound[end:]
    fade *= np.linspace(1, 0, release, dtype=np.float32)[: fade.size] ** 2
    level = RANGE_DB * (note.velocity / 127 - 1)
    return sound * np.float32(10 ** (level / 20) / max(np.abs(sound).max(initial=0), SILENT))


@cache
def _loaded(path: Path) -> Mono:
    """A recording, without the silence before it."""
    audio = read(path)
    heard = np.flatnonzero(np.abs(audio) > 0.02 * np.abs(audio).max())
    return audio[heard[0] :]


def _key(name: str) -> int | None:
    """The key of a file's name, such as As4; None if it is not a note."""
    try:
        return int(midi_number(name.replace("s", "#")))
    except ValueError:
        return None


def _task(recordings: Recordings, seed: int, *, poly: bool) -> Task:
    draw = random.Random(f"real {seed}")
    there = [it for name in FOLDERS if recordings.notes(it := instruments()[name])]
    ranges = {it.name: recordings.range(it) for it in there}
    pairs = [
        (a, b)
        for a in there
        for b in there
        if KIND_OF[a.name] != KIND_OF[b.name]
        and min(ranges[a.name][1], ranges[b.name][1]) - max(ranges[a.name][0], ranges[b.name][0])
        >= SPAN
    ]
    if not pairs:
        raise FileNotFoundError(f"There are too few instruments in {recordings.samples}.")
    content, style = draw.choice(pairs)
    (low, high), (low_too, high_too) = ranges[content.name], ranges[style.name]
    chords = 0.5 if poly else 0.0
    triplet = Triplet(
        seed=seed,
        poly=poly,
        near=content.rings == style.rings,
        content=content,
        style=style,
        notes=compose(draw, max(low, low_too), min(high, high_too), chords=chords),
        style_notes=compose(draw, low_too, high_too, chords=draw.choice((0.0, 0.5))),
    )
    return Task(
        triplet=triplet,
        content=recordings.clip(content, triplet.notes),
        style=recordings.clip(style, triplet.style_notes),
        target=recordings.clip(style, triplet.notes),
    )
