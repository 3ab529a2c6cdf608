"""How far from one piece to the other: numbers, ways and MIDI files."""

import numpy as np
import pytest
from support.midi import control, writer

from effects.morphing.at import At


def test_a_number_stays():
    assert At.of(0.3, 8.0).constant == 0.3
    assert At.of("0.3", 8.0)(5.0) == 0.3
    assert At.of(1, 8.0).constant == 1


def test_a_way_is_spread_over_the_length():
    way = At.of("0:1:0.5", 8.0)
    np.testing.assert_allclose(way(np.array([0, 2, 4, 6, 8, 9])), [0, 0.5, 1, 0.75, 0.5, 0.5])
    assert way.constant is None


def test_a_modulation_wheel_steps(tmp_path):
    path = writer(tmp_path)((1.0, control(1, 0)), (2.0, control(7, 3)), (3.0, control(1, 127)))
    curve = At.of(str(path), 8.0)
    np.testing.assert_array_equal(curve(np.array([0.0, 1.5, 2.999, 3.001, 8.0])), [0, 0, 0, 1, 1])


def test_a_midi_file_without_the_wheel_is_refused(tmp_path):
    path = writer(tmp_path)((1.0, control(7, 3)))
    with pytest.raises(ValueError, match=r"a\.mid never moves controller 1"):
        At.of(str(path), 8.0)
    with pytest.raises(FileNotFoundError):
        At.of(str(tmp_path / "none.mid"), 8.0)


@pytest.mark.parametrize("bad", ["loud", "0:2", -0.1, 1.5, float("nan"), "0:", "nan"])
def test_what_is_no_way_is_refused(bad):
    with pytest.raises(ValueError, match=r"at must be|At must be"):
        At.of(bad, 8.0)


@pytest.mark.parametrize("bad", [None, True, [0.5]])
def test_what_is_no_number_is_refused(bad):
    with pytest.raises(TypeError, match="at must be"):
        At.of(bad, 8.0)


def test_points_come_in_order():
    with pytest.raises(ValueError, match="one after the other"):
        At((1.0, 0.5), (0.0, 1.0))
    with pytest.raises(ValueError, match="at least one point"):
        At((), ())
