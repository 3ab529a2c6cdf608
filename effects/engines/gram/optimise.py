"""Move a spectrogram from its content towards a style: L-BFGS on an engine's distances.

There are two ways to weigh style against content:

- `Strength`, for users: the share of the way to the style, which means the same for every pair of
  clips and every engine.
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

#: κ of `Strength`: how strictly a strength is kept, compared with staying close to the content. No
#: unit. From the first design that worked; not searched.
STRICTNESS = 20.0
#: Smaller distances, relative to the style's own size, are raised to this: at 0, the square root
#: has no slope.
LEAST_DISTANCE = 1e-9
#: The mean change of a feature in the first step of L-BFGS, in units of the features (log1p of an
#: amplitude, so some 2 % or 0.2 dB). Not searched.
FIRST_STEP = 0.02
#: Steps that L-BFGS remembers. Not searched.
HISTORY = 20
#: Evaluations of the distances that are allowed per iteration, on average. An iteration needs one,
#: or more where the line search goes on. Not searched.
EVALUATIONS_PER_ITERATION = 1.25

TotalLoss = Callable[[Tensor, Tensor], Tensor]


class Tradeoff(Protocol):
    """How the two distances become the one number that is minimised."""

    def __call__(self, objective: Objective, start: tuple[float, float]) -> TotalLoss:
        """A function of (style distance, content distance), given those of the start."""
        ...


@dataclass(frozen=True)
class Strength:
    """Go ``strength`` s (0 to 1) of the way to the style, and stay close to the content.

    The style distance is ‖G - G'‖², so its square root D is a distance of Gram matrices. These are
    quadratic in the features, so √D measures how far the features are from the style. The share s
    of the way is gone when √(D / D₀) = 1 - s, D₀ being the content's own. The loss is

        content distance + κ (D / D₀ - (1 - s)²)²

    with the content distance relative to the content's size. At s = 0 the start is the minimum. At
    s = 1 the content still counts, by 1 to κ: without it the optimiser goes on to spectrograms
    that no sound has, and the sound comes out farther from the style.
    """

    strength: float

    def __call__(self, objective: Objective, start: tuple[float, float]) -> TotalLoss:
        """See `Tradeoff`. ``start`` must be the content's own distances."""
        wanted = (1 - self.strength) ** 2
        least = LEAST_DISTANCE * objective.style_scale
        whole_way = max(start[0], least) ** 0.5

        def total(style: Tensor, content: Tensor) -> Tensor:
            left = style.clamp_min(least).sqrt() / whole_way
            loss: Tensor = content / objective.content_scale + STRICTNESS * (left - wanted) ** 2
            return loss

        return total


@dataclass(frozen=True)
class Weighted:
    """Ulyanov & Lebedev's alpha Σ(F - F_content)² + Σ(G - G_style)², divided by n_filters².

    ``n_patches`` and ``n_filters`` turn the engines' means into the published sums. For the
    infinite engine they give the mean over all draws of so many filters.
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

    Args:
        objective: the distances.
        start: the features of the content, or others to begin with.
        tradeoff: makes one number of the distances.
        n_iterations: of L-BFGS.
        nonnegative: show the objective 0 in place of negative features. No sound has these, and
            what an optimiser gains by them is lost in the sound. False is the published method,
            which leaves them in the solution, too.
        tick: called with the fraction of the evaluations that are done, before each.
    """
    with torch.no_grad():
        first = tuple(float(distance) for distance in objective(start))
    total = tradeoff(objective, (first[0], first[1]))
    descent = _Descent(objective, total, start, nonnegative)
    most = int(n_iterations * EVALUATIONS_PER_ITERATION)

    def evaluate() -> Tensor:
        tick(min(len(descent.curve) / most, 1.0))
        return descent.evaluate()

    _lbfgs(descent.change, n_iterations, most).step(evaluate)  # type: ignore[no-untyped-call]
    return Solution(descent.features().detach(), descent.curve)


class _Descent:
    """Features during the descent: a start, and a change in units that suit L-BFGS's first step.

    torch's first step is the gradient scaled to an L1 norm of 1. With the change in units of
    ``unit``, the features' first change has an L1 norm of ``unit``: `FIRST_STEP` for each.
    """

    def __init__(
        self, objective: Objective, total: TotalLoss, start: Tensor, nonnegative: bool
    ) -> None:
        self._objective, self._total = objective, total
        self._start, self._nonnegative = start, nonnegative
        self._unit = FIRST_STEP * start.numel()
        self.change = torch.zeros_like(start, requires_grad=True)
        self.curve: LossCurve = []

    def features(self) -> Tensor:
        """The features as they are now."""
        moved = self._start + self._unit * self.change
        return moved.clamp_min(0) if self._nonnegative else moved

    def evaluate(self) -> Tensor:
        """The loss of these features; its gradient goes to `change`, the distances to `curve`."""
        self.change.grad = None  # optimiser.zero_grad() would load the compiler, see _LBFGS
        style, content = self._objective(self.features())
        loss = self._total(style, content)
        loss.backward()  # type: ignore[no-untyped-call]
        self.curve.append(self._objective.relative(style, content))
        return loss


class _LBFGS(torch.optim.LBFGS):
    """torch's own, without its compiler, which takes longer to load than most restylings take.

    torch wraps this method to keep its compiler out of it, and loads the compiler for that. Where
    a torch has no such wrapper, nothing changes.
    """

    add_param_group = getattr(
        torch.optim.LBFGS.add_param_group, "__wrapped__", torch.optim.LBFGS.add_param_group
    )


def _lbfgs(change: Tensor, n_iterations: int, most_evaluations: int) -> _LBFGS:
    """L-BFGS that ends after its iterations and never for a small step: calls last equally long."""
    return _LBFGS(
        [change],
        max_iter=n_iterations,
        max_eval=most_evaluations,
        history_size=HISTORY,
        tolerance_grad=0,
        tolerance_change=0,
        line_search_fn="strong_wolfe",
    )
