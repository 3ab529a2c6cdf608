"""Bands of the mel scale, as the networks' front ends have them."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def htk(n_bands: int, lowest: float, highest: float, *, sample_rate: int, n_fft: int) -> Tensor:
    """Triangles over the mel scale of HTK, peak 1: ``[n_fft // 2 + 1, n_bands]``.

    As in AudioSet's front end, their sides are straight lines in mel, not in Hz, and the bin at
    0 Hz is in none.
    """

    def mel(hz: Tensor) -> Tensor:
        return 1127 * torch.log1p(hz / 700)

    bins = torch.arange(n_fft // 2 + 1, dtype=torch.float64) * sample_rate / n_fft
    ends = mel(torch.tensor([lowest, highest], dtype=torch.float64))
    edges = torch.linspace(float(ends[0]), float(ends[1]), n_bands + 2, dtype=torch.float64)
    bands = _triangles(mel(bins), edges)
    bands[0] = 0
    return bands.float()


def slaney(n_bands: int, lowest: float, highest: float, *, sample_rate: int, n_fft: int) -> Tensor:
    """Triangles over Slaney's mel scale, area 1 in Hz: ``[n_fft // 2 + 1, n_bands]``.

    The scale is linear up to 1 kHz and logarithmic above; librosa's default.
    """
    bins = torch.arange(n_fft // 2 + 1, dtype=torch.float64) * sample_rate / n_fft
    ends = [_slaney_mel(hz) for hz in (lowest, highest)]
    edges = torch.tensor(
        [_slaney_hz(ends[0] + (ends[1] - ends[0]) * k / (n_bands + 1)) for k in range(n_bands + 2)],
        dtype=torch.float64,
    )
    return (_triangles(bins, edges) * (2 / (edges[2:] - edges[:-2]))).float()


def _triangles(x: Tensor, edges: Tensor) -> Tensor:
    """From 0 at one edge to 1 at the next and 0 at the one after: ``[len(x), len(edges) - 2]``."""
    left, peak, right = edges[:-2], edges[1:-1], edges[2:]
    up, down = (x[:, None] - left) / (peak - left), (right - x[:, None]) / (right - peak)
    return torch.minimum(up, down).clamp_min(0)


_LINEAR_HZ, _KNEE_HZ, _STEP = 200 / 3, 1000.0, math.log(6.4) / 27


def _slaney_mel(hz: float) -> float:
    if hz < _KNEE_HZ:
        return hz / _LINEAR_HZ
    return _KNEE_HZ / _LINEAR_HZ + math.log(hz / _KNEE_HZ) / _STEP


def _slaney_hz(mel: float) -> float:
    knee = _KNEE_HZ / _LINEAR_HZ
    return mel * _LINEAR_HZ if mel < knee else _KNEE_HZ * math.exp(_STEP * (mel - knee))
