"""restyle serve --web: how it starts, whom it lets in, and how it stops."""

import socket
import subprocess
import sys
import threading
import time

import httpx2
import pytest
from support.servers import RESTYLE, ask
from support.web import WebServer, events, python, web


def run(folder, *options, command=tuple(RESTYLE)):
    """Start a server that is to refuse; returns the code and what it says."""
    words = [*command, "serve", "--web", "--web-port", "0", "--journal", folder / "j.sqlite"]
    words += ["--data", folder / "data", "--workers", "1", "--quiet", *options]
    done = subprocess.run(
        [str(word) for word in words], capture_output=True, text=True, timeout=60, check=False
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--web-host", "0.0.0.0"], "restyle keys add NAME"),
        (["--web-host", "localhost"], "--web-host takes an address"),
        (["--max-upload-mb", "0"], "--max-upload-mb must be more than 0"),
        (["--keep-results-days", "-1"], "--keep-results-days must be more than 0"),
        (["--max-upload-mb", "inf"], "--max-upload-mb must be more than 0, and a number"),
        (["--allow-host", "https://example.org"], "without http://"),
        (["--files", "ftp://x/y"], "ftp"),
        (["--records", "mysql://x/y"], "PostgreSQL"),
    ],
)
def test_what_cannot_be_served_is_said_in_one_line(tmp_path, options, message):
    code, out, error = run(tmp_path, *options)
    assert (code, out) == (2, "")
    assert error.startswith("restyle: ")
    assert message in error
    assert error.count("\n") == 1


@pytest.mark.slow
def test_a_port_in_use_is_said_in_one_line(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        code, _, error = run(tmp_path, "--web-port", taken.getsockname()[1])
    assert code == 2
    assert "--web-port" in error
    assert error.count("\n") == 1


def test_without_the_packages_the_extra_is_named(tmp_path):
    missing = python("import sys; sys.modules['fastapi'] = None")
    code, _, error = run(tmp_path, command=missing)
    assert code == 2
    assert "pip install 'restyle[web]'" in error
    assert error.count("\n") == 1


def test_who_does_not_serve_the_web_loads_nothing_of_it():
    code = "import plugin_bridge.serve, plugin_bridge.cli.main, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert not {"fastapi", "starlette", "uvicorn", "pydantic", "psycopg", "obstore"} & loaded


@pytest.mark.slow
def test_osc_and_web_share_one_server_but_not_their_jobs(tmp_path, stem):
    root = tmp_path / "root"
    root.mkdir()
    (root / "in.wav").write_bytes(stem)
    command = [*RESTYLE, "serve", "--web", "--web-port", "0", "--quiet", "--workers", "1"]
    command += ["--journal", tmp_path / "j", "--data", tmp_path / "data"]
    command += ["--root", root, "--port", "0"]
    with subprocess.Popen(
        [str(it) for it in command], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            osc = int(process.stdout.readline().rpartition(":")[2])
            url = process.stdout.readline().split()[-1]
            server = WebServer.__new__(WebServer)
            with httpx2.Client(base_url=url, timeout=60) as server.http:
                id = server.upload(stem)["id"]
                body = {"stem": id, "style": {"preset": "violin"}}
                job = server.submit(body, wait=60).json()
                assert job["state"] == "done"
                (reply,) = ask(osc, "/restyle/job", job["id"])
                assert "no_such_job" in reply.arguments
                ask(
                    osc,
                    "/restyle/submit",
                    "x",
                    "in.wav",
                    "out.wav",
                    "violin",
                    until="/restyle/done",
                )
                jobs = server.http.get("/v1/jobs").json()["jobs"]
                assert [it["id"] for it in jobs] == [job["id"]]
        finally:
            process.kill()


def test_more_names_can_be_allowed(tmp_path):
    with web(tmp_path, "--allow-host", "music.example") as server:
        for host, status in (("music.example", 200), ("Music.Example:80", 200), ("x.example", 403)):
            assert server.raw("GET", "/healthz", [("Host", host)])[0] == status
        assert not [it for it in server.entries() if "host" in it]  # no OSC without --root


@pytest.mark.slow
def test_the_end_of_the_server_ends_streams_at_once(tmp_path, stem):
    with web(tmp_path) as server:
        id = server.upload(stem)["id"]
        heard = []

        def listen():
            with server.client() as client, client.stream("GET", "/v1/events") as reply:
                heard.extend(events(reply.iter_lines()))

        listening = threading.Thread(target=listen)
        listening.start()
        job = server.submit({"stem": id, "style": {"preset": "violin"}}).json()
        time.sleep(0.3)
        started = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - started < 8
        listening.join(10)
        assert not listening.is_alive()
        assert heard[0]["data"]["id"] == job["id"]
        assert server.errors.read_text() == ""
        server.start()
        with server.client() as client:
            place = f"/v1/jobs/{job['id']}"
            assert client.get(place, headers={"Prefer": "wait=60"}).json()["state"] == "done"
