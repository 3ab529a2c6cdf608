"""benchmarks/quality.py: its figures on cases with known answers, its triplets, and its tables."""

import itertools
import math
import random
import shutil

import numpy as np
import pytest
from support.sounds import noise

from benchmarks import script
from benchmarks.quality import __main__ as quality
from benchmarks.quality import figures as fig
from benchmarks.quality import judge, options, pitches, sounds, tables, triplets
from benchmarks.quality.ears import Ears
from plugin_bridge.reports.distance import log_spectral_distance
from presets.studio.score import Note, Score

RATE = sounds.RATE
SOUNDFONT, OTHER = script.TIMGM6MB, script.FLUIDR3


def needs_fluidsynth(*soundfonts):
    missing = [it.name for it in soundfonts if not it.is_file()]
    missing += [] if shutil.which("fluidsynth") else ["fluidsynth"]
    return pytest.mark.skipif(bool(missing), reason=f"there is no {', '.join(missing)}")


@pytest.fixture(scope="module")
def ears():
    return Ears()


@pytest.fixture(scope="module")
def transcriber():
    try:
        return pitches.Transcriber.load()
    except FileNotFoundError as error:
        pytest.skip(str(error))


def keys(*frames):
    """Rows of sounding keys, as MIDI numbers."""
    found = np.zeros((len(frames), pitches.N_KEYS), bool)
    for row, sounding in zip(found, frames, strict=True):
        row[[key - pitches.LOWEST for key in sounding]] = True
    return found


def tone(midi, seconds, *, level=0.3):
    """Eight partials that fade slowly."""
    t, hz = np.arange(round(seconds * RATE)) / RATE, 440 * 2 ** ((midi - 69) / 12)
    partials = sum(np.sin(2 * np.pi * k * hz * t) / k for k in range(1, 9))
    return (level * partials * np.minimum(1, t / 0.01) * np.exp(-t)).astype(np.float32)


def clicks(times, seconds=3.0):
    clip = np.zeros(round(seconds * RATE), np.float32)
    burst = noise(0.05, RATE)[0] * np.linspace(1, 0, round(0.05 * RATE), dtype=np.float32) ** 2
    for time in times:
        clip[round(time * RATE) :][: burst.size] += burst
    return clip


def result(seed=0, right=False, **figures):
    return tables.Result(seed, figures or None, "brass", right, 1.0)


# --- the figures


def test_the_pitch_error_is_one_less_the_mean_jaccard_index_of_frames_that_sound():
    wanted = keys({60}, {60, 64}, {60, 64, 67}, set(), set(), {72})
    found = keys({60}, {60, 67}, {60, 64, 67}, set(), {50}, set())
    assert fig.pitch_error(found, wanted) == pytest.approx(1 - np.mean([1, 1 / 3, 1, 0, 0]))
    assert fig.pitch_error(wanted, wanted) == 0
    assert fig.pitch_error(keys({61}), keys({60})) == 1
    assert fig.pitch_error(keys({48}), keys({60})) == 1, "an octave is another key"
    assert fig.pitch_error(keys(set()), keys(set())) == 0


def test_the_score_says_which_keys_are_down():
    score = Score((Note(0.0, 0.5, 60, 90), Note(0.25, 0.5, 64, 90)), 1.0)
    down = pitches.written(score, 86)
    assert down[[10, 40, 60, 80]].tolist() == keys({60}, {60, 64}, {64}, set()).tolist()
    assert down[:, 60 - pitches.LOWEST].sum() == round(0.5 * pitches.FRAMES_PER_SECOND)


@pytest.mark.parametrize(
    ("found", "wanted", "error"),
    [
        ([], [], 0),
        ([1.0], [], 1),
        ([1.0, 2.0], [1.04, 1.96], 0),
        ([1.0, 2.0], [1.06, 1.94], 1),
        ([1.0, 1.02], [1.01], 1 - 2 / 3),  # each is matched once
        ([1.0, 2.0, 3.0], [1.0, 2.0, 3.0, 4.0], 1 - 6 / 7),
    ],
)
def test_the_onset_error_is_one_less_the_f_measure_within_50_ms(found, wanted, error):
    assert fig.onset_error(found, wanted) == pytest.approx(error)


def test_onsets_are_matched_as_mir_eval_does():
    onset = pytest.importorskip("mir_eval.onset", reason="there is no mir_eval")
    draw = np.random.default_rng(0)
    for _ in range(100):
        found, wanted = (
            np.sort(draw.uniform(0, 2, draw.integers(1, 30))),
            np.sort(draw.uniform(0, 2, draw.integers(1, 30))),
        )
        assert 1 - fig.onset_error(found, wanted) == pytest.approx(
            onset.f_measure(wanted, found)[0]
        )


def test_clicks_are_heard_where_they_are_and_a_chord_is_one_onset():
    times = [0.5, 1.0, 1.7, 2.3]
    assert fig.onset_error(fig.onsets(clicks(times)), times) == 0
    assert fig.onsets(np.zeros(RATE, np.float32)) == []
    chord = Score(tuple(Note(0.5, 1.0, key, 90) for key in (60, 64, 67)), 2.0)
    assert fig.written_onsets(chord) == [0.5]


