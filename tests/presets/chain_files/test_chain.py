"""Chains as texts: what is written is read again, and what is wrong is said in one line."""

import copy
import math
import os
import pickle
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from presets.chain_files import toml_text
from presets.chain_files.chain import (
    CONTAINERS,
    MAX_DEPTH,
    MAX_EFFECTS,
    BrokenChain,
    Chain,
    Controller,
    Effect,
    parse,
    read,
    render,
)
from presets.chain_files.toml_text import MAX_TEXT_BYTES

TEXT = """\
label = "Warm strings"
note = "In a hall"
tail = "keep"

[[effects]]
type = "HighpassFilter"
name = "low-cut"
cutoff_frequency_hz = 80

[[effects]]
type = "Mix"
effects = [{ type = "Gain", gain_db = -6.0 }, { type = "Reverb" }, { type = "Gain" }]

[[effects]]
type = "VST3Plugin"
path = "plugins/Dragonfly Hall.vst3"
parameters = { dry_level = 70, freeze = true }

[midi]
74 = "low-cut.cutoff_frequency_hz"
91 = { parameter = "reverb.wet_level", from = 0.6, to = 0 }
"""

# What is written is read


def test_a_chain_is_read():
    chain = parse(TEXT, name="warm")
    assert (chain.name, chain.label, chain.note) == ("warm", "Warm strings", "In a hall")
    assert chain.tail == "keep"
    low_cut, mix, plugin = chain.effects
    assert low_cut == Effect(
        type="HighpassFilter", name="low-cut", settings={"cutoff_frequency_hz": 80}
    )
    assert [it.settings for it in mix.effects] == [{"gain_db": -6.0}, {}, {}]
    assert plugin.settings["parameters"] == {"dry_level": 70, "freeze": True}
    names = [it.name for it in chain.every_effect()]
    assert names == ["low-cut", "mix", "gain", "reverb", "gain-2", "dragonfly-hall"]
    assert chain.midi == {
        74: Controller("low-cut.cutoff_frequency_hz"),
        91: Controller("reverb.wet_level", 0.6, 0),
    }


def test_a_text_is_understood_once_whoever_says_it(monkeypatch):
    text = "[[effects]]\ntype = 'Gain'\ngain_db = 4.25\n"
    one = parse(text, name="one", path=Path("one.toml"))
    with monkeypatch.context() as patch:
        patch.setattr(toml_text, "load", None)
        other = parse(text, name="other")
    assert other.effects == one.effects
    assert (one.name, one.path, other.name, other.path) == ("one", Path("one.toml"), "other", None)


def test_only_the_effects_must_be_said():
    assert parse("effects = []") == Chain()
    assert Chain().tail == "cut"


def test_where_a_chain_was_read_does_not_make_it_another(tmp_path):
    (tmp_path / "a.toml").write_text(TEXT)
    read_again = read(tmp_path / "a.toml")
    assert read_again.path == tmp_path / "a.toml"
    assert read_again == parse(TEXT, name="a", built_in=True)
    assert read_again != parse(TEXT, name="b")


def test_a_given_name_is_never_taken_by_another():
    text = 'effects = [{type="Gain"}, {type="Gain", name="gain"}, {type="Gain", name="gain-3"}]'
    chain = parse(text)
    assert [it.name for it in chain.effects] == ["gain-2", "gain", "gain-3"]
    assert parse(render(chain)) == chain
    longer = text.replace("]", ', {type="Gain"}]')
    assert [it.name for it in parse(longer).effects] == ["gain-2", "gain", "gain-3", "gain-4"]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("ZamDelay.vst3", "zamdelay"),
        ("/usr/lib/vst3/Zam Delay 2.0.vst3/", "zam-delay-2-0"),
        ("C:\\Plugins\\Echo.vst3", "echo"),
        ("???.vst3", "vst3plugin"),
        ("x" * 300 + ".vst3", "x" * 64),
    ],
)
def test_a_plugin_is_called_as_its_file(path, name):
    [plugin] = parse(
        render(Chain(effects=(Effect(type="VST3Plugin", settings={"path": path}),)))
    ).effects
    assert plugin.name == name


