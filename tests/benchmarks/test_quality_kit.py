"""benchmarks/quality's recorded drums: grooves with known beginnings, and their figures."""

import random

import numpy as np
import pytest
from support.sounds import noise

from benchmarks.quality import kit, recorded_drums, sounds
from benchmarks.quality.recorded_drums import CRASH, DRUMS, KICK, MIX_DB, SNARE, Stroke

RATE = sounds.RATE
NAME = "BJA_Pacific"


@pytest.fixture
def recordings(tmp_path, monkeypatch):
    """A kit with a loud and a soft recording of each drum, after 10 ms of silence."""
    (tmp_path / NAME).mkdir()
    for drum, start in zip(DRUMS, recorded_drums.KITS[NAME], strict=True):
        for number, level in enumerate((0.5, 0.05)):
            hit = noise(0.2, RATE, seed=DRUMS.index(drum) + 10 * number)[0]
            hit *= level / np.abs(hit).max() * np.exp(-30 * np.arange(hit.size) / RATE)
            audio = np.append(np.zeros(RATE // 100, np.float32), hit.astype(np.float32))
            sounds.write(tmp_path / NAME / f"{start}0{number}.wav", audio)
    monkeypatch.setattr(recorded_drums, "FOLDER", tmp_path)
    recorded_drums._recorded.cache_clear()
    yield tmp_path
    recorded_drums._recorded.cache_clear()


def test_a_stroke_sounds_when_and_as_loud_as_it_should(recordings):
    strokes = [Stroke(0.5, KICK, 0.0), Stroke(1.0, SNARE, -26.0), Stroke(1.5, CRASH, -3.0)]
    audio = recorded_drums.rendered(NAME, strokes, 2.0)
    assert not audio[: round(0.499 * RATE)].any()
    for stroke in strokes:
        part = audio[round(stroke.start * RATE) :][: round(0.3 * RATE)]
        assert np.argmax(np.abs(part) > 0.02 * np.abs(part).max()) < 0.002 * RATE
        level = 20 * np.log10(np.abs(part).max())
        assert level == pytest.approx(stroke.db + MIX_DB[stroke.drum], abs=0.1)


def test_a_soft_stroke_is_played_by_a_soft_recording(recordings):
    loud, soft = (recorded_drums.sound_of(NAME, Stroke(0, SNARE, db)) for db in (0, -26))
    assert abs(np.corrcoef(loud[:4000], soft[:4000])[0, 1]) < 0.5


def test_without_recordings_it_is_said_what_to_install(recordings):
    with pytest.raises(FileNotFoundError, match="hydrogen-drumkits"):
        recorded_drums.rendered("ForzeeStereo", [Stroke(0, KICK, 0)])


def test_grooves_have_ghost_notes_and_fills_and_are_the_same_each_time():
    for seed in range(8):
        strokes = recorded_drums.groove(random.Random(seed))
        assert strokes == recorded_drums.groove(random.Random(seed))
        assert strokes == sorted(strokes)
        assert 0 < strokes[0].start < strokes[-1].start < recorded_drums.SECONDS
        assert any(it.drum == SNARE and it.db < -20 for it in strokes)
        assert all(it.db <= 0 for it in strokes)
        gaps = np.diff(recorded_drums.beginnings(strokes))
        assert gaps.min() > recorded_drums.TOGETHER_SECONDS


def test_strokes_that_begin_together_begin_once():
    strokes = [Stroke(0.51, KICK, 0), Stroke(0.5, SNARE, 0), Stroke(0.54, SNARE, 0)]
    assert recorded_drums.beginnings(strokes) == [0.5, 0.54]


def test_the_halves_share_no_kit_and_no_loop():
    for halves in ([recorded_drums.kits(it) for it in ("tune", "report")], kit.LOOPS.values()):
        tuned, reported = halves
        assert not set(tuned) & set(reported)


def test_correlations_are_1_for_the_same_and_low_for_other_strokes():
    def beat(times, seed):
        audio = np.zeros(3 * RATE, np.float32)
        for time in times:
            hit = noise(0.1, RATE, seed=seed)[0]
            audio[round(time * RATE) :][: hit.size] += hit * np.linspace(1, 0, hit.size) ** 2
        return audio

    one, same = beat([0.5, 1.0, 2.2], 1), beat([0.5, 1.0, 2.2], 2)
    other = beat([0.2, 0.8, 1.4], 3)
    for measure in (kit.onset_correlation, kit.level_correlation):
        assert measure(one, one) == pytest.approx(1)
        assert measure(one, same) > 0.9
        assert measure(one, other) < 0.3
        assert measure(one, np.zeros_like(one)) == 0
    for band in ({"highest_hz": kit.LOW_HZ}, {"lowest_hz": kit.HIGH_HZ}):
        assert kit.onset_correlation(one, one, **band) == pytest.approx(1)
