"""CNN14 of PANNs (Kong et al. 2020), trained to name 527 kinds of sounds.

Its input is the power in dB of 64 bands of the mel scale, 50 Hz to 14 kHz, 100 times a second.

By default, all six blocks are the style, and the fourth is the content.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from effects.engines.gram.networks import mel
from effects.engines.gram.networks.network import Network
from effects.learned.checkpoint import Layout
from effects.signal.spectrogram import Resolution

LOWEST_HZ, N_BANDS = 50, 64  # as published
LEAST_POWER = 1e-10  # of a band: -100 dB
#: As published, but for the knee, which is not searched.
RESOLUTION = Resolution(
    sample_rate=32_000, n_window=1024, hop=320, n_fft=1024, highest_hz=14_000, knee=1e-3
)
#: As published: filters of each block.
FILTERS = (64, 128, 256, 512, 1024, 2048)
#: The window and the mel bands, which are in the file but are computed here.
CONSTANTS = ("spectrogram_extractor.", "logmel_extractor.")
#: The mean and spread in dB that random weights normalise the bands by, as a trained network
#: normalises them by its own. Sound at the reference loudness has about these; not searched.
TYPICAL_DB, TYPICAL_SPREAD_DB = -30.0, 20.0


class ConvBlock(nn.Module):
    """Two convolutions with their batch normalisations."""

    def __init__(self, n_in: int, n_out: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(n_in, n_out, 3, padding=1, bias=False)
        self.conv2 = nn.Conv2d(n_out, n_out, 3, padding=1, bias=False)
        self.bn1, self.bn2 = nn.BatchNorm2d(n_out), nn.BatchNorm2d(n_out)

    def forward(self, x: Tensor) -> Tensor:
        """The activations before the pooling."""
        x = torch.relu_(self.bn1(self.conv1(x)))
        return torch.relu_(self.bn2(self.conv2(x)))


class Cnn14(nn.Module):
    """CNN14 with PANNs' names, without the constants of its front end."""

    def __init__(self) -> None:
        super().__init__()
        self.bn0 = nn.BatchNorm2d(64)
        for n, (n_in, n_out) in enumerate(zip((1, *FILTERS), FILTERS, strict=False), 1):
            self.add_module(f"conv_block{n}", ConvBlock(n_in, n_out))
        self.fc1 = nn.Linear(2048, 2048)
        self.fc_audioset = nn.Linear(2048, 527)


def _unwrap(found: Mapping[str, Any]) -> Mapping[str, Any]:
    """The weights, taken from the saved state of a training run."""
    state = found.get("model", found)
    return {name: it for name, it in state.items() if not name.startswith(CONSTANTS)}


@dataclass(frozen=True, kw_only=True)
class Cnn14Engine(Network):
    """CNN14; see `Network` for the options."""

    name = "cnn14"
    layouts = (Layout("PANNs' Cnn14_mAP=0.431.pth", Cnn14, _unwrap, unused=("fc1", "fc_audioset")),)
    layer_names = tuple(f"block{n}" for n in range(1, 7))

    style_layers: tuple[str, ...] = layer_names
    content_layers: tuple[str, ...] = ("block4",)

    @property
    def resolution(self) -> Resolution:
        """32 kHz, windows of 32 ms."""
        return RESOLUTION

    @property
    def n_frames_min(self) -> int:
        """These give one position of the last block, after five halvings."""
        return 32

    def draw(self, network: nn.Module, seed: int) -> None:
        """See `Network`; bands are normalised by their typical mean and spread."""
        super().draw(network, seed)
        assert isinstance(network, Cnn14)
        network.bn0.running_mean.fill_(TYPICAL_DB)  # type: ignore[union-attr]
        network.bn0.running_var.fill_(TYPICAL_SPREAD_DB**2)  # type: ignore[union-attr]

    def activations(self, network: nn.Module, features: Tensor) -> Iterator[tuple[str, Tensor]]:
        """See `Network`: the blocks before the pooling that follows them."""
        assert isinstance(network, Cnn14)
        layer = network.bn0(log_mel(features)[None, :, :, None].transpose(1, 2)).transpose(1, 3)
        for n, name in enumerate(self.layer_names, 1):
            if n > 1:
                layer = torch.nn.functional.avg_pool2d(layer, 2)
            layer = network.get_submodule(f"conv_block{n}")(layer)
            yield name, layer[0]


def log_mel(features: Tensor) -> Tensor:
    """CNN14's input, in dB: ``[T, n_features] -> [T, 64]``."""
    bands = _bands().to(features)
    power = RESOLUTION.magnitude(features) ** 2 @ bands
    return 10 * torch.log10(power.clamp_min(LEAST_POWER))


@functools.cache
def _bands() -> Tensor:
    it = RESOLUTION
    return mel.slaney(N_BANDS, LOWEST_HZ, it.highest_hz, sample_rate=it.sample_rate, n_fft=it.n_fft)
