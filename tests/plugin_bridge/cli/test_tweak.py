"""``restyle tweak`` as a user meets it: what it writes, and what it refuses."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import soundfile
from support.cli import RATE, refused, write_noise
from support.quick_morphs import scaled

import presets
from effects.latent.changes import Changes
from plugin_bridge.cli import main


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder with a piece and a clip in it, which is the working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RESTYLE_DEBUG", raising=False)
    write_noise("in.wav", channels=2, bits=24)
    write_noise("clip.wav", seed=1)
    return tmp_path


@pytest.fixture(autouse=True)
def asked(monkeypatch):
    """What `tweak` was asked; it is that of the tests."""
    found = []

    def tweak(source, changes, **more):
        found.append((source[0], changes, more))
        return scaled(source, changes, **more)

    monkeypatch.setattr("effects.tweaking.tweak.tweak", tweak)
    return found


def run(*arguments):
    return main.run(["tweak", *(str(it) for it in arguments)])


def test_the_result_is_as_the_piece(capsys, asked):
    assert run("in.wav", "out.wav", "--scale", "0.5") == 0
    info = soundfile.info("out.wav")
    assert (info.samplerate, info.channels, info.subtype) == (RATE, 2, "PCM_24")
    first, last = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"Wrote out\.wav: 0\.5 s, stereo, .+ in \d+\.\d s\.", first)
    assert last == "Four notes of five stay."
    assert asked[0][:2] == ("in.wav", Changes(scale=0.5))


def test_options_reach_the_tweak(asked):
    chosen = ["--scale", "1.3", "--add", "-0.2", "--max", "17", "--max", "3", "--flatten", "0.5"]
    chosen += ["--shuffle", "0.3", "--noise", "0.5", "--more-notes", "1", "--higher", "-1"]
    chosen += ["--longer", "0.5", "--brighter", "2", "--seed", "3", "--threads", "1"]
    assert run("in.wav", "out.wav", *chosen) == 0
    given = {"scale": 1.3, "add": -0.2, "max": (3, 17), "flatten": 0.5, "shuffle": 0.3, "seed": 3}
    attributes = {"more_notes": 1.0, "higher": -1.0, "longer": 0.5, "brighter": 2.0}
    [(_, changes, more)] = asked
    assert changes == Changes(**given, noise=0.5, **attributes)
    assert more["threads"] == 1


def test_left_out_options_change_nothing(asked):
    assert run("in.wav", "out.wav") == 0
    assert asked[0][1].changes_nothing
    assert asked[0][2]["style"] is None


def test_a_preset_or_a_clip_may_play_it(asked):
    assert run("in.wav", "a.wav", "--preset", "Violin") == 0
    assert run("in.wav", "b.wav", "--style", "clip.wav") == 0
    played_by = [more["style"].source for _, _, more in asked]
    assert played_by == [presets.get("violin").clip, Path("clip.wav")]


def test_it_goes_towards_what_is_found_first(asked, monkeypatch):
    codec, mean = object(), tuple(np.linspace(0, 1, 120).tolist())
    monkeypatch.setattr("effects.latent.loading.load_codec", lambda weights=None: codec)
    sought = []

    def find(named, codec, progress=None):
        sought.append((named, codec))
        return mean

    monkeypatch.setattr("effects.tweaking.encoding.find_towards", find)
    assert run("in.wav", "out.wav", "--towards", "violin", "--amount", "0.25") == 0
    assert sought == [("violin", codec)]
    [(_, changes, more)] = asked
    assert changes == Changes(towards=mean, towards_amount=0.25)
    assert more["codec"] is codec


def test_a_report_is_written_beside():
    assert run("in.wav", "out.wav", "--report", "r.json") == 0
    assert json.loads(Path("r.json").read_text())["why"] == "Four notes of five stay."


def test_help_teaches_by_examples(capsys):
    assert run("--help") == 0
    said = capsys.readouterr().out
    for word in ("--max 17", "--more-notes 1", "--towards", "--preset violin", "120 numbers"):
        assert word in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Missing argument"),
        (["in.wav"], "Missing argument"),
        (["in.wav", "out"], "must end in one of"),
        (["gone.wav", "out.wav"], "gone.wav"),
        (["text.wav", "out.wav"], "text.wav"),
        (["in.wav", "in.wav"], "in.wav exists"),
        (["in.wav", "gone/out.wav"], "There is no folder"),
        (["in.wav", "out.wav", "--scale", "-1"], "--scale"),
        (["in.wav", "out.wav", "--scale", "nan"], "scale"),
        (["in.wav", "out.wav", "--flatten", "2"], "--flatten"),
        (["in.wav", "out.wav", "--max", "120"], "max must be elements from 0 to 119"),
        (["in.wav", "out.wav", "--max", "all"], "--max"),
        (["in.wav", "out.wav", "--noise", "-1"], "--noise"),
        (["in.wav", "out.wav", "--higher", "9"], "--higher"),
        (["in.wav", "out.wav", "--seed", "-1"], "--seed"),
        (["in.wav", "out.wav", "--towards", "no such thing"], "no such thing"),
        (["in.wav", "out.wav", "--amount", "0.5"], "add --towards"),
        (["in.wav", "out.wav", "--preset", "no such thing"], "no such thing"),
        (["in.wav", "out.wav", "--style", "gone.wav"], "gone.wav"),
        (["in.wav", "out.wav", "--preset", "violin", "--style", "clip.wav"], "exclude each other"),
        (["in.wav", "out.wav", "--weights", "gone.npz"], "gone.npz"),
        (["in.wav", "out.wav", "--report", "r.txt"], "must end in .json"),
    ],
)
def test_what_cannot_be_is_refused(capsys, asked, arguments, said):
    Path("text.wav").write_text("no sound")
    assert said in refused(capsys, "tweak", *arguments)
    assert asked == []


def test_an_error_in_the_middle_leaves_nothing(capsys, monkeypatch):
    def fail(*given, **more):
        raise ValueError("These weights know no direction for 'higher'.")

    monkeypatch.setattr("effects.tweaking.tweak.tweak", fail)
    said = refused(capsys, "tweak", "in.wav", "out.wav", "--higher", "1", "--report", "r.json")
    assert "no direction" in said
