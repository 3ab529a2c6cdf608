"""The end of a range is found by asking, as the round number that it is."""

import numpy as np
import pytest

from effects.chains.ranges import LEAST_STEP, find, limited


@pytest.mark.parametrize("least", [-1e6, -72.0, -0.3, 0.0])
@pytest.mark.parametrize("most", [0.7, 1.0, 30.0, 192_000.0, 3.4e7])
def test_ends_are_found_as_round_numbers(least, most):
    inside = 0.5 * max(least, 0) + 0.25
    assert find(lambda it: least <= it <= most, inside) == (least, most)


def test_ends_are_round_where_values_are_kept_in_single_precision():
    assert find(lambda it: np.float32(0.1) <= np.float32(it) <= np.float32(0.9), 0.5) == (0.1, 0.9)


def test_what_is_accepted_far_out_is_open():
    assert find(lambda it: True, 1.0) == (None, None)
    assert find(lambda it: it >= -2, 1.0) == (-2.0, None)


def test_an_end_that_is_itself_refused_is_stepped_over():
    assert find(lambda it: 0 < it < 10, 5.0) == (LEAST_STEP, 10 - LEAST_STEP)
    assert find(lambda it: 0 < it < 1e-5, 5e-6)[0] > 0  # or, if that is too far, as it was found


def test_whole_numbers_have_ends_to_the_last_digit():
    assert find(lambda it: 0 <= it < 2**63, 0, whole=True) == (0, 2**63 - 1)
    assert find(lambda it: it >= 0, 3, whole=True) == (0, None)


def test_limits_are_those_of_the_effect_then_of_the_name_then_of_its_end():
    assert limited((None, None), "PeakFilter", "gain_db") == (-99.0, 100.0)
    assert limited((None, None), "Gain", "gain_db") == (-100.0, 100.0)
    assert limited((None, None), "Anything", "rate_hz") == (0.0, 100.0)
    assert limited((5.0, 6.0), "Gain", "gain_db") == (5.0, 6.0)
    assert limited((None, None), "Anything", "wobble") == (None, None)
