"""Chains with plugins that were built for the tests: loaded, set, saved, played."""

from __future__ import annotations

import copy
import pickle
import re
from pathlib import Path

import numpy as np
import pytest
from mido import Message
from support.midi import writer

from effects import Chain as Series
from effects import Mix, Pedalboard
from effects.chains.instrument import perform
from effects.chains.plugins import PluginFolders
from presets.chain_files.chain import Chain, ChainError, parse, render

RATE = 44100


def noise(n_channels: int = 2, n: int = 30_000) -> np.ndarray:
    return np.random.default_rng(0).uniform(-0.4, 0.4, (n_channels, n)).astype(np.float32)


def chain(bundle: Path, settings: str = "", more: str = "") -> Chain:
    text = f'[[effects]]\ntype = "VST3Plugin"\npath = "{bundle.name}"\n{settings}\n{more}'
    return parse(text)


def board_of(bundle: Path, settings: str = "", more: str = "") -> Pedalboard:
    return Pedalboard.from_chain(chain(bundle, settings, more), PluginFolders((bundle.parent,)))


def learn(effect: object, peak: float = 0.25) -> None:
    """Have the plugin keep something that is no parameter."""
    effect.learn = True
    effect(np.full((2, 4000), peak, np.float32), RATE)
    effect.learn = False


def saved(board: Pedalboard, folder: Path, bundle: Path) -> Pedalboard:
    """The board, saved and loaded."""
    board.save(folder / "saved.toml")
    return Pedalboard.load(folder / "saved.toml", plugins=[bundle.parent])


def test_parameters_are_set_by_name(plugin):
    board = board_of(plugin(), 'parameters = { gain = 1.5, mode = "inverted" }')
    np.testing.assert_array_equal(board(noise(), RATE), -1.5 * noise())


@pytest.mark.parametrize(
    ("settings", "wanted"),
    [
        ("parameters = { gian = 1.5 }", "'gian'.*gain"),
        ("parameters = { gain = 2.5 }", "gain.*0.* 2"),
        ('parameters = { mode = "inverse" }', "mode.*inverted"),
        ('parameters = { learn = "perhaps" }', "learn"),
        ('state = "bm9uZQ"', "state"),
        ('state = "?"', "state"),
    ],
)
def test_what_a_plugin_cannot_be_is_one_line(plugin, settings, wanted):
    with pytest.raises(ChainError, match=wanted) as caught:
        board_of(plugin(), settings)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("nested", [False, True])
def test_saved_and_loaded_it_sounds_the_same_to_the_bit(plugin, tmp_path, nested):
    bundle = plugin(tail=500)
    board = board_of(bundle, 'parameters = { gain = 1.234, mode = "halved" }')
    learn(board[0])
    other = plugin("Other", latency=100)
    if nested:
        board = Pedalboard([Mix([Series([board[0]]), board_of(other)[0]])])
    board.save(tmp_path / "saved.toml")
    folders = [bundle.parent, other.parent]
    again = Pedalboard.load(tmp_path / "saved.toml", plugins=folders)
    np.testing.assert_array_equal(again(noise(), RATE), board(noise(), RATE))
    again.save(tmp_path / "again.toml")
    assert (tmp_path / "again.toml").read_bytes() == (tmp_path / "saved.toml").read_bytes()


def test_what_parameters_say_is_saved_as_parameters(plugin, tmp_path):
    board = board_of(plugin(), "parameters = { gain = 1.5 }")
    text = render(board.to_chain())
    assert "gain = 1.5" in text
    assert "state" not in text
    board[0].gain = 0.5
    np.testing.assert_array_equal(saved(board, tmp_path, plugin())(noise(), RATE), 0.5 * noise())


def test_a_value_between_two_steps_is_saved_as_it_is(plugin, tmp_path):
    bundle = plugin()
    board = board_of(bundle)
    board[0].parameters["gain"].raw_value = 0.123456789
    again = saved(board, tmp_path, bundle)
    np.testing.assert_array_equal(again(noise(), RATE), board(noise(), RATE))


def test_a_plugin_is_found_beside_the_file_of_its_chain(plugin, tmp_path):
    bundle = plugin("Near")
    (tmp_path / bundle.name).symlink_to(bundle)
    path = tmp_path / "near.toml"
    path.write_text('[[effects]]\ntype = "VST3Plugin"\npath = "Near.vst3"\n')
    np.testing.assert_array_equal(Pedalboard.load(path)(noise(), RATE), noise())


