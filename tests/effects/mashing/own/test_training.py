"""A network learns gains, a stopped training goes on to the same bits, and weights are refused."""

import numpy as np
import pytest
import torch

from effects.learned import array_file
from effects.mashing.networks import BINS
from effects.mashing.own import weights
from effects.mashing.own.distances import distances
from effects.mashing.own.learners import LEARNERS, OUTPUTS, gains_of, parameters_of
from effects.mashing.own.material import VERSION, Lesson
from effects.mashing.own.train import parts_of
from effects.mashing.own.training import Budget, Settings, learn
from effects.running.progress import Cancelled

SMALL = Settings(frames=32, batch=2, rate=3e-3)
CPU = torch.device("cpu")
pytestmark = pytest.mark.usefixtures("one_torch_thread")


def lesson(folder, seed, frames=64):
    """A mashup of noise in which A is heard above bin 100, and B below."""
    rng = np.random.default_rng(seed)
    a, b = rng.rayleigh(size=(2, frames, BINS)) / (1 + np.arange(BINS) / 50)
    high = np.broadcast_to(np.arange(BINS) >= 100, a.shape)
    sounds = {"mashup": np.where(high, a, b), "a": a, "b": b}
    gains = {"gain_a": high, "gain_b": ~high, "explained": np.ones_like(high)}
    arrays = {name: it.astype(np.float16) for name, it in sounds.items()}
    arrays |= {name: (255 * it).astype(np.uint8) for name, it in gains.items()}
    path = folder / f"{seed}.npz"
    array_file.save(path, arrays, {"version": VERSION, "explained": 1.0})
    return Lesson(f"{seed}.wav", f"{seed:064x}", path, frames, {"explained": 1.0})


@pytest.fixture(scope="module")
def lessons(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lessons")
    return [lesson(folder, it) for it in range(4)]


def taught(lessons, checkpoint, epochs, network="lstm", tick=lambda fraction, stage: None):
    budget = Budget(epochs, float("inf"))
    return learn(
        network,
        lessons[:2],
        lessons[2:3],
        budget,
        checkpoint,
        seed=1,
        device=CPU,
        tick=tick,
        settings=SMALL,
    )


def same(one, other):
    states = (it.network.state_dict() for it in (one, other))
    return all(torch.equal(*it) for it in zip(*(s.values() for s in states), strict=True))


@pytest.mark.parametrize("network", sorted(LEARNERS))
def test_a_network_gives_gains_for_both_songs_whatever_the_level(network):
    torch.manual_seed(0)
    made = LEARNERS[network](OUTPUTS).eval()
    a, b = torch.rand(2, 1, 32, BINS)

    with torch.inference_mode():
        gains = gains_of(made, a, b)
        louder = gains_of(made, 10 * a, 10 * b)

    assert {it.shape for it in gains} == {(1, 32, BINS)}
    assert all(it.min() >= 0 and it.max() <= 1 for it in gains)
    assert torch.allclose(gains[0], louder[0], atol=1e-4)
    assert 0.5e6 < parameters_of(made) < 7e6


def test_a_stopped_training_goes_on_to_the_same_bits(lessons, tmp_path):
    whole = taught(lessons, tmp_path / "whole.npz", 3)

    def stop(fraction, stage):
        if "epoch 3" in stage:
            raise Cancelled

    with pytest.raises(Cancelled):
        taught(lessons, tmp_path / "stopped.npz", 3, tick=stop)
    again = taught(lessons, tmp_path / "stopped.npz", 3)

    assert again.losses == whole.losses
    assert same(again, whole)


def test_more_epochs_go_on_from_fewer(lessons, tmp_path):
    whole = taught(lessons, tmp_path / "whole.npz", 2)
    taught(lessons, tmp_path / "longer.npz", 1)

    assert same(taught(lessons, tmp_path / "longer.npz", 2), whole)


@pytest.mark.parametrize("damage", [b"", b"no zip", "cut", "other"])
def test_a_damaged_checkpoint_costs_time_only(lessons, tmp_path, damage):
    path = tmp_path / "it.npz"
    whole = taught(lessons, path, 1)
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:10_000])
    elif damage == "other":
        array_file.save(path, {"now/x": np.zeros(3)}, {"losses": [], "seconds": 0})
    else:
        path.write_bytes(damage)

    assert same(taught(lessons, path, 1), whole)


