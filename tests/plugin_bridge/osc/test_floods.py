"""A good client beside others that send as fast as they can: it is answered all the same."""

import statistics
import time

import psutil
import pytest
from support.flood import KINDS, flood
from support.servers import serve

from plugin_bridge.osc.client import Client

MB = 1 << 20
MEDIAN, WORST = 1.0, 2.0  # seconds to an answer that are allowed
CASES = [*((kind, 1) for kind in KINDS), ("garbage", 200), ("requests", 200)]


def check(folder, kind, clients, count):
    """Check the answers that a good client gets beside ``count`` datagrams of so many others."""
    (folder / "root").mkdir()
    with serve(folder / "root", "--workers", "1") as server, Client(port=server.port) as client:
        client.presets()
        process, times = psutil.Process(server.process.pid), []
        before = process.memory_info().rss
        sender = flood(kind, server.port, count, clients)
        while sender.poll() is None:
            began = time.perf_counter()
            client.version()
            times.append(time.perf_counter() - began)
            time.sleep(0.02)
        sent, seconds = map(float, sender.communicate()[0].split())
        median, worst = statistics.median(times), max(times)
        print(f"{kind} of {clients}: {sent / seconds / 1000:.0f} thousand a second, ", end="")
        print(f"{len(times)} answers, median {1000 * median:.0f} ms, worst {1000 * worst:.0f} ms")
        assert median < MEDIAN
        assert worst < WORST
        assert process.memory_info().rss - before < 100 * MB
        assert server.errors.read_text() == ""
        assert server.stop() == 0


@pytest.mark.parametrize("kind", ["garbage", "requests"])
def test_a_flood_delays_nobody_much(tmp_path, kind):
    check(tmp_path, kind, 1, 100_000)


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "clients"), CASES)
def test_a_million_datagrams_delay_nobody_much(tmp_path, kind, clients):
    check(tmp_path, kind, clients, 1_000_000)