def test_one_of_two_plugins_in_a_file_is_chosen_by_name(plugin, tmp_path):
    bundle = plugin("Pair", classes=2)
    with pytest.raises(ChainError, match="Pair 2"):
        board_of(bundle)
    board = board_of(bundle, 'plugin_name = "Pair 2"')
    assert board[0].name == "Pair 2"
    assert saved(board, tmp_path, bundle)[0].name == "Pair 2"


@pytest.mark.parametrize("way", [copy.deepcopy, lambda it: pickle.loads(pickle.dumps(it))])
def test_a_copy_has_what_the_plugin_learned(plugin, way):
    board = board_of(plugin(), "parameters = { gain = 1.5 }")
    learn(board[0])
    copied = way(board)
    assert copied[0] is not board[0]
    np.testing.assert_array_equal(copied(noise(), RATE), board(noise(), RATE))


def test_a_file_that_is_no_plugin_is_one_line(tmp_path):
    (tmp_path / "Text.vst3").write_text("no plugin")
    with pytest.raises(ChainError, match=re.escape("Text.vst3")) as caught:
        board_of(tmp_path / "Text.vst3")
    assert "\n" not in str(caught.value)


# Instruments.


@pytest.fixture
def tune(tmp_path):
    return writer(tmp_path)(
        (0, Message("note_on", note=60, velocity=100)),
        (0.5, Message("note_off", note=60)),
        (1, Message("control_change", control=1, value=0)),
    )


GAIN = '[[effects]]\ntype = "Gain"\ngain_db = 6\n'
DELAY = '[[effects]]\ntype = "Delay"\ndelay_seconds = 0.75\nmix = 0.5\n'


def test_a_chain_that_begins_with_an_instrument_plays_a_midi_file(plugin, tune):
    bundle = plugin("Synth", instrument=True)
    dry = perform(board_of(bundle)[0], tune, RATE, keep=False)
    np.testing.assert_array_equal(board_of(bundle).play(tune, RATE), dry)
    louder = board_of(bundle, more=GAIN)
    np.testing.assert_array_equal(louder.play(tune, RATE), louder[1](dry, RATE))
    assert louder.play(tune).shape == (2, RATE)


def test_echoes_of_an_instrument_are_cut_or_kept(plugin, tune):
    bundle = plugin("Synth", instrument=True)
    board = board_of(bundle, more=DELAY)
    cut = board.play(tune, RATE)
    assert cut.shape == (2, RATE)
    board.tail = "keep"
    kept = board.play(tune, RATE)
    assert 1.25 * RATE < kept.shape[1] <= 1.31 * RATE
    np.testing.assert_array_equal(kept[:, :RATE], cut)


def test_an_instrument_is_saved_as_any_plugin_is(plugin, tune, tmp_path):
    bundle = plugin("Synth", instrument=True)
    board = board_of(bundle, "parameters = { level = 0.25 }", GAIN)
    again = saved(board, tmp_path, bundle)
    np.testing.assert_array_equal(again.play(tune, RATE), board.play(tune, RATE))


def test_progress_of_a_performance_is_that_of_the_whole_board(plugin, tune):
    told = []
    board = board_of(plugin("Synth", instrument=True), more=GAIN)
    board.on_progress = lambda fraction, stage: told.append((fraction, stage))
    board.play(tune, RATE)
    fractions = [fraction for fraction, _ in told]
    assert fractions == sorted(fractions)
    assert told[0] == (0.0, "plugin Synth.vst3")
    assert fractions[-1] == 1.0


def test_what_does_not_fit_an_instrument_is_said(plugin, tune, tmp_path):
    synth = plugin("Synth", instrument=True)
    with pytest.raises(ValueError, match="instrument"):
        board_of(synth)(noise(), RATE)
    with pytest.raises(ValueError, match="instrument"):
        board_of(plugin()).play(tune, RATE)
    second = f'[[effects]]\ntype = "VST3Plugin"\npath = "{synth}"\n'
    with pytest.raises(ChainError, match="begin with"):
        board_of(plugin(), more=second)
    (tmp_path / "broken.mid").write_bytes(b"no MIDI")
    with pytest.raises(ValueError, match=r"broken\.mid cannot be read as MIDI"):
        board_of(synth).play(tmp_path / "broken.mid", RATE)


def test_two_plugins_with_a_long_name_are_saved(plugin, tmp_path):
    bundle = plugin("L" * 70)
    both = Pedalboard([board_of(bundle)[0], board_of(bundle)[0]])
    names = [it.name for it in saved(both, tmp_path, bundle).to_chain().effects]
    assert len(set(names)) == 2
    assert all(it.startswith("l" * 50) for it in names)
