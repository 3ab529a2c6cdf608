"""``restyle morph`` as a user meets it: what it writes, what it refuses, how it ends."""

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import mido
import numpy as np
import pytest
import soundfile
from support.cli import RATE, files, refused, write_noise
from support.quick_morphs import mean_of

from effects.morphing.options import Options
from plugin_bridge.cli import main
from plugin_bridge.files import sound_files


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder with two pieces in it, which is the working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RESTYLE_DEBUG", raising=False)
    write_noise("a.wav", bits=24, seed=1)
    write_noise("b.wav", channels=2, seconds=0.75, seed=2)
    return tmp_path


@pytest.fixture(autouse=True)
def asked(monkeypatch):
    """What `morph` was asked; it is that of the tests."""
    found = []

    def morph(a, b, options, *, progress=None, threads=None):
        found.append(((a[0], b[0]), options, threads))
        return mean_of(a, b, options, progress=progress)

    monkeypatch.setattr("effects.morphing.morph.morph", morph)
    return found


def run(*arguments):
    return main.run(["morph", *(str(it) for it in arguments)])


def sweep(*values):
    """A MIDI file that moves the modulation wheel."""
    track = mido.MidiTrack(
        mido.Message("control_change", control=1, value=it, time=100) for it in values
    )
    mido.MidiFile(tracks=[track]).save("sweep.mid")


# What works


def test_the_morph_has_the_kind_of_a_and_the_width_and_length_of_the_wider_and_longer(capsys):
    assert run("a.wav", "b.wav", "out.wav") == 0
    info = soundfile.info("out.wav")
    assert (info.samplerate, info.channels, info.subtype) == (RATE, 2, "PCM_24")
    assert info.frames == round(0.75 * RATE)
    first, last = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"Wrote out\.wav: 0\.8 s, stereo, .+ in \d+\.\d s\.", first)
    assert last == "The notes are moved."


@pytest.mark.parametrize("name", ["out.flac", "out.mp3", "out.ogg", "out.aiff"])
def test_the_format_is_that_of_the_name(name):
    assert run("a.wav", "b.wav", name, "--quiet") == 0
    assert soundfile.info(name).samplerate == RATE


def test_options_reach_the_morph(asked):
    chosen = ["--at", "0:1:0", "--length", "0.25", "--method", "both", "--tempo", "own"]
    assert run("a.wav", "b.wav", "out.wav", *chosen, "--seed", "3", "--threads", "1") == 0
    given = {"at": "0:1:0", "seconds": 0.25, "method": "both", "tempo": "own", "seed": 3}
    assert asked == [(("a.wav", "b.wav"), Options(**given), 1)]


def test_left_out_options_are_those_of_the_effect(asked):
    assert run("a.wav", "b.wav", "out.wav") == 0
    assert asked[0][1] == Options()


def test_a_modulation_wheel_may_say_how_far(asked):
    sweep(0, 64, 127)
    assert run("a.wav", "b.wav", "out.wav", "--at", "sweep.mid") == 0
    assert asked[0][1].at == "sweep.mid"


def test_everything_that_is_wanted_is_written():
    wanted = ["--plot", "p.png", "--report", "r.json"]
    assert run("a.wav", "b.wav", "out.wav", *wanted) == 0
    assert Path("p.png").read_bytes().startswith(b"\x89PNG")
    assert json.loads(Path("r.json").read_text())["method"] == "notes"


def test_files_are_replaced_with_force():
    assert run("a.wav", "b.wav", "out.wav") == 0
    before = Path("out.wav").read_bytes()
    assert run("b.wav", "a.wav", "out.wav", "--force", "--quiet") == 0
    assert Path("out.wav").read_bytes() != before


def test_help_teaches_by_examples(capsys):
    assert run("--help") == 0
    said = capsys.readouterr().out
    for word in ("--at 0:1", "sweep.mid", "--steps 5", "--plot"):
        assert word in said


# A row of them


def test_a_row_goes_from_a_to_b_on_a_page(folder, asked, capsys):
    assert run("a.wav", "b.wav", "new/row", "--steps", "3", "--seed", "7") == 0
    assert [(it[1].at, it[1].seed) for it in asked] == [(0.0, 7), (0.5, 7), (1.0, 7)]
    page = Path("new/row/index.html")
    assert capsys.readouterr().out == f"Open {folder / page} in a browser to listen and look.\n"
    for name in ("000.wav", "050.wav", "100.wav"):
        assert name in page.read_text()
        assert soundfile.info(page.with_name(name)).subtype == "PCM_24"
    first = sound_files.read(page.with_name("000.wav")).audio[0, : round(0.5 * RATE)]
    np.testing.assert_array_equal(first, sound_files.read(Path("a.wav")).audio[0])


def test_a_row_is_replaced_only_with_force(capsys):
    assert run("a.wav", "b.wav", "row", "--steps", "2", "-q") == 0
    again = ("morph", "b.wav", "a.wav", "row", "--steps", "2")
    assert "row holds an earlier row of morphs: add --force" in refused(capsys, *again)
    Path("row/mine.txt").write_text("mine")
    before = Path("row/000.wav").read_bytes()
    assert main.run([*again, "--force", "-q"]) == 0
    assert Path("row/000.wav").read_bytes() != before
    assert Path("row/mine.txt").read_text() == "mine"