@pytest.mark.slow
@pytest.mark.parametrize("network", sorted(LEARNERS))
def test_a_trained_network_comes_nearer_to_an_unheard_mashup_than_the_plain_sum(
    lessons, tmp_path, network
):
    state = taught(lessons, tmp_path / "it.npz", 12, network)

    found = distances(lessons[3], weights.Trained(state.network, {}))

    assert found.network < 0.7 * found.plain
    assert found.oracle < found.network


def test_known_gains_come_nearest_and_no_gains_are_the_plain_sum(lessons):
    class Ones:
        def wanted(self, a, b):
            return weights.Wanted(np.ones_like(a), np.ones_like(b))

    found = distances(lessons[3], Ones())

    assert found.network == pytest.approx(found.plain)
    assert found.oracle < 0.1 < found.plain


def test_mashups_are_held_out_whole_and_the_same_ones_each_time(lessons):
    many = [Lesson(f"{it}", f"{it:064x}", lessons[0].path, 64, {}) for it in range(20)]

    parts = parts_of(many, 3)
    names = [{it.name for it in part} for part in (parts.taught, parts.judged, parts.held_out)]

    assert [len(it) for it in names] == [14, 3, 3]
    assert len(set.union(*names)) == 20
    assert parts == parts_of(many[::-1], 3)
    assert parts != parts_of(many, 4)


def test_two_mashups_are_enough_and_one_is_held_out(lessons):
    parts = parts_of(lessons[:2], 0)

    assert len(parts.held_out) == 1
    assert parts.taught == parts.judged
    assert parts.held_out[0] not in parts.taught


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "own.npz"
    torch.manual_seed(0)
    weights.save(path, LEARNERS["lstm"](OUTPUTS), {"network": "lstm", "seed": 7})
    return path


@pytest.mark.parametrize("shape", [(40, 1025), (16, 500), (1, 4097)])
def test_weights_hear_songs_of_any_length_and_rate(file, shape):
    a, b = np.random.default_rng(0).random((2, *shape), np.float32)

    network = weights.load(file)
    gains = network.wanted(a, b)

    assert network.about["seed"] == 7
    assert gains.a.shape == gains.b.shape == shape
    assert min(it.min() for it in gains) >= 0
    assert max(it.max() for it in gains) <= 1


def test_what_is_no_file_of_weights_is_refused_in_one_line(file, tmp_path):
    good = file.read_bytes()
    arrays, about = array_file.load(file, weights.MOST_BYTES)
    first = next(iter(arrays))
    bad = tmp_path / "bad.npz"

    def refused():
        with pytest.raises(ValueError, match=r"^[^\n]*restyle mashup train[^\n]*$"):
            weights.load(bad)

    for data in (b"", b"hello", good[:-100], good[:1000], good[:9999] + b"x" + good[10000:]):
        bad.write_bytes(data)
        refused()
    for changed, told in (
        (arrays | {first: arrays[first] * np.nan}, about),
        (arrays | {first: arrays[first][:-1]}, about),
        (arrays | {first: arrays[first].astype(np.float64)}, about),
        (arrays | {"more": np.zeros(2)}, about),
        (arrays, about | {"network": "none"}),
        (arrays, about | {"version": 99}),
        (arrays, {}),
        ({}, about),
    ):
        array_file.save(bad, changed, told)
        refused()


def test_no_weights_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="no weights"):
        weights.load(tmp_path / "none.npz")
    with pytest.raises(IsADirectoryError, match="folder"):
        weights.load(tmp_path)


def test_weights_may_be_read_by_whom_other_new_files_may(file):
    file.with_name("new").touch()
    assert file.stat().st_mode == file.with_name("new").stat().st_mode
