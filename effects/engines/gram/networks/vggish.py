"""VGGish (Hershey et al. 2017), trained to tell the topics of videos by their sound.

It hears 64 bands of the mel scale up to 7.5 kHz, 100 times a second, as the log of their magnitude.
What is below 125 Hz it does not hear: that stays the content's.

Style is, by default, all its layers; content the first of the last block.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from effects.engines.gram.networks import mel
from effects.engines.gram.networks.network import Network, vgg_features
from effects.learned.checkpoint import Layout
from effects.signal.spectrogram import Resolution

RESOLUTION = Resolution(
    sample_rate=16_000, n_window=400, hop=160, n_fft=512, highest_hz=7500, knee=0.05
)
BLOCKS = ((64, 1), (128, 1), (256, 2), (512, 2))


class VGGish(nn.Module):
    """As torchvggish names it."""

    def __init__(self) -> None:
        super().__init__()
        self.features = vgg_features(1, BLOCKS)
        self.embeddings = nn.Sequential(
            nn.Linear(512 * 6 * 4, 4096),
            nn.ReLU(),
            nn.Linear(4096, 4096),
            nn.ReLU(),
            nn.Linear(4096, 128),
            nn.ReLU(),
        )


@dataclass(frozen=True, kw_only=True)
class VGGishEngine(Network):
    """VGGish; see `Network` for the options."""

    name = "vggish"
    layouts = (Layout("torchvggish's vggish-10086976.pth", VGGish, unused=("embeddings",)),)
    layer_names = ("conv1", "conv2", "conv3_1", "conv3_2", "conv4_1", "conv4_2")

    style_layers: tuple[str, ...] = layer_names
    content_layers: tuple[str, ...] = ("conv4_1",)

    @property
    def resolution(self) -> Resolution:
        """16 kHz, windows of 25 ms."""
        return RESOLUTION

    @property
    def n_frames_min(self) -> int:
        """One position of the last layer."""
        return 8

    def activations(self, network: nn.Module, features: Tensor) -> Iterator[tuple[str, Tensor]]:
        """After each ReLU."""
        layer = log_mel(features)[None, None]
        names = iter(self.layer_names)
        assert isinstance(network, VGGish)
        for step in network.features:
            layer = step(layer)
            if isinstance(step, nn.ReLU):
                yield next(names), layer[0]


def log_mel(features: Tensor) -> Tensor:
    """What VGGish sees: ``[T, n_features] -> [T, 64]``."""
    bands = _bands().to(features)
    return torch.log(RESOLUTION.magnitude(features) @ bands + 0.01)


@functools.cache
def _bands() -> Tensor:
    return mel.htk(64, 125, 7500, sample_rate=RESOLUTION.sample_rate, n_fft=RESOLUTION.n_fft)
