"""Which network is asked, and what is made of the answer of one's own."""

import numpy as np
import pytest

from effects.mashing import parts
from effects.mashing.chosen_network import network_of
from effects.mashing.networks.wanted import Wanted
from effects.mashing.options import Options
from effects.mashing.own import weights
from effects.mashing.parts import LEAD, RHYTHM


class Own:
    """Wants 3/4 of the first song and 1/4 of the second."""

    def wanted(self, a, b):
        self.first = a
        return Wanted(np.full_like(a, 0.75), np.full_like(b, 0.25))


@pytest.mark.parametrize("lead", ["a", "b"])
def test_ones_own_weights_say_what_is_wanted_of_each(lead, monkeypatch):
    own = Own()
    monkeypatch.setattr(weights, "load", lambda path: own)
    a, b = np.zeros((2, 3), np.float32), np.ones((2, 3), np.float32)
    shares = network_of(Options(weights=__file__, lead=lead))(a, b)
    first, second = shares if lead == "a" else shares[::-1]
    assert own.first is (a if lead == "a" else b)
    assert (first[LEAD] == 0.75).all()
    assert (second[RHYTHM] == 0.25).all()
    for it in shares:
        np.testing.assert_allclose(it.sum(axis=0), 1)


def test_without_them_the_shipped_network_is_asked():
    assert network_of(Options()) is parts.hear_parts
