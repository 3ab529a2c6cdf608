"""How much of a clip is notes, which tells music with pitches from drums and textures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.ndimage import uniform_filter1d

from effects.notes.basic_pitch import RATE, at_model_rate
from effects.notes.note import Note
from effects.notes.partials import N_PARTIALS
from effects.running.cores import each_in_threads
from effects.signal.arrays import Mono, Values
from effects.signal.units import midi_to_hz
from effects.signal.windows import single_hann, windows_between


@dataclass(frozen=True)
class Settings:
    """What counts as part of a note. From the first design that worked; nothing was searched.

    Attributes:
        active: frames with less than this share of the loudest frame's power do not count.
        rings_seconds: seconds after a note's end in which it may still ring.
        frame: samples of a window, 0.19 s: at 22.05 kHz, its bins are 5.4 Hz wide.
        step: samples from one window to the next.
        width: half of a partial's width, as a share of its frequency: vibrato moves it by 2 %, 34
            cents.
        least_bins: the least of these half widths, in bins: the main lobe of the Hann window (2)
            and half a bin.
        most_of_spacing: the largest, as a share of the distance from partial to partial.
        floor_bins: bins over which the power between the partials is averaged.
        together: frames computed at once, to limit memory.
    """

    active: float = 1e-4
    rings_seconds: float = 0.2
    frame: int = 4096
    step: int = 1024
    width: float = 0.02
    least_bins: float = 2.5
    most_of_spacing: float = 0.3
    floor_bins: int = 41
    together: int = 64


SETTINGS = Settings()


@dataclass(frozen=True)
class Explained:
    """What of a clip its notes explain, over time.

    What lies between the partials of the notes is assumed to lie under them, too, at the same
    height: this floor belongs to no note.

    Attributes:
        whole: the power of each frame, ``[frames]``.
        own: the part of it that is in partials of notes, above the floor, ``[frames]``.
    """

    whole: Values
    own: Values

    @classmethod
    def of(cls, clip: Mono, notes: Sequence[Note]) -> Explained:
        """What ``notes`` explain of a clip, ``[samples]`` at `basic_pitch.RATE`."""
        whole, own = _powers(clip, notes)
        return cls(whole, np.clip(own, 0, whole))

    @property
    def mean(self) -> float:
        """The share of the partials in a frame's power, 0 to 1.

        It is averaged over the frames that sound, each weighted by its amplitude.
        """
        active = self.whole > SETTINGS.active * self.whole.max(initial=0)
        if not active.any():
            return 0.0
        amplitude = np.sqrt(self.whole[active])
        share = self.own[active] / self.whole[active]
        return float((share * amplitude).sum() / amplitude.sum())

    def between(self, start: float, end: float) -> float:
        """The share of the power from ``start`` to ``end``, in seconds; 1 if nothing sounds."""
        first = min(round(start * RATE / SETTINGS.step), self.whole.size - 1)
        stop = max(round(end * RATE / SETTINGS.step), first + 1)
        whole = float(self.whole[first:stop].sum())
        return float(self.own[first:stop].sum()) / whole if whole > 0 else 1.0

    def seconds(self, length: float) -> list[tuple[float, float]]:
        """Stretches of ``length`` seconds, from the beginning to the end: start and end of each."""
        end = self.whole.size * SETTINGS.step / RATE
        starts = np.arange(0, end, length)
        return [(float(it), min(float(it) + length, end)) for it in starts]


def pitchedness(audio: Mono, sample_rate: float, notes: Sequence[Note]) -> float:
    """How much of a clip is its notes: 1 if only their partials sound, 0 if none of them does.

    See `Explained.mean`.

    Args:
        audio: the clip, ``[samples]``. At `basic_pitch.RATE` it is not resampled.
        sample_rate: its rate in Hz.
        notes: what `transcribe` found in it.
    """
    return Explained.of(at_model_rate(audio, sample_rate), notes).mean


def _powers(clip: Mono, notes: Sequence[Note]) -> tuple[Values, Values]:
    """The power of each frame, and the part of it that is in partials of notes, above the floor."""
    size, step, bins = SETTINGS.frame, SETTINGS.step, SETTINGS.floor_bins
    n_frames = max(-(-clip.size // step), 1)
    whole, own = np.zeros(n_frames), np.zeros(n_frames)
    marks = [_Mark.of(note) for note in notes]
    starts, ends = np.array([it.first for it in marks]), np.array([it.stop for it in marks])

    def measure(first: int) -> None:
        stop = min(first + SETTINGS.together, n_frames)
        spectrum = fft.rfft(windows_between(clip, first, stop, size, step) * single_hann(size))
        power = spectrum.real**2 + spectrum.imag**2
        sounding = np.flatnonzero((starts < stop) & (ends > first))
        mask = _mask([marks[it] for it in sounding], first, stop)
        # The floor is the mean of the bins around each bin that belong to no partial.
        between: Values = uniform_filter1d(np.where(mask, 0, power), bins, axis=1)
        free: Values = uniform_filter1d((~mask).astype(np.float32), bins, axis=1)
        floor = between / np.maximum(free, 0.5 / bins) * (free > 0.5 / bins)
        whole[first:stop] = power.sum(axis=1)
        own[first:stop] = np.where(mask, power - floor, 0).sum(axis=1)

    each_in_threads(measure, range(0, n_frames, SETTINGS.together))
    return whole, own


@dataclass(frozen=True)
class _Mark:
    """Where a note's partials are: from frame ``first`` to ``stop``, in some bins.

    Attributes:
        edges: the first bin of each partial, and the last, ``[partials, 2]``.
    """

    first: int
    stop: int
    edges: list[list[int]]

    @classmethod
    def of(cls, note: Note) -> _Mark:
        size, step = SETTINGS.frame, SETTINGS.step
        places = midi_to_hz(note.pitch) * np.arange(1, N_PARTIALS + 1)
        least = SETTINGS.least_bins * RATE / size
        most = max(SETTINGS.most_of_spacing * places[0], least)
        half = np.clip(SETTINGS.width * places, least, most)
        edges = np.round(np.stack([places - half, places + half]) * size / RATE).astype(int)
        return cls(
            round((note.start * RATE - size / 2) / step),
            round((note.end + SETTINGS.rings_seconds) * RATE / step) + 1,
            edges.T.tolist(),
        )


def _mask(marks: Sequence[_Mark], first: int, stop: int) -> NDArray[np.bool_]:
    """Which bins are partials of notes in the frames ``first`` to ``stop``, ``[frames, bins]``."""
    mask = np.zeros((stop - first, SETTINGS.frame // 2 + 1), np.bool_)
    for mark in marks:
        rows = slice(max(mark.first - first, 0), max(mark.stop - first, 0))
        for low, high in mark.edges:
            mask[rows, low : high + 1] = True
    return mask
