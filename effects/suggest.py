"""Which presets sound most like a clip: the closed form's own kernel, on cached statistics.

The engine's style distance is the squared maximum mean discrepancy (MMD) of two sets of patches
under the kernel k² (`effects.engines.infinite`). Between a melody and a preset's clip it is mostly
a matter of which notes are played, and when: the preset's clip has its whole register in steps of
up to three semitones, the melody a few notes of its own. So three things are different here. The
patches are single frames; the preset's are there at their pitch and a semitone above and below, so
that all pitches are; and they may be weighted anew: the distance is the least that any weights
w >= 0 reach, that of the clip from the cone of what the preset's frames can be mixed to:

    D = min_w  Σ a a' k²(x, x') - 2 Σ a w k²(x, s) + Σ w w' k²(s, s')

k² is never negative, so the multiplicative steps w <- w * (Kᵀa) / (K w) of non-negative least
squares (Lee & Seung 2001) go down to it from any positive start. D is given relative to the
clip's own Σ a a' k², so that 0 is the same sound and 1 is nothing in common.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from effects.progress import OnProgress, Progress, run_reporting
from effects.style import Style

if TYPE_CHECKING:
    from torch import Tensor

    from effects.engines.base import Statistics
    from effects.style_transfer import StyleSource
    from presets import Preset

STRIDE = 3  # of a preset's frames every third, 70 ms apart
SEMITONES = (-1, 0, 1)
STEPS = 60


@dataclass(frozen=True)
class Suggestion:
    """A preset, and how far it is from the clip: from 0, the same sound, to 1."""

    preset: Preset
    distance: float


def suggest(
    clip: StyleSource,
    presets: Sequence[Preset] | None = None,
    *,
    on_progress: OnProgress | None = None,
) -> list[Suggestion]:
    """Presets by their distance from ``clip``, nearest first.

    The first time, every preset's statistics are computed, which takes a fraction of a second
    each; later they come from the cache.

    Args:
        clip: a sound file, or audio (as pedalboard takes it) with its sample rate in Hz.
        presets: which to compare; all, if none are given. Those whose clip cannot be read are left
            out.
        on_progress: called as ``on_progress(fraction, stage)`` while it lasts; what it raises
            ends the call.

    Raises:
        ValueError, FileNotFoundError: the clip cannot be read, or is silent.
    """
    if presets is None:
        from presets import every

        presets = every()
    style, chosen = Style(clip), list(presets)
    return run_reporting(lambda progress: _suggest(style, chosen, progress), on_progress)


def _suggest(clip: Style, presets: list[Preset], progress: Progress) -> list[Suggestion]:
    progress.tick(0.0, "loading torch")
    import torch

    from effects.devices import one_thread
    from effects.engines.infinite import Infinite
    from effects.spectrogram import Analysis

    engine, device = Infinite(), torch.device("cpu")
    sample_rate = clip.excerpts()[1]
    n_features = Analysis.features_at(sample_rate)
    n_bins = Analysis(sample_rate, n_features, device).n_bins

    def statistics(style: Style) -> Statistics:
        return style.statistics(engine, n_features, device, tick=progress.tick)[1]

    found = []
    with one_thread(), torch.no_grad():
        shifts = [_transposition(n, n_features, n_bins) for n in SEMITONES]
        ours = statistics(clip)
        for index, preset in enumerate(presets):
            progress.tick(index / len(presets), preset.label)
            try:
                theirs = statistics(Style(preset.clip, preset.sha256))
            except (OSError, ValueError):  # `restyle presets validate` says why
                continue
            found.append(Suggestion(preset, distance(ours, theirs, shifts)))
    return sorted(found, key=lambda it: it.distance)


def distance(clip: Statistics, preset: Statistics, shifts: Sequence[Tensor]) -> float:
    """How far the clip's frames are from the best mixture of the preset's; see above.

    Args:
        clip: statistics of `effects.engines.infinite.Infinite`.
        preset: such statistics of the same number of features.
        shifts: linear maps of the preset's features, each of which makes a copy of it.
    """
    import torch

    from effects.engines.infinite import kernel

    x = clip["frames"][_heard(clip)]
    s = preset["frames"][_heard(preset)][::STRIDE]
    s = torch.cat([s @ shift for shift in shifts])
    size = float(kernel(x, x).square().mean())
    cross = kernel(x, s).square().mean(dim=0)
    within = kernel(s, s).square()
    w = torch.full_like(cross, 1 / max(len(cross), 1))
    for _ in range(STEPS):
        w = w * cross / (within @ w).clamp_min(1e-30)
    return float(size - 2 * (w @ cross) + w @ within @ w) / size


def _heard(statistics: Statistics) -> Tensor:
    """The frames at the middle of a patch that counts, as indices."""
    around = (len(statistics["frames"]) - len(statistics["weight"])) // 2
    return statistics["weight"].nonzero()[:, 0] + around


def _transposition(semitones: int, n_features: int, n_bins: int) -> Tensor:
    """Frames ``[T, n_features]`` times this are transposed; the bands above the bins stay."""
    import torch

    ratio = 2 ** (semitones / 12)
    place = (torch.arange(n_bins, dtype=torch.float64) / ratio).clamp_max(n_bins - 1)
    below = place.floor().long()
    part = (place - below).float()
    shift = torch.eye(n_features)
    shift[:n_bins, :n_bins] = 0
    bins = torch.arange(n_bins)
    shift[below, bins] += 1 - part
    shift[(below + 1).clamp_max(n_bins - 1), bins] += part
    return shift
