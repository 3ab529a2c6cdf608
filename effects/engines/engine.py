"""What every engine does: it restyles a clip after a style clip."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from effects.engines.report import Report
from effects.running.progress import Progress
from effects.scores.score import Score
from effects.signal.arrays import Audio
from effects.style_clip import Style

LossCurve = list[tuple[float, float]]
"""Per evaluation, the relative distances from the style and from the content."""


@dataclass
class Restyled:
    """What an engine made of a stem.

    Attributes:
        audio: as many channels and samples as the stem; its loudness is not matched yet.
        curves: how the distances fell, for each window of the stem that was optimised.
        report: what it is made of, as if at full strength: `effects.transfer` takes strength and
            mix into account.
        heard: what was heard of the stem; None if the engine did not listen for notes.
    """

    audio: Audio
    curves: list[LossCurve]
    report: Report
    heard: Score | None = None


@dataclass(frozen=True, kw_only=True)
class Engine(ABC):
    """A way to restyle a clip; the fields are its options.

    Args:
        seed: draws the random filters, where there are any.
    """

    name: ClassVar[str]
    seed: int = 0

    @property
    def label(self) -> str:
        """The engine's name, as results show it."""
        return self.name

    def parameters(self) -> dict[str, Any]:
        """The options on which its statistics of a style clip depend: their key in the cache."""
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

        Args:
            audio: not silent; it may be read-only.
            sample_rate: in Hz.
            style: the style clip.
            strength: above 0, at most 1.
            device: one of `effects.running.devices.DEVICES`.
            progress: told how far the work is.

        Raises:
            ValueError: the style clip cannot be used.
            Cancelled: ``progress`` was told to stop.
        """
