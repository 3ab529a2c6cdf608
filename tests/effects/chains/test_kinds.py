"""Which effects a chain may have: those of the installed pedalboard, whichever they are."""

import math
import os
import subprocess
import sys

import numpy as np
import pedalboard
import pytest

from effects import Morph, StyleTransfer, Tweak
from effects.boards import containers
from effects.chains.kinds import OWN, Parameter, kinds, likely
from effects.chains.native_kinds import shortest

RATE = 44_100
NATIVE = [it for it in kinds() if it not in OWN and not kinds()[it].container]
MADE = [it for it in NATIVE if not kinds()[it].given]
NOISE = np.random.default_rng(0).uniform(-0.5, 0.5, (2, 4000)).astype(np.float32)

NUMBERS = [
    (kind, it)
    for kind in MADE
    for it in kinds()[kind].parameters
    if kinds()[kind].parameters[it].kind == "number"
]


def public():
    """Effects that pedalboard's package shows to the world, and that can be made."""
    for name in dir(pedalboard):
        it = getattr(pedalboard, name)
        if isinstance(it, type) and issubclass(it, pedalboard.Plugin):
            yield it


def test_all_that_pedalboard_shows_is_there_but_containers_and_what_cannot_be_made():
    left_out = {it.__name__ for it in public()} - set(kinds())
    assert left_out == {"Plugin", "PluginContainer", "ExternalPlugin", "IIRFilter", "Pedalboard"}


def test_nothing_is_there_that_is_only_for_tests():
    assert "AddLatency" not in kinds()
    assert not [it for it in kinds() if "Test" in it]


def test_containers_are_those_that_hold_effects_in_python():
    assert kinds()["Chain"].make is containers.Chain
    assert kinds()["Mix"].make is containers.Mix
    assert [it for it in kinds() if kinds()[it].container] == ["Chain", "Mix"]


def test_plugins_are_known_by_what_they_are_loaded_with():
    kind = kinds()["VST3Plugin"]
    assert kind.plugin
    assert {"path", "plugin_name", "state", "parameters"} <= set(kind.parameters)


@pytest.mark.parametrize("name", MADE)
def test_defaults_are_what_a_new_effect_has(name):
    kind = kinds()[name]
    effect = kind.make()
    for it in kind.parameters.values():
        value = getattr(effect, it.name)
        if it.kind == "choice":
            assert str(value).endswith(it.default)
        else:
            assert it.check(it.default) == it.default
            assert value == np.float32(it.default)


@pytest.mark.parametrize(("kind", "name"), NUMBERS)
def test_both_ends_of_a_range_are_taken_and_make_finite_sound(kind, name):
    parameter = kinds()[kind].parameters[name]
    for end in (parameter.least, parameter.most):
        effect = kinds()[kind].make()
        setattr(effect, name, parameter.check(end))
        assert getattr(effect, name) == pytest.approx(end, rel=1e-5, abs=1e-5)
        assert np.isfinite(effect(NOISE, RATE)).all()


@pytest.mark.parametrize("wrong", [math.nan, math.inf, -math.inf, 1e300, 10**400, True, [], "x"])
def test_what_is_no_finite_number_is_refused(wrong):
    for kind, name in NUMBERS:
        with pytest.raises(ValueError, match=r"^must be .*, not "):
            kinds()[kind].parameters[name].check(wrong)


def test_ranges_that_pedalboard_has_are_found():
    assert reach("Reverb", "wet_level") == (0, 1)
    assert reach("Delay", "delay_seconds") == (0, 30)
    assert reach("Bitcrush", "bit_depth") == (0, 32)
    assert reach("Compressor", "ratio")[0] == 1


def reach(kind, name):
    it = kinds()[kind].parameters[name]
    return it.least, it.most


def test_units_are_in_the_names():
    units = {it.unit for name in MADE for it in kinds()[name].parameters.values()}
    assert units >= {"dB", "Hz", "ms", "s", "semitones", ""}
    assert kinds()["Resample"].parameters["target_sample_rate"].unit == "Hz"


