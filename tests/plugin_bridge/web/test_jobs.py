"""Jobs over HTTP: asked for once, listed, waited for, cancelled, deleted, and always one's own."""

import time

import numpy as np
import pytest
from support.servers import restyled_here, sound, wait_for
from support.web import problem, web


@pytest.fixture(scope="module")
def mine(server):
    """A client of this module's, with a sound of two seconds' length."""
    with server.client(cookies={"restyle": "jobs"}) as client:
        yield client


@pytest.fixture(scope="module")
def sent(server, mine, stem):
    return server.upload(stem, "my stem.wav", http=mine)["id"]


@pytest.fixture(scope="module")
def done(server, mine, sent):
    """A job that is done."""
    body = {"stem": sent, "style": {"preset": "Violin"}, "strength": 1, "seed": 3}
    reply = server.submit(body, wait=60, http=mine)
    assert reply.status_code == 200, reply.text
    return reply.json()


def turn(sent, **settings):
    return {"operation": "turn", "first": sent, "second": sent, **settings}


def test_a_job_is_accepted_and_done(server, mine, sent):
    reply = server.submit(turn(sent, format="flac"), http=mine)
    assert reply.status_code == 202
    job = reply.json()
    assert reply.headers["location"] == f"/v1/jobs/{job['id']}"
    assert int(reply.headers["retry-after"]) > 0
    assert job["state"] in ("queued", "running")
    later = mine.get(reply.headers["location"], headers={"Prefer": "wait=30"})
    assert later.headers["preference-applied"] == "wait=30"
    job = later.json()
    assert (job["state"], job["progress"], job["format"]) == ("done", 1.0, "flac")
    assert job["name"] == "my stem.wav"
    assert job["inputs"]["first"] == {"upload": sent, "name": "my stem.wav"}
    assert job["created"] <= job["started"] <= job["ended"] < job["expires"]
    assert mine.get(job["links"]["output"]["audio"]).headers["content-type"] == "audio/flac"


def test_the_same_bits_as_by_calling_it_here(mine, stem, done, tmp_path):
    (tmp_path / "stem.wav").write_bytes(stem)
    here = restyled_here(tmp_path / "stem.wav", tmp_path / "here.wav", seed=3)
    (tmp_path / "there.wav").write_bytes(mine.get(done["links"]["output"]["audio"]).content)
    np.testing.assert_array_equal(sound(tmp_path / "there.wav"), here)
    assert done["settings"] == {"preset": "violin", "strength": 1.0, "seed": 3}
    assert done["inputs"]["style"] == {"preset": "violin"}


def test_a_clip_of_one_s_own_can_be_the_style(server, mine, sent, stem):
    clip = server.upload(stem, "my clip.wav", http=mine)["id"]
    job = server.submit({"stem": sent, "style": {"upload": clip}}, wait=60, http=mine).json()
    assert job["state"] == "done", job
    assert job["inputs"]["style"] == {"upload": clip, "name": "my clip.wav"}
    name = mine.get(job["links"]["output"]["audio"]).headers["content-disposition"]
    assert 'filename="my stem - my clip.wav"' in name
    assert mine.get(job["links"]["style"]["audio"]).content == stem


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"strength": 1.5}, "strength"),
        ({"strength": "1"}, "strength"),
        ({"strength": True}, "strength"),
        ({"seed": 0.5}, "seed"),
        ({"drums": "louder"}, "drums"),
        ({"engine": "sample"}, "engine"),
        ({"engine": "infinite", "dynamics": 1.0}, "dynamics"),
        ({"weights": "vgg.pth"}, "weights"),
        ({"start_seconds": 2, "end_seconds": 1}, "start_seconds"),
        ({"format": "exe"}, "format"),
        ({"stem": "../../etc/passwd"}, "stem"),
        ({"stem": None}, "stem"),
        ({"style": {"preset": "vioiln"}}, "style"),
        ({"style": {"preset": "/etc/passwd"}}, "style"),
        ({"style": {"upload": "x"}}, "style.upload"),
        ({"style": {"preset": "violin", "upload": "0" * 32}}, "style.upload"),
        ({"operation": "mash"}, ""),
        ({"preset": "violin"}, "preset"),
        ({"surprise": 1}, "surprise"),
        ({"webhook": "http://example.org"}, "webhook"),
        ({"webhook": "https://user:word@example.org/"}, "webhook"),
        ({"webhook": "no address"}, "webhook"),
        ({"webhook": "https://127.0.0.1/"}, "webhook"),
    ],
)
def test_what_is_wrong_is_said_of_its_field(server, mine, sent, change, field):
    body = {"stem": sent, "style": {"preset": "violin"}, **change}
    reply = server.submit(body, http=mine)
    about = problem(reply, 422, reply.json()["code"])
    assert field in [it["field"] for it in about["errors"]]
    assert "/etc" not in about["detail"].replace("'/etc/passwd'", "")


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b'{"stem": NaN}', b"[" * 60_000, b"\xff"])
def test_a_body_that_is_no_object_is_refused(mine, body):
    reply = mine.post("/v1/jobs", content=body, headers={"Content-Type": "application/json"})
    assert reply.status_code in (400, 415, 422)
    assert reply.headers["content-type"] == "application/problem+json"


