"""Engines that compare Gram matrices: they move a spectrogram from its content towards a style."""

from __future__ import annotations

from dataclasses import dataclass

from effects.engines.engine import Engine, Restyled
from effects.engines.gram.features import GramFeatures
from effects.engines.gram.windows import restyle_in_windows
from effects.running.devices import one_thread, pick_device
from effects.running.progress import Progress
from effects.signal.arrays import Audio
from effects.style_clip import Style


@dataclass(frozen=True, kw_only=True)
class GramEngine(Engine, GramFeatures):
    """An engine that optimises a spectrogram by the features that a subclass defines."""

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
        """Optimise the spectrogram, window by window; see `Engine.restyle`."""
        with one_thread():
            return restyle_in_windows(
                audio,
                sample_rate,
                style,
                self,
                strength=strength,
                device=pick_device(device),
                progress=progress,
            )
