"""benchmarks/quality.py's cases beside the triplets: their figures, on cases with known answers."""

import random
import shutil

import numpy as np
import pytest
from support.sounds import noise

from benchmarks.quality import cases, drums, judge, real, rough, sounds, systems, tables, voices
from benchmarks.quality.triplets import instruments
from presets.studio.score import CLOSED_HAT, KICK, SNARE, Note, Score

RATE = sounds.RATE


def clip(path, audio):
    sounds.write(path, np.asarray(audio, np.float32))
    return path


def clicks(times, seconds=3.0):
    audio = np.zeros(round(seconds * RATE), np.float32)
    burst = noise(0.05, RATE)[0] * np.linspace(1, 0, round(0.05 * RATE), dtype=np.float32) ** 2
    for time in times:
        audio[round(time * RATE) :][: burst.size] += burst
    return audio


def sine(midi, seconds=1.0):
    hz = 440 * 2 ** ((np.asarray(midi) - 69) / 12) * np.ones(round(seconds * RATE))
    phase = 2 * np.pi * np.cumsum(hz) / RATE
    return (0.3 * np.sin(phase) + 0.1 * np.sin(2 * phase)).astype(np.float32)


# --- drums


def rhythm(tmp_path, score):
    path = clip(tmp_path / "a.wav", clicks([0.5]))
    return drums.Rhythm(content=path, style=path, target=path, seed=0, kind="drums", notes=score)


@pytest.mark.parametrize(
    ("moved", "f"),
    [
        ((0, 0, 0, 0), 1),
        ((0.03, -0.03, 0.03, 0), 1),
        ((0.08, 0, 0, 0), 0.75),
        ((0.08,) * 4, 0),
    ],
)
def test_the_onset_f_measure_of_shifted_clicks(tmp_path, moved, f):
    times = np.array([0.5, 1.0, 1.7, 2.3])
    score = Score(tuple(Note(float(time), 0.1, KICK, 90) for time in times), 3.0)
    found = drums.figures(clicks(times + moved), rhythm(tmp_path, score))
    assert found["onset F"] == pytest.approx(f)


def test_a_lost_and_a_doubled_onset_cost_what_they_do(tmp_path):
    score = Score(tuple(Note(time, 0.1, KICK, 90) for time in (0.5, 1.0, 1.5, 2.0)), 3.0)
    case = rhythm(tmp_path, score)
    assert drums.figures(clicks([0.5, 1.0, 1.5]), case)["onset F"] == pytest.approx(6 / 7)
    doubled = drums.figures(clicks([0.5, 0.7, 1.0, 1.5, 2.0]), case)
    assert doubled["onset F"] == pytest.approx(8 / 9)


def test_a_groove_and_its_keys_begin_together_and_so_do_a_tune_and_its_drums():
    groove = drums.groove(random.Random(3))
    assert groove == drums.groove(random.Random(3))
    assert {KICK, SNARE, CLOSED_HAT} <= {note.key for note in groove.notes}
    played = drums.on_keys(groove)
    assert [note.start for note in played.notes] == [note.start for note in groove.notes]
    assert {note.key for note in played.notes} <= set(drums.KEY_OF.values())

    tune = Score((Note(0, 1, 50, 90), Note(0, 1, 70, 90), Note(1, 1, 60, 90)), 2.0)
    assert [(note.start, note.key) for note in drums.on_drums(tune).notes] == [
        (0, KICK),
        (0, CLOSED_HAT),
        (1, SNARE),
    ]
    one_key = Score((Note(0, 1, 50, 90),), 2.0)
    assert [note.key for note in drums.on_drums(one_key).notes] == [KICK]


# --- the voice


@pytest.mark.parametrize(("cents", "share"), [(0, 1), (30, 1), (-30, 1), (70, 0), (1200, 0)])
def test_a_contour_is_kept_within_50_cents_and_an_octave_is_not(cents, share):
    wanted = voices.track(sine(57 + np.sin(np.linspace(0, 9, RATE))))
    found = voices.track(sine(57 + cents / 100 + np.sin(np.linspace(0, 9, RATE))))
    assert voices.kept(found, wanted)["pitch kept"] == pytest.approx(share, abs=0.06)


def test_frames_without_pitch_count_as_lost_and_only_the_contents_voiced_ones_count():
    none = np.nan
    wanted = np.array([60.0, 60.0, 60.0, 60.0, none, none])
    found = np.array([60.3, 60.7, none, 60.0, 60.0, none, 60.0])
    assert voices.kept(found, wanted) == {
        "pitch kept": 2 / 4,
        "pitch kept, both voiced": 2 / 3,
        "both voiced": 3 / 4,
    }
    silent = voices.kept(np.full(6, none), np.full(6, none))
    assert set(silent.values()) == {0}


