"""Sounds over HTTP: whole and in part, as they are, as previews and as pictures."""

import asyncio
import io
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile
from PIL import Image
from support.web import problem

from plugin_bridge.storage.files import PICTURE
from plugin_bridge.storage.local import LocalFiles
from plugin_bridge.web.sounds import derived


@pytest.fixture(scope="module")
def mine(server):
    with server.client(cookies={"restyle": "results"}) as client:
        yield client


@pytest.fixture(scope="module")
def links(server, mine, stem):
    id = server.upload(stem, 'a "b" ü/c.wav', http=mine)["id"]
    body = {"operation": "turn", "first": id, "second": id, "format": "aiff"}
    return server.submit(body, wait=60, http=mine).json()["links"]


@pytest.fixture(scope="module")
def whole(mine, links):
    return mine.get(links["output"]["audio"]).content


def part(mine, links, field, **more):
    return mine.get(links["output"]["audio"], headers={"Range": field, **more})


@pytest.mark.parametrize(
    ("field", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=10-19", 10, 20),
        ("bytes=100-", 100, None),
        ("bytes=-7", -7, None),
        ("bytes=5-999999999", 5, None),
        ("bytes=-999999999", 0, None),
    ],
)
def test_a_range_is_that_part_of_the_file(mine, links, whole, field, start, stop):
    reply = part(mine, links, field)
    assert reply.status_code == 206
    wanted = whole[start:stop]
    assert reply.content == wanted
    at = whole.index(wanted) if len(wanted) > 8 else start % len(whole)
    assert reply.headers["content-range"] == f"bytes {at}-{at + len(wanted) - 1}/{len(whole)}"
    assert int(reply.headers["content-length"]) == len(wanted)


@pytest.mark.parametrize("field", ["bytes=x", "bytes=9-2", "lines=1-2", "bytes=0-1,5-6", "bytes=-"])
def test_what_is_no_range_gets_the_whole(mine, links, whole, field):
    reply = part(mine, links, field)
    assert (reply.status_code, reply.content) == (200, whole)


def test_a_range_past_the_end_is_told_how_long_the_file_is(mine, links, whole):
    for field in (f"bytes={len(whole)}-", "bytes=-0"):
        reply = part(mine, links, field)
        problem(reply, 416, "bad_range")
        assert reply.headers["content-range"] == f"bytes */{len(whole)}"


def test_what_has_not_changed_is_not_sent_again(mine, links, whole):
    place = links["output"]["audio"]
    tag = mine.get(place).headers["etag"]
    for field in (tag, f'"x", {tag}', f"W/{tag}", "*"):
        reply = mine.get(place, headers={"If-None-Match": field})
        assert (reply.status_code, reply.content) == (304, b"")
        assert reply.headers["etag"] == tag
    assert mine.get(place, headers={"If-None-Match": '"other"'}).status_code == 200
    assert part(mine, links, "bytes=0-4", **{"If-Range": tag}).status_code == 206
    assert part(mine, links, "bytes=0-4", **{"If-Range": '"other"'}).content == whole


def test_head_says_what_get_would_send(mine, links, whole):
    reply = mine.head(links["output"]["audio"])
    assert (reply.status_code, reply.content) == (200, b"")
    assert int(reply.headers["content-length"]) == len(whole)
    assert reply.headers["accept-ranges"] == "bytes"
    for path in ("/v1/jobs", "/v1/presets", "/v1/events", "/healthz"):
        assert mine.head(path).status_code == 200


def test_names_are_clean_and_types_are_ours(mine, links):
    reply = mine.get(links["output"]["audio"] + "?download=1")
    assert reply.headers["content-type"] == "audio/aiff"
    assert reply.headers["content-disposition"] == (
        "attachment; filename=\"c - turn.aiff\"; filename*=UTF-8''c%20-%20turn.aiff"
    )
    first = mine.get(links["first"]["audio"]).headers["content-disposition"]
    assert first.startswith('inline; filename="c.wav"')


def test_a_preview_is_the_same_sound_for_any_browser(mine, links, whole):
    reply = mine.get(links["output"]["preview"])
    assert reply.headers["content-type"] == "audio/flac"
    sound, rate = soundfile.read(io.BytesIO(reply.content))
    wanted, wanted_rate = soundfile.read(io.BytesIO(whole))
    assert rate == wanted_rate
    assert sound.shape == wanted.shape
    np.testing.assert_allclose(sound, np.clip(wanted, -1, 1), atol=2**-15)
    assert part(mine, {"output": {"audio": links["output"]["preview"]}}, "bytes=0-3").content == (
        b"fLaC"
    )


def test_pictures_have_one_scale(server, mine, links, stem):
    picture = np.asarray(Image.open(io.BytesIO(mine.get(links["first"]["spectrogram"]).content)))
    sound, rate = soundfile.read(io.BytesIO(stem))
    quiet = io.BytesIO()
    soundfile.write(quiet, 0.1 * sound, rate, "FLOAT", format="WAV")
    id = server.upload(quiet.getvalue(), http=mine)["id"]
    body = {"operation": "turn", "first": id, "second": id}
    other = server.submit(body, wait=30, http=mine).json()["links"]["first"]["spectrogram"]
    reply = mine.get(other)
    assert reply.headers["content-type"] == "image/png"
    shown = np.asarray(Image.open(io.BytesIO(reply.content)))
    np.testing.assert_allclose(shown, picture.astype(float), atol=1)
    assert picture.max() > 150  # it is not black
    assert picture.max() < 256


def test_what_a_job_does_not_have_is_404(mine, links):
    base = links["self"]
    problem(mine.get(f"{base}/style/audio"), 404, "unknown_address")
    problem(mine.get(f"{base}/output/video"), 422, "bad_setting")


def test_presets_can_be_heard_and_kept(mine):
    families = mine.get("/v1/presets").json()["families"]
    presets = {it["name"]: it for family in families for it in family["presets"]}
    assert presets["violin"] == {
        "name": "violin",
        "label": "Violin",
        "program": 40,
        "family": presets["violin"]["family"],
    }
    for path in ("/v1/presets", "/v1/presets/violin/clip", "/v1/settings"):
        reply = mine.get(path)
        assert reply.headers["cache-control"].startswith("public")
        again = mine.get(path, headers={"If-None-Match": reply.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
    clip = mine.get("/v1/presets/violin/clip", headers={"Range": "bytes=0-3"})
    assert (clip.status_code, clip.content) == (206, b"OggS")
    for name in ("vioiln", "..", "%2e%2e%2fetc", "x" * 300):
        assert mine.get(f"/v1/presets/{name}/clip").status_code == 404


def test_nothing_stays_of_a_sound_that_was_deleted_while_it_was_drawn(tmp_path):
    files = LocalFiles(tmp_path)

    class Slow:
        async def call(self, maker, files, key):
            files.remove(key)  # by its owner, just now
            with files.writing(key + PICTURE) as file:
                file.write(b"picture")

    desk = SimpleNamespace(files=files, aside=Slow(), making={})
    with pytest.raises(FileNotFoundError):
        asyncio.run(derived.ensure(desk, "jobs/a.flac", PICTURE))
    assert list(files.walk()) == []
