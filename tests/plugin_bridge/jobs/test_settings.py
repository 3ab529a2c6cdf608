"""The settings of jobs: what may be asked for, and that nothing else is taken in silence."""

import json
import math

import numpy as np
import pytest
from support.sounds import noise

from effects import StyleTransfer
from effects.engines import DEFAULT_DRUMS, DEFAULT_ENGINE, DRUMS, ENGINES
from plugin_bridge.files import beneath, sound_files
from plugin_bridge.jobs import operations
from plugin_bridge.jobs.inputs import at_path
from plugin_bridge.jobs.refusal import Refusal
from plugin_bridge.jobs.settings import numbers

RESTYLE = operations.find("restyle")
NUMBERS = numbers(RESTYLE.settings)
check, clamp, check_all = RESTYLE.check, RESTYLE.clamp, RESTYLE.check_all


def refusal(call, *arguments):
    with pytest.raises(Refusal) as caught:
        call(*arguments)
    assert "\n" not in str(caught.value)
    return caught.value.code, str(caught.value)


@pytest.mark.parametrize("name", NUMBERS)
def test_both_ends_of_a_range_are_in_it_and_what_is_beyond_is_refused(name):
    it = NUMBERS[name]
    for end, way in ((it.least, -1), (it.most, 1)):
        assert check(name, end) == end
        code, message = refusal(check, name, end + way * 0.001 * max(abs(end), 1) - 1 * (way < 0))
        assert code == "bad_setting"
        assert message.startswith(f"{name} must be between {it.least:g} and {it.most:g}, not ")
    assert it.least <= it.default <= it.most


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, "0.5", "", None, b"1", [1]])
def test_what_is_no_number_is_refused(name, value):
    assert refusal(check, name, value)[0] == "bad_setting"


@pytest.mark.parametrize(("value", "wanted"), [(True, 1.0), (False, 0.0), (1, 1.0), (0.25, 0.25)])
def test_numbers_and_booleans_are_taken_for_each_other(value, wanted):
    assert check("strength", value) == wanted


def test_a_seed_is_a_whole_number():
    assert (check("seed", 7.0), type(check("seed", 7.0))) == (7, int)
    code, message = refusal(check, "seed", 7.5)
    assert code == "bad_setting"
    assert "whole" in message


@pytest.mark.parametrize("word", DRUMS)
def test_a_choice_is_one_of_its_words(word):
    assert check("drums", word) == clamp("drums", word) == word
    assert RESTYLE.settings["drums"].default == DEFAULT_DRUMS


@pytest.mark.parametrize("value", ["solo", "", "Keep", 1, 0.5, None, b"keep", ["keep"]])
def test_another_word_is_answered_with_those_there_are(value):
    for call in (check, clamp):
        code, message = refusal(call, "drums", value)
        assert code == "bad_setting"
        assert message.startswith("drums must be one of keep, play, drop, not ")


@pytest.mark.parametrize("name", ["", "Strength", "loudness", "strength ", "\n", "x" * 5000])
def test_an_unknown_name_is_answered_with_those_there_are(name):
    code, message = refusal(check, name, 0.5)
    assert code == "bad_setting"
    assert "strength, mix, gain_db, seed" in message


# Engines


@pytest.mark.parametrize("engine", ENGINES)
def test_an_engine_is_one_of_those_there_are_and_takes_what_it_has(engine):
    given = {"preset": "violin", "engine": engine}
    assert check_all(given) == given
    for name, value in {"drums": "drop", "dynamics": 1.0}.items():
        if engine == DEFAULT_ENGINE:
            assert check_all({**given, name: value})[name] == value
        else:
            code, message = refusal(check_all, {**given, name: value})
            assert code == "bad_setting"
            assert message.startswith(f"{name} is only for the engine {DEFAULT_ENGINE}")
    assert check_all({**given, "drums": DEFAULT_DRUMS})  # as if it were not given


