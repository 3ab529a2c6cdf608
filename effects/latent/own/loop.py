"""The loop of a stage of training, which can be stopped at any moment and goes on to the same bits.

What a step does follows from the seed and its number alone, and a checkpoint holds all that was
learnt. If a budget of time ends a stage, and not one of steps, the bits depend on the machine.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

import torch
from torch import nn

from effects.learned import array_file
from effects.learned.training_state import take_adam, with_adam

MOST_CHECKPOINT_BYTES = 256 << 20  # the largest takes 30 MB
KEEP_SECONDS = 30.0  # from one checkpoint to the next: what a stop by force costs; not searched
Tick = Callable[[float, str], None]


class Stage(Protocol):
    """Something that is learnt step by step.

    Attributes:
        name: in a word or two.
        module: all that is learnt.
        adam: which learns it.
    """

    name: str
    module: nn.Module
    adam: torch.optim.Adam

    def step(self, number: int, spent: float) -> None:
        """Learn once.

        Args:
            number: of the step, from 0.
            spent: how much of the budget is spent, 0 to 1.
        """


class Budget(NamedTuple):
    """How long a stage lasts: as many steps, and as many seconds, whichever end first."""

    steps: float = math.inf
    seconds: float = math.inf

    def spent(self, done: Done) -> float:
        """The share that is spent, from 1 on all of it."""
        return max(done.steps / self.steps, done.seconds / self.seconds)


@dataclass
class Done:
    """How far a stage is: steps, and the seconds that they took, those before a stop included."""

    steps: int = 0
    seconds: float = 0.0


def run(stage: Stage, budget: Budget, checkpoint: Path, tick: Tick) -> Done:
    """Learn until the budget is spent, on from ``checkpoint`` if there is one.

    Args:
        stage: what to learn.
        budget: how long.
        checkpoint: where the state is kept.
        tick: told the fraction and the stage; what it raises ends the training, whose state is
            kept.
    """
    done = _begin(stage, checkpoint)
    stage.module.train()
    kept = time.monotonic()
    while (spent := budget.spent(done)) < 1:
        started = time.monotonic()
        try:
            tick(spent, _told(stage, done, spent))
        except BaseException:
            _keep(stage, done, checkpoint)
            raise
        stage.step(done.steps, spent)
        done.steps += 1
        now = time.monotonic()
        done.seconds += now - started
        if now - kept > KEEP_SECONDS:
            _keep(stage, done, checkpoint)
            kept = now
    _keep(stage, done, checkpoint)
    stage.module.eval()
    return done


def _told(stage: Stage, done: Done, spent: float) -> str:
    """How far it is, and how long it will still take at this pace."""
    text = f"learning {stage.name}, step {done.steps + 1}"
    if spent <= 0 or done.seconds < 1:
        return text
    left = done.seconds * (1 / spent - 1)
    return f"{text}, {left / 60:.0f} min left" if left >= 60 else f"{text}, {left:.0f} s left"


def _begin(stage: Stage, checkpoint: Path) -> Done:
    """What the checkpoint holds goes into the stage; nothing if there is none, or a damaged one."""
    fresh = {name: it.clone() for name, it in stage.module.state_dict().items()}
    groups = stage.adam.state_dict()["param_groups"]
    try:
        arrays, about = array_file.load(checkpoint, MOST_CHECKPOINT_BYTES)
        found = Done(int(about["steps"]), float(about["seconds"]))
        stage.module.load_state_dict(take_adam(arrays, stage.adam).pop("now"))
    except (FileNotFoundError, ValueError, KeyError, TypeError, RuntimeError):
        stage.module.load_state_dict(fresh)
        stage.adam.load_state_dict({"state": {}, "param_groups": groups})
        return Done()
    return found


def _keep(stage: Stage, done: Done, checkpoint: Path) -> None:
    """Write all that is known."""
    arrays = with_adam({"now": stage.module.state_dict()}, stage.adam)
    array_file.save(checkpoint, arrays, {"steps": done.steps, "seconds": done.seconds})
