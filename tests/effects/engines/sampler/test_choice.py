"""Choosing: what costs least is taken."""

import pytest

from effects.engines.sampler.choice import Terms, cheapest, decibels_between, octaves_longer

NOTHING = Terms(0, 0, 0, 0, 0, 0)
ONE_EACH = Terms(1, 1, 1, 1, 1, 1)


@pytest.mark.parametrize("field", Terms._fields)
def test_every_term_counts_by_its_price(field):
    """One of a thing that is dear costs more than one each of five that are cheap."""
    dear, cheap = NOTHING._replace(**{field: 1.0}), ONE_EACH._replace(**{field: 0.0})
    prices = Terms(*(0.1,) * 6)._replace(**{field: 1.0})
    assert cheapest([dear, cheap], lambda it: it, prices) is cheap
    assert cheapest([dear, cheap], lambda it: it, ONE_EACH) is dear


def test_of_equals_the_first_is_taken():
    assert cheapest("abc", lambda it: ONE_EACH, ONE_EACH) == "a"


def test_what_is_long_enough_need_not_be_longer():
    assert octaves_longer(2.0, 0.5) == 2
    assert octaves_longer(0.5, 2.0) == 0
    assert octaves_longer(0.0, 0.0) == 0


def test_louder_and_softer_are_as_far_off():
    assert decibels_between(1.0, 0.1) == decibels_between(0.1, 1.0) == pytest.approx(20)
    assert decibels_between(0.0, 0.0) == 0
