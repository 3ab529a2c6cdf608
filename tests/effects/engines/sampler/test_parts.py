"""What the sampler is made of: cutting notes out, choosing among them, strokes, tunings, morphs."""

from itertools import pairwise

import mido
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.samplers import (
    BRIGHT,
    DARK,
    DULL,
    REED,
    SAW,
    hz,
    spectral_distance,
    stroke,
    strokes_of,
    together,
    tone,
    tune,
)
from support.sounds import melody, noise

from effects.engines.sampler import instrument, perform, strokes
from effects.engines.sampler.between import morph
from effects.engines.sampler.body import body_kept
from effects.engines.sampler.cut_out import Clip
from effects.engines.sampler.instrument import Grain, Instrument
from effects.notes.note import Note
from effects.notes.score import read_notes
from effects.notes.tuning import in_tune
from effects.signal.downmix import downmix, polarity
from effects.signal.loudness import loudness

RATE = 22_050
#: Every example of hypothesis takes little; the machine may be busy all the same.
RELAXED = settings(deadline=None, max_examples=30)


def note(start, seconds, pitch, level=0.1, confidence=1.0):
    return Note(start, start + seconds, pitch, level, confidence)


def grain(pitch=60.0, *, level=0.1, seconds=0.5, clear=1.0, size=1000, lead=0):
    sound = noise(size / RATE, RATE, seed=int(pitch))[0]
    return Grain(pitch, level, seconds, clear, lead, sound)


def player(*grains, release=100.0):
    return Instrument(RATE, release, grains)


def decibels(ratio):
    return float(20 * np.log10(max(abs(ratio), 1e-12)))


def amplitude(sound, frequency, rate=RATE):
    """Of the sine at a frequency."""
    t = np.arange(sound.size) / rate
    window = np.hanning(sound.size)
    return 2 * abs(np.sum(sound * window * np.exp(-2j * np.pi * frequency * t))) / window.sum()


# One note out of many: effects.engines.sampler.cut_out


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


# What is known of a clip: effects.engines.sampler.instrument


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
    found = instrument._release(audio, RATE, [note(at, 0.4, 57) for at in starts])
    assert found == pytest.approx(fall, rel=0.2)


def test_without_a_note_that_is_left_to_fall_the_release_is_the_usual_one():
    audio = fading([0.0], 2.0, 100, 2.0)
    notes = [note(0.2 * n, 0.2, 57 + n) for n in range(10)]
    assert instrument._release(audio, RATE, notes) == instrument.USUAL_RELEASE_DB
    assert instrument._release(audio, RATE, []) == instrument.USUAL_RELEASE_DB


@pytest.mark.parametrize("fall", [0.5, 5000.0])
def test_the_release_stays_within_what_instruments_do(fall):
    audio = fading([0.1], 0.4, fall, 2.0)
    found = instrument._release(audio, RATE, [note(0.1, 0.4, 57)])
    low, high = instrument.RELEASE_DB
    assert low <= found <= high


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
        assert 0 < it.lead <= round(instrument.LEAD_SECONDS * RATE) + 1
        assert it.seconds == pytest.approx(seconds, abs=0.01)
        assert it.clear == 1
        own = slice(0, it.lead + round((seconds + 0.1) * RATE))
        expected = audio[first : first + it.audio.size]
        np.testing.assert_allclose(it.audio[own], expected[own], atol=1e-6)
        assert seconds <= it.audio.size / RATE <= seconds + instrument.TAIL_SECONDS + 0.02


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
    assert len(found.grains) == instrument.MOST_GRAINS
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


# Notes played: effects.engines.sampler.perform


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
    assert sound.size / rate < seconds + perform.LONGEST_RELEASE_SECONDS + 0.01


def test_a_note_of_the_grains_own_length_and_pitch_is_the_grain():
    source = toned(57, 0.5)
    sound, _ = perform.play(note(0, 0.5, 57), source, player(source, release=40.0), RATE)
    kept = slice(perform.FADE_IN_SAMPLES, source.audio.size - round(0.03 * RATE))
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


