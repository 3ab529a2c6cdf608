"""A network that hears two songs at once: a U-Net with attention over time at its bottom.

A U-Net (Ronneberger et al. 2015) halves time and frequency four times and doubles them again. At
its bottom, a moment of a song is one vector. There each moment hears of all other moments of its
own song, and of all moments of the other song, by attention (Vaswani et al. 2017). The same weights
hear both songs.
"""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor, nn

from effects.mashing.networks import BINS, HALVED

# Sizes were chosen so that the weights take few megabytes, and a minute of two songs a few seconds
# on two cores; they were not searched.
CHANNELS = (12, 24, 48, 80, 112)  # of each level, each half as long and half as high as the last
assert 2 ** (len(CHANNELS) - 1) == HALVED, "frames to a moment at the bottom: 0.37 s"
NARROW, WIDTH, HEADS, LAYERS = 32, 192, 6, 3  # of the attention
POWER = 1 / 3  # of magnitudes: brings quiet and loud bins closer together, as ears do


class Attention(nn.Module):
    """The network.

    Args:
        outputs: how many logits a bin has: three kinds of parts in the shipped network, two gains
            (this song's if it is A, and if it is B) in those of `effects.mashing.own`.
    """

    name = "attention"
    heights: Tensor  # of the bins: what a convolution cannot know

    def __init__(self, outputs: int = 3) -> None:
        super().__init__()
        self.outputs = outputs
        heights = torch.linspace(-1, 1, BINS)
        self.register_buffer("heights", torch.stack([heights, torch.cos(math.pi * heights)]), False)
        first = CHANNELS[0]
        self.enter = _block(3, first)
        self.down = nn.ModuleList(
            nn.Sequential(_block(here, there, stride=2), _Residual(there))
            for here, there in pairwise(CHANNELS)
        )
        self.narrow = nn.Conv2d(CHANNELS[-1], NARROW, 1)
        rows = BINS // HALVED
        self.to_moments = nn.Linear(NARROW * rows, WIDTH)
        self.layers = nn.ModuleList(_Layer() for _ in range(LAYERS))
        self.from_moments = nn.Linear(WIDTH, NARROW * rows)
        self.widen = nn.Conv2d(NARROW, CHANNELS[-1], 1)
        self.up = nn.ModuleList(_Up(here, there) for here, there in pairwise(CHANNELS[::-1]))
        self.leave = nn.Conv2d(first, outputs, 1)

    def forward(self, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
        """The logits of two songs.

        Args:
            a: magnitudes, ``[batch, frames, bins]`` with `BINS` bins and a multiple of `HALVED`
                frames, at any level.
            b: the other song's.

        Returns:
            ``[batch, outputs, frames, bins]`` for each song.
        """
        x = torch.cat([_heard(a), _heard(b)])[:, None]
        rows = self.heights[None, :, None].expand(len(x), -1, x.shape[2], -1)
        x = self.enter(torch.cat([x, rows], 1))
        skipped = []
        for down in self.down:
            skipped.append(x)
            x = down(x)
        x = x + self._attended(x)
        for up in self.up:
            x = up(x, skipped.pop())
        logits = self.leave(x)
        half = len(a)
        return logits[:half], logits[half:]

    def _attended(self, x: Tensor) -> Tensor:
        """What attention adds at the bottom: ``[2 * batch, channels, moments, rows]``."""
        narrow = self.narrow(x)
        count, channels, moments, rows = narrow.shape
        tokens = self.to_moments(narrow.permute(0, 2, 1, 3).reshape(count, moments, -1))
        tokens = tokens + _places(moments, tokens)
        for layer in self.layers:
            half = count // 2
            other = torch.cat([tokens[half:], tokens[:half]])
            tokens = layer(tokens, other)
        back = self.from_moments(tokens).reshape(count, moments, channels, rows)
        widened: Tensor = self.widen(back.permute(0, 2, 1, 3))
        return widened


class _Layer(nn.Module):
    """Attention to one's own song, attention to the other, and a small network for each moment."""

    def __init__(self) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(WIDTH) for _ in range(4))
        self.own, self.other = _Attend(), _Attend()
        self.each = nn.Sequential(
            nn.Linear(WIDTH, 2 * WIDTH), nn.GELU(), nn.Linear(2 * WIDTH, WIDTH)
        )

    def forward(self, tokens: Tensor, other: Tensor) -> Tensor:
        own = self.norms[0](tokens)
        tokens = tokens + self.own(own, own)
        tokens = tokens + self.other(self.norms[1](tokens), self.norms[2](other))
        return tokens + self.each(self.norms[3](tokens))  # type: ignore[no-any-return]


class _Attend(nn.Module):
    """Attention with several heads, written out so that ONNX can hold it for any length."""

    def __init__(self) -> None:
        super().__init__()
        self.asks, self.offers = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, 2 * WIDTH)
        self.says = nn.Linear(WIDTH, WIDTH)

    def forward(self, tokens: Tensor, to: Tensor) -> Tensor:
        count, moments, _ = tokens.shape
        split = (count, -1, HEADS, WIDTH // HEADS)
        asked = self.asks(tokens).view(split).transpose(1, 2)
        offered, told = (it.view(split).transpose(1, 2) for it in self.offers(to).chunk(2, -1))
        weights = torch.softmax(asked @ offered.transpose(-1, -2) / (WIDTH // HEADS) ** 0.5, -1)
        heard: Tensor = self.says((weights @ told).transpose(1, 2).reshape(count, moments, WIDTH))
        return heard


class _Residual(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.block = _block(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.block(x)  # type: ignore[no-any-return]


class _Up(nn.Module):
    """Twice as long and high, beside what was there on the way down."""

    def __init__(self, channels: int, less: int) -> None:
        super().__init__()
        self.grow = nn.ConvTranspose2d(channels, less, 2, 2)
        self.join = _block(2 * less, less)

    def forward(self, x: Tensor, skipped: Tensor) -> Tensor:
        joined: Tensor = self.join(torch.cat([self.grow(x), skipped], 1))
        return joined


def _block(channels: int, out: int, stride: int = 1) -> nn.Sequential:
    convolution = nn.Conv2d(channels, out, 3, stride, 1, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(out), nn.ReLU())


def _heard(magnitudes: Tensor) -> Tensor:
    """At a level of its own, and compressed."""
    level = magnitudes.square().mean((1, 2), keepdim=True).sqrt() + 1e-9
    return (magnitudes / level + 1e-9) ** POWER


def _places(moments: int, like: Tensor) -> Tensor:
    """The sines and cosines that tell moments apart (Vaswani et al. 2017), ``[moments, WIDTH]``."""
    at = torch.arange(moments, device=like.device, dtype=like.dtype)[:, None]
    rates = torch.exp(
        torch.arange(0, WIDTH, 2, device=like.device, dtype=like.dtype)
        * (-math.log(10000.0) / WIDTH)
    )
    return torch.cat([torch.sin(at * rates), torch.cos(at * rates)], -1)
