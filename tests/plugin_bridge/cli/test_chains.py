"""``restyle chains`` as a user meets it: what it lists, keeps, writes and refuses."""

import json
import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

import presets
from plugin_bridge.cli import main
from presets.chain_files import catalogue

TEXT = """\
# Mine
label = "Warm strings"
note = "In a hall"
tail = "keep"

[[effects]]
type = "HighpassFilter"
name = "low-cut"
cutoff_frequency_hz = 80

[[effects]]
type = "StyleTransfer"
preset = "violin"
strength = 0.9

[[effects]]
type = "Mix"
effects = [{ type = "Gain", gain_db = -6 }, { type = "Reverb" }]

[midi]
74 = "low-cut.cutoff_frequency_hz"
91 = { parameter = "reverb.wet_level", from = 0.1, to = 0.6 }
"""
IN_A_LINE = "HighpassFilter > StyleTransfer (violin) > Mix (Gain + Reverb)"
WITH_PLUGIN = '[[effects]]\ntype = "VST3Plugin"\npath = "{}"\n'


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder with a chain in it, which is the working directory; one chain is built in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RESTYLE_DEBUG", raising=False)
    Path("warm.toml").write_text(TEXT)
    Path("built in").mkdir()
    Path("built in", "hall.toml").write_text('label = "A hall"\n[[effects]]\ntype = "Reverb"\n')
    monkeypatch.setattr(catalogue, "BUILT_IN", tmp_path / "built in")
    catalogue._built_in.cache_clear()
    yield tmp_path
    catalogue._built_in.cache_clear()


@pytest.fixture
def run(capfd):
    """Run a command that must succeed without a word on stderr; return what it says."""

    def run(*arguments):
        code = main.run(["chains", *map(str, arguments)])
        said = capfd.readouterr()
        assert (code, said.err) == (0, "")
        return said.out

    return run


@pytest.fixture
def refused(folder, capfd):
    """Run a command that must fail: exit code 2, one line, nothing changed. Returns the line."""

    def everything():
        roots = (folder, catalogue.user_folder())
        return {
            path: path.is_file() and path.read_bytes() for it in roots for path in it.rglob("*")
        }

    def run(*arguments):
        before = everything()
        assert main.run(["chains", *map(str, arguments)]) == 2
        said = capfd.readouterr()
        assert said.out == ""
        assert re.fullmatch(r"restyle: .+\n", said.err)
        assert everything() == before
        return said.err

    return run


# Listing


def test_chains_are_listed_with_their_effects_in_order(run):
    run("add", "Warm strings", "warm.toml")
    lines = [re.split(r"\s{2,}", line.strip()) for line in run().splitlines()]
    assert lines == [
        ["Name", "Sound", "Effects"],
        ["hall", "A hall", "Reverb"],
        ["warm-strings", "Warm strings", IN_A_LINE],
    ]
    assert run() == run("list")


def test_as_json_all_is_told(run):
    run("add", "warm", "warm.toml")
    hall, warm = json.loads(run("list", "--json"))
    assert (hall["name"], hall["built_in"]) == ("hall", True)
    assert (warm["label"], warm["note"], warm["tail"]) == ("Warm strings", "In a hall", "keep")
    assert warm["effects"][0] == {
        "type": "HighpassFilter",
        "name": "low-cut",
        "settings": {"cutoff_frequency_hz": 80},
        "effects": [],
    }
    assert [it["type"] for it in warm["effects"][2]["effects"]] == ["Gain", "Reverb"]
    assert warm["midi"]["91"] == {"parameter": "reverb.wet_level", "from": 0.1, "to": 0.6}
    assert Path(warm["path"]).read_text() == TEXT
    assert json.loads(run("show", "warm", "--json")) == warm


def test_without_any_the_list_says_how_to_begin(run):
    shutil.rmtree("built in")
    assert run() == "There are no chains yet: restyle chains add NAME FILE.toml\n"
    assert run("list", "--json") == "[]\n"


