"""Drums that sound beside notes: whether there are any, and their sound.

The percussive part of a stem (`effects.engines.sampler.percussive`) has its drums, but also the
attacks of plucked strings. It is taken for drums if its strokes are of several brightnesses, as
kicks and hats are, and if it has most of the treble: cymbals and snares do, and a guitar's attacks
do not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from effects.engines.sampler.forms import NUMBERS, STROKES
from effects.engines.sampler.known import Known
from effects.engines.sampler.percussive import percussive
from effects.engines.sampler.strokes import Levels, Stroke, root_mean_square, strokes
from effects.signal.arrays import Audio, Sound
from effects.signal.downmix import STRETCH, at_unit_peak, mixed
from effects.signal.lazy import lazy
from effects.signal.stft import Stft


@dataclass(frozen=True)
class Settings:
    """The numbers of this module: they part the twelve excerpts of real music that are for tuning
    (docs/quality.md), and the tunes there, into those with drums and those without.
    """

    #: From this share of the power on, the percussive part may be drums beside notes.
    beside: float = 0.1
    #: From this share on, a stem is drums alone. Kits have 0.8 to 1, recorded loops of drums 0.3 to
    #: 0.9, guitars up to 0.2.
    alone: float = 0.4
    #: Where the treble begins, in Hz, and the share of it that drums have.
    treble_hz: float = 6000.0
    treble_share: float = 0.4
    #: Standard deviation of the strokes' brightness in semitones, weighted by their levels, that
    #: drums have at least. Tunes on one instrument have 3 to 10, and 15 on a vibraphone.
    spread: float = 12.0
    #: A window in samples, at any rate, and frames at a time.
    size: int = 1024
    together: int = 512


SETTINGS = Settings()


@dataclass(frozen=True)
class Drums:
    """The percussive part of a stem.

    Attributes:
        stem: the stem, ``[channels, samples]``, which is not silent.
        sample_rate: its sample rate in Hz.
        known: what is known of the stem already.
    """

    stem: Audio
    sample_rate: float
    known: Known = field(default_factory=Known)

    @lazy
    def audio(self) -> Sound:
        """Its sound, ``[channels, samples]``; a long one is not in memory."""
        return self.known.sound(
            "drums",
            lambda: percussive(self.stem, self.sample_rate),
            lambda found: self.stem.nbytes,
        )

    @property
    def share(self) -> float:
        """Its share of the stem's power, 0 to 1."""
        return self._figures[0]

    @property
    def kit(self) -> bool:
        """Whether it sounds like a drum kit, and not like the attacks of notes."""
        return bool(self._figures[1])

    @property
    def alone(self) -> bool:
        """Whether there is hardly anything else in the stem."""
        return self.share >= SETTINGS.alone

    def strokes(self, levels: Levels) -> list[Stroke]:
        """Its strokes, with their levels as ``levels`` measures them, beside a peak of 1."""
        return self.known.fact(
            f"strokes of drums, {levels.__name__}", STROKES, lambda: self._strokes(levels)
        )

    @lazy
    def _figures(self) -> tuple[float, ...]:
        return self.known.fact("drums", NUMBERS, self._measured)

    def _measured(self) -> tuple[float, ...]:
        share = _power(self.audio) / max(_power(self.stem), 1e-30)
        kit = (
            share >= SETTINGS.beside
            and _treble(self.audio, self.sample_rate)
            > SETTINGS.treble_share * _treble(self.stem, self.sample_rate)
            and _spread(self.strokes(root_mean_square)) > SETTINGS.spread
        )
        return share, float(kit)

    def _strokes(self, levels: Levels) -> list[Stroke]:
        return strokes(at_unit_peak(mixed(self.audio)), self.sample_rate, levels)


def _power(audio: Sound) -> float:
    parts = (audio[:, at : at + STRETCH] for at in range(0, audio.shape[1], STRETCH))
    return sum(float(np.sum(np.square(part, dtype=np.float64))) for part in parts)


def _treble(audio: Sound, sample_rate: float) -> float:
    """The power above `Settings.treble_hz`."""
    stft = Stft(SETTINGS.size, SETTINGS.size // 2)
    first = int(np.ceil(SETTINGS.treble_hz * SETTINGS.size / sample_rate))
    n_frames, total = stft.n_frames(audio.shape[1]), 0.0
    for start in range(0, n_frames, SETTINGS.together):
        spectra = stft.analyse(audio, start, min(start + SETTINGS.together, n_frames))
        total += float(np.sum(np.abs(spectra[..., first:]) ** 2))
    return total


def _spread(found: Sequence[Stroke]) -> float:
    """The standard deviation of the strokes' brightness, in semitones."""
    if not found:
        return 0.0
    pitches, levels = (np.array([getattr(it, name) for it in found]) for name in ("pitch", "level"))
    mean = np.average(pitches, weights=levels)
    return float(np.sqrt(np.average((pitches - mean) ** 2, weights=levels)))
