"""A folder of small mashups that are made with known gains, for training on one's own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile as sf
from numpy.typing import NDArray
from scipy.signal import butter, sosfiltfilt

RATE = 22050
EDGE_HZ = 900.0  # A is heard above, B below
Sound = NDArray[np.float32]


@dataclass(frozen=True)
class Score:
    """Notes and strokes, to be played at any tempo and in any key."""

    notes: NDArray[np.float64]  # [n, 4]: beat, length in beats, MIDI note, level
    strokes: NDArray[np.float64]  # [n, 2]: beat, level
    seed: int

    def played(self, bpm: float, semitones: int, beats: tuple[float, float]) -> Sound:
        """The part from one beat to another."""
        beat = 60 / bpm
        out = np.zeros(round((beats[1] - beats[0]) * beat * RATE) + RATE)
        for at, length, note, level in self.notes:
            tone = _tone(440 * 2 ** ((note + semitones - 69) / 12), length * beat)
            _add(out, (at - beats[0]) * beat, level * tone)
        for number, (at, level) in enumerate(self.strokes):
            _add(out, (at - beats[0]) * beat, level * _stroke(self.seed + number % 3))
        return out[: round((beats[1] - beats[0]) * beat * RATE)].astype(np.float32)


def score(seed: int, beats: int = 48) -> Score:
    """Random notes and strokes, which do not repeat."""
    rng = np.random.default_rng(seed)
    scale = np.array([0, 2, 4, 5, 7, 9, 11])
    n = 2 * beats
    notes = np.stack(
        [
            np.arange(n) / 2,
            rng.choice([0.5, 1.0, 1.5], n),
            48 + rng.choice(scale, n) + 12 * rng.integers(0, 3, n),
            rng.uniform(0.3, 1.0, n),
        ],
        1,
    )
    kept = rng.random(4 * beats) < 0.5
    strokes = np.stack([np.arange(4 * beats) / 4, rng.uniform(0.3, 1, 4 * beats)], 1)[kept]
    return Score(notes, strokes, seed)


def write_mashup(
    folder: Path,
    index: int,
    *,
    bpm: tuple[float, float] = (100.0, 100.0),
    semitones: int = 0,
    skipped_beats: tuple[float, float] = (0.0, 0.0),
    beats: float = 20,
    suffix: str = ".wav",
) -> None:
    """Write a mashup at the tempo of B: A above `EDGE_HZ`, B below.

    Args:
        folder: where.
        index: its number, of which also follows what is played.
        bpm: the tempos of A and B.
        semitones: how much higher A is in the mashup.
        skipped_beats: where in A and B the mashup begins.
        beats: how long it is.
        suffix: of the files.
    """
    songs = [score(10 * index + it) for it in (1, 2)]
    for number, (song, tempo) in enumerate(zip(songs, bpm, strict=True), 1):
        _write(
            folder / f"[{index}][{number}][song {number}]{suffix}", song.played(tempo, 0, (0, 40))
        )
    heard = [
        song.played(bpm[1], shift, (skip, skip + beats))
        for song, shift, skip in zip(songs, (semitones, 0), skipped_beats, strict=True)
    ]
    high, low = (butter(4, EDGE_HZ, it, fs=RATE, output="sos") for it in ("high", "low"))
    mashup = sosfiltfilt(high, heard[0]) + sosfiltfilt(low, heard[1])
    _write(folder / f"[{index}][mashup]{suffix}", mashup.astype(np.float32))


def _write(path: Path, sound: Sound) -> None:
    sf.write(path, 0.3 * sound, RATE)


def _tone(hz: float, seconds: float) -> NDArray[np.float64]:
    times = np.arange(round(seconds * RATE)) / RATE
    partials = range(1, max(int(8000 / hz), 1) + 1)
    fade = np.minimum(np.minimum(times / 0.005, (seconds - times) / 0.02), 1) * np.exp(-2 * times)
    found: NDArray[np.float64] = (
        0.3 * fade * sum(np.sin(2 * np.pi * k * hz * times) / k for k in partials)
    )
    return found


def _stroke(seed: int) -> NDArray[np.float64]:
    noise = np.random.default_rng(seed).standard_normal(round(0.08 * RATE))
    found: NDArray[np.float64] = 0.5 * noise * np.exp(-np.arange(len(noise)) / RATE / 0.02)
    return found


def _add(out: NDArray[np.float64], seconds: float, sound: NDArray[np.float64]) -> None:
    at = round(seconds * RATE)
    if at < 0:
        sound, at = sound[-at:], 0
    part = out[at : at + len(sound)]
    part += sound[: len(part)]
