"""Running medians: those of NumPy, window by window."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.players import RELAXED

from effects.signal.running_median import running_median


def check(values: np.ndarray, size: int) -> None:
    padded = np.pad(values, ((size // 2, size // 2), (0, 0)), mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, size, axis=0)
    np.testing.assert_array_equal(running_median(values, size), np.median(windows, axis=-1))


@RELAXED
@given(st.integers(1, 12), st.integers(1, 12), st.integers(0, 9), st.integers(1, 1000))
def test_they_are_those_of_numpy(rows, columns, half, different):
    values = np.random.default_rng(rows * columns).integers(0, different, (rows, columns))
    check(values.astype(np.float32), 2 * half + 1)


@pytest.mark.parametrize("size", [3, 5, 7, 9, 15, 17, 31, 33, 63, 137, 139, 255])
@pytest.mark.parametrize("rows", [1, 64, 300])
def test_windows_of_many_values(rows, size):
    check(np.random.default_rng(size).normal(size=(rows, 3)).astype(np.float32), size)


def test_infinite_and_negative_values_have_their_order():
    check(np.float32([[np.inf], [-np.inf], [-1], [0], [np.inf], [2], [-3]]), 3)


def test_the_values_may_lie_across_memory():
    values = np.random.default_rng(0).random((5, 40)).astype(np.float32)
    np.testing.assert_array_equal(running_median(values.T, 9), running_median(values.T.copy(), 9))
