"""Tab completion of preset names, in the shells themselves where they are installed."""

import os
import select
import shutil
import subprocess
import sys
import time

import numpy as np
import pytest
import soundfile

import presets
from effects.engines import ENGINES
from plugin_bridge.cli import main
from plugin_bridge.daw.install import DAWS
from presets import user
from presets.chain_files import user as chain_user

pty = pytest.importorskip("pty", reason="no terminals as on Unix")

BASH, ZSH, FISH = (
    pytest.param(shell, marks=pytest.mark.skipif(not shutil.which(shell), reason=f"no {shell}"))
    for shell in ("bash", "zsh", "fish")
)
HOSTILE = [
    "\\`touch hacked`",
    "$(touch hacked)",
    '"; touch hacked; "',
    "'; touch hacked; '",
    "[/red] :x: \\",
]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working directory, with a sound; the command ``restyle`` can be found from it."""
    (tmp_path / "bin").mkdir()
    restyle = tmp_path / "bin" / "restyle"
    code = "from plugin_bridge.cli.main import main; main()"
    restyle.write_text(f"#!/bin/sh\nexec '{sys.executable}' -c '{code}' \"$@\"\n")
    restyle.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    soundfile.write("mbira.wav", np.random.default_rng(0).uniform(-0.1, 0.1, 4000), 8000)
    return tmp_path


def environment(shell, line):
    """What the scripts of the shells set to ask for the last word of ``line``."""
    return {
        "COMP_WORDS": line,
        "COMP_CWORD": str(line.count(" ")),
        "_TYPER_COMPLETE_ARGS": line,
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
        "_RESTYLE_COMPLETE": f"complete_{shell}",
    }


@pytest.fixture
def complete(folder, monkeypatch, capsys):
    """What a shell is told of the last word of a line; nothing may be said on stderr."""

    def complete(shell, line):
        for name, value in environment(shell, line).items():
            monkeypatch.setenv(name, value)
        with pytest.raises(SystemExit) as stopped:
            main.run([])
        assert stopped.value.code == 0
        said = capsys.readouterr()
        assert said.err == ""
        return said.out

    return complete


# What shells are told


@pytest.mark.parametrize(
    "line",
    [
        "restyle apply a.wav b.wav --preset vio",
        "restyle apply --preset vio",
        "restyle presets show vio",
        "restyle presets export vio",
        "restyle presets validate flute vio",
    ],
)
def test_bash_is_told_names(complete, line):
    assert complete("bash", line).split() == ["viola", "violin"]


def test_zsh_and_fish_are_told_labels_too(complete):
    assert complete("fish", "restyle presets show clavi") == "clavinet\tClavinet\n"
    assert '"clavinet":"Clavinet"' in complete("zsh", "restyle presets show clavi")


def test_what_can_become_of_drums_is_told(complete):
    assert complete("bash", "restyle apply --drums ").split() == ["keep", "play", "drop"]
    assert complete("bash", "restyle batch --drums d").split() == ["drop"]


@pytest.mark.parametrize("command", ["apply", "batch", "send"])
def test_chains_are_told_where_a_style_may_be_one(complete, command):
    told = complete("bash", f"restyle {command} --chain ").split()
    assert told == [it.name for it in presets.chains()]


def test_what_can_become_of_a_tail_is_told(complete):
    assert complete("bash", "restyle apply --tail ").split() == ["cut", "keep"]


def test_engines_devices_and_daws_are_told(complete):
    assert complete("bash", "restyle apply --engine ").split() == list(ENGINES)
    assert complete("zsh", "restyle apply --engine vggi").count('"vggish"') == 1
    assert complete("fish", "restyle apply --device c").split() == ["cpu", "cuda"]
    assert complete("bash", "restyle install-daw ").split() == list(DAWS)
    assert complete("bash", "restyle install-daw rea").split() == ["reaper"]


@pytest.mark.parametrize("line", ["apply m", "apply --style m", "apply a.wav m", "presets add x m"])
def test_where_a_file_goes_nothing_is_told_so_that_the_shell_offers_files(complete, line):
    assert complete("bash", f"restyle {line}").strip() == ""
    assert complete("fish", f"restyle {line}").strip() == ""
    assert complete("zsh", f"restyle {line}").strip() == "_files"


def test_without_a_beginning_all_are_told(complete):
    assert complete("bash", "restyle apply --preset ").split() == presets.names()


def test_only_ones_own_are_offered_for_removal(complete):
    user.add("vielle", "mbira.wav")
    assert complete("bash", "restyle presets remove vi").split() == ["vielle"]
    assert complete("bash", "restyle presets rename ").split() == ["vielle"]
    assert complete("bash", "restyle presets show vi").split()[0] == "vibraphone"
    assert "vielle" in complete("bash", "restyle presets show vi").split()


def test_chains_are_told_with_their_labels(complete, folder):
    text = 'label = "Warm $(x)"\n[[effects]]\ntype = "Gain"\n'
    (folder / "a.toml").write_text(text)
    for name in ("zz-warm", "zz-warmer"):
        chain_user.add(name, "a.toml")
    for command in ("show", "parameters", "export", "remove", "validate zz-warm"):
        told = complete("bash", f"restyle chains {command} zz-w")
        assert told.split() == ["zz-warm", "zz-warmer"]
    assert complete("fish", "restyle chains show zz-warmer") == "zz-warmer\tWarm   x\n"
    assert complete("bash", "restyle chains add zz-w").strip() == ""
    assert "zz-warm" not in complete("bash", "restyle chains remove zz-warme").split()


def test_commands_are_told_as_well(complete):
    assert complete("bash", "restyle pre").split() == ["presets"]
    assert {"show", "add", "export"} <= {*complete("bash", "restyle presets ").split()}


@pytest.mark.parametrize("word", ["zzz", "'", '"', "\\", "$(", "`", "💥", "-", "--nonsense=vio"])
def test_what_cannot_be_completed_is_left_in_silence(complete, word):
    for shell in ("bash", "zsh", "fish"):
        complete(shell, f"restyle apply --preset {word}")


def test_broken_presets_are_passed_over_in_silence(complete, data_folder):
    (data_folder / "presets" / "violet").mkdir(parents=True)
    assert complete("bash", "restyle presets show vio").split() == ["viola", "violin"]
    (data_folder / "presets" / "violet").rmdir()
    (data_folder / "presets").rmdir()
    (data_folder / "presets").write_text("in the way")
    assert complete("bash", "restyle presets show vio").split() == ["viola", "violin"]


def test_it_is_quick_and_loads_nothing_heavy(folder, within):
    code = """
