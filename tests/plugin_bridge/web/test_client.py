"""The client over HTTP: against a stand-in that fails, and against the real server."""

import subprocess
import sys
import threading
import time
import traceback
from contextlib import suppress

import pytest
import soundfile
from support.api_stand_in import ID, ApiStandIn, drops, refuses

import plugin_bridge
from plugin_bridge.client_types import Failed, JobCancelled, NoServer, Refused
from plugin_bridge.osc.client import Client as OscClient
from plugin_bridge.web.client import client as room
from plugin_bridge.web.client import following
from plugin_bridge.web.client.client import Client

KEY = "rk_" + "5ec2e7" * 10 + "abcd"


@pytest.fixture
def stand_in():
    it = ApiStandIn()
    yield it
    it.close()


@pytest.fixture
def client(stand_in):
    with Client(stand_in.url, timeout_seconds=1.0) as it:
        yield it


@pytest.fixture
def stem_file(tmp_path, stem):
    path = tmp_path / "Ein Stück?.wav"
    path.write_bytes(stem)
    return path


# Which client


def test_an_address_says_which_client_it_is(stand_in):
    over_http, over_osc = plugin_bridge.Client(stand_in.url), plugin_bridge.Client("127.0.0.1", 9)
    with over_http, over_osc:
        assert isinstance(over_http, Client)
        assert isinstance(over_osc, OscClient)
        assert isinstance(over_http, plugin_bridge.Client)
        assert isinstance(over_osc, plugin_bridge.Client)
        assert not isinstance(stand_in, plugin_bridge.Client)


def test_it_needs_no_extra_and_no_library():
    code = "import sys, plugin_bridge.web.client.client; print(*sys.modules)"
    command = [sys.executable, "-c", code]
    loaded = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert {"fastapi", "numpy", "pythonosc", "soundfile", "uvicorn"} & {*loaded.split()} == set()


@pytest.mark.parametrize(
    "url",
    ["http://", "ftp://a", "http://me:hunter2@host", "http://a?b", "http://a:99999", "http://[::1"],
)
def test_an_impossible_address_is_refused(url):
    with pytest.raises(ValueError, match=r"[Pp]ort|server|IPv6") as error:
        Client(url)
    assert "hunter2" not in str(error.value)


# A key


def test_a_key_goes_to_other_machines_over_https_alone():
    with pytest.raises(ValueError, match="--insecure") as error:
        Client("http://example.com", key=KEY)
    assert KEY not in str(error.value)
    for url in (
        "http://localhost:1",
        "http://127.0.0.1:1",
        "http://[::1]:1",
        "https://example.com",
    ):
        Client(url, key=KEY)
    Client("http://example.com", key=KEY, insecure=True)


def test_a_key_is_in_no_message(stand_in, stem_file, tmp_path):
    said = []
    for key in (KEY, KEY + "\n", KEY + " ä"):
        stand_in.faults["GET /v1/me"] = [refuses(401, "unauthorised")]
        try:
            with Client(stand_in.url, key=key, timeout_seconds=0.3) as client:
                said += [repr(client), str(client.url)]
                with suppress(Refused):
                    client.submit(stem_file, tmp_path / "out.wav")
                assert stand_in.headers["authorization"] == f"Bearer {KEY}"
                stand_in.close()
                client.progress(ID)
        except (ValueError, OSError):
            said.append(traceback.format_exc())
    assert len(said) == 5
    assert not any(KEY in it for it in said)


# Faults on the way


def test_a_stem_is_sent_once_and_its_result_appears_whole(client, stand_in, stem_file, tmp_path):
    out = tmp_path / "out.aif"
    job = client.submit(stem_file, out, "violin", strength=0.5, mix=None)
    assert not out.exists()
    seen = []
    result = client.wait(job, on_progress=lambda *it: seen.append(it))
    assert out.read_bytes() == stand_in.result
    assert (result.job, result.out, result.seconds) == (ID, str(out), 0.5)
    assert stand_in.uploads == {stem_file.name: stem_file.read_bytes()}
    [body] = stand_in.jobs.values()
    assert body == {
        "stem": f"upload of {stem_file.name}",
        "style": {"preset": "violin"},
        "strength": 0.5,
        "format": "aiff",
    }
    assert seen[-1] == (1.0, "done")


def test_a_clip_of_ones_own_is_sent_along(client, stand_in, stem_file, tmp_path):
    clip = tmp_path / "clip.flac"
    clip.write_bytes(b"clip")
    client.submit(stem_file, tmp_path / "out.wav", style=clip)
    [body] = stand_in.jobs.values()
    assert body["style"] == {"upload": "upload of clip.flac"}
    with pytest.raises(ValueError, match="exclude each other"):
        client.submit(stem_file, tmp_path / "out.wav", "violin", style=clip)


