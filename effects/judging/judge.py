"""The judge: linear discriminants over a clip's description.

`benchmarks.training.train_judge` has trained it on several soundfonts, played through equalisers,
rooms and codecs. For each instrument x of the library, it knows the mean description of its
tunes; and how descriptions differ within an instrument, one covariance for all. By Bayes' rule,
and if all instruments are equally likely, log p(x | clip) is then linear in the description, up
to a constant.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import soxr  # type: ignore[import-untyped]

from effects.judging.description import describe
from effects.judging.frames import RATE, Vector
from effects.learned import array_file
from effects.signal.arrays import Audio, Mono
from effects.signal.downmix import downmix

WEIGHTS = Path(__file__).with_name("judge.npz")
MOST_BYTES = 1 << 20  # of the file
#: Seconds that are described at once, as long as what the judge was trained on.
SECONDS = 7
#: By how much the judge's scores are multiplied: the numbers of a description are no normal
#: distribution, and without this it would be surer than it is right. Chosen as in
#: `benchmarks.training.train_judge`.
SURENESS = 0.15
#: A part of a clip whose peak is so far below the clip's, in dB, does not count. Not searched.
QUIET_DB = -30.0


@dataclass(frozen=True)
class Judge:
    """Names instruments.

    Attributes:
        names: those that it knows, by the presets' names.
        centre: the mean of a description, ``[numbers]``.
        scale: what it is divided by.
        weights: of each instrument, ``[instruments, numbers]``.
        offsets: what is added, ``[instruments]``.
        digest: tells it from other judges.
    """

    names: tuple[str, ...]
    centre: Vector
    scale: Vector
    weights: Vector
    offsets: Vector
    digest: str = ""

    def opinion(self, audio: Audio, sample_rate: float) -> Vector:
        """How likely each instrument plays a clip, ``[instruments]``, with the sum 1.

        Args:
            audio: ``[channels, samples]``, not silent.
            sample_rate: in Hz.
        """
        mono = soxr.resample(downmix(audio), sample_rate, RATE).astype(np.float32)
        description = np.mean([describe(it) for it in _parts(mono)], axis=0)
        score = self.weights @ ((description - self.centre) / self.scale) + self.offsets
        likely = np.exp(SURENESS * (score - score.max()))
        return np.asarray(likely / likely.sum())


def _parts(mono: Mono) -> list[Mono]:
    """Parts of equal length, at most `SECONDS`, without those that are quiet."""
    count = -(-mono.size // (SECONDS * RATE))
    loud = np.abs(mono).max() * 10 ** (QUIET_DB / 20)
    return [it for it in np.array_split(mono, count) if np.abs(it).max() >= loud]


@cache
def shipped() -> Judge:
    """The judge that comes with Restyle."""
    arrays, about = array_file.load(WEIGHTS, MOST_BYTES)
    fields = {it: arrays[it].astype(np.float64) for it in ("centre", "scale", "weights", "offsets")}
    digest = hashlib.sha256(WEIGHTS.read_bytes()).hexdigest()
    return Judge(tuple(about["names"]), **fields, digest=digest)
