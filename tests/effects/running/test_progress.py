"""Progress of a part of the work, told as progress of the whole."""

import pytest

from effects.running.progress import Cancelled, Progress, part


def test_a_parts_fraction_is_placed_in_the_whole():
    told = []
    report = part(told.append, 0.2, 0.6)
    for fraction in (0, 0.5, 1, 1.5):
        report(fraction)
    assert told == pytest.approx([0.2, 0.4, 0.6, 0.6])


def test_what_else_is_told_goes_on_and_what_is_answered_comes_back():
    report = part(lambda fraction, stage, *, n: (fraction, stage, n), 0.5, 1)
    assert report(0.5, "phases", n=3) == (0.75, "phases", 3)


def test_parts_have_parts():
    told = []
    inner = part(part(told.append, 0.5, 1), 0, 0.5)
    inner(1)
    assert told == [0.75]


def test_a_part_that_is_one_stage_names_it():
    whole = Progress()
    tick = whole.part(0.2, 0.6, "restyling")
    tick(0.5)
    assert (whole.fraction, whole.stage) == (pytest.approx(0.4), "restyling")


def test_a_nested_part_has_stages_of_its_own():
    whole = Progress()
    nested = whole.nested(0.5, 1, "violin")
    nested.tick()
    assert (whole.fraction, whole.stage) == (0, "starting")
    nested.tick(0.5, "phases")
    assert (whole.fraction, whole.stage) == (0.75, "violin: phases")
    nested.part(0.5, 1, "blending")(1)
    assert (whole.fraction, whole.stage) == (1, "violin: blending")


def test_a_nested_part_ends_when_the_whole_is_stopped():
    whole = Progress()
    nested = whole.nested(0, 1, "violin")
    whole.stop()
    with pytest.raises(Cancelled):
        nested.tick()
