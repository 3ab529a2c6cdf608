"""The presets there are, by whatever name they are asked for."""

import contextlib
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import presets
from presets import user
from presets.general_midi import FAMILIES, KITS, PROGRAMS, family_of, name_of

BUILT_IN = presets.every()


# What there is


def test_names_are_sorted_and_are_those_of_the_presets():
    assert presets.names() == sorted(presets.names())
    assert presets.names() == [preset.name for preset in presets.every()]
    assert all(presets.slug(name) == name for name in presets.names())


@pytest.mark.parametrize("program", range(128))
def test_every_general_midi_program_has_its_preset(program):
    preset = presets.from_program(program)
    assert (preset.program, preset.bank, preset.percussion) == (program, 0, False)
    assert preset.family == family_of(program)
    assert preset.gm_name == name_of(program)
    assert preset.notes.is_file()


@pytest.mark.parametrize("kit", KITS)
def test_every_drum_kit_has_its_preset(kit):
    preset = presets.from_program(kit, percussion=True)
    assert (preset.program, preset.percussion, preset.family) == (kit, True, "Drum Kits")


def test_general_midi_is_complete():
    assert (len(PROGRAMS), len(set(PROGRAMS)), len(FAMILIES)) == (128, 128, 16)


@pytest.mark.parametrize("preset", BUILT_IN, ids=lambda it: it.name)
def test_a_built_in_preset_says_what_it_is(preset):
    assert preset.built_in
    assert preset.label
    assert preset.licence
    assert preset.source
    assert preset.credit
    assert preset.sha256


@pytest.mark.parametrize("preset", BUILT_IN[::16], ids=lambda it: it.name)
def test_a_built_in_preset_is_valid(preset):
    assert user.validate(preset.name) == []


@pytest.mark.slow
def test_all_built_in_presets_are_valid():
    assert {name: user.validate(name) for name in presets.names()} == {
        name: [] for name in presets.names()
    }


# Finding one


@pytest.mark.parametrize(
    "name",
    ["violin", "Violin", " VIOLIN ", 40, "40", "040", "Ｖｉｏｌｉｎ", "４０", "٤٠"],
)
def test_names_and_numbers_find_the_preset(name):
    assert presets.get(name).name == "violin"


@pytest.mark.parametrize("program", range(128))
def test_general_midi_names_find_the_preset(program):
    expected = presets.from_program(program)
    assert presets.get(PROGRAMS[program]) == expected
    assert presets.get(PROGRAMS[program].upper()) == expected
    assert presets.get(program) == expected


def test_every_number_that_lists_print_finds_its_preset():
    printed = {it.gm_number: it.name for it in presets.every()}
    assert {"40", "14:8", "kit 0"} <= printed.keys()
    assert {number: presets.get(number).name for number in printed} == printed
    assert presets.get("Kit 16").name == presets.get("kit-16").name == "power-kit"


@pytest.mark.parametrize("number", ["14:9", "14:", ":8", "128:8", "kit 1", "14-8"])
def test_other_numbers_of_banks_and_kits_find_nothing(number):
    with pytest.raises(presets.UnknownPreset):
        presets.get(number)


def test_the_names_of_drum_kits_find_them():
    assert presets.get("TR-808 Kit").percussion
    assert presets.get("standard kit").percussion


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("voilin", "did you mean violin?"),
        ("kalmba", "did you mean kalimba?"),
        ("frenchhorn", "did you mean french-horn?"),
        ("Acustic gitar (nylon)", "did you mean nylon-guitar?"),
        ("sax", "alto-sax"),
        ("guitr", "-guitar or "),
    ],
)
def test_a_misspelt_name_gets_suggestions(name, meant):
    with pytest.raises(presets.UnknownPreset) as raised:
        presets.get(name)
    assert meant in str(raised.value)
    assert "\n" not in str(raised.value)


NO_NAMES = ["", " ", "-", "..", "../library", "/", "violin/../flute", "a\0b", "\udcff", "💥", "zzz"]
NO_NUMBERS = ["128", "200", "-1", "４００", "1" * 5000]


@pytest.mark.parametrize("name", [*NO_NAMES, *NO_NUMBERS, "x" * 100_000, "x\n" * 5000])
def test_what_is_no_preset_gets_one_short_line_and_the_way_to_list_them(name):
    with pytest.raises(presets.UnknownPreset) as raised:
        presets.get(name)
    said = str(raised.value)
    assert said.startswith("There is no preset")
    assert "See `restyle presets`" in said
    assert len(said) < 200
    assert said.isprintable()


@pytest.mark.parametrize("name", [None, True, 4.0, b"violin", ["violin"]])
def test_only_texts_and_numbers_are_names(name):
    with pytest.raises(TypeError, match="a name or a General MIDI number"):
        presets.get(name)


@given(st.text())
def test_any_text_finds_a_preset_or_is_unknown(name):
    with contextlib.suppress(presets.UnknownPreset):
        assert presets.get(name).name in presets.names()


@given(st.text())
def test_a_name_as_it_is_written_stays_as_it_is(text):
    written = presets.slug(text)
    assert presets.slug(written) == written
    assert not set(written) & set("/\\.:\0 \n")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("My kalimba", "my-kalimba"),
        ("  Synth-Bass__2!  ", "synth-bass-2"),
        ("Čelo", "čelo"),
        ("C\u030celo", "čelo"),
        ("Straße", "strasse"),
        ("हिन्दी", "हिन्दी"),
        ("バイオリン", "バイオリン"),
        ("🎻\ufe0f", ""),
    ],
)
def test_names_are_written_in_lower_case_with_hyphens(text, written):
    assert presets.slug(text) == written


# MIDI program changes


def test_a_variation_that_is_not_there_is_played_by_its_capital():
    assert presets.from_program(25, bank=8) != presets.from_program(25)
    assert presets.from_program(40, bank=77) == presets.from_program(40)
    assert presets.from_program(1, percussion=True) == presets.from_program(0, percussion=True)


@pytest.mark.parametrize(("program", "bank"), [(-1, 0), (128, 0), (0, -1), (0, 128), (10**40, 0)])
def test_midi_numbers_out_of_range_are_refused(program, bank):
    with pytest.raises(ValueError, match="is between 0 and 127"):
        presets.from_program(program, bank)


@pytest.mark.parametrize("program", [True, "40", 40.0, None])
def test_midi_numbers_are_integers(program):
    with pytest.raises(TypeError, match="is an integer"):
        presets.from_program(program)


# What it costs


def test_listing_loads_nothing_heavy():
    code = "import sys, presets; presets.names(); presets.get(40); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert not {"torch", "librosa", "pedalboard", "numpy", "scipy"} & {*done.stdout.split()}


def test_a_preset_is_found_by_its_name_without_reading_the_others():
    code = """
import presets.catalogue as catalogue
read = catalogue.read
catalogue.read = lambda folder, **how: print(folder.name) or read(folder, **how)
catalogue.get("Violin"), catalogue.get("violin")
"""
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["violin"]


def test_listing_takes_milliseconds(within):
    presets.every()  # the first time, files are read
    with within(0.05):
        assert presets.every()


def test_the_library_is_small():
    folder = Path(presets.__file__).with_name("library")
    assert sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) < 40_000_000