# What is read is written, and read again

TEXTS = st.text(st.characters(exclude_categories=["C", "Z"], include_characters=" "), max_size=50)
VALUES = (
    st.booleans()
    | st.integers(-(2**63) + 1, 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS
)
KEYS = TEXTS.filter(lambda it: it.strip() and it not in ("type", "name", "effects", "parameters"))
SETTINGS = st.dictionaries(KEYS, VALUES, max_size=4)
WITH_PARAMETERS = st.builds(
    lambda own, table: {**own, "parameters": table}, SETTINGS, st.dictionaries(KEYS, VALUES)
)
STATES = st.binary(max_size=2000).map(lambda it: {"state": it.hex() * 10})
TYPES = st.sampled_from(["Gain", "Reverb", "StyleTransfer", "VST3Plugin", "Ärger", "a_b"])
ONES = st.builds(Effect, type=TYPES, settings=SETTINGS | WITH_PARAMETERS | STATES)


def containers(inside):
    lists = st.lists(inside, max_size=3).map(tuple)
    return st.builds(Effect, type=st.sampled_from(CONTAINERS), settings=SETTINGS, effects=lists)


EFFECTS = st.lists(st.recursive(ONES, containers, max_leaves=12), max_size=5).map(tuple)
ENDS = st.none() | st.floats(allow_nan=False, allow_infinity=False) | st.integers(-9, 9)
PARAMETERS = st.text(st.characters(categories=["L", "N"]), min_size=1).map(
    lambda it: parse(f'effects = []\nmidi = {{ 1 = "{it}.x" }}').midi[1].parameter
)
CHAINS = st.builds(
    Chain,
    name=st.sampled_from(["", "warm"]),
    label=TEXTS,
    note=TEXTS,
    tail=st.sampled_from(["cut", "keep"]),
    effects=EFFECTS,
    midi=st.dictionaries(
        st.integers(0, 127), st.builds(Controller, PARAMETERS, ENDS, ENDS), max_size=4
    ),
)


def exact(it):
    """The same for what is the same, and of the same types: 1, 1.0 and true are three things."""
    if isinstance(it, Effect):
        return it.type, exact(it.settings), [exact(own) for own in it.effects]
    if isinstance(it, Controller):
        return it.parameter, exact(it.least), exact(it.most)
    if hasattr(it, "items"):
        return sorted((key, exact(value)) for key, value in it.items())
    return type(it).__name__, it.hex() if isinstance(it, float) else it


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(CHAINS)
def test_every_chain_is_read_as_it_was_written(made):
    chain = parse(render(made), name=made.name)
    assert [exact(it) for it in chain.effects] == [exact(it) for it in made.effects]
    assert exact(chain.midi) == exact(made.midi)
    assert (chain.label, chain.note, chain.tail) == (made.label, made.note, made.tail)
    assert parse(render(chain), name=chain.name) == chain
    assert render(parse(render(chain))) == render(chain)
    names = [it.name for it in chain.every_effect()]
    assert len({*names}) == len(names)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(CHAINS)
def test_chains_can_be_copied_and_sent_to_other_processes(made):
    chain = parse(render(made), name=made.name, path=Path("a.toml"), built_in=True)
    for same in (pickle.loads(pickle.dumps(chain)), copy.deepcopy(chain)):
        assert same == chain
        assert (same.path, same.built_in) == (chain.path, True)
        assert [exact(it) for it in same.effects] == [exact(it) for it in chain.effects]


def test_nothing_in_a_chain_can_be_changed():
    chain = pickle.loads(pickle.dumps(parse(TEXT)))
    for table in (
        chain.midi,
        chain.effects[0].settings,
        chain.effects[2].settings,
        chain.effects[2].settings["parameters"],
    ):
        with pytest.raises(TypeError):
            table["x"] = 1


def test_a_long_state_is_kept():
    state = "QUJD" * 60_000
    chain = Chain(effects=(Effect(type="VST3Plugin", name="a", settings={"state": state}),))
    assert parse(render(chain)) == chain


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"label": "a\nb"}, "its label is not one line"),
        ({"tail": "long"}, "a tail is 'cut' or 'keep'"),
        ({"midi": {128: Controller("a.b")}}, "'128' is no controller"),
        ({"midi": {1: Controller("a.b", math.nan)}}, "says from = nan, which is no finite number"),
        ({"effects": [Effect(type="A", settings={"a": math.inf})]}, "says a = inf"),
        ({"effects": [Effect(type="A", settings={"a": None})]}, "says a = None"),
        ({"effects": [Effect(type="A", settings={"a": {"b": 1}})]}, "says a = {'b': 1}"),
        ({"effects": [Effect(type="A", settings={"a": "\ud800"})]}, "says a = '\\ud800'"),
        ({"effects": [Effect(type="A", settings={"name": "b"})]}, "cannot be called type, name"),
        ({"effects": [Effect(type="A", settings={"effects": "b"})]}, "cannot have effects"),
        ({"effects": [Effect(type="A", effects=(Effect(type="B"),))]}, "cannot have effects"),
        ({"effects": [Effect(type="A", name="b.c")]}, "says name = 'b.c'"),
        ({"effects": [Effect(type="A", name="b")] * 2}, "two effects have the name 'b'"),
        ({"effects": [Effect(type="A")] * 65}, "65 effects, and 64 are the most"),
        (
            {"effects": [Effect(type="A", settings={"state": "A" * 300_000})]},
            "effect 1 (A) has a state of 300,000 characters: 262,144 are the most",
        ),
    ],
)
def test_what_no_text_can_say_is_refused(change, said):
    chain = replace(Chain(name="warm"), **change)
    with pytest.raises(BrokenChain) as error:
        render(chain)
    assert str(error.value).startswith("The chain 'warm' is broken: ")
    assert said in str(error.value)
    assert str(error.value).isprintable()