def test_no_number_is_nan(mine, sent):
    text = f'{{"stem": "{sent}", "style": {{"preset": "violin"}}, "mix": NaN}}'
    reply = mine.post("/v1/jobs", content=text, headers={"Content-Type": "application/json"})
    assert reply.status_code in (400, 422)


def test_the_same_key_gives_the_same_job(server, mine, sent):
    key = {"Idempotency-Key": '"one"'}
    first = server.submit(turn(sent), http=mine, headers=key, wait=30).json()
    again = server.submit(turn(sent), http=mine, headers=key)
    assert (again.status_code, again.json()["id"]) == (200, first["id"])
    other = server.submit(turn(sent, level=0.5), http=mine, headers=key)
    problem(other, 422, "id_taken")
    fresh = server.submit(turn(sent), http=mine).json()
    assert fresh["id"] != first["id"]


def test_another_owner_s_key_is_another(server, http, stem):
    key = {"Idempotency-Key": "one"}
    ids = set()
    for cookie in ("a", "b"):
        with server.client(cookies={"restyle": cookie}) as client:
            id = server.upload(stem, http=client)["id"]
            ids.add(server.submit(turn(id), http=client, headers=key).json()["id"])
    assert len(ids) == 2


def test_an_impossible_key_is_refused(server, mine, sent):
    for key in ("", '"', "x" * 300):
        reply = server.submit(turn(sent), http=mine, headers={"Idempotency-Key": key})
        problem(reply, 400, "bad_request")


def test_pages_list_every_job_once_the_newest_first(server, http, stem):
    id = server.upload(stem, http=http)["id"]
    sent = [server.submit(turn(id), http=http).json()["id"] for _ in range(5)]
    found, place = [], "/v1/jobs?limit=2"
    while place:
        reply = http.get(place)
        page = reply.json()
        found += [job["id"] for job in page["jobs"]]
        link = reply.headers.get("link")
        assert (link is None) == (page["next"] is None)
        place = link and link[1 : link.index(">")]
    assert found == sent[::-1]
    for id in sent:
        http.get(f"/v1/jobs/{id}", headers={"Prefer": "wait=30"})
    assert len(http.get("/v1/jobs?state=done&limit=50").json()["jobs"]) == 5
    assert http.get("/v1/jobs?state=failed&state=running").json()["jobs"] == []


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "limit=1000", "state=odd", "after=x"])
def test_impossible_pages_are_refused(http, query):
    about = problem(http.get(f"/v1/jobs?{query}"), 422, "bad_setting")
    assert about["errors"][0]["field"] in ("limit", "state", "after", "0")


def test_another_owner_s_job_is_not_there(server, done):
    own = f"/v1/jobs/{done['id']}"
    with server.client(cookies={"restyle": "a stranger"}) as other:
        for path in (own, f"{own}/events", f"{own}/output/audio"):
            problem(other.get(path), 404, "no_such_job")
        problem(other.post(f"{own}/cancel"), 404, "no_such_job")
        problem(other.delete(own), 404, "no_such_job")
        assert other.get("/v1/jobs").json() == {"jobs": [], "next": None}
        assert other.get("/v1/usage").json()["jobs"] == 0


