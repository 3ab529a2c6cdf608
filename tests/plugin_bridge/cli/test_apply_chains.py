"""``restyle apply --chain``: through effects, plugins among them, which cannot harm the command."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pedalboard
import pytest
from mido import Message
from support import cli, midi, plugins

from plugin_bridge.cli import main
from plugin_bridge.files import sound_files

RATE = cli.RATE
ZAM = Path("/usr/lib/vst3/ZamCompX2.vst3")
RESTYLE = [sys.executable, "-c", "from plugin_bridge.cli.main import main; main()"]
HALL = """
label = "Hall"
[[effects]]
type = "HighpassFilter"
cutoff_frequency_hz = 80
[[effects]]
type = "Reverb"
room_size = 0.3
"""
PLAYED = """
[[effects]]
type = "StyleTransfer"
preset = "violin"
strength = 0
[[effects]]
type = "Gain"
gain_db = -6
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """The working directory: a stem, and two chains."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RESTYLE_DEBUG", raising=False)
    monkeypatch.setenv("RESTYLE_DATA_DIR", str(tmp_path / "data"))
    cli.write_noise("stem.wav", channels=2, bits=24)
    (tmp_path / "hall.toml").write_text(HALL)
    (tmp_path / "played.toml").write_text(PLAYED)
    return tmp_path


@pytest.fixture
def refused(folder, capsys):
    """Run a command that must fail: exit code 2, one line, nothing written. Returns the line."""
    return lambda *arguments: cli.refused(capsys, *arguments)


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """A folder with a plugin of each kind."""
    if plugins.missing():
        pytest.skip(plugins.missing())
    folder = tmp_path_factory.mktemp("plugins")
    plugins.build(folder, "Noisy", noise=True)
    plugins.build(folder, "CrashesAtOnce", crash="load")
    plugins.build(folder, "CrashesLater", crash="process")
    plugins.build(folder, "HangsLater", hang="process")
    plugins.build(folder, "Synth", instrument=True)
    return folder


def plugin_chain(name, *, then=""):
    """The file of a chain with that plugin."""
    path = Path(f"{name}-chain.toml")
    path.write_text(f'[[effects]]\ntype = "VST3Plugin"\npath = "{name}.vst3"\n{then}')
    return str(path)


def read(path):
    return sound_files.read(Path(path))


# What works


def test_a_stem_goes_through_a_chain(capsys):
    assert main.run(["apply", "stem.wav", "out.wav", "--chain", "hall.toml"]) == 0
    stem, out = read("stem.wav"), read("out.wav")
    effects = [pedalboard.HighpassFilter(80), pedalboard.Reverb(room_size=0.3)]
    own = pedalboard.Pedalboard(effects)(stem.audio, RATE)
    assert np.abs(out.audio - own).max() < 2**-22  # what 24 bits round
    assert (out.bits, out.sample_rate) == (24, RATE)
    said = capsys.readouterr()
    assert re.fullmatch(r"Wrote out\.wav: 0\.5 s, stereo, .+ s\.\n", said.out)
    assert said.err == ""


def test_a_chain_has_a_name_and_results_are_called_by_it():
    assert main.run(["chains", "add", "my-hall", "hall.toml"]) == 0
    assert main.run(["apply", "stem.wav", "--chain", "my-hall", "--chain", "played.toml"]) == 0
    assert Path("stem.my-hall.wav").exists()
    assert Path("stem.played.wav").exists()


def test_settings_go_to_the_effects_they_are_of():
    command = ["apply", "stem.wav", "--chain", "played.toml", "-q"]
    assert main.run([*command, "-o", "a.wav", "--set", "gain.gain_db=0"]) == 0
    assert Path("a.wav").read_bytes() == Path("stem.wav").read_bytes()
    assert main.run([*command, "-o", "b.wav", "--mix", "0", "--strength", "1"]) == 0
    half = read("stem.wav").audio * 10 ** (-6 / 20)
    assert np.abs(read("b.wav").audio - half).max() < 2**-22


def test_a_tail_can_be_kept():
    command = ["apply", "stem.wav", "--chain", "hall.toml", "-q"]
    assert main.run([*command, "-o", "cut.wav", "--tail", "cut"]) == 0
    assert main.run([*command, "-o", "kept.wav", "--tail", "keep"]) == 0
    stem, cut, kept = (read(it).audio.shape[1] for it in ("stem.wav", "cut.wav", "kept.wav"))
    assert stem == cut < kept


def test_a_report_tells_what_the_style_transfer_has_made():
    command = ["apply", "stem.wav", "out.wav", "--chain", "played.toml", "--report", "r.json"]
    assert main.run(command) == 0
    assert json.loads(Path("r.json").read_text())["engine"] == "sampler"


@pytest.mark.parametrize("quiet", [[], ["-q"]])
def test_peaks_that_were_cut_off_are_said_and_floats_keep_them(capsys, quiet):
    command = ["apply", "stem.wav", "--chain", "played.toml", "--set", "gain.gain_db=20", *quiet]
    assert main.run([*command, "-o", "out.wav"]) == 0
    [line] = capsys.readouterr().err.splitlines()
    assert re.fullmatch(r"restyle: out\.wav peaks at \+1\d\.\d dBFS, .+ --bit-depth 32\.", line)
    assert main.run([*command, "-o", "float.wav", "--bit-depth", "32"]) == 0
    assert capsys.readouterr().err == ""
    assert read("float.wav").audio.max() > 4


def test_files_of_a_chain_are_found_beside_it(folder):
    (folder / "far").mkdir()
    (folder / "far" / "space.toml").write_text(
        '[[effects]]\ntype = "Convolution"\nimpulse_response_filename = "room.wav"\n'
    )
    cli.write_noise("far/room.wav", seconds=0.01)
    assert main.run(["apply", "stem.wav", "out.wav", "--chain", "far/space.toml", "-q"]) == 0
    assert Path("out.wav").read_bytes() != Path("stem.wav").read_bytes()


def test_a_midi_file_moves_what_the_chain_says(folder, ride):
    midi_map = '[midi]\n20 = { parameter = "gain.gain_db", from = -80, to = 0 }\n'
    (folder / "ridden.toml").write_text(f"{PLAYED}{midi_map}")
    ride((0, midi.control(20, 127)), (0.25, midi.control(20, 0)))
    command = ["apply", "stem.wav", "out.wav", "--chain", "ridden.toml", "--midi", "ride.mid"]
    assert main.run(command) == 0
    stem, out = read("stem.wav").audio, read("out.wav").audio
    fifth = RATE // 5
    assert np.abs(out[:, :fifth] - stem[:, :fifth]).max() < 2**-22
    assert np.abs(out[:, -fifth:]).max() < 1e-3


@pytest.fixture
def ride(folder):
    """A function that writes ride.mid, of (seconds, message)."""
    write = midi.writer(folder)
    return lambda *timed: write(*timed, name="ride.mid")


# What is wrong


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--chain", "hall.toml", "--preset", "violin"], "--chain and --preset exclude each other"),
        (["--chain", "hall.toml", "--style", "stem.wav"], "--chain and --style exclude each other"),
        (["--chain", "hall.toml", "--engine", "sampler"], "--chain and --engine exclude"),
        (["--chain", "hall.toml", "--weights", "w.pth"], "--chain and --weights exclude"),
        (["--chain", "hall.toml", "--notes", "n.mid"], "--chain and --notes exclude"),
        (["--chain", "hall.toml", "--plot", "p.png"], "--plot draws one style"),
        (["--chain", "hall.toml", "--report", "r.json"], "the chain hall has none: leave it out"),
        (["--chain", "hall.toml", "--channel", "1"], "add --midi FILE.mid"),
        (["--chain", "hall.toml", "--midi", "gone.mid"], "gone.mid"),
        (
            ["--chain", "played.toml", "--midi", "ride.mid", "--report", "r.json"],
            "--report tells of one style, and --midi may play several",
        ),
        (["--chain", "hall.toml", "--tail", "drop"], "--tail is cut or keep, not 'drop'"),
        (["--chain", "hall.toml", "--set", "reverb.wet"], "write NAME.PARAMETER=VALUE"),
        (["--chain", "hall.toml", "--set", "reverb.wet_lvel=1"], "wet_level"),
        (["--chain", "hall.toml", "--set", "reverb.wet_level=loud"], "wet_level"),
        (["--chain", "hall.toml", "--set", "reverb.wet_level=9"], "wet_level"),
        (["--chain", "hall.toml", "--set", "revreb.wet_level=1"], "reverb"),
        (
            ["--chain", "hall.toml", "--set", "reverb.damping=0", "--set", "reverb.damping=1"],
            "--set reverb.damping is given twice",
        ),
        (["--chain", "hall.toml", "--strength", "1"], "strength"),
        (["--chain", "hall.toml", "--sample-rate", "48000"], "--sample-rate is for MIDI files"),
        (["--chain", "hall.toml", "--plugins", "nowhere"], "There is no folder nowhere"),
        (["--chain", "violin"], "violin is a preset: --preset violin."),
        (["--chain", "no-such-chain"], "no-such-chain"),
        (["--chain", "gone.toml"], "gone.toml"),
        (["--chain", "stem.wav"], "stem.wav"),
        (["--chain", "broken.toml"], "broken.toml"),
        (["--chain", "misspelt.toml"], "Reverb"),
        (["--chain", "misspelt.toml", "--set", "revreb.wet_level=1", "--mix", "1"], "Reverb"),
        (["--chain", "missing.toml"], "Missing.vst3"),
        (["--preset", "mine"], "mine is a chain: --chain mine."),
        (["--preset", "hall.toml"], "hall.toml is the file of a chain: --chain hall.toml."),
        (["--preset", "violin", "--set", "reverb.wet_level=1"], "--set is for chains"),
        (["--preset", "violin", "--tail", "keep"], "--tail is for chains"),
        (["--preset", "violin", "--plugins", "."], "--plugins is for chains"),
        (["--preset", "violin", "--sample-rate", "48000"], "--sample-rate is for MIDI files"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(refused, folder, capsys, arguments, said):
    (folder / "broken.toml").write_text("[[effects]\ntype")
    (folder / "misspelt.toml").write_text('[[effects]]\ntype = "Revreb"\n')
    (folder / "missing.toml").write_text('[[effects]]\ntype = "VST3Plugin"\npath="Missing.vst3"\n')
    assert main.run(["chains", "add", "mine", "hall.toml"]) == 0
    capsys.readouterr()
    assert said in refused("apply", "stem.wav", "out.wav", *arguments)


def test_two_chains_of_one_name_do_not_replace_each_other(refused, folder):
    (folder / "sub").mkdir()
    (folder / "sub" / "hall.toml").write_text(PLAYED)
    command = ["apply", "stem.wav", "--chain", "hall.toml", "--chain", "sub/hall.toml"]
    assert "stem.hall.wav would be written twice" in refused(*command)


def test_a_midi_file_needs_an_instrument(refused):
    Path("tune.mid").write_bytes(midi.to_bytes(midi.track((0, Message("note_on", note=60)))))
    said = refused("apply", "tune.mid", "out.wav", "--chain", "hall.toml")
    assert "tune.mid is a MIDI file, and the chain hall begins with no instrument" in said


# Plugins


@pytest.mark.skipif(not ZAM.exists(), reason="the package zam-plugins is not installed")
def test_a_real_plugin_does_here_what_it_does_in_pedalboard(capfd):
    Path("zam.toml").write_text(
        '[[effects]]\ntype = "VST3Plugin"\npath = "ZamCompX2.vst3"\nparameters = { ratio = 8.0 }\n'
    )
    command = ["apply", "stem.wav", "out.wav", "--chain", "zam.toml"]
    assert main.run([*command, "--set", "zamcompx2.threshold_db=-30"]) == 0
    said = capfd.readouterr()
    assert said.err == ""
    assert said.out.count("\n") == 1
    stem = read("stem.wav")
    own = pedalboard.load_plugin(str(ZAM))
    own.ratio, own.threshold_db = 8.0, -30.0
    assert np.abs(read("out.wav").audio - own(stem.audio, RATE)).max() < 2**-22


def test_what_a_plugin_prints_is_not_on_the_terminal(built, capfd):
    chain = plugin_chain("Noisy")
    command = ["apply", "stem.wav", "out.wav", "--chain", chain, "--plugins", str(built)]
    assert main.run([*command, "--set", "noisy.gain=1", "-q"]) == 0
    assert capfd.readouterr() == ("", "")
    assert Path("out.wav").read_bytes() == Path("stem.wav").read_bytes()


@pytest.mark.parametrize("name", ["CrashesAtOnce", "CrashesLater"])
def test_a_plugin_that_crashes_is_one_line(built, refused, name):
    chain = plugin_chain(name)
    said = refused("apply", "stem.wav", "out.wav", "--chain", chain, "--plugins", built)
    assert said == (
        f"restyle: the plugin {name}.vst3 crashed: update it, or take it out of the chain "
        f"{name}-chain.\n"
    )


def test_the_crash_of_one_chain_does_not_keep_others_from_being_made(built, capsys):
    chains = [plugin_chain("CrashesLater"), plugin_chain("Noisy"), "hall.toml"]
    named = [word for it in chains for word in ("--chain", it)]
    command = ["apply", "stem.wav", *named, "--plugins", str(built), "--out-dir", "results"]
    assert main.run(command) == 2
    said = capsys.readouterr()
    assert [*map(str, sorted(Path("results").iterdir()))] == [
        "results/stem.Noisy-chain.wav",
        "results/stem.hall.wav",
    ]
    assert said.out.count("Wrote") == 2
    assert "CrashesLater.vst3 crashed" in said.err
    assert "1 of 3 results was not made" in said.err


def test_a_folder_that_was_made_for_what_crashed_is_not_left(built, refused):
    chain = plugin_chain("CrashesLater")
    refused("apply", "stem.wav", "--chain", chain, "--plugins", built, "--out-dir", "results")
    assert not Path("results").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_a_plugin_that_hangs(built, folder, number):
    chain = plugin_chain("HangsLater")
    command = ["apply", "stem.wav", "out.wav", "--chain", chain, "--plugins", str(built)]
    before = cli.files(folder)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    process = subprocess.Popen([*RESTYLE, *command], start_new_session=True, **pipes)
    time.sleep(3)  # by then it hangs; or is on its way, which is as good a moment
    os.killpg(process.pid, number)  # as a terminal sends it
    started = time.monotonic()
    out, err = process.communicate(timeout=20)
    assert time.monotonic() - started < 5
    assert (process.returncode, out, err) == (128 + number, "", "restyle: stopped\n")
    assert cli.files(folder) == before
    while some_are_left(process.pid):
        assert time.monotonic() - started < 5
        time.sleep(0.05)


def some_are_left(group):
    """Whether there is still a process of the group."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_midi_file_moves_a_plugin(built, ride):
    chain = plugin_chain(
        "Noisy", then='[midi]\n20 = { parameter = "noisy.gain", from = 0, to = 2 }\n'
    )
    ride((0, midi.control(20, 0)))
    command = ["apply", "stem.wav", "out.wav", "--chain", chain, "--plugins", str(built)]
    assert main.run([*command, "--midi", "ride.mid"]) == 0
    assert not read("out.wav").audio.any()


