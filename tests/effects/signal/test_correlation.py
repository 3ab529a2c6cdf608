"""Correlation: scipy.signal's, without scipy.signal."""

import numpy as np
import pytest
from scipy.signal import correlate

from effects.signal.correlation import correlate_valid

#: Lengths of signal and pattern: as `effects.engines.sampler.hold` has them for short notes and
#: for long ones at 44.1, 88.2, 96 and 192 kHz, and where SciPy passes from sums to FFTs.
AT_RATES = [(381, 211), (2381, 1323), (4763, 2646), (5184, 2880), (10_368, 5760)]
AROUND_THE_CHANGE = [(size, 2880) for size in range(5100, 5200, 9)]
EDGES = [(1, 1), (2, 1), (2, 2), (7, 7), (100_000, 1), (20_000, 20_000), (30_000, 15_001)]


@pytest.mark.parametrize(("length", "pattern_length"), AT_RATES + AROUND_THE_CHANGE + EDGES)
def test_bits_are_those_of_scipy_signal(length, pattern_length):
    rng = np.random.default_rng(length)
    signal, pattern = rng.normal(size=length), rng.normal(size=pattern_length)
    np.testing.assert_array_equal(
        correlate_valid(signal, pattern), correlate(signal, pattern, "valid"), strict=True
    )


def test_many_random_sizes_have_the_bits_of_scipy_signal():
    rng = np.random.default_rng(0)
    for _ in range(60):
        pattern = rng.normal(size=rng.integers(1, 6000))
        signal = rng.normal(size=pattern.size + rng.integers(0, 6000))
        np.testing.assert_array_equal(
            correlate_valid(signal, pattern), correlate(signal, pattern, "valid"), strict=True
        )


@pytest.mark.parametrize("length", [3000, 12_000])  # directly, and by FFT
def test_the_highest_value_is_where_the_pattern_is(length):
    signal = np.random.default_rng(1).normal(size=length)
    assert correlate_valid(signal, signal[700 : 700 + length // 2]).argmax() == 700
