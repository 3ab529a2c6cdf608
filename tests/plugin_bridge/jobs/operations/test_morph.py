"""The operation ``morph``: what it takes, what it refuses, and what comes out of it."""

import math
from pathlib import Path

import numpy as np
import pytest
from support.inputs import as_input, quiet
from support.quick_morphs import mean_of
from support.sounds import noise

import effects
from effects.morphing.options import METHODS, TEMPOS, Options
from plugin_bridge.files.sound_files import Sound
from plugin_bridge.jobs import operations
from plugin_bridge.jobs.refusal import Refusal

MORPH = operations.find("morph")


@pytest.fixture
def pieces(tmp_path):
    """A in mono with 24 bits; B in stereo with 16, and longer."""
    sounds = {
        "a": Sound(noise(0.5, 8000), 8000, 24),
        "b": Sound(np.tile(noise(0.75, 8000), (2, 1)), 8000, 16),
    }
    return {name: as_input(tmp_path, f"{name}.wav", sound) for name, sound in sounds.items()}


@pytest.fixture
def morphed(pieces, monkeypatch):
    """Run the operation with settings; also what `morph` was given."""
    asked = []

    def morph(a, b, options, *, progress=None, threads=None):
        asked.append(((a[0], b[0]), options, threads))
        return mean_of(a, b, options, progress=progress)

    monkeypatch.setattr("effects.morphing.morph.morph", morph)

    def run(settings=None, report=quiet, threads=None):
        kept = MORPH.check_all(settings or {})
        return MORPH.run(pieces, Path("out.wav"), kept, report, threads), *asked[-1]

    return run


def test_the_result_is_as_piece_a_as_wide_and_long_as_the_wider_and_longer(morphed):
    made, names, options, _ = morphed()
    assert names == ("a.wav", "b.wav")
    assert options == Options()
    sound = made.sound
    assert (sound.sample_rate, sound.bits, sound.audio.shape) == (8000, 24, (2, 6000))
    assert made.made_of["why"] == "The notes are moved."


def test_settings_reach_the_morph(morphed):
    given = {"method": "both", "tempo": "own", "seed": 3}
    made, _, options, threads = morphed({**given, "at": "0:1", "length_seconds": 0.25}, threads=1)
    assert options == Options(**given, at="0:1", seconds=0.25)
    assert threads == 1
    assert made.sound.audio.shape[1] == 2000


def test_the_words_and_defaults_are_those_of_the_effect():
    assert MORPH.settings["method"].words == METHODS
    assert MORPH.settings["tempo"].words == TEMPOS
    defaults = {name: MORPH.settings[name].default for name in ("method", "tempo", "seed")}
    assert defaults == {name: getattr(Options(), name) for name in defaults}
    assert float(MORPH.settings["at"].default) == Options().at


def test_it_lasts_as_long_as_the_longer_piece_or_as_is_wanted():
    seconds = {"a": 2.0, "b": 3.0}
    assert MORPH.lasts(seconds, {}) == 3.0
    assert MORPH.lasts(seconds, {"length_seconds": 1.5}) == 1.5


def test_nobody_gets_a_day_of_silence(morphed):
    with pytest.raises(Refusal, match=r"length_seconds must be at most 1\.500") as caught:
        morphed({"length_seconds": 86_000})
    assert caught.value.code == "bad_setting"


def test_it_is_cancelled_by_its_progress(morphed):
    def stop(fraction, stage):
        raise effects.Cancelled

    with pytest.raises(effects.Cancelled):
        morphed(report=stop)


@pytest.mark.parametrize(
    ("at", "kept"), [(0, "0"), (0.25, "0.25"), (1.0, "1"), ("0.5", "0.5"), ("0:1:0", "0:1:0")]
)
def test_how_far_is_a_number_or_a_way(at, kept):
    assert MORPH.check("at", at) == kept


@pytest.mark.parametrize("at", ["sweep.mid", "/etc/passwd.MIDI", "\\\\host\\sweep.mid"])
def test_no_file_is_opened_for_a_client(at):
    with pytest.raises(Refusal, match=r"^at must be .* in a job: restyle morph alone takes MIDI"):
        MORPH.check("at", at)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("at", 1.5),
        ("at", -1),
        ("at", "0:2"),
        ("at", "nan"),
        ("at", math.nan),
        ("at", math.inf),
        ("at", ""),
        ("at", ":"),
        ("at", "0:1:"),
        ("at", "/etc/passwd"),
        ("at", True),
        ("at", None),
        ("at", [0, 1]),
        ("method", "layers"),
        ("tempo", "b"),
        ("seed", 0.5),
        ("seed", -1),
        ("length_seconds", -1.0),
        ("length_seconds", math.nan),
        ("weights", "/etc/passwd"),
        ("strength", 1.0),
    ],
)
def test_impossible_settings_are_refused(name, value):
    with pytest.raises(Refusal) as caught:
        MORPH.check_all({name: value})
    assert caught.value.code == "bad_setting"
    assert str(caught.value).startswith((f"{name} ", "There is no setting"))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("names", [["a"], ["b"], [], ["stem"], ["a", "b", "style"]])
def test_both_pieces_are_needed_and_no_other(names):
    with pytest.raises(Refusal) as caught:
        MORPH.check_inputs(names, {})
    assert caught.value.code == "bad_request"