# What is wrong is said

ONE = "[[effects]]\ntype = 'Gain'\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "it has no effects: begin each of them with [[effects]]."),
        ("lable = 'x'", "chains have no entry 'lable': did you mean 'label'?"),
        ("[[effect]]\ntype = 'Gain'", "chains have no entry 'effect': did you mean 'effects'?"),
        ("x = 1", "chains have no entry 'x': there are label, note, tail, effects, midi."),
        ("name = 'x'", "it says a name: it is called as its file is, and label is for lists."),
        ("label = 1", "its label is not one line of up to 400 printable characters."),
        ("note = 'a\u200bb'", "its note is not one line of up to 400 printable characters."),
        ("tail = true", "it says tail = True: a tail is 'cut' or 'keep'."),
        ("[effects]\ntype = 'Gain'", "write [[effects]] with two brackets."),
        ("effects = 'Gain'", "it says effects = 'Gain', which is no list of effects."),
        ("effects = ['Gain']", "effect 1 is 'Gain' and not a table with a type."),
        (f"{ONE}[[effects]]\ntyp = 'Gain'", "effect 2 does not say its type: write type for 'typ'"),
        ("effects = [{ type = 7 }]", "effect 1 says type = 7, which is no name of a class."),
        ("effects = [{ type = 'a b' }]", "effect 1 says type = 'a b', which is no name"),
        (f"{ONE}name = 'a b'", "effect 1 (Gain) says name = 'a b': a name has up to 64 letters,"),
        (f"{ONE}name = ''", "effect 1 (Gain) says name = ''"),
        (f"{ONE}effects = []", "effect 1 (Gain) cannot have effects in it, as only Chain and Mix"),
        (f"{ONE}gain_db = nan", "effect 1 (Gain) says gain_db = nan, which is no finite number,"),
        (f"{ONE}gain_db = {2**63}", "effect 1 (Gain) says gain_db = 9223372036854775808, which is"),
        (f"{ONE}gain_db = 1979-05-27", "effect 1 (Gain) says gain_db = datetime.date(1979,"),
        (f"{ONE}gain_db = [1]", "effect 1 (Gain) says gain_db = [1], which is no finite number,"),
        (f"{ONE}param = {{ a = 1 }}", "effect 1 (Gain) says param = {'a': 1}, which is no"),
        (f"{ONE}parametres = {{ a = 1 }}", "or false: did you mean 'parameters'?"),
        (f"{ONE}parameters = {{ a = [] }}", "(Gain), in its parameters, says a = [], which is no"),
        (f"{ONE}parameters.parameters.a = 1", "in its parameters, says parameters = {'a': 1},"),
        (f"{ONE}path = '{'x' * 5000}'", "(Gain) has a path of 5,000 characters: 4,096 are"),
        (f"{ONE}'a\u200b' = 1", "effect 1 (Gain) has a setting 'a\\u200b', which is no name."),
        (
            "[[effects]]\ntype = 'Mix'\neffects = [{ type = 'Gain', gain_db = nan }]",
            "effect 1.1 (Gain) says gain_db = nan",
        ),
        (
            "[[effects]]\ntype = 'Mix'\n[effects.effects]\ntype = 'Gain'",
            "effect 1 has one table of effects: write [[effects]] with two brackets.",
        ),
        (f"{ONE}name = 'a'\n{ONE}name = 'a'", "two effects have the name 'a': give one another."),
        (f"{ONE}name = 'a'\n{ONE}name = 'A'", "two effects have the name 'A': give one another."),
        (ONE * 65, "it has 65 effects, and 64 are the most."),
        (f"{ONE}midi = {{ 1 = 'a' }}", "effect 1 (Gain) says midi = {'1': 'a'}, which is no"),
        (f"midi = 3\n{ONE}", "it says midi = 3: begin a table with [midi]."),
        (
            f"{ONE}[midi]\ncc74 = 'a'",
            "in its midi, 'cc74' is no controller from 0 to 127: write 74.",
        ),
        (f"{ONE}[midi]\n074 = 'a'", "in its midi, '074' is no controller from 0 to 127: write 74."),
        (f"{ONE}[midi]\n128 = 'a'", "in its midi, '128' is no controller from 0 to 127."),
        (f"{ONE}[midi]\n-1 = 'a'", "in its midi, '-1' is no controller from 0 to 127"),
        (f"{ONE}[midi]\n'\u0663' = 'a'", "is no controller from 0 to 127"),
        (
            f"{ONE}[midi]\n1 = 2",
            "in its midi, controller 1 is 2 and not the name of what it moves.",
        ),
        (f"{ONE}[midi]\n1 = ' '", "in its midi, controller 1 does not say the parameter that it"),
        (
            f"{ONE}[midi]\n1 = {{ from = 1 }}",
            "controller 1 does not say the parameter that it moves",
        ),
        (f"{ONE}[midi.1]\nparameter = 'a'\nform = 1", "has no entry 'form': did you mean 'from'?"),
        (f"{ONE}[midi.1]\nparameter = 'a'\nto = inf", "controller 1 says to = inf, which is no"),
        (f"{ONE}[midi.1]\nparameter = 'a'\nto = true", "controller 1 says to = True, which is no"),
        ("a = ", "its text is not TOML (Invalid value (at end of document))."),
    ],
)
def test_what_is_wrong_is_said_where_it_is(text, said):
    with pytest.raises(BrokenChain) as error:
        parse(text, name="warm")
    assert str(error.value).startswith("The chain 'warm' is broken: ")
    assert said in str(error.value)
    assert str(error.value).isprintable()
    with pytest.raises(BrokenChain, match=r"^The chain is broken: "):
        parse(text)


