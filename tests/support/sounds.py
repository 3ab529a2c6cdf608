"""Sounds for the tests, and what is measured of them."""

from __future__ import annotations

import numpy as np
import pyloudnorm
from numpy.typing import NDArray

Samples = NDArray[np.float32]


def noise(
    seconds: float, rate: float, *, channels: int = 1, seed: int = 0, level: float = 0.1
) -> Samples:
    """White noise, ``[channels, samples]``."""
    shape = (channels, round(seconds * rate))
    return np.random.default_rng(seed).normal(0, level, shape).astype(np.float32)


def sine(hz: float, seconds: float, rate: float, *, level: float = 0.5) -> Samples:
    """A sine, ``[1, samples]``."""
    t = np.arange(round(seconds * rate)) / rate
    return (level * np.sin(2 * np.pi * hz * t)).astype(np.float32)[None]


def melody(
    seconds: float, rate: float, *, seed: int = 0, partials: int = 6, tilt: float = 1.0
) -> Samples:
    """Plucked notes a quarter of a second long, ``[1, samples]``; no partial above Nyquist."""
    random, n = np.random.default_rng(seed), round(seconds * rate)
    out = np.zeros(n)
    step = max(round(0.25 * rate), 1)
    for start in range(0, n, step):
        t = np.arange(min(2 * step, n - start)) / rate
        pitch = 110 * 2 ** (random.integers(0, 24) / 12)
        for k in range(1, partials + 1):
            if k * pitch < 0.45 * rate:
                decay = np.exp(-3 * t * k**0.5) * np.minimum(t / 0.005, 1)
                out[start : start + len(t)] += k**-tilt * np.sin(2 * np.pi * k * pitch * t) * decay
    return (0.5 * out / max(np.abs(out).max(), 1e-9)).astype(np.float32)[None]


def lufs(audio: Samples, rate: float) -> float:
    """Integrated loudness of ``[channels, samples]`` as pyloudnorm has it; all channels alike."""
    meter = pyloudnorm.Meter(rate)
    return float(meter.integrated_loudness(audio.T.astype(np.float64)))


def sharpness(audio: Samples) -> Samples:
    """How far each sample is off the line through its neighbours: in clicks, far."""
    return np.abs(np.diff(audio.astype(np.float64), 2))
