"""Real VST3 plugins: loaded, set, run, saved and loaded again, with the same bits.

They are Debian's package zam-plugins. One of its plugins is not touched: loading ZamVerb takes
minutes.
"""

import base64
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from effects.board import Pedalboard
from effects.chains.build import build, check, describe
from effects.chains.plugins import PluginFolders, system_folders
from effects.chains.saved import to_chain
from effects.chains.settings import with_settings
from effects.running import float_mode
from presets.chain_files.chain import Chain, ChainError, Effect, parse, render

#: Not ZamTube, which sometimes differs from itself.
NAMES = ["ZamCompX2", "ZaMultiCompX2", "ZaMaximX2", "ZamDelay", "ZamEQ2"]
MONO = ("ZamTube", "ZamDelay", "ZamEQ2")
RATE = 44_100
NOISE = np.random.default_rng(0).uniform(-0.5, 0.5, (2, 30_000)).astype(np.float32)

pytestmark = pytest.mark.skipif(
    not any((it / "ZamCompX2.vst3").exists() for it in system_folders()),
    reason="Debian's zam-plugins are not installed",
)


def one(name, **settings):
    path = {"path": f"{name}.vst3"}
    return Chain(effects=(Effect(type="VST3Plugin", name="it", settings={**path, **settings}),))


def plugin(name, **settings):
    (it,) = build(one(name, **settings)).members
    return it


def sound(it, name):
    return it.process(NOISE[:1] if name in MONO else NOISE, RATE, reset=True)


def moved(it):
    """Values a third of the way for all numbers that can be moved."""
    own = {name: found for name, found in it.parameters.items() if found.is_automatable}
    return {
        name: found.min_value + (found.max_value - found.min_value) / 3
        for name, found in own.items()
        if found.type is float
    }


@pytest.mark.parametrize("name", NAMES)
def test_a_plugin_comes_back_with_the_same_bits(name):
    new = plugin(name)
    chain = one(name, parameters=moved(new))
    assert check(chain) == []
    it = build(chain).members[0]
    first = sound(it, name)
    assert not np.array_equal(first, sound(new, name))  # something was set

    saved = parse(render(to_chain([it], named={"it": it})))
    (back,) = build(saved).members
    np.testing.assert_array_equal(sound(back, name), first)
    assert to_chain([back], named={"it": back}) == saved
    assert saved.effects[0].settings["path"] == f"{name}.vst3"
    assert "state" not in saved.effects[0].settings


@pytest.mark.parametrize("name", ["ZaMaximX2", "ZamTube"])
def test_a_plugin_that_nobody_set_is_written_by_its_name_alone(name):
    it = plugin(name)
    assert dict(to_chain([it]).effects[0].settings) == {"path": f"{name}.vst3"}
    sound(it, name)  # and having run, it is the same
    assert dict(to_chain([it]).effects[0].settings) == {"path": f"{name}.vst3"}


def test_what_was_set_is_written_before_it_ran_and_afterwards():
    it = plugin("ZamCompX2")
    it.attack_ms = 20
    expected = {"path": "ZamCompX2.vst3", "parameters": {"attack_ms": 20.0}}
    assert dict(to_chain([it]).effects[0].settings) == expected
    sound(it, "ZamCompX2")
    assert dict(to_chain([it]).effects[0].settings) == expected
    it.ratio = 3.5
    written = to_chain([it]).effects[0].settings["parameters"]
    assert written == {"attack_ms": 20.0, "ratio": pytest.approx(it.ratio)}


def test_writing_a_plugin_down_leaves_the_sound_in_it_alone():
    it, other = plugin("ZaMaximX2"), plugin("ZaMaximX2")
    for each in (it, other):
        each.threshold_db = -12  # not in its state yet
        each.process(NOISE[:, :16_384], RATE, reset=False)
        each.release_ms = 20
    to_chain([it])
    zeros = np.zeros((2, 8192), np.float32)
    rest = it.process(zeros, RATE, reset=False)
    assert rest.any()
    np.testing.assert_array_equal(rest, other.process(zeros, RATE, reset=False))


@pytest.mark.parametrize("ran", [False, True])
def test_where_its_values_say_too_little_its_state_is_written(ran):
    it = plugin("ZamEQ2")
    draw = np.random.default_rng(3)
    for found in it.parameters.values():
        if found.is_automatable:
            found.raw_value = draw.uniform()  # between what its texts can say
    if ran:
        sound(it, "ZamEQ2")
    saved = parse(render(to_chain([it])))
    assert base64.b64decode(saved.effects[0].settings["state"])
    (back,) = build(saved).members
    np.testing.assert_array_equal(sound(back, "ZamEQ2"), sound(it, "ZamEQ2"))
    assert to_chain([back]) == saved


def test_a_state_comes_first_and_parameters_after_it():
    it = plugin("ZamCompX2", parameters={"attack_ms": 50, "ratio": 8})
    sound(it, "ZamCompX2")
    state = base64.b64encode(it.raw_state).decode()
    back = plugin("ZamCompX2", state=state, parameters={"ratio": 2})
    assert back.attack_ms == it.attack_ms
    assert back.ratio == pytest.approx(2, abs=0.02)


