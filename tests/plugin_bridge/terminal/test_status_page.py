"""The text page: it fits terminals of any width, and no name can draw on them."""

import asyncio
import io
import re
import threading
from pathlib import Path

import pytest
from rich.console import Console
from support.jobs import Room

from effects.chains.plugins import PluginFolders
from plugin_bridge.jobs.chain_rules import ChainRules
from plugin_bridge.jobs.refusals import RefusedRequest
from plugin_bridge.terminal.status_page import StatusPage, status_page


@pytest.fixture
def room(tmp_path):
    room = Room(tmp_path)
    yield room
    room.journal.close()


def page(room, preset=""):
    if preset:
        room.service.set_default("restyle", "preset", preset)
    return StatusPage(room.service, "127.0.0.1:9471", room.roots)


def drawn(it, width, height=40):
    console = Console(width=width, height=height, file=io.StringIO(), force_terminal=False)
    console.print(it)
    return console.file.getvalue().splitlines()


@pytest.mark.parametrize("width", [10, 20, 40, 80, 200])
@pytest.mark.parametrize("jobs", [0, 1, 30])
def test_it_fits(room, width, jobs):
    for number in range(jobs):
        asyncio.run(room.submit(f"job-{number}", f"a long name 音 [bold] number {number}.wav"))
    lines = drawn(page(room, "violin"), width)
    assert all(len(line) <= width for line in lines)
    assert len(lines) < 40


def test_it_says_what_there_is(room):
    asyncio.run(room.submit("a"))
    job = asyncio.run(room.submit("b"))
    job.state, job.progress, job.stage = "running", 0.5, "optimising"
    asyncio.run(room.journal.save(job))
    text = "\n".join(drawn(page(room, "flute"), 120))
    for part in ("127.0.0.1:9471", "1 queued", "1 running", "a.wav", "optimising", "preset flute"):
        assert part in text


def test_it_says_whose_plugins_run(room):
    assert "with plugins" not in "\n".join(drawn(page(room), 120))
    room.service.rules = ChainRules(PluginFolders((Path("/opt/my plug\x1bins"),), only=True))
    assert "with plugins from /opt/my plug\\x1bins" in "\n".join(drawn(page(room), 200))


def test_it_says_what_was_refused_since_not_every_client_can_hear_it(room):
    client, text = {"host": "10.0.0.2", "port": 5000}, "no preset 'x\x1b[2J'"
    keep = room.service.refusals.keep
    keep(RefusedRequest(kind="osc", job="job-1", text=text, **client))
    keep(RefusedRequest(kind="malformed", host="10.0.0.3", text="No OSC.", count=7))
    text = "\n".join(drawn(page(room), 120))
    assert re.search(r"\d\d:\d\d:\d\d  10\.0\.0\.2:5000  job-1: no preset 'x", text)
    assert re.search(r"\d\d:\d\d:\d\d  10\.0\.0\.3  7 times  No OSC\.", text)
    assert "\x1b" not in text


@pytest.mark.parametrize("height", [5, 24, 60])
@pytest.mark.parametrize("jobs", [0, 30])
def test_the_newest_refusals_fit_below_the_jobs(room, height, jobs):
    for number in range(jobs):
        asyncio.run(room.submit(f"job-{number}", f"number {number}.wav"))
    for number in range(30):
        refused = RefusedRequest(
            kind="osc", job=f"no-{number}", text="a long text " * 30 + "fix it"
        )
        room.service.refusals.keep(refused)
    lines = drawn(page(room), 80, height)
    rows = [line for line in lines if "no-" in line]
    assert "no-29" in rows[-1]
    assert lines[-2].endswith("fix it")
    assert "Ctrl-C" in lines[-1]
    assert len(rows) == 20 if height == 60 else len(lines) <= max(height, 17)


def test_no_name_can_draw(room):
    asyncio.run(room.submit("a", "\x1b[2J\x1b]0;title\x07\nnew line.wav"))
    text = "\n".join(drawn(page(room), 120))
    assert "\x1b" not in text
    assert "\x07" not in text
    assert any("new line" in line for line in text.splitlines())


def test_it_can_be_drawn_while_jobs_come_in(room):
    """It is drawn by a thread of its own."""
    it, stop, faults = page(room), threading.Event(), []

    def draw():
        while not stop.is_set():
            try:
                drawn(it, 80)
            except RuntimeError as error:
                faults.append(error)

    thread = threading.Thread(target=draw)
    thread.start()
    jobs = room.journal.jobs
    job = asyncio.run(room.submit("a"))
    for number in range(20000):
        jobs[str(number)] = job
        if number % 500 == 0:
            for known in list(jobs)[1:]:
                del jobs[known]
    stop.set()
    thread.join()
    assert faults == []


@pytest.mark.parametrize("quiet", [True, False])
def test_without_a_terminal_nothing_is_drawn(room, capsys, quiet):
    with status_page(room.service, "x", room.roots, quiet=quiet):
        pass
    assert capsys.readouterr().out == ""
