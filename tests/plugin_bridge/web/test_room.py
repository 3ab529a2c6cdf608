"""The floor of free disk: below it, the server takes nothing in."""

import pytest
from support.web import problem, web

pytestmark = pytest.mark.slow


def test_below_the_floor_neither_uploads_nor_jobs_are_taken(tmp_path, stem):
    options = ["--min-free-mb", "0"]
    with web(tmp_path / "web", *options) as server:
        body = {"stem": server.upload(stem)["id"], "style": {"preset": "violin"}, "strength": 0.0}
        once = {"Idempotency-Key": "1"}
        job = server.submit(body, wait=30, headers=once).json()
        assert job["state"] == "done"
        server._options = ["--min-free-mb", "1e12"]
        server.restart()
        problem(server.http.post("/v1/uploads", content=stem), 507, "disk_full")
        problem(server.submit(body), 507, "disk_full")
        assert server.submit(body, headers=once).json()["id"] == job["id"]
        assert server.http.get(job["links"]["output"]["audio"]).status_code == 200
