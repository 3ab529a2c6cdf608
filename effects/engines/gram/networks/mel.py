"""Bands of the mel scale, as in the networks' front ends."""

from __future__ import annotations

import torch
from torch import Tensor


def htk(n_bands: int, lowest: float, highest: float, *, sample_rate: int, n_fft: int) -> Tensor:
    """Triangles over the mel scale of HTK, peak 1: ``[n_fft // 2 + 1, n_bands]``.

    As in AudioSet's front end, their sides are straight lines in mel, and the bin at 0 Hz is in no
    band. librosa's triangles on this scale have sides that are straight in Hz: not the same.
    """

    def mel(hz: Tensor) -> Tensor:
        return 1127 * torch.log1p(hz / 700)  # HTK's formula

    bins = torch.arange(n_fft // 2 + 1, dtype=torch.float64) * sample_rate / n_fft
    ends = mel(torch.tensor([lowest, highest], dtype=torch.float64))
    edges = torch.linspace(float(ends[0]), float(ends[1]), n_bands + 2, dtype=torch.float64)
    bands = _triangles(mel(bins), edges)
    bands[0] = 0
    return bands.float()


def slaney(n_bands: int, lowest: float, highest: float, *, sample_rate: int, n_fft: int) -> Tensor:
    """Triangles over Slaney's mel scale, area 1 in Hz: ``[n_fft // 2 + 1, n_bands]``.

    These are librosa's default.
    """
    import librosa.filters
    import numpy as np

    bands = librosa.filters.mel(
        sr=sample_rate, n_fft=n_fft, n_mels=n_bands, fmin=lowest, fmax=highest, dtype=np.float64
    )
    return torch.from_numpy(bands.T.astype(np.float32, order="C"))


def _triangles(x: Tensor, edges: Tensor) -> Tensor:
    """Triangles that rise from one edge to the next, and fall to the one after.

    ``[bins], [bands + 2] -> [bins, bands]``, between 0 and 1.
    """
    left, peak, right = edges[:-2], edges[1:-1], edges[2:]
    up, down = (x[:, None] - left) / (peak - left), (right - x[:, None]) / (right - peak)
    return torch.minimum(up, down).clamp_min(0)
