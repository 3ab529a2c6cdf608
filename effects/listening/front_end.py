"""What the network that hears beats is shown of a sound: loudness in bands, and how it rises.

BeatNet (Heydari, Cwitkowitz, Duan: ISMIR 2021) was trained on what madmom (Böck et al., ACM MM
2016) computes with the settings of its ``log_spect.py``. This is written anew from these settings
and madmom's documentation; what it defines, and differs from what one would guess:

- Frame ``t`` is centred on sample ``t * HOP``. There is one for every sample of the form
  ``t * HOP`` that is in the sound.
- The window is symmetric. The spectrum of 1411 samples has 705 bins, without the last; filters take
  bin ``k`` to be at ``k * RATE / 1410`` Hz.
- A band's filter is a triangle from the bin of the frequency before it to that of the one after it.
  Frequencies that fall on one bin count once; thus 136 bands remain of 219.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from effects.signal.arrays import Sound, samples_between

RATE = 22050  # Hz
HOP = 441  # samples: 20 ms
SIZE = 1411  # samples: 64 ms
FRAMES_PER_SECOND = RATE / HOP
BINS = SIZE // 2
BANDS_PER_OCTAVE = 24
LOWEST_HZ, HIGHEST_HZ, TUNING_HZ = 30.0, 17000.0, 440.0

Features = NDArray[np.float32]
"""What the network is shown, ``[frames, features]``."""


def n_frames(n_samples: int) -> int:
    """How many frames a sound of so many samples has."""
    return -(-n_samples // HOP)


def features(sound: Sound, start: int, stop: int) -> Features:
    """Frames ``start`` to ``stop`` (exclusive) of a sound: ``[frames, 272]``.

    Args:
        sound: one channel at `RATE`, ``[samples]``; full scale is 1.
        start: the first frame, from 0.
        stop: the last frame (exclusive).
    """
    first = max(start - 1, 0)  # the first frame of a song rises over itself: by 0
    bands = _bands(sound, first, stop)
    rise = np.diff(bands, axis=0, prepend=bands[:1])
    both = np.concatenate([bands, np.maximum(rise, 0)], axis=1)
    return both[start - first :]


def _bands(sound: Sound, start: int, stop: int) -> Features:
    begin = start * HOP - SIZE // 2
    under = samples_between(sound, begin, begin + (stop - 1 - start) * HOP + SIZE)
    windows = np.lib.stride_tricks.sliding_window_view(under, SIZE)[::HOP]
    magnitudes = np.abs(fft.rfft(windows * np.hanning(SIZE).astype(np.float32))[:, :BINS])
    bands: Features = np.log10(1 + magnitudes @ filters())
    return bands


@cache
def filters() -> NDArray[np.float32]:
    """How much of each bin each band takes, ``[bins, bands]``; a band's shares sum to 1."""
    centres = _centres()
    out = np.zeros((BINS, len(centres) - 2), np.float32)
    for band, (low, centre, high) in enumerate(
        zip(centres[:-2], centres[1:-1], centres[2:], strict=True)
    ):
        if high - low < 2:  # narrower than the bins are: the bin alone
            out[low, band] = 1
            continue
        out[low:centre, band] = np.linspace(0, 1, centre - low, endpoint=False)
        out[centre:high, band] = np.linspace(1, 0, high - centre, endpoint=False)
        out[:, band] /= out[:, band].sum()
    return out


def _centres() -> NDArray[np.intp]:
    """The bins nearest to the bands' frequencies, each once, with one more at either end."""
    bins_hz = np.arange(BINS) * RATE / (2 * BINS)
    lowest, highest = (BANDS_PER_OCTAVE * np.log2(it / TUNING_HZ) for it in (LOWEST_HZ, HIGHEST_HZ))
    steps = np.arange(np.ceil(lowest), np.floor(highest) + 1)
    bands_hz = TUNING_HZ * 2 ** (steps / BANDS_PER_OCTAVE)
    return np.unique(np.abs(bins_hz - bands_hz[:, None]).argmin(axis=1))
