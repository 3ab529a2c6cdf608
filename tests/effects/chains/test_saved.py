"""Boards written down as chains, and built again: the same settings, the same bits."""

import copy

import numpy as np
import pedalboard
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from support.drawn_chains import NATIVE, chains, effects
from support.samplers import tune

from effects import Mashup, Morph, PythonEffect, Score, StyleTransfer, Tweak
from effects.boards.containers import Chain as OwnChain
from effects.boards.containers import Mix
from effects.chains.build import build
from effects.chains.saved import to_chain
from effects.engines.sampler.engine import Sampler
from presets.chain_files.chain import Chain, ChainError, Controller, parse, render

RATE = 22_050
NOISE = np.random.default_rng(0).uniform(-0.5, 0.5, (2, 3000)).astype(np.float32)
SILENCE = np.zeros((1, 100), np.float32), 44_100.0


@pytest.fixture
def clip(tmp_path):
    soundfile.write(tmp_path / "clip.wav", tune([(0.1, 0.5, 60)], 1.0, RATE), RATE)
    return str(tmp_path / "clip.wav")


def again(chain):
    """A chain built and written down."""
    built = build(chain)
    return to_chain(
        built.members,
        label=chain.label,
        note=chain.note,
        tail=chain.tail,
        midi=chain.midi,
        named=built.named,
    )


def written(*members, **options):
    """The settings of each effect that is written down."""
    return [dict(it.settings) for it in to_chain(members, **options).effects]


def same_sound(one, other):
    return np.array_equal(OwnChain(one)(NOISE, RATE), OwnChain(other)(NOISE, RATE), equal_nan=True)


@settings(max_examples=60, deadline=None)
@given(chains())
def test_a_chain_is_the_same_after_it_was_built_and_written_down(chain):
    first = again(chain)
    assert again(first) == first
    assert again(parse(render(first))) == first
    assert same_sound(build(chain).members, build(first).members)


@settings(max_examples=30, deadline=None)
@given(chains())
def test_boards_that_were_made_by_hand_are_written_down_as_they_are(chain):
    members = [copy.deepcopy(OwnChain([it]))[0] for it in build(chain).members]  # no memory of it
    first = to_chain(members, tail=chain.tail, label=chain.label)
    assert again(first) == first
    there = [it.settings for it in first.every_effect()]
    assert there == [it.settings for it in to_chain(build(first).members).every_effect()]


@pytest.mark.parametrize("name", NATIVE)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_each_effect_comes_back_with_its_settings(name, data):
    effect = data.draw(effects(name))
    (member,) = build(Chain(effects=(effect,))).members
    (back,) = build(parse(render(to_chain([member])))).members
    for it in type(member).__dict__:
        if isinstance(getattr(type(member), it), property):
            assert getattr(back, it) == getattr(member, it)
    assert same_sound([member], [back])


def test_only_what_is_not_the_default_is_written_and_as_short_as_it_can_be():
    assert written(pedalboard.Reverb(), pedalboard.Reverb(wet_level=0.8, dry_level=0.4)) == [
        {},
        {"wet_level": 0.8},
    ]
    assert written(pedalboard.HighShelfFilter(gain_db=3.3, q=0.7)) == [{"gain_db": 3.3, "q": 0.7}]
    assert written(pedalboard.LadderFilter(mode=pedalboard.LadderFilter.BPF24)) == [
        {"mode": "BPF24"}
    ]
    assert written(pedalboard.BrickwallLimiter(true_peak=True)) == [{"true_peak": True}]


def test_what_was_changed_after_it_was_built_is_written_as_it_is_now():
    (shelf,) = build(parse('[[effects]]\ntype="HighShelfFilter"\ngain_db=3\nq=2.5')).members
    shelf.gain_db = -4.4
    assert written(shelf) == [{"gain_db": -4.4, "q": 2.5}]


def test_containers_and_names_and_all_that_a_chain_says_come_back():
    chain = parse("""
    label = "Both"
    note = "Beside each other."
    tail = "keep"
    [[effects]]
    type = "Mix"
    name = "both"
    effects = [
        { type = "Gain", name = "quiet", gain_db = -6.5 },
        { type = "Chain", effects = [{ type = "Gain" }, { type = "Gain", gain_db = 2.0 }] },
        { type = "Mix", effects = [] },
    ]
    [midi]
    7 = "quiet.gain_db"
    91 = { parameter = "gain.gain_db", from = -3.0, to = 3.0 }
    """)
    assert again(chain) == chain
    assert again(chain).midi[91] == Controller("gain.gain_db", -3.0, 3.0)


def test_pedalboards_own_containers_are_written_as_well():
    stock = pedalboard.Pedalboard([pedalboard.Mix([pedalboard.Gain(2)])])
    (outer,) = to_chain([stock]).effects
    assert outer.type == "Chain"
    assert outer.effects[0].type == "Mix"
    assert outer.effects[0].effects[0].settings == {"gain_db": 2.0}


