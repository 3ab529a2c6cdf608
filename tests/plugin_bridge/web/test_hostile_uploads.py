"""Damaged sound files over HTTP: each is taken or refused in moments, and nothing else happens."""

import os

import pytest
from support.mutants import mutant
from support.web import web

COUNT = int(os.environ.get("RESTYLE_MUTANTS", "64"))


@pytest.mark.slow
def test_mutated_uploads(tmp_path):
    with web(tmp_path, "--max-minutes", "1") as server:
        taken = []
        for number in range(COUNT):
            name, data = mutant(number)
            reply = server.http.post("/v1/uploads", params={"name": name}, content=data or b"x")
            assert reply.status_code in (201, 422), (number, reply.text)
            if reply.status_code == 201:
                taken.append(reply.json())
            else:
                assert "/" not in reply.json()["detail"], number
        assert taken
        assert len(taken) < COUNT
        ends = set()
        for number, upload in enumerate(taken[::8]):  # those that were taken may still be damaged
            body = {"stem": upload["id"], "style": {"preset": "violin"}, "end_seconds": 0.2}
            job = server.submit(body, wait=60).json()
            ends.add(job["state"])
            assert job["state"] in ("done", "failed"), (number, job)
            assert str(tmp_path) not in job["error"]
            for kind in ("preview", "spectrogram"):
                assert server.http.get(job["links"]["stem"][kind]).status_code in (200, 422)
        assert "done" in ends
        kept = sorted(it.stem for it in (tmp_path / "data" / "uploads").iterdir() if "." in it.name)
        assert {it.partition(".")[0] for it in kept} == {it["id"] for it in taken}
        assert {it.name for it in (tmp_path / "data").iterdir()} == {"restyle", "uploads", "jobs"}
        assert not [line for line in server.entries() if line["event"] == "fault"]
        assert server.http.get("/healthz").status_code == 200
        assert "Traceback" not in server.errors.read_text()  # libmpg123 says things of its own
