"""The pitch and level of one voice as they move: speech, singing, slides.

Notes do not describe speech. A line does: a pitch and a level every 10 ms. The pitch is Praat's
(Boersma 1993, "Accurate short-term analysis of the fundamental frequency and the harmonics-to-noise
ratio of a sampled sound"): candidates are the peaks of each frame's autocorrelation, divided by the
window's own; of all paths from candidate to candidate, the one with the lowest cost is taken.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import soxr  # type: ignore[import-untyped]
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from effects.notes.basic_pitch import Tick
from effects.signal import loudness
from effects.signal.arrays import Mono, Values, samples_between
from effects.signal.lazy import lazy
from effects.signal.units import SEMITONES, hz_to_midi

RATE = 16_000  # Hz, at which a clip is followed; not searched
HOP_SECONDS = 0.01  # from frame to frame: Praat's step at its usual floor, 0.75 / 75 Hz
HOP = round(RATE * HOP_SECONDS)
LOWEST_HZ, HIGHEST_HZ = 50.0, 1500.0  # from the first design that worked
PERIODS = 3  # of the lowest pitch in Praat's window (a Hann window, "very accurate" off)


@dataclass(frozen=True)
class Settings:
    """How a line is followed, and which parts of it are phrases.

    The first five are Praat's, in Boersma's words (its own defaults in brackets). Unless stated
    otherwise, values come from the first design that worked; nothing was searched.

    Attributes:
        octave_cost: favours the higher of two candidates, per octave (0.01). Of the frames of six
            sung tunes, 0.35 to 0.77 have the right key in notes by the networks alone, and 0.69 to
            0.86 in notes corrected by the line with 0.04 (docs/quality.md).
        octave_jump_cost: cost of a change of pitch by an octave from frame to frame (0.35).
        voiced_unvoiced_cost: cost of a change between voiced and unvoiced (0.14).
        voicing_threshold: least strength of the autocorrelation's peak in a voiced frame, 0 to 1
            (0.45).
        silence_threshold: least amplitude of a voiced frame, relative to the clip's peak (0.03).
        stretch: frames followed at a time, 30 s, to limit memory.
        margin: frames before and after them that are followed, too.
        silent: a clip whose peak is lower has no pitch.
        quiet: frames with a level below this share of the clip's peak have no pitch.
        shortest: frames that a phrase has at least.
        gap: frames in a row without a pitch that a phrase may contain.
        jump: semitones that a voice can go from one frame to the next, at most.
        slip: a piece between two jumps that lasts longer than this many frames is meant; a shorter
            one is a slip of the tracker.
        smoothed: frames of a running median over a phrase's pitch, which removes single wrong
            frames and leaves rises and falls as they are.
    """

    octave_cost: float = 0.04
    octave_jump_cost: float = 0.5
    voiced_unvoiced_cost: float = 0.14
    voicing_threshold: float = 0.35
    silence_threshold: float = 0.01
    stretch: int = 3000
    margin: int = 50
    silent: float = 1e-5
    quiet: float = 1e-3
    shortest: int = 6
    gap: int = 3
    jump: float = 7.0
    slip: int = 12
    smoothed: int = 3


SETTINGS = Settings()
#: A frame's power is the mean over the hops around it with these weights: a mean of three hops,
#: taken twice, which makes a triangle.
LEVEL_WINDOW = np.array([1, 2, 3, 2, 1]) / 9


@dataclass(frozen=True)
class Phrase:
    """A stretch of a line that has a pitch throughout.

    Attributes:
        start: when it begins, in seconds.
        pitch: frame by frame, as MIDI numbers, ``[frames]``.
        level: root mean square of the clip in each frame, ``[frames]``.
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
        """Its median pitch, each frame weighted by its level."""
        order = np.argsort(self.pitch)
        weight = np.cumsum(self.level[order] + 1e-12)
        return float(self.pitch[order][np.searchsorted(weight, weight[-1] / 2)])


