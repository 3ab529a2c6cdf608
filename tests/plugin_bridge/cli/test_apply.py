"""The command line as a user meets it: what it writes, what it refuses, how it ends."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image
from support.disks import small_disk_or_skip

import presets
from effects.engines import DEFAULT_DRUMS, DEFAULT_DYNAMICS, DRUMS, ENGINES
from effects.engines.report import Report
from plugin_bridge.cli import main
from plugin_bridge.files import sound_files
from plugin_bridge.files.sound_files import Sound

RATE = 44_100
SETTINGS = ["--preset", "violin", "--strength", "0"]  # strength 0 needs no torch: these are quick
RESTYLE = [sys.executable, "-c", "from plugin_bridge.cli.main import main; main()"]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder with a stem in it, which is the working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RESTYLE_DEBUG", raising=False)
    write("stem.wav", bits=24)
    return tmp_path


def write(name, *, channels=2, seconds=0.5, rate=RATE, bits=16):
    samples = int(seconds * rate)
    audio = np.random.default_rng(0).uniform(-0.5, 0.5, (channels, samples)).astype(np.float32)
    path = Path(name)
    sound_files.write(path, Sound(audio, rate, bits))
    return path


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@pytest.fixture
def refused(folder, capsys):
    """Run a command that must fail: exit code 2, one line, nothing written. Returns the line."""

    def run(*arguments):
        before = files(folder)
        assert main.run([str(argument) for argument in arguments]) == 2
        said = capsys.readouterr()
        assert said.out == ""
        assert re.fullmatch(r"restyle: .+\n", said.err)
        assert files(folder) == before
        return said.err

    return run


# What works


@pytest.mark.parametrize("suffix", [".wav", ".aiff", ".flac"])
@pytest.mark.parametrize("bits", [16, 24])
@pytest.mark.parametrize(("channels", "rate"), [(1, 8000), (2, 44_100), (8, 96_000)])
def test_the_output_is_as_the_stem(suffix, bits, channels, rate):
    stem = write(f"in{suffix}", channels=channels, rate=rate, bits=bits)
    assert main.run(["apply", str(stem), f"out{suffix}", *SETTINGS]) == 0
    assert Path(f"out{suffix}").read_bytes() == stem.read_bytes()


def test_the_format_is_that_of_the_name():
    for name, subtype in [("a.flac", "PCM_24"), ("a.ogg", "VORBIS"), ("a.mp3", "MPEG_LAYER_III")]:
        assert main.run(["apply", "stem.wav", name, *SETTINGS]) == 0
        info = soundfile.info(name)
        assert (info.subtype, info.samplerate, info.channels) == (subtype, RATE, 2)


def test_the_last_line_tells_what_was_written(capsys):
    assert main.run(["apply", "stem.wav", "out.wav", *SETTINGS]) == 0
    said = capsys.readouterr()
    expected = r"Wrote out\.wav: 0\.5 s, stereo, 44\.1 kHz, 24-bit, -\d+\.\d LUFS, in \d+\.\d s\.\n"
    assert re.fullmatch(expected, said.out)
    assert said.err == ""


def test_silence_is_told_as_such(capsys):
    sound_files.write(Path("rest.wav"), Sound(np.zeros((1, RATE), np.float32), RATE, 16))
    assert main.run(["apply", "rest.wav", "out.wav", "--preset", "violin"]) == 0
    assert "16-bit, silent, in" in capsys.readouterr().out


def test_quiet_says_nothing(capsys):
    assert main.run(["apply", "stem.wav", "out.wav", *SETTINGS, "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")


def test_cut_peaks_are_told(capsys):
    audio = np.float32([[2.0, -2.0] * 5000])
    sound_files.write(Path("hot.wav"), Sound(audio, RATE, 32))
    assert main.run(["apply", "hot.wav", "hot.flac", *SETTINGS]) == 0
    assert "peaks above full scale were cut off" in capsys.readouterr().out
    assert main.run(["apply", "hot.wav", "out.wav", *SETTINGS]) == 0
    assert "peaks" not in capsys.readouterr().out


@pytest.mark.parametrize("samples", [1, 2, 3])
@pytest.mark.parametrize("channels", [1, 2, 8])
def test_stems_of_a_few_samples(samples, channels):
    write("tiny.wav", channels=channels, seconds=samples / RATE)
    assert main.run(["apply", "tiny.wav", "out.wav", *SETTINGS]) == 0
    assert files(Path())["out.wav"] == files(Path())["tiny.wav"]


def test_force_replaces_the_output_and_even_the_stem(folder):
    before = files(folder)["stem.wav"]
    Path("out.wav").write_bytes(b"old")
    assert main.run(["apply", "stem.wav", "--out", "out.wav", *SETTINGS, "--force"]) == 0
    assert files(folder)["out.wav"] == before
    assert main.run(["apply", "stem.wav", "stem.wav", *SETTINGS, "--force"]) == 0
    assert files(folder)["stem.wav"] == before


def test_plot_draws_a_png():
    plot = ["--plot", "p.PNG"]
    assert main.run(["apply", "stem.wav", "out.wav", *SETTINGS, *plot]) == 0
    with Image.open("p.PNG") as image:
        image.verify()
        assert image.format == "PNG"


def read_report(name):
    return Report.from_dict(json.loads(Path(name).read_text()))


def test_the_report_says_what_the_sound_is_made_of():
    assert main.run(["apply", "stem.wav", "out.wav", *SETTINGS, "--report", "r.json"]) == 0
    report = read_report("r.json")
    assert (report.kept, report.engine) == (1.0, "sampler")
    assert (report.stretches[0].start, report.stretches[-1].end) == (0.0, 0.5)


def test_force_replaces_a_report():
    Path("r.json").write_text("old")
    report = ["--report", "r.json", "--force"]
    assert main.run(["apply", "stem.wav", "out.wav", *SETTINGS, *report]) == 0
    assert read_report("r.json").kept == 1.0


def test_where_much_was_not_played_a_line_says_so_unless_it_is_to_be_quiet(capsys):
    write("rain.wav", channels=1, seconds=2, rate=8000)
    arguments = ["apply", "stem.wav", "-o", "out.wav", "--style", "rain.wav", "--force"]
    assert main.run([*arguments, "--report", "r.json"]) == 0
    said = capsys.readouterr()
    assert said.err == f"restyle: {read_report('r.json').advice}\n"
    assert "take a clip of an instrument" in said.err
    assert said.out.startswith("Wrote out.wav")
    assert main.run([*arguments, "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("drums", DRUMS)
def test_drums_and_dynamics_are_taken(drums):
    options = ["--drums", drums, "--dynamics", "0.5"]
    assert main.run(["apply", "stem.wav", "out.wav", *SETTINGS, *options]) == 0


@pytest.mark.slow
def test_a_real_run_changes_the_sound_and_draws_its_losses(folder):
    write("short.wav", seconds=2)
    options = ["--preset", "violin", "--plot", "p.png"]
    assert main.run(["apply", "short.wav", "out.wav", *options]) == 0
    content, output = (sound_files.read(folder / name) for name in ("short.wav", "out.wav"))
    assert output.audio.shape == content.audio.shape
    assert np.abs(output.audio - content.audio).max() > 0.01
    assert np.abs(output.audio).max() <= 1


def test_a_style_clip_of_ones_own():
    write("clip.ogg")
    assert main.run(["apply", "stem.wav", "out.wav", "--style", "clip.ogg", "--strength", "0"]) == 0


# What is refused

WRONG = {
    "no such stem": (["none.wav", "out.wav", *SETTINGS], "none.wav: No such file"),
    "a folder for a stem": (["sub", "out.wav", *SETTINGS], "sub: Is a directory"),
    "an empty stem": (["empty.wav", "out.wav", *SETTINGS], "empty.wav"),
    "not audio": (["text.wav", "out.wav", *SETTINGS], "text.wav"),
    "a stem cut short": (["cut.wav", "out.wav", *SETTINGS], "cut short"),
    "NaN in the stem": (["nan.wav", "out.wav", *SETTINGS], "NaN or infinity, first at"),
    "nine channels": (["nine.wav", "out.wav", *SETTINGS], "8 channels"),
    "no suffix": (["stem.wav", "out", *SETTINGS], "must end in"),
    "a bad suffix": (["stem.wav", "out.m4a", *SETTINGS], "must end in"),
    "no such folder": (["stem.wav", "no/out.wav", *SETTINGS], "There is no folder"),
    "a folder for an output": (["stem.wav", "sub.wav", *SETTINGS], "is a folder"),
    "a device for an output": (["stem.wav", "null.wav", *SETTINGS, "--force"], "not an ordinary"),
    "an output that exists": (["stem.wav", "-o", "text.wav", *SETTINGS], "add --force"),
    "the stem as output": (["stem.wav", "stem.wav", *SETTINGS], "add --force"),
    "the style as output": (["stem.wav", "clip.wav", "--style", "clip.wav"], "add --force"),
    "three channels in an MP3": (["three.wav", "out.mp3", *SETTINGS], "cannot hold 3 channels"),
    "96 kHz in an MP3": (["fast.wav", "out.mp3", *SETTINGS], "at 96000 Hz"),
    "no style": (["stem.wav", "out.wav"], "--style CLIP, --preset NAME or --chain NAME"),
    "two styles": (["stem.wav", "out.wav", *SETTINGS, "--style", "clip.wav"], "exclude each other"),
    "no such style": (["stem.wav", "out.wav", "--style", "none.wav"], "none.wav"),
    "no such preset": (["stem.wav", "out.wav", "--preset", "voilin"], "did you mean violin"),
    "no such engine": (["stem.wav", "out.wav", *SETTINGS, "--engine", "x"], "There is no engine"),
    "no such device": (["stem.wav", "out.wav", *SETTINGS, "--device", "x"], "Device must be"),
    "too strong": (
        ["stem.wav", "out.wav", "--preset", "flute", "--strength", "1.1"],
        "--strength",
    ),
    "not a number": (["stem.wav", "out.wav", "--preset", "flute", "--mix", "wet"], "--mix"),
    "a negative seed": (["stem.wav", "out.wav", *SETTINGS, "--seed", "-1"], "--seed"),
    "a huge seed": (["stem.wav", "out.wav", *SETTINGS, "--seed", str(10**30)], "Seed"),
    "a plot that is no PNG": (["stem.wav", "out.wav", *SETTINGS, "--plot", "p.jpg"], ".png"),
    "a plot that exists": (["stem.wav", "out.wav", *SETTINGS, "--plot", "old.png"], "--force"),
    "a report that is no JSON": (["stem.wav", "out.wav", *SETTINGS, "--report", "r.txt"], ".json"),
    "a report that exists": (["stem.wav", "out.wav", *SETTINGS, "--report", "r.json"], "--force"),
    "a report nowhere": (["stem.wav", "out.wav", *SETTINGS, "--report", "no/r.json"], "no folder"),
    "other drums": (["stem.wav", "out.wav", *SETTINGS, "--drums", "solo"], "keep, play, drop"),
    "too much dynamics": (["stem.wav", "out.wav", *SETTINGS, "--dynamics", "2"], "--dynamics"),
    "drums of spectra": (
        ["stem.wav", "out.wav", *SETTINGS, "--engine", "infinite", "--drums", "drop"],
        "The engine 'infinite' does not tell drums",
    ),
    "dynamics of a network": (
        ["stem.wav", "out.wav", *SETTINGS, "--engine", "vgg19", "--dynamics", "0"],
        "The engine 'vgg19' plays no notes",
    ),
    "an unknown option": (["stem.wav", "out.wav", "--stile", "clip.wav"], "--stile"),
    "an option without its value": (["stem.wav", "out.wav", "--style"], "--style"),
    "no sound to take": (["stem.wav"], "--style CLIP, --preset NAME or --chain NAME"),
    "no file": ([*SETTINGS], "IN"),
    "several outputs": (
        ["stem.wav", "out.wav", "more.wav", *SETTINGS],
        "There are no files out.wav, more.wav: of three and more, all are stems",
    ),
}


@pytest.mark.parametrize(("arguments", "reason"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_said_in_one_line(folder, refused, arguments, reason):
    for name in ("sub", "sub.wav"):
        (folder / name).mkdir()
    (folder / "null.wav").symlink_to(os.devnull)
    (folder / "empty.wav").write_bytes(b"")
    (folder / "text.wav").write_text("This is text.\nNot a sound.")
    (folder / "old.png").write_bytes(b"old")
    (folder / "r.json").write_bytes(b"old")
    (folder / "cut.wav").write_bytes((folder / "stem.wav").read_bytes()[:1000])
    soundfile.write("nan.wav", np.full(100, np.nan), RATE, subtype="FLOAT")
    write("nine.wav", channels=9)
    write("three.wav", channels=3)
    write("fast.wav", rate=96_000)
    write("clip.wav")
    assert reason in refused("apply", *arguments)


@pytest.mark.parametrize("option", ["strength", "mix", "dynamics"])
def test_nan_is_no_number_for_an_option(refused, option):
    reason = refused("apply", "stem.wav", "out.wav", "--preset", "flute", f"--{option}", "nan")
    assert option in reason.lower()


@pytest.mark.parametrize("arguments", [["aply"], ["--nonsense"], ["demo", "a", "b"]])
def test_wrong_commands_are_said_in_one_line(refused, arguments):
    assert "--help" in refused(*arguments)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
def test_an_unwritable_folder(folder, refused):
    (folder / "sub").mkdir(mode=0o500)
    assert "not writable" in refused("apply", "stem.wav", "sub/out.wav", *SETTINGS)


def test_the_sound_the_plot_and_the_report_are_written_all_or_none(refused, monkeypatch):
    import plugin_bridge.reports.pictures

    def fail(*_):
        raise OSError(28, "No space left on device", "p.png")

    monkeypatch.setattr(plugin_bridge.reports.pictures, "draw", fail)
    options = ["--plot", "p.png", "--report", "r.json"]
    said = refused("apply", "stem.wav", "out.wav", *SETTINGS, *options)
    assert "p.png: No space left on device" in said


def test_a_bug_is_one_line_too_and_has_a_traceback_for_those_who_ask(refused, monkeypatch):
    def fail(_):
        raise KeyError("surprise\nin two lines")

    monkeypatch.setattr(sound_files, "read", fail)
    arguments = ["apply", "stem.wav", "out.wav", *SETTINGS]
    assert "unexpected KeyError" in refused(*arguments)
    monkeypatch.setenv("RESTYLE_DEBUG", "1")
    with pytest.raises(KeyError):
        main.run(arguments)


# What it says of itself


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"], ["apply", "--help"], ["demo", "-h"]])
def test_help_teaches_with_an_example(capsys, arguments):
    assert main.run(arguments) == 0
    said = capsys.readouterr()
    assert "restyle apply piano.wav" in said.out or "restyle demo" in said.out
    assert said.err == ""


def test_help_names_every_engine(capsys):
    assert main.run(["apply", "--help"]) == 0
    words = capsys.readouterr().out
    assert all(name in words for name in ENGINES)


@pytest.mark.parametrize("command", ["apply", "batch", "send"])
def test_help_tells_the_defaults_of_drums_and_dynamics(capsys, command):
    assert main.run([command, "--help"]) == 0
    words = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert f"Without this, {DEFAULT_DYNAMICS:g}." in words
    assert f"{DEFAULT_DRUMS} leaves them as they are (so does leaving this out)" in words


def test_version(capsys):
    assert main.run(["--version"]) == 0
    assert capsys.readouterr().out == f"restyle {version('restyle')}\n"


def test_presets_are_listed(capsys):
    assert main.run(["presets"]) == 0
    listed = capsys.readouterr().out
    assert all(name in listed for name in presets.names())


def test_help_is_quick_and_loads_nothing_heavy(within):
    code = (
        "import sys; from plugin_bridge.cli import main; main.run(['apply', '--help']);"
        "print('loaded', *sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    loaded = done.stdout.split("loaded ")[-1].split()
    assert not {"torch", "librosa", "matplotlib", "scipy", "pedalboard", "numpy"} & {*loaded}

    with within(0.5):
        subprocess.run([*RESTYLE, "--help"], check=True, capture_output=True)


# How it ends

HOLD = """
import sys, time, {module}
from plugin_bridge.cli.main import main

