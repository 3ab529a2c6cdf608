"""Which notes a clip plays."""

import subprocess
import sys

import numpy as np
import pytest
import soxr

from effects import Cancelled
from effects.notes import basic_pitch
from effects.notes.pitched_share import pitchedness
from effects.notes.transcribe import transcribe

RATE = 44_100
SCALE = (60, 62, 64, 65, 67, 69, 71, 72)
CENT = 0.01
FRAME = basic_pitch.HOP / basic_pitch.RATE


def tone(pitch, seconds, rate=RATE, *, level=0.2, partials=8):
    """Harmonics under a soft attack, a slow decay and a short release; pitch may move."""
    t = np.arange(round(seconds * rate)) / rate
    phase = 2 * np.pi * np.cumsum(440 * 2 ** ((np.zeros_like(t) + pitch - 69) / 12)) / rate
    envelope = np.minimum(t / 0.01, 1) * np.exp(-t) * np.minimum((seconds - t) / 0.03, 1)
    return level * envelope * sum(np.sin(k * phase) / k for k in range(1, partials + 1))


def tune(notes, seconds, rate=RATE):
    """The sum of tones, each given as (start, seconds, pitch) or with a level."""
    out = np.zeros(round(seconds * rate))
    for start, length, pitch, *level in notes:
        sound = tone(pitch, length, rate, level=level[0] if level else 0.2)
        first = round(start * rate)
        out[first : first + len(sound)] += sound
    return out.astype(np.float32)


def scale(rate=RATE, start=0.3):
    return tune([(start + 0.4 * i, 0.35, pitch) for i, pitch in enumerate(SCALE)], 4, rate)


def noise(seconds=2.0, rate=RATE):
    return np.random.default_rng(0).normal(0, 0.1, round(seconds * rate)).astype(np.float32)


def test_a_scale_is_found_exactly():
    found = transcribe(scale(), RATE)
    assert [round(it.pitch) for it in found] == list(SCALE)
    assert [it.pitch for it in found] == pytest.approx(SCALE, abs=10 * CENT)
    assert [it.start for it in found] == pytest.approx(0.3 + 0.4 * np.arange(8), abs=0.03)
    assert [it.end for it in found] == pytest.approx(0.65 + 0.4 * np.arange(8), abs=0.08)
    assert all(0 <= it.confidence <= 1 for it in found)
    assert all(type(value) is float for it in found for value in vars(it).values())


def test_a_chord_is_its_notes():
    found = transcribe(tune([(0.2, 1.5, pitch) for pitch in (55, 59, 62)], 2.5), RATE)
    assert sorted(round(it.pitch) for it in found) == [55, 59, 62]


def test_a_repeated_note_is_two():
    found = transcribe(tune([(0.2, 0.47, 64), (0.7, 0.5, 64)], 2), RATE)
    assert [round(it.pitch) for it in found] == [64, 64]
    assert found[1].start == pytest.approx(0.7, abs=0.03)


def test_a_pitch_between_keys_is_kept():
    (found,) = transcribe(tune([(0.3, 1.0, 66.3)], 2), RATE)
    assert found.pitch == pytest.approx(66.3, abs=10 * CENT)