def test_another_engine_is_answered_with_those_there_are():
    code, message = refusal(check, "engine", "sample")
    assert code == "bad_setting"
    assert f"engine must be one of {', '.join(ENGINES)}, not" in message


def test_the_strength_that_is_told_of_is_the_effects():
    strength = NUMBERS["strength"]
    usual = {it: StyleTransfer(preset="violin", engine=it).strength for it in ENGINES}
    assert usual == {DEFAULT_ENGINE: strength.default, **strength.varies.values}


def test_a_clip_and_an_engine_do_what_the_effect_does_with_them(tmp_path):
    stem, clip = (sound_files.Sound(noise(0.3, 8000, seed=seed), 8000, 16) for seed in (1, 2))
    sound_files.write(tmp_path / "in.wav", stem)
    sound_files.write(tmp_path / "clip.wav", clip)
    roots = [beneath.root(tmp_path)]
    files = {"stem": "in.wav", "style": "clip.wav"}
    inputs = {it: at_path(tmp_path / name, roots, lambda *_: None) for it, name in files.items()}
    settings = check_all({"engine": "infinite"}, files)
    made = RESTYLE.run(inputs, tmp_path / "out.wav", settings, lambda *_: None)
    effect = StyleTransfer(style=str(tmp_path / "clip.wav"), engine="infinite")
    heard = sound_files.read(tmp_path / "in.wav")
    assert np.array_equal(made.sound.audio, effect(heard.audio, 8000))


# What a job makes


def test_a_job_tells_what_its_result_is_made_of(tmp_path):
    sound_files.write(tmp_path / "in.wav", sound_files.Sound(noise(0.05, 8000), 8000, 16))
    settings = check_all({"preset": "violin", "strength": 0, "drums": "drop"})
    roots = [beneath.root(tmp_path)]
    inputs = {"stem": at_path(tmp_path / "in.wav", roots, lambda *_: None)}
    made = RESTYLE.run(inputs, tmp_path / "out.wav", settings, lambda *_: None)
    assert (made.made_of["kept"], made.made_of["advice"]) == (1.0, None)
    assert json.loads(json.dumps(made.made_of)) == made.made_of


# For all jobs


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("strength", 7, 1.0),
        ("strength", -7, 0.0),
        ("mix", 0.3, 0.3),
        ("gain_db", -1e30, -60.0),
        ("gain_db", 6, 0.0),
        ("seed", 1e12, 2**31 - 1),
        ("seed", True, 1),
        ("dynamics", 3, 1.0),
    ],
)
def test_values_for_all_jobs_are_clamped(name, value, wanted):
    assert clamp(name, value) == wanted


@pytest.mark.parametrize(
    ("name", "value"), [("start_seconds", 1), ("volume", 1), ("mix", math.nan), ("mix", "1")]
)
def test_only_numbers_for_known_names_are_clamped(name, value):
    assert refusal(clamp, name, value)[0] == "bad_setting"
    assert NUMBERS["strength"].default == 1.0


# A whole job


@pytest.mark.parametrize(("given", "wanted"), [("violin", "violin"), ("40", "violin")])
def test_a_preset_is_kept_by_its_name(given, wanted):
    assert check_all({"preset": given, "mix": 1}) == {"preset": wanted, "mix": 1.0}
    assert clamp("preset", given) == wanted


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({}, "no_such_preset"),
        ({"preset": ""}, "no_such_preset"),
        ({"preset": "vioiln"}, "no_such_preset"),
        ({"preset": 40}, "bad_setting"),
        ({"preset": "violin", "mix": 2}, "bad_setting"),
        ({"preset": "violin", "drums": "solo"}, "bad_setting"),
        ({"preset": "violin", "colour": "blue"}, "bad_setting"),
        ({"preset": "violin", "start_seconds": 2, "end_seconds": 2}, "bad_setting"),
    ],
)
def test_a_job_that_cannot_be_done_is_refused(settings, code):
    assert refusal(check_all, settings)[0] == code
