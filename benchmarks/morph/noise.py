"""How much sounds between the partials, at the middle against the ends."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import percentile_filter

from benchmarks.morph.heard import STFT, Heard
from benchmarks.quality.sounds import RATE

LOWEST_HZ, HIGHEST_HZ = 200.0, 5000.0
#: The floor of a bin is the 20th percentile of so many Hz around it: with a Hann window of 93 ms,
#: whose main lobe has 43 Hz, partials of notes from about 100 Hz on leave a fifth of the bins free.
AROUND_HZ, PERCENT = 400.0, 20
BELOW_DB = 40.0  # frames that are softer than the loudest by more than this do not count


def noise(middle: Heard, a: Heard, b: Heard) -> float:
    """How much more there is between partials at the middle than at the ends, in dB."""
    return residual(middle) - (residual(a) + residual(b)) / 2


def residual(sound: Heard) -> float:
    """The power of the spectra's floors over their power, in dB, as a mean over the loud frames."""
    first, last = (round(it * STFT.size / RATE) for it in (LOWEST_HZ, HIGHEST_HZ))
    powers = sound.powers[:, first:last].astype(np.float64)
    totals = powers.sum(axis=1)
    loud = totals > max(totals.max(), 1e-20) * 10 ** (-BELOW_DB / 10)
    width = round(AROUND_HZ * STFT.size / RATE)
    floors = percentile_filter(powers[loud], PERCENT, size=(1, width), mode="nearest").sum(axis=1)
    return float((10 * np.log10((floors + 1e-20) / (totals[loud] + 1e-20))).mean())