def test_none_is_left_out():
    assert [it.type for it in to_chain([None, pedalboard.Gain(), None]).effects] == ["Gain"]
    (mix,) = to_chain([Mix([None, pedalboard.Gain()])]).effects
    assert len(mix.effects) == 1


def test_names_are_made_up_for_those_that_have_none():
    gains = [pedalboard.Gain() for _ in range(3)]
    chain = to_chain(gains, named={"gain": gains[1]})
    assert [it.name for it in chain.effects] == ["gain-2", "gain", "gain-3"]
    assert parse(render(chain)) == chain


# Restyle's own.


def test_a_preset_is_always_written_and_what_it_advises_is_not():
    assert written(StyleTransfer(preset="violin")) == [{"preset": "violin"}]
    assert written(StyleTransfer(preset=41, strength=0.8, drums="play")) == [
        {"preset": "viola", "strength": 0.8, "drums": "play"}
    ]
    assert written(StyleTransfer(preset="violin", engine="infinite")) == [
        {"preset": "violin", "engine": "infinite"}
    ]
    assert written(StyleTransfer(preset="violin", engine="infinite", strength=1)) == [
        {"preset": "violin", "engine": "infinite", "strength": 1.0}
    ]


def test_files_are_written_with_their_whole_path(clip, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert written(StyleTransfer("clip.wav")) == [{"style": clip}]
    assert written(Morph("clip.wav", at=0.25, tempo="own")) == [
        {"other": clip, "at": 0.25, "tempo": "own"}
    ]
    assert written(Mashup("clip.wav", balance=-0.5)) == [{"a": clip, "balance": -0.5}]
    assert written(pedalboard.Convolution("clip.wav", mix=0.3)) == [
        {"impulse_response_filename": clip, "mix": 0.3}
    ]


def test_changes_of_a_tweak_are_written(clip):
    tweak = Tweak(preset="violin", scale=1.2, flatten=0.5, towards="cello", seed=7)
    assert written(tweak) == [
        {"preset": "violin", "scale": 1.2, "flatten": 0.5, "towards": "cello", "seed": 7}
    ]
    assert written(Tweak()) == [{}]


def test_they_come_back_with_all_of_it(clip):
    members = [
        StyleTransfer(preset="violin", strength=1 / 3, mix=0.1, seed=2**62, dynamics=0.0),
        Tweak(style=clip, shuffle=0.1, noise=1e-5, seed=2**70 % 2**63),
        Morph(clip, at=0.7, method="both", seed=3),
        Mashup(clip, lead="auto", key="none"),
    ]
    back = build(parse(render(to_chain(members)))).members
    assert [repr(it).partition(" at 0x")[0] for it in back] == [
        repr(it).partition(" at 0x")[0] for it in members
    ]
    assert to_chain(back) == to_chain(members)


class Somebodys(PythonEffect):
    def _render(self, audio, sample_rate):
        return audio


class Gain(pedalboard.Gain):
    """Of the same name as pedalboard's."""


@pytest.mark.parametrize(
    ("make", "line"),
    [
        (lambda clip: Somebodys(), "Somebodys cannot be in a chain: only pedalboard's"),
        (lambda clip: Gain(), "Gain cannot be in a chain"),
        (lambda clip: StyleTransfer(SILENCE), "StyleTransfer: its style is no file"),
        (lambda clip: StyleTransfer(clip, engine=Sampler()), "its engine is an object"),
        (
            lambda clip: StyleTransfer(clip, notes=Score("nothing", 1.0, (), ())),
            "its notes is no file",
        ),
        (lambda clip: Morph(SILENCE), "its other is no file"),
        (lambda clip: Morph([clip, clip]), "its other is several files"),
        (lambda clip: Morph(clip, at="0:1"), "its at must be between 0 and 1, not '0:1'"),
        (lambda clip: Mashup(SILENCE), "its a is no file"),
        (lambda clip: Tweak(max=3), "its max cannot be written"),
        (lambda clip: Tweak(towards=[0.5] * 120), "its towards is an object"),
        (lambda clip: Tweak(towards=clip), "no preset"),
        (
            lambda clip: pedalboard.Convolution(np.ones(9, np.float32), sample_rate=44_100),
            "its impulse_response_filename is an array",
        ),
        (lambda clip: pedalboard.Gain(200), "gain_db must be between -100 and 100 dB, not 200.0"),
        (lambda clip: pedalboard.Chorus(mix=float("nan")), "mix must be between 0 and 1, not nan"),
    ],
)
def test_what_cannot_be_written_is_named_with_the_remedy(make, line, clip):
    with pytest.raises(ChainError) as caught:
        to_chain([OwnChain([make(clip)])])
    assert line in str(caught.value)
    assert str(caught.value).isprintable()
