"""Windows over a clip, and the bell by which they are weighted."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from effects.signal.arrays import Mono, Values, samples_between


def windows_between(audio: Mono, start: int, stop: int, size: int, hop: int) -> Mono:
    """Windows ``start`` to ``stop`` (exclusive), ``[windows, size]``: not to be written to.

    Window t is centred on sample t times ``hop``; there are zeros before and after the sound. Only
    what is under these windows is copied.

    Args:
        audio: ``[samples]``.
        start: the first window.
        stop: the last window (exclusive), after ``start``.
        size: samples of a window.
        hop: samples from one window to the next.
    """
    first, last = (at * hop - size // 2 for at in (start, stop - 1))
    under = samples_between(audio, first, last + size)
    return np.lib.stride_tricks.sliding_window_view(under, size)[::hop]


@lru_cache(maxsize=128)  # 8 MB, if all are as long as the longest of `effects.notes.partials`
def hann(size: int) -> Values:
    """The symmetric Hann window, ``[size]``, computed once: not to be written to."""
    window = np.hanning(size)
    window.setflags(write=False)
    return window


@lru_cache(maxsize=16)
def single_hann(size: int) -> Mono:
    """`hann` in single precision."""
    window = hann(size).astype(np.float32)
    window.setflags(write=False)
    return window
