"""restyle install-daw: whole files where the DAW looks for them, and nobody else's replaced."""

import os
import re
import shutil
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

import presets
from plugin_bridge.cli import main
from plugin_bridge.daw import install as installer
from plugin_bridge.daw.install import DAWS, install, lua_string, next_steps

LUA = shutil.which("lua5.4") or shutil.which("lua5.3")


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home without any DAW, on Linux unless a test says otherwise."""
    for name in ("XDG_CONFIG_HOME", "LOCALAPPDATA", "APPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    return tmp_path


def names(paths):
    return sorted(it.name for it in paths)


def one_line(caught):
    return "\n" not in str(caught.value)


# What is written


@pytest.mark.parametrize("daw", ["ardour", "reaper"])
def test_every_script_is_installed(tmp_path, daw):
    written = install(daw, tmp_path)
    sources = [it.name for it in files("plugin_bridge.daw").joinpath(daw).iterdir()]
    assert names(written) == sorted(it for it in sources if it.endswith(".lua"))
    assert names(tmp_path.iterdir()) == names(written)


def test_lives_device_is_installed(tmp_path):
    written = install("ableton", tmp_path)
    assert {it.suffix for it in written} == {".amxd", ".js"}
    assert names(tmp_path.iterdir()) == names(written)


@pytest.mark.parametrize(
    ("daw", "script"), [("ardour", "restyle_send.lua"), ("reaper", "Restyle.lua")]
)
def test_all_presets_are_in_the_script(tmp_path, daw, script):
    install(daw, tmp_path)
    lines = (tmp_path / script).read_text(encoding="utf-8").splitlines()
    (table,) = [line for line in lines if line.endswith("--@presets")]
    assert table.startswith("local PRESETS = { {")
    chains = [it.name for it in presets.chains()]
    found = re.findall(r'\{"([^"]*)", "', table)
    assert sorted(found) == sorted([*presets.names(), *chains])
    assert found[len(found) - len(chains) :] == chains  # last, and so is their family


OWN_CHAIN = 'label = "My \\"hall\\""\n[[effects]]\ntype = "Reverb"\n'


@pytest.mark.parametrize(
    ("daw", "script"), [("ardour", "restyle_send.lua"), ("reaper", "Restyle.lua")]
)
def test_a_chain_of_ones_own_is_in_the_script(tmp_path, monkeypatch, daw, script):
    monkeypatch.setenv("RESTYLE_DATA_DIR", str(tmp_path / "data"))
    (tmp_path / "data/chains").mkdir(parents=True)
    (tmp_path / "data/chains/my-hall.toml").write_text(OWN_CHAIN)
    install(daw, tmp_path)
    text = (tmp_path / script).read_text(encoding="utf-8")
    assert '{"my-hall", "My \\034hall\\034", "Chains"}' in text
    assert 'CHAINS = "Chains"' in text


def test_the_rest_of_a_script_stays_as_it_is(tmp_path):
    install("reaper", tmp_path)
    for source in files("plugin_bridge.daw").joinpath("reaper").iterdir():
        before = source.read_bytes().splitlines()
        *after, seal = (tmp_path / source.name).read_bytes().splitlines()
        assert seal.startswith(b"-- restyle-sha256:")
        assert len(before) == len(after)
        other = [line for line, was in zip(after, before, strict=True) if line != was]
        assert len(other) == (2 if source.name == "Restyle.lua" else 0)


def test_the_program_is_written_as_an_absolute_path(tmp_path):
    install("reaper", tmp_path)
    (line,) = re.findall(
        r'local RESTYLE = "(.*)" --@restyle', (tmp_path / "Restyle.lua").read_text()
    )
    assert os.path.isabs(line)
    assert Path(line).is_file()


def test_a_missing_program_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(installer.sysconfig, "get_path", lambda _: str(tmp_path))
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setattr(sys, "argv", ["pytest"])
    with pytest.raises(ValueError, match="The program restyle is not found") as caught:
        install("reaper", tmp_path)
    assert one_line(caught)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(LUA is None, reason="needs lua5.4")
@pytest.mark.parametrize(
    "text", ['"] = os.exit() --', "\\", '\\\\"\\', "two\nlines\r\0", "[[ ]] ]==]", "\x7f1", "Ü 音"]
)
def test_lua_reads_what_was_meant(text):
    code = b"io.write(" + lua_string(text) + b")"
    assert b"\n" not in code
    done = subprocess.run([LUA, "-"], input=code, capture_output=True, check=True)
    assert done.stdout == text.encode()


@pytest.mark.skipif(LUA is None, reason="needs lua5.4")
def test_lua_can_read_every_script_of_reapers(tmp_path):
    for path in install("reaper", tmp_path):
        code = f"assert(loadfile({lua_string(str(path)).decode()}))"
        subprocess.run([LUA, "-e", code], check=True)


# Where it is written


@pytest.mark.parametrize(
    ("platform", "daw", "there", "scripts"),
    [
        ("linux", "ardour", ".config/ardour7", ".config/ardour7/scripts"),
        ("linux", "reaper", ".config/REAPER", ".config/REAPER/Scripts"),
        ("darwin", "ardour", "Library/Preferences/Ardour8", "Library/Preferences/Ardour8/scripts"),
        (
            "darwin",
            "reaper",
            "Library/Application Support/REAPER",
            "Library/Application Support/REAPER/Scripts",
        ),
        (
            "darwin",
            "ableton",
            "Music/Ableton/User Library",
            "Music/Ableton/User Library/Presets/Audio Effects/Max Audio Effect",
        ),
        ("win32", "ardour", "AppData/Local/Ardour7", "AppData/Local/Ardour7/scripts"),
        ("win32", "reaper", "AppData/Roaming/REAPER", "AppData/Roaming/REAPER/Scripts"),
        (
            "win32",
            "ableton",
            "Documents/Ableton/User Library",
            "Documents/Ableton/User Library/Presets/Audio Effects/Max Audio Effect",
        ),
    ],
)
def test_the_daws_own_folder_is_found(home, monkeypatch, platform, daw, there, scripts):
    monkeypatch.setattr(sys, "platform", platform)
    (home / there).mkdir(parents=True)
    assert {it.parent for it in install(daw)} == {home / scripts}


def test_every_ardour_has_them(home, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    for name in ("ardour7", "ardour8", "ardour-old", "ardour"):
        (home / "config" / name).mkdir(parents=True)
    folders = {it.parent for it in install("ardour")}
    assert folders == {home / "config" / name / "scripts" for name in ("ardour7", "ardour8")}


@pytest.mark.parametrize("daw", DAWS)
def test_without_the_daw_a_folder_is_asked_for(home, daw):
    with pytest.raises(ValueError, match=r"is not there: start .* with --to DIR") as caught:
        install(daw)
    assert one_line(caught)
    assert list(home.iterdir()) == []


# What is there already


@pytest.mark.parametrize("daw", DAWS)
def test_an_older_version_is_replaced(tmp_path, monkeypatch, daw):
    monkeypatch.setattr(presets, "in_order", lambda every: [presets.get("violin")])
    first = install(daw, tmp_path)
    older = [path.read_bytes() for path in first]
    monkeypatch.undo()
    assert install(daw, tmp_path) == first
    assert [path.read_bytes() for path in first] != older
    assert names(tmp_path.iterdir()) == names(first)


def change(path):
    """One letter, as a user who has another server would change it."""
    before = path.read_bytes()
    path.write_bytes(before.replace(b"Restyle", b"ReStyle", 1))
    assert path.read_bytes() != before
    return path.read_bytes()


@pytest.mark.parametrize("daw", DAWS)
def test_what_was_changed_by_hand_is_not_replaced(tmp_path, daw):
    for path in install(daw, tmp_path):
        before = {it: it.read_bytes() for it in tmp_path.iterdir()}
        changed = change(path)
        with pytest.raises(ValueError, match=f"Changed after.*{path.name}. Add --force") as caught:
            install(daw, tmp_path)
        assert one_line(caught)
        assert {it: it.read_bytes() for it in tmp_path.iterdir()} == {**before, path: changed}
        path.write_bytes(before[path])
    install(daw, tmp_path)


@pytest.mark.parametrize("daw", DAWS)
def test_with_force_it_is_replaced_and_a_copy_kept(tmp_path, daw):
    first = install(daw, tmp_path)
    ours, kept = first[-1].read_bytes(), first[-1].with_name(f"{first[-1].name}.bak")
    changed = change(first[-1])
    assert install(daw, tmp_path, force=True) == [kept, *first]
    assert (first[-1].read_bytes(), kept.read_bytes()) == (ours, changed)
    again = first[-1].with_name(f"{first[-1].name}.2.bak")
    changed = change(first[-1]) + b" "
    first[-1].write_bytes(changed)
    assert install(daw, tmp_path, force=True) == [again, *first]
    assert again.read_bytes() == changed
    assert install(daw, tmp_path, force=True) == first, "there is nothing to keep"


def test_what_an_older_restyle_wrote_may_have_been_changed(tmp_path):
    path = install("reaper", tmp_path)[0]
    path.write_bytes(path.read_bytes().rpartition(b"-- restyle-sha256:")[0])
    with pytest.raises(ValueError, match=r"perhaps changed: .*Add --force"):
        install("reaper", tmp_path)


def test_a_seal_of_another_file_is_not_its_own(tmp_path):
    one, other, *_ = install("reaper", tmp_path)
    seal = one.read_bytes()[-66:]
    other.write_bytes(other.read_bytes()[:-66] + seal)
    with pytest.raises(ValueError, match="Changed after Restyle wrote it"):
        install("reaper", tmp_path)


@pytest.mark.parametrize(
    ("daw", "name"), [("reaper", "restyle_jobs.lua"), ("ardour", "restyle_send.lua")]
)
def test_a_file_of_another_is_not_replaced(tmp_path, daw, name):
    (tmp_path / name).write_text("-- mine\n")
    with pytest.raises(ValueError, match=rf"Not Restyle's: .*{name}. Add --force") as caught:
        install(daw, tmp_path)
    assert one_line(caught)
    assert names(tmp_path.iterdir()) == [name], "nothing else was written"
    assert (tmp_path / name).read_text() == "-- mine\n"
    install(daw, tmp_path, force=True)
    assert (tmp_path / name).read_text() != "-- mine\n"
    assert (tmp_path / f"{name}.bak").read_text() == "-- mine\n"


def test_a_folder_in_the_way_is_told(tmp_path):
    (tmp_path / "Restyle.lua").mkdir()
    with pytest.raises(ValueError, match="is a folder"):
        install("reaper", tmp_path, force=True)
    assert names(tmp_path.iterdir()) == ["Restyle.lua"]


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(ValueError, match="There is no folder"):
        install("reaper", tmp_path / "nowhere")


# The command


def test_an_unknown_daw_is_told(tmp_path):
    for call in (lambda: install("cubase", tmp_path), lambda: next_steps("cubase")):
        with pytest.raises(ValueError, match="choose one of ardour, reaper, ableton"):
            call()


@pytest.mark.parametrize("daw", DAWS)
def test_the_next_steps_name_the_daw(daw):
    assert next_steps(daw).startswith("In ")
    assert "restyle serve --root" in next_steps(daw)


def test_the_command_lists_what_it_wrote_and_what_to_do(tmp_path, capsys):
    assert main.run(["install-daw", "reaper", "--to", str(tmp_path)]) == 0
    told = capsys.readouterr().out
    assert f"Wrote {tmp_path / 'Restyle.lua'}\n" in told
    assert next_steps("reaper") in told


def test_the_command_says_what_it_kept(tmp_path, capsys):
    (tmp_path / "Restyle.lua").write_text("-- mine\n")
    assert main.run(["install-daw", "reaper", "--to", str(tmp_path), "--force"]) == 0
    assert f"Kept a copy, {tmp_path / 'Restyle.lua.bak'}\n" in capsys.readouterr().out


def test_the_command_refuses_in_one_line(tmp_path, capsys):
    (tmp_path / "Restyle.lua").write_text("-- mine\n")
    assert main.run(["install-daw", "reaper", "--to", str(tmp_path)]) == main.WRONG
    error = capsys.readouterr().err
    assert "Add --force to replace" in error
    assert error.count("\n") == 1
