"""How well a stretch of one song goes with a stretch of another.

After AutoMashUpper (Davies et al., ISMIR 2013): chroma of each beat of one song, correlated with
the other's at every offset; strokes likewise; and whether both spectra together are full. Unlike
there, A's strokes are those of its lead's range, since that is what is heard of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from effects.listening.song import SUBDIVISIONS, Song
from effects.signal.arrays import Values

Singles = NDArray[np.float32]

#: How much each counts. That of the balance is what AutoMashUpper's re-implementations use; that of
#: the rhythm is not searched.
HARMONY_WEIGHT, RHYTHM_WEIGHT, BALANCE_WEIGHT = 1.0, 0.4, 0.2
SIXTEENTHS = 4  # of a beat
LEAD_RANGE = 1  # which of `ONSET_EDGES_HZ` a lead's strokes are in: voices
#: So many places of A at a time, to limit memory: with 32 beats of chroma, 6 MB.
_CHUNK = 4096


@dataclass(frozen=True)
class Match:
    """How well songs go together, each from 0 to 1.

    Attributes:
        harmony: whether the same pitches sound at the same beats: their correlation, 0 if negative.
        rhythm: whether A's lead has its strokes where B has its own: likewise.
        balance: how evenly both together fill the octaves.
        total: all of them.
    """

    harmony: float
    rhythm: float
    balance: float
    total: float


@dataclass(frozen=True)
class Fits:
    """How well each place of A goes with each phrase of B: ``[phrases, places]``, each 0 to 1.

    A place is a beat of A at which the phrase would begin; where A ends before the phrase does, the
    rest counts as silence. The attributes are those of `Match`.
    """

    harmony: Singles
    rhythm: Singles
    balance: Singles

    @property
    def total(self) -> Singles:
        """All of them, weighted."""
        weights = (HARMONY_WEIGHT, RHYTHM_WEIGHT, BALANCE_WEIGHT)
        parts = (self.harmony, self.rhythm, self.balance)
        weighted = (weight * it for weight, it in zip(weights, parts, strict=True))
        return np.asarray(sum(weighted) / sum(weights), np.float32)

    def match(self, places: Sequence[int], lengths: Sequence[int]) -> Match:
        """How well all phrases go together, each with a place of A and counted by its length."""
        chosen = np.arange(len(places)), np.asarray(places)
        parts = (self.harmony, self.rhythm, self.balance, self.total)
        return Match(*(float(np.average(it[chosen], weights=lengths)) for it in parts))


def fits(a: Song, b: Song, phrases: Sequence[tuple[int, int]], semitones: int = 0) -> Fits:
    """How well A goes with phrases of B.

    The work grows with the beats of A times those of B: two songs of an hour take seconds.

    Args:
        a: the song that is laid over the other.
        b: the other.
        phrases: of B, from which beat to which (exclusive).
        semitones: how much higher A is played against B.
    """
    shape = (len(phrases), len(a.chroma))
    found = Fits(*(np.zeros(shape, np.float32) for _ in range(3)))
    chroma_a, chroma_b = (_centred(it.chroma) for it in (a, b))
    chroma_a = np.roll(chroma_a, semitones, axis=1)
    strokes_a = _sixteenths(a.onsets[:, :, LEAD_RANGE])
    strokes_b = _sixteenths(b.onsets.mean(axis=2))
    for length in sorted({stop - start for start, stop in phrases}):
        rows = [row for row, (start, stop) in enumerate(phrases) if stop - start == length]
        starts = [phrases[row][0] for row in rows]
        found.harmony[rows] = _likeness(chroma_a, chroma_b, starts, length)
        found.rhythm[rows] = _likeness(strokes_a, strokes_b, starts, length, about_mean=True)
        found.balance[rows] = _evenness(a.levels, b.levels, starts, length)
    return found


def _centred(chroma: Values) -> Values:
    """Without what all pitch classes have alike; a beat without pitch stays 0."""
    return np.asarray(chroma - chroma.mean(axis=1, keepdims=True))


def _sixteenths(strokes: Values) -> Values:
    """Strokes per sixteenth, ``[beats, 4]``, of those per subdivision, ``[beats, 12]``."""
    return np.asarray(strokes.reshape(-1, SIXTEENTHS, SUBDIVISIONS // SIXTEENTHS).sum(axis=2))


def _likeness(
    a: Values, b: Values, starts: Sequence[int], length: int, *, about_mean: bool = False
) -> Singles:
    """The correlation of phrases of B with every place of A, 0 where negative, ``[phrases, A]``.

    Args:
        a: of A's beats, ``[beats, features]``.
        b: of B's.
        starts: where the phrases begin.
        length: of the phrases, in beats.
        about_mean: whether to take away the mean of each phrase and of each stretch of A first.
    """
    size = length * a.shape[1]
    phrases = np.stack([b[start : start + length].reshape(size) for start in starts])
    if about_mean:
        phrases = phrases - phrases.mean(axis=1, keepdims=True)
    padded = np.concatenate([a, np.zeros((length - 1, a.shape[1]))])
    power = _window_sums((padded**2).sum(axis=1), length)
    if about_mean:
        power = power - _window_sums(padded.sum(axis=1), length) ** 2 / size
    norms = np.outer(np.linalg.norm(phrases, axis=1), np.sqrt(np.maximum(power, 0)))
    products = _products(padded, phrases, length)
    likeness = np.divide(products, norms, out=np.zeros_like(norms), where=norms > 1e-9)
    return np.asarray(np.clip(likeness, 0, 1), np.float32)


def _products(padded: Values, phrases: Values, length: int) -> Values:
    """The scalar product of each phrase with each stretch of A that long."""
    windows = sliding_window_view(padded, length, axis=0).transpose(0, 2, 1)
    parts = [windows[at : at + _CHUNK] for at in range(0, len(windows), _CHUNK)]
    return np.concatenate([phrases @ it.reshape(len(it), -1).T for it in parts], axis=1)


def _window_sums(values: Values, length: int) -> Values:
    """The sum of each ``length`` values in a row along the first axis."""
    sums = np.cumsum(np.concatenate([np.zeros((1, *values.shape[1:])), values]), axis=0)
    return np.asarray(sums[length:] - sums[:-length])


def _evenness(a: Values, b: Values, starts: Sequence[int], length: int) -> Singles:
    """How flat the levels of both together are, the songs equally loud: ``[phrases, places]``.

    It is the geometric mean over the arithmetic mean of the octaves' amplitudes, as in spectral
    flatness.
    """
    even = np.zeros((len(starts), len(a)), np.float32)
    a, b = (it / max(float(it.sum(axis=1).mean()), 1e-12) for it in (a, b))
    padded = np.concatenate([a, np.zeros((length - 1, a.shape[1]))])
    stretches = np.maximum(_window_sums(padded, length) / length, 0)
    for row, start in enumerate(starts):
        levels = np.sqrt(stretches + b[start : start + length].mean(axis=0)) + 1e-6
        even[row] = np.exp(np.log(levels).mean(axis=1)) / levels.mean(axis=1)
    return even