@dataclass(frozen=True)
class Line:
    """One voice, frame by frame, `HOP_SECONDS` from each to the next.

    Attributes:
        times: of the frames, in seconds, ``[frames]``.
        pitch: as MIDI numbers, NaN where there is none, ``[frames]``.
        level: root mean square of the clip in each frame, ``[frames]``.
    """

    times: Values
    pitch: Values
    level: Values

    @lazy
    def phrases(self) -> list[Phrase]:
        """The stretches of a line that have a pitch, without slips into another octave."""
        pitch = self.pitch.copy()
        for first, last in _runs(pitch):
            pitch[first:last] = _without_slips(pitch[first:last])
        voiced = np.flatnonzero(~np.isnan(pitch))
        found = []
        for run in np.split(voiced, np.flatnonzero(_apart(voiced, pitch)) + 1):
            if run.size == 0 or run[-1] - run[0] + 1 < SETTINGS.shortest:
                continue
            frames = np.arange(run[0], run[-1] + 1)
            filled = np.interp(frames, run, pitch[run])
            smooth = median_filter(filled, SETTINGS.smoothed, mode="nearest")
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
        audio: the clip, ``[samples]``. At `RATE` it is not resampled.
        sample_rate: its rate in Hz.
        tick: called with the fraction that is done, 0 to 1; what it raises ends the work.
        lowest_hz: no pitch is lower.
        highest_hz: no pitch is higher.
    """
    peak = loudness.peak(audio[None])
    clip = audio if sample_rate == RATE else soxr.resample(audio, sample_rate, RATE)
    clip = np.asarray(clip, np.float32)
    n_frames = clip.size // HOP + 1
    level, pitch = _levels(clip, n_frames), np.full(n_frames, np.nan)
    stretch, margin = SETTINGS.stretch, SETTINGS.margin
    for first in range(0, n_frames if peak > SETTINGS.silent else 0, stretch):
        if tick is not None:
            tick(first / n_frames)
        start, end = max(first - margin, 0), min(first + stretch + margin, n_frames)
        kept = slice(first - start, min(first + stretch, n_frames) - start)
        pitch[first : first + stretch] = _track(clip, start, end, (lowest_hz, highest_hz))[kept]
    pitch[level < SETTINGS.quiet * peak] = np.nan
    times: Values = np.arange(n_frames, dtype=np.float64) * HOP_SECONDS
    return Line(times, pitch, level)


def _levels(clip: Mono, n_frames: int) -> Values:
    """The levels of the frames, by the power of the hops around each."""
    power = np.empty(n_frames)
    for first in range(0, n_frames, SETTINGS.stretch):
        stop = min(first + SETTINGS.stretch, n_frames)
        hops = samples_between(clip, first * HOP - HOP // 2, stop * HOP - HOP // 2)
        hops = hops.reshape(stop - first, HOP)
        power[first:stop] = np.einsum("ij,ij->i", hops, hops, dtype=np.float64) / HOP
    around = len(LEVEL_WINDOW) // 2
    return np.asarray(np.sqrt(np.convolve(power, LEVEL_WINDOW)[around : around + n_frames]))


def _track(clip: Mono, start: int, end: int, hz: tuple[float, float]) -> Values:
    """The pitches of the frames ``start`` to ``end``."""
    import parselmouth

    # Praat puts its frames in the middle of the sound it is given. With half a window and a quarter
    # of a hop on either side, its first frame is ``start``, and rounding does not lose the last.
    around = round(PERIODS / hz[0] / 2 * RATE) + HOP // 4
    first, last = start * HOP - around, (end - 1) * HOP + around
    part = samples_between(clip, first, last, np.float64)
    if not np.abs(part).max() > SETTINGS.silent:
        return np.full(end - start, np.nan)
    found = parselmouth.Sound(part, sampling_frequency=RATE).to_pitch_ac(
        time_step=HOP_SECONDS,
        pitch_floor=hz[0],
        pitch_ceiling=hz[1],
        silence_threshold=SETTINGS.silence_threshold,
        voicing_threshold=SETTINGS.voicing_threshold,
        octave_cost=SETTINGS.octave_cost,
        octave_jump_cost=SETTINGS.octave_jump_cost,
        voiced_unvoiced_cost=SETTINGS.voiced_unvoiced_cost,
    )
    places = np.round((found.xs() * RATE + first) / HOP).astype(int) - start
    inside = (places >= 0) & (places < end - start)
    frequency = found.selected_array["frequency"][inside]
    pitch = np.full(end - start, np.nan)
    voiced = frequency > 0
    pitch[places[inside][voiced]] = hz_to_midi(frequency[voiced])
    return pitch


def _runs(pitch: Values) -> Iterator[tuple[int, int]]:
    """The first and last frames (exclusive) of the stretches with a pitch."""
    voiced = np.pad(~np.isnan(pitch), 1).astype(np.int8)
    edges = np.flatnonzero(np.diff(voiced))
    yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)


def _apart(voiced: NDArray[np.intp], pitch: Values) -> NDArray[np.bool_]:
    """After which of the frames with a pitch one phrase ends and another begins."""
    jump = np.abs(np.diff(pitch[voiced])) > SETTINGS.jump
    return np.asarray((np.diff(voiced) > SETTINGS.gap + 1) | jump)


def _without_slips(pitch: Values) -> Values:
    """Move short pieces between two jumps by octaves, back to the pitch beside them."""
    edges = [0, *(np.flatnonzero(np.abs(np.diff(pitch)) > SETTINGS.jump) + 1).tolist(), len(pitch)]
    fixed = pitch.copy()
    for first, last in pairwise(edges):
        if last - first > SETTINGS.slip or last - first == len(pitch):
            continue
        beside = fixed[first - 1] if first else pitch[last]
        inner = fixed[first] if first else fixed[last - 1]
        octaves = round((beside - inner) / SEMITONES)
        if abs(beside - inner - SEMITONES * octaves) < SETTINGS.jump / 2:
            fixed[first:last] += SEMITONES * octaves
    return fixed
