"""The networks of the latent, in torch, as they are trained; at run time they are ONNX.

MusicVAE's idea (Roberts et al. 2018, arXiv 1803.05428) on sound: an encoder whose last states are
all that is known of four seconds, and a decoder in which a *conductor* says one thing for each bar,
and a bar is made of that alone, without seeing the others. So what bars share has to go through the
latent. Unlike there, the score and the timbre have their own halves of the latent, and a bar is
written at once and not note by note: as one network, none learnt a note; in stages, they do
(docs/morph.md).

Recurrent networks are written out step by step, since they have only four, or sixteen, and so
become plain ONNX.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

from effects.latent.roll import BARS, N_KEYS, STEPS

BAR = STEPS * N_KEYS * 2  # numbers of a bar
HIDDEN, ENCODED, CONDUCTED = 384, 160, 256  # units of a bar, of the encoder's way, of the conductor
SCORE = 96  # numbers of z that say what is played in four seconds
EMBEDDED = 64  # numbers that a bar is made of


class BarEncoder(nn.Module):
    """What a bar has: ``[*, 1408] -> [*, HIDDEN]``."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(BAR, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, HIDDEN), nn.ReLU()
        )

    def forward(self, bars: Tensor) -> Tensor:
        """See the class."""
        return cast(Tensor, self.layers(bars))


class BarDecoder(nn.Module):
    """Logits of a bar: ``[*, EMBEDDED] -> [*, 1408]``."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(EMBEDDED, HIDDEN),
            nn.ReLU(),
            nn.Linear(HIDDEN, HIDDEN),
            nn.ReLU(),
            nn.Linear(HIDDEN, BAR),
        )

    def forward(self, embedded: Tensor) -> Tensor:
        """See the class."""
        return cast(Tensor, self.layers(embedded))


class ScoreEncoder(nn.Module):
    """What is played in a window: bars are read in both directions."""

    def __init__(self) -> None:
        super().__init__()
        self.bar = BarEncoder()
        self.forth = nn.GRUCell(HIDDEN, ENCODED)
        self.back = nn.GRUCell(HIDDEN, ENCODED)
        self.mean = nn.Linear(2 * ENCODED, SCORE)
        self.spread = nn.Linear(2 * ENCODED, SCORE)

    def forward(self, roll: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance of z: ``[windows, 32, 88, 2] -> 2 x [windows, 96]``."""
        last = self.last(roll)
        return self.mean(last), self.spread(last)

    def last(self, roll: Tensor) -> Tensor:
        """The last states of both directions, ``[windows, 2 * ENCODED]``."""
        return self.read(self.bar(roll.reshape(-1, BARS, BAR)))

    def read(self, bars: Tensor) -> Tensor:
        """The same, of bars that the bar's encoder has read: ``[windows, 4, HIDDEN]``."""
        forth = back = torch.zeros_like(bars[:, 0, :ENCODED])
        for number in range(BARS):
            forth = self.forth(bars[:, number], forth)
            back = self.back(bars[:, BARS - 1 - number], back)
        return torch.cat([forth, back], dim=1)


class ScoreDecoder(nn.Module):
    """Logits of what sounds and what is struck: ``[windows, 96] -> [windows, 32, 88, 2]``."""

    def __init__(self) -> None:
        super().__init__()
        self.begin = nn.Linear(SCORE, CONDUCTED)
        self.conductor = nn.GRUCell(SCORE, CONDUCTED)
        self.embed = nn.Linear(CONDUCTED, EMBEDDED)
        self.bar = BarDecoder()

    def forward(self, z: Tensor) -> Tensor:
        """See the class."""
        bars = self.bar(self.conducted(z))
        return cast(Tensor, bars.reshape(-1, BARS * STEPS, N_KEYS, 2))

    def conducted(self, z: Tensor) -> Tensor:
        """What each bar is made of, ``[windows, 4, EMBEDDED]``."""
        state = torch.tanh(self.begin(z))
        found = []
        for _ in range(BARS):
            state = self.conductor(z, state)
            found.append(self.embed(state))
        return torch.stack(found, dim=1)
