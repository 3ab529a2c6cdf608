"""Folders of results: what may be replaced, and that it happens whole or not at all."""

import os
import subprocess
import sys

import pytest

from plugin_bridge.files.result_folder import PAGE, Kind, check_folder, publish, workshop

DEMO = Kind("demo", command="demo")
COMPARISON = Kind("comparison", command="compare", needs_force=True)


def fill(made, kind=DEMO, text="new"):
    (made / PAGE).write_text(f"<html>{kind.mark}{text}")
    (made / "data.json").write_text(text)
    (made / "sounds").mkdir()
    (made / "sounds" / "a.wav").write_text(text)


def everything(folder):
    return {str(it.relative_to(folder)): it.read_text() for it in folder.rglob("*.*")}


def make(folder, kind=DEMO, text="new"):
    with workshop(folder, kind) as made:
        fill(made, kind, text)
        publish(made, folder)


def test_a_new_and_an_empty_folder_will_do(tmp_path):
    (tmp_path / "empty").mkdir()
    for folder in (tmp_path / "empty", tmp_path / "a" / "new"):
        check_folder(folder, DEMO)
        make(folder)
        assert set(everything(folder)) == {PAGE, "data.json", "sounds/a.wav"}
    assert {it.name for it in tmp_path.iterdir()} == {"a", "empty"}


def test_an_earlier_result_may_be_replaced_and_what_was_added_stays(tmp_path):
    folder = tmp_path / "out"
    make(folder, text="old")
    for name in ("notes.txt", "sounds/mine.txt"):
        (folder / name).write_text("mine")
    check_folder(folder, DEMO)
    make(folder)
    found = everything(folder)
    assert found["data.json"] == found["sounds/a.wav"] == "new"
    assert found["notes.txt"] == found["sounds/mine.txt"] == "mine"


def test_some_kinds_are_replaced_only_by_force(tmp_path):
    make(tmp_path / "out", COMPARISON)
    with pytest.raises(ValueError, match=r"out holds an earlier comparison: add --force"):
        check_folder(tmp_path / "out", COMPARISON)
    check_folder(tmp_path / "out", COMPARISON, force=True)


@pytest.mark.parametrize("name", ["notes.txt", PAGE])
def test_other_folders_are_left_alone(tmp_path, name):
    (tmp_path / name).write_text("mine")
    with pytest.raises(ValueError, match="holds something other than a demo: name another"):
        check_folder(tmp_path, DEMO, force=True)


def test_one_kind_is_not_another(tmp_path):
    make(tmp_path / "out", COMPARISON)
    with pytest.raises(ValueError, match="holds something other than a demo"):
        check_folder(tmp_path / "out", DEMO, force=True)


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "out").write_text("mine")
    with pytest.raises(ValueError, match="is a file: name a folder for the demo"):
        check_folder(tmp_path / "out", DEMO)


def test_what_is_not_published_is_gone(tmp_path):
    with workshop(tmp_path / "a" / "out", DEMO) as made:
        fill(made)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_an_earlier_result_that_uses_other_names(tmp_path, monkeypatch):
    folder = tmp_path / "out"
    make(folder, text="old")
    before = everything(folder)
    replace = os.replace

    def full(source, target):
        if target.name == PAGE:
            raise OSError(28, "No space left on device")
        replace(source, target)

    monkeypatch.setattr(os, "replace", full)
    with workshop(folder, DEMO) as made:
        fill(made)
        (made / "sounds").rename(made / "sounds-2")
        with pytest.raises(OSError, match="No space"):
            publish(made, folder, after=["data.json"])
    assert everything(folder) == before


def test_what_a_killed_process_left_is_removed_by_the_next(tmp_path):
    code = (
        "import sys, time, pathlib\n"
        "from plugin_bridge.files.result_folder import Kind, workshop\n"
        "with workshop(pathlib.Path(sys.argv[1]), Kind('demo', command='demo')) as made:\n"
        "    (made / 'a.wav').write_bytes(b'half'); print('ready', flush=True); time.sleep(60)\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "other")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "ready\n"
        (lock,) = tmp_path.glob(".restyle-demo-*/lock")
        os.utime(lock, (0, 0))  # long ago
        make(tmp_path / "out")
        assert lock.exists()  # it is still at work
        process.kill()
    os.utime(lock, None)
    make(tmp_path / "out")
    assert lock.exists()  # so young that its owner may be about to take it
    os.utime(lock, (0, 0))
    make(tmp_path / "out")
    assert {it.name for it in tmp_path.iterdir()} == {"out"}


def test_folders_that_only_look_alike_stay(tmp_path):
    (tmp_path / ".restyle-demo-mine").mkdir()
    (tmp_path / ".restyle-demo-file").write_text("mine")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "lock").touch()
    os.utime(tmp_path / "elsewhere" / "lock", (0, 0))
    (tmp_path / ".restyle-demo-link").symlink_to("elsewhere")
    before = {*tmp_path.iterdir()}
    make(tmp_path / "out")
    assert {*tmp_path.iterdir()} == before | {tmp_path / "out"}
    assert (tmp_path / "elsewhere" / "lock").exists()
