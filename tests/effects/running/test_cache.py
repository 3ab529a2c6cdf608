"""The cache: what is computed once, what damage does, who goes first, and who shares it."""

import multiprocessing
import os
import random
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from support.processes import arrays, hammer

from effects.running import cache as module
from effects.running.cache import Cache, shared_cache

KEY = {"clip": "abc", "width": 11}


class Counted:
    """Computes, and counts how often."""

    def __init__(self, result=None):
        self.result, self.calls = result or arrays(), 0

    def __call__(self):
        self.calls += 1
        return self.result


def assert_same(found, expected):
    assert found.keys() == expected.keys()
    for name in expected:
        np.testing.assert_array_equal(found[name], expected[name])
        assert found[name].dtype == expected[name].dtype


def entries(folder):
    return sorted(folder.glob("*.npz"))


def must_not_compute():
    raise AssertionError("this is in the cache")


def test_the_second_time_it_comes_from_memory(tmp_path):
    cache, compute = Cache(tmp_path), Counted()
    assert_same(cache.get(KEY, compute), arrays())
    for path in entries(tmp_path):
        path.unlink()
    assert_same(cache.get(KEY, compute), arrays())
    assert compute.calls == 1


def test_a_new_process_reads_it_from_disk(tmp_path):
    Cache(tmp_path).get(KEY, Counted())
    assert_same(Cache(tmp_path).get(KEY, must_not_compute), arrays())


def test_keys_are_told_apart_and_their_order_is_nothing(tmp_path):
    cache = Cache(tmp_path)
    cache.get(KEY, Counted())
    assert_same(cache.get({"width": 11, "clip": "abc"}, must_not_compute), arrays())
    for other in ({**KEY, "width": 12}, {**KEY, "seed": 0}, {"clip": "abc"}):
        assert_same(cache.get(other, Counted(arrays(1))), arrays(1))
    assert len(entries(tmp_path)) == 4


def test_an_error_while_computing_comes_out_and_is_not_kept(tmp_path):
    cache = Cache(tmp_path)
    with pytest.raises(AssertionError):
        cache.get(KEY, must_not_compute)
    assert list(tmp_path.iterdir()) == []
    assert_same(cache.get(KEY, Counted()), arrays())


def bit_flipped(data, at):
    return data[:at] + bytes([data[at] ^ (1 << at % 8)]) + data[at + 1 :]


def assert_recovers(folder, damaged):
    """After damage the arrays are right all the same, and the file is whole again."""
    (path,) = entries(folder)
    whole = path.read_bytes()
    path.write_bytes(damaged)
    assert_same(Cache(folder).get(KEY, Counted()), arrays())
    assert_same(Cache(folder).get(KEY, must_not_compute), arrays())
    path.write_bytes(whole)
    assert [p.name for p in folder.iterdir()] == [path.name]


