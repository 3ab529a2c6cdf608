"""Move a spectrogram from its content towards a style: L-BFGS on an engine's distances.

Two ways to weigh style against content:

- `Strength`, for people: how much of the way to the style is gone, the same for every pair of clips
  and every engine. Gram matrices are quadratic in the features, so the way is the root of their
  distance D = sqrt(style distance): at strength s, sqrt(D / D_content) = 1 - s.
- `Weighted`, for papers: the published sum with a weight alpha on the content.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import torch
from torch import Tensor

from effects.engines.engine import LossCurve
from effects.engines.gram.objective import Objective

#: How strictly a `Strength` is kept, against the wish to stay close to the content.
STRICTNESS = 20.0


TotalLoss = Callable[[Tensor, Tensor], Tensor]


class Tradeoff(Protocol):
    """How the two distances become the one number that is minimised."""

    def __call__(self, objective: Objective, start: tuple[float, float]) -> TotalLoss:
        """A function of (style distance, content distance), given those of the start."""
        ...


@dataclass(frozen=True)
class Strength:
    """Stay as close to the content as going ``strength`` (0 to 1) of the way to the style lets you.

    Minimises content + κ (D / D₀ - (1 - s)²)², both distances relative. At s = 0 the start is the
    minimum. At s = 1 the content still has its say, at 1 to κ: without it the optimiser goes on to
    spectrograms that no sound has, and the sound comes out farther from the style.
    """

    strength: float

    def __call__(self, objective: Objective, start: tuple[float, float]) -> TotalLoss:
        """See `Tradeoff`. ``start`` must be the content's own distances."""
        wanted = (1 - self.strength) ** 2
        least = 1e-9 * objective.style_scale
        whole_way = max(start[0], least) ** 0.5

        def total(style: Tensor, content: Tensor) -> Tensor:
            left = style.clamp_min(least).sqrt() / whole_way
            loss: Tensor = content / objective.content_scale + STRICTNESS * (left - wanted) ** 2
            return loss

        return total


@dataclass(frozen=True)
class Weighted:
    """Ulyanov & Lebedev's alpha Σ(F - F_content)² + Σ(G - G_style)², divided by n_filters².

    ``n_patches`` and ``n_filters`` turn the engines' means into the published sums; the infinite
    engine stands for the mean over draws of as many filters as it is told here.
    """

    alpha: float
    n_patches: int
    n_filters: int

    def __call__(self, objective: Objective, start: tuple[float, float]) -> TotalLoss:
        """See `Tradeoff`."""
        weight = self.alpha * self.n_patches / self.n_filters

        def total(style: Tensor, content: Tensor) -> Tensor:
            return (weight * content + style) / objective.style_scale

        return total


@dataclass
class Solution:
    """An optimised spectrogram ``[T, n_features]`` and, per evaluation, its relative distances."""

    features: Tensor
    curve: LossCurve = field(default_factory=list)


class _LBFGS(torch.optim.LBFGS):
    """torch's own, without its compiler: loading that takes longer than most restylings.

    torch wraps this method to keep its compiler out of it, and loads the compiler for that. Where
    a torch has no such wrapper, nothing changes.
    """

    add_param_group = getattr(
        torch.optim.LBFGS.add_param_group, "__wrapped__", torch.optim.LBFGS.add_param_group
    )


def optimise(
    objective: Objective,
    start: Tensor,
    *,
    tradeoff: Tradeoff,
    n_iterations: int,
    nonnegative: bool = True,
    tick: Callable[[float], None] = lambda _: None,
) -> Solution:
    """Minimise from ``start``, ``[T, n_features]``, with L-BFGS and a strong Wolfe line search.

    Features are not negative, and what an optimiser gains by making them so is lost in the sound:
    the objective sees 0 instead. ``nonnegative=False`` is the published method, which lets them
    go where they will, in the solution too.
    """

    def features() -> Tensor:
        moved = start + unit * change
        return moved.clamp_min(0) if nonnegative else moved

    with torch.no_grad():
        first = tuple(float(d) for d in objective(start))
    total = tradeoff(objective, (first[0], first[1]))
    # torch's first step is the gradient scaled to an L1 norm of 1, far too short for this many
    # numbers. Optimising the change in units of ``unit`` makes it 0.02 on average.
    unit = 0.02 * start.numel()
    change = torch.zeros_like(start, requires_grad=True)
    most = n_iterations + n_iterations // 4
    optimiser = _LBFGS(
        [change],
        max_iter=n_iterations,
        max_eval=most,
        history_size=20,
        tolerance_grad=0,
        tolerance_change=0,
        line_search_fn="strong_wolfe",
    )
    curve: LossCurve = []

    def evaluate() -> Tensor:
        tick(min(len(curve) / most, 1.0))
        change.grad = None  # optimiser.zero_grad() would load the compiler, see _LBFGS
        style, content = objective(features())
        loss = total(style, content)
        loss.backward()  # type: ignore[no-untyped-call]
        curve.append(
            (
                style.item() / max(objective.style_scale, 1e-30),
                content.item() / max(objective.content_scale, 1e-30),
            )
        )
        return loss

    optimiser.step(evaluate)  # type: ignore[no-untyped-call]
    return Solution(features().detach(), curve)