def test_the_attack_of_a_grain_that_is_stretched_stays_as_it_is():
    source = toned(57, 0.5)
    sound, _ = perform.play(note(0, 2.0, 57), source, player(source), RATE)
    kept = slice(perform.FADE_IN_SAMPLES, round(0.045 * RATE))
    np.testing.assert_array_equal(sound[kept], source.audio[kept])


@pytest.fixture
def careful(monkeypatch):
    """Stretch nothing without end: the library breaks down at some thousand times as long."""
    original = perform.time_stretch

    def time_stretch(audio, sample_rate, stretch_factor):
        assert 1 / stretch_factor < 1000
        assert audio.size / stretch_factor / sample_rate < 60
        return original(audio, sample_rate, stretch_factor=stretch_factor)

    monkeypatch.setattr(perform, "time_stretch", time_stretch)


@pytest.mark.parametrize("size", [700, 20_000])
@pytest.mark.parametrize("of_note", [1, 20, 700])
@pytest.mark.parametrize("seconds", [0.001, 1.5])
def test_the_shortest_grains_play_what_they_are_told(size, of_note, seconds, careful):
    source = grain(60, size=size, seconds=of_note / RATE)
    for pitch in (36, 60, 96):
        sound, _ = perform.play(note(0, seconds, pitch), source, player(source), RATE)
        assert np.isfinite(sound).all()


@RELAXED
@given(st.integers(-50, 150), st.integers(0, 100), st.integers(1, 3))
def test_what_is_placed_is_what_is_inside(start, size, channels):
    out = np.zeros((channels, 100), np.float32)
    sound, gains = np.arange(1, size + 1, dtype=np.float32), np.ones(channels, np.float32)
    perform.place(out, sound, start, gains)
    wide = np.zeros(400, np.float32)
    wide[100 + start : 100 + start + size] = sound
    np.testing.assert_array_equal(out, np.tile(wide[100:200], (channels, 1)))


@pytest.mark.parametrize("gains", [[1, 0], [0, 1], [1, 1], [1, -1], [1, 0.25], [0.5, 1, 0, -1]])
def test_a_note_is_placed_between_the_channels_as_it_is_in_the_content(gains):
    audio = np.outer(gains, tune([(0.2, 0.5, 60)], 1, RATE)).astype(np.float32)
    found = perform.pan(audio, RATE, note(0.2, 0.5, 60))
    expected = np.array(gains) / np.sqrt(np.mean(np.square(gains)))
    np.testing.assert_allclose(found * np.sign(found[0] or 1), expected, atol=0.02)
    assert float(np.mean(found**2)) == pytest.approx(1)


def test_of_two_notes_at_once_each_has_its_own_place():
    left, right = (tune([(0.2, 0.6, pitch)], 1, RATE) for pitch in (60, 66))
    audio = np.vstack([left + 0.1 * right, 0.1 * left + right])
    first = perform.pan(audio, RATE, note(0.2, 0.6, 60))
    second = perform.pan(audio, RATE, note(0.2, 0.6, 66))
    assert 5 < first[0] / first[1] < 20
    assert 5 < second[1] / second[0] < 20


def test_notes_beyond_the_end_and_in_silence_are_in_the_middle():
    audio = np.zeros((2, 1000), np.float32)
    for at in (0.0, 5.0):
        np.testing.assert_array_equal(perform.pan(audio, RATE, note(at, 0.1, 60)), [1, 1])


# Strokes: effects.engines.sampler.strokes

STROKES = [(0.1, DARK), (0.6, BRIGHT), (1.1, DARK), (1.35, BRIGHT), (1.85, BRIGHT)]


@pytest.mark.parametrize("rate", [8000, RATE, 48_000, 96_000])
def test_strokes_are_found_where_they_begin(rate):
    at = [(start, DARK if band is DARK else (1500.0, 3500.0)) for start, band in STROKES]
    found = strokes.strokes(strokes_of(at, 2.5, rate), rate)
    assert [it.start for it in found] == pytest.approx([start for start, _ in at], abs=0.01)
    assert all(it.start < it.end <= after.start for it, after in pairwise(found))


def test_a_stroke_at_the_very_beginning_is_found():
    found = strokes.strokes(strokes_of([(0.0, BRIGHT), (0.5, DARK)], 1.2, RATE), RATE)
    assert [it.start for it in found] == pytest.approx([0, 0.5], abs=0.01)