@pytest.mark.parametrize(
    "audio",
    [
        np.zeros(0, np.float32),
        np.zeros(RATE, np.float32),
        np.ones(1, np.float32),
        scale()[: round(0.31 * RATE)],
        np.eye(1, RATE, RATE // 2, dtype=np.float32)[0],
        np.full(RATE, 0.5, np.float32),
        noise(),
        1e-7 * noise(),
    ],
    ids=["nothing", "silence", "a sample", "an attack", "a click", "an offset", "noise", "hiss"],
)
def test_what_has_no_pitch_has_no_notes(audio):
    assert transcribe(audio, RATE) == []


def test_notes_in_noise_are_found():
    audio = scale() + 0.1 * noise(4)
    assert [round(it.pitch) for it in transcribe(audio, RATE)] == list(SCALE)


def test_a_clip_that_starts_later_has_the_same_notes_later():
    early, late = transcribe(scale(start=0.3), RATE), transcribe(scale(start=0.5137), RATE)
    assert [round(it.pitch) for it in early] == [round(it.pitch) for it in late]
    for one, other in zip(early, late, strict=True):
        assert other.start - one.start == pytest.approx(0.2137, abs=1.5 * FRAME)
        assert other.level == pytest.approx(one.level, rel=0.05)


def test_twice_as_loud_is_twice_the_level():
    once, twice = transcribe(scale(), RATE), transcribe(2 * scale(), RATE)
    assert [it.start for it in twice] == [it.start for it in once]
    assert [it.level for it in twice] == pytest.approx([2 * it.level for it in once])


def test_the_level_is_the_amplitude_of_the_note():
    audio = tune([(0.3, 0.6, 57, 0.05), (1.2, 0.6, 57, 0.2)], 2.2)
    soft, loud = transcribe(audio, RATE)
    assert loud.level / soft.level == pytest.approx(4, rel=0.1)
    sounding = audio[round(1.22 * RATE) : round(1.34 * RATE)]
    assert loud.level == pytest.approx(float(np.sqrt((sounding**2).mean())), rel=0.15)


def test_in_a_chord_each_note_has_its_own_level():
    loud, soft = transcribe(tune([(0.3, 0.8, 57, 0.2), (0.3, 0.8, 61, 0.1)], 1.5), RATE)
    assert loud.level / soft.level == pytest.approx(2, rel=0.2)


@pytest.mark.parametrize("rate", [8_000, 22_050, 48_000, 96_000])
def test_every_rate_has_the_same_notes(rate):
    found = transcribe(soxr.resample(scale(), RATE, rate), rate)
    expected = transcribe(scale(), RATE)
    assert [round(it.pitch) for it in found] == [round(it.pitch) for it in expected]
    assert [it.start for it in found] == pytest.approx([it.start for it in expected], abs=FRAME)


def test_a_clip_at_the_rate_of_the_model_is_not_resampled():
    clip = basic_pitch.at_model_rate(scale(), RATE)
    assert np.array_equal(basic_pitch.at_model_rate(clip, basic_pitch.RATE), clip)
    notes = transcribe(clip, basic_pitch.RATE)
    assert pitchedness(clip, basic_pitch.RATE, notes) == pitchedness(scale(), RATE, notes)


def test_the_audio_is_left_as_it_is():
    audio = scale()
    transcribe(audio, RATE)
    assert np.array_equal(audio, scale())


def test_notes_come_in_order_and_last():
    found = transcribe(scale() + scale(start=0.45), RATE)
    assert [it.start for it in found] == sorted(it.start for it in found)
    assert all(it.start < it.end <= 4 + FRAME for it in found)


def test_a_long_clip_is_heard_in_parts_that_fit():
    times = 16  # more than a stretch
    found = transcribe(np.tile(scale(), times), RATE)
    assert [round(it.pitch) for it in found] == list(SCALE) * times


def test_tick_hears_how_far_it_is_and_can_stop_it():
    told = []
    transcribe(np.tile(scale(), 4), RATE, told.append)
    assert len(told) > 1
    assert told == sorted(told)
    assert all(0 <= it <= 1 for it in told)

    def stop(done):
        raise Cancelled

    with pytest.raises(Cancelled):
        transcribe(scale(), RATE, stop)


def test_what_is_all_notes_is_pitched_and_noise_is_not():
    notes = transcribe(scale(), RATE)
    assert pitchedness(scale(), RATE, notes) > 0.9
    assert pitchedness(scale(), RATE, []) == 0
    assert pitchedness(np.zeros(RATE, np.float32), RATE, notes) == 0
    assert pitchedness(noise(4), RATE, notes) < 0.2
    half = pitchedness(scale() + 0.5 * noise(4), RATE, notes)
    assert 0.1 < half < pitchedness(scale(), RATE, notes)


def test_importing_it_loads_no_model():
    loaded = "import sys, effects.notes.transcribe; print('onnxruntime' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", loaded], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
