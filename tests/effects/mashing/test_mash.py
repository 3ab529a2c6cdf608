"""Songs become one: parts of a mashup, tempos, stems, and what is said of it."""

import json

import numpy as np
import pytest
from support.known_parts import by_frequency, parts
from support.sounds import lufs

import effects
from effects.mashing import parts as mask_parts
from effects.mashing.grid import grid_of
from effects.mashing.mash import mash
from effects.mashing.options import Options
from effects.mashing.source import Source
from effects.running.progress import Cancelled, Progress

RATE = 22_050


@pytest.fixture(autouse=True)
def stand_in(monkeypatch):
    monkeypatch.setattr(mask_parts, "hear_parts", by_frequency)


@pytest.fixture(scope="module")
def songs():
    a, b = parts(10, RATE, seed=1), parts(12, RATE, seed=2, channels=2)
    return Source("a song", a.mixture, RATE), Source("the bed", b.mixture, RATE)


@pytest.fixture(scope="module")
def whole(songs):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mask_parts, "hear_parts", by_frequency)
        return mash(songs, Options(key="none"))


def test_it_is_exported():
    assert effects.mash is mash


def test_a_part_is_that_part_of_the_whole(songs, whole):
    bars = whole.alignment.bars
    found = mash(songs, Options(start="bar 2", end=7, key="none"))
    start = bars[1]
    assert found.report["part"] == [pytest.approx(start, abs=1e-4), 7]
    assert found.audio.shape[1] == pytest.approx((7 - start) * RATE, abs=1)
    assert found.mask.b_seconds[0] == pytest.approx(start, abs=1e-3)
    np.testing.assert_allclose(
        found.alignment.bars, bars[(bars >= start) & (bars < 7)] - start, atol=1e-4
    )
    times = found.mask.times
    expected = np.interp(times + start, whole.mask.times, whole.mask.a_seconds)
    heard = np.isfinite(expected) & np.isfinite(found.mask.a_seconds)
    np.testing.assert_allclose(found.mask.a_seconds[heard], expected[heard], atol=1e-4)
    here = whole.audio[:, round(start * RATE) :][:, : found.audio.shape[1]]
    # A may be played half a sample earlier or later, so it is the spectra that agree.
    grid = grid_of(RATE)
    middle = np.abs([grid.analyse(it, 40, 150) for it in (here, found.audio)])
    assert np.corrcoef(*middle.reshape(2, -1))[0, 1] > 0.95


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"start": "bar 99"}, "There is no bar 99"),
        ({"start": 500}, r"The start \(500 s\) is after the mashup's end"),
        ({"start": "bar 4", "end": 1}, r"The end \(1 s\) must come after the start"),
    ],
)
def test_parts_that_are_not_there(songs, options, message):
    with pytest.raises(ValueError, match=message):
        mash(songs, Options(**options))


def test_an_end_beyond_the_end_is_the_end(songs):
    assert mash(songs, Options(start=9, end=500)).report["part"] == [9, pytest.approx(12)]


def test_at_another_tempo_it_is_as_long_as_b_becomes(songs):
    found = mash(songs, Options(tempo=100, key="a"))
    assert found.report["bpm"] == pytest.approx(100, abs=0.5)
    assert found.audio.shape[1] / RATE == pytest.approx(12 * 120 / 100, rel=0.02)
    # Stretching makes songs quieter; the mashup is not.
    assert lufs(found.audio, RATE) == pytest.approx(lufs(songs[1].audio, RATE), abs=0.5)
    assert not found.alignment.b.unchanged


def test_stems_of_both_need_no_network(monkeypatch):
    def none(a, b):
        raise AssertionError("the network is not asked")

    monkeypatch.setattr(mask_parts, "hear_parts", none)
    a, b = (parts(5, RATE, seed=it) for it in (1, 2))
    sources = [Source(n, it.mixture, RATE, it) for n, it in (("a", a), ("b", b))]
    found = mash(sources, Options(key="none"))
    assert [it["stems"] for it in found.report["songs"]] == [True, True]
    assert lufs(found.audio, RATE) == pytest.approx(lufs(b.mixture, RATE), abs=1)


def test_the_report_is_json_and_says_where_the_lead_rests():
    a, b = parts(12, RATE, seed=1, lead_until=5), parts(12, RATE, seed=2)
    sources = [Source(n, it.mixture, RATE, it) for n, it in (("a", a), ("b", b))]
    found = mash(sources, Options(key="none"))
    report = json.loads(json.dumps(found.report))
    assert {"lead of b"} == {it["heard"] for it in report["rests"]}
    assert "It rests for" in report["why"]
    assert found.mask.rests.tolist() == [[it["start"], it["end"]] for it in report["rests"]]
    assert found.mask.rests.max() <= 12


def test_the_reasons_for_an_automatic_lead_are_said():
    a, b = parts(12, RATE, seed=1, lead_until=3), parts(12, RATE, seed=2)
    sources = [Source(n, it.mixture, RATE, it) for n, it in (("a", a), ("b", b))]
    report = mash(sources, Options(lead="auto", key="none")).report
    assert report["lead"] == "b"
    assert "The lead is B's: it sounds" in report["why"]


def test_one_song_is_none(songs):
    with pytest.raises(ValueError, match="A mashup needs two songs, not 1"):
        mash(songs[:1])


def test_a_song_of_no_length_is_laid_over_nothing(songs):
    short = Source("blip.wav", songs[0].audio[:, : RATE // 20], RATE)
    with pytest.raises(ValueError, match=r"blip.wav is 0.05 s long: .* 1 s at least"):
        mash((short, songs[1]))


def test_it_can_be_stopped(songs):
    class Stopped(Progress):
        def tick(self, fraction=None, stage=None):
            super().tick(fraction, stage)
            if self.fraction > 0.6:
                self.stop()

    with pytest.raises(Cancelled):
        mash(songs, progress=Stopped())


def test_a_silent_song_leaves_a_part_of_b(songs):
    silent = Source("silent", np.zeros((1, RATE), np.float32), RATE)
    found = mash([silent, songs[1]], Options(start=2, end=4))
    np.testing.assert_array_equal(found.audio, songs[1].audio[:, 2 * RATE : 4 * RATE])
    assert found.report["why"] == "A is silent, so B is heard as it is."
    np.testing.assert_allclose(found.mask.b_seconds, 2 + found.mask.times)


@pytest.mark.slow
def test_a_medley_changes_on_bars_and_has_the_form_of_b(songs):
    third = Source("third", parts(12, 44_100, seed=3).mixture, 44_100)
    found = mash([*songs, third], Options(key="none"))
    bed = songs[1]
    assert (len(found.audio), found.sample_rate) == (2, RATE)
    assert lufs(found.audio, RATE) == pytest.approx(lufs(bed.audio, RATE), abs=1)
    assert found.audio.shape[1] / RATE == pytest.approx(found.report["seconds"], abs=0.001)
    change = found.report["parts"][1]["start"]
    assert np.abs(found.alignment.bars - change).min() < 0.02
    assert found.mask.steps.shape[1] == len(found.mask.times) == len(found.mask.a_seconds)
    json.dumps(found.report)


def test_a_medley_with_silence_is_refused(songs):
    silent = Source("nothing", np.zeros((1, RATE), np.float32), RATE)
    with pytest.raises(ValueError, match="nothing is silent: leave it out"):
        mash([*songs, silent])