def hold(*arguments):
    {before}
    print("ready", flush=True)
    time.sleep(60)

{module}.{name} = hold
main()
"""
WORKING = HOLD.format(
    module="plugin_bridge.files.process",
    name="process",
    before="arguments[0].on_progress(0.5, 'half')",
)
WRITING = HOLD.format(
    module="plugin_bridge.files.sound_files",
    name="write_into",
    before="arguments[0].write(b'half a file'); arguments[0].flush()",
)


def start(code):
    """Start a run that stops at the point that ``code`` holds it at, and wait for that."""
    options = SETTINGS if code == WRITING else ["--preset", "violin"]
    command = [sys.executable, "-c", code, "apply", "stem.wav", "--out", "out.wav", *options]
    process = subprocess.Popen(
        [*command, "--force"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "ready\n"
    return process


@pytest.mark.parametrize("code", [WORKING, WRITING], ids=["working", "writing"])
@pytest.mark.parametrize(("number", "expected"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("old", [None, b"an older output"])
def test_a_signal_ends_it_and_leaves_nothing(folder, code, number, expected, old):
    if old:
        (folder / "out.wav").write_bytes(old)
    before = files(folder)
    process = start(code)
    process.send_signal(number)
    out, err = process.communicate(timeout=10)
    assert process.returncode == expected
    assert out == ""
    assert err == "restyle: stopped\n"
    assert files(folder) == before


@pytest.mark.skipif(sys.platform != "linux", reason="needs files without names")
@pytest.mark.parametrize("code", [WORKING, WRITING], ids=["working", "writing"])
def test_kill_leaves_the_old_output_whole_and_nothing_else(folder, code):
    (folder / "out.wav").write_bytes(b"an older output")
    before = files(folder)
    process = start(code)
    process.kill()
    process.communicate(timeout=10)
    assert files(folder) == before


def test_an_output_that_appeared_meanwhile_stays(folder, capsys, monkeypatch):
    def process(effect, content):
        (folder / "out.wav").write_bytes(b"theirs")
        return content.audio

    monkeypatch.setattr("plugin_bridge.files.process.process", process)
    options = ["--plot", "p.png", "--report", "r.json"]
    assert main.run(["apply", "stem.wav", "out.wav", *SETTINGS, *options]) == 2
    assert "out.wav exists: add --force" in capsys.readouterr().err
    assert files(folder).keys() == {"stem.wav", "out.wav"}
    assert (folder / "out.wav").read_bytes() == b"theirs"


@pytest.mark.slow
def test_ctrl_c_in_real_work_ends_it_soon(folder):
    write("long.wav", seconds=60)
    before = files(folder)
    arguments = ["apply", "long.wav", "out.wav", "--preset", "violin", "--engine", "random_cnn_1d"]
    process = subprocess.Popen([*RESTYLE, *arguments], stderr=subprocess.PIPE, text=True)
    time.sleep(6)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=15)
    assert process.returncode == 130
    assert err == "restyle: stopped\n"
    assert files(folder) == before


def test_names_that_no_encoding_knows_are_no_trouble():
    arguments = ["apply", "stem.wav", os.fsdecode(b"out\xff.wav"), *SETTINGS]
    done = subprocess.run([*RESTYLE, *arguments], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"Wrote out\\udcff.wav" in done.stdout


@pytest.mark.parametrize(
    ("small", "suffix"),
    [("plot", ".wav"), ("report", ".wav")]
    + [("sound", suffix) for suffix in (".wav", ".aiff", ".flac", ".ogg", ".mp3")],
)
def test_a_full_disk_is_said_and_leaves_nothing(folder, capsys, suffix, small):
    """The sound, the picture or the report comes to a disk of 16 kB that is full but for 4."""
    write("long.wav", seconds=2)
    with small_disk_or_skip(folder / "disk", "16k") as disk:
        (disk / "full").write_bytes(bytes(16384 if small == "report" else 12_000))
        where = {"sound": folder, "plot": folder, "report": folder, small: disk}
        results = [str(where["sound"] / f"out{suffix}"), "--plot", str(where["plot"] / "p.png")]
        results += ["--report", str(where["report"] / "r.json")]
        assert main.run(["apply", "long.wav", *results, *SETTINGS]) == 2
        assert re.fullmatch(r"restyle: .*/disk/.*: No space left.*\n", capsys.readouterr().err)
        assert os.listdir(disk) == ["full"]
        assert {it.name for it in folder.iterdir()} == {"stem.wav", "long.wav", "disk"}


def test_names_do_nothing_to_a_terminal(folder, capsys):
    name = "a\x1b[2J\n\u202e.wav"
    (folder / "stem.wav").rename(folder / name)
    assert main.run(["apply", name, f"out{name}", *SETTINGS]) == 0
    assert main.run(["apply", name, "--out", f"out{name}", *SETTINGS]) == 2
    said = capsys.readouterr()
    assert (said.out + said.err).replace("\n", "").isprintable()
    assert said.out.count("\n") == said.err.count("\n") == 1


def test_a_closed_pipe_is_no_traceback():
    done = subprocess.run(
        f"{sys.executable} -c 'from plugin_bridge.cli.main import main; main()' presets | true",
        shell=True,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr


def test_depth_and_bit_rate_are_those_that_were_asked_for(folder, refused, capsys):
    assert main.run(["apply", "stem.wav", "a.wav", *SETTINGS, "--bit-depth", "16"]) == 0
    assert soundfile.info("a.wav").subtype == "PCM_16"
    assert main.run(["apply", "stem.wav", "a.mp3", *SETTINGS, "--bitrate", "96"]) == 0
    assert "96 kbit/s" in capsys.readouterr().out
    assert "takes 16 or 24 bits" in refused(
        "apply", "stem.wav", "b.flac", *SETTINGS, "--bit-depth=8"
    )
