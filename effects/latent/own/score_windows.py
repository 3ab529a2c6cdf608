"""Windows of scores as the cells that are not zero, for all windows in a row.

A window has 5632 cells, of which some 80 are not zero, so networks get these alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from effects.latent.roll import (
    BARS,
    LOWEST,
    N_KEYS,
    SOUNDING,
    STEPS_PER_SECOND,
    STRUCK,
    WINDOW_SECONDS,
    WINDOW_STEPS,
    Roll,
)

CELLS = WINDOW_STEPS * N_KEYS * 2  # of a window
BAR = CELLS // BARS
LEAST_STRUCK = 2  # notes that begin in a window: with fewer there is nothing to learn
Notes = NDArray[np.float64]
"""``[notes, 3]``: start and end in seconds, and the pitch as a MIDI number."""
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Mistakes:
    """What a transcription makes of notes; nothing was searched.

    Attributes:
        lost: shares of the notes that are lost; one is drawn for each window.
        octaves: shares that are heard an octave too high or low, likewise.
        late: standard deviation of beginnings, in seconds.
        longer: standard deviation of the logarithm of lengths.
    """

    lost: tuple[float, ...] = (0.0, 0.0, 0.05, 0.12)
    octaves: tuple[float, ...] = (0.0, 0.0, 0.0, 0.04)
    late: float = 0.012
    longer: float = 0.15


#: For notes that were heard: they have mistakes of their own.
NO_MISTAKES = Mistakes((0.0,), (0.0,), 0.0, 0.0)


class Batch(NamedTuple):
    """Some windows, as networks get them.

    Attributes:
        cells: the cells of each bar that are 1, 0 to `BAR` - 1; bar after bar.
        offsets: where each bar begins in them, ``[BARS * windows]``.
        flat: the same cells, counted through all bars.
    """

    cells: Integers
    offsets: Integers
    flat: Integers

    @property
    def windows(self) -> int:
        """How many windows there are."""
        return len(self.offsets) // BARS


@dataclass(frozen=True)
class ScoreWindows:
    """Windows of scores.

    Attributes:
        cells: those that are 1, window after window: (step * 88 + key) * 2 + channel of a roll.
        begins: where each window's begin, and the end of the last, ``[windows + 1]``.
    """

    cells: NDArray[np.int16]
    begins: Integers

    def __len__(self) -> int:
        """How many windows there are."""
        return len(self.begins) - 1

    def batch(self, chosen: Integers, semitones: Integers) -> Batch:
        """Some windows, each moved by some semitones; keys that a piano has not are left out."""
        window, cells = self._of(chosen)
        key = cells // 2 % N_KEYS + semitones[window]
        kept = (key >= 0) & (key < N_KEYS)
        cells = (cells + 2 * semitones[window])[kept]
        flat = window[kept] * CELLS + cells
        bars = len(chosen) * BARS
        return Batch(flat % BAR, np.searchsorted(flat, np.arange(bars) * BAR), flat)

    def rolls(self, chosen: Integers) -> Roll:
        """Some windows as rolls, ``[windows, 32, 88, 2]``."""
        window, cells = self._of(chosen)
        found = np.zeros((len(chosen), CELLS), np.float32)
        found[window, cells] = 1
        return found.reshape(-1, WINDOW_STEPS, N_KEYS, 2)

    def _of(self, chosen: Integers) -> tuple[Integers, Integers]:
        """The cells of some windows, in order, and of which of them each is."""
        counts = self.begins[chosen + 1] - self.begins[chosen]
        window = np.repeat(np.arange(len(chosen)), counts)
        within = np.arange(len(window)) - np.repeat(np.cumsum(counts) - counts, counts)
        return window, self.cells[within + self.begins[chosen][window]].astype(np.int64)


def windows_of(
    notes: Notes,
    starts: NDArray[np.float64],
    *,
    pace: float = 1.0,
    mistakes: Mistakes = NO_MISTAKES,
    rng: np.random.Generator | None = None,
) -> ScoreWindows:
    """Windows of one score; those with hardly a note are left out.

    Without mistakes, and at the pace 1, they are what `effects.latent.roll.roll_of` says.

    Args:
        notes: the score.
        starts: where windows begin, in seconds of the score.
        pace: seconds of the score for each second of a window.
        mistakes: what is done to the notes, in each window anew.
        rng: what draws them.
    """
    end = starts + WINDOW_SECONDS * pace
    # A second more on both sides, for those that are drawn into the window or out of it.
    near = (notes[:, 1] > starts[:, None] - 1) & (notes[:, 0] < end[:, None] + 1)
    window, note = np.nonzero(near)
    begin = (notes[note, 0] - starts[window]) / pace
    last = (notes[note, 1] - starts[window]) / pace
    key = np.round(notes[note, 2]).astype(np.int64) - LOWEST
    kept = np.ones(len(note), bool)
    if rng is not None:
        begin, last, key, kept = _mistaken(begin, last, key, window, mistakes, rng)
    first = np.floor(begin * STEPS_PER_SECOND + 0.5).astype(np.int64)
    stop = np.maximum(np.floor(last * STEPS_PER_SECOND + 0.5).astype(np.int64), first + 1)
    kept &= (key >= 0) & (key < N_KEYS) & (first < WINDOW_STEPS) & (stop > 0)
    return _gathered(len(starts), *(it[kept] for it in (window, first, stop, key)))


def _mistaken(
    begin: Notes,
    last: Notes,
    key: Integers,
    window: Integers,
    mistakes: Mistakes,
    rng: np.random.Generator,
) -> tuple[Notes, Notes, Integers, NDArray[np.bool_]]:
    """Begin, end and key of notes after mistakes, and which are still there."""
    count, windows = len(begin), int(window[-1]) + 1 if len(window) else 0
    late = begin + rng.normal(0, mistakes.late, count)
    end = late + (last - late) * np.exp(rng.normal(0, mistakes.longer, count))
    kept = rng.random(count) >= rng.choice(mistakes.lost, windows)[window]
    off = rng.random(count) < rng.choice(mistakes.octaves, windows)[window]
    return late, end, key + 12 * off * rng.choice((-1, 1), count), kept


def _gathered(
    count: int, window: Integers, first: Integers, stop: Integers, key: Integers
) -> ScoreWindows:
    """``count`` windows of notes that are given by steps; ``stop`` is exclusive."""
    struck = first >= 0
    ids = [(window * CELLS + (first * N_KEYS + key) * 2 + STRUCK)[struck]]
    shown = np.maximum(first, 0)
    lengths = np.minimum(stop, WINDOW_STEPS) - shown
    note = np.repeat(np.arange(len(window)), lengths)
    step = shown[note] + np.arange(len(note)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    ids.append(window[note] * CELLS + (step * N_KEYS + key[note]) * 2 + SOUNDING)
    cells = np.unique(np.concatenate(ids))
    of_window = cells // CELLS
    strokes = np.bincount(of_window[cells % 2 == STRUCK], minlength=count)
    cells = cells[(strokes >= LEAST_STRUCK)[of_window]]
    left = np.flatnonzero(strokes >= LEAST_STRUCK)
    begins = np.searchsorted(cells, np.append(left, count) * CELLS)
    return ScoreWindows((cells % CELLS).astype(np.int16), begins.astype(np.int64))


def joined(parts: Sequence[ScoreWindows]) -> ScoreWindows:
    """All windows, one part after the other."""
    ends = np.cumsum([0, *(len(it.cells) for it in parts)])
    begins = [it.begins[:-1] + end for it, end in zip(parts, ends[:-1], strict=True)]
    cells = np.concatenate([np.zeros(0, np.int16), *(it.cells for it in parts)])
    return ScoreWindows(cells, np.concatenate([*begins, ends[-1:]]).astype(np.int64))