import atexit, sys
from plugin_bridge.cli.main import main
atexit.register(lambda: print(*sys.modules, file=sys.stderr))
main()
"""

    def run(line, *command):
        told = {**os.environ, **environment("fish", line)}
        return subprocess.run(command, env=told, capture_output=True, text=True, check=True)

    for words in ("apply --preset vio", "apply --engine s", "install-daw a"):
        loaded = {*run(f"restyle {words}", sys.executable, "-c", code).stderr.split()}
        assert not loaded & {"torch", "librosa", "scipy", "pedalboard", "numpy", "rich.console"}
    with within(0.5):
        told = run("restyle apply --preset vio", "restyle").stdout
    assert told == "viola\tViola\nviolin\tViolin\n"


# The shells themselves


class Terminal:
    """A shell as a person has it who has installed completion."""

    def __init__(self, shell):
        command, begin = {
            "bash": (["bash", "--norc", "-i"], ""),
            "zsh": (["zsh", "-f", "-i"], "autoload -Uz compinit; compinit -u -D; "),
        }[shell]
        self.pid, self.file = pty.fork()
        if self.pid == 0:
            os.execvpe(command[0], command, {**os.environ, "TERM": "dumb"})
        self.said = ""
        self.type(
            f'{begin}PS1="ready""> "; eval "$(_RESTYLE_COMPLETE=source_{shell} restyle)"\n',
            "ready> ",
        )

    def type(self, keys, until):
        """Type keys, and wait for what the shell should say; return all that it says till then."""
        os.write(self.file, keys.encode())
        self.said, deadline = "", time.monotonic() + 20
        while until not in self.said:
            assert time.monotonic() < deadline, f"no {until!r} in {self.said!r}"
            if select.select([self.file], [], [], 0.1)[0]:
                self.said += os.read(self.file, 1 << 16).decode(errors="replace")
                self.said = self.said.replace("\a", "")
        return self.said

    def close(self):
        os.close(self.file)
        os.waitpid(self.pid, 0)


@pytest.fixture
def terminal(folder):
    """Open a terminal with a shell in it."""
    opened = []

    def terminal(shell):
        opened.append(Terminal(shell))
        return opened[0]

    yield terminal
    for it in opened:
        it.close()


@pytest.mark.parametrize("shell", [BASH, ZSH])
def test_the_tab_key_completes_names(terminal, shell):
    window = terminal(shell)
    window.type("restyle presets show clavi\t", "clavinet")
    window.type("\n", "7 Clavinet")


@pytest.mark.parametrize("shell", [BASH, ZSH])
def test_the_tab_key_completes_engines_daws_and_files(terminal, shell):
    window = terminal(shell)
    window.type("restyle apply mbi\t", "mbira.wav")
    window.type("--engine vggi\t", "vggish")
    window.type("\x15restyle install-daw rea\t", "reaper")


@pytest.mark.parametrize("shell", [ZSH])  # which evaluates what it is told
def test_labels_of_strangers_are_not_run_as_commands(terminal, folder, shell):
    for number, label in enumerate(HOSTILE):
        user.add(f"hostile {number}", "mbira.wav", label=label)
    window = terminal(shell)
    window.type("restyle presets show hostil\t", "hostile-")
    window.type("\t", f"hostile-{len(HOSTILE) - 1}")
    window.type("0\n", "My Presets")
    assert not (folder / "hacked").exists()


@pytest.mark.parametrize("shell", [FISH])
def test_fish_completes_names_with_labels(folder, shell):
    def complete(line):
        script = f"_RESTYLE_COMPLETE=source_fish restyle | source; complete -C '{line}'"
        done = subprocess.run(
            [shell, "-N", "-c", script], capture_output=True, text=True, check=True
        )
        assert done.stderr == ""
        return done.stdout.splitlines()

    for number, label in enumerate(HOSTILE):
        user.add(f"hostile {number}", "mbira.wav", label=label)
    assert complete("restyle presets show clavi") == ["clavinet\tClavinet"]
    assert complete("restyle apply a.wav b.wav --preset clavi") == ["clavinet\tClavinet"]
    assert complete("restyle apply --engine vggi") == ["vggish"]
    assert complete("restyle install-daw rea") == ["reaper"]
    assert complete("restyle apply mbi") == ["mbira.wav"]
    assert len(complete("restyle presets show hostile")) == len(HOSTILE)
    assert not (folder / "hacked").exists()


@pytest.mark.parametrize("shell", [BASH, ZSH, FISH])
def test_completion_can_be_installed(folder, shell):
    command = "restyle --install-completion; true"
    done = subprocess.run([shell, "-c", command], capture_output=True, text=True, check=True)
    assert f"{shell} completion installed in {folder}" in done.stdout
    assert done.stderr == ""