def test_what_is_broken_is_said_beside_the_list(data_folder, capfd):
    (data_folder / "chains").mkdir()
    (data_folder / "chains" / "bad.toml").write_text("lable = 1")
    assert main.run(["chains"]) == 0
    said = capfd.readouterr()
    assert len(said.out.splitlines()) == 2
    assert re.fullmatch(r"restyle: The chain \S+bad.toml is broken: .*'label'\?\n", said.err)


def test_brackets_in_labels_are_no_markup(run):
    run("add", "warm", "warm.toml", "--label", "[red]a[/blue] :smile:")
    for command in (("list",), ("show", "warm")):
        assert "[red]a[/blue] :smile:" in run(*command)


def test_listing_loads_nothing_heavy():
    code = "import sys; from plugin_bridge.cli import main; main.run(['chains']); "
    code += "print('\\n', *sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    loaded = done.stdout.split("\n ")[-1].split()
    assert not {"torch", "librosa", "matplotlib", "scipy", "pedalboard", "numpy"} & {*loaded}


# Looking at one


@pytest.mark.parametrize("thing", ["warm.toml", "Warm STRINGS"])
def test_show_tells_what_is_in_a_chain(run, thing):
    run("add", "warm-strings", "warm.toml")
    said = run("show", thing)
    for line in (
        "Sound:    Warm strings",
        "Remark:   In a hall",
        "Tail:     kept, until it is silent",
        "1  HighpassFilter, called low-cut",
        "     cutoff_frequency_hz = 80",
        "     preset = violin",
        "  3.1  Gain, called gain",
        "         gain_db = -6",
        "  3.2  Reverb, called reverb",
        "MIDI controller 74: low-cut.cutoff_frequency_hz",
        "MIDI controller 91: reverb.wet_level, from 0.1 to 0.6",
    ):
        assert line in said.splitlines()
    assert ("Whose:    yours" in said) == (thing != "warm.toml")
    assert "Whose:    built in" in run("show", "hall")


def test_long_and_strange_values_are_shown_in_short(run):
    Path("a.toml").write_text(
        WITH_PLUGIN.format("Zam [red].vst3") + f'state = "{"QUJD" * 5000}"\nparameters.dry = 0.1\n'
    )
    said = run("show", "a.toml")
    assert "state = QUJDQUJDQUJDQUJDQUJD... (20,000 characters)" in said
    assert "     parameters:\n       dry = 0.1\n" in said
    assert max(map(len, said.splitlines())) < 200
    assert json.loads(run("show", "a.toml", "--json"))["effects"][0]["settings"]["state"] == (
        "QUJD" * 5000
    )


@pytest.mark.parametrize("command", ["show", "parameters", "export", "remove"])
def test_what_there_is_not_is_answered_with_what_may_be_meant(refused, command):
    target = ["out.toml"] if command == "export" else []
    assert "did you mean hall?" in refused(command, "hal", *target)
    assert "it is a preset" in refused(command, "violin", *target)


def test_a_file_that_is_no_chain_is_one_line(refused):
    Path("bad.toml").write_text("[[effects]]\ntype = 7")
    for command in ("show", "parameters", "validate"):
        assert "bad.toml is broken: effect 1 says type = 7" in refused(command, "bad.toml")
        assert "There is no file none.toml" in refused(command, "none.toml")
        assert os.devnull not in refused(command, "./warm")


# Its parameters


def parameters(text):
    rows = [re.split(r"\s{2,}", line.rstrip()) for line in text.splitlines()]
    assert rows[0] == ["Parameter", "Value", "Range", "Unit"]
    return {row[0]: row[1:] for row in rows[1:]}


def test_parameters_are_listed_with_their_ranges_and_units(run):
    found = parameters(run("parameters", "warm.toml"))
    assert found["strength"] == ["0.9", "0 to 1"]
    assert found["low-cut.cutoff_frequency_hz"][0] == "80"
    assert found["low-cut.cutoff_frequency_hz"][2] == "Hz"
    assert found["gain.gain_db"][0] == "-6"
    assert found["gain.gain_db"][2] == "dB"
    assert found["reverb.room_size"] == ["0.5", "0 to 1"]
    assert {"preset", "engine", "reverb.wet_level"} <= {*found}