def test_a_waiting_job_can_be_cancelled(server, mine, sent):
    jobs = [server.submit(turn(sent), http=mine).json() for _ in range(4)]
    place = f"/v1/jobs/{jobs[-1]['id']}"
    assert mine.post(f"{place}/cancel").status_code in (200, 202)
    job = mine.get(place, headers={"Prefer": "wait=30"}).json()
    assert job["state"] in ("cancelled", "done")  # it may have been too fast
    again = mine.post(f"{place}/cancel")
    assert (again.status_code, again.json()["state"]) == (200, job["state"])
    if job["state"] == "cancelled":
        problem(mine.get(f"{place}/output/audio"), 409, "not_ready")


def test_delete_deletes_all_of_it(server, mine, sent):
    job = server.submit(turn(sent), wait=30, http=mine).json()
    place = f"/v1/jobs/{job['id']}"
    results = server.folder / "data" / "jobs"
    assert mine.get(job["links"]["output"]["preview"]).status_code == 200
    assert len(list(results.glob(f"{job['id']}*"))) == 2
    assert mine.delete(place).status_code == 204
    problem(mine.get(place), 404, "no_such_job")
    problem(mine.delete(place), 404, "no_such_job")
    assert not list(results.glob(f"{job['id']}*"))


def test_a_deleted_upload_goes_with_the_last_job_that_read_it(server, http, stem):
    sent = server.upload(stem, http=http)["id"]
    jobs = [server.submit(turn(sent), wait=30, http=http).json() for _ in range(2)]
    assert http.delete(f"/v1/uploads/{sent}").status_code == 204
    assert http.get(jobs[0]["links"]["first"]["audio"]).content == stem
    for job, left in zip(jobs, (1, 0), strict=True):
        assert http.delete(f"/v1/jobs/{job['id']}").status_code == 204
        assert len(list((server.folder / "data" / "uploads").glob(f"{sent}*"))) == left


def test_what_was_done_is_billed_and_what_was_not_is_not(server, http, stem):
    id = server.upload(stem, http=http)["id"]
    job = server.submit(turn(id), wait=30, http=http).json()
    server.submit({**turn(id), "first": "0" * 32}, http=http)
    usage = http.get("/v1/usage").json()
    assert (usage["jobs"], usage["seconds"]) == (1, 0.5)
    assert usage["rows"][0]["id"] == job["id"]
    assert http.get("/v1/usage?to=2020-01-01").json()["jobs"] == 0
    problem(http.get("/v1/usage?from=yesterday"), 422, "bad_setting")


def test_me_says_who_asks(http, server):
    me = http.get("/v1/me").json()
    assert me["owner"].startswith("page_")
    assert me["webhook_secret"].startswith("whsec_")
    assert server.http.get("/v1/me").json()["owner"] == "local"


@pytest.mark.slow
def test_a_job_survives_a_crash_of_the_server(tmp_path_factory, stem):
    with web(tmp_path_factory.mktemp("crash")) as server:
        id = server.upload(stem)["id"]
        key = {"Idempotency-Key": "k"}
        body = {"stem": id, "style": {"preset": "violin"}}
        job = server.submit(body, headers=key).json()
        server.restart()
        with server.client() as client:
            assert server.submit(body, http=client, headers=key).json()["id"] == job["id"]
            place = f"/v1/jobs/{job['id']}"
            wait_for(lambda: client.get(place).json()["state"] == "done")
            assert client.get("/v1/usage").json()["jobs"] == 1


def test_waiting_ends_with_the_wait(server, mine, sent):
    place = server.submit(turn(sent), http=mine).headers["location"]
    started = time.monotonic()
    reply = mine.get(place, headers={"Prefer": "respond-async, wait=0"})
    assert reply.status_code == 200
    assert time.monotonic() - started < 5