def nested(depth):
    text = "[]"
    for _ in range(depth):
        text = f"[{{ type = 'Mix', effects = {text} }}]"
    return f"effects = {text}"


def test_containers_may_be_in_one_another_but_not_for_ever():
    assert len([*parse(nested(MAX_DEPTH)).every_effect()]) == MAX_DEPTH
    for depth in (MAX_DEPTH + 1, 100):
        with pytest.raises(BrokenChain, match="is in more than 8 others"):
            parse(nested(depth))


def test_as_many_effects_as_may_be():
    assert len(parse(ONE * MAX_EFFECTS).effects) == MAX_EFFECTS
    half = "effects = [" + "{ type = 'Gain' }, " * 40 + "]"
    with pytest.raises(BrokenChain, match="82 effects"):
        parse(f"[[effects]]\ntype = 'Mix'\n{half}\n" * 2)


def test_letters_of_two_parts_are_the_same_as_of_one():
    composed, apart = "\u00e9", "e\u0301"
    text = f"{ONE}name = '{apart}'\n[midi]\n1 = '{apart}.gain_db'"
    assert parse(text).effects[0].name == composed
    assert parse(text).midi[1].parameter == f"{composed}.gain_db"


# Files


def test_the_mark_of_utf_8_and_the_line_ends_of_windows_do_not_matter(tmp_path):
    path = tmp_path / "a.toml"
    path.write_bytes(b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode())
    assert read(path, name="a") == parse(TEXT, name="a")


