"""What every engine does, and what those that compare Gram matrices are given.

An engine makes a restyled clip of a clip and a style. Most do so by optimising a spectrogram
(`GramEngine`). Their features are log-magnitude spectrograms ``[T, n_features]``
(`effects.spectrogram.Analysis`). Beside them goes ``active``, ``[T]`` of 0 and 1: frames in which
something sounds. A patch counts if one of its frames is active, so that rests in the content are
not taken for something to be filled and rests in the style clip not for something to be imitated.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import Tensor

from effects.loudness import Audio
from effects.spectrogram import Resolution

if TYPE_CHECKING:
    from effects.progress import Progress
    from effects.restyle import Restyled
    from effects.style import Style

Tick = Callable[[], None]
Statistics = Mapping[str, Tensor]


class Objective(ABC):
    """The distances of a spectrogram from one style and one content, to be differentiated.

    ``style_scale`` and ``content_scale`` are the size of the style's and of the content's own
    features in the units of the distances: divided by them, distances of different clips, sizes
    and engines can be compared.
    """

    style_scale: float
    content_scale: float

    @abstractmethod
    def __call__(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """``[T, n_features]`` -> mean squared difference of the Gram matrices from the style's,
        and of the features from the content's.
        """


@dataclass(frozen=True, kw_only=True)
class Engine(ABC):
    """A way to restyle; its fields are its options.

    Args:
        seed: draws the random filters, where there are any.
    """

    name: ClassVar[str]
    seed: int = 0

    @property
    def label(self) -> str:
        """What it is called where a result is shown."""
        return self.name

    def parameters(self) -> dict[str, Any]:
        """Everything, beside the clip, that what it knows of a style depends on."""
        return {"engine": self.name, **asdict(self)}

    @abstractmethod
    def restyle(
        self,
        audio: Audio,
        sample_rate: float,
        style: Style,
        *,
        strength: float,
        device: torch.device,
        progress: Progress,
    ) -> Restyled:
        """Move ``audio``, ``[channels, samples]``, ``strength`` of the way to ``style``.

        ``audio`` is not silent, and ``strength`` is above 0.
        """


@dataclass(frozen=True, kw_only=True)
class GramEngine(Engine):
    """A family of features whose Gram matrices are to become the style's."""

    #: Whether sound that it leaves alone comes back as it was: `effects.stem.Frames.unflattened`.
    exact: ClassVar[bool] = False

    @property
    @abstractmethod
    def n_frames_min(self) -> int:
        """The shortest spectrogram it can look at (its receptive field), in frames."""

    @property
    def resolution(self) -> Resolution | None:
        """The spectrogram it looks at, if it is not that of `effects.spectrogram`."""
        return None

    @property
    def n_iterations(self) -> int:
        """L-BFGS iterations of a restyling."""
        return 24

    @abstractmethod
    def statistics(self, style: Tensor, active: Tensor, *, tick: Tick) -> dict[str, Tensor]:
        """All that must be known of a style, from ``[S, n_features]`` and ``[S]``."""

    @abstractmethod
    def objective(
        self, content: Tensor, active: Tensor, statistics: Statistics, *, tick: Tick
    ) -> Objective:
        """The objective for one content ``[T, n_features]``; ``tick`` is called while it works."""

    def restyle(
        self,
        audio: Audio,
        sample_rate: float,
        style: Style,
        *,
        strength: float,
        device: torch.device,
        progress: Progress,
    ) -> Restyled:
        """By optimising its spectrogram, window by window."""
        from effects.restyle import restyle

        return restyle(
            audio, sample_rate, style, self, strength=strength, device=device, progress=progress
        )


def patch_weights(active: Tensor, width: int) -> Tensor:
    """``[T] -> [T - width + 1]``, sum 1: equal for the patches with at least one active frame."""
    weight = active.unfold(0, width, 1).amax(dim=1)
    return weight / weight.sum().clamp_min(1)


def run_tick(tick: Tick, tensor: Tensor) -> Tensor:
    """``tensor``, and ``tick`` is also called when its gradient is computed."""
    tick()
    if tensor.requires_grad:
        tensor.register_hook(lambda _: tick())  # type: ignore[no-untyped-call]
    return tensor


def normal(shape: tuple[int, ...], std: float, seed: int, like: Tensor) -> Tensor:
    """Normal numbers that depend on ``seed`` alone, not on the device."""
    generator = torch.Generator().manual_seed(seed)
    return (torch.randn(shape, generator=generator) * std).to(like)
