"""``restyle presets`` as a user meets it: what it lists, keeps, writes and refuses."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import presets
from plugin_bridge.cli import main

RESTYLE = [sys.executable, "-c", "from plugin_bridge.cli.main import main; main()"]
BUILT_IN = presets.names()


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder with a sound in it, which is the working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RESTYLE_DEBUG", raising=False)
    audio = np.random.default_rng(0).uniform(-0.1, 0.1, 4000)
    soundfile.write("mbira.wav", audio, 8000)
    return tmp_path


@pytest.fixture
def run(capsys):
    """Run a command that must succeed without a word on stderr; return what it says."""

    def run(*arguments):
        assert main.run(["presets", *map(str, arguments)]) == 0
        said = capsys.readouterr()
        assert said.err == ""
        return said.out

    return run


@pytest.fixture
def refused(folder, capsys):
    """Run a command that must fail: exit code 2, one line, nothing changed. Returns the line."""

    def everything():
        roots = (folder, presets.user_folder())
        return [
            (path, path.is_file() and path.read_bytes()) for it in roots for path in it.rglob("*")
        ]

    def run(*arguments):
        before = everything()
        assert main.run(["presets", *map(str, arguments)]) == 2
        said = capsys.readouterr()
        assert said.out == ""
        assert re.fullmatch(r"restyle: .+\n", said.err)
        assert everything() == before
        return said.err

    return run


@pytest.fixture
def broken(data_folder):
    """A broken preset of the user's."""
    folder = data_folder / "presets" / "bad"
    folder.mkdir(parents=True)
    return folder


# Listing


def test_all_presets_are_listed_by_family(run):
    lines = run().splitlines()
    assert lines[0].split() == ["Family", "Name", "GM", "number", "Sound"]
    rows = [re.split(r"\s{2,}", line.strip()) for line in lines[1:]]
    assert sorted(row[1] for row in rows) == BUILT_IN
    assert list(dict.fromkeys(row[0] for row in rows))[::17] == ["Piano"]
    violin = next(row for row in rows if row[1] == "violin")
    assert violin == ["Strings", "violin", "40", "Violin"]
    assert run() == run("list")


def test_in_a_pipe_each_line_is_plain_and_whole(run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "30")
    for line in run("list", "--family", "strings").splitlines()[1:]:
        assert re.fullmatch(r"Strings +\S+ +\d+ +\S.*", line)
        assert line.isprintable()


def test_ones_own_come_last(run):
    run("add", "aaa", "mbira.wav")
    assert run().splitlines()[-1].split() == ["My", "Presets", "aaa", "aaa"]


def test_a_family_in_any_spelling(run, refused):
    assert len(run("list", "--family", "DRUM kits").splitlines()) == 9
    assert "choose one of Piano, Chromatic Percussion," in refused("list", "--family", "kazoos")


def test_as_json(run):
    run("add", "mbira", "mbira.wav")
    listed = json.loads(run("list", "--json"))
    assert sorted(it["name"] for it in listed) == presets.names()
    [violin] = [it for it in listed if it["name"] == "violin"]
    assert (violin["program"], violin["built_in"]) == (40, True)
    assert Path(violin["clip"]).is_file()


def test_what_is_broken_is_said_beside_the_list(broken, capsys):
    assert main.run(["presets"]) == 0
    said = capsys.readouterr()
    assert len(said.out.splitlines()) == len(BUILT_IN) + 1
    assert re.fullmatch(r"restyle: The preset \S+/bad is broken: .*\n", said.err)


def test_brackets_and_colons_in_labels_are_no_markup(run):
    run("add", "mbira", "mbira.wav", "--label", "[red]a[/blue] :smile:")
    assert "[red]a[/blue] :smile:" in run()
    assert "[red]a[/blue] :smile:" in run("show", "mbira")


def test_listing_loads_nothing_heavy():
    code = "import sys; from plugin_bridge.cli import main; main.run(['presets']); "
    code += "print('\\n', *sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    loaded = done.stdout.split("\n ")[-1].split()
    assert not {"torch", "librosa", "matplotlib", "scipy", "pedalboard", "numpy"} & {*loaded}


# Looking at one


@pytest.mark.parametrize("name", ["violin", "Violin", "40"])
def test_show_tells_what_is_known(run, name):
    said = run("show", name)
    assert re.search(r"^Name: +violin$", said, re.MULTILINE)
    assert re.search(r"^General MIDI: +40 Violin$", said, re.MULTILINE)
    assert str(presets.get("violin").clip.parent) in said
    assert "built in" in said


def test_show_suggests_what_may_be_meant(refused):
    assert "did you mean violin?" in refused("show", "voilin")


# Keeping one's own