def test_dark_strokes_are_low_and_bright_ones_high():
    found = strokes.strokes(strokes_of(STROKES, 2.5, 44_100), 44_100)
    dark = [it.pitch for it, (_, band) in zip(found, STROKES, strict=True) if band is DARK]
    bright = [it.pitch for it, (_, band) in zip(found, STROKES, strict=True) if band is BRIGHT]
    assert max(dark) + 12 < min(bright)


def test_louder_strokes_have_a_higher_level():
    gains = (0.1, 1.0, 0.4)
    sounds = [(0.1 + 0.5 * n, gain * stroke(RATE, DARK)) for n, gain in enumerate(gains)]
    found = strokes.strokes(together(sounds, 2, RATE), RATE)
    levels = np.array([it.level for it in found])
    np.testing.assert_allclose(levels / levels[1], gains, rtol=0.1)


def test_strokes_that_sound_equally_loud_have_one_level_low_or_high():
    low, high = ((40.0, 80.0), (2000.0, 3500.0))
    sounds = [(0.1, stroke(44_100, low)), (0.8, stroke(44_100, high))]
    found = strokes.strokes(together(sounds, 2, 44_100), 44_100, by_loudness=True)
    for stroke_, (_, sound) in zip(found, sounds, strict=True):
        wanted = 10 ** (loudness(sound[None, : round(0.08 * 44_100)], 44_100) / 20)
        assert stroke_.level == pytest.approx(wanted, rel=0.2)


def test_a_long_stem_has_the_onsets_of_all_of_it_at_once(monkeypatch):
    audio = strokes_of(STROKES, 2.5, RATE)
    at_once = strokes.strokes(audio, RATE)
    monkeypatch.setattr(strokes, "STRETCH", 7)
    assert strokes.strokes(audio, RATE) == at_once


@pytest.mark.parametrize(
    "audio",
    [
        noise(4, RATE)[0],
        noise(4, RATE)[0] * (1 + 0.3 * np.sin(np.arange(4 * RATE) * 15 / RATE)).astype(np.float32),
        np.zeros(RATE, np.float32),
        np.zeros(0, np.float32),
        np.ones(1, np.float32),
        (0.3 * np.sin(np.arange(3 * RATE) * 0.06)).astype(np.float32)[1000:],
    ],
    ids=["noise", "waves", "silence", "nothing", "a sample", "a tone"],
)
def test_in_what_goes_on_nothing_is_struck(audio):
    assert len(strokes.strokes(audio, RATE)) <= 1  # its beginning may be one
    assert all(it.start < 0.05 for it in strokes.strokes(audio, RATE))


def test_a_clip_of_strokes_is_struck_and_noise_is_not():
    audio = strokes_of(STROKES, 2.5, RATE)
    found = strokes.strokes(audio, RATE)
    assert strokes.struck(audio, RATE, found) > 0.95
    assert strokes.struck(audio, RATE, []) == 0
    assert strokes.struck(np.zeros(100, np.float32), RATE, []) == 0
    steady = noise(4, RATE)[0]
    assert strokes.struck(steady, RATE, strokes.strokes(steady, RATE)) < 0.3


def test_a_kit_has_the_sound_of_every_stroke_up_to_the_next():
    audio = strokes_of(STROKES, 2.5, RATE)
    found = strokes.strokes(audio, RATE)
    kit = strokes.kit(audio, RATE, found)
    assert len(kit.grains) == len(found)
    for it, was in zip(kit.grains, found, strict=True):
        first = round(was.start * RATE) - it.lead
        np.testing.assert_array_equal(it.audio, audio[first : first + it.audio.size])
        assert it.pitch == was.pitch
    assert strokes.kit(audio, RATE, []) is None


some_notes = st.lists(
    st.builds(
        note,
        st.floats(0, 10),
        st.floats(0.05, 2),
        st.floats(20, 110),
        st.floats(1e-3, 1),
    ),
    max_size=30,
)


