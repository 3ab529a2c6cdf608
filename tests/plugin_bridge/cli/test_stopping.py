"""Ctrl-C and SIGTERM end every command within half a second; what cannot be written is said."""

import os
import signal
import subprocess
import sys
import time

import pytest

pytestmark = pytest.mark.skipif(os.name == "nt", reason="sends signals, and closes descriptors")

MAIN = "from plugin_bridge.cli.main import main; main()"
SIGNALS = [(signal.SIGINT, 130), (signal.SIGTERM, 143)]
# A lock taken twice by the C library waits for ever, and other threads go on; no signal wakes it.
NATIVE = """
import ctypes
lock, lib = ctypes.create_string_buffer(64), ctypes.CDLL(None)
lib.pthread_mutex_lock(lock)
print("ready", flush=True)
lib.pthread_mutex_lock(lock)
"""
# As an effect that is in a long step: the main thread waits for it, also after the signal.
WORK = """
from effects.running.progress import run_reporting
import time
def work(progress):
    print("ready", flush=True)
    time.sleep(60)
run_reporting(work)
"""
IN_A_WORKSHOP = """
import pathlib
from plugin_bridge.files.result_folder import Kind, workshop
with workshop(pathlib.Path("out").resolve(), Kind("demo", command="demo")):
    exec({work!r})
"""
GOING_ON = """
from plugin_bridge.cli.stopping import telling_how_to_go_on
with telling_how_to_go_on():
    exec({work!r})
"""
COMMAND = (
    """
import json
def hang(*arguments, **options):
    exec({work!r}, {{}})
json.dumps = hang
"""
    + MAIN
)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def start(work):
    """A command that does ``work``, which says that it is ready."""
    command = [sys.executable, "-c", COMMAND.format(work=work), "presets", "list", "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    return process


@pytest.mark.parametrize(("number", "code"), SIGNALS)
@pytest.mark.parametrize("work", [NATIVE, WORK], ids=["native", "work"])
def test_a_signal_ends_it_soon(work, number, code):
    process = start(work)
    started = time.monotonic()
    process.send_signal(number)
    out, err = process.communicate(timeout=10)
    assert (process.returncode, out, err) == (code, "", "restyle: stopped\n")
    assert time.monotonic() - started < 1.5  # half a second, and more where others compute


def test_ctrl_c_before_the_program_listens_is_no_traceback():
    begins = "import signal, sys; sys.modules.pop('plugin_bridge.cli.main', None)"
    # A shell has what it starts in the background ignore Ctrl-C.
    begins += "\nsignal.signal(signal.SIGINT, signal.default_int_handler)"
    begins += "\nclass Early:\n    def find_spec(name, *_):"
    begins += "\n        if name == 'plugin_bridge.cli': signal.raise_signal(signal.SIGINT)"
    begins += "\nsys.meta_path.insert(0, Early)"
    code = f"{begins}\nfrom restyle.__main__ import main; main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "restyle: stopped\n")


@pytest.mark.parametrize("work", [NATIVE, WORK], ids=["native", "work"])
def test_how_to_go_on_is_said_in_the_same_line(work):
    process = start(GOING_ON.format(work=work))
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=10)
    assert (process.returncode, err) == (
        130,
        "restyle: stopped; run the same command again to go on\n",
    )


def test_a_folder_in_the_making_is_removed_all_the_same(folder):
    process = start(IN_A_WORKSHOP.format(work=NATIVE))
    assert os.listdir(folder) != []
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=10)
    assert os.listdir(folder) == []


def test_a_signal_to_a_forked_child_is_not_the_parents():
    work = """
import os, signal, time
child = os.fork()
if not child:
    signal.signal(signal.SIGTERM, lambda *_: None)
    time.sleep(60)
time.sleep(0.3)
os.kill(child, signal.SIGTERM)
print("ready", flush=True)
time.sleep(1.5)
os.kill(child, signal.SIGKILL)
"""
    process = start(work)
    process.communicate(timeout=10)
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("command", "redirection"),
    [
        *[(it, "> /dev/full") for it in ("presets", "--version", "presets show violin")],
        *[("presets", it) for it in ("| true", "| head -1", ">&-", "2>&-", "<&- >&- 2>&-")],
    ],
)
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_output_that_nobody_takes_is_no_traceback(command, redirection):
    line = f"{sys.executable} -c '{MAIN}' {command} {redirection}"
    done = subprocess.run(line, shell=True, capture_output=True, text=True, check=False)
    if redirection == "> /dev/full":
        assert (done.returncode, done.stderr) == (2, "restyle: No space left on device\n")
    else:
        assert (done.returncode, done.stderr) == (0, "")
