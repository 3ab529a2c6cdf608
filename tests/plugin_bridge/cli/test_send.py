"""``restyle send``, ``status`` and ``cancel``: against a stand-in, and against the real server."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
from support.api_stand_in import ID, ApiStandIn, refuses
from support.stand_in import StandIn

import presets
from plugin_bridge.cli import main
from plugin_bridge.files import sound_files
from plugin_bridge.files.sound_files import Sound
from plugin_bridge.osc.client import Client, JobCancelled, Refused

RATE = 44_100
RESTYLE = [sys.executable, "-c", "from plugin_bridge.cli.main import main; main()"]
QUICK = {"strength": 0.0}  # needs no torch


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RESTYLE_DEBUG", raising=False)
    return tmp_path


@pytest.fixture
def server():
    it = StandIn()
    yield it
    it.close()


@pytest.fixture
def restyle(server, capsys, monkeypatch):
    """Run a command with the stand-in, but little patience: its exit code, and what it said."""
    monkeypatch.setitem(Client.__init__.__kwdefaults__, "timeout_seconds", 1.0)

    def run(*arguments):
        port = [] if "--port" in arguments else ["--port", str(server.port)]
        code = main.run([*map(str, arguments), *port])
        said = capsys.readouterr()
        assert said.err == "" if code == 0 else re.fullmatch(r"restyle: .+\n", said.err)
        return code, said.out + said.err

    return run


def read(path="status.json"):
    text = Path(path).read_text(encoding="ascii")
    assert re.fullmatch(r"\{.*\}\n", text)
    facts = json.loads(text)
    assert [*facts] == ["job", "state", "progress", "stage", "out", "code", "message"]
    return facts


def wait_for(what, seconds=20):
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.01)


# send


def test_a_stem_is_sent_and_waited_for(restyle, server, folder):
    assert restyle("send", "in.wav", "out.wav", "--preset", "violin") == (
        0,
        "Wrote out.wav: 1.0 s, 44.1 kHz, in 0.5 s.\n",
    )
    (message,) = (it for it in server.heard if it.address == "/restyle/submit")
    assert message.arguments[1:] == (str(folder / "in.wav"), str(folder / "out.wav"), "violin")


def test_settings_and_the_id_go_along(restyle, server):
    given = ["--strength", "0.7", "--mix", "1", "--gain-db", "-6", "--seed", "3", "--job", "mine"]
    given += ["--drums", "play", "--dynamics", "0.5"]
    assert restyle("send", "in.wav", "out.wav", *given)[0] == 0
    sent = server.jobs["mine"]["request"]
    words = ("drums", "play", "dynamics", 0.5)
    assert sent[3:] == ("", "strength", 0.7, "mix", 1.0, "gain_db", -6.0, "seed", 3, *words)


def test_a_clip_of_ones_own_and_an_engine_go_along(restyle, server, folder):
    given = ["--style", "clips/cello.wav", "--engine", "infinite", "--job", "mine"]
    assert restyle("send", "in.wav", "out.wav", *given)[0] == 0
    clip = str(folder / "clips" / "cello.wav")
    assert server.jobs["mine"]["request"][3:] == ("", "style", clip, "engine", "infinite")
    assert restyle("send", "a.wav", "new.wav", "--tweak", "--style", "clip.wav")[0] == 0
    [sent] = [it.arguments for it in server.heard if it.address == "/restyle/tweak"]
    assert sent[3:] == ("style", str(folder / "clip.wav"))


def test_a_chains_name_is_sent_as_a_presets_and_settings_of_its_effects_by_their_names(
    restyle, server
):
    given = ["--chain", "my-hall", "--strength", "0.5", "--job", "mine"]
    given += ["--set", "reverb.wet_level=0.2", "--set", "delay.mode=slow", "--set", "x.on=true"]
    assert restyle("send", "in.wav", "out.wav", *given)[0] == 0
    name, *settings = server.jobs["mine"]["request"][3:]
    assert name == "my-hall"
    assert dict(zip(settings[::2], settings[1::2], strict=True)) == {
        **{"strength": 0.5, "reverb.wet_level": pytest.approx(0.2)},
        **{"delay.mode": "slow", "x.on": True},
    }


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--chain", "chains/hall.toml"], "takes chains by their names"),
        (["--chain", "hall", "--preset", "violin"], "--chain and --preset exclude each other"),
        (["--chain", "hall", "--style", "a.wav"], "--chain and --style exclude each other"),
        (["--chain", "hall", "--engine", "infinite"], "--chain and --engine exclude each other"),
        (["--chain", "hall", "--tweak"], "--chain is not for tweaks"),
        (["--chain", "hall", "--set", "reverb.wet_level"], "write NAME.PARAMETER=VALUE"),
        (["--chain", "hall", "--set", "strength=1"], "are options, as --strength"),
        (["--set", "reverb.wet_level=1"], "--set is for chains: add --chain NAME"),
    ],
)
def test_options_that_do_not_go_with_a_chain(restyle, server, options, said):
    code, line = restyle("send", "in.wav", "out.wav", *options)
    assert code == 2
    assert said in line
    assert not server.heard


def test_a_song_is_laid_over_what_is_sent(restyle, server, folder):
    options = ["--mashup", "voice.wav", "--bed", "rhythm", "--tempo", "98.5", "--song-key", "a"]
    code, said = restyle("send", "beat.wav", "out.wav", *options, "--job", "mine")
    assert (code, said.partition(":")[0]) == (0, "Wrote out.wav")
    [sent] = [it.arguments for it in server.heard if it.address == "/restyle/mashup"]
    assert sent[:4] == ("mine", *(str(folder / it) for it in ("voice.wav", "beat.wav", "out.wav")))
    chosen = dict(zip(sent[4::2], sent[5::2], strict=True))
    assert chosen == {"bed": "rhythm", "tempo": "98.5", "key": "a"}


def test_a_piece_goes_towards_another_or_is_tweaked(restyle, server, folder):
    options = ["--morph", "b.wav", "--at", "0:1", "--tempo", "own", "--length", "2"]
    assert restyle("send", "a.wav", "out.wav", *options, "--job", "mine")[0] == 0
    [sent] = [it.arguments for it in server.heard if it.address == "/restyle/morph"]
    assert sent[:4] == ("mine", *(str(folder / it) for it in ("a.wav", "b.wav", "out.wav")))
    chosen = dict(zip(sent[4::2], sent[5::2], strict=True))
    assert chosen == {"at": "0:1", "tempo": "own", "length_seconds": 2.0}
    options = ["--tweak", "--more-notes", "1", "--max", "17", "--preset", "violin"]
    assert restyle("send", "a.wav", "new.wav", *options)[0] == 0
    [sent] = [it.arguments for it in server.heard if it.address == "/restyle/tweak"]
    assert sent[1:3] == (str(folder / "a.wav"), str(folder / "new.wav"))
    chosen = dict(zip(sent[3::2], sent[4::2], strict=True))
    assert chosen == {"more_notes": 1.0, "max": "17", "preset": "violin"}


def test_options_of_a_mashup_need_one(restyle, server):
    code, said = restyle("send", "beat.wav", "out.wav", "--song-key", "a")
    assert (code, "--song-key is for mashups" in said) == (2, True)
    code, said = restyle("send", "beat.wav", "out.wav", "--mashup", "a.wav", "--strength", "0.5")
    assert (code, "--strength is not for mashups" in said) == (2, True)
    assert server.heard == []


def test_without_waiting_the_id_is_said(restyle, server):
    server.job_seconds = 1000
    code, said = restyle("send", "in.wav", "out.wav", "--no-wait")
    assert (code, said.split()) == (0, list(server.jobs))
    assert restyle("send", "in.wav", "out.wav", "--no-wait", "--job", "mine") == (0, "mine\n")
    assert not any(it["ended"] for it in server.jobs.values())


def test_quiet_says_nothing(restyle, server):
    server.advice = "Heard nothing."
    assert restyle("send", "in.wav", "out.wav", "--quiet") == (0, "")


def test_the_servers_advice_is_said_on_stderr(server, capsys):
    server.advice = "Heard nothing."
    assert main.run(["send", "in.wav", "out.wav", "--port", str(server.port)]) == 0
    said = capsys.readouterr()
    assert said.out.startswith("Wrote out.wav")
    assert said.err == "restyle: Heard nothing.\n"


@pytest.mark.parametrize("code", ["outside_root", "out_exists"])
def test_a_refusal_is_one_line(restyle, server, code):
    server.refusals = [code]
    said = restyle("send", "in.wav", "out.wav", "--status", "status.json")
    assert said == (2, f"restyle: It is {code}.\n")
    assert read()["code"] == code


@pytest.mark.parametrize(
    ("end", "said"), [("failed", "It hung."), ("cancelled", "mine was cancelled.")]
)
def test_how_a_job_ends_is_one_line(restyle, server, end, said):
    server.end = end
    arguments = ["send", "in.wav", "out.wav", "--job", "mine", "--status", "status.json"]
    assert restyle(*arguments) == (2, f"restyle: {said}\n")
    facts = read()
    assert (facts["state"], facts["message"]) == (end, said)
    assert facts["code"] == {"failed": "hung"}.get(end, "cancelled")


def test_no_server_is_one_line(restyle, server):
    server.mute = True
    for command in (["send", "in.wav", "out.wav"], ["status"], ["status", "job"], ["cancel", "j"]):
        code, said = restyle(*command)
        assert code == 2
        where = f"127.0.0.1:{server.port}"
        assert said == (
            f"restyle: No Restyle server answers at {where}: "
            "start one with restyle serve --root FOLDER.\n"
        )


# The status file


def test_the_status_file_tells_the_whole_story(restyle, server, folder):
    server.job_seconds = 0.6
    stories, stop = [], threading.Event()

    def watch():
        while not stop.is_set():
            if Path("status.json").exists() and (not stories or read() != stories[-1]):
                stories.append(read())
            time.sleep(0.002)

    watcher = threading.Thread(target=watch)
    watcher.start()
    code, _ = restyle(
        "send", "in.wav", "ä.wav", "--job", "mine", "--status", "status.json", "--quiet"
    )
    stop.set()
    watcher.join()
    stories.append(read())
    assert code == 0
    out = str(folder / "ä.wav")
    assert {(it["job"], it["out"], it["code"], it["message"]) for it in stories} == {
        ("mine", out, "", "")
    }
    states = [it["state"] for it in stories]
    assert list(dict.fromkeys(states)) in (
        ["sending", "queued", "running", "done"],
        ["sending", "running", "done"],
    )
    fractions = [it["progress"] for it in stories]
    assert fractions == sorted(fractions)
    assert len(fractions) > 4
    assert (fractions[-1], stories[-1]["stage"]) == (1.0, "done")
    assert [*folder.iterdir()] == [folder / "status.json"]


def test_a_reader_that_has_the_status_file_open_reads_what_it_was(restyle):
    Path("status.json").write_text("of before\n")
    with open("status.json") as reader:
        assert restyle("send", "in.wav", "out.wav", "--status", "status.json")[0] == 0
        assert reader.read() == "of before\n"
    assert read()["state"] == "done"


def test_no_server_is_in_the_status_file(restyle, server, folder):
    server.mute = True
    assert restyle("send", "in.wav", "out.wav", "--status", "status.json")[0] == 2
    facts = read()
    assert (facts["state"], facts["code"]) == ("failed", "no_server")
    assert facts["message"].startswith("No Restyle server answers")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["\udcff.wav", "out.wav"], "cannot be sent"), (["in.wav", "o" * 20_000], "too long")],
)
def test_what_cannot_be_sent_is_in_the_status_file(restyle, server, arguments, said):
    code, line = restyle("send", *arguments, "--status", "status.json")
    assert code == 2
    assert said in line
    assert said in read()["message"]
    assert read()["state"] == "failed"
    assert not server.heard


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--status", "status.txt"], "end in .json"),
        (["--status", "out.wav"], "end in .json"),
        (["--status", "out.wav.json"], "beside OUT"),
        (["--status", "./x/../out.wav.json"], "beside OUT"),
        (["--status", "missing/status.json"], "There is no folder"),
        (["--status", "folder.json"], "is a folder"),
        (["--status", "status.json", "--no-wait"], "leave --no-wait out"),
    ],
)
def test_an_impossible_status_file_is_refused_before_anything_is_sent(
    restyle, server, folder, arguments, said
):
    (folder / "folder.json").mkdir()
    (folder / "x").mkdir()
    code, line = restyle("send", "in.wav", "out.wav", *arguments)
    assert code == 2
    assert said in line
    assert not server.heard
    assert not (folder / "status.json").exists()


def test_a_status_file_that_cannot_be_written_for_a_while_is_written_later(restyle, server, folder):
    server.job_seconds = 1
    (folder / "away").mkdir()

    def trip():
        wait_for(lambda: server.jobs and server.jobs["mine"]["at"] > 0.2)
        (folder / "away").rename(folder / "elsewhere")
        wait_for(lambda: server.jobs["mine"]["at"] > 0.6)
        (folder / "elsewhere").rename(folder / "away")

    thread = threading.Thread(target=trip)
    thread.start()
    code, _ = restyle("send", "in.wav", "out.wav", "--job", "mine", "--status", "away/status.json")
    thread.join()
    assert code == 0
    assert read("away/status.json")["state"] == "done"


# Ctrl-C


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_ctrl_c_cancels_the_job(server, number, code):
    server.job_seconds = 1000
    options = ["--job", "mine", "--port", str(server.port), "--status", "status.json"]
    process = subprocess.Popen(
        [*RESTYLE, "send", "in.wav", "out.wav", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_for(lambda: "mine" in server.jobs and read()["state"] == "running")
    process.send_signal(number)
    assert process.communicate(timeout=20) == ("", "restyle: stopped\n")
    assert process.returncode == code
    assert server.jobs["mine"]["ended"] == "cancelled"
    assert read()["state"] == "cancelled"


def test_ctrl_c_without_a_server_ends_at_once_too(server):
    server.mute = True
    options = ["--port", str(server.port), "--status", "status.json"]
    process = subprocess.Popen(
        [*RESTYLE, "send", "in.wav", "out.wav", *options],
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_for(lambda: server.heard)
    started = time.monotonic()
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=20)[1] == "restyle: stopped\n"
    assert time.monotonic() - started < 5
    assert process.returncode == 130
    assert read()["state"] == "cancelled"


# status and cancel


def test_status_says_what_the_server_does(restyle, server):
    assert restyle("status") == (0, "2 running, 1 queued, 3 done, 4 failed.\n")
    server.job_seconds = 1000
    restyle("send", "in.wav", "out.wav", "--no-wait", "--job", "mine")
    assert restyle("status", "mine") == (0, "running 0 %: restyling\n")
    assert restyle("cancel", "mine") == (0, "Cancelled mine.\n")
    assert restyle("status", "mine") == (0, "cancelled\n")


def test_what_cannot_be_cancelled_is_said(restyle):
    restyle("send", "in.wav", "out.wav", "--job", "mine")
    assert restyle("cancel", "mine") == (
        2,
        "restyle: mine had ended already: there is nothing to cancel.\n",
    )
    for command in ("status", "cancel"):
        assert restyle(command, "other") == (2, "restyle: There is none.\n")


def test_these_commands_load_nothing_heavy(server):
    code = (
        "import sys; from plugin_bridge.cli import main;"
        f"main.run(['send', 'in.wav', 'out.wav', '--quiet', '--port', '{server.port}']);"
        "print([name for name in ('torch', 'librosa', 'scipy') if name in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout == "[]\n"


# The real server


def write_stem(path, seconds=0.5):
    rng = np.random.default_rng(0)
    audio = rng.uniform(-0.5, 0.5, (2, int(seconds * RATE))).astype(np.float32)
    sound_files.write(path, Sound(audio, RATE, 16))


class Real:
    """``restyle serve`` with a folder of its own, one worker, and a port that it keeps."""

    def __init__(self, folder, cache):
        self.root, self.journal = folder / "stems", folder / "journal.sqlite"
        self.root.mkdir()
        write_stem(self.root / "in.wav")
        self.port = 0
        self.folders = {"RESTYLE_CACHE_DIR": str(cache), "RESTYLE_DATA_DIR": str(folder / "data")}
        self.start()

    def start(self):
        options = ["--root", self.root, "--port", str(self.port), "--journal", self.journal]
        self.process = subprocess.Popen(
            [*RESTYLE, "serve", *options, "--workers", "1", "--quiet"],
            env={**os.environ, **self.folders},
            stdout=subprocess.PIPE,
            text=True,
        )
        first = self.process.stdout.readline()
        self.port = int(re.fullmatch(r"Listening on 127\.0\.0\.1:(\d+)\n", first)[1])

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        self.process.communicate(timeout=30)


@pytest.fixture(scope="module")
def real(tmp_path_factory, session_cache):
    it = Real(tmp_path_factory.mktemp("real"), session_cache)
    yield it
    it.stop()


@pytest.fixture
def client(real):
    with Client(port=real.port, timeout_seconds=10) as it:
        yield it


def test_the_real_server_restyles_what_is_sent(real, capsys):
    out = real.root / "sent.wav"
    arguments = ["--preset", "violin", "--strength", "0", "--port", str(real.port)]
    arguments += ["--status", "status.json"]
    assert main.run(["send", str(real.root / "in.wav"), str(out), *arguments]) == 0
    assert capsys.readouterr().out.startswith(f"Wrote {out}: 0.5 s, 44.1 kHz, in ")
    assert out.read_bytes() == (real.root / "in.wav").read_bytes()
    assert json.loads((real.root / "sent.wav.json").read_text())["frames"] == RATE // 2
    assert read()["state"] == "done"
    assert read()["out"] == str(out)


def test_the_real_server_and_the_client_agree(real, client):
    assert client.version() == ("restyle", version("restyle"), 1)
    assert [it.name for it in client.presets()] == [it.name for it in presets.every()]
    assert {it.name: it.program for it in client.presets()}["violin"] == 40
    assert client.notify(True) >= 0
    client.notify(False)
    before = client.status()
    job = client.submit(real.root / "in.wav", real.root / "a.wav", "violin", **QUICK, seed=1)
    result = client.wait(job)
    assert (result.job, result.out) == (job, str(real.root / "a.wav"))
    assert (result.frames, result.rate) == (RATE // 2, RATE)
    assert client.progress(job) == ("done", 1.0, result.out)
    assert client.status().done == before.done + 1
    with Client(port=real.port) as other:  # by what is asked, and by the report
        assert other.wait(job)[:4] == result[:4]
    client.submit(real.root / "in.wav", real.root / "a.wav", "violin", job=job, **QUICK, seed=1)
    assert client.wait(job) == result
    assert not client.cancel(job)


def test_a_part_of_a_stem_can_be_had(real, client):
    span = {"start_seconds": 0.1, "end_seconds": 0.3}
    job = client.submit(real.root / "in.wav", real.root / "part.wav", "violin", **QUICK, **span)
    assert client.wait(job).frames == pytest.approx(0.2 * RATE, abs=1)


@pytest.mark.parametrize(
    ("stem", "out", "settings", "code"),
    [
        ("missing.wav", "b.wav", {}, "not_found"),
        ("in.wav", "in.wav", {}, "out_is_in"),
        ("../journal.sqlite", "b.wav", {}, "outside_root"),
        ("in.wav", "b.wav", {"strength": 2.0}, "bad_setting"),
        ("in.wav", "b.wav", {"strength": float("nan")}, "bad_setting"),
        ("in.wav", "b.wav", {"seed": 2**40}, "bad_setting"),
        ("in.wav", "b.wav", {"preset": "no-such"}, "no_such_preset"),
        ("in.wav", "b.wav", {"job": ""}, "bad_request"),
    ],
)
def test_the_real_server_refuses_with_a_code(real, client, stem, out, settings, code):
    with pytest.raises(Refused) as caught:
        client.submit(real.root / stem, real.root / out, **{"preset": "violin", **settings})
    assert caught.value.code == code
    assert str(caught.value)


def test_a_queued_job_of_the_real_server_is_cancelled(real, client):
    write_stem(real.root / "long.wav", seconds=20)
    busy = client.submit(real.root / "long.wav", real.root / "busy.wav", "violin")
    job = client.submit(real.root / "in.wav", real.root / "c.wav", "violin", **QUICK)
    assert client.progress(job).state == "queued"
    assert client.cancel(job)
    with pytest.raises(JobCancelled):
        client.wait(job)

    def stop(fraction, stage):
        if stage not in ("queued", "starting"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        client.wait(busy, on_progress=stop, timeout_seconds=60)
    assert client.progress(busy).state == "cancelled"
    assert not [path for path in real.root.iterdir() if path.name.startswith(("busy", "c.wav"))]


def test_a_kill_of_the_real_server_is_survived(tmp_path, session_cache):
    real = Real(tmp_path, session_cache)
    try:
        with Client(port=real.port, timeout_seconds=10) as client:
            write_stem(real.root / "long.wav", seconds=5)
            jobs = [
                client.submit(real.root / "long.wav", real.root / f"{n}.wav", "violin", **QUICK)
                for n in range(3)
            ]
            real.stop(signal.SIGKILL)
            real.start()
            for job in jobs:
                assert client.wait(job, timeout_seconds=60).frames == 5 * RATE
        names = {path.name for path in real.root.iterdir()}
        wanted = {f"{n}.wav{suffix}" for n in range(3) for suffix in ("", ".json")}
        assert names == {"in.wav", "long.wav", *wanted}
    finally:
        real.stop()


# A server over HTTP


@pytest.fixture
def web():
    it = ApiStandIn()
    yield it
    it.close()


@pytest.fixture
def over_http(web, capsys, monkeypatch):
    """Run a command with the stand-in of the API: its exit code, and what it said."""
    monkeypatch.delenv("RESTYLE_KEY", raising=False)

    def run(*arguments):
        code = main.run([*map(str, arguments), "--server", web.url])
        said = capsys.readouterr()
        assert said.err == "" if code == 0 else re.fullmatch(r"restyle: .+\n", said.err)
        return code, said.out + said.err

    return run


@pytest.fixture
def stem():
    Path("in.wav").write_bytes(b"the stem")


def test_over_http_the_stem_is_sent_and_the_result_fetched(over_http, web, stem):
    given = ["--style", "clip.wav", "--strength", "0.7", "--status", "status.json"]
    given += ["--engine", "infinite"]
    Path("clip.wav").write_bytes(b"the clip")
    assert over_http("send", "in.wav", "out.wav", *given) == (0, "Wrote out.wav.\n")
    assert Path("out.wav").read_bytes() == web.result
    assert web.uploads == {"in.wav": b"the stem", "clip.wav": b"the clip"}
    [body] = web.jobs.values()
    assert (body["strength"], body["engine"]) == (0.7, "infinite")
    assert (read()["state"], read()["job"]) == ("done", ID)
    assert sorted(it.name for it in Path().iterdir()) == [
        "clip.wav",
        "in.wav",
        "out.wav",
        "status.json",
    ]


def test_over_http_two_songs_are_sent_and_their_mashup_fetched(over_http, web, stem):
    given = ["--mashup", "in.wav", "--lead", "b", "--song-key", "a"]
    assert over_http("send", "in.wav", "out.wav", *given) == (0, "Wrote out.wav.\n")
    [body] = web.jobs.values()
    assert (body["operation"], body["lead"], body["key"]) == ("mashup", "b", "a")
    assert body["a"] == body["b"]
    assert Path("out.wav").read_bytes() == web.result


def test_over_http_without_waiting_the_id_is_said(over_http, web, stem):
    assert over_http("send", "in.wav", "out.wav", "--no-wait") == (0, f"{ID}\n")
    assert not Path("out.wav").exists()


def test_the_key_comes_from_the_environment_or_an_option(over_http, web, stem, monkeypatch):
    monkeypatch.setenv("RESTYLE_KEY", "rk_1")
    assert over_http("status", ID)[0] == 0
    assert web.headers["authorization"] == "Bearer rk_1"
    assert over_http("status", ID, "--key", "rk_2")[0] == 0
    assert web.headers["authorization"] == "Bearer rk_2"
    assert main.run(["send", "--help"]) == 0


def test_help_shows_no_key(capsys, monkeypatch):
    monkeypatch.setenv("RESTYLE_KEY", "rk_secret")
    assert main.run(["send", "--help"]) == 0
    said = capsys.readouterr()
    assert "RESTYLE_KEY" in said.out
    assert "rk_secret" not in said.out + said.err


def test_over_http_jobs_are_asked_for_and_cancelled(over_http, web):
    web.steps = [("running", 0.42, "listening")]
    assert over_http("status", ID) == (0, "running 42 %: listening\n")
    assert over_http("cancel", ID) == (0, f"Cancelled {ID}.\n")
    web.steps = [("done", 1.0, "")]
    assert over_http("status", ID) == (0, "done\n")


@pytest.mark.parametrize(
    ("code", "status"), [("unauthorised", 401), ("quota_exceeded", 429), ("too_long", 422)]
)
def test_over_http_a_refusal_is_one_line(over_http, web, stem, code, status):
    web.faults["POST /v1/uploads"] = [refuses(status, code)]
    said = over_http("send", "in.wav", "out.wav", "--status", "status.json")
    assert said == (2, f"restyle: It is {code}.\n")
    assert read()["code"] == code


def test_over_http_a_failed_job_is_one_line(over_http, web, stem):
    web.steps[-1] = ("failed", 0.5, "")
    assert over_http("send", "in.wav", "out.wav") == (2, "restyle: It hung.\n")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--style", "clip.wav", "--preset", "violin"], "exclude each other"),
        (["--server", "http://localhost:1", "--job", "mine"], "leave --job out"),
        (["--server", "http://example.com", "--key", "rk_1"], "--insecure"),
        (["--server", "localhost"], "http://HOST:PORT"),
    ],
)
def test_options_that_do_not_go_together(capsys, words, why):
    assert main.run(["send", "in.wav", "out.wav", *words]) == 2
    said = capsys.readouterr().err
    assert why in said
    assert "rk_1" not in said


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_over_http_a_signal_cancels_the_job_and_leaves_no_file(web, stem, number, code):
    web.steps = [("running", 0.5, "listening")] * 1000
    command = [*RESTYLE, "send", "in.wav", "out.wav", "--server", web.url]
    process = subprocess.Popen(command, stderr=subprocess.PIPE)
    wait_for(lambda: f"GET /v1/jobs/{ID}/events" in web.heard)
    process.send_signal(number)
    _, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (code, b"restyle: stopped\n")
    assert f"POST /v1/jobs/{ID}/cancel" in web.heard
    assert not Path("out.wav").exists()
