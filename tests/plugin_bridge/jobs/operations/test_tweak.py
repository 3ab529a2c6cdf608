"""The operation ``tweak``: what it takes, what it refuses, and what comes out of it."""

import math
from pathlib import Path

import numpy as np
import pytest
from support.inputs import as_input, quiet
from support.quick_morphs import scaled
from support.sounds import noise

import effects
import presets
from effects.latent.changes import MOST, SHARES, Changes
from plugin_bridge.files.sound_files import Sound
from plugin_bridge.jobs import operations
from plugin_bridge.jobs.refusal import Refusal
from plugin_bridge.jobs.settings import Number

TWEAK = operations.find("tweak")


@pytest.fixture
def tweaked(tmp_path, monkeypatch):
    """Run the operation with settings, and a clip if one is wanted; also what `tweak` was given."""
    asked = []

    def tweak(source, changes, **more):
        asked.append((source[0], changes, more))
        return scaled(source, changes, **more)

    monkeypatch.setattr("effects.tweaking.tweak.tweak", tweak)
    sounds = {
        "stem": Sound(np.tile(noise(0.5, 8000), (2, 1)), 8000, 24),
        "style": Sound(noise(0.25, 16_000), 16_000, 16),
    }
    files = {name: as_input(tmp_path, f"{name}.wav", sound) for name, sound in sounds.items()}

    def run(settings=None, names=("stem",), report=quiet, threads=None):
        kept = TWEAK.check_all(settings or {}, names)
        given = {name: files[name] for name in names}
        return TWEAK.run(given, Path("out.wav"), kept, report, threads), *asked[-1]

    return run


def test_the_result_is_as_the_stem(tweaked):
    made, name, changes, more = tweaked()
    assert name == "stem.wav"
    assert changes == Changes()
    assert more["style"] is None
    sound = made.sound
    assert (sound.sample_rate, sound.bits, sound.audio.shape) == (8000, 24, (2, 4000))
    assert made.made_of["why"] == "Four notes of five stay."


def test_settings_reach_the_tweak(tweaked):
    given = {"scale": 1.3, "add": 0.2, "flatten": 0.5, "shuffle": 0.3, "noise": 0.5, "seed": 3}
    attributes = {"more_notes": 1, "higher": -1, "longer": 0.5, "brighter": 2}
    _, _, changes, more = tweaked({**given, **attributes, "max": "17, 3"}, threads=1)
    assert changes == Changes(**given, **attributes, max=(3, 17))
    assert more["threads"] == 1


def test_towards_names_a_preset_and_no_file_of_that_name(tweaked, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "violin").write_text("a file where the worker works")
    mean = (0.5,) * 120
    sought = []

    def find(named, codec, progress=None):
        sought.append(named)
        return mean

    monkeypatch.setattr("effects.latent.loading.load_codec", lambda weights=None: None)
    monkeypatch.setattr("effects.tweaking.encoding.find_towards", find)
    _, _, changes, _ = tweaked({"towards": "Violin", "amount": 0.25})
    assert sought == [str(presets.get("violin").clip)]
    assert changes == Changes(towards=mean, towards_amount=0.25)


def test_a_preset_or_a_clip_may_play_it(tweaked):
    *_, more = tweaked({"preset": "flute"})
    assert more["style"].source == presets.get("flute").clip
    assert str(more["style"]) == "flute"  # no client is to learn where presets are kept
    *_, more = tweaked(names=("stem", "style"))
    assert more["style"].source[1] == 16_000.0


def test_the_ranges_and_defaults_are_those_of_the_effect():
    numbers = {name: it for name, it in TWEAK.settings.items() if isinstance(it, Number)}
    for name, most in MOST.items():
        assert numbers[name].most == most
        least = numbers[name].least
        assert Changes(**{name: least})
        with pytest.raises(ValueError, match=name):
            Changes(**{name: least - 0.01})
    assert all(numbers[it.removeprefix("towards_")].most == 1 for it in SHARES)
    defaults = {name: it.default for name, it in numbers.items() if name != "amount"}
    assert defaults == {name: getattr(Changes(), name) for name in defaults}
    assert numbers["amount"].default == Changes().towards_amount


def test_it_is_cancelled_by_its_progress(tweaked):
    def stop(fraction, stage):
        raise effects.Cancelled

    with pytest.raises(effects.Cancelled):
        tweaked(report=stop)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("scale", -0.1),
        ("scale", 100),
        ("scale", math.nan),
        ("scale", "loud"),
        ("flatten", 1.5),
        ("amount", 2),
        ("seed", 0.5),
        ("max", "120"),
        ("max", "-1"),
        ("max", "1,,2"),
        ("max", "1,2,"),
        ("max", "١"),
        ("max", "all"),
        ("max", ""),
        ("max", 17),
        ("towards", 3),
        ("weights", "/etc/passwd"),
        ("strength", 1.0),
    ],
)
def test_impossible_settings_are_refused(name, value):
    with pytest.raises(Refusal) as caught:
        TWEAK.check_all({name: value})
    assert caught.value.code == "bad_setting"
    assert str(caught.value).startswith((f"{name} ", "There is no setting"))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["preset", "towards"])
@pytest.mark.parametrize("value", ["no such sound", "/etc/passwd", "../clip.wav", ""])
def test_only_presets_are_looked_for(name, value):
    with pytest.raises(Refusal) as caught:
        TWEAK.check_all({name: value})
    assert caught.value.code == "no_such_preset"


def test_a_style_may_be_left_out_but_not_be_given_twice():
    TWEAK.check_inputs(["stem"], {})
    TWEAK.check_inputs(["stem", "style"], {})
    for names, given, code in (
        [["style"], {}, "bad_request"],
        [["stem", "style"], {"preset": "flute"}, "bad_setting"],
        [["a"], {}, "bad_request"],
    ):
        with pytest.raises(Refusal) as caught:
            TWEAK.check_inputs(names, given)
        assert caught.value.code == code
