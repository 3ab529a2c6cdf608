"""The instrument judge: it names the kind of instrument that a clip sounds like.

Linear discriminants (scikit-learn's, with shrunk covariances) on the clip's spectrum as a whole:
mean, spread and change of its MFCCs, spectral contrast, brightness and level. It learns from tunes
rendered from another soundfont than the one that is judged. So that it learns instruments and not
the colour of a soundfont, it hears every tune through random equalisers, too, and names only the
kinds of `KINDS`, each of which it learns from several instruments.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import librosa
import numpy as np
from numpy.typing import NDArray
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.quality.sounds import RATE, Studio
from benchmarks.quality.tables import Result
from benchmarks.quality.triplets import KIND_OF, instruments, tune
from effects.signal.arrays import Mono
from presets.studio.instruments import Instrument
from presets.studio.score import Score

# How these were chosen is not recorded.
TUNES = 8  # per instrument
VARIANTS = 3  # of each tune: as it is, and through random equalisers
JUDGE_RATE, N_FFT, HOP = 16_000, 1024, 256
N_MFCC = 20
QUIET_DB = -45.0  # from the loudest frame; softer frames are left out
SHRINKAGE = 0.3  # of the covariances, since one soundfont does not stand for all
BANDS, TILT_DB, BEND_DB = 8, 9.0, 4.0  # of a random equaliser, over the whole range
ENOUGH = 0.9  # of the true targets that the judge must name for its verdict to count

Vector = NDArray[np.float64]
Composer = Callable[[random.Random, Instrument], Score]


class Plays(Protocol):
    """What plays tunes for the judge."""

    @property
    def name(self) -> str:
        """Tells it apart from others."""

    def clips(self, instrument: Instrument, scores: Sequence[Score]) -> list[Mono]:
        """The sounds of the scores, at 44.1 kHz."""


Lesson = tuple[str, Instrument, Composer, Plays]
"""A kind, an instrument of it, what composes its tunes, and what plays them."""


@dataclass(frozen=True)
class Judge:
    """Names instruments.

    Attributes:
        classifier: the fitted model, which names kinds, or instruments.
        kind_of: the kind of each instrument; empty if the classifier names kinds.
    """

    classifier: Pipeline
    kind_of: Mapping[str, str] = field(default_factory=dict)

    def name(self, clip: Mono) -> str:
        """The kind of instrument that a clip (44.1 kHz, not silent) sounds like most."""
        found = str(self.classifier.predict([describe(clip)])[0])
        return self.kind_of.get(found, found)

    def result(
        self,
        output: Mono,
        figures: Mapping[str, float] | None,
        seconds: float,
        *,
        seed: int,
        kind: str,
    ) -> Result:
        """The figures of an output, with the judge's verdict.

        Args:
            output: mono at 44.1 kHz.
            figures: by name; None if the output is silent, and nothing is named.
            seconds: how long it took to make.
            seed: of its triplet or case.
            kind: the style's kind of instrument.
        """
        named = "" if figures is None else self.name(output)
        return Result(seed, figures, named, named == kind, seconds)


def train(
    studio: Studio,
    kept: Path,
    also: Mapping[str, tuple[Sequence[Instrument], Composer]] | None = None,
) -> Judge:
    """Learn from the studio's renderings.

    Args:
        studio: plays the tunes.
        kept: a folder that keeps their descriptions.
        also: kinds beside those of `KINDS`, each with its instruments and what they play.
    """
    lessons: list[Lesson] = [
        (KIND_OF[name], it, tune, studio) for name, it in instruments().items()
    ]
    for kind, (group, composer) in (also or {}).items():
        lessons += [(kind, it, composer, studio) for it in group]
    return taught(lessons, kept)


def taught(
    lessons: Sequence[Lesson], kept: Path, kind_of: Mapping[str, str] | None = None
) -> Judge:
    """Learn from ``lessons``; the folder ``kept`` keeps their descriptions.

    ``kind_of`` is `Judge.kind_of`, if the lessons' kinds are instruments.
    """
    rows = [
        (vector, kind)
        for kind, instrument, composer, player in lessons
        for vector in _described(instrument, composer, player, kept)
    ]
    classifier = make_pipeline(
        StandardScaler(), LinearDiscriminantAnalysis(solver="lsqr", shrinkage=SHRINKAGE)
    )
    classifier.fit(np.array([it for it, _ in rows]), [kind for _, kind in rows])
    return Judge(classifier, kind_of or {})


def _described(
    instrument: Instrument, composer: Composer, player: Plays, kept: Path
) -> NDArray[np.float64]:
    """The descriptions of an instrument's tunes, each as it is and through equalisers."""
    tunes = [
        composer(random.Random(f"judge {index} {instrument.name}"), instrument)
        for index in range(TUNES)
    ]
    lesson = f"{player.name} {instrument.name} {VARIANTS} {tunes}"
    file = kept / f"judge-{hashlib.sha256(lesson.encode()).hexdigest()[:20]}.npy"
    if not file.is_file():
        np.save(
            file,
            [
                describe(variant)
                for index, clip in enumerate(player.clips(instrument, tunes))
                for variant in _variants(clip, instrument.program * 100 + index)
            ],
        )
    vectors: NDArray[np.float64] = np.load(file)
    return vectors


