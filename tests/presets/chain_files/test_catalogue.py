"""Chains found by name: built in or the user's, and never a preset's name."""

import os
import shutil
import unicodedata

import pytest

import presets
from presets.chain_files import catalogue
from presets.chain_files.catalogue import broken, find, get, names, suggestions

SHIPPED = catalogue.BUILT_IN
TEXT = 'label = "{label}"\n[[effects]]\ntype = "Gain"\n'


@pytest.fixture(autouse=True)
def built_in(tmp_path, monkeypatch):
    """Two built-in chains."""
    folder = tmp_path / "built in"
    folder.mkdir()
    for name, label in (("hall", "A hall"), ("old-tape", "Old tape machine")):
        (folder / f"{name}.toml").write_text(TEXT.format(label=label))
    monkeypatch.setattr(catalogue, "BUILT_IN", folder)
    catalogue._built_in.cache_clear()
    yield folder
    catalogue._built_in.cache_clear()


@pytest.fixture
def own(data_folder):
    """The folder of the user's chains."""
    (data_folder / "chains").mkdir()
    return data_folder / "chains"


def write(folder, name, label="Mine"):
    (folder / f"{name}.toml").write_text(TEXT.format(label=label), encoding="utf-8")
    return folder / f"{name}.toml"


def said(function, *arguments):
    with pytest.raises(presets.ChainError) as error:
        function(*arguments)
    assert str(error.value).isprintable()
    return str(error.value)


def test_without_any_there_are_none(built_in, data_folder):
    shutil.rmtree(built_in)
    assert (presets.chains(), names(), broken(), suggestions("hall")) == ([], [], [], [])
    assert "There is no chain 'hall'. See `restyle chains`" in said(get, "hall")


def test_built_in_ones_and_ones_own_are_listed_by_name(own):
    write(own, "my-chain")
    assert [(it.name, it.built_in) for it in presets.chains()] == [
        ("hall", True),
        ("my-chain", False),
        ("old-tape", True),
    ]
    assert names() == ["hall", "my-chain", "old-tape"]
    assert presets.chain("my-chain").path == own / "my-chain.toml"


@pytest.mark.parametrize("name", ["old-tape", "Old Tape", " OLD_tape! ", "ｏｌｄ tape"])
def test_the_spelling_of_a_name_does_not_matter(name):
    assert presets.chain(name).name == "old-tape"


def test_names_of_other_alphabets_are_found(own):
    write(own, "ärger-日本")
    assert (
        get("Ärger 日本").name
        == get(unicodedata.normalize("NFD", "ÄRGER 日本")).name
        == "ärger-日本"
    )


def test_what_may_be_meant_is_said():
    assert suggestions("old-tap") == suggestions("tape machine") == ["old-tape"]
    assert "did you mean hall?" in said(get, "hal")
    assert "it is a preset" in said(get, "violin")
    assert suggestions("") == suggestions("x" * 10_000) == suggestions("violin") == []


@pytest.mark.parametrize("name", ["", "..", "../halls", "/", "\0", "x" * 10_000, "\ud800", "\n"])
def test_what_is_no_name_is_no_chain(name):
    assert "There is no chain" in said(get, name)


def test_a_name_is_a_text():
    with pytest.raises(TypeError, match="A chain is a name, not 7"):
        get(7)


def test_a_broken_one_spoils_no_other(own):
    write(own, "mine")
    (own / "bad.toml").write_text("lable = 1")
    (own / "folder.toml").mkdir()
    (own / "notes.txt").write_text("not a chain")
    (own / ".new-1.toml").write_text("hidden")
    assert names() == ["hall", "mine", "old-tape"]
    assert [str(it).replace(f"{own}{os.sep}", "") for it in broken()] == [
        "The chain bad.toml is broken: chains have no entry 'lable': did you mean 'label'?",
        "folder.toml cannot be read (Is a directory).",
    ]
    assert "did you mean 'label'?" in said(get, "bad")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("hall", "has the name of a built-in chain, which is used in its place: rename the file."),
        ("violin", "has the name of a preset, which is used in its place: rename the file."),
        ("honky-tonk-piano", "has the name of a preset"),  # General MIDI's name for one
        ("My Chain", "is not found: rename the file 'my-chain.toml'."),
        ("con", "must be renamed: Windows cannot have files called"),
        ("40", "must be renamed: '40' is no name"),
    ],
)
def test_what_is_not_found_by_its_name_is_said(own, name, reason):
    write(own, name)
    [error] = broken()
    assert reason in str(error)
    assert str(error).startswith(f"The chain {own / name}.toml ")
    assert names() == ["hall", "old-tape"]


def test_what_hides_a_chain_of_ones_own_is_used(own):
    write(own, "hall")
    assert get("hall").label == "A hall"
    write(own, "violin")
    assert "has the name of a preset" in said(get, "violin")


def test_a_preset_of_the_users_has_its_name_alone(own, data_folder):
    write(own, "mbira")
    assert get("mbira").label == "Mine"
    (data_folder / "presets" / "mbira").mkdir(parents=True)
    assert "has the name of a preset" in said(get, "mbira")


def test_a_folder_that_cannot_be_read_is_said(data_folder):
    (data_folder / "chains").write_text("in the way")
    assert names() == ["hall", "old-tape"]
    [error] = broken()
    assert "Your own chains are missing" in str(error)


def test_one_chain_or_its_file(own, tmp_path, monkeypatch):
    path = write(tmp_path, "violin")  # what a file is called does not matter
    monkeypatch.chdir(tmp_path)
    for source in (path, str(path), "violin.toml", f".{os.sep}violin.toml"):
        assert find(source).name == "violin"
        assert find(source).label == "Mine"
    assert find("HALL").built_in
    assert "There is no file none.toml" in said(find, "none.toml")
    assert "There is no file" in said(find, f"a{os.sep}b")
    assert "There is no file" in said(find, "a\0.toml")
    assert "There is no chain 'none'" in said(find, "none")
    assert "Is a directory" in said(find, tmp_path)


def test_every_chain_that_is_built_in_can_be_read(monkeypatch):
    monkeypatch.setattr(catalogue, "BUILT_IN", SHIPPED)
    catalogue._built_in.cache_clear()
    for it in presets.chains():
        assert it.built_in
        assert it.label
        assert it.effects
        assert not catalogue.has_preset(it.name)
        assert presets.slug(it.name) == it.name
