"""Tests of the filter that brings a performance to the colour between two pieces."""

import numpy as np

from effects.morphing.colour import coloured
from effects.signal.arrays import Mono

RATE = 22_050
SECONDS = np.arange(2 * RATE) / RATE


def test_noise_stays_as_it_is_if_one_piece_is_soft_in_a_band() -> None:
    # A has a low tone and soft high ones, and B has all of them soft. Between them, the low one is
    # softer: not by a cut that leaves the noise between the high ones louder beside all the rest.
    low = 0.3 * np.sin(2 * np.pi * 220.0 * SECONDS)
    high = sum(0.03 * np.sin(2 * np.pi * hz * SECONDS) for hz in (1800.0, 2200.0, 2600.0))
    noise = 1e-4 * np.random.default_rng(0).standard_normal(SECONDS.size)
    performance, a, b = (
        (it + noise).astype(np.float32) for it in (low + high, low + high, 0.1 * low + high)
    )
    out = coloured(performance[None], a[None], b[None], RATE, lambda it: np.full(np.shape(it), 0.5))

    def between_partials_db(sound: Mono) -> float:
        """The power from 1950 to 2050 Hz beside that of all, in dB."""
        power = np.abs(np.fft.rfft(sound * np.hanning(sound.size))) ** 2
        return float(10 * np.log10(power[3900:4100].sum() / power.sum()))

    assert between_partials_db(out[0]) < between_partials_db(performance) + 1