def test_a_pitch_is_tracked_and_silence_and_noise_have_hardly_any():
    contour = voices.track(sine(57.0))
    assert np.nanmedian(contour) == pytest.approx(57, abs=0.15)
    assert np.isnan(voices.track(np.zeros(RATE, np.float32))).mean() > 0.9
    assert np.isnan(voices.track(noise(1.0, RATE)[0])).mean() > 0.7


@pytest.mark.skipif(shutil.which(voices.PROGRAM) is None, reason="there is no espeak-ng")
def test_the_voice_sings_in_tune(monkeypatch):
    monkeypatch.setattr(voices, "SYLLABLE_PITCHES", (50,))
    voices._syllable.cache_clear()
    for key in (50, 52):
        contour = voices.track(voices._tone("la", "en-us", Note(0.0, 0.5, key, 100)))
        assert np.nanmedian(contour) == pytest.approx(key, abs=0.3)
    voices._syllable.cache_clear()


@pytest.mark.skipif(shutil.which(voices.PROGRAM) is None, reason="there is no espeak-ng")
def test_speech_is_as_long_as_two_sentences():
    spoken = voices.speech(random.Random(0), "en-us")
    assert 5 < spoken.size / RATE < 15
    assert np.abs(spoken).max() > 0.05


# --- recorded notes


@pytest.fixture
def samples(tmp_path):
    """Two instruments of two notes each, which begin after a little silence."""
    for name, pitches in (("violin", {"A3": 57, "As4": 70}), ("guitar-nylon", {"C4": 60})):
        (tmp_path / name).mkdir()
        for note, key in pitches.items():
            quiet = np.zeros(2000, np.float32)
            clip(tmp_path / name / f"{note}.wav", np.concatenate([quiet, sine(key, 2.0)]))
    clip(tmp_path / "violin" / "F2 v2.wav", sine(40))
    return tmp_path


def test_recordings_are_known_by_their_names(samples, tmp_path):
    recordings = real.Recordings(samples, tmp_path)
    violin, guitar, harp = (instruments()[it] for it in ("violin", "nylon-guitar", "harp"))
    assert list(recordings.notes(violin)) == [57, 70]
    assert recordings.range(violin) == (54, 73)
    assert list(recordings.notes(guitar)) == [60]
    assert recordings.notes(harp) == {}


def test_a_score_is_played_on_the_nearest_recordings_in_tune_and_in_time(samples, tmp_path):
    recordings = real.Recordings(samples, tmp_path)
    score = Score((Note(0.5, 0.8, 59, 90), Note(2.0, 0.8, 70, 60)), 3.5)
    audio = sounds.read(recordings.clip(instruments()["violin"], score))
    assert audio.size == 3.5 * RATE
    heard = np.abs(audio) > 0.01
    assert np.flatnonzero(heard)[0] / RATE == pytest.approx(0.5, abs=0.02)
    assert not heard[round(1.5 * RATE) : round(1.95 * RATE)].any()
    contour = voices.track(audio)
    at = [round(time * voices.TRACK_RATE / voices.TRACK_HOP) for time in (0.9, 2.4)]
    assert contour[at] == pytest.approx([59, 70], abs=0.15)
    loud, soft = (np.abs(audio[round(a * RATE) :][:RATE]).max() for a in (0.5, 2.0))
    assert 20 * np.log10(loud / soft) == pytest.approx(30 * 30 / 127, abs=0.5)


def test_without_two_kinds_there_are_no_triplets(samples, tmp_path):
    recordings = real.Recordings(samples, tmp_path)
    with pytest.raises(FileNotFoundError, match="too few"):
        real._task(recordings, 0, poly=False)


# --- what is no music