def test_all_figures_are_perfect_for_the_target_and_known_for_a_softer_half(ears):
    score = Score((Note(0.0, 2.0, 69, 90),), 2.0)
    target = tone(69, 2.0)
    perfect = fig.figures(target, target, target, score, ears)
    assert {perfect[it] for it in ("lsd", "onset", "loudness")} == {0}
    assert perfect["timbre"] == pytest.approx(0, abs=1e-9)
    assert perfect["pitch"] < 0.1

    whole = noise(4.0, RATE)[0]
    halves = np.r_[np.ones(2 * RATE), np.full(2 * RATE, 0.1)].astype(np.float32)
    found = fig.figures(whole * halves, whole, whole, score, ears)
    loud = -10 * math.log10((1 + 0.01) / 2)  # of the first half, at an RMS of 1 over the whole
    assert found["lsd"] == pytest.approx(math.hypot(loud, loud - 20) / math.sqrt(2), rel=0.03)


# --- the ears, and basic-pitch


def test_the_ears_hear_which_keys_sound(ears):
    clip = np.concatenate([tone(57, 1.0), tone(64, 1.0) + tone(73, 1.0), np.zeros(RATE)])
    heard = ears.sounding(clip.astype(np.float32))
    frames = [round(at * pitches.FRAMES_PER_SECOND) for at in (0.4, 1.4, 2.8)]
    assert heard[frames].tolist() == keys({57}, {64, 73}, set()).tolist()
    assert len(heard) == math.ceil(3 * 22_050 / 256)


def test_the_ears_tell_octaves_and_chords_however_soft(ears):
    for sounding in ({45}, {57}, {69}, {57, 60, 64}):
        clip = sum(tone(key, 1.0) for key in sounding)
        for level in (1.0, 0.01):
            heard = ears.sounding((level * clip).astype(np.float32))
            assert heard[[40, 60]].tolist() == keys(sounding, sounding).tolist(), sounding
    assert not ears.sounding(np.zeros(RATE, np.float32)).any()


def test_basic_pitch_writes_down_a_melody_across_the_joints_of_its_windows(transcriber):
    wanted = [57, 60, 64, 62, 72, 69, 65, 60, 57]
    notes = transcriber.transcribe(np.concatenate([tone(key, 0.6) for key in wanted])).notes
    assert [note.key for note in notes] == wanted
    starts = 0.6 * np.arange(len(wanted))
    assert np.abs([note.start for note in notes] - starts).max() < 0.05


def test_a_note_that_sounds_to_the_end_ends_with_the_clip(transcriber):
    score = transcriber.transcribe(tone(60, 1.005))
    (note,) = score.notes
    assert note.start + note.seconds == pytest.approx(score.seconds)


def test_notes_are_cut_where_a_key_is_struck_again_and_specks_are_dropped():
    sounding, struck = np.zeros(200, np.float32), np.zeros(200, np.float32)
    sounding[20:60], sounding[100:103], sounding[150:158] = 0.8, 0.8, 0.8
    struck[[20, 40]] = 0.9
    notes = pitches._notes(sounding, struck, 60)
    frames = [round(note.start * pitches.FRAMES_PER_SECOND) for note in notes]
    assert (frames, {note.key for note in notes}) == ([20, 40], {60})
    assert pitches._notes(np.zeros(200), struck, 60) == []


def test_without_a_model_one_line_says_where_to_get_it(tmp_path):
    pytest.importorskip("onnxruntime", reason="there is no onnxruntime")
    with pytest.raises(FileNotFoundError, match="no model"):
        pitches.Transcriber.load(tmp_path / "none.onnx")


# --- the triplets


def test_both_halves_have_their_own_tunes_and_all_four_cases_equally_often():
    halves = [triplets.triplets(half, options.HALF_SIZE) for half in triplets.HALVES]
    every = [it for half in halves for it in half]
    assert len(every) >= 40
    assert len({it.notes for it in every} | {it.style_notes for it in every}) == 2 * len(every)
    for half in halves:
        for poly, near in itertools.product((False, True), repeat=2):
            assert sum((it.poly, it.near) == (poly, near) for it in half) == len(half) / 4
    assert halves == [triplets.triplets(half, options.HALF_SIZE) for half in triplets.HALVES]
    assert halves[0][:4] == triplets.triplets("tune", 4), "a shorter run takes the same"


def test_a_triplet_can_be_played_by_both_instruments_and_told_apart():
    for it in triplets.triplets("tune", 24) + triplets.triplets("report", 24):
        assert it.content != it.style
        assert triplets.KIND_OF[it.content.name] != triplets.KIND_OF[it.style.name]
        assert it.notes.seconds <= 8
        assert max(note.start + note.seconds for note in it.notes.notes) <= it.notes.seconds
        for instrument in (it.content, it.style):
            low, high = instrument.register
            assert all(low <= note.key <= high for note in it.notes.notes)
        starts = [note.start for note in it.notes.notes]
        assert (len(set(starts)) < len(starts)) == it.poly


