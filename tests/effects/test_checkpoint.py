"""Work of any kind ends soon when it is told to, in whichever thread its parts are done."""

import threading
from collections import Counter

import numpy as np
import pytest
from support.sounds import melody, noise

from effects import Cancelled, StyleTransfer
from effects.checkpoint import checkpoint
from effects.running.cores import each_in_threads, using
from effects.running.progress import Progress, run_reporting
from effects.signal.loudness import loudness

RATE = 22_050


def test_without_work_there_is_nothing_to_end():
    checkpoint()


@pytest.mark.parametrize("threads", [1, 3])
def test_parts_in_threads_end_with_the_work(threads):
    begun, others = threading.Event(), set()

    def part(number):
        others.add(threading.get_ident())
        begun.set()
        while True:  # for ever, but for the checkpoint
            checkpoint()

    def report(fraction, stage):
        if begun.is_set():
            raise Cancelled

    def work(progress):
        with using(threads):
            each_in_threads(part, range(9))

    with pytest.raises(Cancelled):
        run_reporting(work, report)
    alive = {it.ident for it in threading.enumerate()}
    assert others.isdisjoint(alive)
    checkpoint()


def test_loops_that_know_nothing_of_progress_end():
    audio = noise(60, RATE)

    def work(progress):
        progress.stop()
        return loudness(audio, RATE)

    with pytest.raises(Cancelled):
        run_reporting(work)


@pytest.fixture
def checks(monkeypatch):
    """How often each stage looked whether it was told to end."""
    found, tick = Counter(), Progress.tick

    def counting(progress, fraction=None, stage=None):
        found[stage or progress.stage] += 1
        return tick(progress, fraction, stage)

    monkeypatch.setattr(Progress, "tick", counting)
    return found


def test_every_stage_looks_several_times_for_each_second_of_the_stem(checks):
    """So a longer stem has no longer steps."""
    seconds = 12
    stem = melody(seconds, RATE, seed=1)
    stem = np.vstack([stem, np.roll(stem, 5000)]) + noise(seconds, RATE, level=0.01)
    StyleTransfer(preset="violin", threads=1)(stem, RATE)
    for stage in ("listening to the stem", "playing", "dynamics"):
        assert checks[stage] > 5 * seconds, stage
