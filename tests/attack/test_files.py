"""Damaged sound files end no process, and cost little; see `support.attack.files`."""

import pytest
from support.attack.files import READERS, harvest

NUMBERS = {"apply": 4000, "server": 4000, "style": 1000, "preset": 1000}


@pytest.mark.parametrize("reader", READERS)
def test_damaged_files_are_read_or_refused(tmp_path, reader):
    check(harvest(tmp_path, reader, range(300)), 300)


@pytest.mark.slow
@pytest.mark.parametrize("reader", READERS)
def test_thousands_of_damaged_files_are_read_or_refused(tmp_path, reader):
    count = NUMBERS[reader]
    check(harvest(tmp_path, reader, range(1000, 1000 + count)), count)


def check(found, count):
    print(found)
    assert [*found.crashed, *found.hung, *found.wrong, *found.out_of_memory] == []
    assert found.read + found.refused == count
    assert found.slowest < 10
    assert found.peak_bytes < 500 << 20
