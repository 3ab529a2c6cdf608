"""The stage in which timbres are learnt.

The encoder hears a window, and the decoder writes it, or the one beside it in the same piece, from
its score: so the latent holds what both have in common, and not the tune.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from effects.latent.bands import BANDS, FLOOR_DB
from effects.latent.own.score_loss import divergence, drawn
from effects.latent.own.score_training import rate_at
from effects.latent.own.timbre_windows import NO_LABEL, Integers, TimbreWindows
from effects.latent.timbre_networks import TIMBRE, TimbreDecoder, TimbreEncoder
from effects.signal.arrays import Values


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
        colour_db, knots: and of the points of a curve over the bands, in equal distances: other
            instruments than those that were heard.
        heard: levels below this are silence, which no curve lifts.
        noisy, noise: how often both windows get noise, and how loud it is at most.
        most_semitones: by which windows are moved up or down.
        first_share: of their first size, with which the decoder's last layers begin, so that it
            begins with the mean level everywhere.
        most_norm: longer gradients are shortened to this.
    """

    windows: int = 16
    rate: float = 1.5e-3
    warm_steps: int = 100
    beta: float = 0.01
    squares: float = 100.0
    sizes: float = 3.0
    labels: float = 1.0
    other: float = 0.5
    tilt_db: float = 6.0
    colour_db: float = 5.0
    knots: int = 8
    heard: float = 0.02
    noisy: float = 0.3
    noise: float = 0.45
    most_semitones: int = 4
    first_share: float = 0.1
    most_norm: float = 5.0


class _Recording(NamedTuple):
    """How windows are recorded: ``colour``, ``[windows, BANDS]``, is added to what is heard, and
    nothing is softer than ``noise``, ``[windows]``; both as shares of `FLOOR_DB`.
    """

    colour: Values
    noise: Values


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
        with torch.no_grad():
            own = dict(decoder.named_parameters())
            own["last.bias"].fill_(float(material.levels.mean()) / 255)
            for name in ("last.weight", "hue.2.weight"):
                own[name].mul_(settings.first_share)

    def step(self, number: int, spent: float) -> None:
        """See `loop.Stage`."""
        settings = self._settings
        rate = rate_at(number, spent, settings.rate, settings.warm_steps)
        self.adam.param_groups[0]["lr"] = rate
        rng = np.random.default_rng([self._seed, number])
        heard = rng.integers(0, len(self._material), settings.windows)
        beside = self._material.neighbours(heard, rng.choice((-1, 1), settings.windows))
        written = np.where(rng.random(settings.windows) < settings.other, beside, heard)
        recording = self._recording(rng)
        most = settings.most_semitones
        semitones = rng.integers(-most, most + 1, settings.windows)
        draw = torch.Generator().manual_seed(int(rng.integers(1 << 62)))
        bands, rolls = self._bands(heard, recording, semitones), self._rolls(heard, semitones)
        mean, spread = self.encoder(bands, rolls)
        spread = spread.clamp(-12, 4)
        z = drawn(mean, spread, draw)
        made = self.decoder(z, self._rolls(written, semitones))
        off = made - self._bands(written, recording, semitones)
        loss = settings.squares * off.square().mean() + settings.sizes * off.abs().mean()
        loss = loss + settings.beta * divergence(mean, spread).mean()
        loss = loss + settings.labels * self._label_loss(z, heard)
        self.adam.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.module.parameters(), settings.most_norm)
        self.adam.step()

    def _recording(self, rng: np.random.Generator) -> _Recording:
        settings, count = self._settings, self._settings.windows
        slope = rng.normal(0, settings.tilt_db, (count, 1)) * np.linspace(-1, 1, BANDS)
        points = rng.normal(0, settings.colour_db, (count, settings.knots))
        places, bands = np.linspace(0, 1, settings.knots), np.linspace(0, 1, BANDS)
        curves = np.stack([np.interp(bands, places, it) for it in points])
        noisy = rng.random(count) < settings.noisy
        noise = np.where(noisy, rng.uniform(0, settings.noise, count), 0.0)
        return _Recording((slope + curves) / FLOOR_DB, noise)

    def _bands(self, chosen: Integers, recording: _Recording, semitones: Integers) -> Tensor:
        """Levels of some windows, moved, and recorded otherwise."""
        bands = moved(self._material.bands(chosen), semitones, axis=2)
        heard = bands > self._settings.heard
        found = np.clip(np.where(heard, bands + recording.colour[:, None], bands), 0, 1.2)
        found = np.maximum(found, recording.noise[:, None, None])
        return torch.from_numpy(found.astype(np.float32))

    def _rolls(self, chosen: Integers, semitones: Integers) -> Tensor:
        return torch.from_numpy(moved(self._material.rolls(chosen), semitones, axis=2))

    def _label_loss(self, z: Tensor, chosen: Integers) -> Tensor:
        """0 if no window has a label."""
        labels = torch.from_numpy(self._material.labels[chosen])
        known = labels != NO_LABEL
        if not known.any():
            return z.new_zeros(())
        return functional.cross_entropy(self.head(z[known]), labels[known])


def moved(windows: NDArray[np.float32], steps: Integers, axis: int) -> NDArray[np.float32]:
    """Each window moved by some steps along an axis, and zeros where nothing comes from."""
    size = windows.shape[axis]
    found = np.zeros_like(windows)
    for number, step in enumerate(np.clip(steps, -size, size).tolist()):
        onto, source = (np.moveaxis(it[number], axis - 1, 0) for it in (found, windows))
        first, last = max(step, 0), min(size + step, size)
        onto[first:last] = source[first - step : last - step]
    return found
