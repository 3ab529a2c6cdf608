"""The network that decides which notes there are: one definition, and what its files compute."""

import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper
from scipy.special import expit

from benchmarks.training.network import DILATIONS, TELLS, WIDTH, Network
from effects.notes import features, note_network
from effects.notes.basic_pitch import N_KEYS
from effects.notes.features import OWN_NOTE, OWN_ONSET
from effects.notes.note_network import AKIN, REACH, predict
from effects.running.cores import using

KEYS = np.array([20, 21, 32, 39, 60])  # 21 is a neighbour of 20, 32 its octave, 39 its twelfth


def drawn(keys=KEYS, n_frames=150):
    draw = np.random.default_rng(0)
    return draw.uniform(-1, 1, (len(keys), features.N_FEATURES, n_frames)).astype(np.float32)


def fields(prediction):
    return np.stack([prediction.note, prediction.onset, prediction.onset_shift], axis=1)


def by_torch(network, heard, keys):
    with torch.no_grad():
        clips = torch.zeros(len(keys), dtype=torch.long)
        out = network(torch.from_numpy(heard), torch.from_numpy(keys), clips, 1).numpy()
    out[:, :2] = expit(out[:, :2])
    return out


def naively(heard, keys):
    """The same in loops over keys, frames and taps, with the weights of the shipped files."""
    weights = {
        it.name: numpy_helper.to_array(it).astype(np.float64)
        for file in note_network.MODEL.glob("*.onnx")
        for it in onnx.load(file).graph.initializer
    }

    def layer(name, x):
        weight = weights[f"{name}.weight"]
        return weight.reshape(len(weight), -1) @ x + weights[f"{name}.bias"]

    n_keys, _, n_frames = heard.shape
    places = [(key, frame) for key in range(n_keys) for frame in range(n_frames)]
    x = {at: np.maximum(layer("enter", heard[at[0], :, at[1]]), 0) for at in places}
    means = []
    for feature in (OWN_NOTE, OWN_ONSET):
        sure = {at: float(heard[at[0], feature, at[1]]) ** 2 for at in places}
        means.append(sum(sure[at] * x[at] for at in places) / (sum(sure.values()) + 1))
    scale, shift = np.split(layer("context", np.concatenate(means)), 2)
    x = {at: x[at] * (1 + scale) + shift for at in places}
    nothing = np.zeros_like(scale)
    for number, dilation in enumerate(DILATIONS):
        near = [dilation * (tap - WIDTH // 2) for tap in range(WIDTH)]
        x = {
            (key, frame): x[key, frame]
            + np.maximum(
                layer(
                    f"kernels.{number}",
                    np.stack([x.get((key, frame + it), nothing) for it in near], axis=1).ravel(),
                ),
                0,
            )
            for key, frame in places
        }
        if number in TELLS:
            which = TELLS.index(number)
            told = {at: np.maximum(layer(f"tell.{which}", x[at]), 0) for at in places}
            silent = np.zeros_like(told[0, 0])
            rows = {int(key): row for row, key in enumerate(keys)}
            x = {
                (row, frame): x[row, frame]
                + layer(
                    f"listen.{which}",
                    np.concatenate(
                        [told.get((rows.get(int(keys[row]) + it), frame), silent) for it in AKIN]
                    ),
                )
                for row, frame in places
            }
    out = np.zeros((n_keys, 3, n_frames))
    for key, frame in places:
        out[key, :, frame] = layer("leave", x[key, frame])
    out[:, :2] = expit(out[:, :2])
    return out


def test_the_files_compute_what_the_definition_does():
    heard = drawn()
    wanted = by_torch(Network(note_network.MODEL), heard, KEYS)
    np.testing.assert_allclose(fields(predict(heard, KEYS)), wanted, atol=1e-4)


def test_the_files_compute_what_loops_do():
    heard = drawn(KEYS[:4], 12)
    np.testing.assert_allclose(
        fields(predict(heard, KEYS[:4])), naively(heard, KEYS[:4]), atol=1e-4
    )


@pytest.mark.parametrize(("n_keys", "n_frames"), [(1, 1), (3, 40), (N_KEYS, 10)])
def test_any_number_of_keys_and_frames_will_do(n_keys, n_frames):
    keys = np.arange(n_keys)
    found = predict(drawn(keys, n_frames), keys)
    assert found.note.shape == found.onset.shape == found.onset_shift.shape == (n_keys, n_frames)
    assert 0 <= found.note.min() <= found.note.max() <= 1
    assert 0 <= found.onset.min() <= found.onset.max() <= 1


def test_threads_do_not_change_a_bit():
    alone = predict(drawn(), KEYS)
    with using(3):
        side_by_side = predict(drawn(), KEYS)
    np.testing.assert_array_equal(fields(alone), fields(side_by_side))


def test_keys_hear_of_those_akin_to_them_and_of_no_others():
    heard = drawn(np.array([20, 32, 37]))
    heard[:, [OWN_NOTE, OWN_ONSET]] = 0  # no context
    octave, fourth = predict(heard[:2], np.array([20, 32])), predict(heard[:2], np.array([20, 25]))
    alone = predict(heard[:1], np.array([20]))
    assert not np.allclose(octave.note[0], alone.note[0], atol=1e-3)
    np.testing.assert_allclose(fourth.note[0], alone.note[0], atol=1e-6)


def test_it_sees_as_far_as_it_is_said_to():
    heard = drawn(KEYS[:1], 2 * REACH + 100)
    heard[:, [OWN_NOTE, OWN_ONSET]] = 0  # no context
    changed = heard.copy()
    changed[:, -1, 0] += 1
    one, other = predict(heard, KEYS[:1]), predict(changed, KEYS[:1])
    assert (one.onset_shift != other.onset_shift)[0, : REACH + 1].any()
    np.testing.assert_array_equal(
        one.onset_shift[0, REACH + 1 :], other.onset_shift[0, REACH + 1 :]
    )


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of torch's exporter about itself
def test_what_is_trained_is_what_is_written(tmp_path, monkeypatch):
    network = Network()
    network.save(tmp_path)
    monkeypatch.setattr(note_network, "MODEL", tmp_path)
    heard = drawn()
    wanted = by_torch(network, heard, KEYS)
    # Weights are written in half precision.
    np.testing.assert_allclose(fields(predict(heard, KEYS)), wanted, atol=5e-3)
    again = by_torch(Network(tmp_path), heard, KEYS)
    np.testing.assert_allclose(again, wanted, atol=5e-3)
