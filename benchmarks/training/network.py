"""The network that decides which notes there are: its one definition, and its file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from effects.notes import features
from effects.notes.basic_pitch import N_KEYS
from effects.notes.features import SOUNDING, STRUCK
from effects.notes.note_network import AKIN, DILATIONS, TELLS, WIDTH

HIDDEN, TOLD = 32, 6


class Network(nn.Module):
    """`effects.notes.note_network.judge` with gradients, for several clips at once."""

    def __init__(self, start: Path | None = None) -> None:
        """``start``: weights to begin with; layers that it lacks add next to nothing at first."""
        super().__init__()
        self.enter = nn.Conv2d(features.N_FEATURES, HIDDEN, 1)
        self.context = nn.Linear(2 * HIDDEN, 2 * HIDDEN)
        self.kernels = nn.ModuleList(
            nn.Conv2d(HIDDEN, HIDDEN, (1, WIDTH), dilation=(1, it), padding=(0, it * (WIDTH // 2)))
            for it in DILATIONS
        )
        self.tell = nn.ModuleList(nn.Conv2d(HIDDEN, TOLD, 1) for _ in TELLS)
        self.listen = nn.ModuleList(nn.Conv2d(TOLD * len(AKIN), HIDDEN, 1) for _ in TELLS)
        self.leave = nn.Conv2d(HIDDEN, 3, 1)
        for layer in (self.context, *self.listen):
            nn.init.normal_(layer.weight, std=0.01)
            nn.init.zeros_(layer.bias)
        if start is not None:
            self.load(start)
        self.to(memory_format=torch.channels_last)  # twice as fast

    def load(self, start: Path) -> None:
        with np.load(start) as kept, torch.no_grad():
            for name, parameter in self._named().items():
                if name in kept:
                    parameter.copy_(torch.from_numpy(kept[name]).reshape(parameter.shape))
                elif name.startswith("kernel"):
                    nn.init.normal_(parameter, std=0.01)

    def _named(self) -> dict[str, Tensor]:
        layers = {"in": self.enter, "context": self.context, "out": self.leave}
        named: dict[str, Tensor] = {}
        for name, layer in layers.items():
            named |= {name: layer.weight, f"{name}_bias": layer.bias}
        for number, kernel in enumerate(self.kernels):
            named |= {f"kernel{number}": kernel.weight, f"bias{number}": kernel.bias}
        for number, *pair in zip(TELLS, self.tell, self.listen, strict=True):
            for name, layer in zip(("tell", "listen"), pair, strict=True):
                named |= {f"{name}{number}": layer.weight, f"{name}_bias{number}": layer.bias}
        return named

    def save(self, path: Path) -> None:
        """Write the weights as `judge` reads them: matrices, but for the kernels."""
        arrays = {
            name: it.detach().numpy().astype(np.float16) for name, it in self._named().items()
        }
        np.savez(
            path,
            **{
                name: it[:, :, 0, :] if name.startswith("kernel") else it.squeeze()
                for name, it in arrays.items()
            },
        )

    def forward(self, heard: Tensor, keys: Tensor, clips: Tensor, n_clips: int) -> Tensor:
        """Logits of sounding and struck, and how late, (keys, 3, frames); ``clips``: whose."""
        x = heard[:, :, None].contiguous(memory_format=torch.channels_last)
        x = torch.relu(self.enter(x))
        means = []
        for feature in (SOUNDING.index(0), len(SOUNDING) + STRUCK.index(0)):
            sure = heard[:, feature] ** 2
            of_keys = torch.einsum("kct,kt->kc", x[:, :, 0], sure)
            total = x.new_zeros(n_clips, HIDDEN).index_add(0, clips, of_keys)
            weight = x.new_zeros(n_clips).index_add(0, clips, sure.sum(dim=1))
            means.append(total / (weight[:, None] + 1))
        context = self.context(torch.cat(means, dim=1))[clips][..., None, None]
        scale, shift = context.chunk(2, dim=1)
        x = x * (1 + scale) + shift
        for number, kernel in enumerate(self.kernels):
            x = x + torch.relu(kernel(x))
            if number in TELLS:
                x = x + self._of_akin(x, keys, clips, n_clips, TELLS.index(number))
        logits: Tensor = self.leave(x)[:, :, 0]
        return logits

    def _of_akin(self, x: Tensor, keys: Tensor, clips: Tensor, n_clips: int, number: int) -> Tensor:
        told, side = torch.relu(self.tell[number](x)), max(AKIN)
        board = told.new_zeros(n_clips, N_KEYS + 2 * side, *told.shape[1:])
        board = board.index_put((clips, keys + side), told)
        of_akin = board[clips[:, None], keys[:, None] + side + torch.tensor(AKIN)]
        heard: Tensor = self.listen[number](of_akin.flatten(1, 2))
        return heard
