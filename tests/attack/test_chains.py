"""Damaged chain files are read or refused in one line; see `support.attack.chains`."""

import pytest
from support.attack.chains import GOOD, SLOW_SECONDS, harvest, mutant

from effects.chains import build
from presets.chain_files.chain import parse


def test_damaged_chains_are_read_or_refused(request):
    check(request, harvest(range(1000)), 1000)


@pytest.mark.slow
def test_ten_thousand_damaged_chains_are_read_or_refused(request):
    check(request, harvest(range(1000, 11_000)), 10_000)


def test_what_can_be_read_of_damaged_chains_is_checked_in_lines(request, whole):
    check(request, harvest(range(20_000, 21_000), build.check), 1000)


@pytest.mark.slow
def test_what_can_be_read_of_ten_thousand_damaged_chains_is_checked_in_lines(request, whole):
    check(request, harvest(range(30_000, 40_000), build.check), 10_000)


@pytest.fixture
def whole():
    """Undamaged chains are checked first, which imports all that is needed."""
    for text in GOOD:
        build.check(parse(text))


def check(request, found, count):
    print(found)
    assert found.wrong == []
    assert found.read + found.refused == count
    assert min(found.read, found.refused) > count / 20  # or the damage is too little, or too much
    assert found.slowest < (SLOW_SECONDS if request.config.getoption("--benchmark") else 5)


def test_what_is_damaged_was_whole():
    assert [len(parse(text).effects) > 0 for text in GOOD] == [True] * len(GOOD)
    assert mutant(7) == mutant(7) not in GOOD
