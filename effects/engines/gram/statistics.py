"""What an engine knows about a style clip: measured once, and kept in the cache."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from effects.engines.gram.features import GramFeatures
from effects.engines.gram.frames import FramedClip
from effects.engines.gram.objective import Statistics
from effects.running.cache import Arrays
from effects.signal.arrays import Audio
from effects.signal.resample import resample
from effects.signal.spectrogram import Analysis, Resolution
from effects.style_clip import Style

#: If the part of a clip or stem that a network can hear peaks at less than this, relative to the
#: peak of the whole (-80 dB), it is silent to the network. Not searched.
MIN_PEAK_HEARD = 1e-4
#: To be raised when the same clip and parameters come to have other statistics.
STATISTICS_VERSION = 2


def style_statistics(
    style: Style,
    engine: GramFeatures,
    n_features: int,
    device: torch.device,
    *,
    tick: Callable[[], None],
) -> tuple[int, Statistics]:
    """What ``engine`` knows about the clip, from the cache if it is there.

    Raises:
        ValueError: the clip cannot be read, is silent, or has nothing in the range of a network.

    Returns:
        The number of features that were compared (fewer than ``n_features`` if the clip's
        sample rate has no more), and the statistics.
    """

    def compute() -> Arrays:
        statistics, n = _measure(style, engine, n_features, device, tick)
        arrays = {name: tensor.cpu().numpy() for name, tensor in statistics.items()}
        return {**arrays, "n_features": np.array(n)}

    key = {"version": STATISTICS_VERSION, "n_features": n_features, **engine.parameters()}
    arrays = dict(style.cached(key, compute))
    n_shared = int(arrays.pop("n_features"))
    return n_shared, {k: torch.from_numpy(a.copy()).to(device) for k, a in arrays.items()}


def _measure(
    style: Style,
    engine: GramFeatures,
    n_features: int,
    device: torch.device,
    tick: Callable[[], None],
) -> tuple[dict[str, torch.Tensor], int]:
    """The statistics of the clip, and the number of features that were compared."""
    audio, sample_rate = style.excerpts()
    tick()
    resolution = engine.resolution
    n_shared = min(n_features, Analysis.features_at(sample_rate, resolution))
    if resolution:
        audio = _at_network_rate(style, audio, sample_rate, resolution)
        sample_rate = resolution.sample_rate
    analysis = Analysis(sample_rate, n_shared, device, resolution)
    clip = FramedClip(audio, analysis, engine.n_frames_min)
    with torch.no_grad():
        frames = clip.frames(0, clip.n_frames)
        gain = frames.gain_to_reference
        features = frames.features(gain / analysis.knee)
        statistics = engine.statistics(features, frames.active, tick=tick)
        return {**statistics, "energy": torch.tensor(frames.energy(gain))}, n_shared


def _at_network_rate(
    style: Style, audio: Audio, sample_rate: float, resolution: Resolution
) -> Audio:
    """The clip at a network's rate. Raises ValueError if there is nothing left of it."""
    heard = resample(audio, sample_rate, resolution.sample_rate)
    if np.abs(heard).max() < MIN_PEAK_HEARD * np.abs(audio).max():
        raise ValueError(
            f"The style clip {style} has nothing below {resolution.highest_hz:g} Hz, and this "
            "network hears nothing above: choose another clip or engine."
        )
    return heard