def test_damaged_files_are_computed_again_and_replaced(tmp_path):
    Cache(tmp_path).get(KEY, Counted())
    (path,) = entries(tmp_path)
    whole = path.read_bytes()
    for damaged in (b"", b"x", b"PK\3\4", b"\0" * len(whole), b"not an archive" * 99, whole[1:]):
        assert_recovers(tmp_path, damaged)
    for length in {1, 30, 64, 128, 200, len(whole) // 2, len(whole) - 22, len(whole) - 1}:
        assert_recovers(tmp_path, whole[:length])


def test_flipped_bits_are_noticed_wherever_they_are(tmp_path):
    """Or do no harm. Never an exception, never wrong numbers."""
    Cache(tmp_path).get(KEY, Counted())
    (path,) = entries(tmp_path)
    whole = path.read_bytes()
    headers = [at for at in range(len(whole)) if at < 200 or at > len(whole) - 300]
    for at in headers + random.Random(0).sample(range(len(whole)), 60):
        assert_recovers(tmp_path, bit_flipped(whole, at))


def test_other_contents_are_not_taken_for_arrays(tmp_path):
    Cache(tmp_path).get(KEY, Counted())
    (path,) = entries(tmp_path)
    np.save(tmp_path / "other.npy", np.zeros(3))
    lone_array = (tmp_path / "other.npy").read_bytes()
    (tmp_path / "other.npy").unlink()
    assert_recovers(tmp_path, lone_array)
    pickled = tmp_path / "pickled.npy"
    np.save(pickled, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    data = pickled.read_bytes()
    pickled.unlink()
    assert_recovers(tmp_path, data)
    assert path.exists()


def test_the_longest_unused_go_first(tmp_path):
    one = len_of_one_entry(tmp_path / "measure")
    folder = tmp_path / "cache"
    cache = Cache(folder, max_disk_bytes=round(3.5 * one))
    for n in range(3):
        cache.get({"n": n}, Counted())
        (newest,) = set(entries(folder)) - set(aged(folder))
        os.utime(newest, (1000 + n, 1000 + n))
    Cache(folder).get({"n": 0}, must_not_compute)  # used just now
    cache.get({"n": 3}, Counted())
    assert len(entries(folder)) == 3
    for n, there in ((0, True), (1, False), (2, True), (3, True)):
        compute = Counted()
        Cache(folder).get({"n": n}, compute)
        assert compute.calls == (0 if there else 1)


def aged(folder):
    return [path for path in entries(folder) if path.stat().st_mtime < 1e6]


def len_of_one_entry(folder):
    Cache(folder).get(KEY, Counted())
    return entries(folder)[0].stat().st_size


def test_memory_is_capped_too(tmp_path):
    size = sum(a.nbytes for a in arrays().values())
    cache = Cache(tmp_path, max_memory_bytes=round(2.5 * size))
    for n in range(5):
        cache.get({"n": n}, Counted())
    for path in entries(tmp_path):
        path.unlink()
    cache.get({"n": 3}, must_not_compute)
    cache.get({"n": 4}, must_not_compute)
    compute = Counted()
    for n in (2, 0):
        cache.get({"n": n}, compute)
    assert compute.calls == 2


def test_a_folder_that_is_a_file_only_costs_time(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("mine")
    for folder in (blocked, blocked / "below"):
        assert_same(Cache(folder).get(KEY, Counted()), arrays())
    assert blocked.read_text() == "mine"


def test_an_entry_that_is_a_folder_only_costs_time(tmp_path):
    Cache(tmp_path).get(KEY, Counted())
    (path,) = entries(tmp_path)
    path.unlink()
    path.mkdir()
    assert_same(Cache(tmp_path).get(KEY, Counted()), arrays())
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_only_costs_time(tmp_path):
    tmp_path.chmod(0o500)
    try:
        assert_same(Cache(tmp_path).get(KEY, Counted()), arrays())
    finally:
        tmp_path.chmod(0o700)


@pytest.mark.parametrize("name", ["savez", "load"])
def test_a_full_or_failing_disk_only_costs_time(tmp_path, monkeypatch, name):
    def fail(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.np, name, fail)
    assert_same(Cache(tmp_path).get(KEY, Counted()), arrays())
    assert not list(tmp_path.glob("*.tmp"))


def test_an_interrupted_write_leaves_no_temporary_file(tmp_path, monkeypatch):
    def interrupt(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(module.np, "savez", interrupt)
    with pytest.raises(KeyboardInterrupt):
        Cache(tmp_path).get(KEY, Counted())
    assert list(tmp_path.iterdir()) == []


def test_threads_share_one_instance(tmp_path):
    cache = Cache(tmp_path, max_memory_bytes=9000, max_disk_bytes=20_000)
    wrong = []

    def use(seed):
        order = random.Random(seed)
        for _ in range(60):
            n = order.randrange(8)
            found = cache.get({"n": n}, lambda n=n: arrays(n))
            if not np.array_equal(found["frames"], arrays(n)["frames"]):
                wrong.append(n)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(use, range(8)))
    assert not wrong
    assert not list(tmp_path.glob("*.tmp"))
    assert threading.active_count() < 20


def test_two_processes_share_one_folder(tmp_path):
    spawn = multiprocessing.get_context("spawn")
    results = spawn.Queue()
    processes = [spawn.Process(target=hammer, args=(tmp_path, s, results)) for s in range(2)]
    for process in processes:
        process.start()
    assert [results.get(timeout=60) for _ in processes] == ["right", "right"]
    for process in processes:
        process.join()
    assert not list(tmp_path.glob("*.tmp"))


def test_the_shared_cache_is_where_the_environment_says(tmp_path, monkeypatch):
    monkeypatch.setenv("RESTYLE_CACHE_DIR", str(tmp_path / "mine"))
    assert shared_cache().folder == tmp_path / "mine"
    assert shared_cache() is shared_cache()
    monkeypatch.setenv("RESTYLE_CACHE_DIR", "")
    assert shared_cache().folder.name == "restyle"


def test_what_is_in_it_is_counted_and_cleared_and_computed_again(tmp_path):
    cache, compute = Cache(tmp_path), Counted()
    cache.get(KEY, compute)
    [entry] = entries(tmp_path)
    expected = (1, entry.stat().st_size)
    assert cache.size() == expected
    assert Cache(tmp_path).clear() == expected
    assert (cache.size(), entries(tmp_path)) == ((0, 0), [])
    assert_same(Cache(tmp_path).get(KEY, compute), arrays())
    assert compute.calls == 2


def test_only_files_of_its_own_are_cleared_or_evicted(tmp_path):
    cache = Cache(tmp_path, max_disk_bytes=0)
    others = ["mine.npz", "tmp.tmp", f"{'a' * 64}.npy", f"{'A' * 64}.npz", "00.lock"]
    for name in others:
        (tmp_path / name).write_text("not an entry")
    (tmp_path / f"{'b' * 64}.npz").mkdir()
    (tmp_path / f"{'c' * 64}.npz").symlink_to(tmp_path / "mine.npz")
    before = sorted(tmp_path.iterdir())
    cache.get(KEY, Counted())
    cache.clear()
    assert sorted(tmp_path.iterdir()) == before


def test_of_unfinished_files_only_abandoned_ones_are_cleared(tmp_path):
    being_written, abandoned = tmp_path / "tmpabcd_123.tmp", tmp_path / "tmpzzzz_999.tmp"
    for it in (being_written, abandoned):
        it.write_bytes(bytes(10))
    old = os.stat(abandoned).st_mtime - 2 * module.ABANDONED_SECONDS
    os.utime(abandoned, (old, old))
    assert Cache(tmp_path).clear() == (1, 10)
    assert list(tmp_path.iterdir()) == [being_written]


def test_it_can_be_cleared_while_others_use_it(tmp_path):
    stop = threading.Event()

    def clear():
        while not stop.is_set():
            Cache(tmp_path).clear()

    with ThreadPoolExecutor() as pool:
        clearing = pool.submit(clear)
        try:
            for number in range(50):
                for _ in range(2):
                    found = Cache(tmp_path).get({"clip": number % 3}, arrays)
                    assert_same(found, arrays())
        finally:
            stop.set()
        clearing.result()
