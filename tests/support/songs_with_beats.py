"""Songs whose beats, bars and chords are known, made of sines and noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RATE = 22050
#: Chords of C major as semitones from C: one for each bar, over and over.
CHORDS = ((0, 4, 7), (9, 12, 16), (5, 9, 12), (7, 11, 14))


@dataclass(frozen=True)
class Made:
    """A song.

    Attributes:
        audio: ``[1, samples]`` at `RATE`.
        beats: when its beats are, in seconds.
        bars: which of them begin a bar.
    """

    audio: NDArray[np.float32]
    beats: NDArray[np.float64]
    bars: NDArray[np.intp]

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.audio.shape[1] / RATE


def song(
    bpm: float = 120.0,
    *,
    seconds: float = 20.0,
    beats_per_bar: int = 4,
    parts: int = 2,
    drums: bool = True,
    key: int = 0,
    start: float = 0.3,
    drift: float = 0.0,
) -> Made:
    """Chords that change with the bar, a bass on its first beat, and perhaps drums.

    Args:
        bpm: beats a minute, at the start.
        seconds: how long it is.
        beats_per_bar: 4, 3, or 2 if a beat has three parts.
        parts: notes of a beat.
        drums: a kick on the first beat, a snare on others, hats on all parts.
        key: semitones above C major.
        start: when the first beat is, in seconds.
        drift: how much faster each beat is than the one before it, as a share.
    """
    steps = 60 / bpm * (1 - drift) ** np.arange(round(4 * seconds))
    beats = start + np.concatenate([[0.0], np.cumsum(steps)])
    beats = beats[beats < seconds - 0.1]
    out = np.zeros(round((seconds + 3) * RATE))
    draw = np.random.default_rng(0)
    lengths = np.diff(beats, append=beats[-1] + 60 / bpm)
    for number, (begin, length) in enumerate(zip(beats, lengths, strict=True)):
        bar, place = divmod(number, beats_per_bar)
        chord = np.array(CHORDS[bar % len(CHORDS)]) + key
        if place == 0:
            _add(out, begin, _note(chord[0] + 36, length * beats_per_bar, 0.5))
            for pitch in chord:
                _add(out, begin, _note(pitch + 60, length * beats_per_bar, 0.15))
        _add(out, begin, _note(chord[place % 3] + 72, length, 0.2))
        if parts == 3:
            for part in (1, 2):
                at = begin + length * part / 3
                _add(out, at, _note(chord[part] + 72, length / 3, 0.15))
        if drums:
            _add(out, begin, _drum(draw, 60.0, 0.6) if place == 0 else _noise(draw, 0.05, 0.2))
            for part in range(parts):
                _add(out, begin + length * part / parts, _noise(draw, 0.02, 0.08))
    audio = out[: round(seconds * RATE)].astype(np.float32)[None]
    return Made(0.8 * audio / np.abs(audio).max(), beats, np.arange(0, len(beats), beats_per_bar))


def _add(out: NDArray[np.float64], seconds: float, sound: NDArray[np.float64]) -> None:
    start = round(seconds * RATE)
    room = out[start : start + len(sound)]
    room += sound[: len(room)]


def _note(pitch: float, seconds: float, level: float) -> NDArray[np.float64]:
    t = np.arange(round(seconds * RATE)) / RATE
    hz = 440 * 2 ** ((pitch - 69) / 12)
    partials = sum(np.sin(2 * np.pi * hz * k * t) / k**1.5 for k in range(1, 5))
    return level * partials * np.exp(-3 * t / seconds) * np.minimum(t / 0.003, 1)


def _drum(draw: np.random.Generator, hz: float, level: float) -> NDArray[np.float64]:
    t = np.arange(round(0.15 * RATE)) / RATE
    return level * np.sin(2 * np.pi * hz * t) * np.exp(-t / 0.05) + _noise(draw, 0.15, 0.02)


def _noise(draw: np.random.Generator, seconds: float, level: float) -> NDArray[np.float64]:
    t = np.arange(round(seconds * RATE)) / RATE
    return level * draw.normal(0, 1, len(t)) * np.exp(-4 * t / seconds)
