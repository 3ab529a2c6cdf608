"""The stages of training: their shortcuts, stopping and going on, and files of what was learnt."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from effects.latent.latent import Latent
from effects.latent.loading import load_codec
from effects.latent.own import timbre_windows, weights
from effects.latent.own.loop import Budget, run
from effects.latent.own.score_loss import Bags, cell_weights, logit_gradient, read_bars
from effects.latent.own.score_training import Bars, Windows
from effects.latent.own.score_training import Settings as ScoreSettings
from effects.latent.own.score_windows import BAR, windows_of
from effects.latent.own.timbre_training import Settings as TimbreSettings
from effects.latent.own.timbre_training import Timbre, moved
from effects.learned import array_file
from effects.running.progress import Cancelled

pytestmark = pytest.mark.usefixtures("one_torch_thread")


def lot(number):
    rng = np.random.default_rng([7, number])
    starts = np.sort(rng.uniform(0, 16, 60))
    table = np.stack([starts, starts + 0.4, rng.integers(40, 90, 60)], axis=1)
    return windows_of(table, np.arange(0, 16.0, 4))


def sounds():
    rng = np.random.default_rng(0)
    parts = [
        (rng.integers(0, 256, (2, 64, 96), np.uint8), rng.integers(0, 256, (2, 704), np.uint8), it)
        for it in (0, 1)
    ]
    return timbre_windows.joined(parts)


def stage(kind):
    torch.manual_seed(3)
    networks = weights.new_networks()
    if kind is Timbre:
        own = TimbreSettings(windows=2, warm_steps=2)
        return Timbre(networks["timbre_encoder"], networks["timbre_decoder"], sounds(), 5, own)
    own = ScoreSettings(bar_windows=4, windows=4, warm_steps=2, gentle_steps=2, lot_steps=2)
    return kind(networks["score_encoder"], networks["score_decoder"], lot, 5, own)


def state(stage):
    return {name: it.clone() for name, it in stage.module.state_dict().items()}


def same(one, other):
    return all(torch.equal(it, other[name]) for name, it in one.items())


def run_all(kind, path, steps=4, tick=lambda fraction, told: None):
    found = stage(kind)
    done = run(found, Budget(steps=steps), path, tick)
    assert done.steps == steps
    return state(found)


def test_cells_are_read_as_their_roll_is():
    encoder = weights.new_networks()["score_encoder"]
    windows = lot(0)
    chosen = np.arange(3)
    bags = Bags.of(windows.batch(chosen, np.zeros(3, int)))

    with torch.inference_mode():
        found = read_bars(encoder.bar, bags)
        expected = encoder.bar(torch.from_numpy(windows.rolls(chosen)).reshape(-1, BAR))

    assert torch.allclose(found, expected, atol=1e-5)


def test_the_gradient_is_that_of_weighted_cross_entropy():
    windows = lot(0)
    chosen = np.arange(2)
    bags = Bags.of(windows.batch(chosen, np.zeros(2, int)))
    wanted = torch.from_numpy(windows.rolls(chosen)).reshape(-1, BAR)
    logits = torch.randn(8, BAR, requires_grad=True)

    loss = functional.binary_cross_entropy_with_logits(logits, wanted, reduction="none")
    ((loss * cell_weights(3.0)).sum() / 2).backward()

    assert torch.allclose(
        logit_gradient(logits, bags, cell_weights(3.0), 2), logits.grad, atol=1e-6
    )


@pytest.mark.parametrize("kind", [Bars, Windows, Timbre])
def test_a_stopped_stage_goes_on_to_the_same_bits(kind, tmp_path):
    whole = run_all(kind, tmp_path / "whole.npz")

    def stop(fraction, told):
        if "step 3" in told:
            raise Cancelled

    with pytest.raises(Cancelled):
        run_all(kind, tmp_path / "stopped.npz", tick=stop)

    assert same(run_all(kind, tmp_path / "stopped.npz"), whole)
    assert not same(whole, state(stage(kind)))


@pytest.mark.parametrize("damage", [b"", b"no zip", "other"])
def test_a_damaged_checkpoint_costs_time_only(tmp_path, damage):
    path = tmp_path / "it.npz"
    whole = run_all(Bars, path, steps=1)
    if damage == "other":
        array_file.save(path, {"now/x": np.zeros(3)}, {"steps": 9, "seconds": 0})
    else:
        path.write_bytes(damage)

    assert same(run_all(Bars, path, steps=1), whole)


@pytest.mark.parametrize("steps", [-5, -1, 0, 3])
def test_windows_are_moved_without_coming_back_at_the_other_end(steps):
    windows = np.arange(2 * 3 * 4, dtype=np.float32).reshape(2, 3, 4) + 1

    found = moved(windows, np.array([steps, 0]), axis=2)

    source = {at + steps: at for at in range(4) if 0 <= at + steps < 4}
    for at in range(4):
        expected = windows[0, :, source[at]] if at in source else 0
        np.testing.assert_array_equal(found[0, :, at], expected)
    np.testing.assert_array_equal(found[1], windows[1])


@pytest.mark.slow
def test_bars_are_learnt(tmp_path):
    torch.manual_seed(0)
    networks = weights.new_networks()
    own = ScoreSettings(bar_windows=4, most_semitones=0)
    score = (networks["score_encoder"], networks["score_decoder"])
    bars = Bars(*score, lambda number: lot(0), 5, own)
    run(bars, Budget(steps=150), tmp_path / "it.npz", lambda fraction, told: None)

    rolls = torch.from_numpy(lot(0).rolls(np.arange(4))).reshape(-1, BAR)
    with torch.inference_mode():
        logits = bars.decoder(bars.narrow(bars.encoder(rolls)))
    likeliest = logits.flatten().topk(int(rolls.sum())).indices
    assert rolls.flatten()[likeliest].mean() > 0.3  # 0.03 of the cells are 1


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "own.npz"
    torch.manual_seed(0)
    weights.save(path, weights.new_networks(), {"seed": 7})
    return path


def test_weights_come_back_and_make_latents_of_their_own(file):
    torch.manual_seed(0)
    made = weights.Trained(weights.new_networks(), "", {})
    roll = lot(0).rolls(np.arange(2))
    levels = sounds().levels_db(np.arange(2))

    codec = load_codec(file)
    z = np.concatenate([codec.encode_score(roll), codec.encode_timbre(levels, roll)], axis=1)

    assert codec.about["seed"] == 7
    assert z.shape == (2, 120)
    assert z.dtype == np.float32
    np.testing.assert_array_equal(codec.score(z), made.score(z))
    spectrum = codec.spectrum(z, roll)
    np.testing.assert_array_equal(spectrum, made.spectrum(z, roll))
    assert spectrum.shape == levels.shape
    assert -70 <= spectrum.min() <= spectrum.max() <= 0


def test_a_latent_of_other_weights_is_refused(file, tmp_path):
    codec = load_codec(file)
    other = tmp_path / "other.npz"
    torch.manual_seed(1)
    digits = weights.save(other, weights.new_networks(), {})
    z = np.zeros((1, 120), np.float32)
    latent = Latent("a.wav", 4.0, z, np.zeros(1, np.int64), np.zeros(1), codec.weights_hash)

    latent.check(codec)
    assert load_codec(other).weights_hash == digits
    with pytest.raises(ValueError, match=digits):
        latent.check(load_codec(other))


def test_what_is_no_file_of_weights_is_refused_in_one_line(file, tmp_path):
    good = file.read_bytes()
    arrays, about = array_file.load(file, weights.MOST_BYTES)
    first = next(iter(arrays))
    bad = tmp_path / "bad.npz"

    def refused():
        with pytest.raises(ValueError, match=r"^[^\n]*restyle latent train[^\n]*$"):
            weights.load(bad)

    for data in (b"", b"hello", good[:-100], good[:1000], good[:9999] + b"x" + good[10000:]):
        bad.write_bytes(data)
        refused()
    not_finite = arrays | {first: arrays[first] * np.nan}
    for changed, told in (
        (not_finite, about | {"hash": weights.hash_of(not_finite)}),
        (arrays | {first: arrays[first] + 1}, about),
        (arrays | {"other/more": np.zeros(2)}, about),
        (arrays, about | {"version": 99}),
        (arrays, about | {"kind": "restyle mashup weights"}),
        (arrays, {}),
        ({}, about),
    ):
        array_file.save(bad, changed, told)
        refused()


def test_shapes_and_names_have_to_be_those_of_the_networks(file, tmp_path):
    arrays, about = array_file.load(file, weights.MOST_BYTES)
    first = next(iter(arrays))
    for changed in (
        arrays | {first: arrays[first][:-1]},
        arrays | {first: arrays[first].astype(np.float64)},
        arrays | {"score_encoder/more": np.zeros(2)},
        arrays | {"other/more": np.zeros(2)},
        {name: it for name, it in arrays.items() if name != first},
    ):
        told = about | {"hash": weights.hash_of(changed)}
        array_file.save(tmp_path / "bad.npz", changed, told)
        with pytest.raises(ValueError, match="other weights than the networks of a latent"):
            weights.load(tmp_path / "bad.npz")


def test_no_weights_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="no weights"):
        weights.load(tmp_path / "none.npz")
    with pytest.raises(IsADirectoryError, match="folder"):
        weights.load(tmp_path)
