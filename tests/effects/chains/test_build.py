"""What is wrong with a chain is said in one line each; what is right is built."""

from dataclasses import replace

import numpy as np
import pedalboard
import pytest
import soundfile
from support.samplers import tune

from effects import Morph, StyleTransfer
from effects.boards.containers import Chain as OwnChain
from effects.boards.containers import Mix
from effects.boards.origins import origin_of
from effects.chains.build import build, check, describe
from effects.chains.plugins import PluginFolders
from presets.chain_files.chain import Chain, ChainError, Controller, Effect, parse, read

RATE = 22_050


def one(kind, **settings):
    return Chain(name="mine", effects=(Effect(type=kind, name="it", settings=settings),))


def wrong(chain, plugins=None):
    """The only line about what is wrong with a chain."""
    lines = check(chain, *([plugins] if plugins else []))
    assert len(lines) == 1, lines
    assert lines[0].isprintable()
    with pytest.raises(ChainError) as caught:
        build(chain, *([plugins] if plugins else []))
    assert str(caught.value) == lines[0]
    return lines[0]


@pytest.fixture
def clip(tmp_path):
    soundfile.write(tmp_path / "clip.wav", tune([(0.1, 0.5, 60)], 1.0, RATE), RATE)
    return tmp_path / "clip.wav"


def test_effects_are_built_in_their_order_with_their_settings_and_names():
    chain = parse("""
    [[effects]]
    type = "HighpassFilter"
    name = "low-cut"
    cutoff_frequency_hz = 80
    [[effects]]
    type = "Mix"
    name = "both"
    effects = [
        { type = "Gain", gain_db = -6 },
        { type = "Chain", effects = [{ type = "LadderFilter", mode = "HPF12", drive = 2 }] },
    ]
    [[effects]]
    type = "StyleTransfer"
    preset = "violin"
    strength = 0.5
    """)
    assert check(chain) == []
    built = build(chain, threads=1)
    cut, both, style = built.members
    gain, inner = both
    assert isinstance(both, Mix)
    assert isinstance(inner, OwnChain)
    assert cut.cutoff_frequency_hz == 80
    assert gain.gain_db == -6
    assert (inner[0].mode, inner[0].drive) == (pedalboard.LadderFilter.HPF12, 2)
    assert (style.preset, style.strength, style.threads) == ("violin", 0.5, 1)
    assert list(built.named) == [
        "low-cut",
        "both",
        "gain",
        "chain",
        "ladderfilter",
        "styletransfer",
    ]
    assert built.named["gain"] is gain
    assert built.named["both"] is both


def test_a_chain_of_nothing_is_right():
    assert check(Chain()) == []
    assert build(Chain()).members == []


