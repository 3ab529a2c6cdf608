"""What README and docs name is there, their code is Python, and the README is short."""

import importlib
import re
from pathlib import Path

import pytest
from typer.main import get_command

from effects.engines import (
    DEFAULT_DRUMS,
    DEFAULT_DYNAMICS,
    DEFAULT_ENGINE,
    ENGINES,
    USUAL_STRENGTH,
    default_strength,
)
from plugin_bridge.cli import mashup_train
from plugin_bridge.cli.app import app

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
WORDS_MAX = 1000
#: Example files that a page makes up.
MADE_UP = {"effects/engines/gram/networks/two_layers.py"}
PACKAGES = ("effects", "presets", "plugin_bridge", "restyle", "benchmarks")

LINK = re.compile(r"\]\(([^)\s]+)\)")
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)

page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def blocks(page: Path, language: str) -> list[str]:
    """The page's code blocks in a language."""
    return [code for named, code in BLOCK.findall(page.read_text("utf-8")) if named == language]


def names(page: Path) -> list[str]:
    """What stands in backticks, outside of code blocks."""
    return CODE.findall(BLOCK.sub("", page.read_text("utf-8")))


def anchors(page: Path) -> set[str]:
    """What GitHub makes of the page's headings: lower case, hyphens for spaces, no punctuation."""
    headings = HEADING.findall(BLOCK.sub("", page.read_text("utf-8")))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_readme_is_short_and_has_the_two_commands_that_the_checks_run():
    text = (ROOT / "README.md").read_text("utf-8")
    assert len(text.split()) <= WORDS_MAX
    assert re.search(r"^python3 start\.py demo$", text, re.MULTILINE)
    assert re.search(r"^python3 start\.py test$", text, re.MULTILINE)


def test_the_defaults_in_the_tables_are_those_of_the_code():
    rows = {
        "python.md": [
            f'| `drums` | `"{DEFAULT_DRUMS}"` |',
            f"| `dynamics` | {DEFAULT_DYNAMICS:g} |",
        ],
        "osc.md": [
            f"| `dynamics` | 0 to 1 | {DEFAULT_DYNAMICS:g} |",
            f" drop | {DEFAULT_DRUMS} |",
            f"| `engine` | a word: {', '.join(ENGINES)} | {DEFAULT_ENGINE} |",
            f"| `strength` | 0 to 1 | {default_strength(DEFAULT_ENGINE):g}; {USUAL_STRENGTH:g} for",
        ],
    }
    for name, wanted in rows.items():
        text = (ROOT / "docs" / name).read_text("utf-8")
        assert [row for row in wanted if row not in text] == []


@page
def test_links_lead_somewhere(page):
    for link in LINK.findall(page.read_text("utf-8")):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@page
def test_files_that_are_named_exist(page):
    rooms = (*PACKAGES, "docs", "tests")
    paths = {name for name in names(page) if re.fullmatch(rf"({'|'.join(rooms)})/[\w./-]+", name)}
    missing = [path for path in paths - MADE_UP if not (ROOT / path).exists()]
    assert not missing


@page
def test_modules_that_are_named_exist(page):
    for name in names(page):
        found = re.fullmatch(rf"(?:python -m )?((?:{'|'.join(PACKAGES)})(?:\.\w+)+)", name)
        if found:
            resolve(found[1])


def resolve(name: str) -> object:
    """The module of that dotted name, or what stands in one."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        outer, _, inner = name.rpartition(".")
        if "." not in name:
            raise
        return getattr(resolve(outer), inner)


@page
def test_python_code_compiles(page):
    for code in blocks(page, "python"):
        if not code.startswith(" "):  # lines out of the middle of a file
            compile(code, page.name, "exec")


@page
def test_commands_and_their_options_exist(page):
    lines = [line for code in blocks(page, "sh") for line in code.splitlines()]
    for line in lines:
        words = re.sub(r"\s#.*", "", line).split()
        if not words or words[0] != "restyle":
            continue
        command, rest = get_command(app), words[1:]
        while rest and hasattr(command, "commands") and not rest[0].startswith("-"):
            assert rest[0] in command.commands, line
            command = command.commands[rest.pop(0)]
        if words[1:3] == ["mashup", "train"]:  # known by its first word, not as a group's command
            command = mashup_train.command()
        known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
        assert {word for word in rest if word.startswith("--")} <= known, line
