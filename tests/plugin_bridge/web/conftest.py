"""One server for all tests of the web: they see only what they made themselves."""

from __future__ import annotations

import pytest
from support.browser import from_npm
from support.web import python, sound, web


@pytest.fixture(scope="session")
def server(tmp_path_factory, session_cache):
    """A server with the operation ``turn`` of the tests beside ours."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RESTYLE_CACHE_DIR", str(session_cache))
        command = python("from support.operation import register; register()")
        with web(tmp_path_factory.mktemp("web"), command=command) as running:
            yield running


@pytest.fixture(scope="session")
def stem(tmp_path_factory):
    """Half a second of plucked notes, as a WAV file's bytes."""
    return sound(tmp_path_factory.mktemp("stem"))


@pytest.fixture
def http(server):
    """A client that is an owner of its own: a browser that has just opened the page."""
    with server.client() as client:
        client.cookies.set("restyle", f"cookie of {id(client)}".replace(" ", "-"))
        yield client


@pytest.fixture(scope="session")
def axe(tmp_path_factory):
    """The rules of axe-core, which is not shipped."""
    package = from_npm(tmp_path_factory.mktemp("axe"), "axe-core@4")
    return (package / "axe.min.js").read_text(encoding="utf-8")