def test_an_enum_is_a_choice_by_the_names_of_its_members():
    mode = kinds()["LadderFilter"].parameters["mode"]
    assert mode.kind == "choice"
    assert mode.words == tuple(pedalboard.LadderFilter.Mode.__members__)
    assert mode.check("hpf12") == "HPF12"


def test_a_convolution_is_given_a_file():
    kind = kinds()["Convolution"]
    assert kind.given == ("impulse_response_filename",)
    assert kind.parameters["impulse_response_filename"].file
    assert reach("Convolution", "mix") == (0, 1)


# Effects that no pedalboard has yet.


@pytest.fixture
def afresh():
    """Make kinds anew, since there are new classes."""
    kinds.cache_clear()
    yield
    kinds.cache_clear()


def test_an_effect_of_a_later_pedalboard_is_known_by_its_properties(afresh):
    class Wobble(pedalboard.Gain):
        """What a subclass in C++ would look like."""

        _speed, _deep, _tune = 3, False, "slow"

        @property
        def speed(self):
            return self._speed

        @speed.setter
        def speed(self, value):
            if not isinstance(value, int) or not 1 <= value <= 16:
                raise ValueError("no")
            self._speed = value

        deep = property(lambda it: it._deep, lambda it, value: setattr(it, "_deep", bool(value)))
        tune = property(lambda it: it._tune, lambda it, value: setattr(it, "_tune", str(value)))
        shown = property(lambda it: 7)

    Wobble.__module__ = "pedalboard_native"
    found = kinds()["Wobble"].parameters
    assert set(found) == {"speed", "deep", "tune", "gain_db"}
    assert (found["speed"].least, found["speed"].most, found["speed"].whole) == (1, 16, True)
    assert found["deep"].kind == "switch"
    assert found["tune"].default == "slow"


def test_an_effect_that_needs_more_than_files_is_left_out(afresh):
    class Needy(pedalboard.Gain):
        def __init__(self, blob):
            super().__init__()

    Needy.__init__.__doc__ = "__init__(self: pedalboard_native.Needy, blob: bytes) -> None"
    Needy.__module__ = "pedalboard_native"
    assert "Needy" not in kinds()


def test_somebody_elses_class_is_not_among_them(afresh):
    class Mine(pedalboard.Gain):
        pass

    assert "Mine" not in kinds()


# Restyle's own.


@pytest.mark.parametrize("name", OWN)
def test_options_of_restyles_effects_are_there_but_those_of_a_call(name):
    found = kinds()[name].parameters
    assert not {"on_progress", "threads", "self"} & set(found)
    assert found["seed" if "seed" in found else "lead"]


def test_their_ranges_are_asked_for_too():
    assert reach("StyleTransfer", "strength") == (0, 1)
    assert reach("StyleTransfer", "seed") == (0, 2**63 - 1)
    assert reach("Tweak", "scale") == (0, 4)
    assert reach("Mashup", "balance") == (-1, 1)
    assert reach("Morph", "at") == (0, 1)


def test_what_they_are_given_as_a_file_is_known():
    files = {(name, it.name) for name in OWN for it in kinds()[name].parameters.values() if it.file}
    assert files >= {
        ("StyleTransfer", "style"),
        ("StyleTransfer", "weights"),
        ("StyleTransfer", "notes"),
        ("Morph", "other"),
        ("Mashup", "a"),
        ("Tweak", "style"),
    }
    assert kinds()["Morph"].given == ("other",)
    assert kinds()["StyleTransfer"].parameters["preset"].kind == "text"