def test_a_row_that_fails_in_the_middle_leaves_nothing(folder, monkeypatch, capsys):
    def fail(a, b, options, **more):
        if options.at == 1.0:
            raise ValueError("b.wav cannot be heard.")
        return mean_of(a, b, options)

    monkeypatch.setattr("effects.morphing.morph.morph", fail)
    said = refused(capsys, "morph", "a.wav", "b.wav", "new/row", "--steps", "3")
    assert "cannot be heard" in said
    assert sorted(it.name for it in folder.iterdir()) == ["a.wav", "b.wav"]


@pytest.mark.slow
def test_at_0_it_is_a_itself():
    command = [sys.executable, "-c", "from plugin_bridge.cli.main import main; main()", "morph"]
    wanted = ["a.wav", "b.wav", "out.wav", "--at", "0", "--length", "0.5", "--report", "r.json"]
    subprocess.run([*command, *wanted], check=True, capture_output=True)
    a, out = (sound_files.read(Path(name)).audio for name in ("a.wav", "out.wav"))
    np.testing.assert_array_equal(out, np.tile(a, (2, 1)))
    assert json.loads(Path("r.json").read_text())["method"] == "itself"


# What is refused


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Missing argument"),
        (["a.wav"], "Missing argument"),
        (["a.wav", "b.wav"], "Missing argument"),
        (["a.wav", "b.wav", "out"], "must end in one of"),
        (["gone.wav", "b.wav", "out.wav"], "gone.wav"),
        (["a.wav", "gone.wav", "out.wav"], "gone.wav"),
        (["a.wav", "text.wav", "out.wav"], "text.wav"),
        (["a.wav", "empty", "out.wav"], "empty"),
        (["a.wav", "b.wav", "gone/out.wav"], "There is no folder"),
        (["a.wav", "b.wav", "b.wav"], "b.wav exists"),
        (["a.wav", "b.wav", "full", "--steps", "2"], "holds something other than a row of morphs"),
        (["a.wav", "b.wav", "a.wav", "--steps", "2"], "a.wav is a file"),
    ],
)
def test_pieces_that_cannot_be_are_refused(capsys, asked, arguments, said):
    Path("text.wav").write_text("no sound")
    Path("empty").mkdir()
    Path("full").mkdir()
    Path("full/mine.txt").write_text("mine")
    assert said in refused(capsys, "morph", *arguments)
    assert asked == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--at", "2"], "between 0"),
        (["--at", "nan"], "between 0"),
        (["--at", "0:2"], "between 0"),
        (["--at", "half"], "at must be a number from 0 to 1"),
        (["--at", "gone.mid"], "gone.mid"),
        (["--at", "text.mid"], "text.mid"),
        (["--method", "layers"], "method must be one of"),
        (["--tempo", "fast"], "tempo must be one of"),
        (["--length", "0"], "length must be more than 0"),
        (["--length", "nan"], "length must be more than 0"),
        (["--seed", "-1"], "--seed"),
        (["--threads", "0"], "--threads"),
        (["--weights", "gone.npz"], "--weights is for --method latent or both"),
        (["--weights", "gone.npz", "--method", "both"], "gone.npz"),
        (["--plot", "p.jpg"], "must end in .png"),
        (["--report", "r.txt"], "must end in .json"),
        (["--report", "text.json"], "text.json exists"),
        (["--plot", "gone/p.png"], "There is no folder"),
        (["--steps", "1"], "--steps"),
        (["--steps", "22"], "--steps"),
        (["--steps", "5", "--at", "0.5"], "--at is for one morph"),
        (["--steps", "5", "--plot", "p.png"], "--plot is for one morph"),
        (["--steps", "5", "--report", "r.json"], "--report is for one morph"),
        (["--nonsense"], "No such option"),
    ],
)
def test_options_that_cannot_be_are_refused(capsys, asked, options, said):
    Path("text.mid").write_text("no MIDI")
    Path("text.json").write_text("mine")
    assert said in refused(capsys, "morph", "a.wav", "b.wav", "out.wav", *options)
    assert asked == []


def test_a_picture_that_cannot_be_drawn_leaves_nothing(monkeypatch, capsys):
    def fail(*given):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("plugin_bridge.reports.morph_picture.draw", fail)
    said = refused(capsys, "morph", "a.wav", "b.wav", "out.wav", "--plot", "p.png")
    assert "p.png: No space left" in said


# How it ends


SLOW = """
import time
import effects.morphing.morph
def morph(a, b, options, *, progress=None, threads=None):
    print("begun", flush=True)
    while True:
        time.sleep(0.01)
        progress.tick(0.5, "playing")
effects.morphing.morph.morph = morph
from plugin_bridge.cli.main import main
main()
"""


@pytest.mark.parametrize("options", [("--plot", "p.png"), ("--steps", "2")])
def test_ctrl_c_in_the_middle_leaves_nothing(folder, options):
    before = files(folder)
    out = "row" if "--steps" in options else "out.wav"
    command = [sys.executable, "-c", SLOW, "morph", "a.wav", "b.wav", out, *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "begun\n"
        process.send_signal(signal.SIGINT)
        assert process.wait() == 130
    assert files(folder) == before


@pytest.mark.parametrize("command", [["morph"], ["tweak"], ["latent", "encode"]])
def test_no_network_is_loaded_for_help(command):
    code = (
        f"import sys; from plugin_bridge.cli import main; main.run([*{command!r}, '--help']); "
        "print([it for it in ('numpy', 'torch', 'librosa', 'onnxruntime') if it in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
