"""Plugins in files of their own run in boards as in pedalboard, with real ones."""

import copy
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pedalboard
import pytest
from pedalboard import Gain, Reverb

from effects import Cancelled, Chain, Mix, Pedalboard, PythonEffect
from effects.boards.origins import Origin, remember
from effects.checkpoint import checked_by

RATE = 44100
FOLDER = Path("/usr/lib/vst3")  # of Debian's package zam-plugins
STEREO, MONO, LATE = "ZamCompX2", "ZamDelay", "ZaMaximX2"  # the last one by 480 samples

pytestmark = pytest.mark.skipif(
    not (FOLDER / f"{LATE}.vst3").exists(), reason="needs Debian's package zam-plugins"
)


def load(name: str) -> Any:
    path = FOLDER / f"{name}.vst3"
    plugin = pedalboard.VST3Plugin(str(path))
    remember(plugin, Origin(file=path))
    return plugin


def noise(*shape: int) -> Any:
    return np.random.default_rng(sum(shape)).uniform(-0.2, 0.2, shape).astype(np.float32)


class Same(PythonEffect):
    def _render(self, audio: Any, sample_rate: float) -> Any:
        return audio


@pytest.mark.parametrize("name", [STEREO, LATE])
@pytest.mark.parametrize("length", [300, 9 * RATE])
def test_a_board_with_plugins_sounds_as_pedalboards(name: str, length: int) -> None:
    plugin = load(name)
    members = [Gain(2), plugin, Gain(-2)]
    output = Pedalboard(members)(noise(2, length), RATE)
    np.testing.assert_array_equal(output, pedalboard.Pedalboard(members)(noise(2, length), RATE))
    assert output.shape == (2, length)


def test_a_plugin_that_looks_ahead_hears_the_tail_before_it() -> None:
    members = [Reverb(0.9), load(LATE)]
    audio = noise(2, 2 * RATE)
    np.testing.assert_array_equal(
        Pedalboard(members)(audio, RATE), pedalboard.Pedalboard(members)(audio, RATE)
    )


@pytest.mark.parametrize(
    ("mix", "chain"),
    [(Mix, Chain), (Mix, pedalboard.Chain), (pedalboard.Mix, pedalboard.Chain)],
)
@pytest.mark.parametrize("tail", ["cut", "keep"])
def test_latency_is_compensated_in_each_branch(mix: Any, chain: Any, tail: str) -> None:
    audio = np.zeros((2, 20_000), np.float32)
    audio[:, 5000] = 0.1
    board = Pedalboard([mix([Gain(0), chain([load(LATE), Gain(0)])]), Gain(0)], tail=tail)
    output = board(audio, RATE)
    assert output.shape == audio.shape
    np.testing.assert_array_equal(np.flatnonzero(np.abs(output[0]) > 0.01), [5000])
    assert output[0, 5000] == pytest.approx(0.2, rel=0.01)


def test_a_plugin_for_one_channel_runs_on_each() -> None:
    plugin, audio = load(MONO), noise(3, 9000)
    output = Pedalboard([plugin])(audio, RATE)
    for channel, alone in zip(output, audio, strict=True):
        np.testing.assert_array_equal(channel, plugin(alone, RATE))


def test_a_plugin_for_two_channels_takes_one_twice() -> None:
    plugin, audio = load(STEREO), noise(9000)
    output = Pedalboard([plugin])(audio, RATE)
    both = plugin(np.stack([audio, audio]), RATE)
    np.testing.assert_array_equal(output, (both[0] + both[1]) / 2)


def test_a_plugin_for_two_channels_takes_no_three() -> None:
    with pytest.raises(ValueError, match="'ZamCompX2' does not support 3-channel output"):
        Pedalboard([load(STEREO)])(noise(3, 9000), RATE)


def test_a_plugins_tail_is_kept() -> None:
    plugin, audio = load(MONO), noise(2, 2 * RATE)
    cut, kept = (Pedalboard([Gain(0), plugin], tail=tail)(audio, RATE) for tail in ("cut", "keep"))
    assert kept.shape[1] > cut.shape[1] + 0.1 * RATE  # its delay is 160 ms
    np.testing.assert_array_equal(kept[:, : cut.shape[1]], cut)


def test_a_plugin_is_named_while_it_runs_and_can_be_left() -> None:
    plugin = load(STEREO)
    board = Pedalboard([Gain(), Same(), plugin])
    told: list[tuple[float, str]] = []
    board.on_progress = lambda *it: told.append(it)
    audio = noise(2, 30 * RATE)
    board(audio, RATE)
    fractions = [fraction for fraction, stage in told if stage == "plugin ZamCompX2.vst3"]
    assert len(set(fractions)) > 5
    assert told[-1] == (1.0, "done")

    def stop(fraction: float, stage: str) -> None:
        told.append((fraction, stage))
        if fraction > 0.95:
            raise Cancelled

    told.clear()
    board.on_progress = stop
    with pytest.raises(Cancelled):
        board(audio, RATE)
    assert told[-1][1] == "plugin ZamCompX2.vst3"
    board.on_progress = None
    np.testing.assert_array_equal(
        board(audio, RATE), pedalboard.Pedalboard([Gain(), plugin])(audio, RATE)
    )


def test_what_stops_the_thread_stops_a_plugin() -> None:
    def stop() -> None:
        raise Cancelled

    with pytest.raises(Cancelled), checked_by(stop):
        Pedalboard([load(STEREO)])(noise(2, 9000), RATE)


@pytest.mark.parametrize("way", [copy.deepcopy, lambda it: pickle.loads(pickle.dumps(it))])
def test_a_copy_has_a_plugin_of_its_own_with_the_same_settings(way: Any) -> None:
    plugin = load(MONO)
    plugin.feedback, plugin.time_ms = 0.4, 90
    board = Pedalboard([Chain([plugin])], tail="keep")
    board.named = {"echo": plugin}
    audio = noise(2, 9000)
    other = way(board)
    assert other.named["echo"] is other[0][0] is not plugin
    np.testing.assert_array_equal(other(audio, RATE), board(audio, RATE))


def test_a_plugin_from_an_unknown_file_cannot_be_copied() -> None:
    plugin = pedalboard.VST3Plugin(str(FOLDER / f"{MONO}.vst3"))
    with pytest.raises(TypeError, match="the file that it was loaded from is not known"):
        copy.deepcopy(Pedalboard([plugin]))
