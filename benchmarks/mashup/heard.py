"""Two songs as a mashup moves them: their stems on its time axis, at its levels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from benchmarks.mashup import spectra
from benchmarks.mashup.pairs import Pair
from benchmarks.mashup.songs import RATE
from effects.signal.arrays import Audio
from effects.signal.loudness import loudness
from effects.signal.units import db_to_amplitude
from effects.warping.timeline import Timeline
from effects.warping.warp import warped

SAME_DB = 30.0  # how far below a song the error of its moved stems must be for sample-wise figures


@dataclass(frozen=True)
class Heard:
    """Two songs on the time axis of a mashup, at `benchmarks.mashup.spectra.RATE`, A as loud as B.

    Songs and stems are moved one by one, as the mashup itself moves songs: so what stretching does
    to a sound is in both, and does not count.

    Attributes:
        a_timeline: which moment of A is heard when.
        b_timeline: of B.
        a: the song, ``[2, samples]``.
        b: likewise.
        stems: in the order of `benchmarks.mashup.shares.STEMS`.
    """

    a_timeline: Timeline
    b_timeline: Timeline
    a: Audio
    b: Audio
    stems: tuple[Audio, Audio, Audio, Audio]

    @cached_property
    def wanted(self) -> Audio:
        """The lead of A and the bed of B."""
        return self.stems[0] + self.stems[3]

    @cached_property
    def stem_powers(self) -> list[spectra.Powers]:
        """Of each stem, ``[frames, bins]``."""
        return [spectra.powers(it) for it in self.stems]

    @cached_property
    def wanted_powers(self) -> spectra.Powers:
        """Of what is wanted."""
        return spectra.powers(self.wanted)

    @cached_property
    def sum_powers(self) -> spectra.Powers:
        """Of the plain sum."""
        return spectra.powers(self.a + self.b)

    @property
    def sample_wise(self) -> bool:
        """Whether the moved stems sum to the moved songs: they do not where Rubber Band was."""
        for song, parts in ((self.a, self.stems[:2]), (self.b, self.stems[2:])):
            error = float(np.mean((song - parts[0] - parts[1]) ** 2))
            if error > float(np.mean(song**2)) * 10 ** (-SAME_DB / 10):
                return False
        return True


def heard_as(pair: Pair, a_timeline: Timeline, b_timeline: Timeline, seconds: float) -> Heard:
    """The songs of a pair in a mashup of so many seconds."""
    samples = round(seconds * RATE)
    a, lead_a, bed_a = _moved([pair.a.mix, pair.a.lead, pair.a.bed], a_timeline, samples)
    b, lead_b, bed_b = _moved([pair.b.mix, pair.b.lead, pair.b.bed], b_timeline, samples)
    gain = np.float32(db_to_amplitude(loudness(b, RATE) - loudness(a, RATE)))
    sounds = (a * gain, b, lead_a * gain, bed_a * gain, lead_b, bed_b)
    a, b, *stems = (spectra.resampled(it, RATE) for it in sounds)
    return Heard(a_timeline, b_timeline, a, b, (stems[0], stems[1], stems[2], stems[3]))


def _moved(sounds: list[Audio], timeline: Timeline, samples: int) -> list[Audio]:
    return [np.asarray(warped(it, RATE, timeline, samples), np.float32) for it in sounds]
