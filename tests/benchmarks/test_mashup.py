"""benchmarks/mashup: songs of which all is known, and figures that tell good mashups from bad."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
from support.sounds import melody

from benchmarks import script
from benchmarks.mashup import __main__ as mashup
from benchmarks.mashup import bars, judge, nearness, report, rows, songs, spectra
from benchmarks.mashup.bars import verdicts
from benchmarks.mashup.heard import Heard, heard_as
from benchmarks.mashup.judge import Result
from benchmarks.mashup.lag import lag_ms
from benchmarks.mashup.meeting import meeting, moments, timeline_of
from benchmarks.mashup.pairs import COUNTS, EQUAL, JUDGED, OTHER, RECORDED, RENDERED, Pair, plans
from benchmarks.mashup.roughness import roughness
from benchmarks.mashup.songs import Known
from benchmarks.mashup.styles import DRUMS, STYLES
from benchmarks.mashup.truth import true_alignment
from benchmarks.mashup.writer import PARTS, Plan, write
from effects.warping.timeline import Passage, Timeline

RATE = spectra.RATE
SECONDS = 8.0
NOT_HERE = shutil.which("fluidsynth") is None or not script.TIMGM6MB.is_file()


def stem(seed, seconds=SECONDS, rate=RATE):
    """Plucked notes, [2, samples]; each stem has its own speed, register and place."""
    speed = (1.0, 0.62, 1.83, 1.37)[seed]
    audio = melody(seconds * speed, rate / speed, seed=seed, partials=10)[0]
    audio = np.pad(audio, (0, 4))[: round(seconds * rate)]
    return 0.3 * np.stack([audio, (0.4 + 0.2 * seed) * audio]).astype(np.float32)


def straight(start=0.0, speed=1.0, semitones=0, seconds=SECONDS):
    """A song from ``start`` on."""
    out = np.array([0.0, seconds])
    return Timeline((Passage(out, start + speed * out),), semitones)


@pytest.fixture(scope="module")
def heard():
    """Two songs that nothing has moved."""
    stems = tuple(stem(seed) for seed in range(4))
    lead_a, bed_a, lead_b, bed_b = stems
    return Heard(straight(), straight(), lead_a + bed_a, lead_b + bed_b, stems)


def known(bpm, *, first=0.0, seconds=30.0, pitch_set=0, meter=(4, 2), bars_from=0):
    """A silent song with beats."""
    beats = np.arange(first, seconds, 60 / bpm)
    silence = {"lead": np.zeros((2, round(seconds * songs.RATE)), np.float32)}
    bars = beats[bars_from :: meter[0]]
    return Known("silence", {**silence, "bed": silence["lead"]}, beats, bars, meter, pitch_set)


# --- songs


def test_a_song_is_written_as_planned_and_always_the_same():
    for number, (name, style) in enumerate(STYLES.items()):
        plan = Plan(number, name, 100.0, 5, "minor", drums=number % 2 == 0)
        tune = write(plan)
        assert write(plan).notes == tune.notes
        assert tune.seconds >= plan.seconds - 3 * style.beats * 0.6
        assert np.diff(tune.beats) == pytest.approx(0.6)
        assert np.diff(tune.bars) == pytest.approx(0.6 * style.beats)
        assert set(tune.bars) <= set(tune.beats)
        assert bool(tune.notes["drums"]) == plan.drums
        scale = {(plan.pitch_set + it) % 12 for it in (0, 2, 4, 5, 7, 9, 11)}
        tonal = [it.key % 12 for part in ("lead", "chords") for it in tune.notes[part]]
        assert set(tonal) <= scale
        assert all(0 <= it.start < tune.seconds + 0.1 for part in PARTS for it in tune.notes[part])


def test_patterns_fill_their_bars():
    for style in STYLES.values():
        length = style.beats * style.steps
        layers = [layer for groove in style.grooves for layer in groove]
        assert all(len(it) == length for it in (*layers, *style.basses, *style.comps))
        assert all(len(it) == style.steps for it in style.cells)
        assert set("".join(layers)) <= {*DRUMS, "."}


def test_a_lead_rests_only_where_it_is_planned():
    gaps = {}
    for rests in (False, True):
        plan = Plan(3, "pop", 120.0, 0, "major", rests=rests)
        starts = np.array([it.start for it in write(plan).notes["lead"]])
        gaps[rests] = np.diff(starts).max()
    assert gaps[False] < 2
    assert gaps[True] > 7


def test_pairs_are_as_their_families_say():
    for family in RENDERED:
        assert len({plans(family, it)[0].seed for it in range(COUNTS[family])}) == COUNTS[family]
    for number in range(COUNTS[EQUAL]):
        a, b = plans(EQUAL, number)
        assert (a.bpm, a.pitch_set) == (b.bpm, b.pitch_set)
        a, b = plans(OTHER, number)
        assert a.bpm != b.bpm
        assert a.pitch_set != b.pitch_set
    assert plans(EQUAL, 0) == plans(EQUAL, 0)


@pytest.mark.skipif(NOT_HERE, reason="needs fluidsynth and TimGM6mb")
def test_stems_sum_to_the_song_and_sound_on_its_beats(tmp_path):
    plan = Plan(1, "rock", 120.0, 2, "major", seconds=6)
    song = songs.rendered(plan, script.TIMGM6MB, tmp_path)
    assert np.allclose(song.mix, sum(song.stems[it] for it in PARTS), atol=1e-5)
    at = round(song.bars[0] * songs.RATE)
    around = np.abs(song.stems["drums"]).max(0)
    after, before = around[at : at + 4000].max(), around[max(at - 4000, 0) : at - 1500].max()
    assert after > 3 * before
    again = songs.rendered(plan, script.TIMGM6MB, tmp_path)
    assert np.array_equal(again.mix, song.mix)


# --- beats, bars, keys


def test_true_alignments_meet():
    for a, b in [
        (known(120, first=0.3), known(120, first=0.1, bars_from=2)),
        (known(90, pitch_set=7), known(100, first=0.2)),
        (known(80, pitch_set=2), known(164, pitch_set=1)),
    ]:
        timelines = true_alignment(a, b)
        found = meeting(a, b, *timelines)
        assert found.beat_ms == pytest.approx(0, abs=1e-6)
        assert found[1:] == (1.0, 1.0, 1.0)
        assert -6 <= timelines[0].semitones <= 5


def test_what_is_late_by_half_a_beat_or_a_beat_is_told():
    a, b = known(120), known(120)
    half = meeting(a, b, straight(0.25, seconds=29), straight(seconds=29))
    assert half.beat_ms == pytest.approx(250)
    assert (half.beats, half.bars) == (0, 0)
    whole = meeting(a, b, straight(0.5, seconds=29), straight(seconds=29))
    assert (whole.beats, whole.bars) == (1, 0)
    some = meeting(a, b, straight(0.03, seconds=29), straight(seconds=29))
    assert some.beat_ms == pytest.approx(30)
    assert (some.beats, some.bars) == (1, 1)


def test_a_tempo_that_is_wrong_by_two_thirds_is_told():
    found = meeting(known(120), known(120), straight(speed=2 / 3), straight())
    assert found.beats < 0.7


def test_keys_are_equal_after_the_shifts_and_bars_need_one_meter():
    a, b = known(120, pitch_set=3), known(120, pitch_set=1, meter=(3, 2))
    assert np.isnan(meeting(a, b, straight(), straight()).bars)
    assert [meeting(a, b, straight(semitones=it), straight()).key for it in (-2, 0, 10)] == [
        1,
        0,
        1,
    ]
    assert np.isnan(meeting(replace(a, pitch_set=None), b, straight(), straight()).key)


def test_a_mask_file_tells_its_passages():
    times = np.arange(200) * 0.05
    song = np.concatenate([times[:80] * 1.1 + 3, times[80:150] * 0.9, np.full(50, np.nan)])
    told = timeline_of(times, song, -2.0)
    assert told.semitones == -2
    assert [it.song_seconds[0] for it in told.passages] == pytest.approx([3.0, times[80] * 0.9])
    assert moments(told, np.array([3.55, 4.5, 100.0])) == pytest.approx([0.5, 1.5 / 1.1, 5.0])


# --- what is heard


def test_the_true_sum_is_perfect(heard):
    found = judge.sounds(heard, heard.wanted)
    assert found["distance"] == pytest.approx(0, abs=1e-6)
    assert found["leak"] < -25
    assert found["clash"] == 0
    assert found["lead"] == pytest.approx(0, abs=0.1)
    assert found["SI-SDR"] > 80


def test_the_plain_sum_has_all_of_both(heard):
    found = judge.sounds(heard, heard.a + heard.b)
    assert found["distance"] == pytest.approx(1)
    assert found["leak"] == pytest.approx(0, abs=2)
    assert found["clash"] == 1
    assert found["lead"] == pytest.approx(0, abs=0.5)


def test_figures_do_not_depend_on_loudness(heard):
    loud, soft = (judge.sounds(heard, heard.wanted * np.float32(it)) for it in (3.0, 0.2))
    assert loud.pop("SI-SDR") > 80 < soft.pop("SI-SDR")
    assert loud == pytest.approx(soft, abs=1e-3, nan_ok=True)


def test_one_song_alone_is_no_mashup(heard):
    only_b = judge.sounds(heard, heard.b)
    assert only_b["leak"] > -6
    assert only_b["clash"] == 0
    assert only_b["lead"] < -15
    bed_alone = judge.sounds(heard, heard.stems[3])
    assert bed_alone["distance"] > 0.4
    assert bed_alone["lead"] < -30


def test_a_lead_that_is_too_soft_is_told(heard):
    found = judge.sounds(heard, 0.5 * heard.stems[0] + heard.stems[3])
    assert found["lead"] == pytest.approx(-6, abs=0.5)


def test_where_the_lead_rests_only_that_is_judged_all_the_time(heard):
    half = heard.a.shape[1] // 2
    lead_a = heard.stems[0].copy()
    lead_a[:, half:] = 0
    lead_b, bed_b = heard.stems[2:]
    stems = (lead_a, heard.stems[1], lead_b, bed_b)
    resting = Heard(heard.a_timeline, heard.b_timeline, lead_a + heard.stems[1], heard.b, stems)
    out = lead_a + bed_b
    dead_air = judge.sounds(resting, out)
    assert dead_air["filled"] == 0
    out[:, half:] += lead_b[:, half:]
    filled = judge.sounds(resting, out)
    assert filled["filled"] > 0.8
    assert filled["leak"] < -20
    assert filled["leak, all"] > -10
    assert filled["clash"] == 0


def test_oracles_beat_what_knows_no_stems(heard):
    quick = {name: row for name, row in rows.ROWS.items() if name != rows.HPSS}
    found = {name: judge.sounds(heard, row(heard)) for name, row in quick.items()}
    distances = {name: it["distance"] for name, it in found.items()}
    assert distances[rows.ONE_MASK] < 0.5 * min(distances[rows.ALIGNED], distances[rows.CROSSOVER])
    assert found[rows.ONE_MASK]["leak"] < -10
    assert distances[rows.ONE_MASK] < distances[rows.CURVE] < 1.05
    assert distances[rows.CROSSOVER] > 0.5


def test_hpss_takes_tones_of_a_and_strokes_of_b():
    t = np.arange(2 * RATE) / RATE
    tone = np.stack([0.1 * np.sin(2 * np.pi * 440 * t)] * 2).astype(np.float32)
    clicks = np.zeros_like(tone)
    clicks[:, :: RATE // 4] = 1.0
    both = Heard(straight(), straight(), tone, clicks, (tone, 0 * tone, 0 * tone, clicks))
    swapped = replace(both, a=clicks, b=tone)
    right, wrong = (nearness.si_sdr(rows.hpss(it), tone + clicks) for it in (both, swapped))
    assert right > 10
    assert wrong < 0


def test_lag_is_found_by_ear():
    lead = stem(0)
    out = np.roll(lead, round(0.03 * RATE), axis=1) + stem(1)
    assert lag_ms(out, lead, RATE, straight()) == pytest.approx(30, abs=3)
    ahead = np.pad(lead, ((0, 0), (RATE, 0)))  # which begins a second later
    assert lag_ms(lead, ahead, RATE, straight(start=1.0)) == pytest.approx(0, abs=3)
    assert np.isnan(lag_ms(np.zeros_like(lead), lead, RATE, straight()))


def test_a_semitone_is_rougher_than_a_fifth():
    t = np.arange(2 * RATE) / RATE
    low, near, far = (np.sin(2 * np.pi * 440 * it * t)[None] for it in (1, 2 ** (1 / 12), 1.5))
    assert roughness(low + near) > 3 * roughness(low + far)
    assert roughness(low + near) == pytest.approx(roughness(0.1 * (low + near)), rel=1e-3)


# --- tables and bars


def result(row=rows.RESTYLE, family=EQUAL, number=0, drums=True, **figures):
    usual = {"beat ms": 5.0, "beats": 1.0, "bars": 1.0, "key": 1.0, "distance": 0.4}
    usual |= {"leak": -14.0, "clash": 0.1, "lead": -2.0, **figures}
    return Result(row, family, number, drums, usual)


def test_bars_are_reached_only_where_they_are():
    good = verdicts([result(), result(family=RECORDED, bars=np.nan, key=np.nan)])
    assert all(it.reached for it in good)
    assert {it.family for it in good} == {"rendered", "recordings"}
    one_is_late = {"beat ms": 250.0}
    bad = verdicts([result(), result(number=1, **one_is_late)])
    assert [it.name for it in bad if not it.reached] == [bars.BARS[0].name]
    assert not any(it.reached for it in verdicts([result(distance=np.nan)]) if "dist" in it.name)


def test_other_rows_and_families_do_not_count_for_the_bars():
    assert "other meters" not in JUDGED
    others = [result(rows.ONE_MASK, leak=0.0), result(family="other meters", leak=0.0)]
    assert all(it.reached for it in verdicts([result(), *others]))


def test_the_report_says_what_the_mask_gains():
    found = [result()]
    found += [result(it, distance=1 + at) for at, it in enumerate(rows.SIMPLE)]
    text = report.text(found, None)
    assert f"| {EQUAL} | {rows.ALIGNED} | 1.00 | 0.40 | -14.00 | -14.00 |" in text
    assert "**no**" not in text


# --- all of it


def test_stems_are_moved_as_the_songs_are():
    parts = {name: stem(at, seconds=4, rate=songs.RATE) for at, name in enumerate(("lead", "bed"))}
    song = Known("a", parts, np.arange(8) * 0.5, None, None, None)
    whole = Timeline((Passage(np.array([0.0, 3.0]), np.array([1.0, 4.0])),))
    found = heard_as(Pair(EQUAL, 0, song, song), whole, straight(seconds=4.0), 4.0)
    assert found.sample_wise
    moved, still = found.stems[0], found.stems[2]
    mid = slice(RATE, 2 * RATE)
    assert np.corrcoef(moved[0, mid], still[0, 2 * RATE : 3 * RATE])[0, 1] > 0.99


def test_bad_options_are_told(capsys, tmp_path):
    missing = tmp_path / "none.sf2"
    assert mashup.main(["--only", "rendered", "--soundfont", str(missing)]) == 2
    assert "There is no" in capsys.readouterr().err
