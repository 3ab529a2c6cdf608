"""Engines that compare Gram matrices: they optimise a spectrogram from content towards style."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from effects.engines.engine import Engine, Restyled
from effects.engines.gram.features import GramFeatures
from effects.engines.gram.windows import restyle
from effects.running.devices import one_thread, pick_device
from effects.signal.arrays import Audio

if TYPE_CHECKING:
    from effects.running.progress import Progress
    from effects.style_clip import Style


@dataclass(frozen=True, kw_only=True)
class GramEngine(Engine, GramFeatures):
    """An engine by its features; a subclass says which."""

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
        """By optimising its spectrogram, window by window."""
        with one_thread():
            return restyle(
                audio,
                sample_rate,
                style,
                self,
                strength=strength,
                device=pick_device(device),
                progress=progress,
            )