@pytest.mark.parametrize(
    ("chain", "line"),
    [
        (one("Rverb"), "mine: it (Rverb): there is no effect 'Rverb': did you mean 'Reverb'?"),
        (one("Reverb", wetlevel=1), "'wetlevel': did you mean 'wet_level'?"),
        (one("Reverb", width=3), "mine: it (Reverb): width must be between 0 and 1, not 3."),
        (one("Reverb", width="wide"), "width must be between 0 and 1, not 'wide'."),
        (one("Reverb", width=float("nan")), "width must be between 0 and 1, not nan."),
        (one("Reverb", width={"a": 1}), "width must be between 0 and 1, not {'a': 1}."),
        (one("Invert", gain=1), "no parameter 'gain': it has none."),
        (one("Mix", gain=1), "no parameter 'gain': it has none."),
        (one("LowpassFilter", cutoff=1), "'cutoff': did you mean 'cutoff_frequency_hz'?"),
        (one("VST3", path="No.vst3"), "no effect 'VST3': did you mean 'VST3Plugin'?"),
        (one("Nothing"), "choose one of Bitcrush, "),
        (one("VST3Plugin", path="No.vst3", gain=1), "as parameters = { NAME = VALUE }."),
        (one("LadderFilter", mode="HPF13"), "mode must be one of LPF12, HPF12,"),
        (one("Convolution"), "impulse_response_filename has to be given."),
        (one("Convolution", impulse_response_filename="no.wav"), "there is no file 'no.wav'"),
        (one("Convolution", impulse_response_filename="\0"), "there is no file"),
        (one("Convolution", impulse_response_filename="."), "cannot be opened ("),
        (one("StyleTransfer"), "name its preset, or its style, a sound file."),
        (one("StyleTransfer", preset="violine"), "There is no preset 'violine'"),
        (one("StyleTransfer", preset="violin", engine="sample"), "engine must be one of sampler,"),
        (
            one("StyleTransfer", preset="violin", engine="infinite", drums="play"),
            "drums is only for",
        ),
        (one("Morph"), "other has to be given."),
        (one("Mashup"), "a has to be given."),
        (one("Tweak", towards="/etc/passwd"), "towards: There is no preset"),
        (one("Tweak", more_notes=9), "more_notes must be between -4 and 4, not 9."),
        (one("VST3Plugin"), "path has to be given."),
        (one("VST3Plugin", path="No.vst3"), "There is no plugin No.vst3 in "),
        (one("VST3Plugin", path="No.vst3", state="?"), "state is no text that was saved"),
        (one("VST3Plugin", path="No.vst3", parameters=3), "parameters must be a table"),
        (
            one("VST3Plugin", path="No.vst3", parameters={"a": float("inf")}),
            "has 'a', which must be",
        ),
        (one("Gain", gain_db=10**5000), "gain_db must be between -100 and 100 dB, not a number of"),
        (Chain(effects=(Effect(type="Gain", effects=(Effect(type="Gain"),)),)), "only a Chain and"),
        (Chain(tail="long"), "tail must be one of cut, keep, not 'long'."),
    ],
)
def test_what_is_wrong_is_one_line_that_says_what_is_possible(chain, line):
    assert line in wrong(chain)


def test_all_that_is_wrong_is_listed():
    chain = parse(
        '[[effects]]\ntype="Reverb"\nwidth=2\ndepth=1\n[[effects]]\ntype="Nope"\n[midi]\n3="no.gain"'
    )
    assert len(check(chain)) == 4


def test_messages_name_the_file(tmp_path):
    (tmp_path / "warm.toml").write_text('[[effects]]\ntype = "Gain"\ngain_db = 300\n')
    assert wrong(read(tmp_path / "warm.toml")).startswith(f"{tmp_path / 'warm.toml'}: gain: ")


def test_two_effects_may_not_have_one_name():
    gain = Effect(type="Gain", name="a")
    other = Effect(type="Reverb", name="A")
    assert "two effects have this name" in wrong(Chain(effects=(gain, other)))


def test_effects_without_names_get_some():
    gain = Effect(type="Gain")  # one object in two places is two effects
    built = build(Chain(effects=(gain, gain)))
    assert list(built.named) == ["gain", "gain-2"]
    assert built.members[0] is not built.members[1]


# Files.


def test_files_are_relative_to_the_chains_file(tmp_path, clip, monkeypatch):
    (tmp_path / "mine.toml").write_text(
        '[[effects]]\ntype="StyleTransfer"\nstyle="clip.wav"\n'
        '[[effects]]\ntype="Morph"\nother="clip.wav"\n'
        '[[effects]]\ntype="Convolution"\nimpulse_response_filename="clip.wav"\nmix=0.25\n'
    )
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    chain = read(tmp_path / "mine.toml")
    assert check(chain) == []
    style, morph, convolution = build(chain).members
    assert (style.style, morph.other) == (str(clip), str(clip))
    assert (convolution.impulse_response_filename, convolution.mix) == (str(clip), 0.25)
    assert isinstance(style, StyleTransfer)
    assert isinstance(morph, Morph)


def test_a_file_that_is_no_sound_is_one_line(tmp_path):
    (tmp_path / "bad.wav").write_bytes(b"RIFF")
    wrong(one("Convolution", impulse_response_filename=str(tmp_path / "bad.wav")))
    wrong(one("StyleTransfer", preset="violin", notes=str(tmp_path / "bad.wav")))