def test_two_songs_are_sent_and_their_mashup_fetched(client, stand_in, stem_file, tmp_path):
    bed = tmp_path / "bed.flac"
    bed.write_bytes(b"bed")
    out = tmp_path / "out.wav"
    job = client.mashup(stem_file, bed, out, bed="rhythm", tempo=98.5, key=None)
    [body] = stand_in.jobs.values()
    assert body == {
        "operation": "mashup",
        "a": f"upload of {stem_file.name}",
        "b": "upload of bed.flac",
        "bed": "rhythm",
        "tempo": "98.5",
        "format": "wav",
    }
    client.wait(job)
    assert out.read_bytes() == stand_in.result
    with pytest.raises(Refused, match="exists"):
        client.mashup(stem_file, bed, out)


def test_a_morph_and_a_tweak_are_sent_and_fetched(client, stand_in, stem_file, tmp_path):
    other, out = tmp_path / "other.flac", tmp_path / "out.wav"
    other.write_bytes(b"other")
    client.wait(client.morph(stem_file, other, out, at=0.25, tempo="own", seed=None))
    assert out.read_bytes() == stand_in.result
    client.tweak(stem_file, tmp_path / "tweaked.wav", "violin", scale=1.3)
    client.tweak(stem_file, tmp_path / "own.wav", style=other)
    morph, tweak, own = stand_in.jobs.values()
    files = {"a": f"upload of {stem_file.name}", "b": "upload of other.flac"}
    assert morph == {"operation": "morph", **files, "at": "0.25", "tempo": "own", "format": "wav"}
    assert tweak == {
        "operation": "tweak",
        "stem": f"upload of {stem_file.name}",
        "style": {"preset": "violin"},
        "scale": 1.3,
        "format": "wav",
    }
    assert own["style"] == {"upload": "upload of other.flac"}
    with pytest.raises(ValueError, match="exclude each other"):
        client.tweak(stem_file, tmp_path / "x.wav", "violin", style=other)


def test_what_breaks_off_is_sent_again_and_is_one_job(client, stand_in, stem_file, tmp_path):
    def loses_the_answer(handler):
        stand_in.jobs[handler.headers["Idempotency-Key"]] = "accepted"

    places = ("GET /v1/me", "POST /v1/uploads", f"GET /v1/jobs/{ID}/events")
    for place in places:
        stand_in.faults[place] = [drops, refuses(503, "journal_busy")]
    stand_in.faults["POST /v1/jobs"] = [loses_the_answer, refuses(429, "rate_limited")]
    client.wait(client.submit(stem_file, tmp_path / "out.wav"))
    assert len(stand_in.jobs) == 1
    assert all(stand_in.heard.count(place) == 3 for place in (*places, "POST /v1/jobs"))


def test_a_result_that_breaks_off_goes_on_where_it_was(client, stand_in, stem_file, tmp_path):
    place = f"GET /v1/jobs/{ID}/output/audio"
    stand_in.faults[place] = [lambda it: stand_in.audio(it, breaks_after=60_000), drops]
    job = client.submit(stem_file, tmp_path / "out.wav")
    client.wait(job)
    assert (tmp_path / "out.wav").read_bytes() == stand_in.result
    assert stand_in.headers["range"] == "bytes=60000-"


def test_a_result_that_cannot_be_had_leaves_nothing(client, stand_in, tmp_path, monkeypatch):
    monkeypatch.setattr(room, "SILENCE", 0.3)
    place = f"GET /v1/jobs/{ID}/output/audio"
    stand_in.faults[place] = [lambda it: stand_in.audio(it, breaks_after=9)] + [drops] * 99
    with pytest.raises(NoServer):
        client.download(ID, tmp_path / "out.wav")
    stand_in.faults[place] = [refuses(409, "not_ready")]
    with pytest.raises(Refused) as refused:
        client.download(ID, tmp_path / "out.wav")
    assert refused.value.code == "not_ready"
    assert [*tmp_path.iterdir()] == []


def test_no_file_is_ever_replaced(client, stand_in, stem_file, tmp_path):
    out = tmp_path / "out.wav"
    job = client.submit(stem_file, out)
    out.write_text("mine")
    with pytest.raises(ValueError, match="exists"):
        client.wait(job)
    heard = len(stand_in.heard)
    with pytest.raises(Refused) as refused:
        client.submit(stem_file, out)
    assert refused.value.code == "out_exists"
    assert len(stand_in.heard) == heard
    assert out.read_text() == "mine"


def test_a_refusal_that_comes_before_all_is_sent_is_understood(client, stand_in, tmp_path):
    big = tmp_path / "big.wav"
    big.write_bytes(bytes(900_000))
    stand_in.faults["POST /v1/uploads"] = [refuses(413, "too_large")] * 9
    with pytest.raises(Refused) as refused:
        client.submit(big, tmp_path / "out.wav")
    assert (refused.value.code, str(refused.value)) == ("too_large", "It is too_large.")
    stand_in.limits = {"upload_bytes": 10}
    with pytest.raises(Refused, match="larger than the server takes: 10 bytes"):
        client.submit(big, tmp_path / "out.wav")


