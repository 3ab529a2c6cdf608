"""A real server whose jobs have chains: with plugins that do as they should, crash and hang."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path

import numpy as np
import pytest
from support.chains import HALL, VIOLIN, add_chain, with_plugin
from support.servers import leftovers, serve, sound, stem, wait_for

from effects.board import Pedalboard

SHORT = (0.3, 8000)
SYSTEMS = Path("/usr/lib/vst3")
needs_zam = pytest.mark.skipif(
    not (SYSTEMS / "ZamCompX2.vst3").exists(), reason="needs zam-plugins (apt: zam-plugins)"
)


@pytest.fixture
def root(tmp_path):
    stem(tmp_path / "root" / "in.wav", *SHORT)
    return tmp_path / "root"


def submit(server, id, chain, *pairs, source="in.wav"):
    """Send a job; returns the answer's address, and the last of its arguments."""
    job = (id, source, f"{id}.wav", chain)
    (reply,) = server.ask("/restyle/submit", *job, *pairs, again=None, timeout=60)
    return reply.address, reply.arguments


def in_plugin(server, id):
    """Whether a plugin of a job's chain is loaded, or runs."""
    return server.ask("/restyle/job", id)[0].arguments[3].startswith("plugin ")


def how_it_failed(server, id):
    _, _, code, text = server.ask("/restyle/cancel", id, timeout=60)[0].arguments
    return code, text


def report(root, id):
    return json.loads((root / f"{id}.wav.json").read_text())


# Chains


def test_a_chain_is_named_where_a_preset_is_and_effects_by_their_keys(root):
    add_chain("my-hall", HALL)
    with serve(root, "--workers", "1") as server:
        assert submit(server, "a", "My hall", "reverb.wet_level", 0.5)[0] == "/restyle/accepted"
        assert server.wait("a") == "done"
    board = Pedalboard.load("my-hall")
    board[1].wet_level = 0.5
    expected = board(sound(root / "in.wav").T, SHORT[1]).T
    np.testing.assert_array_equal(sound(root / "a.wav"), expected)


def test_what_is_cut_off_of_a_result_is_said(root):
    add_chain("loud", '[[effects]]\ntype = "Gain"\ngain_db = 60\n')
    with serve(root, "--workers", "1") as server:
        server.ask("/restyle/submit", "a", "in.wav", "a.flac", "loud", again=None, timeout=60)
        assert server.wait("a") == "done"
    advice = json.loads((root / "a.flac.json").read_text())["made_of"]["advice"]
    assert advice.startswith("The result peaks at +")
    assert advice.endswith("was cut off: turn something down.")


def test_what_a_chain_cannot_have_is_refused_at_once_and_nothing_is_left(root):
    add_chain("my-hall", HALL)
    add_chain("comp", with_plugin("ZamCompX2.vst3"))
    add_chain("broken", "no TOML")
    before = sorted(root.iterdir())
    with serve(root, "--workers", "1") as server:
        for chain, pairs, code, word in (
            ("my-hall", ("reverb.wet", 0.5), "bad_setting", "wet_level"),
            ("my-hall", ("strength", 0.5), "bad_setting", "StyleTransfer"),
            ("my-hal", (), "no_such_preset", "my-hall"),
            ("xyz", (), "no_such_preset", "no preset or chain 'xyz'"),
            ("broken", (), "bad_chain", "The chain broken.toml is broken"),
            ("comp", (), "no_such_plugin", "--plugins DIR"),
            ("my-hall", ("chain", HALL), "bad_setting", "chain"),
            ("my-hall", ("preset", "violin"), "bad_setting", "preset"),
        ):
            address, (_, _, said, text) = submit(server, "a", chain, *pairs)
            assert (address, said) == ("/restyle/fail", code), text
            assert word in text
        assert server.stop() == 0
    assert sorted(root.iterdir()) == before


def test_a_default_that_a_chain_cannot_have_keeps_no_job_from_running(root):
    add_chain("my-hall", HALL)
    with serve(root, "--workers", "1") as server:
        for name, value in (("strength", 0.3), ("dynamics", 0.9), ("gain_db", -6.0)):
            server.ask("/restyle/param/set", name, value)
        submit(server, "a", "my-hall")
        assert server.wait("a") == "done"
    expected = Pedalboard.load("my-hall")(sound(root / "in.wav").T, SHORT[1]).T
    np.testing.assert_allclose(sound(root / "a.wav"), expected * 10 ** (-6 / 20), rtol=1e-5)


def test_a_result_that_keeps_its_tail_is_longer_and_says_so(root):
    add_chain("my-hall", f'tail = "keep"\n{HALL}')
    with serve(root, "--workers", "1") as server:
        submit(server, "a", "my-hall")
        assert server.wait("a") == "done"
    assert len(sound(root / "a.wav")) == report(root, "a")["frames"] > len(sound(root / "in.wav"))


# Plugins


