"""Filters whose cutoff is above half the sample rate: stock pedalboard makes infinity of sound."""

from typing import Any

import numpy as np
import pedalboard
import pytest

from effects.board import Pedalboard
from effects.boards.containers import Chain, Mix

RATE = 16_000
NOISE = np.random.default_rng(3).normal(0, 0.1, (2, RATE)).astype(np.float32)


@pytest.mark.parametrize("kind", [pedalboard.LowpassFilter, pedalboard.HighpassFilter])
def test_stock_pedalboard_explodes_which_is_why_all_this_is_here(kind: Any) -> None:
    assert not np.isfinite(kind(9_000)(NOISE, RATE)).all()


@pytest.mark.parametrize("tail", ["cut", "keep"])
@pytest.mark.parametrize(
    "around",
    [
        lambda it: it,
        lambda it: Chain([Mix([it])]),
        lambda it: pedalboard.Chain([pedalboard.Mix([it, pedalboard.Gain(-100)])]),
    ],
    ids=["alone", "in ours", "in stock's"],
)
def test_such_a_filter_goes_as_far_as_it_can_and_keeps_its_setting(around: Any, tail: str) -> None:
    low, high = pedalboard.LowpassFilter(9_000), pedalboard.HighpassFilter(9_000)
    for it, least, most in ((low, 0.9, 1.1), (high, 0.0, 0.2)):
        board = Pedalboard([around(it)], tail=tail)
        out = board(NOISE, RATE)[:, : NOISE.shape[1]]
        assert least < np.std(out) / np.std(NOISE) < most
        assert it.cutoff_frequency_hz == 9_000
        assert np.isfinite(board(NOISE, 44_100)).all()


def test_one_that_is_stable_stays_as_it_is() -> None:
    board = Pedalboard([pedalboard.LowpassFilter(7_999)])
    assert np.array_equal(board(NOISE, RATE), pedalboard.LowpassFilter(7_999)(NOISE, RATE))
