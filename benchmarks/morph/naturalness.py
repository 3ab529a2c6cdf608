"""Kernel audio distance: how far what is made, as a whole, is from what originals sound like.

The squared maximum mean discrepancy (Gretton et al. 2012) between two sets of embeddings, with a
Gaussian kernel, times 1000; sets of one distribution have 0 in the limit, and a little more as they
are small. An embedding says how a second of sound sounds: means, spreads and changes of the levels
of its mel bands, and how noisy they are, brought by a small network to the numbers from which it
tells the kinds of instruments apart. The network learns within seconds, from another soundfont than
the one that is reported, and from recorded kits.

What is compared: the middles of a half of the pairs, drawn at random, with the originals of the
other half: a middle has the sounds of its own ends, which would bring it near to them. Beside it
stands how far the originals of the one half are from those of the other: one of each two, so that
there are as many.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality import recorded_drums
from benchmarks.quality.sounds import RATE, Studio
from benchmarks.quality.triplets import KINDS, instruments, tune
from effects.signal.arrays import Mono

WINDOW = RATE  # samples of what is described
QUIET_DB = -40.0  # windows that are this far below the clip's loudest are left out
TEACHERS = 3  # instruments of each kind
TUNES = 2  # of each instrument
N_FFT, HOP, MELS = 2048, 512, 40
RANGE_DB = 60.0  # of levels, below the loudest band
HIDDEN = 24  # numbers of an embedding; not searched
SCALE = 1000.0
DRAWS = 64  # of a half of the pairs

Embeddings = NDArray[np.float64]
"""``[windows, numbers]``."""


@dataclass(frozen=True)
class Ear:
    """What embeds.

    Attributes:
        mean: of descriptions.
        spread: likewise.
        weights: of the network's hidden layer, ``[numbers of a description, HIDDEN]``.
        bias: of it.
    """

    mean: Embeddings
    spread: Embeddings
    weights: Embeddings
    bias: Embeddings

    def __call__(self, audio: Mono) -> Embeddings:
        """The embeddings of each second of a clip that is not silent."""
        found = (np.array(described(audio)) - self.mean) / self.spread
        return np.asarray(np.tanh(found @ self.weights + self.bias))


def taught(studio: Studio, folder: Path) -> Ear:
    """An ear that has learnt; ``folder`` keeps it.

    Raises:
        FileNotFoundError: the recorded kits are missing.
    """
    text = f"{studio.name} {TEACHERS} {TUNES} {HIDDEN} {WINDOW}"
    file = folder / f"ear-{hashlib.sha256(text.encode()).hexdigest()[:16]}.npz"
    if not file.is_file():
        vectors, kinds = _lessons(studio)
        np.savez(file, **_learnt(np.array(vectors), kinds))
    with np.load(file) as kept:
        return Ear(**{name: kept[name] for name in ("mean", "spread", "weights", "bias")})


def described(audio: Mono) -> list[NDArray[np.float64]]:
    """What is described of each second that is not silent; none of a silence."""
    windows = audio[: audio.size // WINDOW * WINDOW].reshape(-1, WINDOW)
    powers = (windows.astype(np.float64) ** 2).mean(axis=1)
    loud = powers > max(powers.max(initial=0) * 10 ** (QUIET_DB / 10), 1e-10)
    gains = (1 / np.sqrt(powers[loud])).astype(np.float32)
    return [_description(it) for it in windows[loud] * gains[:, None]]


def _description(window: Mono) -> NDArray[np.float64]:
    """Of one second, with a power of 1."""
    import librosa

    power = np.abs(librosa.stft(window, n_fft=N_FFT, hop_length=HOP)) ** 2
    mel = librosa.feature.melspectrogram(S=power, sr=RATE, n_mels=MELS, fmin=40.0, fmax=14_000.0)
    levels = librosa.power_to_db(mel, ref=np.max, amin=1e-12, top_db=RANGE_DB)
    flatness = np.log10(librosa.feature.spectral_flatness(S=power))
    every = np.vstack([levels, 10 * flatness]).astype(np.float64)
    change = np.abs(np.diff(every, axis=1))
    return np.concatenate([every.mean(axis=1), every.std(axis=1), change.mean(axis=1)])


def discrepancy(one: Embeddings, two: Embeddings, width: float) -> float:
    """The squared maximum mean discrepancy of two sets, times 1000."""
    within = _kernel(one, one, width).mean() + _kernel(two, two, width).mean()
    return float(SCALE * (within - 2 * _kernel(one, two, width).mean()))


def usual_width(points: Embeddings) -> float:
    """The kernel's width: the median distance of two points."""
    apart = _squared(points, points)[np.triu_indices(len(points), 1)]
    return float(np.sqrt(np.median(apart)))


