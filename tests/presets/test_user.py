"""The user's own presets: kept whole, found by name, and never able to spoil the others."""

import contextlib
import hashlib
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import presets
from presets import user
from presets.preset import (
    MAX_CLIP_BYTES,
    MAX_NOTES_BYTES,
    MAX_TEXT_BYTES,
    BrokenPreset,
    PresetError,
    UnknownPreset,
    read,
    render,
)

BUILT_IN = presets.names()
TEXT = 'label = "My kalimba"\nfamily = "My Presets"\n'
NOTES = b"MThd\0\0\0\6\0\0\0\1\0\x60MTrk\0\0\0\4\0\xff\x2f\0"


def write_sound(path, *, seconds=0.5, rate=8000, level=0.1, seed=0, channels=1):
    shape = (round(seconds * rate), channels)
    soundfile.write(path, np.random.default_rng(seed).uniform(-level, level, shape), rate)
    return path


@pytest.fixture
def sound(tmp_path):
    return write_sound(tmp_path / "Sound of a kalimba.wav")


@pytest.fixture
def own(data_folder):
    """The folder of the user's presets."""
    folder = data_folder / "presets"
    folder.mkdir()
    return folder


@pytest.fixture
def make(own):
    """Make a preset by hand, as a file manager would; return its folder."""

    def make(name="mbira", text=TEXT, clip="clip.wav", parent=own):
        folder = parent / name
        folder.mkdir()
        if text is not None:
            (folder / "preset.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
        if clip is not None:
            write_sound(folder / clip)
        return folder

    return make


def contents(folder):
    """What is in a folder, hidden things and all."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


# Adding


def test_a_sound_becomes_a_preset(sound, data_folder):
    added = user.add("My Kalimba", sound)
    assert added == presets.get("my-kalimba") == presets.get("my kalimba")
    assert (added.name, added.label, added.family) == ("my-kalimba", "My Kalimba", "My Presets")
    assert not added.built_in
    assert added.clip.read_bytes() == sound.read_bytes()
    assert added.sha256 == hashlib.sha256(sound.read_bytes()).hexdigest()
    assert added.clip.parent == data_folder / "presets" / "my-kalimba"
    assert presets.names() == sorted([*BUILT_IN, "my-kalimba"])
    assert presets.broken() == []
    assert user.validate("my-kalimba") == []


@pytest.mark.parametrize("suffix", [".ogg", ".flac", ".wav", ".aiff", ".WAV", ".mp3"])
def test_sounds_of_many_kinds(tmp_path, suffix):
    added = user.add("k", write_sound(tmp_path / f"a{suffix}"))
    assert added.clip.name == f"clip{suffix.lower()}"
    assert user.validate("k") == []


def test_label_and_family_can_be_said(sound):
    added = user.add("k", sound, label="  Grandma's\n kalimba ", family="Thumb pianos")
    assert (added.label, added.family) == ("Grandma's kalimba", "Thumb pianos")


def test_a_folder_is_taken_with_all_it_says(tmp_path, make):
    folder = make("theirs", TEXT + 'credit = "A. Friend"\nregister = [60, 72]\n', parent=tmp_path)
    (folder / "notes.mid").write_bytes(NOTES)
    (folder / "junk.txt").write_text("junk")
    added = user.add("ours", folder)
    assert (added.label, added.credit, added.register) == ("My kalimba", "A. Friend", (60, 72))
    assert added.notes.read_bytes() == NOTES
    assert {it.name for it in added.clip.parent.iterdir()} == {
        "preset.toml",
        "clip.wav",
        "notes.mid",
    }


def test_what_is_written_is_what_was_read(make):
    preset = read(
        make(
            text='label = "A \\"b\\" \\\\ ü 弦"\nfamily = "F"\nlicence = "CC0-1.0"\nsource = "s"\n'
            'credit = "c"\nprogram = 0\nbank = 3\npercussion = true\nregister = [0, 127]\n'
            f'sha256 = "{"0a" * 32}"\noverride = true\n[parameters]\nstrength = 0.25\nmix = 1\n'
        )
    )
    (preset.clip.parent / "preset.toml").write_text(render(preset), encoding="utf-8")
    assert read(preset.clip.parent) == preset


NO_NAMES = ["", " ", "...", "/", "🎻", "\udcff", "200", "4000", "1" * 5000, "x" * 65, "弦" * 65]


@pytest.mark.parametrize("name", [*NO_NAMES, "con", "NUL", "com1", "LPT9", "aux.", "COM¹"])
def test_names_that_cannot_be(name, sound, own):
    with pytest.raises(PresetError) as raised:
        user.add(name, sound)
    assert str(raised.value).isprintable()
    assert contents(own) == {}


@pytest.mark.parametrize("name", ["../../escape", "a/b", "..\\up", "/etc/x", ".hidden", "a\0b"])
def test_no_name_leads_out_of_the_folder(name, sound, own):
    added = user.add(name, sound)
    assert added.clip.parent.parent == own
    assert set(added.name) <= set("abcdefghijklmnopqrstuvwxyz-")


def test_the_longest_name(sound):
    assert user.add("弦" * 64, sound) == presets.get("弦" * 64)


@pytest.mark.parametrize("name", ["violin", "VIOLIN", "40", "Acoustic Guitar (nylon)"])
def test_built_in_names_are_had_only_when_asked_for(name, sound, own):
    original = presets.get(name)
    with pytest.raises(PresetError, match=r"is built in.*--override"):
        user.add(name, sound)
    assert presets.get(name) == original
    added = user.add(name, sound, override=True)
    assert added == presets.get(name) == presets.get(original.name)
    assert added.name == original.name
    assert (added.program, added.family) == (original.program, original.family)
    assert added in presets.every()
    assert original not in presets.every()
    assert presets.from_program(original.program) == added
    user.remove(name)
    assert presets.get(name) == original


def test_a_preset_of_ones_own_is_replaced_only_when_asked(tmp_path, sound, own):
    user.add("k", sound)
    before = contents(own)
    other = write_sound(tmp_path / "b.flac", seed=1)
    with pytest.raises(PresetError, match=r"already.*--force"):
        user.add("K", other)
    assert contents(own) == before
    assert user.add("K", other, replace=True).clip.read_bytes() == other.read_bytes()
    assert {it.name for it in own.rglob("*")} == {"k", "preset.toml", "clip.flac"}


def test_a_shared_preset_overrides_nothing_by_itself(tmp_path, make):
    folder = make("theirs", TEXT + "override = true\n", parent=tmp_path)
    with pytest.raises(PresetError, match="built in"):
        user.add("violin", folder)
    assert not user.add("ours", folder).override


def silence(path):
    write_sound(path, level=0)


def text(path):
    path.write_text("This is text.\nNot a sound.")


def sparse(path):
    with path.open("wb") as file:
        file.truncate(10 << 30)


def pipe(path):
    os.mkfifo(path)


def cut(path):
    write_sound(path)
    path.write_bytes(path.read_bytes()[:3000])


def not_a_number(path):
    soundfile.write(path, np.full(8000, np.nan), 8000, subtype="FLOAT")


def infinite(path):
    soundfile.write(path, np.append(np.ones(8000), -np.inf), 8000, subtype="FLOAT")


BAD_SOUNDS = {
    "silent": (silence, "is silent"),
    "text": (text, "is a text, no sound"),
    "empty": (lambda path: path.write_bytes(b""), "is empty"),
    "10 GB": (sparse, "10,737 MB"),
    "cut short": (cut, "cut short"),
    "NaN": (not_a_number, "NaN or infinity"),
    "infinity": (infinite, "NaN or infinity"),
    "a blink": (lambda path: write_sound(path, seconds=0.05), "less than 0.1 s"),
    "no samples": (lambda path: write_sound(path, seconds=0), "holds no audio"),
    "a day": (lambda path: write_sound(path, seconds=3601, rate=8000), "more than 1 h"),
    "nine channels": (lambda path: write_sound(path, channels=9), "9 channels"),
    "a folder": (lambda path: path.mkdir(), "no preset.toml"),
    "a pipe": (pipe, "is not a file"),
}


@pytest.mark.parametrize(("spoil", "reason"), BAD_SOUNDS.values(), ids=BAD_SOUNDS.keys())
def test_bad_sounds_are_refused_in_a_line_that_names_them(tmp_path, own, spoil, reason):
    bad = tmp_path / "bad.wav"
    spoil(bad)
    started = time.monotonic()
    with pytest.raises(PresetError) as raised:
        user.add("k", bad)
    assert time.monotonic() - started < 2
    assert reason in str(raised.value)
    assert str(bad) in str(raised.value)
    assert str(raised.value).isprintable()
    assert ".new-" not in str(raised.value)
    assert contents(own) == {}


@pytest.mark.parametrize("name", ["a.m4a", "a", "a.wav.txt"])
def test_a_sound_is_known_by_its_suffix(tmp_path, sound, name):
    with pytest.raises(PresetError, match=r"must end in one of \.ogg"):
        user.add("k", sound.rename(tmp_path / name))


def test_a_source_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError):
        user.add("k", tmp_path / "none.wav")
    with pytest.raises(PresetError, match="is no name of a file"):
        user.add("k", "a\0b.wav")


@pytest.mark.parametrize("label", ["", "  ", "a\x1b[31m", "x" * 401, "\udcff", "\u202egnp.exe"])
def test_labels_are_text_that_can_be_seen(sound, own, label):
    with pytest.raises(PresetError, match="A label is up to 400 printable"):
        user.add("k", sound, label=label)
    assert contents(own) == {}


def test_a_sound_that_was_exchanged_is_not_taken(tmp_path, make):
    folder = make("theirs", TEXT + f'sha256 = "{"0" * 64}"\n', parent=tmp_path)
    with pytest.raises(PresetError, match="sha256"):
        user.add("ours", folder)


def test_a_data_folder_that_cannot_be(monkeypatch, tmp_path, sound):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("RESTYLE_DATA_DIR", str(tmp_path / "file"))
    assert presets.names() == BUILT_IN
    [error] = presets.broken()
    assert str(tmp_path / "file") in str(error)
    with pytest.raises(PresetError, match="a file is in its way"):
        user.add("k", sound)
    with pytest.raises(UnknownPreset):
        user.remove("k")


# Removing and renaming


def test_removed_is_gone(sound, own):
    user.add("my kalimba", sound)
    user.remove("My Kalimba")
    assert contents(own) == {}
    assert presets.names() == BUILT_IN
    with pytest.raises(UnknownPreset):
        user.remove("my kalimba")


def test_renamed_is_the_same_by_another_name(sound):
    before = user.add("my kalimba", sound)
    after = user.rename("my kalimba", "Thumb piano")
    assert (after.name, after.label) == ("thumb-piano", "Thumb piano")
    assert after.sha256 == before.sha256
    assert "my-kalimba" not in presets.names()
    with pytest.raises(UnknownPreset):
        presets.get("my kalimba")


def test_a_label_of_its_own_stays(sound):
    user.add("k", sound, label="Grandma's kalimba")
    assert user.rename("k", "thumb piano").label == "Grandma's kalimba"
    assert user.rename("thumb piano", "Thumb-Piano").name == "thumb-piano"


@pytest.mark.parametrize("change", [user.remove, lambda name: user.rename(name, "other")])
@pytest.mark.parametrize("name", ["violin", "40", "Acoustic Guitar (nylon)"])
def test_built_in_presets_cannot_be_changed(change, name):
    with pytest.raises(PresetError, match="is built in and cannot be re"):
        change(name)
    assert presets.names() == BUILT_IN


@pytest.mark.parametrize("name", ["", "..", ".", "/", "a\0b", "../presets", "\udcff", "x" * 5000])
def test_there_is_nothing_to_remove_by_such_names(name, sound, own):
    user.add("k", sound)
    before = contents(own.parent)
    with pytest.raises(UnknownPreset):
        user.remove(name)
    assert contents(own.parent) == before


def test_the_new_name_must_be_free(sound):
    user.add("a", sound)
    user.add("b", sound)
    with pytest.raises(PresetError, match="already"):
        user.rename("a", "B")
    with pytest.raises(PresetError, match="is built in"):
        user.rename("a", "violin")
    with pytest.raises(PresetError, match="numbers"):
        user.rename("a", "200")


def test_a_renamed_override_overrides_no_more(sound):
    user.add("violin", sound, override=True)
    assert not user.rename("violin", "my violin").override
    assert presets.get("violin").built_in


def test_what_is_broken_or_misnamed_can_be_removed_and_renamed(make, own):
    make("mbira", text="")
    make("My Kalimba")
    user.remove("mbira")
    assert user.rename("My Kalimba", "my kalimba").name == "my-kalimba"
    assert presets.broken() == []


def test_a_file_is_no_preset_to_remove(own):
    (own / "README.txt").write_text("Mine.")
    with pytest.raises(UnknownPreset):
        user.remove("README.txt")
    assert contents(own) == {"README.txt": b"Mine."}


def test_a_link_to_a_preset_is_removed_and_not_what_it_points_to(tmp_path, make, own):
    folder = make("theirs", parent=tmp_path)
    (own / "linked").symlink_to(folder)
    assert presets.get("linked").name == "linked"
    user.remove("linked")
    assert contents(own) == {}
    assert folder.is_dir()


# Exporting


def test_the_sound_is_exported_as_wav(tmp_path):
    user.export("violin", tmp_path / "a.wav")
    audio, rate = soundfile.read(tmp_path / "a.wav")
    expected, expected_rate = soundfile.read(presets.get("violin").clip)
    assert (rate, audio.shape) == (expected_rate, expected.shape)
    np.testing.assert_allclose(audio, expected, atol=1e-4)


def test_a_wav_is_exported_as_it_is(tmp_path, sound):
    user.add("k", sound)
    user.export("k", tmp_path / "out.WAV")
    assert (tmp_path / "out.WAV").read_bytes() == sound.read_bytes()


@pytest.mark.parametrize("name", ["out.mp3", "out", "out.wav.gz"])
def test_nothing_else_is_exported(tmp_path, name):
    with pytest.raises(PresetError, match=r"\.wav for the sound, \.zip"):
        user.export("violin", tmp_path / name)
    assert contents(tmp_path) == {}


# Validating


def test_the_name_of_a_preset_or_its_files_can_be_validated(tmp_path, make):
    folder = make("theirs", parent=tmp_path)
    assert user.validate(folder) == user.validate(f"{folder}/") == []
    assert user.validate("violin") == user.validate("40") == []
    with pytest.raises(UnknownPreset, match="did you mean violin"):
        user.validate("voilin")
    with pytest.raises(UnknownPreset, match="There is no file"):
        user.validate(tmp_path / "none")
    [problem] = user.validate(write_sound(tmp_path / "a.wav"))
    assert "a.wav is no preset" in problem


def test_a_file_stands_back_behind_a_preset_of_its_name(tmp_path, make, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make("violin", text="", parent=tmp_path)
    make("theirs", text="", parent=tmp_path)
    assert user.validate("violin") == []
    assert len(user.validate("theirs")) == len(user.validate(Path("violin"))) == 1


@pytest.mark.parametrize(("spoil", "reason"), BAD_SOUNDS.values(), ids=BAD_SOUNDS.keys())
def test_validating_opens_the_sound(make, spoil, reason):
    folder = make(clip=None)
    spoil(folder / "clip.wav")
    [problem] = user.validate("mbira")
    assert problem.isprintable()
    assert str(folder) in problem


def test_validating_compares_the_hash_and_opens_the_notes(make):
    folder = make(text=TEXT + f'sha256 = "{"0" * 64}"\n')
    (folder / "notes.mid").write_bytes(b"RIFF" + NOTES)
    assert ["sha256" in it for it in user.validate("mbira")] == [True, False]
    assert "no MIDI file" in user.validate("mbira")[1]


@pytest.mark.parametrize(
    "notes", [b"", b"M", NOTES[:-1], NOTES[:14], b"MTrk\0\0\0\0", NOTES + b"MT"]
)
def test_notes_that_are_cut_short(make, notes):
    (make() / "notes.mid").write_bytes(notes)
    problems = user.validate("mbira")
    assert bool(problems) == (notes != NOTES + b"MT")


# Broken presets


def folder_instead(name):
    return lambda folder: (folder / name).mkdir()


def link_instead(name):
    def link(folder):
        outside = write_sound(folder.parent.parent / "outside.wav")
        (folder / name).symlink_to(outside)

    return link


def big(name, size):
    def write(folder):
        with (folder / name).open("wb") as file:
            file.truncate(size + 1)

    return write


def fifo(name):
    return lambda folder: os.mkfifo(folder / name)


BROKEN = {
    "no text": (None, "clip.wav", None, "has no preset.toml"),
    "an empty text": ("", "clip.wav", None, "does not say its label"),
    "no family": ('label = "x"', "clip.wav", None, "does not say its family"),
    "no TOML": ("label = ", "clip.wav", None, "is not TOML"),
    "not UTF-8": (b'label = "\xff"', "clip.wav", None, "is not TOML in UTF-8"),
    "a null": (b"\0", "clip.wav", None, "is not TOML"),
    "deep nesting": ("a = " + "[" * 4000, "clip.wav", None, "is not TOML"),
    "a deep table": (f"[{'.'.join('a' * 3000)}]", "clip.wav", None, "an entry 'a'"),
    "deep parameters": (
        f"{TEXT}[parameters.{'.'.join('a' * 3000)}]",
        "clip.wav",
        None,
        "which makes no sense",
    ),
    "an unknown entry": (TEXT + 'path = "/etc/passwd"', "clip.wav", None, "an entry 'path'"),
    "a long entry": (TEXT + "x" * 5000 + "=1", "clip.wav", None, "an entry 'xxx"),
    "a wrong type": ("label = 1\nfamily = 2", "clip.wav", None, "label = 1"),
    "an empty label": ('label = " "\nfamily = "x"', "clip.wav", None, "label = ' '"),
    "a label in colour": ('label = "\\u001b[31m"\nfamily = "x"', "clip.wav", None, "label = '"),
    "a long label": (f'label = "{"x" * 401}"\nfamily = "x"', "clip.wav", None, "label = 'xxx"),
    "program 128": (TEXT + "program = 128", "clip.wav", None, "program = 128"),
    "a huge program": (TEXT + "program = " + "9" * 5000, "clip.wav", None, "is not TOML"),
    "a huge hex program": (
        TEXT + "program = 0x" + "f" * 5000,
        "clip.wav",
        None,
        "program = a huge number",
    ),
    "program true": (TEXT + "program = true", "clip.wav", None, "program = True"),
    "a register upside down": (TEXT + "register = [9, 8]", "clip.wav", None, "register = [9, 8]"),
    "strength nan": (TEXT + "[parameters]\nstrength = nan", "clip.wav", None, "parameters = "),
    "an unknown setting": (TEXT + "[parameters]\nseed = 1", "clip.wav", None, "parameters = "),
    "a bad hash": (TEXT + 'sha256 = "abc"', "clip.wav", None, "sha256 = 'abc'"),
    "a folder for a text": (None, "clip.wav", folder_instead("preset.toml"), "is not a file"),
    "a pipe for a text": (None, "clip.wav", fifo("preset.toml"), "is not a file"),
    "a link for a text": (None, "clip.wav", link_instead("preset.toml"), "is a link"),
    "a large text": (None, "clip.wav", big("preset.toml", MAX_TEXT_BYTES), "8 kB"),
    "no sound": (TEXT, None, None, "it has none"),
    "a sound of another name": (TEXT, "sound.wav", None, "it has none"),
    "two sounds": (TEXT, "clip.wav", lambda it: write_sound(it / "clip.ogg"), "clip.ogg and clip"),
    "a folder for a sound": (TEXT, None, folder_instead("clip.ogg"), "is not a file"),
    "a pipe for a sound": (TEXT, None, fifo("clip.ogg"), "is not a file"),
    "a link for a sound": (TEXT, None, link_instead("clip.wav"), "is a link"),
    "a dangling link": (TEXT, None, lambda it: (it / "clip.ogg").symlink_to("no"), "is a link"),
    "a link to itself": (TEXT, None, lambda it: (it / "clip.ogg").symlink_to("clip.ogg"), "a link"),
    "10 GB of sound": (TEXT, None, big("clip.ogg", 10 << 30), "10,737 MB"),
    "too much sound": (TEXT, None, big("clip.ogg", MAX_CLIP_BYTES), "105 MB"),
    "a pipe for notes": (TEXT, "clip.wav", fifo("notes.mid"), "is not a file"),
    "too many notes": (TEXT, "clip.wav", big("notes.mid", MAX_NOTES_BYTES), "1 MB"),
}


@pytest.mark.parametrize(("text", "clip", "spoil", "reason"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_preset_is_told_in_a_line_and_hides_no_other(
    make, sound, text, clip, spoil, reason
):
    good = user.add("good", sound)
    folder = make("bad", text, clip)
    if spoil:
        spoil(folder)
    started = time.monotonic()
    assert presets.names() == sorted([*BUILT_IN, "good"])
    assert presets.get("good") == good
    [error] = presets.broken()
    assert time.monotonic() - started < 2
    said = str(error)
    assert reason in said
    assert str(folder) in said
    assert said.isprintable()
    assert len(said) < len(str(folder)) + 200
    with pytest.raises(BrokenPreset) as raised:
        presets.get("bad")
    assert str(raised.value) == said
    assert user.validate("bad") == [said]
    with pytest.raises(BrokenPreset):
        user.add("copy", folder)
    user.remove("bad")
    assert presets.broken() == []


def test_a_broken_preset_leaves_the_built_in_one_of_its_name(make):
    make("violin", text="")
    assert presets.get("violin").built_in
    assert len(presets.broken()) == 1


def test_a_built_in_name_without_override_is_told(make):
    folder = make("violin")
    assert presets.get("violin").built_in
    [error] = presets.broken()
    assert "override = true" in str(error)
    assert user.validate("violin") == [str(error)]
    (folder / "preset.toml").write_text(TEXT + "override = true")
    assert not presets.get("violin").built_in
    assert presets.broken() == []


@pytest.mark.parametrize(
    "name", ["My Kalimba", "a_b", "Kalimba", "40", "200", "con", "-", "a\nb", "x" * 100, "🎻"]
)
def test_folders_must_be_named_as_presets_are(make, name):
    make(name)
    assert presets.names() == BUILT_IN
    [error] = presets.broken()
    assert "rename" in str(error)
    assert str(error).isprintable()


def test_folders_whose_names_no_encoding_knows(make):
    make(os.fsdecode(b"k\xff"), clip=None)
    [error] = presets.broken()
    assert "\\udcff" in str(error)


def test_what_is_hidden_or_no_folder_is_no_preset(make, own):
    make(".hidden")
    (own / "README.txt").write_text("Mine.")
    os.mkfifo(own / "pipe")
    assert presets.names() == BUILT_IN
    assert presets.broken() == []


@pytest.mark.parametrize("name", ["kalimba.zip", "kalimba.wav"])
def test_a_file_that_somebody_meant_to_be_a_preset_is_told(own, name):
    (own / name).write_bytes(b"")
    [error] = presets.broken()
    assert f"{name} is not a preset yet" in str(error)


def test_a_text_of_a_windows_editor_is_read(make):
    make(text=b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode())
    assert presets.get("mbira").label == "My kalimba"


def test_folders_that_may_not_be_read(make, own, sound):
    user.add("good", sound)
    secret = make("secret")
    secret.chmod(0)
    try:
        if os.access(secret, os.R_OK):
            pytest.skip("this user may read anything")
        assert presets.names() == sorted([*BUILT_IN, "good"])
        [error] = presets.broken()
        assert "cannot be read (Permission denied)" in str(error)
        own.chmod(0)
        assert presets.names() == BUILT_IN
        [error] = presets.broken()
        assert "Your own presets are missing" in str(error)
        assert presets.get("violin").built_in
    finally:
        own.chmod(0o700)
        secret.chmod(0o700)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.one_of(
        st.binary(max_size=200),
        st.text(max_size=200).map(lambda it: it.encode("utf-8", "surrogatepass")),
        st.lists(
            st.tuples(
                st.sampled_from(["label", "family", "program", "register", "parameters", "sha256"]),
                st.sampled_from(
                    ['"x"', "1", "-1", "[1, 2]", "{mix = 1}", "nan", "1979-05-27", "[]"]
                ),
            ),
            max_size=6,
        ).map(lambda it: "\n".join(f"{key} = {value}" for key, value in it).encode()),
    )
)
def test_whatever_the_text_is_the_preset_is_read_or_broken(tmp_path, text):
    folder = tmp_path / "k"
    folder.mkdir(exist_ok=True)
    (folder / "preset.toml").write_bytes(text)
    (folder / "clip.wav").write_bytes(b"")
    with contextlib.suppress(BrokenPreset):
        preset = read(folder)
        (folder / "preset.toml").write_text(render(preset), encoding="utf-8")
        assert read(folder) == preset


# Whatever happens meanwhile

CRASH = """
import os, pathlib, sys
from presets import user

left = int(sys.argv[1])
rename = pathlib.Path.rename

def crash(*arguments):
    global left
    left -= 1
    if left < 0:
        os._exit(9)
    return rename(*arguments)

pathlib.Path.rename = crash
user.add("k", sys.argv[2], replace=True)
"""


@pytest.mark.parametrize("after", [0, 1, 2, 3])
def test_a_crash_while_replacing_loses_nothing(tmp_path, sound, own, after):
    old = user.add("k", sound).sha256
    other = write_sound(tmp_path / "b.wav", seed=1)
    done = subprocess.run([sys.executable, "-c", CRASH, str(after), str(other)], check=False)
    assert done.returncode == (9 if after < 3 else 0)
    user.add("another", sound)
    assert (presets.get("k").sha256 == old) == (after < 2)
    assert user.validate("k") == []
    assert presets.broken() == []
    user.remove("k")
    with pytest.raises(UnknownPreset):
        presets.get("k")
    user.remove("another")
    assert "k" not in presets.names()


def test_a_failure_while_replacing_puts_the_old_one_back(tmp_path, sound, own, monkeypatch):
    user.add("k", sound)
    before, rename = contents(own), Path.rename

    def fail(path, target):
        if path.name.startswith(".new-"):
            raise OSError(28, "No space left on device", str(target))
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(OSError, match="No space left"):
        user.add("k", write_sound(tmp_path / "b.wav", seed=1), replace=True)
    assert contents(own) == before


def test_a_full_disk_leaves_nothing(sound, own, monkeypatch):
    def fail(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(user, "_write_text", fail)
    with pytest.raises(OSError, match="No space left"):
        user.add("k", sound)
    assert contents(own) == {}


def test_old_leftovers_are_cleared_away_and_fresh_ones_are_not(sound, own, monkeypatch):
    for name in (".new-1", ".gone-1"):
        (own / name).mkdir()
    user.add("k", sound)
    assert {it.name for it in own.iterdir()} == {"k", ".new-1"}
    monkeypatch.setattr(user, "_STALE_SECONDS", -1)
    user.add("l", sound)
    assert {it.name for it in own.iterdir()} == {"k", "l"}


def test_of_many_who_add_the_same_name_one_does(tmp_path, own):
    sounds = [write_sound(tmp_path / f"{seed}.wav", seed=seed) for seed in range(8)]

    def add(sound):
        try:
            return user.add("k", sound).sha256
        except PresetError:
            return None

    with ThreadPoolExecutor(8) as pool:
        added = [it for it in pool.map(add, sounds) if it]
    assert added == [presets.get("k").sha256]
    assert user.validate("k") == []
    assert {it.name for it in own.iterdir()} == {"k"}


def test_many_who_replace_the_same_preset_leave_one_whole(tmp_path, own):
    sounds = [write_sound(tmp_path / f"{seed}.wav", seed=seed) for seed in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda it: user.add("k", it, replace=True), sounds))
    assert user.validate("k") == []
    assert {it.name for it in own.iterdir()} == {"k"}
