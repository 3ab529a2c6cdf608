"""The operation ``mashup``: what it takes, what it refuses, and what comes out of it."""

import math
from pathlib import Path

import numpy as np
import pytest
from support.inputs import as_input, quiet
from support.mashing import mean_of
from support.sounds import noise

import effects
from effects.mashing.options import BEDS, KEYS, LEADS, Options
from plugin_bridge.files.sound_files import Sound
from plugin_bridge.jobs import operations
from plugin_bridge.jobs.refusal import Refusal

MASHUP = operations.find("mashup")


@pytest.fixture
def songs(tmp_path):
    """A in stereo with 16 bits, B in mono with 24, at other rates and of other lengths."""
    sounds = {
        "a": Sound(np.tile(noise(0.5, 8000), (2, 1)), 8000, 16),
        "b": Sound(noise(0.75, 16_000), 16_000, 24),
    }

    return {name: as_input(tmp_path, f"{name}.wav", sound) for name, sound in sounds.items()}


@pytest.fixture
def mashed(songs, monkeypatch):
    """Run the operation with settings; also what `mash` was given."""
    asked = []

    def mash(given, options, progress=None, *, threads=None):
        asked.append((given, options, threads))
        return mean_of(given, options, progress)

    monkeypatch.setattr("effects.mashing.mash.mash", mash)

    def run(settings=None, report=quiet, threads=None):
        kept = MASHUP.check_all(settings or {})
        return MASHUP.run(songs, Path("out.wav"), kept, report, threads), *asked[-1]

    return run


def test_the_result_is_as_song_b(mashed):
    made, songs, options, _ = mashed()
    assert [song.name for song in songs] == ["a.wav", "b.wav"]
    assert options == Options()
    assert (made.sound.sample_rate, made.sound.bits, made.sound.audio.shape) == (
        16_000,
        24,
        (1, 12_000),
    )
    assert made.made_of["why"] == "A is played 2 semitones higher."


def test_settings_reach_the_mashup(mashed):
    given = {"lead": "auto", "balance": 0.5, "bed": "rhythm", "tempo": "98.5", "key": "none"}
    _, _, options, threads = mashed({**given, "start_seconds": 0.1, "end_seconds": 0.5}, threads=1)
    assert options == Options(**given, start=0.1, end=0.5)
    assert threads == 1


def test_the_words_are_those_of_the_effect():
    words = {name: MASHUP.settings[name].words for name in ("lead", "bed", "key")}
    assert words == {"lead": LEADS, "bed": BEDS, "key": KEYS}
    defaults = {name: it.default for name, it in MASHUP.settings.items() if name in vars(Options())}
    assert defaults == {name: getattr(Options(), name) for name in defaults}


def test_it_is_cancelled_by_its_progress(mashed):
    def stop(fraction, stage):
        raise effects.Cancelled

    with pytest.raises(effects.Cancelled):
        mashed(report=stop)


@pytest.mark.parametrize(("tempo", "kept"), [(98.5, "98.5"), (120, "120"), ("a", "a")])
def test_a_tempo_is_a_song_s_or_a_number(tempo, kept):
    assert MASHUP.check("tempo", tempo) == kept


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("lead", "c"),
        ("lead", 1.0),
        ("balance", 1.5),
        ("balance", math.nan),
        ("balance", "loud"),
        ("bed", "soft"),
        ("key", "C major"),
        ("tempo", "fast"),
        ("tempo", "1"),
        ("tempo", -120.0),
        ("tempo", "nan"),
        ("tempo", math.inf),
        ("tempo", True),
        ("tempo", None),
        ("strength", 1.0),
        ("weights", "/etc/passwd"),
        ("start_seconds", -1.0),
    ],
)
def test_impossible_settings_are_refused(name, value):
    with pytest.raises(Refusal) as caught:
        MASHUP.check_all({name: value})
    assert caught.value.code == "bad_setting"
    assert "\n" not in str(caught.value)


def test_a_part_must_end_after_it_begins():
    with pytest.raises(Refusal, match="before end_seconds"):
        MASHUP.check_all({"start_seconds": 2.0, "end_seconds": 2.0})


@pytest.mark.parametrize("names", [["a"], ["b"], [], ["stem"], ["a", "b", "c"]])
def test_both_songs_are_needed_and_no_other(names):
    with pytest.raises(Refusal) as caught:
        MASHUP.check_inputs(names, {})
    assert caught.value.code == "bad_request"