@RELAXED
@given(some_notes)
def test_notes_of_one_moment_become_one_stroke(notes):
    found = strokes.merged(notes)
    starts = [it.start for it in found]
    assert starts == sorted(starts)
    assert np.all(np.diff(starts) > strokes.TOGETHER_SECONDS - 1e-9)
    assert {it.start for it in found} <= {it.start for it in notes}
    power = sum(it.level**2 for it in notes)
    assert sum(it.level**2 for it in found) == pytest.approx(power)
    for it in notes:
        assert any(0 <= it.start - at <= strokes.TOGETHER_SECONDS + 1e-9 for at in starts)


def test_a_chord_is_one_stroke_of_its_mean_pitch():
    (found,) = strokes.merged([note(1.0, 0.3, 60, 0.3), note(1.01, 0.6, 64, 0.4)])
    assert (found.start, found.pitch) == (1.0, 62)
    assert found.end == pytest.approx(1.61)
    assert found.level == pytest.approx(0.5)


@RELAXED
@given(
    some_notes,
    st.lists(st.tuples(st.floats(20, 110), st.floats(0.05, 3)), min_size=1, max_size=8),
    st.sampled_from([0.3, np.inf]),
)
def test_what_is_higher_is_played_no_lower(played, grains, longest):
    kit = player(*(grain(pitch, seconds=seconds, size=10) for pitch, seconds in grains))
    found = strokes.by_rank(played, kit, longest)
    assert [(it.start, it.level) for it in found] == [(it.start, it.level) for it in played]
    assert {it.pitch for it in found} <= {pitch for pitch, _ in grains}
    assert all(it.seconds <= longest + 1e-9 for it in found)
    pairs = sorted(zip((it.pitch for it in played), (it.pitch for it in found), strict=True))
    by_played = dict(pairs)
    assert len(set(pairs)) == len(by_played)  # what is equal is played equally
    assert list(by_played.values()) == sorted(by_played.values())


def test_the_lowest_and_the_highest_have_the_lowest_and_the_highest_grain():
    kit = player(*(grain(pitch, size=10) for pitch in (40, 60, 80)))
    found = strokes.by_rank([note(0, 0.1, pitch) for pitch in (90, 30, 55)], kit, np.inf)
    assert [it.pitch for it in found] == [80, 40, 60]


# Tuning: effects.notes.tuning


def pitches(notes):
    return [it.pitch for it in notes]


def test_a_clip_a_quarter_of_a_semitone_sharp_keeps_its_tuning():
    random = np.random.default_rng(0)
    sharp = [note(n, 0.5, 60 + n + 0.25 + random.normal(0, 0.04)) for n in range(10)]
    assert pitches(in_tune(sharp)) == pytest.approx([60.25 + n for n in range(10)], abs=0.05)


def test_notes_all_over_are_left_where_they_are():
    spread = [note(n, 0.5, 60 + n * 1.1) for n in range(10)]
    assert in_tune(spread) == spread
    assert in_tune([]) == []


def test_a_short_slip_does_not_move_a_tuning():
    notes = [*(note(n, 1.0, 60 + n) for n in range(5)), note(6, 0.05, 62.4)]
    assert pitches(in_tune(notes))[:5] == pytest.approx([60, 61, 62, 63, 64], abs=0.02)


@RELAXED
@given(some_notes)
def test_tuning_moves_no_note_by_more_than_half_a_semitone_and_only_its_pitch(notes):
    found = in_tune(notes)
    for was, now in zip(notes, found, strict=True):
        assert abs(was.pitch - now.pitch) <= 0.5 + 1e-9
        assert (was.start, was.end, was.level) == (now.start, now.end, now.level)
    again = in_tune(found)
    assert pitches(again) == pytest.approx(pitches(found), abs=1e-6)


# A score: effects.notes.score


def write_score(path, notes, *, velocity=80):
    """A MIDI file of notes, each as (start, seconds, key)."""
    file = mido.MidiFile(ticks_per_beat=1000)  # of half a second, so 0.5 ms a tick
    track = mido.MidiTrack()
    file.tracks.append(track)
    events = sorted(
        event
        for start, seconds, key in notes
        for event in (
            (round(2000 * start), velocity, key),
            (round(2000 * (start + seconds)), 0, key),
        )
    )
    now = 0
    for at, loud, key in events:
        track.append(mido.Message("note_on", note=key, velocity=loud, time=at - now))
        now = at
    file.save(path)
    return path


