"""One note out of many: where it is alone, and among others."""

import numpy as np
import pytest
from support.players import RATE, amplitude, decibels, note
from support.samplers import hz, together, tone, tune
from support.sounds import noise

from effects.engines.sampler.cut_out import Clip


def test_where_a_note_is_alone_it_is_the_clip_itself():
    notes = [note(0.2, 0.5, 60), note(1.6, 0.5, 64)]
    audio = tune([(0.2, 0.5, 60), (1.6, 0.5, 64)], 2.5, RATE) + noise(2.5, RATE, level=1e-3)[0]
    start, stop = round(0.19 * RATE), round(0.9 * RATE)
    sound, clear = Clip(audio, RATE, notes, 200.0).alone(0, start, stop)
    np.testing.assert_array_equal(sound, audio[start:stop])
    assert clear == 1
    assert not np.shares_memory(sound, audio)


def test_a_clip_of_one_note_is_that_note():
    audio = noise(1, RATE)[0]
    sound, clear = Clip(audio, RATE, [note(0.1, 0.5, 60)], 100.0).alone(0, 0, audio.size)
    np.testing.assert_array_equal(sound, audio)
    assert clear == 1


@pytest.mark.parametrize(("low", "high"), [(57, 63), (45, 52), (60, 62), (67, 76)])
@pytest.mark.parametrize("rate", [RATE, 44_100])
def test_of_two_notes_at_once_each_comes_out_without_the_other(low, high, rate):
    pitches = (low, high)
    audio = together([(0.2, tone(it, 0.8, rate, (1, 0.5, 0.25))) for it in pitches], 1.5, rate)
    clip = Clip(audio, rate, [note(0.2, 0.8, pitch) for pitch in pitches], 200.0)
    inside = slice(round(0.3 * rate), round(0.9 * rate))
    partials = [{k * hz(pitch) for k in (1, 2, 3)} for pitch in pitches]
    near = [
        {it for it in partials[n] if min(abs(it / other - 1) for other in partials[1 - n]) < 0.04}
        for n in (0, 1)
    ]  # what both have, neither can be freed of
    for own in (0, 1):
        sound, clear = clip.alone(own, 0, audio.size)
        assert sound.shape == audio.shape
        assert clear == 0
        kept, lost = (
            np.sqrt(
                sum(amplitude(sound[inside], it, rate) ** 2 for it in partials[n] - near[n])
                / sum(amplitude(audio[inside], it, rate) ** 2 for it in partials[n] - near[n])
            )
            for n in (own, 1 - own)
        )
        assert decibels(kept) > -4
        assert decibels(lost) < decibels(kept) - 15


def test_the_parts_add_up_to_the_whole_where_all_sound():
    """Nothing of the clip is nobody's: the masks sum to 1."""
    pitches = (57, 61, 64)
    audio = tune([(0.1, 1.0, pitch) for pitch in pitches], 1.2, RATE) + noise(1.2, RATE)[0] * 0.05
    clip = Clip(audio, RATE, [note(0.1, 1.0, pitch) for pitch in pitches], 200.0)
    parts = sum(clip.alone(index, 0, audio.size)[0] for index in range(3))
    inside = slice(round(0.3 * RATE), round(0.9 * RATE))
    np.testing.assert_allclose(parts[inside], audio[inside], atol=1e-4)


def test_a_note_that_is_overlapped_for_half_its_time_is_half_clear():
    notes = [note(0.1, 1.0, 60), note(0.6, 1.0, 67)]
    audio = tune([(0.1, 1.0, 60), (0.6, 1.0, 67)], 2, RATE)
    sound, clear = Clip(audio, RATE, notes, 400.0).alone(0, 0, round(1.2 * RATE))
    assert clear == pytest.approx(0.5, abs=0.1)
    before = slice(round(0.05 * RATE), round(0.5 * RATE))
    np.testing.assert_allclose(sound[before], audio[before], atol=1e-5)


@pytest.mark.parametrize("rate", [8000, 44_100, 192_000])
@pytest.mark.parametrize("size", [1, 10, 1000])
def test_the_shortest_clips_have_parts_of_their_own_length(rate, size):
    audio = noise(1, rate)[0, :size]
    notes = [note(0, size / rate, 60), note(0, size / rate, 67)]
    sound, _ = Clip(audio, rate, notes, 100.0).alone(1, 0, size)
    assert sound.shape == (size,)
    assert sound.dtype == np.float32
    assert np.isfinite(sound).all()
