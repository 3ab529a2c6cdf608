"""Real servers that take each other, or themselves, for clients: they fall silent."""

import shutil
import subprocess
import time

import psutil
import pytest
from support.datagrams import bundle
from support.servers import HOST, ask, serve, stem

from plugin_bridge.osc.client import Client
from plugin_bridge.osc.datagram import encode

SECONDS = 2.0  # watched
IDLE = 0.2  # of a core: what a server takes that has nothing to do is far less


def share_of_a_core(*servers):
    """What the servers' main processes compute, as the share of a core that the busiest takes."""
    processes = [psutil.Process(server.process.pid) for server in servers]
    before = [sum(it.cpu_times()[:2]) for it in processes]
    time.sleep(SECONDS)
    after = [sum(it.cpu_times()[:2]) for it in processes]
    return max(b - a for a, b in zip(before, after, strict=True)) / SECONDS


@pytest.fixture
def root(tmp_path):
    stem(tmp_path / "root" / "in.wav", 0.3, 8000)
    return tmp_path / "root"


def test_a_server_does_not_answer_itself(root):
    with serve(root, "--workers", "1") as server:
        (reply,) = ask(server.port, "/restyle/notify", 1, server.port)
        assert reply.arguments[:3] == ("/restyle/notify", "", "bad_request")
        if shutil.which("oscsend"):
            words = [HOST, str(server.port), "/restyle/notify", "ii", "1", str(server.port)]
            subprocess.run(["oscsend", *words], check=True)
        assert share_of_a_core(server) < IDLE
        assert server.errors.read_text() == ""


def test_two_servers_that_notify_each_other_fall_silent(root, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    with serve(root, "--workers", "1") as a, serve(other, "--workers", "1") as b:
        for one, two in ((a, b), (b, a)):
            ask(one.port, "/restyle/notify", 1, two.port, until="/restyle/done")
        ask(a.port, "/restyle/param/set", "mix", 0.5)  # news
        with Client(port=a.port) as client:
            out = root / "out.wav"
            assert client.wait(client.submit(root / "in.wav", out, "violin")).frames == 2400
        assert share_of_a_core(a, b) < IDLE
        for it in (a, b):
            assert "not notified: a server" in {entry["event"] for entry in it.entries()}
            assert it.errors.read_text() == ""


def test_answers_sent_to_a_server_by_the_thousand_are_not_answered(root):
    answers = bundle(*[encode("/restyle/fail", "/restyle/fail", "", "bad_request", "No.")] * 60)
    with serve(root, "--workers", "1") as server, Client(port=server.port) as client:
        for _ in range(100):
            client._connection.send(answers)
        assert client.version().api == 1
        assert list(client._connection.listen(0.3)) == []