def describe(clip: Mono) -> Vector:
    """What the judge hears of a clip (44.1 kHz, not silent); the clip's level does not count."""
    audio = librosa.resample(clip / np.sqrt(np.mean(clip**2)), orig_sr=RATE, target_sr=JUDGE_RATE)
    power = np.abs(librosa.stft(audio, n_fft=N_FFT, hop_length=HOP)) ** 2
    mel = librosa.feature.melspectrogram(S=power, sr=JUDGE_RATE, n_mels=64)
    decibels = librosa.power_to_db(mel, top_db=70)
    level = librosa.power_to_db(power.sum(axis=0), top_db=70)
    mfcc = librosa.feature.mfcc(S=decibels, n_mfcc=N_MFCC)[1:]
    contrast = librosa.feature.spectral_contrast(
        S=np.sqrt(power), sr=JUDGE_RATE, fmin=125.0, n_bands=5
    )
    centroid = np.log2(librosa.feature.spectral_centroid(S=np.sqrt(power), sr=JUDGE_RATE) + 50)
    flatness = np.log10(librosa.feature.spectral_flatness(S=power))
    heard = level > level.max() + QUIET_DB
    every = np.vstack([mfcc, contrast, centroid, flatness])
    change = np.diff(level, prepend=level[0])[heard]
    motion = np.abs(np.diff(mfcc, axis=1, prepend=mfcc[:, :1]))[:, heard]
    slow = np.abs(mfcc[:, 8:] - mfcc[:, :-8])[:, heard[8:]].mean(axis=1)
    frames = every[:, heard]
    return np.concatenate(
        [
            frames.mean(axis=1),
            frames.std(axis=1),
            motion.mean(axis=1),
            slow,
            np.percentile(change, (2, 10, 25, 50, 75, 90, 98)),
            np.percentile(level[heard] - level.max(), (25, 50, 75)),
        ]
    )


def _variants(clip: Mono, seed: int) -> list[Mono]:
    """The clip as it is, and through equalisers that the seed draws."""
    draw = np.random.default_rng(seed)
    spectrum, places = np.fft.rfft(clip), np.linspace(0, 1, BANDS)
    octaves = np.log2(np.linspace(0, RATE / 2, spectrum.size).clip(60)) - np.log2(60)
    at = octaves / octaves.max()
    found = [clip]
    for _ in range(VARIANTS - 1):
        curve = draw.uniform(-TILT_DB, TILT_DB) * (places - 0.5)
        gains = np.interp(at, places, curve + draw.normal(0, BEND_DB, BANDS))
        found.append(np.fft.irfft(spectrum * 10 ** (gains / 20), clip.size).astype(np.float32))
    return found