@needs_zam
def test_plugins_of_the_system_run_once_their_folder_is_named(root):
    text = VIOLIN + with_plugin("ZamCompX2.vst3", "parameters = { threshold_db = -30.0 }")
    path = add_chain("comp", text)
    with serve(root, "--workers", "1", "--plugins", str(SYSTEMS)) as server:
        assert submit(server, "a", "comp", "zamcompx2.makeup_db", 6.0)[0] == "/restyle/accepted"
        assert server.wait("a") == "done"
        (entry,) = [it for it in server.entries() if it["event"] == "plugins"]
        assert entry["folders"] == [str(SYSTEMS)]
        assert server.errors.read_text() == ""  # whatever plugins print
    path.write_text(text.replace("-30.0", "-30.0, makeup_db = 6.0"))
    expected = Pedalboard.load("comp")(sound(root / "in.wav").T, SHORT[1]).T
    np.testing.assert_array_equal(sound(root / "a.wav"), expected)


def test_a_plugin_outside_the_folders_is_refused_and_not_run(root, plugin, tmp_path):
    (tmp_path / "plugins").mkdir()
    add_chain("bad", with_plugin(plugin("Crasher", crash="load")))
    with serve(root, "--workers", "1", "--plugins", str(tmp_path / "plugins")) as server:
        _, (_, _, code, text) = submit(server, "a", "bad")
        assert code == "no_such_plugin"
        assert "Crasher.vst3" in text
        assert "worker died" not in {it["event"] for it in server.entries()}


@pytest.mark.parametrize("when", ["load", "process"])
def test_a_plugin_that_crashes_fails_its_job_by_name_and_no_other(root, plugin, when):
    path = plugin(f"Crasher-{when}", crash=when)
    add_chain("bad", with_plugin(path.name))
    add_chain("my-hall", HALL)
    with serve(root, "--workers", "1", "--plugins", str(path.parent)) as server:
        for id, chain in (("a", "bad"), ("b", "my-hall"), ("c", "violin")):
            assert submit(server, id, chain)[0] == "/restyle/accepted"
        assert server.wait("a") == "failed"
        code, text = how_it_failed(server, "a")
        assert code == "plugin_failed"
        assert f"The plugin {path.stem}" in text
        assert "crashed" in text
        assert (server.wait("b"), server.wait("c")) == ("done", "done")
        died = [it for it in server.entries() if it["event"] == "worker died"]
        assert [it["job"] for it in died] == ["a"]  # it was not tried again
        assert server.stop() == 0
    assert report(root, "a")["code"] == "plugin_failed"
    assert not (root / "a.wav").exists()
    assert leftovers(root) == []


@pytest.mark.slow
def test_a_plugin_that_hangs_fails_its_job_by_name_and_no_other(root, plugin):
    options = ["--workers", "3", "--hang-seconds", "10"]
    for when in ("load", "process"):
        path = plugin(f"Sleeper-{when}", hang=when)
        add_chain(when, with_plugin(path.name))
        options += ["--plugins", str(path.parent)]
    with serve(root, *options) as server:
        began = time.monotonic()
        for id, chain in (("load", "load"), ("process", "process"), ("b", "violin")):
            assert submit(server, id, chain)[0] == "/restyle/accepted"
        assert server.wait("b") == "done"
        for id in ("load", "process"):
            assert server.job(id) == "running"
        for id in ("load", "process"):
            assert server.wait(id) == "failed"
            assert 10 <= time.monotonic() - began < 40
            code, text = how_it_failed(server, id)
            assert code == "plugin_failed"
            assert f"The plugin Sleeper-{id}" in text
            assert "was not heard of for 10 s" in text
        for id in ("c", "d", "e"):  # as many as there are workers
            assert submit(server, id, "violin")[0] == "/restyle/accepted"
        assert {server.wait(id) for id in ("c", "d", "e")} == {"done"}
        assert server.stop() == 0
    assert leftovers(root) == []


@pytest.mark.slow
def test_a_worker_killed_while_a_plugin_runs_is_chance_and_tried_again(root, plugin):
    """The system does so when memory runs out: the plugin is not to blame."""
    path = plugin("Sleeper-process", hang="process")
    add_chain("bad", with_plugin(path.name))
    with serve(root, "--workers", "1", "--plugins", str(path.parent)) as server:
        submit(server, "a", "bad")
        for _ in range(2):
            wait_for(lambda: in_plugin(server, "a"))
            server.worker_at_work().send_signal(signal.SIGKILL)
            wait_for(lambda: not in_plugin(server, "a"))
        assert server.wait("a") == "failed"
        assert how_it_failed(server, "a")[0] == "worker_died"


def test_a_job_whose_plugin_hangs_can_be_cancelled(root, plugin):
    path = plugin("Sleeper-process", hang="process")
    add_chain("bad", with_plugin(path.name))
    with serve(root, "--workers", "1", "--plugins", str(path.parent)) as server:
        submit(server, "a", "bad")
        wait_for(lambda: in_plugin(server, "a"))
        server.ask("/restyle/cancel", "a", until="/restyle/cancelled", timeout=60)
        assert server.job("a") == "cancelled"
        submit(server, "b", "violin")
        assert server.wait("b") == "done"
    assert leftovers(root) == []
