"""The effect as its users rely on it: what comes out, what is refused, how it ends.

The network is stood in for: which parts it hears, its own tests tell.
"""

import json

import numpy as np
import pedalboard
import pytest
import soundfile
from support.known_parts import by_frequency, parts, si_sdr
from support.sounds import lufs, noise

from effects import Cancelled, Mashup, Pedalboard
from effects.mashing import parts as mask_parts

RATE = 22_050


@pytest.fixture(autouse=True)
def stand_in(monkeypatch):
    monkeypatch.setattr(mask_parts, "hear_parts", by_frequency)


@pytest.fixture(scope="module")
def songs():
    """A and B: 7 s of mono, 8 s of stereo, both at 120 BPM."""
    return parts(7, RATE, seed=1), parts(8, RATE, seed=2, channels=2)


@pytest.fixture(scope="module")
def a(songs):
    return songs[0].mixture, RATE


@pytest.fixture(scope="module")
def b(songs):
    return songs[1].mixture


def test_it_is_as_long_and_as_loud_as_b_and_says_what_it_did(a, b):
    effect = Mashup(a)
    assert effect.report is effect.result is None
    before = b.copy()
    out = effect(b, RATE)
    assert (out.shape, out.dtype) == (b.shape, np.float32)
    assert lufs(out, RATE) == pytest.approx(lufs(b, RATE), abs=1)
    assert np.abs(out).max() <= 1
    np.testing.assert_array_equal(b, before)
    report = json.loads(json.dumps(effect.report))
    assert report["lead"] == "a"
    assert report["bpm"] == pytest.approx(120, abs=1)
    assert [it["meter"] for it in report["songs"]] == ["4/4", "4/4"]
    assert "The lead is A's." in report["why"]
    mask = effect.result.mask
    assert mask.mask.shape == (len(mask.frequencies), len(mask.times))
    assert mask.times[-1] == pytest.approx(8, abs=0.05)
    np.testing.assert_allclose(mask.b_seconds, mask.times)
    assert np.isfinite(mask.a_seconds).mean() > 0.7


def test_the_same_bits_for_any_number_of_threads(a, b):
    one = Mashup(a, threads=1)(b, RATE)
    np.testing.assert_array_equal(Mashup(a, threads=3)(b, RATE), one)


@pytest.mark.parametrize(
    ("rate", "channels"),
    [(8000, 3), (44_100, 1), (48_000, 8), pytest.param(192_000, 2, marks=pytest.mark.slow)],
)
def test_other_rates_and_channels_than_as(a, rate, channels):
    b = parts(3, rate, seed=2, channels=channels).mixture
    out = Mashup((np.vstack([a[0], a[0]]), RATE))(b, rate)
    assert out.shape == b.shape
    # As pyloudnorm has it, which takes no more than five channels.
    heard = [lufs(it[:5], rate) for it in (out, b)]
    assert heard[0] == pytest.approx(heard[1], abs=1)


@pytest.mark.parametrize("seconds", [0.001, 0.2, 1.0])
def test_a_bed_too_short_for_a_beat(a, seconds):
    b = noise(seconds, RATE, channels=2)
    out = Mashup(a)(b, RATE)
    assert out.shape == b.shape
    assert np.isfinite(out).all()


@pytest.mark.parametrize("seconds", [0.001, 0.2])
def test_a_song_too_short_to_be_laid_over_another_is_refused(a, seconds):
    with pytest.raises(ValueError, match="1 s at least"):
        Mashup((noise(seconds, RATE), RATE))(a[0], RATE)


def test_a_second_is_enough_to_be_laid_over_another(a):
    out = Mashup((noise(1.0, RATE), RATE))(a[0], RATE)
    assert out.shape == a[0].shape
    assert np.isfinite(out).all()


@pytest.mark.parametrize("silent", ["a", "b", "both"])
def test_where_a_song_is_silent_b_comes_back(a, b, silent):
    a_audio = a[0] * (silent == "b")
    b_audio = b * (silent == "a")
    effect = Mashup((a_audio, RATE))
    np.testing.assert_array_equal(effect(b_audio, RATE), b_audio)
    assert "silent" in effect.report["why"]
    assert (effect.result.mask.mask == 1).all()


def test_a_song_over_itself_is_the_song(b):
    out = Mashup((b, RATE))(b, RATE)
    assert si_sdr(out, b) > 20


