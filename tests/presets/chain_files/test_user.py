"""The user's own chains: kept whole, as they were written, under names of their own."""

import os
import subprocess
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import presets
from presets import user as preset_user
from presets.chain_files import catalogue, user

TEXT = """\
# Mine, and dear to me
label = "Old"  # for lists
[[effects]]
type = "StyleTransfer"
preset = "violin"
"""


@pytest.fixture(autouse=True)
def built_in(tmp_path, monkeypatch):
    """A built-in chain."""
    folder = tmp_path / "built in"
    folder.mkdir()
    (folder / "hall.toml").write_text(TEXT)
    monkeypatch.setattr(catalogue, "BUILT_IN", folder)
    catalogue._built_in.cache_clear()
    yield folder
    catalogue._built_in.cache_clear()


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "a chain.toml"
    path.write_text(TEXT)
    return path


def contents():
    folder = catalogue.user_folder()
    return {it.name: it.read_bytes() for it in folder.iterdir()} if folder.exists() else {}


def refused(function, *arguments, **options):
    """Call what must raise a ChainError of one line and change nothing; return the line."""
    before = contents()
    with pytest.raises(presets.ChainError) as error:
        function(*arguments, **options)
    assert contents() == before
    assert str(error.value).isprintable()
    return str(error.value)


def test_a_chain_is_copied_as_it_is(source):
    source.write_bytes(b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode())
    made = user.add("Warm strings", source)
    assert made == presets.chain("warm-strings")
    assert (made.name, made.label, made.built_in) == ("warm-strings", "Old", False)
    assert contents() == {"warm-strings.toml": source.read_bytes()}


def test_a_label_takes_the_place_of_the_old_one_and_no_comment_is_lost(source):
    made = user.add("warm", source, label='  A "new"   one ')
    assert made.label == presets.chain("warm").label == 'A "new" one'
    expected = TEXT.replace('label = "Old"', 'label = "A \\"new\\" one"')
    assert contents()["warm.toml"].decode() == expected


@pytest.mark.parametrize(
    "text",
    [
        TEXT.replace("label", "# label"),
        TEXT.replace('label = "Old"', "label = '''\nOld'''"),
        TEXT.replace('label = "Old"', '"label" = "\\"Old"'),
        "\ufeff" + TEXT.replace("label", "# label"),
        'note = """\\\nlabel = "no"\\\n"""\n' + TEXT,
    ],
)
def test_a_label_is_new_however_the_old_one_was_written(source, text):
    source.write_text(text, encoding="utf-8")
    made = user.add("warm", source, label="New")
    assert made == presets.chain("warm")
    assert made.label == "New"
    assert made.effects == presets.chain("warm").effects


def test_files_beside_a_chain_are_found_from_its_new_place(tmp_path, source):
    (tmp_path / "rooms").mkdir()
    (tmp_path / "rooms" / "hall.wav").write_bytes(b"")
    (tmp_path / "Zam.vst3").mkdir()
    text = TEXT + (
        "[[effects]]\ntype = 'Mix'\n[[effects.effects]]\ntype = 'Convolution'  # a room\n"
        "impulse_response_filename = 'rooms/hall.wav'\n"
        '[[effects]]\ntype = "VST3Plugin"\npath = "Zam.vst3"\n'
        '[[effects]]\ntype = "VST3Plugin"\npath = "Elsewhere.vst3"\n'
        f"[[effects]]\ntype = 'VST3Plugin'\npath = '{tmp_path}/Zam.vst3'\n"
    )
    source.write_text(text)
    made = user.add("warm", source)
    assert made == presets.chain("warm")
    found = [it.settings for it in made.every_effect()]
    assert found[2]["impulse_response_filename"] == str(tmp_path / "rooms" / "hall.wav")
    assert [it["path"] for it in found[3:]] == [
        str(tmp_path / "Zam.vst3"),
        "Elsewhere.vst3",  # which is looked for where plugins are
        str(tmp_path / "Zam.vst3"),
    ]
    kept = contents()["warm.toml"].decode()
    assert kept.startswith(TEXT)
    assert "# a room" in kept
    assert [it.name for it in made.every_effect()] == [
        *("styletransfer", "mix", "convolution", "zam", "elsewhere", "zam-2"),
    ]
    user.export("warm", tmp_path / "rooms" / "out.toml")
    assert (tmp_path / "rooms" / "out.toml").read_text() == kept


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("hall", "The chain 'hall' is built in: choose another name."),
        ("Violin", "There is a preset 'violin': choose another name for the chain."),
        ("Acoustic Grand Piano", "There is a preset 'acoustic-grand-piano'"),
        ("taken", "You have a chain 'taken' already: choose another name, or add --force"),
        ("///", "'///' is no name: it needs a letter."),
        ("40", "'40' is no name"),
        ("nul", "Windows cannot have files called 'nul'"),
        ("x" * 65, "is too long: 64 letters are the most."),
    ],
)
def test_some_names_cannot_be_had(source, name, said):
    user.add("taken", source)
    assert said in refused(user.add, name, source)