PLAYED = [(0.2, 0.4, 60), (0.9, 0.4, 64), (1.6, 0.4, 55)]


def test_a_score_says_what_is_played_and_the_clip_how_loud(tmp_path):
    audio = tune(PLAYED, 2.5, RATE)
    audio[round(0.85 * RATE) : round(1.4 * RATE)] *= 0.25
    found = read_notes(write_score(tmp_path / "notes.mid", PLAYED), audio, RATE)
    assert [(it.start, it.seconds, it.pitch) for it in found] == [
        pytest.approx(it, abs=2e-3) for it in PLAYED
    ]
    assert found[1].level / found[0].level == pytest.approx(0.25, rel=0.1)


def test_notes_of_a_score_that_nobody_hears_are_left_out(tmp_path):
    path = write_score(tmp_path / "notes.mid", [*PLAYED, (2.2, 0.2, 90)])
    found = read_notes(path, tune(PLAYED, 2.5, RATE), RATE)
    assert [it.pitch for it in found] == [60, 64, 55]


@pytest.mark.parametrize(
    "content", [b"", b"no score", b"MThd\0\0\0\6\0\0\0\1\0\x60MTrk\0\0\0\4\0\xff\x2f\0"]
)
def test_a_score_that_cannot_be_read_or_has_no_notes_is_none(tmp_path, content):
    path = tmp_path / "notes.mid"
    path.write_bytes(content)
    assert read_notes(path, tune(PLAYED, 2.5, RATE), RATE) is None
    assert read_notes(tmp_path / "none.mid", tune(PLAYED, 2.5, RATE), RATE) is None
    path.write_bytes(write_score(path, PLAYED).read_bytes()[:-20])
    assert read_notes(path, tune(PLAYED, 2.5, RATE), RATE) is None


def test_a_score_of_a_longer_clip_is_that_of_another(tmp_path):
    path = write_score(tmp_path / "notes.mid", [*PLAYED, (20.0, 0.5, 60)])
    assert read_notes(path, tune(PLAYED, 2.5, RATE), RATE) is None