def test_the_life_of_a_preset(run, folder, data_folder):
    assert run("add", "My mbira", "mbira.wav") == (
        "Added my-mbira: try restyle apply IN OUT --preset my-mbira\n"
    )
    assert "yours" in run("show", "my mbira")
    assert run("rename", "my-mbira", "thumb piano") == "my-mbira is now called thumb-piano.\n"
    assert run("export", "thumb-piano", "out.wav") == "Wrote out.wav.\n"
    assert (folder / "out.wav").read_bytes() == (folder / "mbira.wav").read_bytes()
    run("export", "thumb-piano", "out.zip")
    assert run("remove", "thumb-piano") == "Removed thumb-piano.\n"
    run("add", "again", "out.zip", "--label", "Mbira", "--family", "Lamellophones")
    assert run("list", "--family", "lamellophones").splitlines()[1].split()[1:] == [
        "again",
        "Mbira",
    ]
    assert run("validate", "again", "out.zip") == "Nothing is wrong with again, out.zip.\n"
    assert {it.name for it in (data_folder / "presets").iterdir()} == {"again"}


def test_a_preset_of_ones_own_is_one_to_apply(run):
    run("add", "my mbira", "mbira.wav")
    arguments = ["apply", "mbira.wav", "out.wav", "--preset", "My Mbira", "--strength", "0"]
    assert main.run(arguments) == 0


def test_built_in_names_take_an_option(run, refused):
    assert "--override" in refused("add", "violin", "mbira.wav")
    run("add", "violin", "mbira.wav", "--override")
    assert "in place of the built-in one" in run("show", "40")
    assert "--force" in refused("add", "violin", "mbira.wav", "--override")
    run("add", "violin", "mbira.wav", "--override", "--force")
    run("remove", "violin")
    assert "built in" in run("show", "violin")


WRONG = {
    "no source": (["add", "x"], "SOURCE"),
    "no such source": (["add", "x", "none.wav"], "none.wav: No such file"),
    "no sound": (["add", "x", "text.txt"], "must end in one of"),
    "text for a sound": (["add", "x", "text.wav"], "text.wav is a text, no sound"),
    "no name": (["add", "", "mbira.wav"], "needs a letter"),
    "a number": (["add", "200", "mbira.wav"], "numbers are General MIDI's"),
    "a built-in preset to remove": (["remove", "violin"], "is built in and cannot be removed"),
    "a built-in preset to rename": (["rename", "violin", "x"], "is built in and cannot be renamed"),
    "nothing to remove": (["remove", "voilin"], "did you mean violin"),
    "nothing to rename": (["rename", "x", "y"], "There is no preset"),
    "nothing to export": (["export", "x", "out.wav"], "There is no preset"),
    "another format": (["export", "violin", "out.mp3"], "end the name in .wav"),
    "a file that is there": (["export", "violin", "mbira.wav"], "add --force"),
    "no such folder": (["export", "violin", "no/out.wav"], "There is no folder"),
    "an unknown command": (["lst"], "--help"),
    "an unknown option": (["--nonsense"], "--nonsense"),
    "nothing to validate": (["validate", "voilin"], "did you mean violin"),
    "a sound to validate": (["validate", "mbira.wav"], "is no preset"),
}


@pytest.mark.parametrize(("arguments", "reason"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_said_in_one_line(folder, refused, arguments, reason):
    for name in ("text.txt", "text.wav"):
        (folder / name).write_text("This is text.\nNot a sound.")
    assert reason in refused(*arguments)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.sampled_from(["show", "remove", "add", "rename", "export"]),
    st.text(st.characters(exclude_characters="\0"), max_size=20),
    st.text(st.characters(exclude_characters="\0"), max_size=20),
)
def test_whatever_is_typed_there_is_no_more_than_one_line_of_complaint(
    capsys, command, name, other
):
    arguments = [name] if command in ("show", "remove") else [name, other]
    code = main.run(["presets", command, "--", *arguments])
    said = capsys.readouterr().err
    assert code in (0, 2)
    assert len(said.splitlines()) == (code == 2)
    assert "unexpected" not in said


# Validating


def test_validate_says_each_thing_that_is_wrong(run, broken, capsys):
    run_code = main.run(["presets", "validate", "violin", "bad", "voilin", "none.zip"])
    said = capsys.readouterr()
    assert run_code == 2
    assert said.out == ""
    reasons = ["has no preset.toml", "did you mean violin", "There is no file none.zip"]
    assert all(it in line for it, line in zip(reasons, said.err.splitlines(), strict=True))


def test_validate_looks_at_all_presets(run, broken, capsys, monkeypatch):
    monkeypatch.setattr(presets, "names", lambda: ["violin", "flute"])
    assert main.run(["presets", "validate"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
    broken.rmdir()
    assert run("validate") == "Nothing is wrong with any preset.\n"


# What it says of itself


@pytest.mark.parametrize(
    "command", ["", "list", "show", "add", "remove", "rename", "export", "validate"]
)
def test_each_command_teaches_with_an_example(run, command):
    usage, *examples = re.findall(r"restyle presets.*", run(*command.split(), "--help"))
    assert "[OPTIONS]" in usage
    assert any(command in example for example in examples)


def test_names_that_no_encoding_knows_are_no_trouble():
    os.rename("mbira.wav", os.fsdecode(b"k\xff.wav"))
    arguments = ["presets", "add", "x", os.fsdecode(b"k\xff.wav")]
    done = subprocess.run([*RESTYLE, *arguments], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
