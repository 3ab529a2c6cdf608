"""What follows the preset of a submit over OSC."""

import math

import pytest

from plugin_bridge.jobs import operations
from plugin_bridge.jobs.refusal import Refusal
from plugin_bridge.osc.pairs import read_pairs, read_settings

MASHUP, MORPH, TWEAK = map(operations.find, ("mashup", "morph", "tweak"))


@pytest.mark.parametrize("value", [0.75, 1, True])
def test_a_number_alone_is_the_strength(value):
    assert read_pairs([value]) == ({"strength": float(value)}, {})


def test_a_word_is_taken_where_a_choice_is_due():
    settings, files = read_pairs(["drums", "drop", "dynamics", 0.5, "engine", "infinite"])
    assert settings == {"drums": "drop", "dynamics": 0.5, "engine": "infinite"}
    assert files == {}


def test_what_is_a_chains_is_left_to_the_chain():
    pairs = ["reverb.wet_level", 0.4, "reverb.on", True, "tempo", "own", "drums", "keep"]
    settings = {"reverb.wet_level": 0.4, "reverb.on": True, "tempo": "own", "drums": "keep"}
    assert read_pairs(pairs, of_chain=True) == (settings, {})


def test_a_boolean_is_a_number_to_a_chain():
    """So that a switch of a controller can set ``reverb.wet_level``; and 1 turns a switch on."""
    value = read_pairs(["reverb.wet_level", True], of_chain=True).settings["reverb.wet_level"]
    assert (value, type(value)) == (1, int)


@pytest.mark.parametrize(
    "pair",
    [
        ("preset", "violin"),
        ("chain", "x"),
        ("gain_db", 1.0),
        ("drums", "x"),
        ("a.b", math.nan),
        ("bit_depth", 16),
    ],
)
def test_what_is_the_jobs_is_checked_for_chains_too(pair):
    with pytest.raises(Refusal) as caught:
        read_pairs(pair, of_chain=True)
    assert caught.value.code == "bad_setting"


def test_a_clip_is_a_file_and_no_setting():
    files = {"style": "clip.wav"}
    assert read_pairs(["style", "clip.wav", "mix", 0.5]) == ({"mix": 0.5}, files)
    assert read_settings(TWEAK, ["scale", 1.3, "style", "clip.wav"]) == ({"scale": 1.3}, files)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["strength"], "bad_request"),
        (["strength", 0.5, "mix"], "bad_request"),
        ([0.5, 0.5, 0.5], "bad_request"),
        ([0.5, "strength"], "bad_setting"),
        ([0.5, 0.5], "bad_setting"),
        (["mix", 0.5, "mix", 0.5], "bad_setting"),
        (["mix", "0.5"], "bad_setting"),
        (["mix", None], "bad_setting"),
        (["drums", "solo"], "bad_setting"),
        (["drums", 1.0], "bad_setting"),
        (["drums", "keep", "drums", "keep"], "bad_setting"),
        (["dynamics", 1.5], "bad_setting"),
        (["engine", "sample"], "bad_setting"),
        (["engine", 1], "bad_setting"),
        (["style", 1.0], "bad_setting"),
        (["style", None], "bad_setting"),
        (["style"], "bad_request"),
        (["style", "a.wav", "style", "a.wav"], "bad_setting"),
        (["weights", "vgg.pth"], "bad_setting"),
        ([None], "bad_setting"),
        ([math.nan], "bad_setting"),
        ([2.0], "bad_setting"),
        ([None, 1], "bad_setting"),
        (["start_seconds", 2, "end_seconds", 2], "bad_setting"),
        (["start_seconds", 2, "end_seconds", 1], "bad_setting"),
        (["end_seconds", 0], "bad_setting"),
    ],
)
def test_odd_pairs_are_refused(arguments, code):
    with pytest.raises(Refusal) as caught:
        read_pairs(arguments)
    assert caught.value.code == code
    assert "\n" not in str(caught.value)


def test_a_mashup_takes_words_numbers_and_a_tempo_of_either_kind():
    given = ["lead", "auto", "balance", 0.5, "bed", "rhythm", "key", "none", "tempo", 98.5]
    kept = dict(zip(given[::2], given[1::2], strict=True)) | {"tempo": "98.5"}
    assert read_settings(MASHUP, given).settings == kept
    assert read_settings(MASHUP, ["tempo", "a"]).settings == {"tempo": "a"}
    assert read_settings(MASHUP, []) == ({}, {})


def test_a_morph_takes_how_far_as_a_number_or_a_text():
    assert read_settings(MORPH, ["at", 0.25, "seed", 3]).settings == {"at": "0.25", "seed": 3}
    settings = read_settings(MORPH, ["at", "0:1", "tempo", "own"]).settings
    assert settings == {"at": "0:1", "tempo": "own"}


def test_a_tweak_takes_numbers_elements_and_presets():
    given = ["scale", 1.3, "max", "17,3", "towards", "Violin", "preset", "40"]
    kept = {"scale": 1.3, "max": "3,17", "towards": "violin", "preset": "violin"}
    assert read_settings(TWEAK, given) == (kept, {})
    assert read_settings(TWEAK, ["towards", "14:8"]) == ({"towards": "church-bell"}, {})


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([0.5], "bad_request"),  # a number alone has no meaning here
        (["lead"], "bad_request"),
        (["lead", "a", "lead", "a"], "bad_setting"),
        ([1.0, "a"], "bad_setting"),
        (["lead", "c"], "bad_setting"),
        (["strength", 0.5], "bad_setting"),
        (["balance", "0.5"], "bad_setting"),
        (["balance", 2.0], "bad_setting"),
        (["tempo", "fast"], "bad_setting"),
        (["tempo", None], "bad_setting"),
        (["tempo", math.nan], "bad_setting"),
        (["weights", "/etc/passwd"], "bad_setting"),
        (["style", "clip.wav"], "bad_setting"),
        (["start_seconds", 2, "end_seconds", 2], "bad_setting"),
    ],
)
def test_odd_pairs_of_a_mashup_are_refused(arguments, code):
    with pytest.raises(Refusal) as caught:
        read_settings(MASHUP, arguments)
    assert caught.value.code == code
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("operation", "arguments", "code"),
    [
        (MORPH, ["at", "sweep.mid"], "bad_setting"),
        (MORPH, ["at", None], "bad_setting"),
        (MORPH, ["at"], "bad_request"),
        (TWEAK, [1.3], "bad_request"),
        (TWEAK, ["max", 17], "bad_setting"),
        (TWEAK, ["towards", "gone"], "no_such_preset"),
        (TWEAK, ["style", 17], "bad_setting"),
    ],
)
def test_odd_pairs_of_morphs_and_tweaks_are_refused(operation, arguments, code):
    with pytest.raises(Refusal) as caught:
        read_settings(operation, arguments)
    assert caught.value.code == code