# Instruments


def test_an_instrument_plays_a_midi_file(built, capsys):
    notes = (0, Message("note_on", note=69)), (1000, Message("note_off", note=69))
    Path("tune.mid").write_bytes(midi.to_bytes(midi.track(*notes), ticks_per_beat=1000))
    chain = plugin_chain("Synth", then='[[effects]]\ntype = "Gain"\ngain_db = -6\n')
    command = ["apply", "tune.mid", "--chain", chain, "--plugins", str(built)]
    assert main.run(command) == 0
    made = read("tune.Synth-chain.wav")
    assert (made.sample_rate, made.bits, len(made.audio)) == (44_100, 24, 2)
    assert made.audio.max() == pytest.approx(0.25 * 64 / 127 * 10 ** (-6 / 20), abs=1e-4)
    own = ["--sample-rate", "48000", "--bit-depth", "16", "-o", "out.flac"]
    assert main.run([*command, *own]) == 0
    assert (read("out.flac").sample_rate, read("out.flac").bits) == (48_000, 16)


def test_an_instrument_needs_no_second_midi_file(built, refused, ride):
    path = ride((0, midi.control(7, 100)))
    command = ["apply", path, "out.wav", "--chain", plugin_chain("Synth"), "--plugins", built]
    assert "leave --midi out" in refused(*command, "--midi", path)


def test_an_instrument_takes_no_sound(built, refused):
    chain = plugin_chain("Synth")
    said = refused("apply", "stem.wav", "out.wav", "--chain", chain, "--plugins", built)
    assert "begins with an instrument, which plays a MIDI file" in said


def test_an_effect_plays_no_midi_file(built, refused):
    Path("tune.mid").write_bytes(midi.to_bytes(midi.track((0, Message("note_on", note=60)))))
    said = refused(
        "apply", "tune.mid", "o.wav", "--chain", plugin_chain("Noisy"), "--plugins", built
    )
    assert "begins with no instrument" in said


def test_a_midi_file_that_is_damaged_is_said(built, refused):
    Path("tune.mid").write_bytes(b"MThd\x00\x00")
    said = refused(
        "apply", "tune.mid", "o.wav", "--chain", plugin_chain("Synth"), "--plugins", built
    )
    assert "tune.mid" in said
