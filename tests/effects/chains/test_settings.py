"""Settings of a chain by name: the StyleTransfer's own, and those of other effects."""

from dataclasses import replace

import pytest

from effects.chains.settings import parameters, with_settings
from presets.chain_files.chain import Chain, ChainError, Effect, parse

STRINGS = parse("""
[[effects]]
type = "HighpassFilter"
name = "low-cut"
cutoff_frequency_hz = 80
[[effects]]
type = "StyleTransfer"
name = "cello"
style = "clip.wav"
strength = 0.9
[[effects]]
type = "VST3Plugin"
path = "Hall.v2.vst3"
name = "hall"
parameters = { dry_level = 70, wide = true, mode = "big" }
[[effects]]
type = "Mix"
effects = [{ type = "Gain", gain_db = -6 }, { type = "BrickwallLimiter" }]
""")
TWO = parse('[[effects]]\ntype="StyleTransfer"\nname="cello"\n[[effects]]\ntype="StyleTransfer"')


def said(chain, name):
    """What a chain says of an effect's setting."""
    owner, _, parameter = name.rpartition(".")
    (effect,) = [it for it in chain.every_effect() if it.name == owner]
    return effect.settings[parameter]


def refused(chain, **settings):
    with pytest.raises(ChainError) as caught:
        with_settings(chain, {name.replace("__", "."): it for name, it in settings.items()})
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_settings_of_the_style_are_listed_by_their_plain_names_and_others_with_the_effects():
    found = parameters(STRINGS)
    assert {"strength", "mix", "preset", "low-cut.cutoff_frequency_hz", "gain.gain_db"} <= set(
        found
    )
    assert "cello.strength" not in found


def test_they_have_the_chains_values_as_defaults_and_the_effects_ranges():
    found = parameters(STRINGS)
    cut = found["low-cut.cutoff_frequency_hz"]
    assert (cut.default, cut.least, cut.most, cut.unit) == (80, 1, 20_000, "Hz")
    assert (found["strength"].default, found["mix"].default) == (0.9, None)
    assert found["gain.gain_db"].default == -6


def test_of_a_plugin_what_the_chain_sets_is_listed_with_open_ranges():
    found = {name: it for name, it in parameters(STRINGS).items() if name.startswith("hall.")}
    assert set(found) == {"hall.dry_level", "hall.wide", "hall.mode"}
    level = found["hall.dry_level"]
    assert (level.kind, level.default, level.least, level.most) == ("number", 70, None, None)
    assert (found["hall.wide"].kind, found["hall.mode"].kind) == ("switch", "text")


def test_files_are_not_among_the_settings():
    assert not [name for name in parameters(STRINGS) if "style" in name or "weights" in name]
    assert "chain's file" in refused(STRINGS, style="/etc/passwd")
    assert "chain's file" in refused(STRINGS, hall__path="/tmp/evil.vst3")
    assert "chain's file" in refused(STRINGS, hall__state="AAAA")


def test_with_two_styles_all_have_their_effects_name_before_them():
    found = parameters(TWO)
    assert {"cello.strength", "styletransfer.strength"} <= set(found)
    assert "strength" not in found
    text = refused(TWO, strength=0.5)
    assert "cello.strength or styletransfer.strength" in text
    assert said(with_settings(TWO, {"cello.strength": 0.5}), "cello.strength") == 0.5


def test_a_chain_without_a_style_says_so():
    text = refused(parse('[[effects]]\ntype="Reverb"'), strength=0.5)
    assert "no StyleTransfer" in text
    assert "reverb.room_size" in text
    assert "no StyleTransfer" in refused(Chain(), strength=0.5)


def test_a_setting_goes_to_the_style_or_to_the_effect_it_names_in_any_case():
    changed = with_settings(STRINGS, {"strength": 0.5, "Low-Cut.cutoff_frequency_hz": 100.0})
    assert said(changed, "cello.strength") == 0.5
    assert said(changed, "low-cut.cutoff_frequency_hz") == 100
    assert said(with_settings(STRINGS, {"cello.mix": 1}), "cello.mix") == 1.0


def test_effects_in_containers_are_reached_and_all_else_stays():
    changed = with_settings(STRINGS, {"gain.gain_db": -3, "brickwalllimiter.true_peak": 1.0})
    assert said(changed, "gain.gain_db") == -3
    assert said(changed, "brickwalllimiter.true_peak") is True
    assert changed.effects[:3] == STRINGS.effects[:3]
    assert replace(changed, effects=STRINGS.effects) == STRINGS
    assert said(STRINGS, "gain.gain_db") == -6  # the chain itself does not change


def test_a_plugins_parameters_go_into_its_table_unseen():
    changed = with_settings(STRINGS, {"hall.dry_level": 60.0, "hall.early_level": 20})
    told = said(changed, "hall.parameters")
    assert told == {"dry_level": 60.0, "wide": True, "mode": "big", "early_level": 20}


def test_a_preset_takes_the_place_of_a_style():
    changed = with_settings(STRINGS, {"preset": "violin"})
    (cello,) = [it for it in changed.effects if it.name == "cello"]
    assert cello.settings == {"preset": "violin", "strength": 0.9}


def test_what_is_misspelt_is_answered_with_the_likely():
    assert "did you mean 'strength'?" in refused(STRINGS, strenth=1)
    assert "did you mean 'low-cut'?" in refused(STRINGS, lowcut__gain=1)
    assert "choose one of gain_db" in refused(STRINGS, gain__zzz=1)
    assert "no settings of its own" in refused(STRINGS, mix__zzz=1)


def test_impossible_values_are_answered_with_the_range():
    assert "between 1 and 20000 Hz, not 0.0" in refused(
        STRINGS, **{"low-cut__cutoff_frequency_hz": 0.0}
    )
    assert "strength must be between 0 and 1" in refused(STRINGS, strength=2)
    assert "strength" in refused(STRINGS, strength=float("nan"))


def test_effects_that_nobody_named_are_called_by_their_types():
    chain = Chain(effects=(Effect(type="Gain"), Effect(type="Reverb")))
    changed = with_settings(chain, {"gain.gain_db": 3})
    assert changed.effects == (Effect(type="Gain", settings={"gain_db": 3}), Effect(type="Reverb"))
    twice = Chain(effects=(Effect(type="Gain"), Effect(type="Gain")))
    assert "2 effects 'gain'" in refused(twice, gain__gain_db=3)
