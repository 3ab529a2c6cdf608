"""The command restyle serve: what it says when it cannot start, and how it stops."""

import asyncio
import os
import signal
import socket
import subprocess
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from support.jobs import Room, Workers
from support.servers import RESTYLE, Server, serve

from effects.midi.messages import Setting
from plugin_bridge import midi_input
from plugin_bridge import serve as module
from plugin_bridge.cli import main


@pytest.fixture
def root(tmp_path):
    (tmp_path / "root").mkdir()
    return tmp_path / "root"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "restyle serve --root FOLDER"),
        (["--root", "{root}/gone"], "There is no folder"),
        (["--root", "{root}", "--host", "localhost"], "--host takes an address"),
        (["--root", "{root}", "--port", "70000"], "--port"),
        (["--root", "{root}", "--workers", "-1"], "--workers"),
        (["--root", "{root}", "--max-queue", "0"], "--max-queue"),
        (["--root", "{root}", "--preset", "vioiln"], "violin"),
        (["--root", "{root}", "--journal", "{root}/file/journal"], "file"),
        (["--root", "{root}", "--journal", "{root}/file"], "journal"),
        (["--root", "{root}", "--journal", "{root}"], "journal"),
        (["--root", "{root}", "--log", "{root}/gone/log"], "log"),
    ],
)
def test_what_cannot_be_served_is_said_in_one_line(root, capsys, options, message):
    (root / "file").write_text("no journal, but a text of somebody's" * 50)
    given = [option.format(root=root) for option in options]
    if "--journal" not in options:
        given += ["--journal", str(root.parent / "journal.sqlite")]
    assert main.run(["serve", *given]) == 2
    out, error = capsys.readouterr()
    assert message in error
    assert error.startswith("restyle: ")
    assert error.count("\n") == 1
    assert out == ""


def test_a_port_in_use_is_said_in_one_line(root, tmp_path):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        command = [*RESTYLE, "serve", "--root", root, "--journal", tmp_path / "j.sqlite"]
        command += ["--workers", "1", "--port", str(taken.getsockname()[1])]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("restyle: Port ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("scheduler", "remedy"), [(None, "--plugins DIR"), ("tcp://127.0.0.1:1", "--scheduler out")]
)
def test_a_server_without_plugins_says_how_one_has_them(scheduler, remedy):
    rules = module._rules(module.Options(roots=[], scheduler=scheduler))
    assert remedy in rules.no_plugins


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"plugins": [Path("nowhere")]}, "There is no folder nowhere"),
        ({"plugins": [Path(__file__)]}, "There is no folder .*test_serve.py"),
        ({"plugins": [Path()], "scheduler": "tcp://127.0.0.1:1"}, "Dask.*--scheduler out"),
    ],
)
def test_folders_of_plugins_that_cannot_be_used_are_refused(root, options, words):
    with pytest.raises(ValueError, match=words):
        module.serve(module.Options(roots=[root], port=0, quiet=True, **options))


def gone(processes):
    """Whether they have ended, or do so within a moment."""
    return not psutil.wait_procs(processes, timeout=3)[1]


@pytest.mark.parametrize("prepared", [True, False])
def test_it_stops_at_once_and_takes_its_workers_along(root, prepared):
    with serve(root, "--workers", "1") as server:
        if prepared:
            server.ask("/restyle/version")
            time.sleep(4)
        children = psutil.Process(server.process.pid).children(recursive=True)
        started = time.monotonic()
        assert server.stop(30) == 0
        assert time.monotonic() - started < (3 if prepared else 10)
        assert gone(children)
        assert server.errors.read_text() == ""


def test_quiet_says_where_it_listens_and_no_more(root):
    server = Server(root, ["--workers", "1"], None, {})
    server.process.terminate()
    rest, _ = server.process.communicate(timeout=30)
    assert rest == ""
    assert server.process.returncode == 0


def test_a_midi_input_is_followed_in_the_server_s_own_thread(tmp_path, monkeypatch):
    settings = [Setting("preset", "flute"), Setting("mix", 0.5), Setting("cancel", None)]
    heard, steer = [], midi_input.steer

    @contextmanager
    def listen(port, on_setting, *, channel):
        heard.append((port, channel))

        def play():
            for setting in settings:
                on_setting(setting)
            os.kill(os.getpid(), signal.SIGTERM)

        thread = threading.Thread(target=play)
        thread.start()
        yield
        thread.join()

    def noted(service, setting):
        heard.append((setting, threading.current_thread() is threading.main_thread()))
        steer(service, setting)

    monkeypatch.setattr(module, "LocalWorkers", Workers)
    monkeypatch.setattr(midi_input, "listen", listen)
    monkeypatch.setattr(midi_input, "steer", noted)
    waiting = Room(tmp_path)
    asyncio.run(waiting.submit("a"))
    waiting.journal.close()
    options = {"journal": waiting.journal.path, "midi_in": "keys", "midi_channel": 3}
    module.serve(module.Options(roots=[waiting.root], port=0, workers=1, quiet=True, **options))
    assert heard == [("keys", 3), *((setting, True) for setting in settings)]
    after = Room(tmp_path)
    assert after.state("a") == "cancelled"
    after.journal.close()
