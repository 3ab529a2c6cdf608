"""benchmarks/morph: figures against what is known of simple sounds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.morph import __main__ as morph
from benchmarks.morph import (
    autoencoder,
    bars,
    counts,
    distances,
    ends,
    gaps,
    naturalness,
    noise,
    place,
    report,
    shared,
)
from benchmarks.morph.axis import Axis
from benchmarks.morph.heard import Heard
from benchmarks.morph.judge import Result
from benchmarks.morph.pairs import COUNTS, SOUNDFONTS
from benchmarks.morph.store import Store
from benchmarks.morph.systems import Row, cross_fade
from benchmarks.morph.transport import transport
from benchmarks.quality.sounds import RATE
from effects.notes.note import Note

SECONDS = 2.0


def sine(hz, seconds=SECONDS, amplitude=0.3):
    times = np.arange(round(seconds * RATE)) / RATE
    return (amplitude * np.sin(2 * np.pi * hz * times)).astype(np.float32)


def told(audio, notes=(), strokes=()):
    """A sound of which it is told what is heard."""
    found = Heard(audio)
    rows = [(it.start, it.end, it.pitch, it.level, it.confidence) for it in notes]
    found.__dict__["_known"] = (np.array(rows).reshape(-1, 5), np.array(strokes, float))
    return found


def tune(*pitches, every=0.5, start=0.0):
    return [
        Note(start + every * at, start + every * (at + 1), pitch, 0.1, 1.0)
        for at, pitch in enumerate(pitches)
    ]


A, B = tune(60, 62, 64, 65), tune(71, 73, 74, 76, start=0.05)


# --- place and jump


def test_a_cross_fade_of_two_sines_is_half_way_in_timbre():
    a, b = sine(220), sine(1760)
    middle = Heard((a + b) / 2)
    assert place.place(middle, Heard(a), Heard(b), ("timbre",)) == pytest.approx(0.5, abs=0.02)


def test_the_ends_are_at_their_places():
    a, b = told(sine(220), A, (0.1, 0.6, 1.1)), told(sine(880), B, (0.2, 0.4, 0.8))
    aspects = distances.aspects_of(a, b, drums=False)
    assert aspects == distances.OF_NOTES
    assert place.place(a, a, b, aspects) == 0
    assert place.place(b, a, b, aspects) == 1
    assert distances.aspects_of(a, b, drums=True) == distances.OF_DRUMS


def test_a_tune_that_moves_evenly_makes_even_steps_and_is_where_x_says():
    audio = sine(440)
    row = {
        at: told(audio, tune(*(it + 12 * at for it in (60, 62, 64, 65))))
        for at in (0, 0.25, 0.5, 0.75, 1)
    }
    assert place.jump(row, row[0], row[1], drums=False) == pytest.approx(1)
    assert place.off_place(row, row[0], row[1], drums=False) == pytest.approx(0, abs=1e-9)
    late = {at: row[0] if at < 1 else row[1] for at in row}
    assert place.jump(late, row[0], row[1], drums=False) == pytest.approx(4)
    assert place.off_place(late, row[0], row[1], drums=False) == pytest.approx(0.3)


def test_rhythms_of_twice_the_tempo_are_an_octave_apart():
    slow, fast = told(sine(440), tune(*[60] * 4)), told(sine(440), tune(*[60] * 4, every=0.25))
    assert distances.distances(slow, fast, ("rhythm",)) == {"rhythm": pytest.approx(1)}


def test_a_sound_without_notes_is_a_usual_distance_from_one_with_notes():
    mute, tuneful = told(sine(440)), told(sine(440), A)
    assert distances.distance(mute, tuneful, ("pitch",)) == 1
    assert distances.distance(mute, mute, ("pitch",)) == 0


# --- ends, counts, gaps, noise


def test_ends_tell_levels_in_db_and_not_phases():
    a = sine(440)
    assert ends.log_spectral_distance(a, a) == 0
    assert ends.log_spectral_distance(a, -a) == pytest.approx(0, abs=1e-3)
    noisy = np.random.default_rng(0).standard_normal(RATE).astype(np.float32)
    assert ends.log_spectral_distance(noisy, noisy / 2) == pytest.approx(6.02, abs=0.05)


def test_both_at_once_have_twice_the_voices_and_strokes():
    audio = sine(440)
    a, b = told(audio, A, (0.0, 0.5)), told(audio, B, (0.2, 0.7))
    both = told(audio, [*A, *B], (0.0, 0.2, 0.5, 0.7))
    assert counts.voices(both, a, b) == pytest.approx(2)
    assert counts.strokes(both, a, b) == pytest.approx(2)
    assert counts.voices(a, a, a) == counts.strokes(a, a, a) == 1
    assert np.isnan(counts.voices(both, a, told(audio)))


def test_gaps_are_where_neither_end_is_silent():
    whole, half = sine(440), sine(440)
    half[: half.size // 4] = 0
    still = Axis()
    assert gaps.gaps(whole, whole, whole, still, still) == 0
    assert gaps.gaps(half, whole, whole, still, still) == pytest.approx(0.25)
    assert gaps.gaps(half, half, whole, still, still) == 0
    later = Axis((0.0, 1.0), (-0.5, 0.5))  # what is silent in A comes before the morph begins
    assert gaps.gaps(half, half, whole, later, still) == pytest.approx(1 / 3, abs=0.02)


def test_noise_is_told_in_db_over_that_of_the_ends():
    draw = np.random.default_rng(1)
    hiss = draw.standard_normal(sine(440).size).astype(np.float32)
    quiet, loud = (Heard(sine(440) + level * hiss) for level in (0.001, 0.002))
    assert noise.noise(loud, quiet, quiet) == pytest.approx(6.02, abs=0.6)
    assert noise.noise(quiet, quiet, quiet) == 0


# --- notes


def test_layered_notes_of_both_are_all_there_and_those_of_neither_are_not():
    assert shared.layered([*A, *B], A, B, fewest=1) == 1
    assert shared.layered(A, A, B, fewest=1) == 0.5
    assert shared.layered(tune(50, 50), A, B, fewest=1) == 0
    assert np.isnan(shared.layered(A, A, A, fewest=1))
    assert np.isnan(shared.layered([*A, *B], A, B))


def test_kept_notes_are_counted_against_those_that_can_be_heard_at_the_ends():
    assert shared.kept((A, A, A), A, A, fewest=1) == 1
    assert shared.kept((A, A[:2], A), A, A, fewest=1) == 0.5
    assert shared.kept((A[:2], A[:2], A[:2]), A, A, fewest=1) == 1
    assert np.isnan(shared.kept((A, A, B), A, B, fewest=1))


def test_the_same_tune_is_kept_where_either_piece_has_it():
    twice = Axis((0.0, 1.0), (0.0, 2.0))
    slow = twice.moved(A)
    assert shared.kept((A, slow, A), A, A, (Axis(), twice), fewest=1) == 1
    assert shared.kept((A, slow, A), A, A, fewest=1) == 0.25  # only the first is in time
    assert shared.layered(slow, A, tune(), (twice, Axis()), fewest=1) == 1


def test_out_of_key_is_what_neither_plays_in_any_octave():
    assert shared.out_of_key(tune(48, 50, 83), A, B) == 0
    assert shared.out_of_key(tune(60, 61, 66), A, B) == pytest.approx(1 / 3)
    sharp = [replace(it, pitch=it.pitch + 0.4) for it in A]
    assert shared.out_of_key(sharp, sharp, sharp) == 0
    assert np.isnan(shared.out_of_key([], A, B))


def test_notes_are_moved_to_the_time_of_the_morph_and_back():
    axis = Axis((0.0, 2.0), (1.0, 2.0))
    assert axis.to_out(4.0) == pytest.approx(4.0)  # evenly after the last moment
    assert axis.to_song(axis.to_out(1.2)) == pytest.approx(1.2)
    assert axis.moved(A)[1].start == pytest.approx(1.25)
    assert Axis().to_out(3.3) == pytest.approx(3.3)


# --- naturalness


def test_a_set_is_at_no_distance_from_itself_and_far_from_another():
    draw = np.random.default_rng(2)
    one, two = draw.standard_normal((2, 50, 6))
    width = naturalness.usual_width(one)
    assert naturalness.discrepancy(one, one, width) == pytest.approx(0, abs=1e-9)
    near, far = (naturalness.discrepancy(one, two + it, width) for it in (0, 2))
    assert 0 < near < far / 5


def test_middles_like_the_originals_are_as_near_as_originals_and_noise_is_not():
    draw = np.random.default_rng(3)
    pairs = [tuple(draw.standard_normal((2, 8, 6))) for _ in range(12)]
    like, strange = ([draw.standard_normal((8, 6)) + it for _ in pairs] for it in (0, 3))
    found, among = naturalness.distances({"like": like, "strange": strange}, pairs)
    assert found["like"] == pytest.approx(among, rel=0.3)
    assert found["strange"] > 3 * among
    assert np.isnan(naturalness.distances({"like": like[:1]}, pairs[:1])[1])


def test_what_is_described_does_not_depend_on_the_level_and_silence_is_not_described():
    sound = sine(440) + sine(2000, amplitude=0.1)
    loud, soft = naturalness.described(sound), naturalness.described(sound / 8)
    assert len(loud) == 2
    assert np.allclose(loud, soft, atol=1e-2)
    assert naturalness.described(0 * sound) == []


# --- the autoencoder


def test_a_decoder_that_makes_all_right_has_perfect_figures_and_one_that_says_nothing_has_not():
    draw = np.random.default_rng(4)
    roll = (draw.random((6, 32, 88, 2)) < 0.02).astype(np.float32)
    families, tunes = ["a", "b", "c"] * 2, np.array([0, 0, 0, 1, 1, 1])
    z = np.tile(np.eye(3, 120, 100), (2, 1)).astype(np.float32)
    levels = draw.uniform(-70, 0, (6, 64, 96)).astype(np.float32)
    windows = autoencoder.Windows(roll, levels, z, families, tunes)

    class Perfect:
        def score(self, _):
            return 20 * roll - 10

        def spectrum(self, *_):
            return levels

    class Mute(Perfect):
        def score(self, _):
            return 0 * roll - 10

        def spectrum(self, *_):
            return np.broadcast_to(levels.mean(axis=0), levels.shape)

    found = autoencoder.figures(windows, Perfect())
    assert (found.struck, found.sounding, found.spectrum, found.family) == (1, 1, 0, 1)
    assert found.active == pytest.approx(3 / 120)
    found = autoencoder.figures(windows, Mute())
    assert found.struck < 0.1
    assert found.sounding == 0
    assert found.ratio == pytest.approx(1)
    assert "| struck | 0.8 | **" in autoencoder.text(found)


# --- systems


def test_audio_transport_glides_between_two_sines_and_returns_them_at_the_ends():
    a, b = sine(440), sine(880)
    for at, hz in ((0.0, 440), (0.5, 660), (1.0, 880)):
        made = transport(a, b, at)
        assert made.shape == a.shape
        inside = made[RATE // 2 : -RATE // 2]
        peak = np.argmax(np.abs(np.fft.rfft(inside * np.hanning(inside.size))))
        assert peak * RATE / inside.size == pytest.approx(hz, abs=3)
        assert np.sqrt((inside**2).mean()) == pytest.approx(0.3 / np.sqrt(2), rel=0.1)


def test_audio_transport_from_silence_is_a_fade():
    a = sine(440)
    assert np.allclose(transport(a, 0 * a, 0.25), 0.75 * a, atol=1e-3)


# --- results and tables


def result(row="us", pair="drums 1", drums=True, **figures):
    return Result(row, pair, "drums", drums, figures, np.zeros((4, 3)))


def test_bars_take_the_pairs_they_are_about_and_count_what_is_shown():
    some = [result(place=0.104), result(place=0.2, drums=False), result(place=float("nan"))]
    by_name = {it.name: it for it in bars.BARS}
    assert by_name["place, with drums"].of(some) == pytest.approx(0.104)
    assert by_name["place, with drums"].reached(0.104)
    assert not by_name["place, with drums"].reached(0.106)
    voices = by_name["voices over the ends'"]
    assert [voices.reached(it) for it in (0.94, 0.95, 1.1, 1.11)] == [False, True, True, False]
    assert not voices.reached(float("nan"))


def test_a_table_has_a_column_for_each_row_and_marks_what_is_not_reached():
    ends_of = [(np.zeros((4, 3)), np.ones((4, 3)))] * 2
    results = [
        result(row, f"drums {at}", end=end)
        for row, end in (("us", 0.0), ("them", 3.0))
        for at in range(2)
    ]
    text = report.table(results, ends_of)
    assert "| 0.5 | 0.0 | **3.0** |" in text
    assert "2 pairs" in text
    assert "us" in report.details(results)


def test_results_are_kept_for_the_code_that_made_them(tmp_path):
    row = Row("us", cross_fade, True)
    store = Store(tmp_path, "tune", "judged", "made")
    assert store.find(row, "drums 1") is None
    store.keep(row, result(place=0.5, jump=float("nan")))
    found = store.find(row, "drums 1")
    assert found.figures["place"] == 0.5
    assert np.isnan(found.figures["jump"])
    assert found.middle.shape == (4, 3)
    assert replace(store, making="changed").find(row, "drums 1") is None
    simple = Row("us", cross_fade, False)
    assert replace(store, making="changed").find(simple, "drums 1") is None
    store.keep(simple, result())
    assert replace(store, making="changed").find(simple, "drums 1") is not None


def test_there_are_twenty_pairs_and_a_missing_soundfont_is_one_line(monkeypatch, capsys, tmp_path):
    assert sum(COUNTS.values()) >= 20
    assert not set(SOUNDFONTS["tune"]) & set(SOUNDFONTS["report"])
    monkeypatch.setitem(SOUNDFONTS, "report", {tmp_path / "none.sf2": "timgm6mb-soundfont"})
    assert morph.main(["--work", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "none.sf2" in said or "fluidsynth" in said
