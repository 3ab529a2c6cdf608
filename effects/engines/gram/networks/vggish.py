"""VGGish (Hershey et al. 2017), trained to tell the topics of videos by their sound.

Its input is the logarithm of the magnitude in 64 bands of the mel scale, 125 Hz to 7.5 kHz, 100
times a second. What is outside that range stays the content's.

By default, all layers are the style, and the first of the last block is the content.
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

LOWEST_HZ, N_BANDS = 125, 64  # as published
#: Added to a band's magnitude before the logarithm, as published.
OFFSET = 0.01
#: As published (AudioSet's front end), but for the knee, which is not searched.
RESOLUTION = Resolution(
    sample_rate=16_000, n_window=400, hop=160, n_fft=512, highest_hz=7500, knee=0.05
)
#: As published: filters and convolutions of each block.
BLOCKS = ((64, 1), (128, 1), (256, 2), (512, 2))


class VGGish(nn.Module):
    """VGGish with torchvggish's names."""

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
        """These give one position of the last layer, after three halvings."""
        return 8

    def activations(self, network: nn.Module, features: Tensor) -> Iterator[tuple[str, Tensor]]:
        """See `Network`: the layers after their ReLU."""
        layer = log_mel(features)[None, None]
        names = iter(self.layer_names)
        assert isinstance(network, VGGish)
        for step in network.features:
            layer = step(layer)
            if isinstance(step, nn.ReLU):
                yield next(names), layer[0]


def log_mel(features: Tensor) -> Tensor:
    """VGGish's input: ``[T, n_features] -> [T, 64]``."""
    bands = _bands().to(features)
    return torch.log(RESOLUTION.magnitude(features) @ bands + OFFSET)


@functools.cache
def _bands() -> Tensor:
    it = RESOLUTION
    return mel.htk(N_BANDS, LOWEST_HZ, it.highest_hz, sample_rate=it.sample_rate, n_fft=it.n_fft)
