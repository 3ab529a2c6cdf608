"""Where in a song a mashup comes from, and how much faster and higher it is played there.

First roughly: a mashup is cut into chunks of some seconds. For each tempo of a grid, the song's
pitches and strokes are stretched and correlated with every chunk's at all places and all semitone
shifts, by FFT. Chunks may be at different places: what is added up over them is each one's best.
Then exactly, by strokes alone: see `effects.mashing.own.refining`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import fft

from effects.mashing.own.refining import refine
from effects.mashing.own.traces import PITCH, RATE, STROKE, pitches, strokes
from effects.signal.arrays import Mono, Values

SHIFTS = range(-6, 6)  # semitones: the smaller way to every key


@dataclass(frozen=True)
class Settings:
    """How it is searched; none of these was searched itself.

    Attributes:
        least_ratio: of tempos; a DJ seldom changes a tempo by more than a third.
        most_ratio: likewise.
        ratio_step: between neighbours. Half of it shifts the ends of a chunk of 16 s by 60 ms, less
            than a frame.
        chunk_seconds: long enough to hold some bars.
        strokes_weight: what strokes count beside pitches. Each correlation is at most 1.
        same_ratio: a ratio this near to 1 is 1. It is more than is lacking of the true one, and
            less than anyone changes a tempo by: 0.07 BPM.
    """

    least_ratio: float = 0.67
    most_ratio: float = 1.5
    ratio_step: float = 0.015
    chunk_seconds: float = 16.0
    strokes_weight: float = 0.5
    same_ratio: float = 0.0006


@dataclass(frozen=True)
class Place:
    """Where in a song a mashup comes from.

    Attributes:
        ratio: how much faster the mashup plays the song: its tempo to the song's.
        semitones: how much higher.
        begin_seconds: the moment of the song that is heard at the mashup's start; negative if the
            song only begins later.
        likeness: how alike pitches and strokes are there, about 0 to 1.
    """

    ratio: float
    semitones: int
    begin_seconds: float
    likeness: float

    def at(self, seconds: Values) -> Values:
        """Moments of the song that are heard at moments of the mashup."""
        return self.begin_seconds + self.ratio * seconds


def find_place(mashup: Mono, song: Mono, settings: Settings = Settings()) -> Place:
    """Where in ``song`` the ``mashup`` comes from, both ``[samples]`` at 22 050 Hz."""
    rough = _roughly(_rows(mashup), _rows(song), settings)
    ratio, begin = refine(
        strokes(mashup),
        strokes(song, rough.semitones),
        rough.ratio,
        rough.anchor_seconds,
        rough.song_seconds,
        most_ratio_error=settings.ratio_step,
    )
    if abs(ratio - 1) < settings.same_ratio:
        middle = len(mashup) / RATE / 2
        ratio, begin = 1.0, begin + (ratio - 1) * middle
    return Place(ratio, rough.semitones, begin, rough.likeness)


class _Rows(NamedTuple):
    """Pitches and strokes ``[rows, frames of PITCH]``."""

    pitches: Values
    strokes: Values


class _Rough(NamedTuple):
    """A place that is right to some 0.1 s at one moment, the anchor, and to 1 % in its ratio."""

    likeness: float
    ratio: float
    semitones: int
    anchor_seconds: float
    song_seconds: float


def _rows(sound: Mono) -> _Rows:
    tonal, rising = pitches(sound), strokes(sound)
    per_frame = PITCH.hop // STROKE.hop
    return _Rows(tonal, _blurred(rising, per_frame)[:, ::per_frame][:, : tonal.shape[1]])


def _blurred(rows: Values, width: int) -> Values:
    """Each row under a triangle of ``2 * width`` frames, so that every ``width``-th tells all."""
    triangle = np.bartlett(2 * width + 1) / width
    return np.stack([np.convolve(row, triangle, "same") for row in rows])


def _roughly(mashup: _Rows, song: _Rows, settings: Settings) -> _Rough:
    chunks = _chunks(mashup, settings)
    found = [_at_ratio(chunks, song, ratio, settings) for ratio in _ratios(settings)]
    return max(found, key=lambda it: it.likeness)


def _ratios(settings: Settings) -> Values:
    """A grid of ratios with 1 in it: many mashups play one song as it is."""
    step = np.log1p(settings.ratio_step)
    below = np.floor(np.log(settings.least_ratio) / step)
    ratios: Values = np.exp(step * np.arange(below, np.log(settings.most_ratio) / step))
    return ratios


def _chunks(rows: _Rows, settings: Settings) -> list[tuple[int, _Rows]]:
    """Stretches of equal length that overlap by half, with their first frames."""
    n_frames = rows.pitches.shape[1]
    size = min(round(settings.chunk_seconds * RATE / PITCH.hop), n_frames)
    starts = np.unique(np.linspace(0, n_frames - size, 1 + 2 * (n_frames - size) // size))
    return [(at, _Rows(*(it[:, at : at + size] for it in rows))) for at in starts.astype(int)]


def _at_ratio(
    chunks: list[tuple[int, _Rows]], song: _Rows, ratio: float, settings: Settings
) -> _Rough:
    """The best shift at one ratio, and the chunk that is most alike."""
    size = chunks[0][1].pitches.shape[1]
    stretched = _Rows(*(_padded(_stretched(it, ratio), size // 2) for it in song))
    maps = np.stack([_likeness(chunk, stretched, settings) for _, chunk in chunks])
    best = maps.max(2)  # [chunks, shifts]: each chunk where it fits best
    shift = int(best.mean(0).argmax())
    chunk = int(best[:, shift].argmax())
    place = int(maps[chunk, shift].argmax()) - size // 2  # of its first frame
    frame_seconds = PITCH.hop / RATE
    middle = size / 2
    return _Rough(
        float(best[:, shift].mean()),
        ratio,
        SHIFTS[shift],
        (chunks[chunk][0] + middle) * frame_seconds,
        (place + middle) * frame_seconds * ratio,
    )


def _stretched(rows: Values, ratio: float) -> Values:
    """Played ``ratio`` times as fast."""
    n_frames = rows.shape[1]
    at = np.arange(max(int((n_frames - 1) / ratio) + 1, 1)) * ratio
    below = np.minimum(at.astype(int), max(n_frames - 2, 0))
    above = np.minimum(below + 1, n_frames - 1)
    found: Values = rows[:, below] + (at - below) * (rows[:, above] - rows[:, below])
    return found


def _padded(rows: Values, frames: int) -> Values:
    return np.pad(rows, ((0, 0), (frames, frames)))


def _likeness(chunk: _Rows, song: _Rows, settings: Settings) -> Values:
    """How alike a chunk is to each place of a song, at each shift, ``[shifts, places]``."""
    rising = _Correlation(chunk.strokes, song.strokes)
    tonal = _Correlation(chunk.pitches, song.pitches)
    alike = np.stack([tonal.shifted(it) for it in SHIFTS])
    whole = 1 + settings.strokes_weight
    return (alike + settings.strokes_weight * rising.shifted(0)) / whole


class _Correlation:
    """The normalised correlation of a pattern with each place of a longer signal."""

    def __init__(self, pattern: Values, signal: Values) -> None:
        self._n_places = max(signal.shape[1] - pattern.shape[1] + 1, 1)
        self._size = fft.next_fast_len(signal.shape[1] + pattern.shape[1], real=True)
        self._pattern = fft.rfft(pattern, self._size).conj()
        self._signal = fft.rfft(signal, self._size)
        sums = np.cumsum(np.pad((signal**2).sum(0), (1, pattern.shape[1])))
        under = (sums[pattern.shape[1] :] - sums[: -pattern.shape[1]])[: self._n_places]
        # Where less than half as much as usual sounds, little likeness is no likeness.
        least = max(float(under.mean()) / 2, 1e-12)
        self._scale = 1 / np.sqrt(np.maximum(under, least) * max(float((pattern**2).sum()), 1e-12))

    def shifted(self, rows: int) -> Values:
        """With the signal moved up by so many rows, ``[places]``."""
        n_rows = len(self._pattern)
        above = self._pattern[max(rows, 0) : n_rows + min(rows, 0)]
        below = self._signal[max(-rows, 0) : n_rows - max(rows, 0)]
        products = np.einsum("rf,rf->f", above, below)
        found: Values = fft.irfft(products, self._size)[: self._n_places] * self._scale
        return found
