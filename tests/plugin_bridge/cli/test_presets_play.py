"""restyle presets play: through the system's player, here stand-ins for it."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import psutil
import pytest
import soundfile
from support.cli import write_noise

import presets
from plugin_bridge.cli import main
from plugin_bridge.files import sound_files
from presets import user

pytestmark = pytest.mark.skipif(os.name == "nt", reason="players are scripts here")
RESTYLE = [sys.executable, "-c", "from plugin_bridge.cli.main import main; main()"]
COPY = f'{shutil.which("cp")} "$1" "$(dirname $0)/played.wav"'


@pytest.fixture
def player(tmp_path, monkeypatch):
    """Put a player of that name, which does what a shell is told, where programs are found."""
    programs = tmp_path / "programs"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RESTYLE_DEBUG", raising=False)
    for needed in ("dirname", "sleep"):
        (programs / needed).symlink_to(os.path.realpath(shutil.which(needed, path=os.defpath)))

    def add(name, does):
        (programs / name).write_text(f"#!/bin/sh\n{does}\n")
        (programs / name).chmod(0o755)
        return programs

    return add


def test_the_sound_of_the_preset_is_played(player, capsys):
    programs = player("pw-play", COPY)
    assert main.run(["presets", "play", "40"]) == 0
    said = capsys.readouterr()
    assert said.out.startswith("violin: Violin, ")
    assert said.err == ""
    clip = sound_files.read(presets.get("violin").clip).audio
    played, _ = soundfile.read(programs / "played.wav", dtype="float32", always_2d=True)
    assert np.abs(played.T - clip).max() < 2**-14


def test_ones_own_preset_is_played_by_the_next_player_if_the_first_has_no_device(player, capsys):
    write_noise("mbira.wav")
    user.add("my mbira", "mbira.wav")
    player("pw-play", "echo 'Host is down' >&2; exit 1")
    programs = player("paplay", COPY)
    assert main.run(["presets", "play", "my-mbira", "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")
    assert (programs / "played.wav").stat().st_size > 10_000


def test_where_nothing_plays_it_says_how(player, capsys):
    def error():
        assert main.run(["presets", "play", "violin", "--quiet"]) == 2
        [line] = capsys.readouterr().err.splitlines()
        assert line.endswith(f"open {presets.get('violin').clip} in a player of yours.")
        return line

    assert "There is no program here that plays sounds (any of pw-play, paplay" in error()
    player("aplay", "printf 'ALSA lib\\nNo such device\\n\\n' >&2; exit 1")
    assert "No sound comes out of this machine (aplay: No such device)" in error()


def test_an_unknown_preset_is_not_played(player, capsys):
    programs = player("pw-play", COPY)
    assert main.run(["presets", "play", "voilin"]) == 2
    assert "did you mean violin" in capsys.readouterr().err
    assert not (programs / "played.wav").exists()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_stops_the_player_too(player, tmp_path, number, code):
    pid = tmp_path / "pid"
    player("pw-play", f"echo $$ > {pid}.new; /bin/mv {pid}.new {pid}; exec sleep 60")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    process = subprocess.Popen(
        [*RESTYLE, "presets", "play", "violin"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(temporary)},
    )
    while not pid.exists():
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(number)
    _, err = process.communicate(timeout=10)
    assert (process.returncode, err) == (code, "restyle: stopped\n")
    with contextlib.suppress(psutil.NoSuchProcess):  # whoever has it now may be slow to let it go
        left = psutil.Process(int(pid.read_text()))
        psutil.wait_procs([left], timeout=5)
        assert left.status() == psutil.STATUS_ZOMBIE
    assert list(temporary.iterdir()) == []
