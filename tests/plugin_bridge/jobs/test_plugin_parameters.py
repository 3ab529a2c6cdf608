"""What can be set of chains, as their plugins say it in a process of their own."""

import asyncio
import os
import shutil

import pytest
from support.chains import HALL, add_chain, with_plugin

from effects.chains.plugins import PluginFolders
from plugin_bridge.jobs import plugin_parameters as module
from plugin_bridge.jobs.chain_rules import STRANGERS, ChainRules
from plugin_bridge.jobs.plugin_parameters import PluginParameters
from presets import chain


def described(path, text, *, times=1):
    """The parameters of a chain, and the process that was asked last, or None."""
    rules = ChainRules(PluginFolders((path.parent,), only=True))
    asked = PluginParameters(rules)
    add_chain("mine", text)

    async def story():
        return [await asked.of(chain("mine")) for _ in range(times)]

    try:
        return asyncio.run(story())[-1]
    finally:
        asked.shutdown()


def test_a_plugin_tells_its_parameters_with_their_ranges(plugin):
    path = plugin()
    found = described(path, with_plugin(path.name, "parameters = { gain = 0.5 }"))
    gain = found["tester.gain"]
    assert (gain.kind, gain.least, gain.most) == ("number", 0.0, 2.0)
    assert gain.default == pytest.approx(0.5)
    assert "tester.mode" in found
    assert "tester.meter" not in found  # which nobody can set
    assert "gain.gain_db" in found
    assert not {"tester.path", "tester.state"} & found.keys()


@pytest.mark.parametrize("how", ["crash", "hang"])
def test_a_plugin_that_takes_the_process_along_is_told_by_what_the_chain_sets(
    plugin, monkeypatch, how
):
    monkeypatch.setattr(module, "SECONDS", 3.0)
    path = plugin("Bad", **{how: "load"})
    found = described(path, with_plugin(path.name, "parameters = { gain = 0.5 }"), times=3)
    assert found["bad.gain"].default == 0.5
    assert "bad.mode" not in found
    assert "gain.gain_db" in found


def test_a_plugin_is_asked_again_when_its_file_has_changed(plugin, tmp_path, monkeypatch):
    path = tmp_path / "Mine.vst3"
    shutil.copytree(plugin("Mine"), path)
    add_chain("mine", with_plugin(path.name))
    asked = PluginParameters(ChainRules(PluginFolders((tmp_path,), only=True)))
    calls = []

    async def call(fn, *args, seconds):
        calls.append(seconds)
        return []

    monkeypatch.setattr(asked._aside, "call", call)

    async def story():
        for _ in range(3):
            await asked.of(chain("mine"))
        os.utime(path, (0, 0))
        await asked.of(chain("mine"))

    asyncio.run(story())
    assert len(calls) == 2


def test_a_plugin_that_was_too_slow_is_asked_again_after_a_while(plugin, monkeypatch):
    path = plugin()
    add_chain("mine", with_plugin(path.name))
    asked = PluginParameters(ChainRules(PluginFolders((path.parent,), only=True)))

    async def story():
        monkeypatch.setattr(module, "SECONDS", 0.001)
        monkeypatch.setattr(module, "AGAIN_SECONDS", 0.0)
        assert "tester.gain" not in await asked.of(chain("mine"))
        monkeypatch.setattr(module, "SECONDS", 60.0)
        assert "tester.gain" in await asked.of(chain("mine"))

    try:
        asyncio.run(story())
    finally:
        asked.shutdown()


def test_where_no_plugin_runs_none_is_asked():
    add_chain("mine", with_plugin("Any.vst3", "parameters = { gain = 0.5 }"))
    found = asyncio.run(PluginParameters(STRANGERS).of(chain("mine")))
    assert found["any.gain"].default == 0.5


def test_a_chain_without_plugins_needs_no_process():
    add_chain("mine", HALL)
    asked = PluginParameters(STRANGERS)
    found = asyncio.run(asked.of(chain("mine")))
    assert next(iter(found)) == "gain_db"
    assert found["reverb.wet_level"].default == 0.3
