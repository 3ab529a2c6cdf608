"""A process forked in the middle of a call: its own calls end, and give the same bits."""

import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from support.sounds import melody

from effects import StyleTransfer
from effects.running.cache import Cache
from effects.signal.lazy import lazy

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")

RATE = 44_100
FORKS = 22
# Children are forked at all moments of another thread's calls; each has a call of its own.
FORKING = f"""
import os, signal, threading, time, warnings
import numpy as np
from effects import StyleTransfer
from support.sounds import melody
warnings.simplefilter("ignore")  # Python 3.12 warns of forks
audio = melody(0.5, {RATE})
make = lambda: StyleTransfer(preset="violin")
shared = make()
wanted = shared(audio, {RATE})
def work():
    while True:
        shared(audio, {RATE})
threading.Thread(target=work, daemon=True).start()
for number in range({FORKS}):
    time.sleep(0.02 + 0.017 * (number % 7))
    child = os.fork()
    if not child:
        signal.alarm(30)  # ends a child that hangs
        # the same effect, which the thread is in, or one of its own
        effect = shared if number % 2 else make()
        os._exit(0 if np.array_equal(effect(audio, {RATE}), wanted) else 1)
    print(os.waitpid(child, 0)[1], flush=True)
os._exit(0)
"""


@pytest.mark.slow
def test_children_forked_in_the_middle_of_calls_can_call():
    command = [sys.executable, "-c", FORKING]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=500)
    assert (done.stdout.split(), done.stderr) == (["0"] * FORKS, "")


def ends_in_a_child(call):
    """Whether ``call`` ends within ten seconds in a forked child, without an exception."""
    child = os.fork()
    if not child:
        signal.alarm(10)
        try:
            call()
        except BaseException:
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1] == 0


class Held:
    """Something that a thread holds while the block lasts."""

    def __init__(self, hold):
        self._held, self._done = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, args=(hold,), daemon=True)

    def _run(self, hold):
        with hold:
            self._held.set()
            self._done.wait(60)

    def __enter__(self):
        self._thread.start()
        assert self._held.wait(10)

    def __exit__(self, *_):
        self._done.set()
        self._thread.join()


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.parametrize("lock", ["effect", "intake"])
def test_an_effect_that_another_thread_is_in(lock):
    effect = StyleTransfer(preset="violin", strength=0.0)
    held = {"effect": effect, "intake": effect._intake}[lock]
    with Held(held._lock):
        assert ends_in_a_child(lambda: effect(melody(0.1, RATE), RATE))


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_cache_that_another_thread_is_in(tmp_path):
    cache = Cache(tmp_path)
    with Held(cache._memory._lock):
        assert ends_in_a_child(lambda: cache.get({"n": 1}, lambda: {"a": np.zeros(1)}))


def test_two_threads_may_compute_a_lazy_value_at_once_and_get_the_same():
    class Slow:
        @lazy
        def value(self):
            """What it is."""
            time.sleep(0.05)
            return object()

    it, found = Slow(), []
    threads = [threading.Thread(target=lambda: found.append(it.value)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
    assert Slow.value.__doc__ == "What it is."
