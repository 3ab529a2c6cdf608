"""What is too old goes, and nothing else; whatever happens in between."""

import asyncio
import os
import time
from contextlib import suppress

import pytest
from support.fake_records import FakeRecords, FakeService

from plugin_bridge.jobs import retention as room
from plugin_bridge.jobs.job import Job
from plugin_bridge.jobs.records.records import Unwritable, Upload
from plugin_bridge.jobs.retention import Retention
from plugin_bridge.storage.local import LocalFiles

DAY = 86400.0


class House:
    """Records in memory and files on the disk, and what keeps them."""

    def __init__(self, folder, shared=False):
        self.files = LocalFiles(folder)
        self.records = FakeRecords()
        self.records.shared = shared
        self.service = FakeService(self.records)

    def retention(self, **options):
        return Retention(self.service, self.files, **options)

    def file(self, key, days=30.0):
        with self.files.writing(key) as file:
            file.write(b"sound")
        then = time.time() - days * DAY
        os.utime(self.files.folder / key, (then, then))

    def upload(self, id, days, *, record=True):
        key, used = f"uploads/{id}.wav", time.time() - days * DAY
        self.file(key)
        if record:
            self.records.uploads[id] = Upload(
                id, "me", id, key, 5, "", 1.0, 8000, 1, used - DAY, used
            )

    def job(self, id, days, *, state="done", stem="s"):
        ended = time.time() - days * DAY if state == "done" else 0.0
        inputs, output = {"stem": f"uploads/{stem}.wav"}, f"jobs/{id}.flac"
        self.records.jobs[id] = Job(
            id, "", "restyle", inputs, output, owner="me", state=state, ended_at=ended
        )
        for suffix in ("", ".preview.flac", ".png"):
            self.file(output + suffix)

    @property
    def keys(self):
        return sorted(it.key for it in self.files.walk())


@pytest.fixture
def house(tmp_path):
    return House(tmp_path)


def test_a_result_goes_with_all_that_was_made_of_it_a_week_after_its_end(house):
    house.job("old", 7.1)
    house.job("young", 6.9)
    house.job("unended", 100, state="running")
    asyncio.run(house.retention().sweep())
    assert set(house.records.jobs) == {"young", "unended"}
    assert [key for key in house.keys if "old" in key] == []
    assert len(house.keys) == 6


def test_an_upload_goes_a_day_after_its_last_use_unless_a_job_reads_it(house):
    house.upload("old", 1.1)
    house.upload("young", 0.9)
    house.upload("read", 5)
    house.job("j", 0, stem="read")
    asyncio.run(house.retention().sweep())
    assert set(house.records.uploads) == {"young", "read"}
    assert [key for key in house.keys if "upload" in key] == [
        "uploads/read.wav",
        "uploads/young.wav",
    ]


def test_an_upload_goes_with_the_last_job_that_reads_it(house):
    house.upload("s", 9)
    house.upload("deleted", 9, record=False)  # by its owner, while the job was there
    house.job("j", 8)
    house.job("k", 8, stem="deleted")
    asyncio.run(house.retention().sweep())
    assert house.keys == []
    assert not house.records.uploads


def test_how_long_is_an_option(house):
    house.upload("u", 1 / 12)
    house.job("j", 2)
    asyncio.run(house.retention(uploads_hours=3, results_days=3).sweep())
    assert len(house.keys) == 4
    asyncio.run(house.retention(uploads_hours=1, results_days=1).sweep())
    assert house.keys == []


def test_what_no_record_knows_goes_unless_it_is_young(house):
    house.upload("known", 0)
    house.upload("read", 0, record=False)
    house.job("j", 0, stem="read")
    for key in ("uploads/known.wav.png", "uploads/x.wav", "jobs/x.flac.png", "jobs/j.wav"):
        house.file(key)
    house.file("uploads/.restyle-1")
    house.file("uploads/young.wav", days=1 / 48)
    asyncio.run(house.retention().remove_orphans())
    assert house.keys == [
        "jobs/j.flac",
        "jobs/j.flac.png",
        "jobs/j.flac.preview.flac",
        "uploads/known.wav",
        "uploads/known.wav.png",
        "uploads/read.wav",
        "uploads/young.wav",
    ]


def test_only_uploads_and_results_are_orphans(house):
    house.file("restyle")
    house.file("Music/mine.wav")
    house.file("uploads/x.wav")
    asyncio.run(house.retention().remove_orphans())
    assert house.keys == ["Music/mine.wav", "restyle"]


def test_where_servers_share_the_records_orphans_are_a_day_old(tmp_path):
    house = House(tmp_path, shared=True)
    house.file("jobs/a.flac", days=0.9)
    house.file("jobs/b.flac", days=1.1)
    asyncio.run(house.retention().remove_orphans())
    assert house.keys == ["jobs/a.flac"]


@pytest.mark.parametrize("step", range(12))
def test_a_crash_at_any_step_leaves_nothing_behind_and_breaks_no_promise(house, step, monkeypatch):
    """The process dies at one step of the sweep, and the next process begins anew."""
    house.upload("u", 9)
    house.upload("kept", 0)
    house.job("j", 8, stem="u")
    house.job("kept", 0, stem="kept")
    kept = [key for key in house.keys if "kept" in key]

    class Died(BaseException):
        pass

    left = [step]

    def dies(fn):
        def call(*args):
            left[0] -= 1
            if left[0] < 0:
                raise Died
            return fn(*args)

        return call

    with monkeypatch.context() as until_death:
        for thing, name in [
            (house.files, "remove"),
            *((house.records, it) for it in ("delete", "delete_uploads", "users_of", "find")),
        ]:
            until_death.setattr(thing, name, dies(getattr(thing, name)))
        with suppress(Died):
            asyncio.run(house.retention().sweep())
    for job in house.records.jobs.values():
        assert {job.output, *job.inputs.values()} <= {*house.keys}
    for upload in house.records.uploads.values():
        assert upload.key in house.keys

    async def restarted():
        again = house.retention()
        await again.sweep()
        await again.remove_orphans()

    asyncio.run(restarted())
    assert house.keys == kept


def test_what_fails_is_tried_again_and_ends_nothing(house, monkeypatch):
    monkeypatch.setattr(room, "SWEEP_SECONDS", 0.01)
    house.job("j", 8)
    house.service.trouble = Unwritable("nobody answers")

    async def story():
        task = asyncio.create_task(house.retention().run())
        await asyncio.sleep(0.05)
        assert house.records.jobs
        house.service.trouble = None
        while house.keys:
            await asyncio.sleep(0.01)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    asyncio.run(asyncio.wait_for(story(), 10))


def test_a_file_that_cannot_be_removed_holds_up_no_other(house, monkeypatch):
    house.job("a", 9)
    house.job("b", 8)
    remove = house.files.remove

    def refuse(key):
        if "a." in key:
            raise PermissionError(13, "no")
        remove(key)

    monkeypatch.setattr(house.files, "remove", refuse)
    asyncio.run(house.retention().sweep())
    assert not house.records.jobs
    assert {key.split(".")[0] for key in house.keys} == {"jobs/a"}


def test_many_old_things_do_not_hold_up_the_loop(house):
    for number in range(400):
        house.job(f"j{number}", 8)
    turns = 0

    async def watch():
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    async def story():
        watching = asyncio.create_task(watch())
        await house.retention().sweep()
        watching.cancel()

    asyncio.run(story())
    assert house.keys == []
    assert turns > 400  # others had their turn all the time