def test_parameters_as_json(run):
    listed = json.loads(run("parameters", "warm.toml", "--json"))
    [gain] = [it for it in listed if it["name"] == "gain.gain_db"]
    assert (gain["kind"], gain["value"], gain["unit"]) == ("number", -6, "dB")
    assert gain["least"] < -6 < gain["most"]
    text = run("parameters", "warm.toml")
    assert [it["name"] for it in listed] == [*parameters(text)]


def test_beside_the_parameters_is_said_what_is_wrong(capfd):
    Path("a.toml").write_text("[[effects]]\ntype = 'Reverb'\nroom_size = 3\n")
    assert main.run(["chains", "parameters", "a.toml"]) == 0
    said = capfd.readouterr()
    assert parameters(said.out)["reverb.room_size"] == ["3", "0 to 1"]
    assert re.fullmatch(r"restyle: a.toml: reverb: room_size must be .*\n", said.err)


# Adding, removing, exporting


def test_a_chain_is_added_shown_exported_and_removed(run):
    assert run("add", "Warm strings", "warm.toml") == (
        "Added warm-strings: try restyle apply IN OUT --chain warm-strings\n"
    )
    assert run("export", "warm strings", "out.toml") == "Wrote out.toml.\n"
    assert Path("out.toml").read_text() == TEXT
    assert run("remove", "warm-strings") == "Removed the chain warm-strings.\n"
    assert catalogue.names() == ["hall"]


