"""Notes played: which grain is chosen, and how it sounds."""

from dataclasses import replace

import numpy as np
import pytest
from support.players import RATE, grain, note, player
from support.samplers import hz
from support.sounds import noise

from effects.engines.sampler import instrument, perform, place
from effects.engines.sampler.instrument import Grain
from effects.running.cores import using
from effects.running.progress import Cancelled


def test_the_nearest_pitch_is_chosen():
    found = player(*(grain(pitch) for pitch in (48, 55, 60, 67)))
    for pitch, expected in ((40, 48), (50, 48), (53, 55), (61, 60), (90, 67)):
        assert perform.choose(note(0, 0.5, pitch), found).pitch == expected


def test_among_those_of_a_pitch_the_clear_the_long_and_the_equally_loud_are_chosen():
    usual = grain(60)
    for worse in (grain(60, clear=0.0), grain(60, seconds=0.1), grain(60, level=0.001)):
        assert perform.choose(note(0, 0.5, 60), player(worse, usual)) is usual
    # A longer one than is needed is no worse.
    assert perform.choose(note(0, 0.1, 60), player(grain(60, seconds=2.0))).seconds == 2


def test_a_semitone_is_less_than_a_grain_full_of_other_notes():
    near, clear = grain(60, clear=0.0), grain(61, clear=1.0)
    assert perform.choose(note(0, 0.5, 60), player(near, clear)) is clear


def toned(pitch, seconds, rate=RATE, *, tail=0.3):
    """A grain of a steady tone with a tail."""
    t = np.arange(round((seconds + tail) * rate)) / rate
    sound = 0.2 * np.sin(2 * np.pi * hz(pitch) * t) * np.minimum((seconds + tail - t) / tail, 1)
    return Grain(float(pitch), 0.14, seconds, 1.0, 0, sound.astype(np.float32))


@pytest.mark.parametrize("rate", [8000, RATE, 48_000])
@pytest.mark.parametrize("pitch", [48, 57, 60.5, 69])
@pytest.mark.parametrize("seconds", [0.2, 0.5, 1.5])
def test_a_grain_is_played_at_the_notes_pitch_for_as_long_as_the_note(pitch, seconds, rate):
    source = toned(57, 0.5)
    sound, lead = perform.play(note(0, seconds, pitch), source, player(source), rate)
    assert lead == 0
    assert sound.dtype == np.float32
    inside = sound[round(0.05 * rate) : round((seconds - 0.02) * rate)]
    spectrum = np.abs(np.fft.rfft(inside * np.hanning(inside.size), 1 << 17))
    found = float(np.fft.rfftfreq(1 << 17, 1 / rate)[spectrum.argmax()])
    assert 12 * abs(np.log2(found / hz(pitch))) < 0.2
    rms = [float(np.sqrt(np.mean(part**2))) for part in np.array_split(inside, 4)]
    assert min(rms) > 0.1
    after = sound[round((seconds + 0.3) * rate) :]
    assert np.abs(after).max(initial=0) < 0.1  # it has fallen, or ended
    assert sound.size / rate < seconds + instrument.SETTINGS.longest_release_seconds + 0.01


def test_a_note_of_the_grains_own_length_and_pitch_is_the_grain():
    source = toned(57, 0.5)
    sound, _ = perform.play(note(0, 0.5, 57), source, player(source, release=40.0), RATE)
    kept = slice(place.SETTINGS.fade_in_samples, source.audio.size - round(0.03 * RATE))
    np.testing.assert_array_equal(sound[kept], source.audio[kept])


def test_what_is_too_long_falls_at_the_instruments_rate():
    source = toned(57, 3.0)
    sound, _ = perform.play(note(0, 0.5, 57), source, player(source, release=100.0), RATE)
    early = sound[round(0.5 * RATE) : round(0.55 * RATE)]
    late = sound[round(0.7 * RATE) : round(0.75 * RATE)]
    fall = 20 * np.log10(np.sqrt(np.mean(early**2)) / np.sqrt(np.mean(late**2)))
    assert fall == pytest.approx(20, abs=2)


def test_what_would_ring_on_is_cut():
    source = toned(57, 6.0)
    sound, _ = perform.play(note(0, 0.5, 57), source, player(source, release=20.0), RATE)
    assert sound.size / RATE == pytest.approx(2.0, abs=0.01)
    assert abs(sound[-1]) < 1e-6


def test_the_attack_of_a_grain_that_is_held_stays_as_it_is():
    source = toned(57, 0.5)
    sound, _ = perform.play(note(0, 2.0, 57), source, player(source), RATE)
    kept = slice(place.SETTINGS.fade_in_samples, round(0.045 * RATE))
    np.testing.assert_array_equal(sound[kept], source.audio[kept])


@pytest.mark.parametrize("size", [700, 20_000])
@pytest.mark.parametrize("of_note", [1, 20, 700])
@pytest.mark.parametrize("seconds", [0.001, 1.5])
def test_the_shortest_grains_play_what_they_are_told(size, of_note, seconds):
    source = grain(60, size=size, seconds=of_note / RATE)
    for pitch in (36, 60, 96):
        sound, _ = perform.play(note(0, seconds, pitch), source, player(source), RATE)
        assert np.isfinite(sound).all()


def test_a_far_grain_that_is_cheaper_altogether_is_chosen():
    near = grain(60, seconds=0.05, clear=0.0)
    found = player(near, *(grain(66 + it, seconds=2.0) for it in range(3)))
    assert perform.choose(note(0, 2.0, 60), found).pitch == 66


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("remembered", [0, 1 << 20])
def test_the_bits_depend_neither_on_threads_nor_on_what_is_remembered(
    threads, remembered, monkeypatch
):
    notes = [note(0.1 * it, 0.25, (50, 57, 57, 61.5)[it % 4]) for it in range(20)]
    source, stem = player(toned(57, 0.3), toned(62, 0.3)), noise(2.5, RATE, channels=2)
    wanted = np.zeros_like(stem)
    for it in notes:
        sound, lead = perform.play(it, perform.choose(it, source), source, RATE)
        sound *= np.float32(it.level / 0.14)
        place.place(wanted, sound, round(it.start * RATE) - lead, place.pan(stem, RATE, it))
    settings = replace(perform.SETTINGS, most_moved_bytes=remembered)
    monkeypatch.setattr(perform, "SETTINGS", settings)
    ticks = []
    with using(threads):
        found = perform.perform(notes, source, stem, RATE, tick=ticks.append)
    np.testing.assert_array_equal(found, wanted)
    assert ticks == [it / len(notes) for it in range(len(notes))]


@pytest.mark.parametrize("threads", [1, 3])
def test_what_a_tick_raises_ends_the_performance(threads):
    def tick(fraction):
        if fraction > 0.2:
            raise Cancelled

    notes = [note(0.1 * it, 0.2, 57) for it in range(20)]
    with using(threads), pytest.raises(Cancelled):
        perform.perform(
            notes, player(toned(57, 0.3)), np.ones((1, RATE), np.float32), RATE, tick=tick
        )
