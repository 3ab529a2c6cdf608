"""The client: what a lossy line, an unkind server and impatient callers make of it."""

import json
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from support.stand_in import StandIn

from plugin_bridge.osc import client as client_module
from plugin_bridge.osc.client import (
    QUEUED,
    SILENT,
    Chain,
    Client,
    Failed,
    Job,
    JobCancelled,
    NoServer,
    Preset,
    Refused,
    Result,
    Status,
)
from plugin_bridge.osc.datagram import encode


@pytest.fixture
def server():
    with_port = StandIn()
    yield with_port
    with_port.close()


@pytest.fixture
def client(server):
    with Client(port=server.port) as it:
        yield it


@pytest.fixture
def nobody():
    """A port where nobody is."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as it:
        it.bind(("127.0.0.1", 0))
        return it.getsockname()[1]


def submitted(server):
    return [message.arguments for message in server.heard if message.address == "/restyle/submit"]


# All is well


def test_a_job_is_submitted_followed_and_done(server, client, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    server.job_seconds = 0.5
    seen = []
    job = client.submit("in.wav", "out.wav", "violin")
    result = client.wait(job, on_progress=lambda *report: seen.append(report))
    out = str(tmp_path / "out.wav")
    assert result == Result(job, out, 44_100, 44_100, 0.5)
    assert submitted(server) == [(job, str(tmp_path / "in.wav"), out, "violin")]
    fractions = [fraction for fraction, _ in seen]
    assert fractions == sorted(fractions)
    assert {"restyling", "done"} <= {stage for _, stage in seen} <= {QUEUED, "restyling", "done"}
    assert seen[-1] == (1.0, "done")
    assert 4 <= len(seen) <= 8  # ten a second


def test_advice_comes_with_the_result(server, client):
    server.advice = "Heard nothing."
    assert client.wait(client.submit("in.wav", "out.wav")).advice == "Heard nothing."


def test_settings_are_sent_as_exactly_as_they_were_given(server, client):
    client.submit(
        "/in.wav",
        Path("/out.wav"),
        strength=0.7,
        mix=1,
        gain_db=-6.1,
        seed=2**31 - 1,
        start_seconds=0.1,
        end_seconds=2.0,
        drums="drop",
        dynamics=0.35,
        style=Path("/clip.wav"),
        engine="sampler",
    )
    given = submitted(server)[0][3:]
    assert given[0] == ""
    assert dict(zip(given[1::2], given[2::2], strict=True)) == {
        "strength": 0.7,
        "mix": 1.0,
        "gain_db": -6.1,
        "seed": 2**31 - 1,
        "start_seconds": 0.1,
        "end_seconds": 2.0,
        "drums": "drop",
        "dynamics": 0.35,
        "style": os.path.abspath("/clip.wav"),
        "engine": "sampler",
    }


def test_a_mashup_is_submitted_followed_and_done(server, client, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    job = client.mashup("a.wav", "b.wav", "out.wav", lead="auto", balance=0.5, tempo=98.5)
    assert client.wait(job).out == str(tmp_path / "out.wav")
    [sent] = [it.arguments for it in server.heard if it.address == "/restyle/mashup"]
    paths = [str(tmp_path / name) for name in ("a.wav", "b.wav", "out.wav")]
    assert sent == (job, *paths, "lead", "auto", "balance", 0.5, "tempo", "98.5")
    server.refusals = ["out_exists"]
    with pytest.raises(Refused) as caught:
        client.mashup("a.wav", "b.wav", "out.wav")
    assert caught.value.code == "out_exists"


def test_a_morph_and_a_tweak_are_submitted_followed_and_done(server, client, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    a, b, out = (str(tmp_path / name) for name in ("a.wav", "b.wav", "out.wav"))
    job = client.morph("a.wav", "b.wav", "out.wav", at=0.25, seed=3, length_seconds=2)
    assert client.wait(job).out == out
    [sent] = [it.arguments for it in server.heard if it.address == "/restyle/morph"]
    assert sent == (job, a, b, out, "at", "0.25", "seed", 3, "length_seconds", 2.0)
    job = client.tweak("a.wav", "out.wav", scale=1.3, max="17,3", towards=None)
    assert client.wait(job).out == out
    job = client.tweak("a.wav", "out.wav", "flute")
    first, second = (it.arguments for it in server.heard if it.address == "/restyle/tweak")
    assert first[1:] == (a, out, "scale", 1.3, "max", "17,3")
    assert second == (job, a, out, "preset", "flute")


def test_parameters_of_a_chains_effects_are_settings_with_a_dot(server, client):
    effects = {"reverb.wet_level": 0.5, "comp.on": True, "delay.mix": None, "synth.mode": "soft"}
    client.submit("in.wav", "out.wav", "my-hall", strength=0.25, **effects)
    sent = submitted(server)[0][3:]
    words = ("strength", 0.25, "reverb.wet_level", 0.5, "comp.on", True, "synth.mode", "soft")
    assert sent == ("my-hall", *words)
    with pytest.raises(TypeError, match="stength"):
        client.submit("in.wav", "out.wav", "my-hall", stength=0.5)


def test_links_in_paths_are_left_to_the_server(server, client, tmp_path):
    (tmp_path / "link").symlink_to(tmp_path)
    client.submit(tmp_path / "link" / "in.wav", tmp_path / "out.wav")
    assert submitted(server)[0][1] == str(tmp_path / "link" / "in.wav")


def test_each_job_has_an_id_of_its_own(client):
    jobs = [client.submit("in.wav", "out.wav") for _ in range(3)]
    assert len(set(jobs)) == 3
    assert client.submit("in.wav", "out.wav", job="mine") == "mine"


def test_submitting_twice_runs_once(server, client):
    for _ in range(2):
        client.submit("in.wav", "out.wav", job="mine")
        client.wait("mine")
    assert server.jobs["mine"]["ran"] == 1


def test_results_can_be_had_in_any_order_and_again(client):
    jobs = [client.submit("in.wav", f"{n}.wav") for n in range(5)]
    for job in [*reversed(jobs), *jobs]:
        assert client.wait(job).job == job


def test_the_server_says_what_it_is_and_does(server, client):
    assert client.version() == ("restyle", "0", 1)
    assert client.status() == Status(queued=1, running=2, done=3, failed=4)
    assert client.presets() == [Preset("violin", "Violin", 40), Preset("mine", "Me", None)]
    assert client.chains() == [Chain("my-hall", "A hall"), Chain("tape", "tape")]
    server.chains = []
    assert client.chains() == []
    assert client.notify(True) == 1
    assert client.notify(False, 1234) == 0
    assert server.heard[-1].arguments == (0, 1234)


def test_progress_is_that_of_the_job(server, client):
    server.job_seconds = 1000
    job = client.submit("in.wav", "out.wav")
    at = client.progress(job)
    assert at == Job("running", pytest.approx(0, abs=0.1), "restyling")
    with pytest.raises(Refused, match="There is none"):
        client.progress("other")


# Cancelling


def test_a_job_can_be_cancelled(server, client):
    server.job_seconds = 1000
    job = client.submit("in.wav", "out.wav")
    assert client.cancel(job)
    with pytest.raises(JobCancelled):
        client.wait(job)


def test_what_has_ended_cannot_be_cancelled(server, client):
    for end in ("done", "failed"):
        server.end = end
        job = client.submit("in.wav", "out.wav")
        while not server.jobs[job]["ended"]:
            time.sleep(0.01)
        assert not client.cancel(job)
    with pytest.raises(Refused) as caught:
        client.cancel("other")
    assert caught.value.code == "no_such_job"


def test_what_on_progress_raises_cancels_the_job_and_comes_out(server, client):
    server.job_seconds = 1000

    def stop(fraction, stage):
        raise KeyError("enough")

    job = client.submit("in.wav", "out.wav")
    with pytest.raises(KeyError, match="enough"):
        client.wait(job, on_progress=stop)
    assert server.jobs[job]["ended"] == "cancelled"


def test_work_that_takes_long_to_stop_is_waited_for(server, client):
    server.job_seconds, server.pushes, client.timeout_seconds = 1000, False, 0.6
    act, asked = server.act, []

    def slowly(sender, address, arguments):
        asked.append(time.monotonic())
        if address != "/restyle/cancel" or asked[-1] - asked[0] > 1.2:
            act(sender, address, arguments)

    job = client.submit("in.wav", "out.wav")
    server.act = slowly
    assert client.cancel(job)


# The server's no


@pytest.mark.parametrize("code", ["outside_root", "queue_full"])
def test_a_refusal_has_a_code_and_a_reason(server, client, code):
    server.refusals = [code]
    with pytest.raises(Refused, match=f"It is {code}") as caught:
        client.submit("in.wav", "out.wav", job="mine")
    assert caught.value.code == code
    assert client.submit("in.wav", "out.wav", job="mine") == "mine"  # now there is room
    assert client.wait("mine").job == "mine"


def test_another_job_of_the_same_id_is_refused_and_the_first_goes_on(server, client):
    client.submit("in.wav", "out.wav", job="mine")
    with Client(port=server.port) as other:
        for it in (client, other):
            with pytest.raises(Refused) as caught:
                it.submit("in.wav", "other.wav", job="mine")
            assert caught.value.code == "id_taken"
            assert it.wait("mine").out == os.path.abspath("out.wav")


def test_a_job_that_fails_says_why(server, client):
    server.end = "failed"
    with pytest.raises(Failed, match="It hung") as caught:
        client.wait(client.submit("in.wav", "out.wav"))
    assert caught.value.code == "hung"


def test_a_list_that_has_to_wait_is_asked_for_again(server, client):
    asked = []

    def too_many(sender, address, arguments):
        asked.append(address)
        if len(asked) == 1:
            server.say(sender, "/restyle/fail", address, "", "too_many", "One at a time.")
        else:
            StandIn.act(server, sender, address, arguments)

    server.act = too_many
    assert len(client.presets()) == 2


@pytest.mark.parametrize(
    ("paths", "said"),
    [
        (("a\0b.wav", "out.wav"), "NUL"),
        (("\udcff.wav", "out.wav"), "cannot be sent"),
        (("a" * 20_000, "out.wav"), "too long"),
    ],
)
def test_what_cannot_be_sent_is_said(server, client, paths, said):
    with pytest.raises(ValueError, match=said):
        client.submit(*paths)
    assert not server.heard


# A lossy line


@pytest.mark.parametrize("pushes", [True, False])
def test_loss_repetition_and_delay_do_no_harm(server, pushes):
    server.lose, server.repeat, server.delay = 0.3, 0.3, 0.02
    server.job_seconds, server.pushes = 0.1, pushes
    with Client(port=server.port, timeout_seconds=20) as client:
        jobs = [client.submit("in.wav", f"{n}.wav") for n in range(4)]
        assert [client.wait(job).job for job in jobs] == jobs
        assert len(client.presets()) == 2
    assert [server.jobs[job]["ran"] for job in jobs] == [1] * 4
    assert len(server.jobs) == 4


def test_a_server_that_pushes_nothing_is_asked(server, client):
    server.pushes = False
    job = client.submit("in.wav", "out.wav")
    started = time.monotonic()
    assert client.wait(job) == Result(job, os.path.abspath("out.wav"), 44_100, 44_100, 0.5)
    assert time.monotonic() - started < 2
    assert server.count("/restyle/job") == 1
    assert server.count("/restyle/submit") == 2  # the second is answered by the result


def test_ends_are_found_by_asking(server, client):
    server.pushes = False
    for end, kind in [("failed", Failed), ("cancelled", JobCancelled)]:
        server.end = end
        with pytest.raises(kind) as caught:
            client.wait(client.submit("in.wav", "out.wav"))
        assert caught.value.code == {"failed": "hung"}.get(end, "cancelled")


def test_a_server_that_pushes_is_not_asked(server, client):
    server.job_seconds = 1
    client.wait(client.submit("in.wav", "out.wav"))
    assert server.count("/restyle/job") <= 1


def test_a_late_reply_is_not_taken_for_the_next(server):
    server.delay = 0.4  # longer than the first pause: every question is asked twice
    with Client(port=server.port) as client:
        client.submit("in.wav", "a.wav", job="a")
        client.submit("in.wav", "b.wav", job="b")
        assert client.wait("b").out.endswith("b.wav")
        assert client.wait("a").out.endswith("a.wav")


def test_a_late_reply_to_an_earlier_question_is_dropped(server, client):
    server.job_seconds, server.pushes = 1000, False
    job = client.submit("in.wav", "out.wav")
    server.delay = 0.4
    assert client.progress(job).state == "running"  # asked twice, since the reply took so long
    time.sleep(0.5)
    server.delay, server.jobs[job]["ended"] = 0.0, "done"
    assert client.progress(job).state == "done"


# Others on the line


def test_garbage_from_the_server_is_ignored(server, client):
    server.garble = [
        b"",
        b"garbage",
        encode("/restyle/version.reply", 1, 2, 3),
        encode("/restyle/done", "submit"),
        encode("/restyle/accepted", "mine"),
        encode("/restyle/job.reply", "mine", "done"),
        encode("/restyle/job.reply", "mine", "running", float("nan"), ""),
        encode("/restyle/fail", "/restyle/submit", "other", "hung", "Not yours."),
        encode("/restyle/fail", "/restyle/submit"),
        encode("/other", "mine"),
        b"#bundle\0" + bytes(8) + struct.pack(">i", -4),
    ]
    client.submit("in.wav", "out.wav", job="mine")
    assert client.wait("mine").frames == 44_100
    assert client.version().api == 1


def test_what_others_send_is_ignored(server, client):
    server.pushes, server.job_seconds = False, 0.6
    job = client.submit("in.wav", "out.wav")
    _, port = server.jobs[job]["client"]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        for _ in range(50):
            done = encode("/restyle/done", "submit", job, "/elsewhere.wav", 1, 1, 0.0)
            other.sendto(done, ("127.0.0.1", port))
    assert client.wait(job).out == os.path.abspath("out.wav")


def test_news_of_other_jobs_takes_no_room(server, client):
    client.notify(True)
    with Client(port=server.port) as other:
        other.wait(other.submit("in.wav", "out.wav"))
    client.status()
    assert not client._jobs


# No server


def test_nobody_there_is_said_in_time(nobody):
    started = time.monotonic()
    with Client(port=nobody, timeout_seconds=0.6) as client:
        for ask in (
            client.version,
            lambda: client.submit("in.wav", "out.wav"),
            lambda: client.cancel("job"),
        ):
            with pytest.raises(NoServer, match=f"No Restyle server answers at 127.0.0.1:{nobody}:"):
                ask()
    assert 1.8 <= time.monotonic() - started < 4


def test_a_silent_server_is_none(server, client):
    server.mute, client.timeout_seconds = True, 0.5
    with pytest.raises(NoServer, match="restyle serve --root FOLDER"):
        client.status()


def test_localhost_is_where_servers_listen(server, monkeypatch):
    found = socket.getaddrinfo("127.0.0.1", server.port, type=socket.SOCK_DGRAM)
    other = (socket.AF_INET6, socket.SOCK_DGRAM, 17, "", ("::1", server.port, 0, 0))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [other, *found])
    with Client("localhost", server.port) as client:
        assert client.version().api == 1


def test_unknown_hosts_and_impossible_ports_are_said():
    with pytest.raises(NoServer, match=r"at no.such.host.invalid:9471"):
        Client("no.such.host.invalid")
    for port in (0, 65536, -1):
        with pytest.raises(ValueError, match="between 1 and 65535"):
            Client(port=port)


def test_a_server_that_comes_a_little_later_is_found(nobody):
    servers = []
    starter = threading.Timer(0.8, lambda: servers.append(StandIn(nobody)))
    starter.start()
    try:
        with Client(port=nobody) as client:
            assert client.wait(client.submit("in.wav", "out.wav")).frames == 44_100
    finally:
        starter.join()
        servers[0].close()


@pytest.mark.parametrize("keeps_jobs", [True, False])
def test_a_restart_of_the_server_is_survived(keeps_jobs):
    first, seen = StandIn(), []
    first.job_seconds = 1000
    with Client(port=first.port, timeout_seconds=0.3) as client:
        client.submit("in.wav", "out.wav", job="mine")
        restarted = []

        def restart():
            first.close()
            time.sleep(1)
            second = StandIn(first.port)
            second.job_seconds = 0.2
            if keeps_jobs:
                second.jobs = first.jobs
            restarted.append(second)

        thread = threading.Thread(target=restart)
        thread.start()
        result = client.wait("mine", on_progress=lambda *report: seen.append(report))
        thread.join()
    restarted[0].close()
    assert result.frames == 44_100
    assert restarted[0].jobs["mine"]["ran"] == 1
    assert SILENT in {stage for _, stage in seen}


def test_a_server_that_is_gone_for_good_is_given_up(server, client, monkeypatch):
    monkeypatch.setattr(client_module, "SILENCE", 1.0)
    server.job_seconds = 1000
    job = client.submit("in.wav", "out.wav")
    server.mute = True
    with pytest.raises(NoServer):
        client.wait(job)


def test_waiting_ends_when_the_time_is_over(server, client):
    server.job_seconds = 1000
    job = client.submit("in.wav", "out.wav")
    started = time.monotonic()
    with pytest.raises(TimeoutError, match="not finished"):
        client.wait(job, timeout_seconds=0.5)
    assert 0.4 < time.monotonic() - started < 1.5
    server.mute = True
    with pytest.raises(NoServer):
        client.wait(job, timeout_seconds=1.5)
    server.mute, server.job_seconds = False, 0.1
    assert client.wait(job, timeout_seconds=5).job == job  # it went on


# A lid that is closed


def stopped_for_a_while(code, server, before, meanwhile=lambda: None):
    """What a client's process says that stands still for 2.5 s, ``before`` seconds after its start.

    The code finds the server's port in ``port``; it is to print a line just before it asks.
    """
    head = "import sys; from plugin_bridge.osc import client; port = int(sys.argv[1])\n"
    command = [sys.executable, "-c", head + code, str(server.port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        process.stdout.readline()
        time.sleep(before)
        process.send_signal(signal.SIGSTOP)
        time.sleep(2.5)
        meanwhile()
        process.send_signal(signal.SIGCONT)
        return process.communicate(timeout=20)[0]


def test_who_stood_still_does_not_take_it_for_the_server_s_silence(server):
    server.job_seconds, server.pushes = 4, False
    code = """
