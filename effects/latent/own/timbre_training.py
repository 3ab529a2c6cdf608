"""The stage in which timbres are learnt.

The encoder hears a window, and the decoder writes it, or the one beside it in the same piece, from
its score: so the latent holds what both have in common, and not the tune.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from effects.latent.bands import BANDS, FLOOR_DB
from effects.latent.own.score_loss import divergence, drawn
from effects.latent.own.score_training import rate_at
from effects.latent.own.timbre_windows import NO_LABEL, TimbreWindows
from effects.latent.timbre_networks import TIMBRE, TimbreDecoder, TimbreEncoder


@dataclass(frozen=True)
class Settings:
    """How timbres are learnt. Only tried by hand on the shipped weights' material, not searched.

    Attributes:
        windows: in a step.
        rate, warm_steps: of Adam, as for scores.
        beta: the weight of what the latent tells, in nats.
        squares, sizes: of the errors' means of squares and of sizes; levels are 0 to 1 of 70 dB.
        labels: the weight of telling a window's label from its latent.
        other: how often the window beside is written, and not the one that was heard.
        tilt_db: standard deviation of a slope that both windows get, over half of the bands.
        heard: levels below this are silence, which no slope lifts.
        most_norm: longer gradients are shortened to this.
    """

    windows: int = 20
    rate: float = 1.5e-3
    warm_steps: int = 100
    beta: float = 0.01
    squares: float = 100.0
    sizes: float = 3.0
    labels: float = 0.1
    other: float = 0.5
    tilt_db: float = 6.0
    heard: float = 0.02
    most_norm: float = 5.0


class Timbre:
    """The third stage; ``head`` tells labels, if the material has any."""

    name = "timbres"

    def __init__(
        self,
        encoder: TimbreEncoder,
        decoder: TimbreDecoder,
        material: TimbreWindows,
        seed: int,
        settings: Settings = Settings(),
    ) -> None:
        self.encoder, self.decoder = encoder, decoder
        labels = int(material.labels.max(initial=NO_LABEL)) + 1
        self.head = nn.Linear(TIMBRE, max(labels, 1))
        self.module: nn.Module = nn.ModuleList([encoder, decoder, self.head])
        self.adam = torch.optim.Adam(self.module.parameters(), settings.rate, fused=True)
        self._material, self._seed, self._settings = material, seed, settings

    def step(self, number: int, spent: float) -> None:
        """See `loop.Stage`."""
        settings = self._settings
        rate = rate_at(number, spent, settings.rate, settings.warm_steps)
        self.adam.param_groups[0]["lr"] = rate
        rng = np.random.default_rng([self._seed, number])
        heard = rng.integers(0, len(self._material), settings.windows)
        beside = self._material.neighbours(heard, rng.choice((-1, 1), settings.windows))
        written = np.where(rng.random(settings.windows) < settings.other, beside, heard)
        slope = rng.normal(0, settings.tilt_db, settings.windows)
        draw = torch.Generator().manual_seed(int(rng.integers(1 << 62)))
        mean, spread = self.encoder(self._bands(heard, slope), self._rolls(heard))
        spread = spread.clamp(-12, 4)
        z = drawn(mean, spread, draw)
        off = self.decoder(z, self._rolls(written)) - self._bands(written, slope)
        loss = settings.squares * off.square().mean() + settings.sizes * off.abs().mean()
        loss = loss + settings.beta * divergence(mean, spread).mean()
        loss = loss + settings.labels * self._label_loss(z, heard)
        self.adam.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.module.parameters(), settings.most_norm)
        self.adam.step()

    def _bands(self, chosen: np.ndarray, slope_db: np.ndarray) -> Tensor:
        """Levels of some windows, brighter or darker by a slope from -1 to 1 times its dB."""
        bands = self._material.bands(chosen)
        line = np.linspace(-1, 1, BANDS, dtype=np.float32) / FLOOR_DB
        tilt = slope_db.astype(np.float32)[:, None, None] * line
        lifted = np.where(bands > self._settings.heard, bands + tilt, bands)
        return torch.from_numpy(np.clip(lifted, 0, 1.2).astype(np.float32))

    def _rolls(self, chosen: np.ndarray) -> Tensor:
        return torch.from_numpy(self._material.rolls(chosen))

    def _label_loss(self, z: Tensor, chosen: np.ndarray) -> Tensor:
        """0 if no window has a label."""
        labels = torch.from_numpy(self._material.labels[chosen])
        known = labels != NO_LABEL
        if not known.any():
            return z.new_zeros(())
        return functional.cross_entropy(self.head(z[known]), labels[known])
