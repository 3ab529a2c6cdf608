"""Spectra on which outputs are judged: at one rate, whatever the sound's is."""

from __future__ import annotations

import numpy as np
import soxr
from numpy.typing import NDArray

from effects.signal.arrays import Audio
from effects.signal.stft import Stft

RATE = 22_050  # Hz
STFT = Stft(2048, 512)
FRAMES_PER_SECOND = RATE / STFT.hop
Powers = NDArray[np.float32]
"""``[frames, bins]``."""


def resampled(audio: Audio, sample_rate: float) -> Audio:
    """``[channels, samples]`` at `RATE`."""
    if sample_rate == RATE:
        return audio
    return np.ascontiguousarray(soxr.resample(audio.T, sample_rate, RATE).T, np.float32)


def powers(audio: Audio) -> Powers:
    """The powers of all channels together: ``[channels, samples] -> [frames, bins]``."""
    spectra = STFT.analyse(audio, 0, STFT.n_frames(audio.shape[-1]))
    return np.asarray((spectra.real**2 + spectra.imag**2).sum(axis=0))
