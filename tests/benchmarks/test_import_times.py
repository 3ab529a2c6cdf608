"""The benchmark of imports reads what Python writes."""

from benchmarks.speed.imports import imports_of

REPORT = """\
import time: self [us] | cumulative | imported package
import time:       100 |        100 |     numpy.core
import time:        50 |         50 |       numpy.lib
import time:        20 |         70 |     json
import time:       200 |        370 |   numpy
Wrote out.wav
import time:      1000 |       1370 | effects
import time:         5 |          5 | numpy.ma
"""


def test_times_are_milliseconds_and_nested_modules_of_a_library_count_once():
    found = {it.name: it for it in imports_of(REPORT)}
    assert [*found] == ["numpy.ma", "effects", "numpy", "json", "numpy.lib", "numpy.core"]
    assert (found["numpy"].own, found["numpy"].total) == (0.2, 0.37)
    assert {it.name for it in found.values() if it.inside} == {"numpy.core", "numpy.lib"}
    of_numpy = [it.total for it in found.values() if it.library == "numpy" and not it.inside]
    assert sum(of_numpy) == 0.375
