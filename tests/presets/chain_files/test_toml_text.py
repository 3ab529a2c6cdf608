"""Texts from strangers are read in bounded time, and by nobody's rules but TOML's."""

import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from presets.chain_files.toml_text import MAX_BESIDE_STRINGS, MAX_TEXT_BYTES, load

SECONDS = 0.3  # that no text may take
SIZE = MAX_TEXT_BYTES - 100
WIDE = MAX_BESIDE_STRINGS - 100

# Texts that take long if anything does, as long as they may be.
SLOW = {
    "numbers": f"a = [{'1,' * (WIDE // 2 - 10)}]",
    "keys": "".join(f"k{n} = 1\n" for n in range(WIDE // 11)),
    "keys of many parts": "".join(f"k{n}{'.a' * 11} = 1\n" for n in range(WIDE // 33)),
    "tables of many parts": "".join(f"[k{n}{'.a' * 11}]\n" for n in range(WIDE // 31)),
    "lists of tables": "[[effects]]\n" * (WIDE // 12),
    "empty tables": f"a = [{'{},' * (WIDE // 3 - 10)}]",
    "empty strings": f"a = [{chr(34) * 2 + ',' + chr(39) * 2 + ','}" + '"",' * (WIDE // 2) + "]",
    "escapes": f'a = "{chr(92)}n{(chr(92) + "n") * (SIZE // 2 - 20)}"',
    "lines that go on": f'a = """{(chr(92) + chr(10)) * (SIZE // 2 - 20)}"""',
    "quotes in quotes": "a = ''" + "'" + "a''" * 80_000 + "a'" + "''",
    "a state": f'a = "{"A" * (SIZE - 10)}"',
    "a comment": "#" * SIZE,
    "comments": "#\n" * (WIDE // 2),
    "line ends": "\r\n" * (WIDE // 2),
    "spaces": f"a = {' ' * (WIDE - 10)}1",
    "a word": "a" * WIDE,
    "words": "a " * (WIDE // 2),
    "dotted words": f"a = [{'a.a.a.a.a.a.a.a.a.a.a.a ' * (WIDE // 24)}",
    "strings without an end": '\\"""\n' * (SIZE // 5),
    "other strings without an end": "x'''y" * (WIDE // 5),
    "brackets": f"a = {'[' * (WIDE - 10)}",
}


@pytest.mark.parametrize("what", SLOW)
def test_no_text_takes_long(what, within):
    assert len(SLOW[what].encode()) <= MAX_TEXT_BYTES
    said = ""
    with within(SECONDS):
        try:
            load(SLOW[what])
        except ValueError as error:
            said = str(error)
    assert "it may have" not in said


@pytest.mark.parametrize(
    "text",
    [
        "a." * 30_000 + "a = 1",
        f"[{'a . ' * 16_000}a]\nb = 1",
        "'a'.\"b\".c." * 10 + "d = 1",
        "a = { b = [ { " + "c." * 20 + "d = 1 } ] }",
    ],
)
def test_keys_of_many_parts_are_refused_before_they_cost_a_minute(text, within):
    with within(SECONDS), pytest.raises(ValueError, match="a key of more than 12 parts"):
        load(text)


@pytest.mark.parametrize(
    "text",
    [
        f'a = "{"b." * 30}c"',
        f"a = '''\n{'b.' * 30}c'''  # {'d.' * 30}e",
        f"# {'b.' * 30}c = 1",
        'a = """b\\"""" # ' + "c." * 30,
        "a = 1.5\nb = [1.0, 2.0, 3.0, 4.0, 1.0, 2.0, 3.0, 4.0, 1.0, 2.0, 3.0, 4.0, 1.0, 2.0, 3.0]",
        '"' + "a." * 40 + '" = 1',
    ],
)
def test_dots_elsewhere_are_no_keys(text):
    assert load(text) == tomllib.loads(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x" * (MAX_TEXT_BYTES + 1), "has 262,145 bytes, more than the 262,144 it may have"),
        ("a = 1\n" * 11_000, "has 66,000 characters that are not in quotes, more than"),
        ("a = '\ud800'", "is not in UTF-8"),
        ("a = " + "[" * 5000, "has too many brackets in one another"),
        ("a = " + "9" * 5000, "is not TOML (Exceeds the limit"),
        ("a = 1\na = 2", "is not TOML (Cannot overwrite a value (at"),
        ("a = '\0'", "is not TOML ("),
    ],
)
def test_what_is_no_toml_is_said(text, said):
    with pytest.raises(ValueError, match=r"^\w") as error:
        load(text)
    assert said in str(error.value)
    assert str(error.value).isprintable()


PIECES = st.sampled_from(
    [*"ab.=[]{}#\"'\\\n ,1_", '"""', "'''", "\\n", "a.b", "[[a]]", "# ", "a = ", '"b"', "'b'", "\r"]
)


@settings(deadline=None)
@given(st.lists(PIECES, max_size=60).map("".join))
def test_short_texts_mean_what_they_mean_elsewhere(text):
    here, there = outcome(load, text), outcome(tomllib.loads, text)
    assert here == there


def outcome(read, text):
    try:
        return read(text)
    except ValueError:
        return None
