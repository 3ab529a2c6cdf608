"""The two stages in which scores are learnt: a bar by itself, then windows of four.

As one stage, no note is learnt; after bars, they are in minutes (docs/morph.md). A window's loss
is the cross-entropy of its cells and `Settings.beta` times what the latent tells in nats.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from effects.latent.networks import (
    EMBEDDED,
    HIDDEN,
    BarDecoder,
    BarEncoder,
    ScoreDecoder,
    ScoreEncoder,
)
from effects.latent.own.score_loss import (
    Bags,
    cell_weights,
    divergence,
    drawn,
    logit_gradient,
    read_bars,
)
from effects.latent.own.score_windows import BAR, ScoreWindows
from effects.latent.roll import BARS

Lots = Callable[[int], ScoreWindows]
"""Windows to learn from, by the number of the lot: how they are moved about may differ."""


@dataclass(frozen=True)
class Settings:
    """How scores are learnt. Only tried by hand on the shipped weights' material, not searched.

    Attributes:
        bar_windows: windows in a step of the first stage, each of four bars.
        bar_rate: of Adam, which falls to a fifth of it.
        bar_noise: added to what a bar is made of, so that it is smooth.
        bar_pull: what its square costs, so that it does not outgrow the noise.
        sounding, struck: logits that the decoder begins with: about how likely a cell is 1.
        windows: in a step of the second stage.
        rate: of Adam, which rises, then falls as a cosine does to a fiftieth.
        warm_steps: over which it rises.
        gentle_steps, gentle: for how long, and how much slower, what the first stage learnt is
            changed by the second.
        beta: the weight of what the latent tells.
        struck_weight: of a stroke beside a cell that sounds.
        most_norm: longer gradients are shortened to this.
        most_semitones: by which windows are moved up or down.
        lot_steps: steps for which one lot of windows is used.
    """

    bar_windows: int = 32
    bar_rate: float = 1.5e-3
    bar_noise: float = 0.1
    bar_pull: float = 1e-3
    sounding: float = -3.5
    struck: float = -4.8
    windows: int = 64
    rate: float = 1.5e-3
    warm_steps: int = 300
    gentle_steps: int = 3000
    gentle: float = 0.3
    beta: float = 0.01
    struck_weight: float = 3.0
    most_norm: float = 30.0
    most_semitones: int = 8
    lot_steps: int = 2000


class _Drawn:
    """The windows of each step, which follow from the seed and its number."""

    def __init__(self, lots: Lots, seed: int, settings: Settings) -> None:
        self._lots, self._seed, self._settings = lots, seed, settings
        self._number, self._lot = 0, lots(0)

    def bags(self, step: int, count: int) -> tuple[Bags, torch.Generator]:
        """Windows of a step, and what draws its noise."""
        number = step // self._settings.lot_steps
        if number != self._number:
            self._number, self._lot = number, self._lots(number)
        rng = np.random.default_rng([self._seed, step])
        chosen = rng.integers(0, len(self._lot), count)
        most = self._settings.most_semitones
        moved = rng.integers(-most, most + 1, count)
        noise = torch.Generator().manual_seed(int(rng.integers(1 << 62)))
        return Bags.of(self._lot.batch(chosen, moved)), noise


class Bars:
    """The first stage: bars by themselves, each through `EMBEDDED` numbers."""

    name = "bars"

    def __init__(
        self,
        encoder: ScoreEncoder,
        decoder: ScoreDecoder,
        lots: Lots,
        seed: int,
        settings: Settings = Settings(),
    ) -> None:
        self.encoder: BarEncoder = encoder.bar
        self.decoder: BarDecoder = decoder.bar
        self.narrow = nn.Linear(HIDDEN, EMBEDDED)
        self.module: nn.Module = nn.ModuleList([self.encoder, self.narrow, self.decoder])
        self.adam = torch.optim.Adam(self.module.parameters(), settings.bar_rate, fused=True)
        self._drawn, self._settings = _Drawn(lots, seed, settings), settings
        self._weights = cell_weights(settings.struck_weight)
        with torch.no_grad():
            begin = torch.tensor([settings.sounding, settings.struck]).repeat(BAR // 2)
            self.decoder.layers[-1].bias.copy_(begin)  # type: ignore[operator]

    def step(self, number: int, spent: float) -> None:
        """See `loop.Stage`."""
        settings, count = self._settings, self._settings.bar_windows
        self.adam.param_groups[0]["lr"] = settings.bar_rate * (1 - 0.8 * min(spent, 1.0))
        bags, draw = self._drawn.bags(number, count)
        embedded: Tensor = self.narrow(read_bars(self.encoder, bags))
        size = settings.bar_pull * embedded.square().sum() / count
        noisy = embedded + settings.bar_noise * torch.randn(embedded.shape, generator=draw)
        logits = self.decoder(noisy)
        gradient = logit_gradient(logits, bags, self._weights, count)
        self.adam.zero_grad()
        torch.autograd.backward([logits, size], [gradient, torch.ones(())])
        self.adam.step()


class Windows:
    """The second stage: windows of four bars, through the latent."""

    name = "windows"

    def __init__(
        self,
        encoder: ScoreEncoder,
        decoder: ScoreDecoder,
        lots: Lots,
        seed: int,
        settings: Settings = Settings(),
    ) -> None:
        self.encoder, self.decoder = encoder, decoder
        self.module: nn.Module = nn.ModuleList([encoder, decoder])
        inner = [*encoder.bar.parameters(), *decoder.bar.parameters()]
        known = {id(it) for it in inner}
        outer = [it for it in self.module.parameters() if id(it) not in known]
        groups = [{"params": outer}, {"params": inner}]
        self.adam = torch.optim.Adam(groups, settings.rate, fused=True)
        self._drawn, self._settings = _Drawn(lots, seed, settings), settings
        self._weights = cell_weights(settings.struck_weight)

    def step(self, number: int, spent: float) -> None:
        """See `loop.Stage`."""
        settings, count = self._settings, self._settings.windows
        rate = rate_at(number, spent, settings.rate, settings.warm_steps)
        gentle = settings.gentle if number < settings.gentle_steps else 1.0
        for group, share in zip(self.adam.param_groups, (1.0, gentle), strict=True):
            group["lr"] = rate * share
        bags, draw = self._drawn.bags(number, count)
        last = self.encoder.read(read_bars(self.encoder.bar, bags).reshape(count, BARS, HIDDEN))
        mean, spread = self.encoder.mean(last), self.encoder.spread(last).clamp(-12, 4)
        made = self.decoder.conducted(drawn(mean, spread, draw))
        logits = self.decoder.bar(made).reshape(-1, BAR)
        told = settings.beta * divergence(mean, spread).mean()
        gradient = logit_gradient(logits, bags, self._weights, count)
        self.adam.zero_grad()
        torch.autograd.backward([logits, told], [gradient, torch.ones(())])
        nn.utils.clip_grad_norm_(self.module.parameters(), settings.most_norm)
        self.adam.step()


def rate_at(step: int, spent: float, rate: float, warm_steps: int) -> float:
    """A learning rate that rises over some steps, then falls as a cosine does to a fiftieth."""
    fall = 0.5 * (1 + math.cos(math.pi * min(spent, 1.0)))
    return rate * min(1.0, (step + 1) / warm_steps) * (0.98 * fall + 0.02)
