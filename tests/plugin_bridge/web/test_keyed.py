"""A server with keys: who has none gets nothing, and who has one gets what it allows."""

import time

import pytest
from support.web import keys_of, problem, web

HOST = ("Host", "localhost")


@pytest.fixture(scope="module")
def keyed(tmp_path_factory):
    with web(tmp_path_factory.mktemp("keyed"), "--max-upload-mb", "1") as server:
        printed = keys_of(server.folder, "add", "Anna", "--rate", "30/min")
        (key,) = [word for word in printed.split() if word.startswith("rk_")]
        server.key = key
        time.sleep(1.1)  # the table of keys is read once a second
        yield server


def test_without_a_key_nothing_is_shown(keyed):
    assert keyed.raw("POST", "/v1/uploads", [HOST, ("Content-Length", "900000")])[0] == 401
    for path in ("/v1/jobs", "/v1/me", "/v1/usage", "/v1/events", "/v1/chains/tape"):
        reply = keyed.http.get(path)
        problem(reply, 401, "unauthorised")
        assert reply.headers["www-authenticate"] == "Bearer"
    for path in ("/v1/presets", "/v1/chains", "/v1/settings", "/healthz", "/openapi.json"):
        assert keyed.http.get(path).status_code == 200


def test_with_it_everything_is(keyed, stem):
    with keyed.client(headers={"Authorization": f"Bearer {keyed.key}"}) as anna:
        me = anna.get("/v1/me").json()
        assert me["name"] == "Anna"
        assert me["owner"].startswith("key_")
        assert anna.get("/v1/chains/tape").json()["name"] == "tape"
        assert keyed.upload(stem, http=anna)["bytes"] == len(stem)


def test_the_page_signs_in_and_out(keyed):
    with keyed.client() as browser:
        problem(browser.post("/v1/session", json={"key": "rk_x"}), 401, "unauthorised")
        reply = browser.post("/v1/session", json={"key": keyed.key})
        assert reply.status_code == 204
        assert "HttpOnly" in reply.headers["set-cookie"]
        assert "samesite=strict" in reply.headers["set-cookie"].lower()
        assert browser.get("/v1/me").json()["name"] == "Anna"
        assert browser.delete("/v1/session").status_code == 204
        problem(browser.get("/v1/me"), 401, "unauthorised")


def test_too_many_requests_are_told_when_to_come_back(keyed):
    with keyed.client(headers={"Authorization": f"Bearer {keyed.key}"}) as anna:
        replies = [anna.get("/v1/jobs") for _ in range(32)]
    assert replies[0].headers["ratelimit-policy"] == '"requests";q=30;w=60'
    assert '"requests";r=' in replies[0].headers["ratelimit"]
    problem(replies[-1], 429, "rate_limited")
    assert 1 <= int(replies[-1].headers["retry-after"]) <= 3


@pytest.mark.slow
def test_too_large_an_upload_is_refused_while_it_comes(keyed):
    (key,) = [
        word for word in keys_of(keyed.folder, "add", "Ben").split() if word.startswith("rk_")
    ]
    time.sleep(1.1)
    with keyed.client(headers={"Authorization": f"Bearer {key}"}) as ben:
        pieces = (bytes(10_000) for _ in range(110))
        problem(ben.post("/v1/uploads", content=pieces), 413, "too_large")
    assert not list((keyed.folder / "data" / "uploads").glob("*tmp*"))


@pytest.mark.slow
def test_a_revoked_key_is_good_no_longer_and_nobody_gets_in_without(keyed):
    (key,) = [it for it in keys_of(keyed.folder, "add", "Cleo").split() if it.startswith("rk_")]
    time.sleep(1.1)
    with keyed.client(headers={"Authorization": f"Bearer {key}"}) as cleo:
        assert cleo.get("/v1/me").status_code == 200
        with cleo.stream("GET", "/v1/events", timeout=5) as stream:
            keys_of(keyed.folder, "revoke", "Cleo")
            assert "event:" not in "".join(stream.iter_text()), "a stream ends with its key"
        problem(cleo.get("/v1/me"), 401, "unauthorised")
    problem(keyed.http.get("/v1/me"), 401, "unauthorised")


def test_a_quota_that_is_spent_is_said_with_the_time_of_the_next(keyed, stem):
    printed = keys_of(keyed.folder, "add", "Dora", "--quota-minutes", "0.001").split()
    (key,) = [it for it in printed if it.startswith("rk_")]
    time.sleep(1.1)
    with keyed.client(headers={"Authorization": f"Bearer {key}"}) as dora:
        id = keyed.upload(stem, http=dora)["id"]
        reply = keyed.submit({"stem": id, "style": {"preset": "violin"}}, http=dora)
        problem(reply, 429, "quota_exceeded")
        assert int(reply.headers["retry-after"]) > 0
        assert dora.get("/v1/usage").json()["quota_seconds"] == 0.06
