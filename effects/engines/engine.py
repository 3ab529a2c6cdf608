"""What every engine does: it makes a restyled clip of a clip and a style."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from effects.signal.arrays import Audio

if TYPE_CHECKING:
    from effects.running.progress import Progress
    from effects.style_clip import Style

LossCurve = list[tuple[float, float]]
"""Per evaluation, the relative distances from the style and from the content."""


@dataclass
class Restyled:
    """What an engine made of a stem.

    Attributes:
        audio: as many channels and samples as the stem; its loudness is not matched yet.
        curves: per window of the stem, how the distances fell; none if nothing was optimised.
    """

    audio: Audio
    curves: list[LossCurve]


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
        device: str,
        progress: Progress,
    ) -> Restyled:
        """Move ``audio``, ``[channels, samples]``, ``strength`` of the way to ``style``.

        ``audio`` is not silent, and ``strength`` is above 0. ``device`` is one of
        `effects.running.devices.DEVICES`.
        """
