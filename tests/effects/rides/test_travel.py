"""From a controller to a value, and how values move."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from effects.rides.travel import Travel

VALUES = st.floats(-1e4, 1e4)
CONTROLLERS = st.integers(0, 127)


@settings(deadline=None)
@given(VALUES, VALUES, CONTROLLERS)
def test_the_ends_are_reached_and_all_else_is_between(least, most, controller):
    travel = Travel(least, most)
    assert travel.value(travel.place(0)) == least
    assert travel.value(travel.place(127)) == most
    low, high = sorted([least, most])
    value = travel.value(travel.place(controller))
    assert low - 1e-9 <= value <= high + 1e-9


@settings(deadline=None)
@given(st.floats(1, 2e4), st.floats(1, 2e4), CONTROLLERS.filter(lambda it: it < 127))
def test_on_a_geometric_way_equal_steps_are_equal_ratios(least, most, controller):
    travel = Travel(least, most, geometric=True)
    now, following = (travel.value(travel.place(it)) for it in (controller, controller + 1))
    assert following / now == pytest.approx((most / least) ** (1 / 127), rel=1e-9)


@settings(deadline=None)
@given(CONTROLLERS)
def test_a_switch_is_on_from_64(controller):
    travel = Travel(choices=(False, True))
    assert travel.value(travel.place(controller)) == (controller >= 64)


def test_words_have_equal_shares_of_the_way():
    travel = Travel(choices="abc")
    said = [travel.value(travel.place(it)) for it in range(128)]
    assert said == sorted(said)
    assert [said.count(it) for it in "abc"] == [43, 43, 42]


@settings(deadline=None)
@given(st.integers(-20, 20), st.integers(-20, 20), CONTROLLERS)
def test_whole_numbers_stay_whole(least, most, controller):
    travel = Travel(least, most, whole=True)
    value = travel.value(travel.place(controller))
    assert isinstance(value, int)
    assert min(least, most) <= value <= max(least, most)


@settings(deadline=None)
@given(VALUES)
def test_a_value_off_the_way_has_a_place_too(value):
    travel = Travel(0, 1)
    assert travel.value(travel.place_of(value)) == value
    assert Travel(choices=(False, True)).place_of("neither") == -1
    assert Travel(1, 10, geometric=True).place_of(0) < Travel(1, 10, geometric=True).place(0)