def test_a_preset_of_the_users_keeps_its_name(source, data_folder):
    (data_folder / "presets" / "mbira").mkdir(parents=True)
    assert "There is a preset 'mbira'" in refused(user.add, "mbira", source)


def test_a_preset_cannot_have_a_chains_name(source, tmp_path):
    import numpy as np
    import soundfile

    soundfile.write(tmp_path / "a.wav", np.random.default_rng(0).uniform(-0.1, 0.1, 4000), 8000)
    user.add("warm", source)
    preset_user.add("mbira", tmp_path / "a.wav")
    for name in ("warm", "Hall"):
        for function, arguments in (
            (preset_user.add, (name, tmp_path / "a.wav")),
            (preset_user.rename, ("mbira", name)),
        ):
            with pytest.raises(presets.PresetError, match=f"There is a chain '{name.lower()}'"):
                function(*arguments)
    assert [it.name for it in presets.every() if not it.built_in] == ["mbira"]
    (catalogue.user_folder() / "mbira.toml").write_text(TEXT)  # by hand: the preset hides it
    preset_user.add("mbira", tmp_path / "a.wav", replace=True)
    (catalogue.user_folder() / "violin.toml").write_text(TEXT)
    preset_user.add("violin", tmp_path / "a.wav", override=True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("lable = 1", "chains have no entry 'lable'"),
        ("effects = [", "its text is not TOML"),
        ("", "it has no effects"),
    ],
)
def test_what_is_no_chain_is_not_kept(source, text, said):
    user.add("warm", source)
    source.write_text(text)
    assert said in refused(user.add, "new", source)
    assert said in refused(user.add, "warm", source, replace=True)
    assert str(source) in refused(user.add, "new", source)


def test_other_files_are_not_kept(tmp_path, source):
    wav = tmp_path / "a.wav"
    wav.write_bytes(source.read_bytes())
    assert "the name of a chain's file ends in .toml" in refused(user.add, "new", wav)
    assert "No such file" in refused(user.add, "new", tmp_path / "none.toml")
    (tmp_path / "b.toml").mkdir()
    assert "Is a directory" in refused(user.add, "new", tmp_path / "b.toml")
    assert "A label is up to 400" in refused(user.add, "new", source, label=" \n ")
    assert "A label is up to 400" in refused(user.add, "new", source, label="x" * 401)


def test_a_file_where_the_folder_should_be_is_said(source, data_folder):
    (data_folder / "chains").write_text("in the way")
    with pytest.raises(presets.ChainError, match="cannot be a folder: a file is there"):
        user.add("warm", source)


def test_one_is_replaced_only_if_that_is_asked_for(source):
    user.add("warm", source)
    source.write_text(TEXT.replace("violin", "flute"))
    refused(user.add, "Warm", source)
    made = user.add("Warm", source, replace=True)
    assert made.effects[0].settings["preset"] == "flute"
    assert [*contents()] == ["warm.toml"]


def test_a_chain_is_removed_broken_or_not(source, data_folder):
    user.add("Warm strings", source)
    (data_folder / "chains" / "bad.toml").write_text("lable = 1")
    (data_folder / "chains" / "By Hand.toml").write_text(TEXT)
    (data_folder / "chains" / "hall.toml").write_text(TEXT)
    (data_folder / "chains" / "kept.txt").write_text("not a chain")
    for name in ("warm STRINGS", "bad", "By Hand", "hall.toml"):
        user.remove(name)
    assert [*contents()] == ["kept.txt"]
    assert presets.chain("hall").built_in


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("hall", "is built in and cannot be removed."),
        ("hal", "There is no chain 'hal': did you mean hall?"),
        ("../outside", "There is no chain"),
        ("../outside.toml", "There is no chain"),
        ("kept.txt", "There is no chain"),
        ("", "There is no chain"),
        ("\0", "There is no chain"),
    ],
)
def test_what_is_no_chain_of_ones_own_stays(data_folder, name, said):
    (data_folder / "chains").mkdir()
    (data_folder / "outside.toml").write_text(TEXT)
    (data_folder / "chains" / "kept.txt").write_text("not a chain")
    assert said in refused(user.remove, name)
    assert (data_folder / "outside.toml").exists()