def test_a_chain_that_was_sent_may_name_no_files(clip):
    line = wrong(one("StyleTransfer", style=str(clip)), PluginFolders(only=True))
    assert "style is a file, and chains that are sent may name none" in line
    assert check(one("StyleTransfer", style=str(clip))) == []


def test_a_preset_and_a_style_are_one_too_many(clip):
    for kind in ("StyleTransfer", "Tweak"):
        line = wrong(one(kind, style=str(clip), preset="violin"))
        assert "a preset and a style: leave one of them out" in line


# Controllers.


def midi(number, controller):
    style = Effect(type="StyleTransfer", name="cello", settings={"preset": "cello"})
    reverb = Effect(type="Reverb", name="reverb")
    limiter = Effect(type="BrickwallLimiter", name="end")
    ladder = Effect(type="LadderFilter", name="ladder")
    tweak = Effect(type="Tweak", name="tweak")
    return Chain(effects=(style, reverb, limiter, ladder, tweak), midi={number: controller})


@pytest.mark.parametrize(
    "controller",
    [
        Controller("strength"),
        Controller("Cello.mix", 1.0, 0.0),
        Controller("reverb.wet_level", 0.1, 0.6),
        Controller("end.true_peak"),
        Controller("ladder.mode"),
    ],
)
def test_controllers_may_move_numbers_switches_and_words(controller):
    assert check(midi(74, controller)) == []


@pytest.mark.parametrize(
    ("number", "controller", "line"),
    [
        (74, Controller("reverb.wetlevel"), "did you mean 'wet_level'?"),
        (74, Controller("hall.wet_level"), "has no effect 'hall'"),
        (74, Controller("reverb.wet_level", 0.1, 6.0), "to must be between 0 and 1, not 6.0."),
        (74, Controller("seed"), "no parameter 'seed' that can move: choose one of strength, mix."),
        (74, Controller("tweak.scale"), "nothing of a Tweak can move while it plays."),
        (74, Controller("end.true_peak", 0.0), "is no number, so it has no from: leave that out."),
        (128, Controller("reverb.wet_level"), "from 0 to 127"),
    ],
)
def test_what_a_controller_cannot_move_is_said(number, controller, line):
    text = wrong(midi(number, controller))
    assert text.startswith(f"The chain: MIDI controller {number}: ")
    assert line in text


def test_two_controllers_cannot_move_one_parameter():
    chain = replace(
        midi(74, Controller("strength")),
        midi={74: Controller("strength"), 75: Controller("cello.strength")},
    )
    assert "controllers 74 and 75 both move cello.strength" in wrong(chain)


# Plugins, of which none is loaded here.


def test_a_file_that_is_no_plugin_is_one_line_with_its_name(tmp_path):
    (tmp_path / "Hall.vst3").write_bytes(b"not a plugin")
    chain = one("VST3Plugin", path=str(tmp_path / "Hall.vst3"))
    assert check(chain) == []  # it is there; what it is, loading it tells
    told = []
    with pytest.raises(ChainError, match=r"the plugin Hall\.vst3 cannot be loaded: ") as caught:
        build(chain, on_plugin=told.append)
    assert str(caught.value).isprintable()
    assert told == ["Hall.vst3"]


def test_no_plugin_is_loaded_where_anything_else_is_wrong(tmp_path):
    (tmp_path / "Hall.vst3").write_bytes(b"")
    hall = one("VST3Plugin", path=str(tmp_path / "Hall.vst3")).effects
    told = []
    with pytest.raises(ChainError, match="width"):
        build(Chain(effects=(*hall, *one("Reverb", width=3).effects)), on_plugin=told.append)
    assert told == []


def test_only_plugins_can_be_described():
    chain = one("Gain")
    with pytest.raises(ChainError, match="it is no plugin"):
        describe(chain.effects[0], chain)


def test_what_was_set_is_remembered_as_it_was_written():
    (shelf,) = build(one("HighShelfFilter", gain_db=3)).members
    assert origin_of(shelf).name == "it"
    assert origin_of(shelf).values["gain_db"] == (3, shelf.gain_db)
    assert shelf(np.ones((1, 10), np.float32), RATE).shape == (1, 10)
