"""Phase reconstruction: a signal whose spectrogram has given magnitudes (Griffin & Lim 1984).

Frames overlap, so not every array of complex numbers is the spectrum of a signal. Two projections,
in turn, lead to one that is, with nearly the wanted magnitudes M:

    C(X) = STFT(ISTFT(X)), the nearest spectra of a signal
    P(X) = M · X / |X|, the nearest spectra with the wanted magnitudes

Griffin & Lim repeat X ← P(C(X)). The fast form of Perraudin, Balazs & Søndergaard (2013) goes
beyond each projection, in the direction in which it moved:

    T_n = C(X_n),    X_{n+1} = P(T_n + α (T_n - T_{n-1}))

P uses only the phases of its argument, so it may be divided by 1 + α: T_n - α / (1 + α) T_{n-1}.

It starts from the phases of the content and not from random ones. These are right wherever the
magnitudes were left alone, and as a start they are worth hundreds of iterations.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from effects.signal.spectrogram import FrameGrid


def griffin_lim(
    magnitude: Tensor,
    start: Tensor,
    grid: FrameGrid,
    *,
    n_iterations: int = 30,
    momentum: float = 0.99,
    n_frozen: int = 0,
    tick: Callable[[], None] = lambda: None,
) -> Tensor:
    """Complex spectra with ``magnitude`` and phases that fit one another.

    Args:
        magnitude: wanted magnitudes, ``[T, bins]``, not negative.
        start: complex spectra whose phases are the first guess, ``[T, bins]``.
        grid: the transform.
        n_iterations: how often C is applied; 0 returns ``magnitude`` with the phases of ``start``.
            The default was not searched.
        momentum: α, without a unit. 0 is Griffin & Lim's own algorithm; 0.99 is also librosa's
            default. Not searched.
        n_frozen: the number of frames at the beginning of ``start`` that stay as they are,
            magnitudes too: an earlier stretch of the same signal, which this one continues.
        tick: called once an iteration.
    """
    settled, weights = start[:n_frozen], grid.weight_sum(len(start))
    spectra = magnitude * phases(start)
    spectra[:n_frozen] = settled
    previous = torch.zeros_like(spectra)
    for _ in range(n_iterations):
        tick()
        consistent = grid.stft(grid.istft(spectra, weights))
        ahead = consistent - momentum / (1 + momentum) * previous
        spectra = magnitude * phases(ahead)
        spectra[:n_frozen] = settled
        previous = consistent
    return spectra


def phases(spectra: Tensor) -> Tensor:
    """Complex numbers of size 1 with the phases of ``spectra``; 1 where these are 0."""
    size = spectra.abs()
    return torch.where(size > 0, spectra / size.clamp_min(1e-30), torch.ones_like(spectra))