def test_a_chain_is_exported_and_added_again(source, tmp_path):
    user.add("warm", source)
    user.export("WARM", tmp_path / "out.toml")
    assert (tmp_path / "out.toml").read_text() == TEXT
    user.export("hall", tmp_path / "out.toml")
    user.add("another", tmp_path / "out.toml")
    assert presets.chain("another").effects == presets.chain("hall").effects
    assert {it.name for it in tmp_path.iterdir()} == {"out.toml", "a chain.toml", "built in"}


def test_a_link_that_is_exported_to_stays(tmp_path):
    link = tmp_path / "link.toml"
    link.symlink_to(tmp_path / "out.toml")
    user.export("hall", link)
    assert link.is_symlink()
    assert (tmp_path / "out.toml").read_bytes() == presets.chain("hall").path.read_bytes()


def test_what_cannot_be_exported_writes_nothing(tmp_path, data_folder):
    (data_folder / "chains").mkdir()
    (data_folder / "chains" / "bad.toml").write_text("lable = 1")
    assert "ends in .toml" in refused(user.export, "hall", tmp_path / "hall.txt")
    assert "There is no chain 'x'" in refused(user.export, "x", tmp_path / "out.toml")
    assert "'lable'" in refused(user.export, "bad", tmp_path / "out.toml")
    with pytest.raises(OSError, match="No such file"):
        user.export("hall", tmp_path / "none" / "out.toml")
    assert {it.name for it in tmp_path.iterdir()} == {"built in"}


# Whatever happens meanwhile


def test_a_full_disk_changes_nothing(source, monkeypatch):
    user.add("warm", source)
    before = contents()
    source.write_text(TEXT.replace("violin", "flute"))

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    for name in ("warm", "new"):
        with pytest.raises(OSError, match="No space left"):
            user.add(name, source, replace=True)
    assert contents() == before


def test_of_many_who_add_the_same_name_one_succeeds(source):
    def add(number):
        try:
            return user.add("warm", source, label=f"Number {number}").label
        except presets.ChainError as error:
            return str(error)

    with ThreadPoolExecutor(8) as pool:
        said = [*pool.map(add, range(32))]
    assert said.count(presets.chain("warm").label) == 1
    assert sum(it.startswith("You have a chain 'warm' already") for it in said) == 31
    assert [*contents()] == ["warm.toml"]


def test_without_links_names_are_still_taken_once(source, monkeypatch):
    def no_links(*_, **__):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(os, "link", no_links)
    user.add("warm", source)
    refused(user.add, "warm", source)
    assert presets.chain("warm").label == "Old"
    assert [*contents()] == ["warm.toml"]


def test_one_that_is_replaced_is_always_there(source, tmp_path):
    user.add("warm", source)
    code = (
        "import sys; from presets.chain_files import user\n"
        "while True: user.add('warm', sys.argv[1], label='New', replace=True)"
    )
    with subprocess.Popen([sys.executable, "-c", code, source]) as other:
        seen = set()
        while len(seen) < 2 and other.poll() is None:
            seen.add(presets.chain("warm").label)
        for _ in range(300):
            assert presets.chain("warm").label == "New"
        other.kill()
    assert seen == {"Old", "New"}
    assert presets.chain("warm").label == "New"


def test_what_a_crash_has_left_is_neither_listed_nor_kept(source, data_folder):
    user.add("warm", source)
    left, fresh = (data_folder / "chains" / f".new-{name}" for name in ("old", "fresh"))
    left.write_text("half")
    fresh.write_text("half")
    assert catalogue.broken() == []
    before = user._STALE_SECONDS
    try:
        user._STALE_SECONDS = -1.0
        user.add("other", source)
    finally:
        user._STALE_SECONDS = before
    assert [it.name for it in presets.chains()] == ["hall", "other", "warm"]
    assert not left.exists()


LABELS = st.text(st.characters(exclude_categories=["C", "Z"], include_characters=" "), min_size=1)


@settings(
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(label=LABELS.filter(str.strip), name=LABELS)
def test_any_name_and_label_is_kept_or_refused(source, name, label):
    try:
        made = user.add(name, source, label=label, replace=True)
    except presets.ChainError as error:
        made = str(error)
    if isinstance(made, str):
        assert made.isprintable()
        return
    assert made == presets.chain(name)
    assert made.label == " ".join(label.split())
    assert tomllib.loads(Path(made.path).read_text(encoding="utf-8"))["label"] == made.label
    user.remove(name)
