"""The files of a result, when what was checked is something else by the time it is used."""

import asyncio
import os
from pathlib import Path

import pytest
from support.jobs import RESULT, Room, until
from support.servers import stem

from plugin_bridge.files import beneath
from plugin_bridge.jobs import scheduler
from plugin_bridge.jobs.job import Job
from plugin_bridge.jobs.refusal import Refusal
from plugin_bridge.jobs.result_files import part_path, report_path, write_report
from plugin_bridge.jobs.workers import work as module

THEIRS = b"theirs"


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def with_a_job_at_work(tmp_path, change):
    """Let a job's result be whole after ``change(root, outside)``; returns the job."""

    async def story():
        room, outside = Room(tmp_path), tmp_path / "outside"
        (room.root / "sub").mkdir()
        outside.mkdir()
        for suffix in ("", ".part", ".json"):  # as a server would have left them
            (outside / f"b.wav{suffix}").write_bytes(THEIRS)
        (outside / "a.wav.part").write_bytes(THEIRS)
        (outside / "a.wav.json").write_text(Job("a", "", "restyle", {}, "x").report)
        before = contents(outside)
        job = await room.submit("a", "sub/a.wav")
        async with room.running():
            await until(lambda: room.workers.busy)
            part_path(Path(room.workers.task("a").output)).write_bytes(RESULT)
            change(room.root, outside)
            room.workers.end("a", content=None)
            await until(lambda: job.ended)
        assert contents(outside) == before
        return job, room

    return asyncio.run(story())


def test_a_folder_swapped_for_a_link_gets_no_result(tmp_path):
    def swap(root, outside):
        (root / "sub").rename(root / "moved")
        (root / "sub").symlink_to(outside)

    job, room = with_a_job_at_work(tmp_path, swap)
    assert (job.state, job.code) == ("failed", "outside_root")
    assert not (room.root / "moved" / "a.wav").exists()


def test_what_was_begun_in_a_folder_that_was_away_is_removed_when_it_is_back(tmp_path, monkeypatch):
    monkeypatch.setattr(scheduler, "WATCH_SECONDS", 0.02)

    async def story():
        room = Room(tmp_path)
        sub, away = room.root / "sub", room.root / "away"
        sub.mkdir()
        job = await room.submit("a", "sub/a.wav")
        async with room.running():
            await until(lambda: room.workers.busy)
            part_path(sub / "a.wav").write_bytes(RESULT)
            sub.rename(away)
            sub.symlink_to(tmp_path)
            room.workers.end("a", content=None)
            await until(lambda: job.ended)
            assert part_path(away / "a.wav").exists()
            sub.unlink()
            away.rename(sub)
            await until(lambda: not part_path(sub / "a.wav").exists())

    asyncio.run(story())


@pytest.mark.parametrize(
    "make", [lambda path, out: path.symlink_to(out), lambda p, _: os.mkfifo(p)]
)
def test_a_part_swapped_for_something_else_is_no_result(tmp_path, make):
    def swap(root, outside):
        part = root / "sub" / "a.wav.part"
        part.unlink()
        make(part, outside / "b.wav")

    job, room = with_a_job_at_work(tmp_path, swap)
    assert (job.state, job.code) == ("failed", "out_not_writable")
    assert [it.name for it in (room.root / "sub").iterdir()] == ["a.wav.json"]


def test_a_part_swapped_in_the_last_moment_is_no_result_either(tmp_path, monkeypatch):
    link = beneath.Folder.link

    def swap_and_link(folder, name, new):
        os.unlink(folder._at(name), dir_fd=folder._fd)
        os.symlink(tmp_path / "outside" / "b.wav", folder._at(name), dir_fd=folder._fd)
        link(folder, name, new)

    monkeypatch.setattr(beneath.Folder, "link", swap_and_link)
    job, room = with_a_job_at_work(tmp_path, lambda root, outside: None)
    assert (job.state, job.code) == ("failed", "out_not_writable")
    assert [it.name for it in (room.root / "sub").iterdir()] == ["a.wav.json"]


def test_a_report_is_not_written_through_a_link(tmp_path):
    def swap(root, outside):
        (root / "sub" / "a.wav.json").symlink_to(outside / "a.wav.json")

    job, room = with_a_job_at_work(tmp_path, swap)
    assert job.state == "done"
    assert (room.root / "sub" / "a.wav.json").is_symlink()


def test_a_folder_that_is_a_link_inside_the_root_is_welcome(tmp_path):
    async def story():
        room = Room(tmp_path)
        stem(room.root / "real" / "in.wav", 0.05, 8000)
        (room.root / "linked").symlink_to("real")
        job = await room.submit("a", "linked/a.wav", stem="linked/in.wav")
        assert job.output == str(room.root / "real" / "a.wav")
        async with room.running():
            await until(lambda: room.workers.busy)
            room.workers.end("a")
            await until(lambda: job.ended)
        assert (room.root / "real" / "a.wav").read_bytes() == RESULT

    asyncio.run(story())


def test_what_a_crash_left_of_a_report_goes_with_the_next(tmp_path, monkeypatch):
    job = Job("a", "", "restyle", {}, str(tmp_path / "a.wav"), state="failed")
    roots = [beneath.root(tmp_path)]

    def crash(*_):
        raise RuntimeError("as if killed here")

    with monkeypatch.context() as patch:
        patch.setattr(beneath.Folder, "replace", crash)
        patch.setattr(beneath.Folder, "remove", lambda *_: None)
        with pytest.raises(RuntimeError):
            write_report(job, roots)
    assert len(contents(tmp_path)) == 1
    write_report(job, roots)
    assert list(contents(tmp_path)) == ["a.wav.json"]


# In the worker


def write(tmp_path, monkeypatch, change):
    """Write a result, with ``change(root, outside)`` just before; returns what is there."""
    root, outside = tmp_path / "root", tmp_path / "outside"
    for folder in (root / "sub", outside):
        folder.mkdir(parents=True)
        (folder / "a.wav.part").write_bytes(THEIRS)
    roots, out = [beneath.root(root)], root / "sub" / "a.wav"
    monkeypatch.setattr(
        "plugin_bridge.files.sound_files.write_into", lambda raw, *_: raw.write(RESULT)
    )
    change(root, outside)
    try:
        module._write(out, None, roots, lambda: None)
    except Refusal as refusal:
        found = refusal.code
    else:
        found = "written"
    assert contents(outside) == {"a.wav.part": THEIRS}
    return found


def test_a_worker_writes_no_part_through_a_link(tmp_path, monkeypatch):
    def swap(root, outside):
        (root / "sub" / "a.wav.part").unlink()
        (root / "sub" / "a.wav.part").symlink_to(outside / "a.wav.part")

    assert write(tmp_path, monkeypatch, swap) == "written"
    part = report_path(tmp_path / "root" / "sub" / "a.wav").with_name("a.wav.part")
    assert not part.is_symlink()
    assert part.read_bytes() == RESULT


def test_a_worker_writes_no_part_into_a_folder_s_place(tmp_path, monkeypatch):
    def swap(root, outside):
        (root / "sub").rename(root / "moved")
        (root / "sub").symlink_to(outside)

    assert write(tmp_path, monkeypatch, swap) == "outside_root"
