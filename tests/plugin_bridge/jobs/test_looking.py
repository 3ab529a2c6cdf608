"""Looks at files: what kills or hangs whoever looks costs one process, and others wait not long."""

import asyncio
import time
from contextlib import suppress

import psutil
import pytest
from support.hostile import HostileRoots
from support.jobs import Room, until
from support.servers import stem

from plugin_bridge.jobs import looking as module
from plugin_bridge.jobs.looking import Lookers
from plugin_bridge.jobs.refusal import Refusal

SHORT = (0.05, 8000)


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "root"
    for name in ("in", "crash", "killed", "hang", "eat"):
        stem(folder / f"{name}.wav", *SHORT)
    return folder


def with_lookers(root, story):
    """Run a story of a function that looks at a stem."""

    async def run():
        lookers = Lookers(HostileRoots([root]))
        try:
            return await story(lambda name: lookers.look({"stem": f"{name}.wav"}, "out.wav"))
        finally:
            lookers.shutdown()

    return asyncio.run(run())


async def code(look):
    with pytest.raises(Refusal) as caught:
        await look
    return caught.value.code, str(caught.value)


def test_what_is_found_comes_back(root):
    async def story(look):
        looked = await look("in")
        assert looked.inputs == {"stem": str(root / "in.wav")}
        assert (looked.output, looked.refusal) == (str(root / "out.wav"), None)
        (root / "out.wav").touch()
        assert (await look("in")).refusal.code == "out_exists"
        assert (await code(look("gone")))[0] == "not_found"

    with_lookers(root, story)


@pytest.mark.parametrize("name", ["crash", "killed", "eat"])
def test_a_file_that_ends_who_looks_is_unreadable_and_the_next_is_seen(root, name):
    async def story(look):
        refused, said = await code(look(name))
        assert (refused, f"{name}.wav" in said) == ("unreadable", True)
        assert (await look("in")).refusal is None

    with_lookers(root, story)


def children():
    """The processes that work for this one."""
    found = set()
    for it in psutil.Process().children():
        with suppress(psutil.Error):  # it has just ended
            if "spawn_main" in " ".join(it.cmdline()):
                found.add(it)
    return found


def test_files_that_hang_delay_others_no_longer_than_their_patience(root, monkeypatch):
    monkeypatch.setattr(module, "LOOK_SECONDS", 30.0)
    monkeypatch.setattr(module, "CONTENDED_SECONDS", 0.5)

    async def story(look):
        await asyncio.gather(look("in"), look("in"))  # both processes are there
        hung = [asyncio.create_task(code(look("hang"))) for _ in range(2)]
        await asyncio.sleep(0.1)
        started = time.monotonic()
        assert (await look("in")).refusal is None
        assert time.monotonic() - started < 20
        done, waiting = await asyncio.wait(hung, return_when=asyncio.FIRST_COMPLETED)
        assert {(await it)[0] for it in done} == {"unreadable"}
        for it in waiting:
            it.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

    before = children()
    with_lookers(root, story)
    assert not psutil.wait_procs(children() - before, timeout=5)[1]


def test_a_file_that_hangs_is_given_up_even_if_nobody_waits(root, monkeypatch):
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.3)

    async def story(look):
        assert (await code(look("hang")))[0] == "unreadable"
        assert (await look("in")).refusal is None

    with_lookers(root, story)


def test_a_stem_that_kills_who_looks_fails_a_job_that_waited_through_a_restart(tmp_path, root):
    """Once: it does not come back at the next start."""
    looked = []

    class Counting(Lookers):
        async def look(self, inputs, output):
            looked.append(inputs["stem"])
            return await super().look(inputs, output)

    async def restarted():
        lookers = Counting(HostileRoots([root]))
        room = Room(tmp_path, looking=lookers)
        try:
            async with room.running():
                await until(lambda: room.workers.busy == ["b"], 20)
                return room.service.jobs["a"]
        finally:
            lookers.shutdown()

    async def accepted():
        room = Room(tmp_path)  # today it is not hostile yet
        await room.submit("a", stem="crash.wav")
        await room.submit("b")
        room.journal.close()

    asyncio.run(accepted())
    for _ in range(2):
        job = asyncio.run(restarted())
        assert (job.state, job.code) == ("failed", "unreadable")
        assert "crash.wav" in job.error
    assert [path.endswith("crash.wav") for path in looked].count(True) == 1
