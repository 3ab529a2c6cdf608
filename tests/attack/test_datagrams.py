"""A good client is answered beside floods; see `support.attack.datagrams`."""

import psutil
import pytest
from support.attack.datagrams import FLOODS, flood
from support.servers import serve

MEDIAN_SECONDS, WORST_SECONDS = 1.0, 2.0  # to an answer
MORE_BYTES = 100 << 20  # that the server may take


def check(root, kind, count, ports):
    with serve(root, "--workers", "1") as server:
        flood(server.port, "requests for the version", 100)
        process = psutil.Process(server.process.pid)
        before = process.memory_info().rss
        answers = flood(server.port, kind, count, ports=ports)
        print(f"{kind}, {ports} ports: {answers}")
        assert answers.median < MEDIAN_SECONDS
        assert answers.worst < WORST_SECONDS
        assert process.memory_info().rss - before < MORE_BYTES
        assert server.stop() == 0
        assert not server.errors.read_text()


@pytest.mark.parametrize("kind", ["16 random bytes", "requests for the version"])
def test_a_flood_delays_nobody_much(tmp_path, kind):
    check(tmp_path, kind, 30_000, 1)


@pytest.mark.slow
@pytest.mark.parametrize("kind", FLOODS)
def test_a_flood_from_many_ports_delays_nobody_much(tmp_path, kind):
    check(tmp_path, kind, 50_000, 200)
