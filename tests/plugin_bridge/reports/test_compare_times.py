"""How long a comparison will take: said roughly, from the stem's length."""

import pytest

from effects.engines import ENGINES
from plugin_bridge.reports import compare_times
from plugin_bridge.reports.compare_times import COSTS, about, estimates


def test_every_engine_has_a_cost():
    assert set(COSTS) == set(ENGINES)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.2, "1 s"), (7.4, "7 s"), (43, "45 s"), (130, "2 min"), (6000, "1.7 h")],
)
def test_a_time_is_said_as_roughly_as_it_is_known(seconds, said):
    assert about(seconds) == said


def test_a_machine_that_is_twice_as_slow_takes_twice_as_long(monkeypatch):
    tries = tries_of("sampler", "vgg19")
    found = {}
    for pace in (1.0, 2.0):
        monkeypatch.setattr(compare_times, "pace", lambda pace=pace: pace)
        found[pace] = estimates(tries, 10.0)
    assert found[2.0] == [2 * it for it in found[1.0]]
    assert found[1.0][1] > 10 * found[1.0][0]


def test_this_machine_has_a_pace():
    assert 0 < compare_times.pace() < 1000


def tries_of(*engines):
    from plugin_bridge.reports.compare_tries import Try
    from plugin_bridge.reports.comparison import Result

    return [Try(None, None, Result("style", it, it, {}, {}, 0.5, 1.0)) for it in engines]