def test_there_are_two_halves():
    with pytest.raises(ValueError, match="no half 'other'"):
        triplets.triplets("other", 4)


# --- sounds and the judge


@needs_fluidsynth(SOUNDFONT)
def test_a_score_is_rendered_once_and_together_with_others_as_alone(tmp_path):
    studio = sounds.Studio(SOUNDFONT, tmp_path)
    marimba = triplets.instruments()["marimba"]
    scores = [triplets.tune(random.Random(seed), marimba) for seed in (1, 2)]
    clip = studio.clip(marimba, scores[1])
    before = clip.stat().st_mtime_ns
    assert studio.clip(marimba, scores[1]).stat().st_mtime_ns == before
    alone, together = sounds.read(clip), studio.clips(marimba, scores)[1]
    assert alone.size == together.size == 8 * RATE
    assert np.abs(alone).max() == pytest.approx(sounds.PEAK, rel=1e-3)
    assert log_spectral_distance(alone[None], together[None], RATE, RATE) < 2


def test_the_judge_does_not_hear_level():
    clip = tone(60, 1.0)
    np.testing.assert_allclose(judge.describe(clip), judge.describe(0.01 * clip), atol=0.05)


# --- the tables


def test_a_ratio_is_of_means_over_the_triplets_that_both_have():
    baseline = [result(lsd=2.0), result(lsd=4.0), result(lsd=6.0)]
    row = [result(lsd=1.0), result(lsd=2.0), result()]
    assert tables.ratio(row, baseline, "lsd") == 0.5
    assert tables.margin(row, baseline, "lsd") == 0, "it is half in each"
    assert tables.ratio(baseline, baseline, "lsd") == 1
    assert math.isnan(tables.ratio([result(onset=0.5)], [result(onset=0.0)], "onset"))


def test_the_margin_is_half_the_bootstrap_interval():
    draw = np.random.default_rng(0)
    baseline = [result(lsd=1.0)] * 400
    row = [result(lsd=value) for value in draw.normal(1, 0.2, 400)]
    assert tables.margin(row, baseline, "lsd") == pytest.approx(1.96 * 0.2 / 20, rel=0.1)


def test_the_table_shows_the_judges_verdict_only_if_it_counts():
    perfect = {"lsd": 1.0, "timbre": 1.0, "pitch": 1.0, "onset": 1.0, "onset F": 1.0, "loudness": 0}
    results = {
        tables.BASELINE: [result(0, False, **perfect), result(1, True, **perfect)],
        "silence": [result(0), result(1, False, **{**perfect, "lsd": 0.5})],
    }
    lines = tables.table(results, counts=True).splitlines()
    assert lines[2] == "| copy content | 1.00 | 1.00 | 1.00 | 1.00 | 1.00 | 0.50 | 0.0 | 1.0 |"
    assert lines[3].startswith("| silence (1 silent) | 0.50 |")
    assert "| – | 0.0 |" in tables.table(results, counts=False)
    some = tables.of_seeds(results, [1])
    assert [len(row) for row in some.values()] == [1, 1]


def test_the_plot_is_written(tmp_path):
    row = [result(0, True, pitch=1.0)]
    tables.plot(
        {tables.BASELINE: row, "closed form, strength 0.3": row}, "title", tmp_path / "a.png"
    )
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


# --- the command


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (["--soundfont", "none.sf2"], "timgm6mb-soundfont"),
        (["--other-soundfont", "{a}", "--soundfont", "{a}"], "another soundfont"),
        (["--soundfont", "{a}", "--other-soundfont", "{b}", "--plot", "none/a.png"], "no folder"),
        (["--soundfont", "{a}", "--other-soundfont", "{b}", "--cases", "real"], "--samples"),
    ],
)
def test_what_cannot_work_is_one_line_at_the_start(tmp_path, capsys, monkeypatch, wrong, message):
    monkeypatch.setattr(shutil, "which", lambda name: name)
    for name in "ab":
        (tmp_path / name).touch()
    paths = {"a": str(tmp_path / "a"), "b": str(tmp_path / "b")}
    assert quality.main([it.format(**paths) for it in wrong]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line


@pytest.mark.slow
@needs_fluidsynth(SOUNDFONT, OTHER)
def test_a_run_prints_its_table_and_writes_what_was_asked(
    tmp_path, capsys, monkeypatch, transcriber
):
    monkeypatch.setattr(judge, "TUNES", 1)
    monkeypatch.setattr(judge, "VARIANTS", 1)
    picture, text = tmp_path / "a.png", tmp_path / "a.json"
    chosen = ["--triplets", "1", "--half", "tune", "--only", "copy", "--only", "replay"]
    assert quality.main([*chosen, "--plot", str(picture), "--json", str(text)]) == 0
    rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith("| ")]
    assert [row.split(" | ")[0].strip("| ") for row in rows[1:]] == [
        "copy content",
        "copy style",
        "transcription and replay",
        "the target itself",
    ]
    assert picture.is_file()
    assert text.is_file()
