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

from effects.checkpoint import checkpoint
from effects.signal.arrays import Audio, Mono, Sound, samples_between
from effects.signal.lazy import lazy

Spectra = NDArray[np.complexfloating[Any, Any]]
"""Short-time spectra, ``[*, frames, bins]``, in single or double precision."""
Frames = NDArray[np.floating[Any]]
"""Windowed stretches of a signal, ``[*, frames, size]``, likewise."""

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

    def span(self, n_frames: int) -> int:
        """Samples under so many frames."""
        return (n_frames - 1) * self.hop + self.size

    def begin(self, frame: int) -> int:
        """The first sample under a frame; negative if that is before the signal."""
        return frame * self.hop - self.size // 2

    def analyse(
        self, audio: Sound, start: int, stop: int, dtype: DTypeLike = np.float32
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
        out = np.zeros((*spectra.shape[:-2], self.span(spectra.shape[-2])), np.float32)
        self.add(self.frames(spectra), out)
        return out

    def frames(self, spectra: Spectra) -> Frames:
        """Back in time, and windowed again: ``[*, frames, bins] -> [*, frames, size]``."""
        checkpoint()
        found: Frames = fft.irfft(spectra, self.size) * self.window
        return found

    def weights(self, n_frames: int) -> Mono:
        """The squared windows added up, ``[(n_frames - 1) * hop + size]``, never 0."""
        out: Mono = np.zeros(self.span(n_frames), np.float32)
        self.add(np.broadcast_to(self.window**2, (n_frames, self.size)), out)
        return np.maximum(out, np.float32(LEAST_WEIGHT), out=out)

    def add(self, frames: Frames, out: Audio) -> None:
        """Add ``frames``, ``[*, frames, size]``, to ``out``, ``[*, (frames - 1) * hop + size]``.

        A sample gets the last frame over it first. So if the frames come in stretches, from the
        last to the first, the sums are rounded as those of all frames at once.
        """
        n_frames = frames.shape[-2]
        for first in range(0, self.size, self.hop):
            piece = frames[..., first : first + self.hop]
            width = piece.shape[-1]
            begins = np.lib.stride_tricks.sliding_window_view(out, width, axis=-1, writeable=True)
            begins[..., first :: self.hop, :][..., :n_frames, :] += piece
