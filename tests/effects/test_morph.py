"""The effect as its users rely on it: what comes out between two pieces, and what is refused."""

import json

import numpy as np
import pedalboard
import pytest
import soundfile
from support.samplers import BRIGHT, DARK, DULL, REED, strokes_of, tune
from support.sounds import lufs, noise

from effects import Cancelled, Morph, Pedalboard

RATE, SECONDS = 22_050, 4.0
SCORE = [
    (0.1 + 0.48 * it, 0.45, pitch) for it, pitch in enumerate((60, 64, 67, 72, 71, 67, 64, 60))
]


@pytest.fixture(scope="module")
def reed():
    """A tune in one channel."""
    return tune(SCORE, SECONDS, RATE, REED)[None]


@pytest.fixture(scope="module")
def dull():
    """The same tune in another timbre, softer."""
    return 0.5 * tune(SCORE, SECONDS, RATE, DULL)[None]


@pytest.fixture(scope="module")
def drums():
    at = [(0.05 + 0.25 * it, DARK if it % 2 else BRIGHT) for it in range(15)]
    return strokes_of(at, SECONDS, RATE)[None]


@pytest.fixture(scope="module")
def travel(reed, dull):
    """From one to the other, in one thread, and the effect."""
    effect = Morph((dull, RATE), at="0:1", tempo="own", threads=1)
    return effect(reed, RATE), effect


def same(a, b):
    """How far apart two sounds are, in dB below the second."""
    return 10 * np.log10(np.mean((a - b) ** 2) / np.mean(b**2) + 1e-20)


def test_at_the_ends_it_is_the_pieces_themselves(reed, dull):
    np.testing.assert_array_equal(Morph((dull, RATE), at=0)(reed, RATE), reed)
    effect = Morph((dull, RATE), at=1)
    np.testing.assert_array_equal(effect(reed, RATE), dull)
    assert effect.report["method"] == "itself"


@pytest.mark.parametrize("at", [0.3, "0:1"])
def test_between_a_piece_and_itself_is_that_piece(reed, at):
    effect = Morph((reed.copy(), RATE), at=at)
    np.testing.assert_array_equal(effect(reed, RATE), reed)
    assert (effect.report["method"], effect.report["at"][0]) == ("itself", 0.3 if at == 0.3 else 0)
    assert "the same" in effect.report["why"]


