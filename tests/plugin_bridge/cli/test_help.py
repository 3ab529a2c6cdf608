"""What restyle says of itself: every command teaches, and what is misspelt is answered."""

import pytest
from typer.main import get_command

from plugin_bridge.cli import main
from plugin_bridge.cli.app import app


def paths(command, path=()):
    """The words that lead to each command."""
    yield path
    for name, own in getattr(command, "commands", {}).items():
        yield from paths(own, (*path, name))


COMMANDS = [*paths(get_command(app)), ("mashup", "train")]


def words(capsys, *arguments):
    assert main.run([*arguments]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    return " ".join(said.out.replace("│", " ").split())


@pytest.mark.parametrize("option", ["-h", "--help"])
@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_has_help_with_an_example(capsys, path, option):
    command = " ".join(["restyle", *path])
    _, usage, text = words(capsys, *path, option).partition(f"Usage: {command} ")
    assert usage
    assert command in text


@pytest.mark.parametrize("arguments", [[], ["-h"]])
def test_restyle_alone_teaches_the_first_steps(capsys, arguments):
    text = words(capsys, *arguments)
    steps = ["demo", "apply", "presets", "presets play", "listen", "doctor", "COMMAND -h"]
    places = [text.find(f"restyle {step}", 40) for step in steps]
    assert -1 not in places
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["aply"], "No such command 'aply'. Did you mean 'apply'? Try 'restyle --help'."),
        (["presets", "ply"], "Did you mean 'play'? Try 'restyle presets --help'."),
        (["quux"], "No such command 'quux'. Try 'restyle --help'."),
        (["keys"], "Missing command. Try 'restyle keys --help'."),
        (["apply"], "Missing argument 'IN... [OUT]'. Try 'restyle apply --help'."),
        (["apply", "a.wav", "--prset", "x"], "--preset"),
    ],
)
def test_what_is_misspelt_or_missing_is_answered_in_one_line(capsys, arguments, said):
    assert main.run(arguments) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert said in line
    assert "?." not in line