def test_nothing_is_replaced_unasked(run, refused):
    run("add", "warm", "warm.toml")
    Path("warm.toml").write_text(TEXT.replace("violin", "flute"))
    assert "You have a chain 'warm' already" in refused("add", "warm", "warm.toml")
    run("add", "warm", "warm.toml", "--force", "--label", "New")
    assert presets.chain("warm").label == "New"
    Path("out.toml").write_text("mine")
    assert "out.toml exists: add --force" in refused("export", "warm", "out.toml")
    run("export", "warm", "out.toml", "--force")
    assert "flute" in Path("out.toml").read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("add", "violin", "warm.toml"), "There is a preset 'violin'"),
        (("add", "hall", "warm.toml"), "The chain 'hall' is built in"),
        (("add", "x", "none.toml"), "There is no file none.toml"),
        (("add", "x", "built in"), "Is a directory"),
        (("add", "x", "wrong.toml"), "did you mean 'gain_db'"),
        (("add", "x", "missing.toml"), "There is no plugin Nope.vst3"),
        (("remove", "hall"), "is built in and cannot be removed"),
        (("export", "hall", "hall.txt"), "ends in .toml"),
        (("export", "hall", "nowhere/hall.toml"), "There is no folder"),
        (("validate", "--plugins", "nowhere"), "There is no folder nowhere"),
        (("parameters", "warm.toml", "--plugins", "warm.toml"), "There is no folder warm.toml"),
        (("show",), "Missing argument"),
        (("shw", "hall"), "Did you mean"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_changes_nothing(refused, arguments, said):
    Path("wrong.toml").write_text('[[effects]]\ntype = "Gain"\ngain_dv = 3\n')
    Path("missing.toml").write_text(WITH_PLUGIN.format("Nope.vst3"))
    assert said in refused(*arguments)


def test_a_sound_that_a_chain_names_is_still_found_when_it_is_kept(run):
    Path("room.wav").touch()
    soundfile.write("room.wav", np.ones(10), 44_100)
    Path("a.toml").write_text(
        "[[effects]]\ntype = 'Convolution'\nimpulse_response_filename = 'room.wav'\n"
    )
    run("add", "room", "a.toml")
    assert run("validate", "room") == "Nothing is wrong with room.\n"


# Validating


def test_all_chains_can_be_validated(run, capfd, data_folder):
    assert run("validate") == "Nothing is wrong with any chain.\n"
    run("add", "warm", "warm.toml")
    assert run("validate", "warm", "warm.toml") == "Nothing is wrong with warm, warm.toml.\n"
    (data_folder / "chains" / "bad.toml").write_text("lable = 1")
    (data_folder / "chains" / "bad-2.toml").write_text(
        "[[effects]]\ntype = 'Gian'\n[[effects]]\ntype = 'Reverb'\nroom_size = 3\n"
        "[midi]\n1 = 'reverb.rom_size'\n"
    )
    assert main.run(["chains", "validate"]) == 2
    said = capfd.readouterr()
    assert said.out == ""
    lines = said.err.splitlines()
    assert all(line.startswith("restyle: ") for line in lines)
    for words in ("'label'", "'Gain'", "room_size must", "'room_size'"):
        assert sum(words in line for line in lines) >= 1
    assert len(lines) == 4


# Plugins, which are somebody's code


@pytest.fixture(scope="module")
def bad_plugins(tmp_path_factory):
    """A folder with two plugins: one crashes as soon as it is loaded, one never ends to load."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if sys.platform != "linux" or not compiler:
        pytest.skip("no C compiler, or no bundles as on Linux")
    folder = tmp_path_factory.mktemp("plugins")
    for name, act in (("Crash", "*(volatile int *)0 = 1;"), ("Hang", "for (;;) pause();")):
        inside = folder / f"{name}.vst3" / "Contents" / f"{platform.machine()}-linux"
        inside.mkdir(parents=True)
        code = "#include <stdio.h>\n#include <unistd.h>\n__attribute__((constructor)) void f(void)"
        code += f'{{ puts("noise"); fflush(stdout); {act} }}\n'
        subprocess.run(
            [compiler, "-shared", "-fPIC", "-x", "c", "-", "-o", inside / f"{name}.so"],
            input=code.encode(),
            check=True,
        )
    return folder


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Crash", "The plugin Crash.vst3 crashed while it was loaded."),
        ("Hang", "The plugin Hang.vst3 did not load within 4 s: it hangs, or give it longer"),
    ],
)
@pytest.mark.parametrize("command", [("parameters",), ("validate", "--load")], ids=" ".join)
def test_a_plugin_that_crashes_or_hangs_is_one_line(refused, run, bad_plugins, command, name, said):
    Path("a.toml").write_text(WITH_PLUGIN.format(f"{name}.vst3"))
    plugins = ("--plugins", bad_plugins)
    assert said in refused(*command, "a.toml", *plugins, "--wait", 4)
    assert run("validate", "a.toml", *plugins) == "Nothing is wrong with a.toml.\n"
    assert parameters(run("parameters", "a.toml", *plugins, "--no-plugins")) is not None


def test_a_time_to_wait_is_a_number(refused):
    Path("a.toml").write_text(WITH_PLUGIN.format("Any.vst3"))
    assert "--wait must be a number" in refused("parameters", "a.toml", "--wait", "nan")


@pytest.mark.skipif(not Path("/usr/lib/vst3/ZamEQ2.vst3").exists(), reason="no zam-plugins")
def test_the_parameters_of_a_real_plugin_are_listed(run):
    text = WITH_PLUGIN.format("ZamEQ2.vst3") + "name = 'eq'\n"
    Path("a.toml").write_text(text)
    found = parameters(run("parameters", "a.toml"))
    assert len(found) > 5
    assert all(name.startswith("eq.") for name in found)
    Path("b.toml").write_text(f"[[effects]]\ntype = 'Invert'\n{text}[[effects]]\ntype = 'Gain'\n")
    assert [*parameters(run("parameters", "b.toml"))] == [*found, "gain.gain_db"]
    [name] = [it for it in found if "master" in it]
    number = float(found[name][0])
    Path("a.toml").write_text(f"{text}parameters = {{ {name.partition('.')[2]} = {number + 3} }}\n")
    assert float(parameters(run("parameters", "a.toml"))[name][0]) == number + 3
    assert run("validate", "a.toml", "--load") == "Nothing is wrong with a.toml.\n"
