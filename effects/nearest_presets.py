"""Which presets sound most like a clip: by what a judge hears, and by an engine's kernel.

`effects.judging` says how likely each instrument of the library plays the clip. It has heard every
one of them in many recordings, and knows attacks, decays and partials, but not one sound exactly.
The kernel does: where a clip was made with a preset's own sound, it tells which. So the score of a
preset is

    log p - NEARNESS log (d + NOT_NEARER)

for the judge's probability p and the kernel's distance d, and the likelihoods are exp(score),
scaled to the sum 1. A preset of the user's, which the judge has never heard, gets p from what the
judge says of its clip: the probability that both clips are of the same instrument.

The `infinite` engine's style distance is a squared maximum mean discrepancy (MMD) under the kernel
k² (`effects.engines.gram.infinite`): with φ(x)·φ(s) = k²(x, s), it is ‖Σ a φ(x) - Σ b φ(s)‖² for
the clip's patches x with weights a and the preset's s with weights b. Between a melody and a
preset's clip, that distance mostly tells how often each note is played. So here the preset's
weights are free. Every frame x of the clip chooses the nearest frame s of the preset, a second one
s' (where the clip has a chord, the preset may have its notes one by one), and how much of each:

    d(x) = min ‖φ(x) - w φ(s) - w' φ(s')‖²,    w, w' >= 0

A squared norm is convex, so Σ a d(x) is no less than the MMD between the clip and the preset with
the weights that these choices give it. The distance is Σ a d(x) relative to Σ a k²(x, x): 0 is the
same sound, 1 is nothing in common.

Let c be the cosine of φ(x) and φ(s), c' that of φ(x) and φ(s'), and e that of φ(s) and φ(s'). The
nearest s has the largest c, and leaves k²(x, x) (1 - c²). Of this, s' explains the share
(c' - c e)² / (1 - e²), if c' > c e. For single frames at the angle θ, k(x, s) = |x| |s| κ / 2 with
κ = (sin θ + (π - θ) cos θ) / π, so that c = κ²: all cosines come from one product of matrices.

A preset's clip covers the register of its instrument in steps of up to three semitones. To meet all
pitches, the clip is also compared a semitone higher and lower. Most frames of a note are alike, so
a preset is represented by a few of its frames. They are chosen one by one, each the one that lowers
the sum of 1 - c² over all frames of the preset the most.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from effects.running.cache import Arrays, shared_cache
from effects.running.progress import OnProgress, Progress, run_reporting
from effects.style_clip import Style, StyleSource

if TYPE_CHECKING:
    from torch import Tensor

    from effects.engines.gram.objective import Statistics
    from effects.judging.frames import Vector
    from effects.judging.judge import Judge
    from presets import Preset

# Chosen on the tunes of seed 0 of benchmarks/suggest.py, and measured on others.
N_TYPICAL = 96  # frames that represent a preset: 200 kB
N_HEARD = 128  # frames of the clip that are compared, at most
SEMITONES = (0, 1, -1)
#: The typical frames are chosen among at most this many frames of a preset, evenly spread. Not
#: searched.
N_CANDIDATES = 1000
# Chosen on tunes of FluidR3 and Sonivox and on eleven recorded instruments; NEARNESS in the end on
# FluidR3's tunes of seed 1, which were told worse with less.
NEARNESS = 24.0
NOT_NEARER = 0.02  # a distance that hardly differs from 0
LEAST = 1e-4  # what the judge thinks impossible, the kernel may still find
#: To be raised when the same statistics come to have other typical frames.
TYPICAL_VERSION = 1


@dataclass(frozen=True)
class Suggestion:
    """A preset, and how it compares with the clip.

    Attributes:
        preset: the preset.
        distance: how far its sound is from the clip: from 0, the same sound, to 1.
        likelihood: how likely the clip is of its instrument, if it is of one of those compared: a
            share of 1.
    """

    preset: Preset
    distance: float
    likelihood: float


def suggest(
    clip: StyleSource,
    presets: Sequence[Preset] | None = None,
    *,
    on_progress: OnProgress | None = None,
) -> list[Suggestion]:
    """Presets by how likely ``clip`` is of their instrument, times how likely of their family.

    One of the likeliest family so comes first, even if an outsider alone is as likely.

    The first call computes every preset's statistics, which takes a fraction of a second each;
    later calls find what they need in the cache.

    Args:
        clip: a sound file, or audio (as pedalboard takes it) with its sample rate in Hz.
        presets: those to compare; None for all. Presets whose clip cannot be read are left out.
        on_progress: called as ``on_progress(fraction, stage)`` during the call; what it raises
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

    from effects.running.cores import blas_in_one_thread
    from effects.running.devices import one_thread

    heard = Style(clip.excerpts())  # read once
    with one_thread(), blas_in_one_thread(), torch.no_grad():
        progress.tick(0.0, "hearing what plays")
        likely = _Likely(heard)
        frames = _sounding_frames(_statistics(heard, progress))
        frames = frames[:: -(-len(frames) // N_HEARD)]
        copies = torch.stack([transposed(frames, it) for it in SEMITONES])
        near: list[tuple[Preset, float, float]] = []
        for index, preset in enumerate(presets):
            progress.tick(index / len(presets), preset.label)
            try:
                typical = _typical(Style(preset.clip, preset.sha256), progress)
                near.append((preset, distance(copies, typical), likely.of(preset)))
            except (OSError, ValueError):  # `restyle presets validate` says why
                continue
    return _ranked(near)


class _Likely:
    """What the judge says of a clip."""

    def __init__(self, clip: Style) -> None:
        from effects.judging.judge import shipped

        self._judge = shipped()
        self._opinion = self._judge.opinion(*clip.excerpts())

    def of(self, preset: Preset) -> float:
        """How likely the clip and a preset are of the same instrument."""
        if preset.built_in and preset.name in self._judge.names:
            return float(self._opinion[self._judge.names.index(preset.name)])
        return float(self._opinion @ _opinion(self._judge, Style(preset.clip, preset.sha256)))


def _opinion(judge: Judge, style: Style) -> Vector:
    """What the judge says of a user's preset, from the cache if it is there."""

    def compute() -> Arrays:
        return {"opinion": judge.opinion(*style.excerpts())}

    return style.cached({"judge": judge.digest}, compute)["opinion"]


def _ranked(near: Sequence[tuple[Preset, float, float]]) -> list[Suggestion]:
    """Presets with their distances and what the judge says of them, the likeliest first."""
    score = np.array(
        [math.log(p + LEAST) - NEARNESS * math.log(max(d, 0) + NOT_NEARER) for _, d, p in near]
    )
    shares = np.exp(score - score.max(initial=-math.inf))
    shares /= shares.sum()
    found = [
        Suggestion(it, far, float(share)) for (it, far, _), share in zip(near, shares, strict=True)
    ]
    likely = families(found)
    return sorted(found, key=lambda it: -it.likelihood * likely[it.preset.family])


def families(found: Iterable[Suggestion]) -> dict[str, float]:
    """How likely the clip is of each family of instruments, the likeliest first."""
    likely: dict[str, float] = {}
    for it in found:
        likely[it.preset.family] = likely.get(it.preset.family, 0.0) + it.likelihood
    return dict(sorted(likely.items(), key=lambda it: -it[1]))


def _statistics(style: Style, progress: Progress) -> Statistics:
    """The infinite engine's statistics, with all features that the clip's sample rate has."""
    import torch

    from effects.engines.gram.infinite import Infinite
    from effects.engines.gram.statistics import style_statistics
    from effects.signal.spectrogram import HIGHEST_BAND_HZ, Analysis

    n_features = Analysis.features_at(2 * HIGHEST_BAND_HZ)
    cpu = torch.device("cpu")
    return style_statistics(style, Infinite(), n_features, cpu, tick=progress.tick)[1]


def _typical(style: Style, progress: Progress) -> Tensor:
    """The `typical` frames of a preset's clip, from the cache if they are there."""
    import torch

    from effects.engines.gram.statistics import STATISTICS_VERSION

    def compute() -> Arrays:
        frames = typical(_sounding_frames(_statistics(style, progress)))
        return {"frames": frames.half().numpy()}

    key = {
        "typical frames": TYPICAL_VERSION,
        "statistics": STATISTICS_VERSION,
        "clip": style.digest,
        "count": N_TYPICAL,
    }
    return torch.from_numpy(shared_cache().get(key, compute)["frames"]).float()


def _sounding_frames(statistics: Statistics) -> Tensor:
    """The frames at the middle of the patches that count."""
    around = (len(statistics["frames"]) - len(statistics["weight"])) // 2
    return statistics["frames"][statistics["weight"].nonzero()[:, 0] + around]


def typical(frames: Tensor, count: int = N_TYPICAL) -> Tensor:
    """At most ``count`` of the frames ``[S, n_features]``, which represent all; of length 1."""
    import torch

    frames = _unit(frames[:: len(frames) // N_CANDIDATES + 1])
    nearness = _cosine(frames @ frames.T).square()
    reached = torch.zeros(len(frames))
    chosen: list[int] = []
    while len(chosen) < min(count, len(frames)):
        gain = (nearness - reached[:, None]).clamp_min_(0).sum(dim=0)
        chosen.append(int(gain.argmax()))
        reached = torch.maximum(reached, nearness[:, chosen[-1]])
    return frames[chosen]


def distance(clip: Tensor, preset: Tensor) -> float:
    """How far a clip is from a preset; see the module.

    Args:
        clip: its frames, then copies of them at other pitches, ``[copies, T, n_features]``.
        preset: its `typical` frames, ``[S, n_features]``. If one has more features than the
            other, because of a higher sample rate, those that both have are compared.
    """
    n = min(clip.shape[2], preset.shape[1])
    clip, preset = clip[..., :n], _unit(preset[:, :n])
    power = clip.square().sum(dim=2, keepdim=True)
    cosine = _cosine(clip @ preset.T / power.sqrt().clamp_min(1e-9))
    first, which = cosine.max(dim=2)
    between = _cosine(preset @ preset.T)[which]
    rest = (cosine - first[..., None] * between).clamp_min(0)
    second = (rest.square() / (1 - between.square()).clamp_min(1e-6)).amax(
        dim=2
    )  # no division by 0
    explained = (first.square() + second).amax(dim=0)
    size = power[0, :, 0].square()  # 4 k²(x, x)
    return float(1 - (size * explained).sum() / size.sum())


def _cosine(cosine: Tensor) -> Tensor:
    """κ², the cosine of φ(x) and φ(s), from the cosine of x and s."""
    import torch

    cosine = cosine.clamp(-1, 1)
    theta = torch.acos(cosine)
    return ((torch.sin(theta) + (math.pi - theta) * cosine) / math.pi).square()


def _unit(frames: Tensor) -> Tensor:
    """The frames, each scaled to the length 1; silent ones stay 0."""
    return frames / frames.square().sum(dim=1, keepdim=True).sqrt().clamp_min(1e-9)


def transposed(frames: Tensor, semitones: int) -> Tensor:
    """``frames``, ``[T, n_features]``, at another pitch; the bands above the bins stay the same."""
    import torch

    from effects.signal.spectrogram import REFERENCE_N_FFT

    n_bins = min(REFERENCE_N_FFT // 2 + 1, frames.shape[1])
    place = torch.arange(n_bins, dtype=torch.float64) / 2 ** (semitones / 12)
    place = place.clamp_max(n_bins - 1)
    below = place.floor().long()
    above = (below + 1).clamp_max(n_bins - 1)
    bins = torch.lerp(frames[:, below], frames[:, above], (place - below).float())
    return torch.cat([bins, frames[:, n_bins:]], dim=1)
