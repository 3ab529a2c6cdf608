"""Phase reconstruction: a signal whose spectrogram has given magnitudes (Griffin & Lim 1984).

Frames overlap, so not every array of complex numbers is the spectrum of a signal. Two projections
lead to one that is, and that has nearly the wanted magnitudes M:

    C(X) = STFT(ISTFT(X)), the nearest spectra that a signal has
    P(X) = M · X / |X|, the nearest spectra with the wanted magnitudes

Griffin & Lim repeat X ← P(C(X)). The fast form of Perraudin, Balazs & Søndergaard (2013) goes
beyond each projection, in the direction in which it moved:

    T_n = C(X_n),    X_{n+1} = P(T_n + α (T_n - T_{n-1}))

Only phases count in P's argument, so it may be divided by 1 + α: T_n - α / (1 + α) T_{n-1}.

It starts from the phases of the content rather than from chance. These are right wherever the
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
        n_iterations: projections onto the spectra that some signal has; 0 returns ``magnitude``
            with the phases of ``start``.
        momentum: α, no unit. 0 is Griffin & Lim's own algorithm; 0.99 is librosa's
            default, too. Not searched.
        n_frozen: so many frames of ``start``, from the first on, are settled and stay as they
            are, magnitudes too: an earlier stretch of the same signal, which this one continues.
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
