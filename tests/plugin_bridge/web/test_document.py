"""The API's own documents: they say what there is, and what they say is true."""

import subprocess
import sys

import pytest
from support.browser import CHROMIUM, browser
from support.web import python, web


def test_the_document_lists_every_route_with_its_answers(http):
    found = http.get("/openapi.json").json()
    assert found["openapi"].startswith("3.1")
    assert set(found["paths"]["/v1/jobs"]) == {"get", "post"}
    submit = found["paths"]["/v1/jobs"]["post"]
    assert {"200", "202", "401", "413", "415", "422", "429"} <= set(submit["responses"])
    for path, item in found["paths"].items():
        for method, operation in item.items():
            for status, answer in operation["responses"].items():
                if status >= "400" and method != "head":
                    assert list(answer["content"]) == ["application/problem+json"], path
            assert operation["description"] or operation["summary"]


def test_a_new_operation_is_in_settings_and_document_and_runs_by_itself(server, http, stem):
    known = http.get("/v1/settings").json()["operations"]
    assert list(known) == ["restyle", "mashup", "morph", "tweak", "turn"]
    assert known["turn"]["inputs"] == [
        {"name": "first", "optional": False, "style": False},
        {"name": "second", "optional": False, "style": False},
    ]
    assert known["turn"]["settings"] == {
        "level": {"kind": "number", "least": 0, "most": 1, "whole": False, "default": 1},
        "times": {"kind": "number", "least": 1, "most": 3, "whole": True, "default": 1},
        "way": {"kind": "choice", "words": ["back", "forth"], "default": "back"},
        "remark": {"kind": "text", "default": "none"},
    }
    assert known["restyle"]["inputs"][1] == {"name": "style", "optional": True, "style": True}
    assert "preset" not in known["restyle"]["settings"]
    assert {name: it["follows"] for name, it in known.items()} == {
        "restyle": "",
        "mashup": "b",
        "morph": "a",
        "tweak": "",
        "turn": "",
    }
    schemas = http.get("/openapi.json").json()["components"]["schemas"]
    assert schemas["TurnJob"]["properties"]["times"]["maximum"] == 3
    assert schemas["RestyleJob"]["required"] == ["stem"]
    assert schemas["MashupJob"]["required"] == ["operation", "a", "b"]
    assert schemas["MorphJob"]["required"] == ["operation", "a", "b"]
    assert schemas["TweakJob"]["required"] == ["operation", "stem"]
    assert [name for name, it in known.items() if it["own_style"]] == ["tweak"]
    id = server.upload(stem, http=http)["id"]
    body = {"operation": "turn", "first": id, "second": id, "level": 0.5, "way": "forth"}
    job = server.submit(body, wait=30, http=http).json()
    assert (job["state"], job["operation"]) == ("done", "turn")
    assert job["settings"]["level"] == 0.5


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_the_documentation_is_drawn_under_the_strict_policy(server, tmp_path):
    with browser(tmp_path) as tab:
        tab.open(server.url + "docs")
        tab.until("document.querySelectorAll('h3').length > 10")
        text = tab.evaluate("document.body.textContent")
        assert "POST /v1/jobs" in text
        assert "quota_exceeded" in text
        assert f"{server.url}v1/uploads" in text
        assert not tab.errors
        assert all(it.startswith(server.url) for it in tab.requests)


@pytest.mark.slow
def test_schemathesis_finds_nothing(tmp_path):
    """Thousands of requests, right and wrong: every answer is one that the document has."""
    with web(tmp_path, command=python("from support.operation import register; register()")) as it:
        command = [sys.executable, "-m", "schemathesis.cli", "run", f"{it.url}openapi.json"]
        command += ["--exclude-checks", "positive_data_acceptance,ignored_auth"]
        command += ["--exclude-path-regex", "events", "--max-examples", "2", "--seed", "1"]
        command += ["--phases", "coverage,fuzzing"]
        command += ["--request-timeout", "20", "--no-color", "--suppress-health-check", "all"]
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
        assert done.returncode == 0, done.stdout[-6000:]
        assert it.process.poll() is None
        assert not [line for line in it.entries() if line["event"] == "fault"]
        assert it.errors.read_text() == ""