@pytest.mark.parametrize("name", OWN)
def test_each_word_of_a_choice_is_taken(name):
    silence = np.zeros((1, 8), np.float32), 44_100.0
    given = {"StyleTransfer": {"style": silence}, "Morph": {"other": silence}}
    given |= {"Mashup": {"a": silence}, "Tweak": {}}
    kind = kinds()[name]
    for it in kind.parameters.values():
        for word in it.words:
            assert getattr(kind.make(**given[name], **{it.name: word}), it.name) == word
        if it.words:
            assert it.default in it.words


def test_what_a_chain_has_no_room_for_is_left_out():
    assert "max" not in kinds()["Tweak"].parameters


def test_classes_are_the_ones_that_users_import():
    assert [kinds()[it].make for it in ("StyleTransfer", "Tweak", "Morph")] == [
        StyleTransfer,
        Tweak,
        Morph,
    ]


def test_asking_which_kinds_there_are_loads_no_networks():
    code = (
        "import sys\n"
        "from effects.chains.kinds import kinds\n"
        "assert 'Tweak' in kinds() and len(list(kinds())) > 30\n"
        "kinds()['Reverb']\n"
        "sys.exit(any(it in sys.modules for it in ('torch', 'librosa', 'effects.tweak')))"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env=os.environ)


# Values.


def test_numbers_come_as_floats_and_texts_too():
    whole = Parameter(name="seed", kind="number", least=0, most=9, whole=True)
    assert [whole.check(it) for it in (3, 3.0, "3")] == [3, 3, 3]
    assert isinstance(whole.check(3.0), int)
    for wrong in (3.5, "3.5", 10, -1, math.nan):
        with pytest.raises(ValueError, match="a whole number between 0 and 9, not"):
            whole.check(wrong)
    share = Parameter(name="mix", kind="number", least=0.0, most=1.0, unit="")
    assert [share.check(it) for it in (1, "0.5", 0.25)] == [1.0, 0.5, 0.25]


def test_switches_come_as_numbers_and_texts_too():
    switch = Parameter(name="true_peak", kind="switch")
    assert [switch.check(it) for it in (True, 1, 1.0, "on", "True")] == [True] * 5
    assert [switch.check(it) for it in (False, 0, 0.0, "off", "false")] == [False] * 5
    for wrong in (2, 0.5, "maybe", math.nan):
        with pytest.raises(ValueError, match="true or false"):
            switch.check(wrong)


def test_a_preset_may_be_given_by_its_number():
    preset = Parameter(name="preset", kind="text")
    assert [preset.check(it) for it in (41, 41.0, "violin")] == ["41", "41", "violin"]
    with pytest.raises(ValueError, match="a text"):
        preset.check(True)


def test_messages_have_the_unit_and_stay_short():
    with pytest.raises(ValueError, match=r"^must be between 1 and 20000 Hz, not 0$"):
        kinds()["HighpassFilter"].parameters["cutoff_frequency_hz"].check(0)
    with pytest.raises(ValueError, match=r"not 'xxx.*\.\.\.$") as caught:
        kinds()["HighpassFilter"].parameters["cutoff_frequency_hz"].check("x" * 10_000)
    assert len(str(caught.value)) < 120


def test_misspelt_names_are_answered_with_the_likely_ones():
    assert likely("Rverb", kinds()) == ": did you mean 'Reverb'?"
    assert likely("reverb", kinds()) == ": did you mean 'Reverb'?"
    assert likely("qqq", ["a", "b"]) == ": choose one of a, b."
    assert likely("qqq", []) == ": it has none."


@pytest.mark.parametrize("value", [0.8, 1 / 3, 1e-7, 123.456])
def test_values_are_as_short_as_the_effect_takes_them_for_what_it_has(value):
    effect = pedalboard.Reverb(wet_level=min(value, 1.0))
    short = shortest(pedalboard.Reverb(), "wet_level", effect.wet_level)
    assert np.float32(short) == np.float32(min(value, 1.0))
    assert len(f"{short}") <= 12
    assert (
        shortest(pedalboard.Reverb(), "wet_level", pedalboard.Reverb(wet_level=0.8).wet_level)
        == 0.8
    )
