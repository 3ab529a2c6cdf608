"""A short-time Fourier transform in NumPy, stretch by stretch, and the way back.

It has the framing of `effects.signal.spectrogram.FrameGrid`, without torch: frame ``t`` is centred
on sample ``t * hop``, and the first frame is number 0. `scipy.signal.ShortTimeFFT` adds frames
before that one and transforms a signal as a whole, which takes gigabytes for 20 minutes of stereo.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray
from scipy import fft

from effects.signal.arrays import Audio, Mono, samples_between
from effects.signal.lazy import lazy

Spectra = NDArray[np.complexfloating[Any, Any]]
"""Short-time spectra, ``[*, frames, bins]``, in single or double precision."""

LEAST_WEIGHT = 1e-8  # of summed squared windows: no division by 0 where no window reaches


@dataclass(frozen=True)
class Stft:
    """A transform with a periodic Hann window.

    Attributes:
        size: samples under one window.
        hop: samples from one frame to the next.
    """

    size: int
    hop: int

    @lazy
    def window(self) -> Mono:
        """The window, ``[size]``."""
        return np.hanning(self.size + 1)[:-1].astype(np.float32)

    def n_frames(self, n_samples: int) -> int:
        """Frames whose centre is in a signal of ``n_samples``, or just after it."""
        return 1 + n_samples // self.hop

    def begin(self, frame: int) -> int:
        """The first sample under a frame; negative if that is before the signal."""
        return frame * self.hop - self.size // 2

    def analyse(
        self, audio: Audio, start: int, stop: int, dtype: DTypeLike = np.float32
    ) -> Spectra:
        """Frames ``start`` to ``stop`` (exclusive): ``[*, samples] -> [*, frames, bins]``.

        Outside the given samples, the signal is 0. ``dtype`` is the precision of real and imaginary
        parts.
        """
        under = samples_between(audio, self.begin(start), self.begin(stop - 1) + self.size, dtype)
        windows = np.lib.stride_tricks.sliding_window_view(under, self.size, axis=-1)
        spectra: Spectra = fft.rfft(windows[..., :: self.hop, :] * self.window)
        return spectra

    def synthesise(self, spectra: Spectra) -> Audio:
        """Windowed again and added up: ``[*, frames, bins] -> [*, (frames - 1) * hop + size]``.

        Divided by `weights`, this is the signal whose spectra are nearest by least squares
        (Griffin & Lim 1984).
        """
        return self._overlap_add(fft.irfft(spectra, self.size) * self.window)

    def weights(self, n_frames: int) -> Mono:
        """The squared windows added up, ``[(n_frames - 1) * hop + size]``, never 0."""
        windows = np.broadcast_to(self.window**2, (n_frames, self.size))
        return np.maximum(self._overlap_add(windows), np.float32(LEAST_WEIGHT))

    def _overlap_add(self, frames: NDArray[np.floating[Any]]) -> Audio:
        """``[*, frames, size] -> [*, (frames - 1) * hop + size]``."""
        n_frames, reach = frames.shape[-2], -(-self.size // self.hop)
        out = np.zeros((*frames.shape[:-2], n_frames + reach - 1, self.hop), np.float32)
        for number in range(reach):
            piece = frames[..., number * self.hop : (number + 1) * self.hop]
            out[..., number : number + n_frames, : piece.shape[-1]] += piece
        flat = out.reshape(*out.shape[:-2], -1)
        return flat[..., : (n_frames - 1) * self.hop + self.size]
