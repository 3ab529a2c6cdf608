"""The files of the page: small, and all from here."""

import re

import pytest

from plugin_bridge.web.routes.pages import FOLDERS

FILES = [path for folder in FOLDERS.values() for path in sorted(folder.iterdir())]
MOST_BYTES = 100_000
NAMESPACE = "http://www.w3.org/2000/svg"  # a name: nothing is fetched from there


def test_they_are_small():
    assert sum(path.stat().st_size for path in FILES) <= MOST_BYTES


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_they_ask_nobody_else(path):
    text = path.read_text(encoding="utf-8").replace(NAMESPACE, "")
    assert re.findall(r"(?:https?:|['\"(])//\w", text) == []


@pytest.mark.parametrize(
    "path", [it for it in FILES if it.suffix == ".html"], ids=lambda it: it.name
)
def test_a_strict_policy_lets_all_of_it_run(path):
    text = path.read_text(encoding="utf-8")
    assert re.findall(r"<style|<script(?![^>]*\ssrc=)|\sstyle=|\son\w+=|javascript:", text) == []
