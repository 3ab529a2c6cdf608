"""Whatever is swapped under the server, it stays in its folders; see `support.attack.paths`."""

import pytest
from support.attack.paths import swap


@pytest.mark.parametrize("count", [60, pytest.param(600, marks=pytest.mark.slow)])
def test_swapped_paths_lead_nowhere_else(tmp_path, count):
    outcome = swap(tmp_path, count)
    print(outcome)
    assert outcome.swaps == count
    assert outcome.ends["done"] > 0