@settings(RELAXED, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_whatever_a_score_has_become_it_breaks_nothing(tmp_path, data):
    path = write_score(tmp_path / "notes.mid", PLAYED)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    found = read_notes(path, tune(PLAYED, 2.5, RATE), RATE)
    assert found is None or all(0 <= it.start < it.end for it in found)


# One channel of many: effects.signal.downmix


def test_channels_in_opposite_phase_do_not_cancel():
    audio = melody(0.5, RATE)[0]
    for gains in ([1.0], [1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [1.0, -0.5, 0.25]):
        channels = np.outer(gains, audio).astype(np.float32)
        found = downmix(channels)
        expected = np.mean(np.abs(gains)) * audio
        sign = np.sign(np.vdot(found, expected))
        np.testing.assert_allclose(sign * found, expected, atol=1e-6)
        assert set(polarity(channels)) <= {1.0, -1.0}


# Between a stem and its performance: effects.engines.sampler.between


@pytest.fixture
def two():
    """A tune in two timbres."""
    notes = [(0.1, 0.5, 60), (0.7, 0.5, 67)]
    return [tune(notes, 1.5, RATE, partials)[None] for partials in (DULL, REED)]


def test_at_0_a_morph_is_the_stem_and_at_1_the_performance(two):
    stem, played = two
    for strength, expected in ((0.0, stem), (1.0, played)):
        found = morph(stem, played, RATE, strength)
        assert found.shape == expected.shape
        assert found.dtype == np.float32
        error = np.sqrt(np.mean((found - expected) ** 2) / np.mean(expected**2))
        assert decibels(error) < -60


def test_a_morph_of_a_sound_with_itself_is_the_sound(two):
    for strength in (0.0, 0.3, 1.0):
        np.testing.assert_allclose(morph(two[0], two[0], RATE, strength), two[0], atol=1e-4)


def test_a_morph_goes_from_one_to_the_other(two):
    stem, played = two
    sounds = [morph(stem, played, RATE, strength)[0] for strength in (0.0, 0.25, 0.5, 0.75, 1.0)]
    assert np.all(np.diff([spectral_distance(it, stem[0]) for it in sounds]) > 0)
    assert np.all(np.diff([spectral_distance(it, played[0]) for it in sounds]) < 0)


def test_halfway_a_partial_has_the_mean_level_in_decibels():
    t = np.arange(RATE) / RATE
    loud, soft = (
        (0.3 * (np.sin(2 * np.pi * 440 * t) + gain * np.sin(2 * np.pi * 1320 * t)))
        for gain in (0.5, 0.005)
    )
    found = morph(loud[None].astype("f4"), soft[None].astype("f4"), RATE, 0.5)[0]
    inside = found[RATE // 4 : -RATE // 4]
    ratio = amplitude(inside, 1320) / amplitude(inside, 440)
    assert decibels(ratio) == pytest.approx(decibels(0.05), abs=1)


def test_the_channels_of_a_morph_stay_apart(two):
    stem, played = (np.vstack([it, 0 * it]) for it in two)
    found = morph(stem, played, RATE, 0.5)
    assert found[0].any()
    assert not found[1].any()


@pytest.mark.parametrize("rate", [8000, 44_100, 192_000])
@pytest.mark.parametrize("size", [1, 10, 1000])
def test_the_shortest_morphs(rate, size):
    stem, played = noise(1, rate, seed=1)[:, :size], noise(1, rate, seed=2)[:, :size]
    found = morph(stem, played, rate, 0.5)
    assert found.shape == stem.shape
    assert np.isfinite(found).all()


def test_saws_and_reeds_differ():
    """What the other tests take for granted of their sounds."""
    assert len(SAW) >= 6
    assert spectral_distance(tone(60, 0.5, RATE, SAW), tone(60, 0.5, RATE, REED)) > 2


# A body's resonances: effects.engines.sampler.body


def resonant(fundamental, peak_hz, rate=RATE, seconds=1.0):
    """Harmonics under one resonance, an octave wide."""
    time = np.arange(round(seconds * rate)) / rate
    orders = np.arange(1, int(0.45 * rate / fundamental))
    gains = np.exp(-0.5 * (np.log2(orders * fundamental / peak_hz) / 0.5) ** 2)
    sound = sum(
        g * np.sin(2 * np.pi * n * fundamental * time) for n, g in zip(orders, gains, strict=True)
    )
    return (0.1 * sound).astype(np.float32)


def middle_hz(sound, rate=RATE):
    """Centre of gravity of the spectrum, on a logarithmic axis."""
    power = np.abs(np.fft.rfft(sound * np.hanning(sound.size)))[1:] ** 2
    hz = np.fft.rfftfreq(sound.size, 1 / rate)[1:]
    return float(np.exp((power * np.log(hz)).sum() / power.sum()))


@pytest.mark.parametrize("semitones", [-12, -5, 5, 12])
def test_a_resonance_goes_part_of_the_way_back(semitones):
    moved = resonant(200 * 2 ** (semitones / 12), 1200 * 2 ** (semitones / 12))
    kept = body_kept(moved, semitones, RATE)
    back = 12 * np.log2(middle_hz(moved) / middle_hz(kept)) / semitones
    assert 0.05 < back < 0.6
    assert np.sum(kept**2.0) == pytest.approx(np.sum(moved**2.0), rel=0.02)
    assert kept.dtype == np.float32
    assert kept.shape == moved.shape


def test_a_body_delays_nothing():
    moved = resonant(300.0, 1500.0) * np.exp(-5 * np.arange(RATE) / RATE).astype(np.float32)
    kept = body_kept(moved, 9, RATE)
    lags = np.correlate(kept[:4000], moved[:4000], "same")
    assert abs(int(np.argmax(lags)) - 2000) <= 1


@pytest.mark.parametrize("sound", [np.zeros(5000), np.zeros(0), np.ones(1), np.eye(1, 3000)[0]])
def test_a_body_of_little_or_nothing_breaks_nothing(sound):
    kept = body_kept(sound.astype(np.float32), 7, RATE)
    assert kept.shape == sound.shape
    assert np.isfinite(kept).all()


def test_what_is_hardly_moved_is_left_as_it_is():
    sound = resonant(200.0, 1200.0)
    assert body_kept(sound, 0.3, RATE) is sound
