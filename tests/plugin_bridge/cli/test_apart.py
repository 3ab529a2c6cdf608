"""Work in a process of its own: what it says comes here, and what it does stays there."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from types import MappingProxyType

import pytest
from support import aside

from plugin_bridge.cli import apart, stopping
from presets.chain_files.chain import Chain, Effect


@pytest.fixture(autouse=True)
def nothing_is_left_running():
    yield
    assert multiprocessing.active_children() == []


def test_the_result_comes_back_and_messages_come_in_their_order():
    heard = []
    assert apart.call(aside.tell, "a", ("b", 1), hear=heard.append) == 2
    assert heard == ["a", ("b", 1)]


def test_chains_go_there_and_come_back():
    chain = Chain(name="x", effects=(Effect(type="Gain", settings=MappingProxyType({"a": 1})),))
    assert apart.call(aside.give_back, chain) == chain


def test_noise_of_native_code_is_not_heard(capfd):
    heard = []
    apart.call(aside.make_noise, hear=heard.append)
    assert heard == ["told"]
    assert capfd.readouterr() == ("", "")


def test_what_is_raised_comes_back_as_one_line():
    with pytest.raises(ValueError, match=r"^There is nothing\.$"):
        apart.call(aside.fail)


def test_a_crash_ends_only_the_other_process():
    heard = []
    with pytest.raises(apart.Died) as caught:
        apart.call(aside.crash, hear=heard.append)
    assert heard == ["about to"]
    assert not caught.value.killed


def test_who_was_killed_has_not_crashed():
    with pytest.raises(apart.Died) as caught:
        apart.call(aside.be_killed)
    assert caught.value.killed


def test_what_hangs_ends_when_the_caller_is_stopped(tmp_path):
    def stop(message):
        raise stopping.Interrupted(signal.SIGINT)

    started = time.monotonic()
    with pytest.raises(stopping.Interrupted):
        apart.call(aside.hang_with_pythons_lock, tmp_path / "late", hear=stop)
    assert time.monotonic() - started < 10  # and not 1000
    assert not (tmp_path / "late").exists()


def test_what_takes_too_long_ends_though_it_speaks(tmp_path):
    heard = []
    with pytest.raises(TimeoutError):
        apart.call(aside.hang_with_pythons_lock, tmp_path / "late", hear=heard.append, seconds=3)
    assert heard == ["hanging"]
    assert not (tmp_path / "late").exists()


def test_an_error_of_the_listener_ends_it_too(tmp_path):
    def err(message):
        raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        apart.call(aside.hang_with_pythons_lock, tmp_path / "late", hear=err)


def test_ctrl_c_in_the_terminal_reaches_only_the_caller():
    """Whatever the child is at, it prints no traceback: the terminal's signal is not for it."""
    pids = []

    def hear(pid):
        pids.append(pid)
        os.kill(pid, signal.SIGINT)

    assert apart.call(aside.say_and_wait, hear=hear) == "went on"
    assert len(pids) == 1


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="there are no such masks")
def test_ctrl_c_never_reaches_the_process_not_even_the_first_one(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "import signal\n"
        "from plugin_bridge.cli import apart\n"
        "def blocked(say): return signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ())\n"
        "if __name__ == '__main__': print(apart.call(blocked))\n"
    )
    shown = subprocess.run(
        [sys.executable, script], check=False, capture_output=True, text=True, timeout=60
    )
    assert (shown.stdout, shown.stderr) == ("True\n", "")
