"""The two pieces of a morph as it takes them: at one rate, with as many channels, equally loud."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from effects.morphing.at import At
from effects.morphing.piece import Piece, hear
from effects.running.progress import Progress
from effects.signal.arrays import Audio, Sound, Stretches
from effects.signal.downmix import downmix
from effects.signal.loudness import loudness
from effects.signal.resample import resample
from effects.signal.units import db_to_amplitude

EQUAL_LUFS = -20.0
"""The loudness at which pieces and performances are mixed. No matter which, it is finite."""

Named = tuple[str, Audio, float]
"""The name of a piece, its audio, ``[channels, samples]``, and its rate in Hz."""


@dataclass(frozen=True)
class Given:
    """A piece with the result's rate and channels.

    Attributes:
        piece: as loud as it was given.
        lufs: its loudness; -inf if it is silent.
    """

    piece: Piece
    lufs: float

    @property
    def sound(self) -> Sound:
        """It at `EQUAL_LUFS`, ``[channels, samples]``, stretch by stretch."""
        audio = self.piece.audio
        if not math.isfinite(self.lufs):
            return audio
        gain = np.float32(db_to_amplitude(EQUAL_LUFS - self.lufs))
        return Stretches(audio.shape, lambda start, stop: gain * audio[:, start:stop])


def heard(a: Named, b: Named, progress: Callable[[str], Progress]) -> tuple[Given, Given]:
    """Listen to both, once B is at A's rate. The one with fewer channels gets as many.

    Args:
        a: a piece.
        b: the other.
        progress: of listening to ``"A"`` and to ``"B"``.

    Raises:
        ValueError: one of them is no sound, or out of range.
    """
    channels = max(len(it[1]) if np.ndim(it[1]) == 2 else 1 for it in (a, b))
    found = []
    for title, (name, audio, rate) in (("A", a), ("B", b)):
        at_rate = audio if rate == a[2] else resample(audio, rate, a[2])
        piece = hear(name, at_rate, a[2], progress(title))
        spread_out = replace(piece, audio=_with_channels(piece.audio, channels))
        found.append(Given(spread_out, loudness(spread_out.audio, a[2])))
    return found[0], found[1]


def itself(both: tuple[Given, Given], at: At) -> Piece | None:
    """The piece that is heard throughout: A at 0, B at 1, and any if both are the same sound."""
    a, b = (it.piece for it in both)
    if at.constant in (0.0, 1.0):
        return (a, b)[int(at.constant)]
    return a if np.array_equal(a.audio, b.audio) else None


def _with_channels(audio: Audio, channels: int) -> Audio:
    """The sound with so many channels, which are all the same if it had another number."""
    if len(audio) == channels:
        return audio
    return np.broadcast_to(downmix(audio), (channels, audio.shape[1]))