def test_a_link_is_followed_and_files_beside_it_are_its_own(tmp_path):
    (tmp_path / "a.toml").write_text(TEXT)
    (tmp_path / "b.toml").symlink_to("a.toml")
    assert read(tmp_path / "b.toml").path == tmp_path / "b.toml"


def broken_files(folder):
    (folder / "a folder.toml").mkdir()
    (folder / "long.toml").write_bytes(b"#" * (MAX_TEXT_BYTES + 1))
    (folder / "latin.toml").write_bytes(b"label = '\xe9'")
    (folder / "wrong.toml").write_text("lable = 1")
    (folder / "lost.toml").symlink_to("nowhere")
    if hasattr(os, "mkfifo"):
        os.mkfifo(folder / "pipe.toml")
    yield from folder.iterdir()
    yield folder / "missing.toml"
    yield folder / ("x" * 500 + ".toml")
    yield folder / "nul\0.toml"
    yield folder / "two\nlines.toml"
    yield Path(os.devnull)


def test_what_is_no_chains_file_is_named(tmp_path):
    for path in broken_files(tmp_path):
        with pytest.raises(BrokenChain) as error:
            read(path)
        text = str(error.value)
        assert text.isprintable()
        assert (path.name if path.name.isprintable() else repr(path.name)[1:-1]) in text


def test_what_is_wrong_with_a_file_is_said_after_its_path(tmp_path):
    said = {}
    for path in broken_files(tmp_path):
        with pytest.raises(BrokenChain) as error:
            read(path)
        said[path.name] = str(error.value).replace(f"{tmp_path}{os.sep}", "")
    assert said["a folder.toml"] == "a folder.toml cannot be read (Is a directory)."
    assert said["missing.toml"] == "missing.toml cannot be read (No such file or directory)."
    assert (
        said["long.toml"]
        == "The chain long.toml is broken: its text has more than the 262,144 bytes it may have."
    )
    assert said["latin.toml"] == "The chain latin.toml is broken: its text is not in UTF-8."
    assert said["wrong.toml"].startswith("The chain wrong.toml is broken: chains have no entry")
    assert said["null"].endswith("is not an ordinary file: name a chain's.")