@pytest.mark.parametrize(
    ("system", "verdict"),
    [
        (lambda clips: sounds.read(clips.content), rough.FINE),
        (lambda clips: 0 * sounds.read(clips.content), rough.NO_SOUND),
        (lambda clips: sounds.read(clips.content)[:-1], "**another length**"),
        (lambda clips: sounds.read(clips.content) / np.float32(0), "**not finite**"),
        (lambda clips: int("this is refused"), rough.REFUSED),
        (lambda clips: {}["this is a mistake"], "**KeyError**"),
    ],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_what_an_engine_does_is_told(tmp_path, system, verdict):
    path = clip(tmp_path / "a.wav", sine(60))
    assert rough.verdict(system, systems.Clips(path, path)) == verdict


def test_rain_is_as_long_as_asked_and_has_drops():
    rain = rough.rain(np.random.default_rng(0), 2 * RATE)
    assert rain.shape == (2 * RATE,)
    assert np.abs(rain).max() > 10 * np.median(np.abs(rain))


# --- all cases


class Deaf(judge.Judge):
    """A judge that names everything alike."""

    def name(self, clip):
        return "drums"


def test_rows_that_are_told_more_than_clips_are_left_out_and_the_target_is_added(tmp_path):
    path = clip(tmp_path / "a.wav", clicks([0.5]))
    case = cases.Case(content=path, style=path, target=path, seed=4, kind="drums")
    rows = [
        systems.Row("copy", systems._copy_style, systems._copy_style),
        systems.Row("silence", lambda task: 0, lambda clips: np.zeros(RATE, np.float32)),
        systems.Row("the same again", lambda task: 0, systems._copy_style, same_as="copy"),
        systems.Row("told", lambda task: 0),
    ]
    found = cases.results(
        rows, [case], lambda output, _: {"size": float(output.size)}, Deaf(classifier=None)
    )
    assert list(found) == ["copy", "silence", tables.TARGET]
    assert found["silence"][0].figures is None
    (copy,) = found["copy"]
    assert (copy.seed, copy.figures, copy.right) == (4, {"size": 3.0 * RATE}, True)
    assert found[tables.TARGET][0].figures == {"size": 3.0 * RATE}
    text = cases.Section.of_means("a title", found, ("size",), counts=True).text
    assert "| copy | 132300.00 | 1.00 |" in text
    assert "| silence (1 silent) | – | 0.00 |" in text


def test_rows_that_must_be_told_the_instrument_are_run_where_it_may_be_told(tmp_path):
    path = clip(tmp_path / "a.wav", clicks([0.5]))
    violin = instruments()["violin"]
    items = [
        cases.Item(content=path, style=path, seed=seed, kind="drums", instrument=violin)
        for seed in (1, 2)
    ]
    asked, heard = [], []

    def play(told):
        asked.append(told.instrument)
        return sounds.read(told.content)

    found = cases.results(
        [systems.Row("told", play, told=play), systems.Row("a triplet's", play)],
        items,
        lambda output, _: {"size": float(output.size)},
        Deaf(classifier=None),
        lambda name, item, output, result: heard.append((name, item, output.size, result)),
    )
    assert list(found) == ["told"]  # there is no target
    assert asked == [violin, violin]
    assert heard == [("told", it, 3 * RATE, found["told"][it.seed - 1]) for it in items]


def test_each_group_has_a_row_below_that_of_all():
    row = [tables.Result(seed, {"size": size}, "", False, 1.0) for seed, size in enumerate((1, 3))]
    text = cases.Section.of_groups("a title", {"copy": row}, ("size",), {"small": [0]}).text
    assert text.splitlines()[-2:] == [
        "| copy | 2.00 | 0.00 | 1.0 |",
        "| copy: small | 1.00 | 0.00 | 1.0 |",
    ]


class Hears:
    """A transcriber that always hears the same notes."""

    def __init__(self, *notes):
        self.notes = notes

    def transcribe(self, audio):
        return self


class Plays:
    """A sampler that plays any score as clicks."""

    def __init__(self, folder):
        self.folder = folder

    def clip(self, instrument, score):
        return clip(
            self.folder / f"{instrument.name}.wav", clicks([it.start for it in score.notes])
        )


def test_the_replay_plays_the_notes_that_were_heard_or_nothing(tmp_path):
    violin, path = instruments()["violin"], clip(tmp_path / "a.wav", clicks([0.5], 2.0))
    item = cases.Item(content=path, style=path, seed=0, kind="drums", instrument=violin)
    for notes, is_silent in (((), True), ((Note(0.5, 0.1, 60, 90),), False)):
        rows, _ = systems.rows(transcriber=Hears(*notes), sampler=Plays(tmp_path), folder=tmp_path)
        output = next(row for row in rows if row.told).told(item)
        assert output.size == 2 * RATE
        assert sounds.is_silent(output) == is_silent


def test_halves_share_no_seed():
    assert [*cases.seeds("tune", 3)] == [0, 2, 4]
    assert [*cases.seeds("report", 3)] == [1, 3, 5]


def test_the_default_engine_has_a_row_whatever_it_is_and_others_are_added_by_name(tmp_path):
    rows, _ = systems.rows(transcriber=None, sampler=None, folder=tmp_path, engines=["infinite"])
    defaults = [row for row in rows if row.name.startswith("default engine")]
    assert [row.options for row in defaults] == [{}]
    assert [row.options for row in rows if row.name.startswith("engine infinite")] == [
        {"engine": "infinite"}
    ]
    assert len([row for row in rows if row.name.startswith(systems.PLAIN_NAME)]) == 4
    with pytest.raises(ValueError, match="no-such"):
        systems.rows(transcriber=None, sampler=None, folder=tmp_path, engines=["no-such"])
