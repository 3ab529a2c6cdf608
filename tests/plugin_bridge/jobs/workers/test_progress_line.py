"""The line from a worker to its server: reports come in order, strangers are not heard."""

import asyncio
import json
import socket
import threading
import time
from collections import deque

import psutil
import pytest
from support.servers import serve, stem, wait_for

from effects import Cancelled
from plugin_bridge.jobs.workers import progress_line as module
from plugin_bridge.jobs.workers.progress_line import Exchange, Line


def with_exchange(story):
    """Run a story of a function in a thread, with an exchange and what it heard."""

    async def run():
        heard = []
        exchange = Exchange(lambda *report: heard.append(report))
        address = await exchange.open("127.0.0.1")
        try:
            loop = asyncio.get_running_loop()
            await asyncio.wait_for(
                asyncio.to_thread(story, exchange, address, heard, loop.call_soon_threadsafe), 20
            )
            await asyncio.sleep(0.3)  # for what is still on its way
        finally:
            exchange.close()
        return heard

    return asyncio.run(run())


def until_cut(line):
    end = time.monotonic() + 5
    with pytest.raises(Cancelled):  # noqa: PT012
        while time.monotonic() < end:
            line.report(0.5, "working")
            time.sleep(0.01)


def test_reports_arrive_in_order():
    def story(exchange, address, heard, call):
        with Line(address, "job ü") as line:
            for step in range(50):
                line.report(step / 49, f"stage {step}")

    heard = with_exchange(story)
    assert [stage for _, _, stage in heard] == [f"stage {step}" for step in range(50)]
    assert {job for job, _, _ in heard} == {"job ü"}
    assert (heard[0][1], heard[-1][1]) == (0.0, 1.0)


def test_long_texts_are_no_trouble():
    def story(exchange, address, heard, call):
        with Line(address, "🎻" * 200) as line:
            line.report(0.1234567, "🎻" * 5000)

    ((job, fraction, stage),) = with_exchange(story)
    assert (job, fraction, stage) == ("🎻" * 200, 0.1235, "🎻" * 100)


def test_a_line_that_is_cut_stops_the_work_and_others_go_on():
    def story(exchange, address, heard, call):
        with Line(address, "a") as a, Line(address, "b") as b:
            a.report(0, "")
            b.report(0, "")
            call(exchange.cut, "a")
            until_cut(a)
            b.report(1, "whole")

    assert with_exchange(story)[-1] == ("b", 1.0, "whole")


def test_a_job_that_was_given_up_is_stopped_when_it_calls():
    def story(exchange, address, heard, call):
        call(exchange.cut, "a")
        with Line(address, "a") as line:
            until_cut(line)
        call(exchange.forget, "a")
        with Line(address, "a") as line:
            line.report(1, "again")

    assert with_exchange(story) == [("a", 1.0, "again")]


def test_a_server_that_is_gone_stops_the_work():
    def story(exchange, address, heard, call):
        with Line(address, "a") as line:
            while not heard:
                line.report(0, "")
                time.sleep(0.01)
            call(exchange.close)
            until_cut(line)
        with pytest.raises(ConnectionError):
            Line(address, "b")

    with_exchange(story)


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"[" * 4000 + b"\n",
        b"x" * 100_000 + b"\n",
        b"\xff\xfe\n",
        b"null\n",
        b"[]\n",
        b'{"token": "00"}\n',
        b'{"token": "00", "job": "a"}\n[1, "forged"]\n',
        b'{"token": "\\ud800", "job": "a"}\n[1, "forged"]\n',
        b'{"token": null, "job": "a"}\n[1, "forged"]\n',
    ],
)
def test_strangers_are_not_heard(said):
    def story(exchange, address, heard, call):
        with Line(address, "a") as line:
            with socket.create_connection(address[:2]) as stranger:
                stranger.settimeout(5)
                try:
                    stranger.sendall(said)
                    stranger.shutdown(socket.SHUT_WR)
                    assert stranger.recv(1) == b""
                except ConnectionError:
                    pass
            line.report(1, "true")

    assert with_exchange(story) == [("a", 1.0, "true")]


@pytest.mark.parametrize("said", [b"1\n", b"[1]\n", b'["x", "y"]\n', b"{\n", b"[" * 4000 + b"\n"])
def test_nonsense_ends_a_line(said):
    def story(exchange, address, heard, call):
        greeting = json.dumps({"token": address.token, "job": "a"}).encode() + b"\n"
        with socket.create_connection(address[:2]) as worker:
            worker.settimeout(5)
            worker.sendall(greeting + said)
            assert worker.recv(1) == b""

    assert with_exchange(story) == []


def test_who_says_nothing_is_let_go(monkeypatch):
    monkeypatch.setattr(module, "GREET_SECONDS", 0.1)

    def story(exchange, address, heard, call):
        with socket.create_connection(address[:2]) as stranger:
            stranger.settimeout(5)
            assert stranger.recv(1) == b""

    assert with_exchange(story) == []


def test_each_server_has_a_token_of_its_own():
    tokens = []
    for _ in range(2):
        with_exchange(lambda exchange, address, heard, call: tokens.append(address.token))
    assert len(set(tokens)) == 2
    assert min(map(len, tokens)) >= 32


def callers(address, count):
    """So many connections of someone who says nothing."""
    return [socket.create_connection(address[:2], timeout=5) for _ in range(count)]


def test_of_those_who_say_nothing_only_a_few_are_kept():
    def story(exchange, address, heard, call):
        with Line(address, "a") as line:
            silent = callers(address, 3 * module.MAX_STRANGERS)
            line.report(0.5, "still there")
            for it in silent[: -module.MAX_STRANGERS - 1]:
                assert it.recv(1) == b""
            with Line(address, "b") as other:
                other.report(1, "new")
            for it in silent:
                it.close()

    heard = with_exchange(story)
    assert ("a", 0.5, "still there") in heard
    assert heard[-1] == ("b", 1.0, "new")


def test_whoever_closes_at_once_leaves_nothing_behind():
    before = psutil.Process().num_fds()

    def story(exchange, address, heard, call):
        for _ in range(20):
            for it in callers(address, 10):
                it.close()
        with Line(address, "a") as line:
            line.report(1, "whole")
        wait_for(lambda: heard)

    assert with_exchange(story) == [("a", 1.0, "whole")]
    assert psutil.Process().num_fds() <= before


def test_callers_without_end_neither_stop_jobs_nor_fill_the_terminal(tmp_path):
    resource = pytest.importorskip("resource")
    root = tmp_path / "root"
    stem(root / "in.wav", 0.3, 8000)
    with serve(root, "--workers", "1") as server:
        resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (64, 64))
        listening = wait_for(lambda: psutil.Process(server.process.pid).net_connections("tcp"))
        over = threading.Event()

        def call():
            silent = deque()
            while not over.wait(0.001):
                silent.append(socket.socket())
                silent[-1].setblocking(False)
                silent[-1].connect_ex(listening[0].laddr)
                if len(silent) > 150:
                    silent.popleft().close()
            for it in silent:
                it.close()

        caller = threading.Thread(target=call)
        caller.start()
        try:
            time.sleep(1)
            for n in range(3):
                server.ask("/restyle/submit", f"{n}", "in.wav", f"{n}.wav", "violin", timeout=30)
            assert [server.wait(f"{n}") for n in range(3)] == ["done"] * 3
        finally:
            over.set()
            caller.join()
        assert server.stop() == 0
        assert server.errors.read_text() == ""
