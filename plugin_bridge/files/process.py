"""An effect on a sound file's audio."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from effects import PythonEffect
    from effects.signal.arrays import Audio
    from plugin_bridge.files.sound_files import Sound


def process(effect: PythonEffect, content: Sound) -> Audio:
    """What ``effect`` makes of ``content``, (channels, samples).

    Pedalboard takes the smaller dimension of an array for the channels, so audio with fewer samples
    than channels is padded on the way.
    """
    channels, samples = content.audio.shape
    padding = max(channels + 1 - samples, 0)
    audio = np.pad(content.audio, ((0, 0), (0, padding))) if padding else content.audio
    return effect(audio, content.sample_rate)[:, :samples]
