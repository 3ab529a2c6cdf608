"""Processes that work: one that dies is replaced, and none outlives its server."""

import os
import subprocess
import sys
import time
from concurrent.futures import CancelledError
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress

import psutil
import pytest
from support.processes import die, nap

from effects.running.cores import cores
from plugin_bridge.jobs.workers.local import LocalWorkers

SECONDS = 60


@pytest.fixture(scope="module")
def one():
    workers = LocalWorkers(1)
    yield workers
    workers.shutdown()


def test_work_comes_back_and_so_do_errors(one):
    assert one.submit(pow, 2, 10).result(SECONDS) == 1024
    with pytest.raises(ZeroDivisionError):
        one.submit(divmod, 1, 0).result(SECONDS)
    assert one.submit(nap, 0).result(SECONDS) != os.getpid()


def test_what_cannot_be_sent_to_a_worker_comes_back_as_an_error(one):
    with pytest.raises(Exception, match="pickle"):
        one.submit(lambda: 1).result(SECONDS)
    assert one.submit(pow, 2, 3).result(SECONDS) == 8


@pytest.mark.parametrize("library", ["OMP", "OPENBLAS"])
def test_a_worker_uses_one_thread(one, library):
    assert one.submit(os.getenv, f"{library}_NUM_THREADS").result(SECONDS) == "1"


def test_numpy_is_not_loaded_before_that_is_said():
    code = "import sys, plugin_bridge.jobs.workers.local; print('numpy' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout == "False\n"


def test_no_more_is_taken_than_can_be_done(one):
    busy = one.submit(nap, 0.3)
    with pytest.raises(RuntimeError, match="busy"):
        one.submit(nap, 0)
    busy.result(SECONDS)


def test_a_worker_ended_before_it_is_prepared_is_replaced():
    """However early: on a slow disk preparing takes longer than a server's patience."""
    workers = LocalWorkers(1)
    try:
        first = workers.submit(nap, 0)
        workers.kill(first)
        with suppress(BrokenProcessPool, CancelledError):
            first.result(SECONDS)
        assert workers.submit(pow, 2, 3).result(SECONDS) == 8
    finally:
        workers.shutdown()


def test_a_worker_that_dies_or_is_killed_is_replaced(one):
    first = one.submit(nap, 0).result(SECONDS)
    with pytest.raises(BrokenProcessPool):
        one.submit(die).result(SECONDS)
    second = one.submit(nap, 0).result(SECONDS)
    long = one.submit(nap, 600)
    time.sleep(0.2)
    one.kill(long)
    with pytest.raises(BrokenProcessPool):
        long.result(SECONDS)
    assert not psutil.pid_exists(first)
    assert len({first, second, one.submit(nap, 0).result(SECONDS)}) == 3


def test_all_end_at_a_shutdown_whatever_they_do():
    workers = LocalWorkers(1)
    pid = workers.submit(nap, 0).result(SECONDS)
    workers.submit(nap, 600)
    started = time.monotonic()
    workers.shutdown()
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie":
        assert time.monotonic() - started < 3
        time.sleep(0.02)


@pytest.mark.slow
def test_none_outlives_a_server_that_is_killed():
    code = (
        "import os\nfrom plugin_bridge.jobs.workers.local import LocalWorkers\n"
        "if __name__ == '__main__':\n"
        "    it = LocalWorkers(1); print(it.submit(os.getpid).result(), flush=True)\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    pid, end = int(done.stdout), time.monotonic() + 10
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie":
        assert time.monotonic() < end
        time.sleep(0.05)


def test_there_is_at_least_one_core():
    assert 1 <= cores() <= (os.cpu_count() or 1)
