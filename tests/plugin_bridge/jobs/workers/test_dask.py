"""Jobs on a real Dask cluster on this machine."""

from __future__ import annotations

import os
import signal
import subprocess
import time

import numpy as np
import pytest
from support.servers import RESTYLE, leftovers, restyled_here, serve, sound, stem, wait_for

distributed = pytest.importorskip("distributed")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),  # distributed's own, also when a worker is killed
]

LOCAL = {
    "processes": True,
    "n_workers": 2,
    "threads_per_worker": 1,
    "dashboard_address": None,
    "silence_logs": 50,
}


@pytest.fixture
def cluster():
    with distributed.LocalCluster(**LOCAL) as cluster:
        yield cluster


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "root"
    stem(folder / "long.wav", 10.0)
    return folder


def at_work(server, id):
    """Whether a job is in the middle of the work."""
    (reply,) = server.ask("/restyle/job", id, timeout=60)
    return reply.arguments[1] == "running" and reply.arguments[2] > 0.1


def submit(server, *ids):
    for id in ids:
        job = (id, "long.wav", f"{id}.wav", "violin")
        (reply,) = server.ask("/restyle/submit", *job, timeout=60)
        assert reply.address == "/restyle/accepted"


def busy_workers(cluster):
    """The process numbers of workers that run a task."""
    with distributed.Client(cluster, set_as_default=False) as client:
        pids = client.run(os.getpid)
        return [pids[address] for address, tasks in client.processing().items() if tasks]


def check(root, *names):
    expected = restyled_here(root / "long.wav", root.parent / "own.wav")
    for name in names:
        assert np.array_equal(sound(root / f"{name}.wav"), expected), name
    assert not leftovers(root)


def test_jobs_and_batches_have_the_same_bits_on_a_cluster(cluster, root):
    stem(root / "short.wav", 0.3, 8000)
    with serve(root, "--scheduler", cluster.scheduler_address) as server:
        submit(server, "a", "b", "c")
        for id in "abc":
            assert server.wait(id, seconds=120) == "done"
        assert server.stop() == 0
    check(root, "a", "b", "c")
    source, target = root.parent / "source", root.parent / "target"
    for n in range(3):
        stem(source / f"{n}.wav", 0.3, 8000, seed=n)
    command = ["batch", source, target, "--preset", "violin", "--quiet"]
    command += ["--scheduler", cluster.scheduler_address]
    done = subprocess.run(
        [*RESTYLE, *map(str, command)], capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    for n in range(3):
        expected = restyled_here(source / f"{n}.wav", root.parent / "own.wav")
        assert np.array_equal(sound(target / f"{n}.wav"), expected)


def test_a_worker_killed_in_the_middle_costs_nothing(cluster, root):
    with serve(root, "--scheduler", cluster.scheduler_address) as server:
        submit(server, "a", "b")
        wait_for(lambda: at_work(server, "a"))
        os.kill(busy_workers(cluster)[0], signal.SIGKILL)
        for id in "ab":
            assert server.wait(id, seconds=120) == "done"
        assert server.stop() == 0
    check(root, "a", "b")


def test_cancelled_jobs_leave_no_file(cluster, root):
    with serve(root, "--scheduler", cluster.scheduler_address) as server:
        submit(server, "a", "b", "c")
        wait_for(lambda: at_work(server, "a"))
        for id in "ac":
            server.ask("/restyle/cancel", id, until="/restyle/cancelled", timeout=30)
            assert server.job(id) == "cancelled"
        assert server.wait("b", seconds=120) == "done"
        wait_for(lambda: not busy_workers(cluster))
        assert server.stop() == 0
    assert {path.name for path in root.iterdir()} == {"long.wav", "b.wav", "b.wav.json"}


def test_a_killed_server_finishes_after_its_restart(cluster, root):
    with serve(root, "--scheduler", cluster.scheduler_address) as server:
        submit(server, "a", "b", "c")
        wait_for(lambda: at_work(server, "a"))
        server.restart()
        for id in "abc":
            assert server.wait(id, seconds=180) == "done"
        assert server.stop() == 0
    check(root, "a", "b", "c")


def test_a_server_whose_cluster_is_gone_answers_and_goes_on_when_it_is_back(cluster, root):
    with serve(root, "--scheduler", cluster.scheduler_address) as server:
        submit(server, "a")
        wait_for(lambda: at_work(server, "a"))
        port = int(cluster.scheduler_address.rpartition(":")[2])
        cluster.close()
        for _ in range(20):
            began = time.monotonic()
            server.ask("/restyle/version", timeout=30)
            assert time.monotonic() - began < 1
            time.sleep(0.5)
        submit(server, "b", "c")
        assert server.job("b") == "queued"
        server.ask("/restyle/cancel", "c", until="/restyle/cancelled", timeout=30)
        assert {path.name for path in root.iterdir()} == {"long.wav"}
        with distributed.LocalCluster(**LOCAL, scheduler_port=port):
            for id in "ab":
                assert server.wait(id, seconds=120) == "done"
            assert server.stop() == 0
    check(root, "a", "b")


def test_no_scheduler_is_one_line(root):
    command = [*RESTYLE, "serve", "--root", str(root), "--port", "0"]
    done = subprocess.run(
        [*command, "--journal", str(root.parent / "j"), "--scheduler", "tcp://127.0.0.1:9"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "restyle: No Dask scheduler answers at tcp://127.0.0.1:9: start one with dask scheduler."
    ]
