"""What is refused before anything of a body is read."""

import socket
import time

import pytest
from support.servers import wait_for
from support.web import problem

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
    ):
        assert http.get(path).status_code in (404, 422)
        assert http.get(path).headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("start", "more"),
    [
        (b"GET /", b"a"),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\n", b"X: a\r\n"),
        (b"POST /v1/session HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2;", b"a"),
    ],
)
def test_a_head_without_end_is_refused(server, start, more):
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
        client.sendall(start)
        with pytest.raises(ConnectionError):
            client.sendall(more * (40_000_000 // len(more)))
    assert server.http.get("/healthz").status_code == 200


def test_who_leaves_in_the_middle_of_a_body_is_no_fault(server):
    length = [HOST, ("Content-Length", "9"), ("Content-Type", "application/json")]
    head = "".join(f"{name}: {value}\r\n" for name, value in length)
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        client.sendall(f"POST /v1/jobs HTTP/1.1\r\n{head}\r\n{{".encode())
        time.sleep(0.2)
    assert server.http.get("/healthz").status_code == 200
    assert [it for it in server.entries() if it["event"] == "fault"] == []


@pytest.mark.parametrize(
    ("path", "code"), [("/v1/jobs", "unsupported"), ("/v1/nowhere", "unknown_address")]
)
def test_the_log_has_what_was_refused(server, path, code):
    def logged():  # of many within a few seconds, only how many they were
        server.http.post(path, content=None if code == "unknown_address" else b"x")
        said = [it for it in server.entries() if it["event"] == "refused"]
        return [it for it in said if it.get("request") == f"POST {path}" and it["code"] == code]

    found = wait_for(logged)
    assert found[0]["client"] == "127.0.0.1"
    assert found[0]["why"]


def test_the_log_is_not_filled_by_what_only_looks(server):
    for _ in range(3):
        assert server.http.get("/v1/looking").status_code == 404
    assert not [it for it in server.entries() if "/v1/looking" in it.get("request", "")]
