"""Progress of a part of the work, told as progress of the whole."""

import random
import signal
import sys
import threading
import time

import pytest

from effects.running import progress
from effects.running.progress import Cancelled, Progress, meanwhile, part, run_reporting


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


def test_what_nobody_can_stop_is_left_alone_when_the_work_is_stopped():
    ended, whole = threading.Event(), Progress()
    whole.stop()
    with pytest.raises(Cancelled):
        meanwhile(lambda: ended.wait(60), whole.tick)
    ended.set()
    assert meanwhile(lambda: 3, Progress().tick) == 3
    with pytest.raises(KeyError):
        meanwhile({}.popitem, whole.tick)


@pytest.mark.skipif(sys.platform == "win32", reason="no timers that press Ctrl-C")
def test_ctrl_c_at_any_moment_of_the_waiting_comes_out_as_it_is(monkeypatch):
    """With an Event to wait for, this hangs, or says "release unlocked lock"."""
    monkeypatch.setattr(progress, "REPORTS_PER_SECOND", 1e5)  # nearly all of it is at the loop
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    draw = random.Random(0)
    armed = []

    def press_soon(*_):
        """The first report comes once the waiting begins."""
        if not armed:
            armed.append(signal.setitimer(signal.ITIMER_REAL, draw.uniform(0.0005, 0.002)))

    def work(told):
        while True:
            told.tick()
            time.sleep(0.0005)

    try:
        for _ in range(150):
            armed.clear()
            with pytest.raises(KeyboardInterrupt):
                run_reporting(work, press_soon)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