def test_what_answers_otherwise_is_said_in_a_line(client, stand_in):
    stand_in.faults["GET /v1/jobs/x"] = [
        refuses(307, "", [("Location", "http://elsewhere")]),
        lambda it: it.send_error(500),
    ]
    with pytest.raises(Refused):
        client.progress("x")
    with pytest.raises(Refused, match="answers 500"):
        client.progress("x")


def test_nobody_there_is_said_after_a_while(client, stand_in):
    stand_in.close()
    started = time.monotonic()
    with pytest.raises(NoServer, match="restyle serve --web"):
        client.progress(ID)
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(("end", "error"), [("failed", Failed), ("cancelled", JobCancelled)])
def test_how_a_job_ends_is_raised(client, stand_in, stem_file, tmp_path, end, error):
    stand_in.steps[-1] = (end, 0.5, "")
    job = client.submit(stem_file, tmp_path / "out.wav")
    with pytest.raises(error) as raised:
        client.wait(job)
    assert raised.value.code == {"failed": "hung"}.get(end, "cancelled")
    assert [*tmp_path.iterdir()] == [stem_file]


def test_a_server_that_goes_away_for_good_is_no_server(
    client, stand_in, stem_file, tmp_path, monkeypatch
):
    for module in (room, following):
        monkeypatch.setattr(module, "SILENCE", 1.0)
    client.timeout_seconds = 0.2
    stand_in.steps = [("running", 0.5, "listening")]
    job = client.submit(stem_file, tmp_path / "out.wav")
    stages = []

    def on_progress(fraction, stage):
        stages.append(stage)
        if len(stages) == 3:
            stand_in.close()

    with pytest.raises(NoServer):
        client.wait(job, on_progress=on_progress)
    assert {"listening", "the server does not answer"} <= {*stages}
    assert not any(it.name == "restyle-events" for it in threading.enumerate())


def test_who_stops_listening_cancels_the_job(client, stand_in, stem_file, tmp_path):
    stand_in.steps = [("running", 0.5, "listening")] * 100
    job = client.submit(stem_file, tmp_path / "out.wav")

    def stop(fraction, stage):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        client.wait(job, on_progress=stop)
    assert f"POST /v1/jobs/{ID}/cancel" in stand_in.heard
    assert [*tmp_path.iterdir()] == [stem_file]


def test_the_time_may_be_over_before_the_job_is(client, stand_in):
    stand_in.steps = [("running", 0.5, "listening")] * 1000
    started = time.monotonic()
    with pytest.raises(TimeoutError, match="goes on at the server"):
        client.wait(ID, timeout_seconds=0.3)
    assert time.monotonic() - started < 3


# The real server


def test_a_job_from_beginning_to_end(server, stem_file, tmp_path):
    with plugin_bridge.Client(server.url) as client:
        seen = []
        out = tmp_path / "out.flac"
        job = client.submit(stem_file, out, "violin", strength=0.0)
        result = client.wait(job, on_progress=lambda *it: seen.append(it))
        about = soundfile.info(out)
        assert (result.frames, result.rate) == (about.frames, about.samplerate)
        assert about.format == "FLAC"
        assert seen[-1] == (1.0, "done")
        assert client.progress(job).state == "done"
        assert not client.cancel(job)
        assert client.status().done >= 1
        assert "violin" in [it.name for it in client.presets()]
        assert client.version().api == 1
        client.download(job, tmp_path / "again.flac")
        assert (tmp_path / "again.flac").read_bytes() == out.read_bytes()


def test_what_the_server_refuses(server, stem_file, tmp_path):
    out = tmp_path / "out.wav"
    text = tmp_path / "text.wav"
    text.write_text("no sound")
    with Client(server.url) as client:
        for code, arguments, settings in [
            ("no_such_preset", (stem_file, out, "no such"), {}),
            ("bad_setting", (stem_file, out), {"strength": 2.0}),
            ("bad_setting", (stem_file, out), {"unknown": 2.0}),
            ("not_audio", (text, out), {}),
        ]:
            with pytest.raises(Refused) as refused:
                client.submit(*arguments, **settings)
            assert refused.value.code == code
        with pytest.raises(Refused) as refused:
            client.wait(ID)
        assert refused.value.code == "no_such_job"


def test_a_job_is_waited_for_through_a_restart_of_the_server(server, stem_file, tmp_path):
    with Client(server.url) as client:
        job = client.submit(stem_file, tmp_path / "out.wav", "violin", strength=0.0)
        server.restart()
        assert client.wait(job).frames
