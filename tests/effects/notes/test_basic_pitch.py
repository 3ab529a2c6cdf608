"""The network basic-pitch, with a lighter graph, window by window and in threads."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.training.lighten import lighter
from effects.learned.onnx_session import session
from effects.notes.basic_pitch import (
    EDGE,
    HOP,
    INNER,
    MODEL,
    OUTPUTS,
    REACH,
    WINDOW,
    activations,
)
from effects.running.cores import using

OWN = Path(__file__).with_name("nmp.onnx")  # basic-pitch's own file


def run(model, windows):
    network = session(model)
    return network.run(OUTPUTS, {network.get_inputs()[0].name: windows[..., None]})


def sounds():
    draw = np.random.default_rng(0)
    noise = draw.standard_normal(WINDOW)
    tones = np.sin(np.arange(WINDOW)[:, None] * [0.0251, 0.0702, 0.311]).sum(axis=1)
    half = np.where(np.arange(WINDOW) < WINDOW // 2, tones, 0)
    return np.stack([noise, 1e-4 * noise, tones, half, 0 * noise]).astype(np.float32)


@pytest.mark.parametrize("sound", sounds(), ids=["noise", "faint", "tones", "half", "silence"])
def test_the_lighter_graph_says_what_its_own_file_does(sound):
    # Where this was written not a bit differs; other processors may add up in another order.
    for light, own in zip(run(MODEL, sound[None]), run(OWN, sound[None]), strict=True):
        kept = slice(EDGE, EDGE + INNER)
        np.testing.assert_allclose(light[:, REACH : REACH + INNER], own[:, kept], atol=1e-5)


def test_the_shipped_file_is_what_is_made_of_its_own(tmp_path):
    made = tmp_path / "made.onnx"
    made.write_bytes(lighter(OWN).SerializeToString())
    for again, shipped in zip(run(made, sounds()[:1]), run(MODEL, sounds()[:1]), strict=True):
        np.testing.assert_array_equal(again, shipped)


def test_another_file_is_not_taken_for_the_networks_own():
    with pytest.raises(ValueError, match=r"is not the network of basic-pitch 0\.4\.0"):
        lighter(MODEL)


def test_threads_do_not_change_a_bit():
    clip = np.random.default_rng(0).uniform(-1, 1, 4 * INNER * HOP).astype(np.float32)
    alone = activations(clip)
    with using(3):
        side_by_side = activations(clip)
    np.testing.assert_array_equal(alone.note, side_by_side.note)
    np.testing.assert_array_equal(alone.onset, side_by_side.onset)
    np.testing.assert_array_equal(alone.contour, side_by_side.contour)


def test_progress_rises_to_the_end_and_what_a_tick_raises_ends_the_work():
    clip, ticks = np.zeros(3 * INNER * HOP, np.float32), []
    activations(clip, ticks.append)
    assert ticks == sorted(ticks)
    assert ticks[-1] == 1

    def refuse(fraction):
        raise InterruptedError

    with pytest.raises(InterruptedError), using(2):
        activations(clip, refuse)