def distances(
    middles: Mapping[str, Sequence[Embeddings]], ends: Sequence[tuple[Embeddings, Embeddings]]
) -> tuple[dict[str, float], float]:
    """Each row's distance from originals, and that of originals among themselves.

    NaN if there is only one pair.

    Args:
        middles: of each row, for each pair.
        ends: of A and of B, for each pair.
    """
    if len(ends) < 2:
        return dict.fromkeys(middles, float("nan")), float("nan")
    width = usual_width(np.concatenate([it for both in ends for it in both]))
    draw = random.Random("originals")
    found: dict[str, list[float]] = {name: [] for name in middles}
    among = []
    for _ in range(DRAWS):
        order = draw.sample(range(len(ends)), len(ends))
        here, there = order[: len(order) // 2], order[len(order) // 2 :]
        others = np.concatenate([it for pair in there for it in ends[pair]])
        own = np.concatenate([ends[pair][draw.randrange(2)] for pair in here])
        among.append(discrepancy(own, others, width))
        for name, every in middles.items():
            own = np.concatenate([every[pair] for pair in here])
            found[name].append(discrepancy(own, others, width))
    return {name: float(np.mean(it)) for name, it in found.items()}, float(np.mean(among))


def _kernel(one: Embeddings, two: Embeddings, width: float) -> Embeddings:
    return np.asarray(np.exp(-_squared(one, two) / (2 * width**2)))


def _squared(one: Embeddings, two: Embeddings) -> Embeddings:
    """Squared distances, ``[of one, of two]``."""
    products = one @ two.T
    found = (one**2).sum(axis=1)[:, None] + (two**2).sum(axis=1) - 2 * products
    return np.maximum(found, 0.0)


def _lessons(studio: Studio) -> tuple[list[NDArray[np.float64]], list[str]]:
    """Descriptions, and the kind of instrument of each."""
    vectors: list[NDArray[np.float64]] = []
    kinds: list[str] = []
    for kind, (first, second) in KINDS.items():
        for name in (*first, *second)[:TEACHERS]:
            draw = random.Random(f"ear {name}")
            scores = [tune(draw, instruments()[name]) for _ in range(TUNES)]
            for clip in studio.clips(instruments()[name], scores):
                vectors += described(clip)
            kinds += [kind] * (len(vectors) - len(kinds))
    for kit in recorded_drums.kits("tune"):
        for index in range(TUNES):
            strokes = recorded_drums.groove(random.Random(f"ear {kit} {index}"))
            vectors += described(recorded_drums.rendered(kit, strokes))
        kinds += ["drums"] * (len(vectors) - len(kinds))
    return vectors, kinds


def _learnt(vectors: NDArray[np.float64], kinds: Sequence[str]) -> dict[str, Any]:
    """The first layer of a network that names kinds."""
    from sklearn.neural_network import MLPClassifier

    mean, spread = vectors.mean(axis=0), vectors.std(axis=0) + 1e-6
    network = MLPClassifier(
        (HIDDEN,), activation="tanh", alpha=1.0, max_iter=400, random_state=0, solver="lbfgs"
    )
    network.fit((vectors - mean) / spread, kinds)
    return {
        "mean": mean,
        "spread": spread,
        "weights": network.coefs_[0],
        "bias": network.intercepts_[0],
    }
