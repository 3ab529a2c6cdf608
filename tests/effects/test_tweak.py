"""The effect as its users rely on it: what comes out, what is refused, how it ends.

The networks are stood in for: what they know, their own tests tell.
"""

import json

import numpy as np
import pedalboard
import pytest
import soundfile
from support.codecs import FakeCodec
from support.samplers import tune
from support.sounds import lufs

import effects.tweak
from effects import Cancelled, Pedalboard, Tweak
from effects.latent.changes import Changes

RATE = 22_050
NOTES = [(0.3 + 0.5 * n, 0.4, key) for n, key in enumerate([60, 64, 67, 72, 65, 69, 62])]
TUNE = tune(NOTES, 4.0, RATE)[None]


@pytest.fixture(autouse=True)
def stand_in(monkeypatch):
    monkeypatch.setattr(effects.tweak, "load_codec", lambda weights: FakeCodec())


def test_untouched_it_is_the_input_bit_for_bit():
    effect = Tweak()
    assert effect.report is effect.result is None
    out = effect(TUNE, RATE)
    np.testing.assert_array_equal(out, TUNE)
    assert out is not TUNE
    assert effect.report["untouched"]


def test_a_cover_is_as_long_and_as_loud_and_says_what_was_done():
    effect = Tweak(scale=0.9)
    stereo = np.vstack([TUNE, TUNE])
    out = effect(stereo, RATE)
    assert (out.shape, out.dtype) == (stereo.shape, np.float32)
    assert lufs(out, RATE) == pytest.approx(lufs(stereo, RATE), abs=0.5)
    assert np.abs(out).max() <= 1
    report = json.loads(json.dumps(effect.report))
    assert report["notes"]["gone"] > 0
    assert len(effect.result.after) == report["notes"]["after"]


def test_in_a_chain():
    board = Pedalboard([Tweak(scale=0.9), pedalboard.Gain(-6)])
    expected = pedalboard.Gain(-6)(Tweak(scale=0.9)(TUNE, RATE), RATE)
    np.testing.assert_array_equal(board(TUNE, RATE), expected)


def test_towards_a_sound_by_its_name(tmp_path):
    other = tmp_path / "other.wav"
    soundfile.write(other, tune([(0.5, 1.0, 48), (2.0, 1.0, 50)], 4.0, RATE), RATE)
    effect = Tweak(towards=str(other), towards_amount=1.0)
    effect(TUNE, RATE)
    low = [it.pitch < 56 for it in effect.result.after]
    assert sum(low) > 0.5 * len(low)
    with pytest.raises(FileNotFoundError, match="no file, folder or preset 'nothing'"):
        Tweak(towards="nothing")(TUNE, RATE)


def test_progress_and_cancelling():
    seen = []
    Tweak(scale=0.9, on_progress=lambda *it: seen.append(it))(TUNE, RATE)
    fractions = [it for it, _ in seen]
    assert fractions == sorted(fractions)
    assert seen[-1] == (1.0, "done")

    def stop(fraction, stage):
        raise Cancelled("enough")

    with pytest.raises(Cancelled, match="enough"):
        Tweak(scale=0.9, on_progress=stop)(TUNE, RATE)


def test_properties_are_checked_and_shown():
    effect = Tweak(scale=1.5, max=17, towards=np.ones(120), preset="violin")
    assert "scale=1.5 max=(17,) preset='violin'" in repr(effect).replace(
        "towards='<120 numbers>' ", ""
    )
    assert effect.preset == "violin"
    effect.style = TUNE, RATE
    assert effect.preset is None
    effect.changes = Changes(flatten=0.5)
    assert "flatten=0.5 style='<4.00 s of audio>'" in repr(effect)
    with pytest.raises(TypeError, match="changes must be"):
        effect.changes = {"scale": 2}


@pytest.mark.parametrize(
    ("bad", "error", "message"),
    [
        ({"scale": 5}, ValueError, "scale must be between 0 and 4"),
        ({"max": 120}, ValueError, "max must be elements from 0 to 119"),
        ({"speed": 2}, TypeError, "speed"),
        ({"style": (TUNE, RATE), "preset": "violin"}, TypeError, "not both"),
        ({"style": "none.wav"}, FileNotFoundError, "no style clip at 'none.wav'"),
        ({"preset": 1.5}, TypeError, "preset must be a name"),
        ({"weights": "none.npz"}, FileNotFoundError, "no weights at 'none.npz'"),
        ({"threads": 0}, ValueError, "Threads must be at least 1"),
    ],
)
def test_options_that_are_refused(bad, error, message):
    with pytest.raises(error, match=message):
        Tweak(**bad)


def test_sounds_that_are_refused():
    with pytest.raises(ValueError, match="Tweak takes 8 to 192 kHz"):
        Tweak()(TUNE, 4000)
    with pytest.raises(ValueError, match="NaN"):
        Tweak()(np.full((1, 99), np.nan, np.float32), RATE)
    assert Tweak(scale=0)(np.zeros((2, 0), np.float32), RATE).shape == (2, 0)