def test_the_programs_of_a_plugin_are_a_choice():
    it = plugin("ZamCompX2", parameters={"current_program": "vocalleveller"})
    assert it.current_program == "VocalLeveller"
    with pytest.raises(ChainError, match="current_program must be one of Zero, PoppySnare, Vocal"):
        plugin("ZamCompX2", parameters={"current_program": "Loud"})


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"parameters": {"atack_ms": 3}}, "no parameter 'atack_ms': did you mean 'attack_ms'"),
        ({"parameters": {"attack_ms": 300}}, "attack_ms must be between 0.1 and 100 ms, not 300."),
        ({"parameters": {"attack_ms": "slow"}}, "attack_ms must be between 0.1 and 100 ms, not"),
    ],
)
def test_what_a_plugin_does_not_know_is_one_line(settings, line):
    with pytest.raises(ChainError) as caught:
        plugin("ZamCompX2", **settings)
    assert line in str(caught.value)
    assert str(caught.value).isprintable()


def test_a_plugin_says_what_can_be_set_of_it():
    chain = one("ZamCompX2", parameters={"attack_ms": 20})
    found = {it.name: it for it in describe(chain.effects[0], chain)}
    attack = found["attack_ms"]
    assert (attack.default, attack.unit) == (20, "ms")
    assert (attack.least, attack.most) == pytest.approx((0.1, 100))
    assert found["current_program"].words == ("Zero", "PoppySnare", "VocalLeveller")
    assert "gain_reduction_db" not in found  # a meter


def test_a_plugin_does_not_change_how_the_processor_rounds():
    """Debian compiles these with -ffast-math, which does so as soon as they are loaded."""
    code = (
        "import sys, numpy as np\n"
        "from effects.chains.build import build\n"
        "from presets.chain_files.chain import parse\n"
        "small = np.array([2e-308, 1e-38]).astype(np.float64)\n"
        'board = build(parse(\'[[effects]]\\ntype="VST3Plugin"\\npath="ZamTube.vst3"\'))\n'
        "assert (small / 100).all()\n"
        "board.members[0](np.ones((1, 999), np.float32), 44100.0)\n"
        "assert (small / 100).all()\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env=os.environ)


def test_settings_of_a_chain_reach_its_plugin():
    chain = with_settings(one("ZamCompX2"), {"it.attack_ms": 20.0, "it.current_program": "Zero"})
    (it,) = build(chain).members
    assert it.attack_ms == pytest.approx(20, abs=0.1)


def test_plugins_are_told_of_before_they_are_loaded_and_in_their_order():
    inner = Effect(type="Mix", effects=one("ZamDelay").effects)
    told = []
    built = build(Chain(effects=(inner, *one("ZamCompX2").effects[:0])), on_plugin=told.append)
    assert told == ["ZamDelay.vst3"]
    assert built.named["it"] is built.members[0][0]


def test_a_plugin_of_a_folder_of_ones_own_keeps_its_whole_path(tmp_path):
    (system,) = [it for it in system_folders() if (it / "ZamTube.vst3").exists()]
    shutil.copytree(system / "ZamTube.vst3", tmp_path / "ZamTube.vst3")
    (it,) = build(one("ZamTube"), PluginFolders([tmp_path])).members
    assert to_chain([it]).effects[0].settings["path"] == str(tmp_path / "ZamTube.vst3")


def test_a_value_is_set_as_near_as_the_plugin_goes():
    it = plugin("ZamCompX2", parameters={"ratio": 3.5})
    assert it.ratio == 3.5
    it.ratio = 3.5
    assert it.ratio == 3.508  # pedalboard alone goes to the next of a thousand steps


def test_a_plugin_that_a_user_loaded_is_found_by_its_name():
    import pedalboard

    (system,) = [it for it in system_folders() if (it / "ZamTube.vst3").exists()]
    with float_mode.kept():
        it = pedalboard.VST3Plugin(str(system / "ZamTube.vst3"))
    assert dict(to_chain([it]).effects[0].settings) == {"path": "ZamTube.vst3"}


def test_one_that_wants_the_main_thread_says_so():
    it = plugin("ZamEQ2")  # first, since that makes this one pedalboard's main thread
    with ThreadPoolExecutor(1) as pool:
        refused = pool.submit(plugin, "ZamEQ2").exception()
    assert isinstance(refused, ChainError)
    assert "cannot be loaded: load it in the main thread" in str(refused)
    with ThreadPoolExecutor(1) as pool:
        out = pool.submit(Pedalboard([it]), NOISE, RATE).result()
    assert out.shape == NOISE.shape


@pytest.mark.parametrize("program", ["PoppySnare", "VocalLeveller"])
def test_what_was_set_after_a_program_was_chosen_comes_back(program):
    it = plugin("ZamCompX2")
    it.current_program = program
    sound(it, "ZamCompX2")
    it.stereo_detection = not it.stereo_detection  # to what a new one has, and the program has not
    heard = sound(it, "ZamCompX2")
    chain = parse(render(to_chain([it])))
    np.testing.assert_array_equal(sound(build(chain).members[0], "ZamCompX2"), heard)
