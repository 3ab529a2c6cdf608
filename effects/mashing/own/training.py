"""Learning from mashups: Adam on windows of the training songs, with a checkpoint each epoch.

The loss compares square roots of magnitudes, which brings quiet and loud closer together. It has
three parts of equal weight: the mashup against both songs with the gains, and each song with the
gain that it should have against the one with the gain that it has. Without the latter two, a bin
that both songs fill would not tell which of them is heard. Where the mashup is not explained,
nothing counts.

Which windows a step takes follows from the seed and the number of the step alone, and a checkpoint
holds all that is learnt. So a training that was stopped, even by force, goes on from its last
epoch to the same weights, on the CPU bit for bit.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from effects.learned import array_file
from effects.learned.training_state import take_adam, with_adam
from effects.mashing.own.learners import LEARNERS, OUTPUTS, gains_of
from effects.mashing.own.material import Arrays, Lesson
from effects.running.recent import Recent

LEAST_POWER = 1e-6  # beside a song's mean power of about 1: no root of 0
MOST_CHECKPOINT_BYTES = 1 << 30  # the larger network's takes 90 MB
CACHE_BYTES = 1 << 30  # of lessons in memory: some 55 minutes of mashups


@dataclass(frozen=True)
class Settings:
    """How it is learnt; none of these was searched.

    Attributes:
        frames: of a window, 5.9 s.
        batch: windows of a step.
        rate: of Adam.
        most_norm: longer gradients are shortened to this, for LSTMs have very long ones at times.
        most_steps: of an epoch, so that a stop costs a few minutes at most.
        most_checked: windows that each epoch is judged by.
    """

    frames: int = 256
    batch: int = 4
    rate: float = 1e-3
    most_norm: float = 1.0
    most_steps: int = 100
    most_checked: int = 24


class Budget(NamedTuple):
    """How long to train: as many epochs, and as many seconds, whichever ends first."""

    epochs: float
    seconds: float

    def spent(self, epochs: int, seconds: float) -> float:
        """The share that is spent, from 1 on all of it."""
        return max(epochs / self.epochs, seconds / self.seconds)


@dataclass
class State:
    """How far a training is.

    Attributes:
        network: as it is now.
        adam: what Adam knows.
        best: the weights of the best epoch so far.
        losses: of the songs that each epoch is judged by.
        seconds: that training took, those before a stop included.
    """

    network: nn.Module
    adam: torch.optim.Adam
    best: dict[str, Tensor]
    losses: list[float] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def best_loss(self) -> float:
        """Of the best epoch; infinite before the first."""
        return min(self.losses, default=float("inf"))


Tick = Callable[[float, str], None]


def learn(
    name: str,
    taught: Sequence[Lesson],
    judged: Sequence[Lesson],
    budget: Budget,
    checkpoint: Path,
    *,
    seed: int,
    device: torch.device,
    tick: Tick,
    settings: Settings = Settings(),
) -> State:
    """Train a network, on from ``checkpoint`` if there is one; its best epoch's weights are in it.

    Args:
        name: of the network.
        taught: what it learns from.
        judged: what tells which epoch was the best.
        budget: how long.
        checkpoint: where the state is kept.
        seed: of the first weights and of the order.
        device: where torch computes.
        tick: told the fraction and the stage; what it raises ends the training.
        settings: how it is learnt.
    """
    state = _begin(name, checkpoint, seed, settings, device)
    windows = _Windows(settings, device)
    while (spent := budget.spent(len(state.losses), state.seconds)) < 1:
        started = time.monotonic()
        _epoch(state, taught, windows, seed, lambda: tick(spent, _stage(state)))
        loss = _judge(state.network, judged, windows)
        if loss < state.best_loss or not state.losses:
            state.best = _copied(state.network)
        state.losses.append(loss)
        state.seconds += time.monotonic() - started
        _keep(state, checkpoint)
    state.network.load_state_dict(state.best)
    state.network.eval().requires_grad_(False)
    return state


def _stage(state: State) -> str:
    epoch = f"training: epoch {len(state.losses) + 1}"
    return f"{epoch}, loss {state.losses[-1]:.4f}" if state.losses else epoch


class _Batch(NamedTuple):
    """Of some windows, ``[batch, frames, bins]`` each: see `Arrays`."""

    mashup: Tensor
    a: Tensor
    b: Tensor
    gain_a: Tensor
    gain_b: Tensor
    explained: Tensor


class _Windows:
    """Cuts windows out of lessons, of which the latest stay in memory."""

    def __init__(self, settings: Settings, device: torch.device) -> None:
        self.settings, self._device = settings, device
        self._read: Recent[Arrays] = Recent(CACHE_BYTES)

    def drawn(self, lessons: Sequence[Lesson], seed: int, step: int) -> _Batch:
        """Those of a step: each moment of each song is as likely as any other."""
        rng = np.random.default_rng([seed, step])
        lengths = np.array([it.frames for it in lessons], np.float64)
        chosen = rng.choice(len(lessons), self.settings.batch, p=lengths / lengths.sum())
        places = rng.random(self.settings.batch)
        return self._batch(
            [
                (lessons[it], int(place * (max(lessons[it].frames - self.settings.frames, 0) + 1)))
                for it, place in zip(chosen, places, strict=True)
            ]
        )

    def spread(self, lessons: Sequence[Lesson]) -> Iterator[_Batch]:
        """Windows that are spread evenly over lessons, always the same."""
        size = self.settings.frames
        all_of_them = [
            (it, at) for it in lessons for at in range(0, max(it.frames - size, 0) + 1, size)
        ]
        step = -(-len(all_of_them) // self.settings.most_checked)
        kept = all_of_them[::step]
        for at in range(0, len(kept), self.settings.batch):
            yield self._batch(kept[at : at + self.settings.batch])

    def _batch(self, places: Sequence[tuple[Lesson, int]]) -> _Batch:
        windows = [self._window(*it) for it in places]
        stacked = (np.stack(it) for it in zip(*windows, strict=True))
        return _Batch(*(torch.from_numpy(it).to(self._device) for it in stacked))

    def _window(self, lesson: Lesson, at: int) -> Iterator[Any]:
        arrays = self._read.get(lesson.key)
        if arrays is None:
            arrays = lesson.read()
            size = sum(getattr(arrays, it).nbytes for it in _Batch._fields)
            self._read.put(lesson.key, arrays, size)
        for name in _Batch._fields:
            whole = getattr(arrays, name)
            part = whole[at : at + self.settings.frames].astype(np.float32)
            if whole.dtype == np.uint8:
                part /= 255
            yield np.pad(part, ((0, self.settings.frames - len(part)), (0, 0)))


def loss_of(network: nn.Module, batch: _Batch) -> Tensor:
    """How far the gains are from those of the mashups, as a share of what is heard."""
    gain_a, gain_b = gains_of(network, batch.a, batch.b)
    power = (gain_a * batch.a).square() + (gain_b * batch.b).square()
    heard = batch.mashup.sqrt()
    off = (heard - (power + LEAST_POWER).sqrt().sqrt()).abs()
    for gain, true, song in (
        (gain_a, batch.gain_a, batch.a),
        (gain_b, batch.gain_b, batch.b),
    ):
        off = off + song.sqrt() * (gain.sqrt() - true.sqrt()).abs()
    weights = batch.explained
    return (off * weights).sum() / (heard * weights).sum().clamp_min(1e-6)


def _epoch(
    state: State,
    lessons: Sequence[Lesson],
    windows: _Windows,
    seed: int,
    tick: Callable[[], None],
) -> None:
    """As many steps as go through all songs once, or the most."""
    settings = windows.settings
    at_once = settings.batch * settings.frames
    steps = min(-(-sum(it.frames for it in lessons) // at_once), settings.most_steps)
    first = len(state.losses) * steps
    state.network.train()
    for step in range(first, first + steps):
        tick()
        state.adam.zero_grad()
        loss_of(state.network, windows.drawn(lessons, seed, step)).backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(state.network.parameters(), settings.most_norm)
        state.adam.step()


def _judge(network: nn.Module, lessons: Sequence[Lesson], windows: _Windows) -> float:
    network.eval()
    with torch.inference_mode():
        losses = [float(loss_of(network, it)) for it in windows.spread(lessons)]
    return float(np.mean(losses))


def _begin(
    name: str, checkpoint: Path, seed: int, settings: Settings, device: torch.device
) -> State:
    """What the checkpoint holds; the start if there is none, or a damaged one."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = LEARNERS[name](OUTPUTS).to(device)
    adam = torch.optim.Adam(network.parameters(), settings.rate)
    state = State(network, adam, _copied(network))
    try:
        arrays, about = array_file.load(checkpoint, MOST_CHECKPOINT_BYTES)
        _take(state, arrays, about)
    except (FileNotFoundError, ValueError, KeyError, TypeError, RuntimeError):
        if checkpoint.exists():
            checkpoint.unlink()
            return _begin(name, checkpoint, seed, settings, device)
    return state


def _keep(state: State, checkpoint: Path) -> None:
    """Write all that is known."""
    parts = {"now": state.network.state_dict(), "best": state.best}
    arrays = with_adam(parts, state.adam)
    array_file.save(checkpoint, arrays, {"losses": state.losses, "seconds": state.seconds})


def _take(state: State, arrays: Mapping[str, Any], about: Mapping[str, Any]) -> None:
    """The inverse of `_keep`."""
    parts = take_adam(arrays, state.adam)
    state.network.load_state_dict(parts.pop("now"))
    state.best = parts.pop("best")
    state.losses = [float(it) for it in about["losses"]]
    state.seconds = float(about["seconds"])


def _copied(network: nn.Module) -> dict[str, Tensor]:
    return {name: it.detach().cpu().clone() for name, it in network.state_dict().items()}
