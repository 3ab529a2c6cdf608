"""Files that appear whole or not at all, whatever else happens in their folder."""

import errno
import gc
import os
import signal
import stat
import subprocess
import sys

import pytest
from support.disks import small_disk_or_skip

from plugin_bridge.files import targets, whole_files
from plugin_bridge.files.targets import check_target
from plugin_bridge.files.whole_files import replacing, writing

LINUX = sys.platform == "linux"


def everything(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(params=["unnamed", "hidden", "no links", "no descriptors"])
def system(request, monkeypatch):
    """What a system and its file system can do; the rest is patched away."""
    if request.param != "unnamed":
        monkeypatch.delattr(os, "O_TMPFILE", raising=False)
    if request.param == "no descriptors":  # Windows
        monkeypatch.setattr(targets, "BY_DESCRIPTOR", False)
    if request.param == "no links":  # FAT

        def refuse(*_, **__):
            raise PermissionError(errno.EPERM, "Operation not permitted")

        monkeypatch.setattr(os, "link", refuse)
    return request.param


def write(*targets, data=b"new", meanwhile=lambda: None):
    with writing(*targets) as files:
        for file in files:
            file.write(data)
        meanwhile()


@pytest.mark.parametrize("force", [False, True])
def test_a_new_file_appears_at_the_end(tmp_path, system, force):
    target = check_target(tmp_path / "a", force=force)
    with writing(target) as [file]:
        file.write(b"new")
        file.flush()
        assert not (tmp_path / "a").exists()
        assert not (LINUX and system == "unnamed" and os.listdir(tmp_path))
    assert everything(tmp_path) == {"a": b"new"}


def test_its_permissions_are_the_users_usual_ones(tmp_path, system):
    before = os.umask(0o027)
    try:
        write(check_target(tmp_path / "a", force=False))
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640


def test_with_force_an_old_file_is_replaced_and_without_it_refused(tmp_path, system):
    (tmp_path / "a").write_bytes(b"old")
    with pytest.raises(ValueError, match=r"a exists: add --force"):
        check_target(tmp_path / "a", force=False)
    write(check_target(tmp_path / "a", force=True))
    assert everything(tmp_path) == {"a": b"new"}


APPEAR = {
    "file": lambda path: path.write_bytes(b"theirs"),
    "link": lambda path: path.symlink_to("nowhere"),
    "folder": lambda path: path.mkdir(),
}


@pytest.mark.parametrize("kind", APPEAR)
def test_what_appeared_meanwhile_stays(tmp_path, system, kind):
    target = check_target(tmp_path / "a", force=False)
    with pytest.raises(ValueError, match=r"a exists: add --force"):
        write(target, meanwhile=lambda: APPEAR[kind](tmp_path / "a"))
    assert os.listdir(tmp_path) == ["a"]
    if kind == "file":
        assert everything(tmp_path) == {"a": b"theirs"}


def test_of_two_writers_at_once_one_wins(tmp_path, system):
    one, two = (check_target(tmp_path / "a", force=False) for _ in range(2))
    with pytest.raises(ValueError, match="exists"):
        write(one, data=b"one", meanwhile=lambda: write(two, data=b"two"))
    assert everything(tmp_path) == {"a": b"two"}


def test_a_failure_leaves_everything_as_it_was(tmp_path, system):
    (tmp_path / "a").write_bytes(b"old")
    with pytest.raises(ZeroDivisionError):
        write(check_target(tmp_path / "a", force=True), meanwhile=lambda: 1 / 0)
    assert everything(tmp_path) == {"a": b"old"}


@pytest.mark.parametrize("force", [False, True])
def test_several_are_all_or_none(tmp_path, system, force):
    if force:
        (tmp_path / "a").write_bytes(b"old")
    both = [check_target(tmp_path / name, force=force) for name in "ab"]
    with pytest.raises((ValueError, OSError)):
        write(*both, meanwhile=(tmp_path / "b").mkdir)
    assert set(os.listdir(tmp_path)) == ({"a", "b"} if force else {"b"})
    if force and system != "no links":  # there, the old file can have no second name
        assert (tmp_path / "a").read_bytes() == b"old"


@pytest.mark.parametrize("target", ["real", "nowhere"])
def test_a_link_is_followed(tmp_path, system, target):
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to(target)
    write(check_target(tmp_path / "link", force=target == "real"))
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / target).read_bytes() == b"new"


def test_a_link_in_a_circle_is_no_place(tmp_path, system):
    (tmp_path / "link").symlink_to("link")
    with pytest.raises(ValueError, match="not an ordinary file"):
        check_target(tmp_path / "link", force=True)


@pytest.mark.skipif(not LINUX, reason="needs folders by descriptors")
def test_it_is_put_into_the_very_folder_that_was_checked(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "elsewhere").mkdir()
    target = check_target(tmp_path / "in" / "a", force=False)
    with writing(target) as [file]:
        file.write(b"new")
        (tmp_path / "in").rename(tmp_path / "moved")
        (tmp_path / "in").symlink_to("elsewhere")
    assert everything(tmp_path / "moved") == {"a": b"new"}
    assert os.listdir(tmp_path / "elsewhere") == []


def test_a_folder_that_is_gone_is_an_error_that_names_the_file(tmp_path, system):
    (tmp_path / "in").mkdir()
    target = check_target(tmp_path / "in" / "a", force=False)
    if system in ("unnamed", "hidden", "no links"):
        (tmp_path / "in").rmdir()
        with pytest.raises(FileNotFoundError) as caught:
            write(target)
        assert caught.value.filename == str(tmp_path / "in" / "a")


@pytest.mark.skipif(not LINUX, reason="needs files without names")
@pytest.mark.parametrize("force", [False, True])
def test_kill_leaves_nothing(tmp_path, force):
    code = (
        "import sys, time, pathlib\n"
        "from plugin_bridge.files.targets import check_target\n"
        "from plugin_bridge.files.whole_files import writing\n"
        f"with writing(check_target(pathlib.Path(sys.argv[1]), force={force})) as [file]:\n"
        "    file.write(b'half'); file.flush(); print('ready', flush=True); time.sleep(60)\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "a")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGKILL)
    assert os.listdir(tmp_path) == []


def test_descriptors_are_given_back(tmp_path, system):
    if not LINUX:
        pytest.skip("needs /proc")
    gc.collect()
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        write(check_target(tmp_path / "a", force=True))
        with replacing(tmp_path / "b") as file:
            file.write(b"x")
    gc.collect()
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_full_disk_is_an_error_that_names_the_file(tmp_path, system):
    with small_disk_or_skip(tmp_path / "disk", "64k") as disk:
        with pytest.raises(OSError, match="No space left") as caught:
            write(check_target(disk / "a", force=False), data=bytes(200_000))
        assert caught.value.filename == str(disk / "a")
        assert os.listdir(disk) == []


def test_what_has_no_number_is_passed_on():
    with pytest.raises(OSError, match=r"^odd$"), whole_files.naming("a"):
        raise OSError("odd")
