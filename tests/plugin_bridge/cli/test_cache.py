"""restyle cache: what is kept, and what of it is deleted."""

import json

import numpy as np
import pytest

from effects.running.cache import MAX_DISK_BYTES, shared_cache, stems_cache
from plugin_bridge.cli import main
from plugin_bridge.cli.cache import in_words


@pytest.fixture
def kept(fresh_cache):
    """A cache with an entry of a clip and two of stems."""
    shared_cache().put({"clip": 1}, {"a": np.zeros(100_000)})
    for number in range(2):
        stems_cache().put({"stem": number}, {"a": np.zeros(1000)})
    return fresh_cache


def words(folder, pattern):
    return in_words(sum(it.stat().st_size for it in folder.rglob(pattern)))


def restyle(capsys, *arguments):
    assert main.run(["cache", *arguments]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    return said.out


@pytest.mark.parametrize("arguments", [[], ["info"]])
def test_it_says_where_it_is_and_what_is_in_it(kept, capsys, arguments):
    said = restyle(capsys, *arguments).splitlines()
    assert said[0] == f"{kept}: {words(kept, '*.npz')}"
    assert words(kept, "*.npz").endswith(" kB")
    rows = {line.split()[0]: " ".join(line.split()[-5:]) for line in said[2:]}
    stems = words(kept / "stems", "*.npz")
    assert rows["stems"] == f"2 {stems} 268 MB"
    assert rows["styles"].startswith("1 80")
    assert rows["songs"] == "0 0 B 67 MB"


def test_programs_have_it_as_json(kept, capsys):
    said = json.loads(restyle(capsys, "info", "--json"))
    assert said["folder"] == str(kept)
    assert said["kinds"]["styles"]["most_bytes"] == MAX_DISK_BYTES
    assert said["bytes"] == sum(it["bytes"] for it in said["kinds"].values()) > 800_000
    assert said["kinds"]["stems"]["files"] == 2


def test_clear_frees_all_of_it_and_nothing_else(kept, capsys):
    (kept / "my notes.txt").write_text("mine")
    size = words(kept, "*.npz")
    assert restyle(capsys, "clear") == f"Freed {size}: 3 files in {kept}.\n"
    assert [it for it in kept.rglob("*") if it.is_file()] == [kept / "my notes.txt"]
    assert restyle(capsys, "clear") == f"Freed 0 B: 0 files in {kept}.\n"


def test_a_cache_that_is_not_there_is_empty(fresh_cache, capsys):
    assert restyle(capsys).startswith(f"{fresh_cache}: 0 B\n")
    assert restyle(capsys, "clear").startswith("Freed 0 B")
    assert not fresh_cache.exists()


@pytest.mark.parametrize(
    ("size_bytes", "words"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (99_950, "100 kB"), (885e6, "885 MB")],
)
def test_sizes_in_words(size_bytes, words):
    assert in_words(size_bytes) == words
