"""Boards with plugins in files of their own, which were built for the tests."""

from __future__ import annotations

import numpy as np
import pedalboard
import pytest
from support.sounds import sine

from effects import Cancelled, Chain, Mix, Pedalboard
from effects.boards.python_effect import PythonEffect

RATE = 44100


class Half(PythonEffect):
    """The simplest effect in Python."""

    def _render(self, audio, sample_rate):
        return audio * np.float32(0.5)


def noise(n_channels: int = 2, n: int = 30_000) -> np.ndarray:
    return np.random.default_rng(0).uniform(-0.4, 0.4, (n_channels, n)).astype(np.float32)


@pytest.fixture
def load(plugin):
    """Load a plugin with these options."""
    return lambda name="Tester", **options: pedalboard.VST3Plugin(str(plugin(name, **options)))


@pytest.mark.parametrize("latency", [1, 100, 10_000])
@pytest.mark.parametrize("n", [50, 8192, 30_000, 400_000])
def test_latency_is_compensated_in_series(load, latency, n):
    audio = noise(n=n)
    board = Pedalboard([load(latency=latency), Half(), load(latency=latency)])
    np.testing.assert_array_equal(board(audio, RATE), 0.5 * audio)
    np.testing.assert_array_equal(board(audio[0], RATE), 0.5 * audio[0])


@pytest.mark.parametrize("python", [False, True])
def test_branches_of_a_mix_stay_together(load, python):
    late = load(latency=1000)
    late.mode = "inverted"
    dry = Half() if python else pedalboard.Gain(20 * np.log10(0.5))
    mixed = Pedalboard([Mix([dry, late, Chain([load("Later", latency=5000), Half()])])])
    np.testing.assert_allclose(mixed(noise(), RATE), np.zeros_like(noise()), atol=1e-7)


def test_neighbours_do_not_change_a_bit(load):
    alone, effect = load(tail=1000), load(tail=1000)
    audio = noise(n=400_000)
    wanted = pedalboard.Reverb()(alone(audio, RATE), RATE)
    board = Pedalboard([effect, pedalboard.Reverb()])
    np.testing.assert_array_equal(board(audio, RATE), wanted)
    np.testing.assert_array_equal(board(audio, RATE), wanted)  # nothing is left of the first


def test_a_plugin_in_mono_treats_every_channel_alone(load):
    audio = noise(2)
    output = Pedalboard([load(channels=1, tail=500)])(audio, RATE)
    alone = load(channels=1, tail=500)
    np.testing.assert_array_equal(output, np.stack([alone(it, RATE) for it in audio]))


def test_a_plugin_in_stereo_takes_mono(load):
    board = Pedalboard([load(channels=2)])
    assert board(noise(1), RATE).shape == noise(1).shape
    np.testing.assert_array_equal(board(noise(1), RATE), noise(1))
    np.testing.assert_array_equal(board(noise(1)[0], RATE), noise(1)[0])


@pytest.mark.parametrize("latency", [0, 3000])
def test_a_tail_is_cut_or_kept(load, latency):
    audio = sine(440, 0.2, RATE)
    n = audio.shape[1]
    board = Pedalboard([load("Echo", tail=20_000, latency=latency)])
    cut = board(audio, RATE)
    np.testing.assert_array_equal(cut, audio)
    board.tail = "keep"
    kept = board(audio, RATE)
    np.testing.assert_array_equal(kept[:, :n], audio)
    for k in range(1, 10):
        echo = kept[:, k * 20_000 :][:, :n]
        np.testing.assert_array_equal(echo, audio * np.float32(0.5**k))
    count = int(np.ceil(np.log2(np.abs(audio).max() / 10 ** (-90 / 20))))
    assert kept.shape[1] <= (count - 1) * 20_000 + n


def test_a_tail_that_never_ends_is_kept_for_a_minute(load):
    board = Pedalboard([load("Drone", tail=1, feedback=1)], tail="keep")
    click = np.zeros((1, 1000), np.float32)
    click[0, 0] = 0.5
    assert board(click, 8000).shape == (1, 1000 + 60 * 8000)


def test_whoever_waits_sees_a_plugin_get_further_in_a_long_tail(load):
    told = []
    board = Pedalboard([load("Drone", tail=1, feedback=1)], tail="keep")
    board.on_progress = lambda fraction, stage: told.append((fraction, stage))
    board(np.full((1, 1000), 0.5, np.float32), 8000)
    fractions = [fraction for fraction, stage in told if stage == "plugin Drone"]
    assert len(fractions) >= 60 / 4
    assert all(np.diff(fractions) > 0)


def test_whoever_waits_sees_the_plugins_name_and_can_end_the_call(load):
    told = []
    board = Pedalboard([load("Watched"), Half()])
    board.on_progress = lambda fraction, stage: told.append((fraction, stage))
    board(noise(n=1_000_000), RATE)
    fractions = [fraction for fraction, _ in told]
    assert fractions == sorted(fractions)
    assert sum(stage == "plugin Watched" for _, stage in told) >= 5

    def stop(fraction, stage):
        if fraction > 0.2:
            raise Cancelled

    board.on_progress = stop
    with pytest.raises(Cancelled):
        board(noise(n=1_000_000), RATE)


def test_an_instrument_takes_no_sound(load):
    with pytest.raises(ValueError, match="instrument"):
        Pedalboard([load("Synth", instrument=True)])(noise(), RATE)
