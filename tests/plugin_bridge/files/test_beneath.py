"""Files beneath a root: whatever takes a folder's place in between, nothing outside is touched."""

import os
import random
import threading
from pathlib import Path

import pytest

from plugin_bridge.files.beneath import Strayed, opened, root
from presets.opening import NotOrdinary


@pytest.fixture
def places(tmp_path):
    """A root and an outside, with the same names in both."""
    for place in ("root", "outside"):
        (tmp_path / place / "a" / "b").mkdir(parents=True)
        (tmp_path / place / "a" / "b" / "file").write_text(place)
    return tmp_path / "root", tmp_path / "outside"


def enter(inside, *parts):
    return opened(inside.joinpath(*parts), [root(inside)])


def read(folder, name):
    with folder.open(name) as file:
        return file.read()


def contents(folder):
    return {
        path.relative_to(folder): path.read_text() if path.is_file() else ""
        for path in folder.rglob("*")
    }


def test_what_is_there_is_used_by_name(places):
    inside, _ = places
    with enter(inside, "a", "b") as folder:
        assert folder.is_writable()
        assert read(folder, "file") == b"root"
        with folder.create("new") as file:
            file.write(b"new")
        with pytest.raises(FileExistsError):
            folder.create("new")
        folder.link("new", "other")
        with pytest.raises(FileExistsError):
            folder.link("new", "file")
        folder.replace("new", "file")
        folder.remove("gone")
        folder.remove("other")
        folder.sync()
    assert contents(inside / "a" / "b") == {Path("file"): "new"}


def test_every_folder_on_the_way_has_to_be_one(places):
    inside, outside = places
    for parts in ((), ("a",), ("a", "b")):
        with enter(inside, *parts) as folder:
            assert not folder.has("gone")
    kept = [root(inside)]
    for name, error in (("gone", FileNotFoundError), ("a/b/file", NotADirectoryError)):
        with pytest.raises(error), opened(inside / name, kept):
            pass
    with pytest.raises(Strayed), opened(outside, kept):
        pass
    (inside / "a").rename(inside / "moved")
    (inside / "a").symlink_to(outside / "a")
    with pytest.raises(Strayed), opened(inside / "a" / "b", kept):
        pass
    (inside / "a").unlink()
    (inside / "a").symlink_to(inside / "moved")  # even though this one leads inside
    with pytest.raises(Strayed), opened(inside / "a" / "b", kept):
        pass


def test_another_folder_in_the_root_s_place_is_not_entered(places):
    inside, outside = places
    kept = [root(inside)]
    inside.rename(inside.with_name("moved"))
    outside.rename(inside)
    with pytest.raises(Strayed), opened(inside / "a" / "b", kept):
        pass
    with opened(inside / "a" / "b", [kept[0]._replace(identity=None)]) as folder:
        assert folder.has("file")


def test_an_open_folder_stays_what_it_is(places):
    inside, outside = places
    before = contents(outside)
    with enter(inside, "a", "b") as folder:
        (inside / "a").rename(inside / "moved")
        (inside / "a").symlink_to(outside / "a")
        assert read(folder, "file") == b"root"
        folder.create("new").close()
        folder.remove("file")
    assert contents(outside) == before
    assert sorted(it.name for it in (inside / "moved" / "b").iterdir()) == ["new"]


def test_only_ordinary_files_are_opened_and_links_are_not_followed(places):
    inside, outside = places
    os.mkfifo(inside / "pipe")
    (inside / "link").symlink_to(outside / "a" / "b" / "file")
    with enter(inside) as folder:
        for name in ("pipe", "link"):
            with pytest.raises(NotOrdinary):
                folder.open(name)
        with pytest.raises(IsADirectoryError):
            folder.open("a")
        with pytest.raises(FileExistsError):
            folder.create("link")
        folder.link("link", "second")  # the link itself
        folder.remove("link")
    assert (inside / "second").is_symlink()
    assert (outside / "a" / "b" / "file").read_text() == "outside"


def race(places, swaps):
    """Read, write and remove in a folder while it, and a file in it, are swapped all the time."""
    inside, outside = places
    before, kept, stop = contents(outside), [root(inside)], threading.Event()
    found, draw = set(), random.Random(0)

    def use():
        while not stop.is_set():
            try:
                with opened(inside / "a" / "b", kept) as folder:
                    folder.remove("new")
                    with folder.create("new") as file:
                        file.write(b"root")
                    found.add(read(folder, "file"))
                    folder.remove("new")
            except (OSError, NotOrdinary):
                pass

    users = [threading.Thread(target=use) for _ in range(2)]
    for it in users:
        it.start()
    folder, file = inside / "a", inside / "a" / "b" / "file"
    for _ in range(swaps):
        kind = draw.randrange(3)
        if kind == 0:
            folder.rename(inside / "moved")
            folder.symlink_to(outside / "a")
            folder.unlink()
            (inside / "moved").rename(folder)
            continue
        spare = file.with_name("spare")
        os.mkfifo(spare) if kind == 1 else spare.symlink_to(outside / "a" / "b" / "file")
        file.rename(file.with_name("own"))
        spare.rename(file)
        file.with_name("own").replace(file)
    stop.set()
    for it in users:
        it.join(10)
        assert not it.is_alive()  # nobody waits for a pipe
    assert found <= {b"root"}
    assert contents(outside) == before


def test_nothing_outside_is_touched_while_things_are_swapped(places):
    race(places, 500)


@pytest.mark.slow
def test_nothing_outside_is_touched_in_thousands_of_swaps(places):
    race(places, 3000)
