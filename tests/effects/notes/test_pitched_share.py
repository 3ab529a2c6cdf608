"""What of a clip its notes explain."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from support.players import note
from support.samplers import SAW, together, tone
from support.sounds import noise, sine

from effects.notes import pitched_share as module
from effects.notes.basic_pitch import RATE
from effects.notes.pitched_share import SETTINGS, Explained, pitchedness

A4, C6 = sine(440, 3, RATE)[0], sine(1046.5, 3, RATE)[0]
WHITE = noise(3, RATE)[0]


def test_a_tone_is_explained_by_its_note_alone():
    assert Explained.of(A4, [note(0, 3, 69)]).mean == pytest.approx(1, abs=0.01)
    assert Explained.of(A4, [note(0, 3, 66)]).mean == pytest.approx(0, abs=0.01)
    assert Explained.of(A4, []).mean == 0


@pytest.mark.parametrize(("gain", "share"), [(1.0, 0.5), (0.5, 0.8), (3.0, 0.1)])
def test_of_two_tones_the_share_is_the_power_of_the_one_that_is_known(gain, share):
    found = Explained.of(A4 + np.float32(gain) * C6, [note(0, 3, 69)])
    assert found.mean == pytest.approx(share, abs=0.02)
    assert found.between(0.5, 2.5) == pytest.approx(share, abs=0.02)


def test_a_floor_of_noise_belongs_to_no_note():
    assert Explained.of(WHITE, [note(0, 3, 69)]).mean < 0.1


def test_a_share_is_told_moment_by_moment():
    clip = np.concatenate([A4, WHITE, 0 * A4])
    found = Explained.of(clip, [note(0, 3, 69)])
    assert found.between(0.3, 2.7) > 0.98
    assert found.between(3.3, 5.7) < 0.02
    assert found.between(6.5, 8.5) == 1  # nothing sounds, so nothing is missed
    # Weighted by amplitudes: of the sine 0.5/√2, of the noise 0.1.
    assert found.mean == pytest.approx(0.354 / 0.454, abs=0.05)


def test_the_mean_is_the_pitchedness_at_any_rate():
    clip = together([(0.2, tone(60, 1, 44_100)), (1.0, tone(67, 1, 44_100))], 2.2, 44_100)
    clip += noise(2.2, 44_100, level=0.01)[0]
    half = clip[::2]
    known = [note(0.2, 1, 60)]
    assert pitchedness(half, RATE, known) == Explained.of(half, known).mean
    assert pitchedness(clip, 44_100, known) == pytest.approx(
        pitchedness(half, RATE, known), abs=0.05
    )


def test_never_more_is_explained_than_sounds():
    clip = together([(0.0, tone(48, 2, RATE, SAW))], 2, RATE) + noise(2, RATE, level=0.02)[0]
    found = Explained.of(clip, [note(0, 2, it) for it in range(36, 60)])
    assert np.all((found.own >= 0) & (found.own <= found.whole))
    assert 0 <= found.mean <= 1


@pytest.mark.parametrize("length", [0.1, 1.0, 7.0])
def test_stretches_cover_the_clip_in_its_order(length):
    found = Explained.of(A4, []).seconds(length)
    assert found[0][0] == 0
    assert all(before[1] == pytest.approx(after[0]) for before, after in pairwise(found))
    assert found[-1][1] == pytest.approx(3, abs=SETTINGS.step / RATE)
    assert all(0 < end - start <= length + 1e-9 for start, end in found)


@pytest.mark.parametrize("size", [0, 1, 1023, 5000])
def test_short_and_silent_clips(size):
    for clip in (np.zeros(size, np.float32), WHITE[:size]):
        found = Explained.of(clip, [note(0, 1, 60)])
        assert 0 <= found.mean <= 1
        assert 0 <= found.between(0, 1) <= 1
    assert Explained.of(np.zeros(size, np.float32), []).mean == 0


def test_a_long_clip_is_the_same_in_stretches_and_at_once(monkeypatch):
    known = [note(0.5, 1, 69), note(1, 1, 50)]
    whole = Explained.of(A4 + WHITE, known)
    monkeypatch.setattr(module, "SETTINGS", replace(SETTINGS, together=7))
    found = Explained.of(A4 + WHITE, known)
    np.testing.assert_allclose(found.own, whole.own, rtol=1e-4, atol=1e-4 * whole.own.max())
    np.testing.assert_allclose(found.whole, whole.whole, rtol=1e-4)
