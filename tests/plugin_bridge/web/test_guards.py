"""What is refused before anything of a body is read."""

import time

import pytest
from support.web import keys_of, problem, web

HOST = ("Host", "localhost")
LONG = ("Content-Length", str(10**6))


def refused(server, *headers, method="POST", path="/v1/uploads"):
    """The status of a request of which only the header is sent."""
    status, body = server.raw(method, path, headers)
    assert b'"code"' in body
    return status


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", ""])
def test_another_name_than_the_server_s_is_refused(server, host):
    assert refused(server, ("Host", host), method="GET", path="/v1/jobs") == 403


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:80", "127.0.0.1", "[::1]:9"])
def test_its_own_names_are_good(server, host):
    assert server.raw("GET", "/healthz", [("Host", host)])[0] == 200


@pytest.mark.parametrize(
    "headers",
    [
        [("Sec-Fetch-Site", "cross-site")],
        [("Sec-Fetch-Site", "same-site")],
        [("Origin", "https://evil.example")],
        [("Origin", "http://localhost.evil.example")],
        [("Origin", "null")],
        [("Origin", "http://localhost:81")],
    ],
)
def test_another_site_s_page_can_change_nothing(server, headers):
    assert refused(server, HOST, LONG, *headers) == 403
    for method, path in (("POST", "/v1/jobs"), ("DELETE", "/v1/session")):
        assert refused(server, HOST, *headers, method=method, path=path) == 403


def test_our_own_page_can(server):
    own = [HOST, ("Origin", "http://localhost"), ("Sec-Fetch-Site", "same-origin")]
    assert server.raw("DELETE", "/v1/session", own)[0] == 204


@pytest.mark.parametrize(
    ("headers", "path", "status"),
    [
        ([("Content-Length", "600000000")], "/v1/uploads", 413),
        ([("Content-Length", "70000"), ("Content-Type", "application/json")], "/v1/jobs", 413),
        ([LONG, ("Content-Encoding", "gzip")], "/v1/uploads", 415),
        ([("Content-Length", "10"), ("Content-Type", "text/plain")], "/v1/jobs", 415),
        ([LONG, ("Authorization", "Bearer rk_nobody")], "/v1/uploads", 401),
    ],
)
def test_refused_before_the_body(server, headers, path, status):
    """The body is never sent: who would wait for it would wait for ever."""
    started = time.monotonic()
    assert refused(server, HOST, *headers, path=path) == status
    assert time.monotonic() - started < 5


def test_a_body_without_length_is_counted(http):
    pieces = (b" " * 1000 for _ in range(100))
    reply = http.post("/v1/jobs", content=pieces, headers={"Content-Type": "application/json"})
    problem(reply, 413, "too_large")


def test_every_answer_has_the_fields_that_protect_a_browser(http):
    for path in ("/healthz", "/v1/jobs", "/nowhere"):
        headers = http.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "private, no-store"
        assert "access-control-allow-origin" not in headers


def test_405_lists_all_methods(http):
    for path, methods in {
        "/v1/jobs": "GET, HEAD, POST",
        "/v1/uploads": "POST",
        "/v1/jobs/x": "DELETE, GET, HEAD",
    }.items():
        reply = http.put(path)
        problem(reply, 405, "method_not_allowed")
        assert reply.headers["allow"] == methods


def test_what_is_not_there_is_a_problem(http):
    for path in (
        "/nowhere",
        "/v1/jobs/x/y/z",
        "/static/../app.py",
        "/static/%2e%2e%2fapp.py",
        "//",
    ):
        assert http.get(path).status_code in (404, 422)
        assert http.get(path).headers["content-type"] == "application/problem+json"


class TestKeys:
    """A server with keys."""

    @pytest.fixture(scope="class")
    def keyed(self, tmp_path_factory):
        with web(tmp_path_factory.mktemp("keyed"), "--max-upload-mb", "1") as server:
            printed = keys_of(server.folder, "add", "Anna", "--rate", "30/min")
            (key,) = [word for word in printed.split() if word.startswith("rk_")]
            server.key = key
            time.sleep(1.1)  # the table of keys is read once a second
            yield server

    def test_without_a_key_nothing_is_shown(self, keyed):
        assert refused(keyed, HOST, ("Content-Length", "900000")) == 401
        for path in ("/v1/jobs", "/v1/me", "/v1/usage", "/v1/events"):
            reply = keyed.http.get(path)
            problem(reply, 401, "unauthorised")
            assert reply.headers["www-authenticate"] == "Bearer"
        for path in ("/v1/presets", "/v1/settings", "/healthz", "/openapi.json"):
            assert keyed.http.get(path).status_code == 200

    def test_with_it_everything_is(self, keyed, stem):
        with keyed.client(headers={"Authorization": f"Bearer {keyed.key}"}) as anna:
            me = anna.get("/v1/me").json()
            assert me["name"] == "Anna"
            assert me["owner"].startswith("key_")
            assert keyed.upload(stem, http=anna)["bytes"] == len(stem)

    def test_the_page_signs_in_and_out(self, keyed):
        with keyed.client() as browser:
            problem(browser.post("/v1/session", json={"key": "rk_x"}), 401, "unauthorised")
            reply = browser.post("/v1/session", json={"key": keyed.key})
            assert reply.status_code == 204
            assert "HttpOnly" in reply.headers["set-cookie"]
            assert "samesite=strict" in reply.headers["set-cookie"].lower()
            assert browser.get("/v1/me").json()["name"] == "Anna"
            assert browser.delete("/v1/session").status_code == 204
            problem(browser.get("/v1/me"), 401, "unauthorised")

    def test_too_many_requests_are_told_when_to_come_back(self, keyed):
        with keyed.client(headers={"Authorization": f"Bearer {keyed.key}"}) as anna:
            replies = [anna.get("/v1/jobs") for _ in range(32)]
        assert replies[0].headers["ratelimit-policy"] == '"requests";q=30;w=60'
        assert '"requests";r=' in replies[0].headers["ratelimit"]
        problem(replies[-1], 429, "rate_limited")
        assert 1 <= int(replies[-1].headers["retry-after"]) <= 3

    def test_too_large_an_upload_is_refused_while_it_comes(self, keyed):
        (key,) = [
            word for word in keys_of(keyed.folder, "add", "Ben").split() if word.startswith("rk_")
        ]
        time.sleep(1.1)
        with keyed.client(headers={"Authorization": f"Bearer {key}"}) as ben:
            pieces = (bytes(10_000) for _ in range(110))
            problem(ben.post("/v1/uploads", content=pieces), 413, "too_large")
        assert not list((keyed.folder / "data" / "uploads").glob("*tmp*"))