client.SILENCE = 1.0
with client.Client(port=port) as it:
    job = it.submit("in.wav", "out.wav")
    print(flush=True)
    print(it.wait(job).frames)
"""
    assert stopped_for_a_while(code, server, before=0.7) == "44100\n"


def test_the_time_to_wait_goes_on_when_the_client_does(server):
    server.job_seconds = 4
    code = """
with client.Client(port=port) as it:
    job = it.submit("in.wav", "out.wav")
    print(flush=True)
    print(it.wait(job, timeout_seconds=3).frames)
"""
    assert stopped_for_a_while(code, server, before=0.7) == "44100\n"


def test_a_question_goes_on_when_the_client_does(server):
    server.mute = True
    code = """
print(flush=True)
print(client.Client(port=port, timeout_seconds=1.5).version().api)
"""
    heard = stopped_for_a_while(code, server, 0.5, lambda: setattr(server, "mute", False))
    assert heard == "1\n"


# Jobs of others


def test_a_job_of_another_client_can_be_waited_for(server, client, tmp_path):
    out = tmp_path / "out.wav"
    with Client(port=server.port) as other:
        other.submit("in.wav", out, job="theirs")
        other.wait("theirs")
    assert client.wait("theirs") == Result("theirs", str(out), 0, 0, 0.0)
    facts = {"frames": 96_000, "rate": 48_000, "seconds": 1.5}
    Path(f"{out}.json").write_text(json.dumps(facts))
    with Client(port=server.port) as third:
        assert third.wait("theirs") == Result("theirs", str(out), 96_000, 48_000, 1.5)
        assert third.wait("theirs").seconds == 1.5
    Path(f"{out}.json").write_text(json.dumps({**facts, "made_of": {"advice": "Heard nothing."}}))
    with Client(port=server.port) as fourth:
        assert fourth.wait("theirs").advice == "Heard nothing."


def test_a_job_that_nobody_knows_is_not_waited_for(client):
    with pytest.raises(Failed) as caught:
        client.wait("unknown")
    assert caught.value.code == "no_such_job"


# The module


def test_neither_torch_nor_librosa_is_loaded():
    code = (
        "import sys, plugin_bridge.osc.client;"
        "print([name for name in ('torch', 'librosa', 'numpy', 'typer') if name in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout == "[]\n"


def test_closing_twice_is_no_trouble(server):
    client = Client(port=server.port)
    client.close()
    client.close()


def fail(address, job):
    return encode("/restyle/fail", address, job, "bad_request", "It is wrong.")


def test_a_refusal_to_another_is_not_taken_for_its_own(server, client):
    """Who is notified hears of all."""
    others = [("/restyle/submit", ""), ("/restyle/submit", "x"), ("/restyle/job", "")]
    server.garble = [fail(*it) for it in others]
    assert client.wait(client.submit("in.wav", "out.wav", job="mine")).job == "mine"


def test_the_refusal_of_an_id_that_is_too_long_is_heard(server, client):
    server.garble = [fail("/restyle/submit", "x" * 200)]  # an answer has no more of it
    with pytest.raises(Refused, match=r"It is wrong\."):
        client.submit("in.wav", "out.wav", job="x" * 201)
