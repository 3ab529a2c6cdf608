"""One voice's pitch and level as they move: speech, singing, slides.

Notes are no description of speech. Its line is: a pitch and a level every 10 ms. The pitch is
Praat's (Boersma 1993, "Accurate short-term analysis of the fundamental frequency and the
harmonics-to-noise ratio of a sampled sound"): the peaks of the autocorrelation, the window's
divided out, and the best path over them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import soxr  # type: ignore[import-untyped]
from numpy.typing import NDArray

from effects.notes.basic_pitch import Tick
from effects.signal.arrays import Mono, Values

RATE = 16_000
HOP_SECONDS = 0.01
HOP = round(RATE * HOP_SECONDS)
LOWEST_HZ, HIGHEST_HZ = 50.0, 1500.0
PERIODS = 3  # in Praat's window
STRETCH, MARGIN = 3000, 50  # frames followed together, and around them
SILENT = 1e-5  # a clip whose peak is lower has no line
QUIET = 1e-3  # of the clip's peak: below, nothing is a voice
#: Praat's settings; a fall to the octave below costs more than by default.
OCTAVE_COST, JUMP_COST, VOICING_COST = 0.04, 0.5, 0.14
VOICED, AUDIBLE = 0.35, 0.01  # strength of the autocorrelation's peak; amplitude beside the peak
LEVEL_WINDOW = np.array([1, 2, 3, 2, 1]) / 9  # of hops

SHORTEST = 6  # frames of a phrase
GAP = 3  # frames without a pitch that a phrase may have
JUMP = 7.0  # semitones from one frame to the next that no voice can go
SLIP = 12  # frames after which such a jump is meant
SMOOTHED = 3  # frames


@dataclass(frozen=True)
class Phrase:
    """A stretch of a line in which there is a pitch all the time.

    Attributes:
        start: when it begins, in seconds.
        pitch: frame by frame, as MIDI numbers.
        level: likewise, root mean square.
    """

    start: float
    pitch: Values
    level: Values

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return len(self.pitch) * HOP_SECONDS

    @property
    def median(self) -> float:
        """Its usual pitch, by level."""
        order = np.argsort(self.pitch)
        weight = np.cumsum(self.level[order] + 1e-12)
        return float(self.pitch[order][np.searchsorted(weight, weight[-1] / 2)])


@dataclass(frozen=True)
class Line:
    """One voice, frame by frame, `HOP_SECONDS` from each to the next.

    Attributes:
        times: of the frames, in seconds.
        pitch: as MIDI numbers; not a number where there is none.
        level: root mean square of the clip, linear.
    """

    times: Values
    pitch: Values
    level: Values

    @cached_property
    def phrases(self) -> list[Phrase]:
        """The stretches of a line that have a pitch, without slips into another octave."""
        pitch = self.pitch.copy()
        for first, last in _runs(pitch):
            pitch[first:last] = _without_slips(pitch[first:last])
        voiced = np.flatnonzero(~np.isnan(pitch))
        found = []
        for run in np.split(voiced, np.flatnonzero(_apart(voiced, pitch)) + 1):
            if run.size == 0 or run[-1] - run[0] + 1 < SHORTEST:
                continue
            frames = np.arange(run[0], run[-1] + 1)
            smooth = _smoothed(np.interp(frames, run, pitch[run]))
            found.append(Phrase(float(self.times[run[0]]), smooth, self.level[frames]))
        return found


def follow(
    audio: Mono,
    sample_rate: float,
    tick: Tick | None = None,
    *,
    lowest_hz: float = LOWEST_HZ,
    highest_hz: float = HIGHEST_HZ,
) -> Line:
    """The line of a clip with one voice.

    Args:
        audio: the clip, ``[samples]``.
        sample_rate: its rate in Hz.
        tick: is told which part of the work is done, 0 to 1; what it raises ends the work.
        lowest_hz: no pitch is lower.
        highest_hz: no pitch is higher.
    """
    peak = float(np.abs(audio).max(initial=0))
    clip = np.asarray(soxr.resample(audio, sample_rate, RATE), np.float32)
    n_frames = clip.size // HOP + 1
    level, pitch = _levels(clip, n_frames), np.full(n_frames, np.nan)
    for first in range(0, n_frames if peak > SILENT else 0, STRETCH):
        if tick is not None:
            tick(first / n_frames)
        start, end = max(first - MARGIN, 0), min(first + STRETCH + MARGIN, n_frames)
        kept = slice(first - start, min(first + STRETCH, n_frames) - start)
        pitch[first : first + STRETCH] = _track(clip, start, end, (lowest_hz, highest_hz))[kept]
    pitch[level < QUIET * peak] = np.nan
    times: Values = np.arange(n_frames, dtype=np.float64) * HOP_SECONDS
    return Line(times, pitch, level)


def _levels(clip: Mono, n_frames: int) -> Values:
    """Of the frames, each a hop around its time and a little of those beside it."""
    padded = np.pad(clip, (HOP // 2, HOP))[: n_frames * HOP].reshape(n_frames, HOP)
    power = np.einsum("ij,ij->i", padded, padded, dtype=np.float64) / HOP
    around = len(LEVEL_WINDOW) // 2
    return np.asarray(np.sqrt(np.convolve(power, LEVEL_WINDOW)[around : around + n_frames]))


def _track(clip: Mono, start: int, end: int, hz: tuple[float, float]) -> Values:
    """The pitches of the frames ``start`` to ``end``."""
    import parselmouth

    # Praat's frames are in the middle of what it gets: with half a window and a quarter of a hop on
    # either side, the first is the one meant, and no rounding loses the last.
    around = round(PERIODS / hz[0] / 2 * RATE) + HOP // 4
    first, last = start * HOP - around, (end - 1) * HOP + around
    part = clip[max(first, 0) : max(last, 0)].astype(np.float64)
    part = np.pad(part, (max(-first, 0), max(last - max(clip.size, 0), 0)))
    if not np.abs(part).max() > SILENT:
        return np.full(end - start, np.nan)
    found = parselmouth.Sound(part, sampling_frequency=RATE).to_pitch_ac(
        time_step=HOP_SECONDS,
        pitch_floor=hz[0],
        pitch_ceiling=hz[1],
        silence_threshold=AUDIBLE,
        voicing_threshold=VOICED,
        octave_cost=OCTAVE_COST,
        octave_jump_cost=JUMP_COST,
        voiced_unvoiced_cost=VOICING_COST,
    )
    places = np.round((found.xs() * RATE + first) / HOP).astype(int) - start
    inside = (places >= 0) & (places < end - start)
    frequency = found.selected_array["frequency"][inside]
    pitch = np.full(end - start, np.nan)
    voiced = frequency > 0
    pitch[places[inside][voiced]] = 69 + 12 * np.log2(frequency[voiced] / 440)
    return pitch


def _runs(pitch: Values) -> Iterator[tuple[int, int]]:
    """The first and last frames (exclusive) of the stretches with a pitch."""
    voiced = np.pad(~np.isnan(pitch), 1).astype(np.int8)
    edges = np.flatnonzero(np.diff(voiced))
    yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)


def _apart(voiced: NDArray[np.intp], pitch: Values) -> NDArray[np.bool_]:
    """Between which of the frames with a pitch one phrase ends and another begins."""
    jump = np.abs(np.diff(pitch[voiced])) > JUMP
    return np.asarray((np.diff(voiced) > GAP + 1) | jump)


def _without_slips(pitch: Values) -> Values:
    """Pieces between two jumps, if they are short, moved by the octaves that bring them back."""
    edges = [0, *(np.flatnonzero(np.abs(np.diff(pitch)) > JUMP) + 1).tolist(), len(pitch)]
    fixed = pitch.copy()
    for first, last in pairwise(edges):
        if last - first > SLIP or last - first == len(pitch):
            continue
        beside = fixed[first - 1] if first else pitch[last]
        inner = fixed[first] if first else fixed[last - 1]
        octaves = round((beside - inner) / 12)
        if abs(beside - inner - 12 * octaves) < JUMP / 2:
            fixed[first:last] += 12 * octaves
    return fixed


def _smoothed(pitch: Values) -> Values:
    """The median of three frames."""
    around = np.pad(pitch, SMOOTHED // 2, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(around, SMOOTHED)
    return np.asarray(np.median(windows, axis=1))
