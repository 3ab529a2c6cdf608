"""The random CNN with infinitely many filters, in closed form.

For a filter w ~ N(0, s² I) and patches p, q (``width`` frames x all features, flattened) with the
angle θ between them (arc-cosine kernel of order 1, Cho & Saul 2009):

    k(p, q) = E[relu(w·p) relu(w·q)] = s²/(2π) |p| |q| (sin θ + (π - θ) cos θ)

The Gram matrix of F filters, G = Σ_p a_p f(p) f(p)ᵀ with patch weights a summing to 1, enters the
loss only through ‖G - G'‖² = Σ_pp' a a (f·f)² - 2 Σ_ps a b (f·f)² + Σ_ss' b b (f·f)², and f(p)·f(q)
divided by F tends to k(p, q). So per pair of filters, as F grows,

    style distance   = Σ a a k(p,p')² - 2 Σ a b k(p,s)² + Σ b b k(s,s')²
    content distance = Σ a (k(p,p) + k(q,q) - 2 k(p,q)),    k(p,p) = s²/2 |p|²

The first is a squared maximum mean discrepancy (MMD) under the kernel k². Its last term depends on
the style alone. Inner products of patches are sums of ``width`` shifted inner products of frames
along the diagonals of X Sᵀ, so neither a patch nor a filter is ever formed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function

from effects.engines.gram.engine import GramEngine
from effects.engines.gram.objective import Objective, Statistics, Tick, patch_weights


@dataclass(frozen=True, kw_only=True)
class Infinite(GramEngine):
    """Infinitely many filters.

    Args:
        width: frames that a filter spans; 11 as published (Ulyanov & Lebedev 2016).
    """

    name = "infinite"
    width: int = 11

    def __post_init__(self) -> None:
        if self.width < 1:
            raise ValueError("width must be at least 1.")

    @property
    def n_frames_min(self) -> int:
        """One patch."""
        return self.width

    def parameters(self) -> dict[str, Any]:
        """See `Engine.parameters`. Nothing is drawn, so the seed is not among them."""
        return {"engine": self.name, "width": self.width}

    def statistics(self, style: Tensor, active: Tensor, *, tick: Tick) -> dict[str, Tensor]:
        """The frames, the norms and weights of the patches, and Σ b b k(s,s')² over the patches."""
        tick()
        norm = _patch_norms(style, self.width)
        weight = patch_weights(active, self.width)
        dot = patch_products(style, style, self.width)
        return {
            "frames": style,
            "norm": norm,
            "weight": weight,
            "self": mean_squared_kernel(dot, norm, norm, weight, weight),
        }

    def objective(
        self, content: Tensor, active: Tensor, statistics: Statistics, *, tick: Tick
    ) -> Objective:
        """The squared MMD from the style, and the mean squared distance from the content."""
        return _Objective(self.width, content, active, statistics, tick)


def kernel(p: Tensor, q: Tensor) -> Tensor:
    """The kernel k between single frames: ``[T, C]`` and ``[S, C] -> [T, S]``."""
    return _arc_cosine(p @ q.T, _patch_norms(p, 1)[:, None], _patch_norms(q, 1))


class _Objective(Objective):
    def __init__(
        self, width: int, content: Tensor, active: Tensor, statistics: Statistics, tick: Tick
    ) -> None:
        self._width = width
        self._content = content
        self._norm = _patch_norms(content, width)
        self._weight = patch_weights(active, width)
        self._style = statistics
        self._tick = tick
        self.style_scale = float(statistics["self"])
        self.content_scale = float((self._weight * self._norm**2).sum() / 2)  # Σ a k(q,q)

    def __call__(self, features: Tensor) -> tuple[Tensor, Tensor]:
        self._tick()
        style, width, weight = self._style, self._width, self._weight
        norm = _patch_norms(features, width)
        own = patch_products(features, features, width)
        cross = patch_products(features, style["frames"], width)
        style_distance = (
            mean_squared_kernel(own, norm, norm, weight, weight)
            - 2 * mean_squared_kernel(cross, norm, style["norm"], weight, style["weight"])
            + style["self"]
        )
        same = (features * self._content).sum(1).unfold(0, width, 1).sum(1)  # p·q of equal place
        kernel = _arc_cosine(same, norm, self._norm)
        gap = (norm**2 + self._norm**2) / 2 - 2 * kernel  # k(p,p) + k(q,q) - 2 k(p,q)
        return style_distance, (weight * gap).sum()


def _patch_norms(frames: Tensor, width: int) -> Tensor:
    """|p| of every patch: ``[T, C] -> [T - width + 1]``. Never 0, so that it has a gradient."""
    return ((frames**2).sum(1).unfold(0, width, 1).sum(1) + 1e-12).sqrt()


def patch_products(a: Tensor, b: Tensor, width: int) -> Tensor:
    """p·q for all patches of ``[T, C]`` and ``[S, C]``: ``[T - width + 1, S - width + 1]``."""
    product: Tensor = _DiagonalSum.apply(a @ b.T, width)  # type: ignore[no-untyped-call]
    return product


def mean_squared_kernel(dot: Tensor, n: Tensor, m: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """Σ_pq a_p b_q k(p, q)² with s² = 1."""
    mean: Tensor = _SquaredKernel.apply(dot, n, m, a, b)  # type: ignore[no-untyped-call]
    return mean


def _arc_cosine(dot: Tensor, n: Tensor, m: Tensor) -> Tensor:
    """k(p, q) with s² = 1, elementwise. The cosine is kept off ±1, where acos has no slope."""
    cosine = (dot / (n * m)).clamp(-1 + 1e-6, 1 - 1e-6)
    theta = torch.acos(cosine)
    return n * m / (2 * math.pi) * (torch.sin(theta) + (math.pi - theta) * cosine)


class _DiagonalSum(Function):
    """``out[i, j] = Σ_d x[i + d, j + d]`` for 0 <= d < width.

    It is linear, so its gradient is its transpose: ``grad[i, j]`` is added to every input that is a
    term of ``out[i, j]``.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, width: int) -> Tensor:
        ctx.shape, ctx.width = x.shape, width
        rows, columns = x.shape[0] - width + 1, x.shape[1] - width + 1
        out = x[:rows, :columns].clone()
        for d in range(1, width):
            out += x[d : d + rows, d : d + columns]
        return out

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor, None]:
        (grad,) = grad_outputs
        rows, columns = grad.shape
        out = grad.new_zeros(ctx.shape)
        for d in range(ctx.width):
            out[d : d + rows, d : d + columns] += grad
        return out, None


class _SquaredKernel(Function):
    """Σ_pq a_p b_q k(p,q)², with the gradient by hand: autograd's takes three times as long.

    With k = n m (sin θ + (π-θ) cos θ) / 2π and p·q = n m cos θ, the derivatives are short. That of
    sin θ + (π-θ) cos θ by θ is -(π-θ) sin θ, and that of cos θ by p·q is 1 / (n m), so

        ∂k/∂(p·q) = (π - θ) / 2π.

    That of cos θ by n is -cos θ / n, and k also has the factor n, so

        ∂k/∂n = m (sin θ + (π-θ) cos θ) / 2π - m cos θ (π-θ) / 2π = m sin θ / 2π.
    """

    @staticmethod
    def forward(ctx: Any, dot: Tensor, n: Tensor, m: Tensor, a: Tensor, b: Tensor) -> Tensor:
        outer = torch.outer(n, m)
        cosine = (dot / outer).clamp_(-1, 1)
        beyond = torch.acos(cosine).neg_().add_(math.pi)  # π - θ
        sine = (1 - cosine * cosine).clamp_min_(0).sqrt_()
        kernel = outer.mul_(cosine.mul_(beyond).add_(sine)).div_(2 * math.pi)
        weighted = torch.outer(a, b).mul_(kernel)
        ctx.save_for_backward(weighted, beyond, sine, n, m)
        return (weighted * kernel).sum()

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor, Tensor, Tensor, None, None]:
        (grad,) = grad_outputs
        weighted, beyond, sine, n, m = ctx.saved_tensors
        slope = weighted * (grad / math.pi)  # 2 a b k / 2π, times the incoming gradient
        by_norms = slope * sine
        return slope.mul_(beyond), by_norms @ m, by_norms.T @ n, None, None
