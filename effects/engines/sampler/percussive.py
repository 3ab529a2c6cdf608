"""The percussive part of a stem in which drums sound beside notes.

A held note is a horizontal line in a spectrogram, a stroke a vertical one. So a median over time
keeps notes and removes strokes, and a median over frequency does the opposite (Fitzgerald 2010).
Let H and P be these two medians of the magnitudes. Soft Wiener masks share each bin's power,

    mask = P² / (P² + (m H)²),

with a margin m that is below 1 if in doubt a bin is a stroke's (Driedger, Müller & Disch 2014). The
mask of the notes is 1 - mask, so the notes are the stem minus the percussive part, exactly.

This is done twice, as Driedger et al. do. A long window tells notes from one another and from
noise, so it takes out the notes, but it smears strokes. A short window then takes out what is left
of the notes, above all the soft ends of those that a long one cannot tell from strokes.

D. Fitzgerald: *Harmonic/percussive separation using median filtering*, DAFx 2010. J. Driedger, M.
Müller, S. Disch: *Extending harmonic-percussive separation of audio signals*, ISMIR 2014.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from effects.running.cores import each_in_threads, in_threads
from effects.running.spool import gathered
from effects.signal.arrays import Audio, Sound, samples_between
from effects.signal.running_median import running_median
from effects.signal.stft import Frames, Stft


@dataclass(frozen=True)
class Pass:
    """One separation.

    Attributes:
        windows: length of the window, in `Settings.window_seconds`.
        time_seconds: length of the median over time.
        frequency_hz: length of the median over frequency.
        margin: m; at 1, a bin's power is shared equally where both medians are equal.
    """

    windows: int
    time_seconds: float
    frequency_hz: float
    margin: float


@dataclass(frozen=True)
class Settings:
    """The numbers of `percussive`.

    They were chosen on nine mixes of the tuning half, recorded drums and rendered notes of equal
    power: the drums come out at an SDR of 8.2 dB. One pass alone reaches 7.2 dB at best (on six of
    them; windows of 12 to 93 ms, medians of 0.1 to 0.6 s and 180 to 1500 Hz, margins of 1 to 2).
    """

    #: Length of the short window in seconds. Best of 12, 16 and 23 ms (8.3, 8.2 and 8.0 dB).
    window_seconds: float = 0.0116
    #: Windows over each sample. With 2 instead of 4, the SDR of one pass fell by 2 dB.
    overlap: int = 4
    #: Smallest hop in samples.
    least_hop: int = 2
    #: The long pass and the short one. Of the long one, windows of 93 to 186 ms, medians of 0.6 to
    #: 1.2 s and 40 to 120 Hz and margins from 0.5 to 1 were tried; of the short one, medians of 0.3
    #: to 0.6 s and 360 to 720 Hz and margins from 0.5 to 1.5. Changed one at a time, they gave 7.1
    #: to 7.8 dB, and the best of each together this.
    passes: tuple[Pass, ...] = (Pass(16, 0.8, 90, 0.5), Pass(1, 0.4, 720, 0.7))
    #: Seconds at a time, to limit memory. The result does not depend on this.
    together_seconds: float = 12.0
    #: Values of a spectrogram that one thread works on at a time: its arrays are then about as
    #: large as a core's cache. Of 2^14 to 2^18, by the time of the medians.
    piece: int = 1 << 17


SETTINGS = Settings()


def percussive(clip: Audio, sample_rate: float) -> Sound:
    """What of a stem is strokes; the stem minus this is its notes.

    All channels have the same mask, so everything stays where it is between them.

    Args:
        clip: the stem, ``[channels, samples]``.
        sample_rate: in Hz.

    Returns:
        The percussive part, ``[channels, samples]``; a long one is not in memory.
    """
    return gathered(_stretches(clip, sample_rate), clip.shape)


def _stretches(clip: Audio, sample_rate: float) -> Iterator[Audio]:
    """The percussive part, stretch by stretch."""
    hop = max(round(SETTINGS.window_seconds / SETTINGS.overlap * sample_rate), SETTINGS.least_hop)
    # Stretches begin on a frame of every pass, so that frames are where they would be otherwise.
    unit = hop * max(it.windows for it in SETTINGS.passes)
    reach = sum(_reach(it, hop, sample_rate) for it in SETTINGS.passes)
    context = -(-reach // unit) * unit
    together = max(round(SETTINGS.together_seconds * sample_rate / unit), 1) * unit
    for start in range(0, clip.shape[1], together):
        stop = min(start + together, clip.shape[1])
        first = max(start - context, 0)
        part = samples_between(clip, first, min(stop + context, clip.shape[1]))
        for it in SETTINGS.passes:
            part = _strokes(part, it, hop, sample_rate)
        yield part[:, start - first : stop - first]


def _strokes(part: Audio, one: Pass, hop: int, sample_rate: float) -> Audio:
    """What one pass takes for strokes: ``[channels, samples] -> [channels, samples]``."""
    stft = _stft(one, hop)
    n_frames, n_bins = stft.n_frames(part.shape[1]), stft.size // 2 + 1
    spectra = np.empty((len(part), n_frames, n_bins), np.complex64)
    size, notes = (np.empty((n_frames, n_bins), np.float32) for _ in range(2))
    time = _odd(one.time_seconds * sample_rate / stft.hop)
    frequency = _odd(one.frequency_hz * stft.size / sample_rate)

    def analyse(at: slice) -> None:
        spectra[:, at] = stft.analyse(part, at.start, at.stop)
        size[at] = np.sqrt(np.sum(np.abs(spectra[:, at]) ** 2, axis=0))

    def find_notes(bins: slice) -> None:
        notes[:, bins] = running_median(size[:, bins], time)

    def take_out(at: slice) -> tuple[slice, Frames]:
        wanted = running_median(size[at].T, frequency).T ** 2
        both = wanted + (one.margin * notes[at]) ** 2
        # Where both are silent, the mask is 0.
        mask = wanted / np.maximum(both, np.finfo(np.float32).tiny)
        return at, stft.frames(spectra[:, at] * mask)

    frames = _pieces(n_frames, n_bins)
    each_in_threads(analyse, frames)
    each_in_threads(find_notes, _pieces(n_bins, n_frames))
    weights = stft.weights(n_frames)
    sound = np.zeros((len(part), weights.size), np.float32)
    for at, found in in_threads(take_out, reversed(frames)):
        begin = at.start * stft.hop
        stft.add(found, sound[:, begin : begin + stft.span(at.stop - at.start)])
    sound /= weights
    return sound[:, stft.size // 2 :][:, : part.shape[1]]


def _pieces(n: int, across: int) -> list[slice]:
    """Stretches of one axis of a matrix, of which the other one has ``across`` values."""
    step = max(SETTINGS.piece // across, 1)
    return [slice(first, min(first + step, n)) for first in range(0, n, step)]


def _stft(one: Pass, hop: int) -> Stft:
    return Stft(hop * one.windows * SETTINGS.overlap, hop * one.windows)


def _reach(one: Pass, hop: int, sample_rate: float) -> int:
    """How many samples before and after a sample a pass looks at."""
    return _stft(one, hop).size + round(one.time_seconds * sample_rate / 2) + hop * one.windows


def _odd(size: float) -> int:
    """The nearest odd number, at least 3."""
    return max(2 * round((size - 1) / 2) + 1, 3)
