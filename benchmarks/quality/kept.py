"""What of a piece of music is kept: harmony, level, onsets, and no holes.

No target is needed: the output is compared with the stem itself. Both are mono at 44.1 kHz and
equally loud.
"""

from __future__ import annotations

import librosa
import numpy as np
from numpy.typing import NDArray

from benchmarks.quality.sounds import RATE
from effects.signal.arrays import Mono

NAMES = ("chroma", "level", "onsets", "holes")
CHROMA_RATE, HOP = 22_050, 512  # Hz, samples: librosa's own
LEVEL_SECONDS = 0.05
RANGE_DB = 50.0  # below its peak level a clip counts as silent
LOUD_DB = 20.0  # frames this far below the stem's peak level, or nearer, should be heard ...
HOLE_DB = 20.0  # ... and are a hole if the output is softer by more than this
FAINTEST = 1e-10

Levels = NDArray[np.float64]


def kept(output: Mono, stem: Mono) -> dict[str, float]:
    """`NAMES` of an output.

    - chroma: the mean cosine between chroma_cqt frames, where the stem sounds; 1 at best.
    - level: the correlation of the levels in dB over 50 ms, down to 50 dB below the peak; 1 at
      best.
    - onsets: the correlation of librosa's onset strength; 1 at best.
    - holes: of the frames within 20 dB of the stem's peak level, the share in which the output is
      more than 20 dB softer; 0 at best.
    """
    ours, theirs = levels_db(output), levels_db(stem)
    loud = theirs > theirs.max() - LOUD_DB
    return {
        "chroma": _harmony(output, stem),
        "level": correlation(_above_floor(ours), _above_floor(theirs)),
        "onsets": correlation(_onset_strength(output), _onset_strength(stem)),
        "holes": float(np.mean(ours[loud] < theirs[loud] - HOLE_DB)),
    }


def levels_db(clip: Mono) -> Levels:
    """The level in dB of every 50 ms."""
    size = round(LEVEL_SECONDS * RATE)
    frames = clip[: clip.size // size * size].reshape(-1, size).astype(np.float64)
    return np.asarray(10 * np.log10(np.mean(frames**2, axis=1) + FAINTEST))


def correlation(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    """Pearson's correlation; 0 if one of the two never changes."""
    if min(float(np.std(a)), float(np.std(b))) < FAINTEST:
        return 0.0
    return float(np.corrcoef(a, b)[0, 1])


def _above_floor(levels: Levels) -> Levels:
    return np.maximum(levels, levels.max() - RANGE_DB)


def _harmony(output: Mono, stem: Mono) -> float:
    ours, theirs = (
        librosa.resample(it, orig_sr=RATE, target_sr=CHROMA_RATE) for it in (output, stem)
    )
    rms = librosa.feature.rms(y=theirs, hop_length=HOP)[0]
    sounds = rms > rms.max() * 10 ** (-RANGE_DB / 20)
    a, b = (
        librosa.feature.chroma_cqt(y=it, sr=CHROMA_RATE, hop_length=HOP) for it in (ours, theirs)
    )
    norms = np.linalg.norm(a, axis=0) * np.linalg.norm(b, axis=0)
    cosine = (a * b).sum(axis=0) / np.maximum(norms, FAINTEST)
    return float(cosine[sounds].mean())


def _onset_strength(clip: Mono) -> NDArray[np.floating]:
    audio = librosa.resample(clip, orig_sr=RATE, target_sr=CHROMA_RATE)
    strength: NDArray[np.floating] = librosa.onset.onset_strength(y=audio, sr=CHROMA_RATE)
    return strength
