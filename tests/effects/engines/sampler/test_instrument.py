"""What is known of a clip: its grains, and how its notes end."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.players import RATE, RELAXED, note
from support.samplers import tune
from support.sounds import noise

from effects.engines.sampler import instrument
from effects.engines.sampler.instrument import Grain, Instrument


def fading(starts, length, fall, seconds, rate=RATE):
    """Tones that hold for ``length`` and then fall by ``fall`` dB per second."""
    t = np.arange(round(seconds * rate)) / rate
    out = np.zeros_like(t)
    for start in starts:
        gain = 10 ** (-fall * np.maximum(t - start - length, 0) / 20) * (t >= start)
        out += 0.2 * gain * np.sin(2 * np.pi * 220 * t)
    return out.astype(np.float32)


@pytest.mark.parametrize("fall", [40.0, 100.0, 300.0])
def test_how_fast_notes_fall_is_measured(fall):
    starts = (0.1, 1.6, 3.1)
    audio = fading(starts, 0.4, fall, 4.6)
    audio[round(1.59 * RATE) : round(1.6 * RATE)] = 0  # what rings from the first
    found = instrument.release_of(audio, RATE, [note(at, 0.4, 57) for at in starts])
    assert found == pytest.approx(fall, rel=0.2)


def test_without_a_note_that_is_left_to_fall_the_release_is_the_usual_one():
    audio = fading([0.0], 2.0, 100, 2.0)
    notes = [note(0.2 * n, 0.2, 57 + n) for n in range(10)]
    assert instrument.release_of(audio, RATE, notes) == instrument.SETTINGS.usual_release_db
    assert instrument.release_of(audio, RATE, []) == instrument.SETTINGS.usual_release_db


@pytest.mark.parametrize("fall", [0.5, 5000.0])
def test_the_release_stays_within_what_instruments_do(fall):
    audio = fading([0.1], 0.4, fall, 2.0)
    found = instrument.release_of(audio, RATE, [note(0.1, 0.4, 57)])
    limits = instrument.SETTINGS
    assert limits.least_release_db <= found <= limits.most_release_db


def made(audio, notes, rate=RATE):
    return Instrument.of(audio, rate, notes, lambda: None)


def test_every_note_of_a_clip_becomes_a_grain_with_its_own_sound():
    played = [(0.2, 0.4, 60), (1.4, 0.4, 64), (2.6, 0.4, 67)]
    audio = tune(played, 4, RATE)
    found = made(audio, [note(*it) for it in played])
    assert found.sample_rate == RATE
    assert [it.pitch for it in found.grains] == [60, 64, 67]
    for it, (start, seconds, _) in zip(found.grains, played, strict=True):
        first = round(start * RATE) - it.lead
        assert 0 < it.lead <= round(instrument.SETTINGS.lead_seconds * RATE) + 1
        assert it.seconds == pytest.approx(seconds, abs=0.01)
        assert it.clear == 1
        own = slice(0, it.lead + round((seconds + 0.1) * RATE))
        expected = audio[first : first + it.audio.size]
        np.testing.assert_allclose(it.audio[own], expected[own], atol=1e-6)
        assert seconds <= it.audio.size / RATE <= seconds + instrument.SETTINGS.tail_seconds + 0.02


def test_a_grain_ends_before_its_key_is_struck_again():
    played = [(0.2, 0.4, 60), (0.8, 0.4, 60)]
    found = made(tune(played, 2, RATE), [note(*it) for it in played])
    assert found.grains[0].audio.size / RATE < 0.62


def test_a_note_at_the_very_start_has_no_lead_and_one_at_the_end_is_cut():
    audio = tune([(0.0, 0.5, 60), (1.9, 0.5, 64)], 2, RATE)
    found = made(audio, [note(0.0, 0.5, 60), note(1.9, 0.5, 64)])
    assert found.grains[0].lead == 0
    assert found.grains[1].seconds <= 0.12


@pytest.mark.parametrize(
    "notes", [[], [note(0.99, 0.3, 60)], [note(0.1, 0.5, 60, level=0.0)], [note(5.0, 0.5, 60)]]
)
def test_without_a_note_that_is_fit_for_use_there_is_no_instrument(notes):
    assert made(noise(1, RATE)[0], notes) is None


def test_of_many_notes_the_rare_and_the_sure_are_kept():
    often = [note(0.05 * n, 0.04, 60, confidence=0.9) for n in range(200)]
    rare = [note(10.2 + 0.2 * n, 0.1, 70 + n, confidence=0.3) for n in range(5)]
    found = made(noise(12, RATE)[0], often + rare)
    assert len(found.grains) == instrument.SETTINGS.most_grains
    assert {70 + n for n in range(5)} < {it.pitch for it in found.grains}


def test_what_a_tick_raises_ends_the_work():
    def stop():
        raise KeyError

    with pytest.raises(KeyError):
        Instrument.of(noise(1, RATE)[0], RATE, [note(0.1, 0.5, 60)], stop)


@RELAXED
@given(
    st.lists(
        st.tuples(
            st.floats(20, 110),
            st.floats(1e-6, 1),
            st.floats(0.03, 6),
            st.floats(0, 1),
            st.integers(0, 500),
            st.integers(0, 3000),
            st.floats(1e-6, 100),
        ),
        min_size=1,
        max_size=5,
    ),
    st.floats(20, 600),
)
def test_an_instrument_survives_being_kept(parts, release):
    grains = [
        Grain(pitch, level, seconds, clear, lead, gain * noise(1, 3000, seed=n)[0, :size])
        for n, (pitch, level, seconds, clear, lead, size, gain) in enumerate(parts)
    ]
    before = Instrument(44_100.0, release, grains)
    after = Instrument.from_arrays(before.arrays())
    assert (after.sample_rate, after.release) == (44_100.0, release)
    for was, now in zip(before.grains, after.grains, strict=True):
        assert (now.pitch, now.level, now.seconds) == (was.pitch, was.level, was.seconds)
        assert (now.clear, now.lead) == (was.clear, was.lead)
        assert now.audio.dtype == np.float32
        assert isinstance(now.lead, int)
        peak = np.abs(was.audio).max(initial=0)
        np.testing.assert_allclose(now.audio, was.audio, rtol=2**-10, atol=1e-6 * peak)


def test_a_note_that_swells_has_the_level_of_its_loudest_stretch():
    t = np.arange(RATE) / RATE
    tone = (0.3 * np.sin(2 * np.pi * 220 * t)).astype(np.float32)
    swelling = tone * np.minimum(t / 0.8, 1).astype(np.float32)
    for sound in (tone, swelling):
        found = Instrument.of(sound, RATE, [note(0.0, 1.0, 57, level=0.01)], lambda: None)
        assert found.grains[0].level == pytest.approx(0.3 / np.sqrt(2), rel=0.02)
