"""What a job reads: a hostile file costs its job, once, and no more memory than it may take."""

import asyncio
import os
from concurrent.futures import Future

import numpy as np
import pytest
from support import hostile
from support.jobs import Room, until
from support.servers import stem

from plugin_bridge.files import beneath, sound_files
from plugin_bridge.jobs import operations
from plugin_bridge.jobs.inputs import at_path
from plugin_bridge.jobs.job import Job
from plugin_bridge.jobs.refusal import Refusal, code_of
from plugin_bridge.jobs.running import READ_SECONDS, Running
from plugin_bridge.jobs.workers.local import LocalWorkers
from plugin_bridge.limits import limited_memory

SHORT = (0.05, 8000)


def restyled(tmp_path, *names):
    """What becomes of jobs that suffer from their stems, in real workers, one after the other."""

    async def story():
        room = Room(tmp_path, LocalWorkers(1))
        jobs = []
        for name in names:
            stem(room.root / f"{name}.wav", *SHORT)
            given = name, "r", "hostile", {"stem": f"{name}.wav"}, f"{name}-out.wav", {}
            jobs.append(await room.service.submit(*given))
        async with room.running():
            await until(lambda: all(job.ended for job in jobs), 60)
        return jobs

    return asyncio.run(story())


@pytest.fixture
def operation(monkeypatch):
    monkeypatch.setitem(operations.OPERATIONS, "hostile", hostile.PLACE)


def test_a_stem_that_crashes_its_reader_fails_at_once_and_by_name(tmp_path, operation):
    crash, after = restyled(tmp_path, "crash", "harmless")
    assert (crash.state, crash.code, crash.deaths) == ("failed", "unreadable", 0)
    assert crash.error.endswith("crash.wav crashes the program that reads it: export it again.")
    assert after.code == "internal"  # it has no sound to write: its worker lives
    assert not list((tmp_path / "root").glob("*.part"))


@pytest.mark.parametrize("name", ["killed", "crash-late"])
def test_a_worker_that_dies_otherwise_is_given_another_try(tmp_path, operation, name):
    """Of lack of memory, or once the stem was read."""
    (job,) = restyled(tmp_path, name)
    assert (job.state, job.code, job.deaths) == ("failed", "worker_died", 2)


def test_reading_that_says_nothing_new_for_a_minute_hangs():
    running = Running(Job("", "", "", {}, ""), Future(), heard=100.0, moved=40.0)
    assert running.hangs(40.1 + READ_SECONDS, 60.0, reading=True)
    assert not running.hangs(40.1 + READ_SECONDS, 60.0, reading=False)
    assert not running.hangs(39.9 + READ_SECONDS, 60.0, reading=True)


# Memory


@pytest.fixture
def folder(tmp_path):
    stem(tmp_path / "in.wav", *SHORT)
    return tmp_path


def read(folder, name="in.wav"):
    said = []
    it = at_path(folder / name, [beneath.root(folder)], lambda *report: said.append(report))
    return it.read(), said


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="needs /proc")
def test_a_file_that_wants_more_memory_than_it_says_is_unreadable(folder, monkeypatch):
    monkeypatch.setattr(sound_files, "read_open", lambda *_: np.ones(1 << 28))  # 2 GB
    with pytest.raises(Refusal, match=r"in\.wav needs more memory") as caught:
        read(folder)
    assert caught.value.code == "unreadable"
    bytearray(1 << 29)  # it is limited no longer


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="needs /proc")
def test_memory_is_limited_for_as_long_as_the_block_lasts():
    with limited_memory(1 << 27), pytest.raises(MemoryError):
        bytearray(1 << 29)
    bytearray(1 << 29)


def test_a_sound_is_read_and_that_is_said(folder):
    sound, said = read(folder)
    assert sound.audio.shape == (1, 400)
    assert [stage for _, stage in said] == ["reading", "starting"]


# Files that became something else


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda path, out: path.unlink(), "not_found"),
        (lambda path, out: (path.unlink(), os.mkfifo(path)), "not_a_file"),
        (lambda path, out: (path.unlink(), path.mkdir()), "not_a_file"),
        (lambda path, out: (path.unlink(), path.symlink_to(out / "in.wav")), "not_a_file"),
        (lambda path, out: path.write_bytes(b"x"), "unreadable"),
    ],
)
def test_a_stem_that_changed_after_it_was_checked_is_not_followed(tmp_path, change, code):
    for name in ("root", "outside"):
        stem(tmp_path / name / "in.wav", *SHORT)
    change(tmp_path / "root" / "in.wav", tmp_path / "outside")
    with pytest.raises(Refusal) as caught:
        read(tmp_path / "root")
    assert (caught.value.code, "in.wav" in str(caught.value)) == (code, True)


# Messages


@pytest.mark.parametrize("number", [23, 24])
def test_a_machine_with_too_many_open_files_is_not_the_stem_s_fault(number):
    assert code_of(OSError(number, os.strerror(number))) == "out_of_files"


def test_names_are_shown_and_not_obeyed(tmp_path):
    name = "\x1b[2J\nx.wav"
    (tmp_path / name).write_bytes(b"x")
    with pytest.raises(Refusal) as caught:
        read(tmp_path, name)
    assert r"\x1b[2J\nx.wav" in str(caught.value)
    assert str(caught.value).isprintable()