def test_the_way_begins_as_a_and_ends_as_b_and_does_not_jump(travel, reed, dull):
    out, _ = travel
    assert (out.shape, out.dtype) == (reed.shape, np.float32)
    first, last = slice(0, RATE // 5), slice(-3 * RATE // 10, None)
    assert same(out[0, first], reed[0, first]) < -6
    assert same(out[0, last], dull[0, last]) < -6
    steps = np.abs(np.diff(out[0]))
    assert steps.max() <= 1.2 * np.abs(np.diff(reed[0])).max()


def test_the_same_bits_again_and_for_any_number_of_threads(travel, reed, dull):
    np.testing.assert_array_equal(
        Morph((dull, RATE), at="0:1", tempo="own", threads=3)(reed, RATE), travel[0]
    )


def test_it_says_what_it_did(travel):
    effect = travel[1]
    report = json.loads(json.dumps(effect.report))
    assert report["heard"]["a"]["kind"] == report["heard"]["b"]["kind"] == "notes"
    assert report["paired"] == len(SCORE)
    assert report["only_a"] == report["only_b"] == report["strokes"] == 0
    assert report["at"] == pytest.approx([0, 0.5, 1])
    assert "Notes of both are moved" in report["why"]
    assert effect.result.middle.notes[0].note.start == pytest.approx(0.1, abs=0.05)


def test_notes_of_the_latent_are_said_to_be_the_latents(reed, dull):
    effect = Morph((dull, RATE), method="latent", tempo="own")
    effect(reed, RATE)
    assert "those that the latent space has for likely" in effect.report["why"]


def test_weights_that_cannot_be_used_are_refused_before_the_long_work(reed, tmp_path):
    with pytest.raises(FileNotFoundError, match="no weights"):
        Morph((reed, RATE), weights=tmp_path / "gone.npz")
    (tmp_path / "none.npz").write_bytes(b"no weights")
    told = []
    effect = Morph(
        (reed, RATE),
        method="latent",
        weights=tmp_path / "none.npz",
        on_progress=lambda fraction, stage: told.append(fraction),
    )
    with pytest.raises(ValueError, match="restyle latent train"):
        effect(reed, RATE)
    assert max(told) == 0


def test_where_the_way_stays_at_an_end_it_is_that_piece_bit_for_bit(reed, dull):
    out = Morph((dull, RATE), at="0:0:1:1", tempo="own")(reed, RATE)
    third = round(SECONDS / 3 * RATE)
    np.testing.assert_array_equal(out[:, : third - 10], reed[:, : third - 10])
    np.testing.assert_array_equal(out[:, -third + 10 :], dull[:, -third + 10 :])
    steps = np.abs(np.diff(out[0]))
    assert steps.max() <= 1.2 * np.abs(np.diff(reed[0])).max()


def test_loudness_lies_between(reed, dull):
    ends = [lufs(it, RATE) for it in (reed, dull)]
    for at in (0.1, 0.5):
        found = lufs(Morph((dull, RATE), at=at)(reed, RATE), RATE)
        assert found == pytest.approx((1 - at) * ends[0] + at * ends[1], abs=1)


def test_other_rates_lengths_and_channels(reed, dull):
    a = np.vstack([reed, 0.1 * reed])[:, : 3 * RATE]
    out = Morph((np.vstack([dull] * 3), 16_000), at=0.5)(a, RATE)
    assert out.shape == a.shape
    left, right = (lufs(it[None], RATE) for it in out)
    assert 3 < left - right < 20


def test_strokes_of_drums_are_all_there(drums):
    other = strokes_of([(0.05 + 0.25 * it, BRIGHT) for it in range(15)], SECONDS, RATE)[None]
    effect = Morph((other, RATE), at=0.5)
    out = effect(drums, RATE)
    assert effect.report["strokes"] == pytest.approx(15, abs=1)
    at = [slice(round(it * RATE), round((it + 0.05) * RATE)) for it in 0.05 + 0.25 * np.arange(15)]
    levels = np.array([np.std(out[0, it]) for it in at])
    assert levels.min() > 0.2 * levels.max()


def test_a_tune_and_drums_share_the_middle(reed, drums):
    effect = Morph((drums, RATE), at=0.5)
    out = effect(reed, RATE)
    assert np.isfinite(out).all()
    assert 0 < effect.report["only_a"] < len(SCORE)
    assert 0 < effect.report["strokes"] < 15
    assert "Only A has notes" in effect.report["why"]


@pytest.mark.parametrize("at", [0.25, 0.75])
def test_silence_fades(reed, at):
    silence = np.zeros_like(reed)
    effect = Morph((silence, RATE), at=at)
    np.testing.assert_allclose(effect(reed, RATE), (1 - at) * reed, atol=1e-6)
    assert "silent" in effect.report["why"]
    np.testing.assert_allclose(Morph((reed, RATE), at=at)(silence, RATE), at * reed, atol=1e-6)


@pytest.mark.slow
def test_a_texture_leads_over_one_restyled_by_the_other(reed):
    rain = noise(3.0, RATE, seed=1)
    effect = Morph((rain, RATE), at="0:1")
    out = effect(reed, RATE)
    assert out.shape == reed.shape
    assert np.isfinite(out).all()
    assert effect.report["method"] == "texture"
    assert "A restyled by B" in effect.report["why"]
    first = slice(0, RATE // 5)
    assert same(out[0, first], reed[0, first]) < -6


@pytest.mark.parametrize(
    "seconds",
    [pytest.param(0.0002, marks=pytest.mark.slow), 0.05, pytest.param(0.5, marks=pytest.mark.slow)],
)
def test_pieces_too_short_for_a_score(reed, seconds):
    short = reed[:, RATE // 2 :][:, : max(round(seconds * RATE), 1)]
    for a, b in ((reed, short), (short, reed)):
        out = Morph((b, RATE), at=0.0 if seconds > 0.01 else 0.5)(a, RATE)
        assert out.shape == a.shape
        assert np.isfinite(out).all()


@pytest.mark.parametrize("level", [1e-4, 1e4])
def test_any_level_is_finite(reed, dull, level):
    out = Morph((dull * np.float32(level), RATE), at=0.5)(reed, RATE)
    expected = np.sqrt(np.std(reed) * np.std(dull) * level)
    assert 0.5 < np.std(out) / expected < 2


def test_in_a_chain_with_a_file(reed, dull, tmp_path):
    path = tmp_path / "b.wav"
    soundfile.write(path, dull[0], RATE, subtype="FLOAT")
    board = Pedalboard([Morph(path, at=1.0), pedalboard.Gain(-6)])
    np.testing.assert_array_equal(board(reed, RATE), pedalboard.Gain(-6)(dull, RATE))


def test_progress_and_cancelling(reed, dull):
    seen = []
    Morph((dull, RATE), on_progress=lambda *it: seen.append(it))(reed, RATE)
    fractions = [it for it, _ in seen]
    assert fractions == sorted(fractions)
    assert seen[-1] == (1.0, "done")

    def stop(fraction, stage):
        raise Cancelled("enough")

    with pytest.raises(Cancelled, match="enough"):
        Morph((dull, RATE), on_progress=stop)(reed, RATE)


def test_properties_are_checked_and_shown(dull):
    effect = Morph((dull, RATE))
    effect.at, effect.method, effect.tempo, effect.seed = "0:1", "both", "own", 3
    assert "other='<4.00 s of audio>' at='0:1' method='both' tempo='own' seed=3" in repr(effect)
    for name, value, message in [
        ("at", 1.5, "between 0"),
        ("at", "half", "at must be"),
        ("method", "magic", "method must be one of"),
        ("tempo", "fast", "tempo must be one of"),
        ("seed", -1, "seed must be"),
        ("threads", 0, "Threads must be at least 1"),
    ]:
        with pytest.raises(ValueError, match=message):
            setattr(effect, name, value)
    assert effect.method == "both"


@pytest.mark.parametrize(
    ("bad", "error", "message"),
    [
        ("not there.wav", FileNotFoundError, "There is no song at 'not there.wav'"),
        (5, TypeError, "other must be a path, a sequence of paths"),
        ((np.zeros(9, np.float32), "44100"), TypeError, "sample rate of other must be a number"),
        ((np.full(9, np.nan, np.float32), 44_100), ValueError, "Song other holds NaN or infinity"),
        ((np.zeros((1, 0), np.float32), 44_100), ValueError, "Song other is empty"),
    ],
)
def test_pieces_that_cannot_be_the_other(bad, error, message):
    with pytest.raises(error, match=message):
        Morph(bad)


def test_what_is_played_is_checked(dull):
    with pytest.raises(ValueError, match="Morph takes 8 to 192 kHz"):
        Morph((dull, RATE))(dull, 4000)
    with pytest.raises(FileNotFoundError, match=r"none\.mid"):
        Morph((dull, RATE), at="none.mid")(dull, RATE)