@pytest.mark.parametrize("level", [1e-9, 1e-4, 30.0, 1e20])
def test_any_level_is_finite(a, b, level):
    quiet = b[:, : 2 * RATE] * np.float32(level)
    out = Mashup((a[0][:, : 2 * RATE] * np.float32(1 / level), RATE))(quiet, RATE)
    assert np.isfinite(out).all()
    ratio = np.sqrt(np.mean(np.square(out / level)) / np.mean(np.square(quiet / level)))
    assert ratio == pytest.approx(1, rel=0.3)
    assert np.abs(out).max() <= max(1, np.abs(quiet).max()) * 1.0001


def test_stems_give_the_truth(songs, tmp_path):
    lead, drums, pad = songs[0].parts
    for name, audio in (("vocals", lead), ("drums", drums), ("pad", pad)):
        soundfile.write(tmp_path / f"{name}.wav", audio.T, RATE, subtype="FLOAT")
    for a in (tmp_path, sorted(tmp_path.iterdir())):
        effect = Mashup(a, key="none")
        effect(songs[1].mixture, RATE)
        assert effect.report["songs"][0]["stems"]
        assert effect.report["leads"]["a"]["power"] < 0.9


def test_in_a_chain(a, b):
    board = Pedalboard([Mashup(a), pedalboard.Gain(-6)])
    expected = pedalboard.Gain(-6)(Mashup(a)(b, RATE), RATE)
    np.testing.assert_array_equal(board(b, RATE), expected)


def test_progress_and_cancelling(a, b):
    seen = []
    Mashup(a, on_progress=lambda *it: seen.append(it))(b, RATE)
    fractions = [it for it, _ in seen]
    assert fractions == sorted(fractions)
    assert seen[-1] == (1.0, "done")

    def stop(fraction, stage):
        raise Cancelled("enough")

    with pytest.raises(Cancelled, match="enough"):
        Mashup(a, on_progress=stop)(b, RATE)


def test_properties_are_checked_and_shown(a):
    effect = Mashup(a, balance=0.5)
    effect.lead, effect.bed, effect.key, effect.balance = "auto", "rhythm", "none", -0.25
    shown = "a='<7.00 s of audio>' lead='auto' balance=-0.25 bed='rhythm' key='none'"
    assert shown in repr(effect)
    for name, value, message in [
        ("lead", "c", "Lead must be"),
        ("bed", "soft", "Bed must be"),
        ("key", "C", "Key must be"),
        ("balance", 2, "Balance must be between"),
        ("threads", 0, "Threads must be at least 1"),
    ]:
        with pytest.raises(ValueError, match=message):
            setattr(effect, name, value)
    assert effect.lead == "auto"


@pytest.mark.parametrize(
    ("bad", "error", "message"),
    [
        ("not there.wav", FileNotFoundError, "There is no song at 'not there.wav'"),
        (["not there.wav"], FileNotFoundError, "There is no song at 'not there.wav'"),
        (5, TypeError, "a must be a path, a sequence of paths"),
        ([1, 2], TypeError, "a must be a path, a sequence of paths"),
        ((np.zeros(9, np.float32), "44100"), TypeError, "The sample rate of a must be a number"),
        ((np.zeros(9, np.float32), 4000), ValueError, "takes 8 to 192 kHz, not 4000 Hz"),
        ((np.zeros(9, np.int16), 44_100), TypeError, "32-bit and 64-bit floating point"),
        ((np.full(9, np.nan, np.float32), 44_100), ValueError, "Song a holds NaN or infinity"),
        ((np.zeros((1, 0), np.float32), 44_100), ValueError, "Song a is empty"),
    ],
)
def test_songs_that_cannot_be_a(bad, error, message):
    with pytest.raises(error, match=message):
        Mashup(bad)


def test_a_file_that_is_no_sound(tmp_path, b):
    (tmp_path / "a.wav").write_text("no sound")
    with pytest.raises(ValueError, match=r"The song .*a\.wav"):
        Mashup(tmp_path / "a.wav")(b, RATE)


def test_bs_that_are_refused(a):
    with pytest.raises(ValueError, match="Mashup takes 8 to 192 kHz"):
        Mashup(a)(noise(0.1, 4000), 4000)
    with pytest.raises(ValueError, match="NaN"):
        Mashup(a)(np.full((1, 99), np.nan, np.float32), RATE)
    assert Mashup(a)(np.zeros((2, 0), np.float32), RATE).shape == (2, 0)
