"""Presets in .zip files: what is shared arrives whole, and what is hostile stays outside."""

import io
import os
import random
import stat
import struct
import time
import zipfile

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import presets
from presets import archive, user
from presets.preset import MAX_CLIP_BYTES, PresetError

TEXT = b'label = "Mbira"\nfamily = "Thumb pianos"\ncredit = "A. Friend"\n'


def sound():
    file = io.BytesIO()
    audio = np.random.default_rng(0).uniform(-0.1, 0.1, 4000)
    soundfile.write(file, audio, 8000, format="WAV")
    return file.getvalue()


CLIP = sound()
GOOD = {"preset.toml": TEXT, "clip.wav": CLIP}


def member(name, mode=stat.S_IFREG | 0o644, kind=zipfile.ZIP_DEFLATED):
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    info.compress_type = kind
    return info


@pytest.fixture
def pack(tmp_path):
    """Write members, by name or `ZipInfo`, to a .zip file."""

    def pack(members, name="theirs.zip"):
        path = tmp_path / name
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
            for it, content in members.items() if isinstance(members, dict) else members:
                file.writestr(it, content)
        return path

    return pack


@pytest.fixture
def refused(tmp_path, data_folder):
    """A .zip file that must be refused in one line, by `add` and by `validate`."""

    def refused(path, reason):
        before = sorted(tmp_path.rglob("*"))
        started = time.monotonic()
        with pytest.raises(PresetError) as raised:
            user.add("mbira", path)
        said = str(raised.value)
        assert reason in said
        assert path.name in said
        assert said.isprintable()
        assert user.validate(path) == [said]
        assert time.monotonic() - started < 2
        assert [*data_folder.rglob("*")] == [data_folder / "presets"]
        assert sorted(tmp_path.rglob("*")) == before

    return refused


# What is shared


def test_what_is_exported_can_be_added(tmp_path):
    user.export("violin", tmp_path / "violin.zip")
    assert user.validate(tmp_path / "violin.zip") == []
    original, added = presets.get("violin"), user.add("fiddlestick", tmp_path / "violin.zip")
    assert added.clip.read_bytes() == original.clip.read_bytes()
    assert added.notes.read_bytes() == original.notes.read_bytes()
    for fact in ("label", "family", "program", "register", "licence", "source", "credit", "sha256"):
        assert getattr(added, fact) == getattr(original, fact)


def test_the_same_preset_gives_the_same_file(tmp_path):
    for name in ("a.zip", "b.zip"):
        user.export("violin", tmp_path / name)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_an_override_is_exported_without_being_one(tmp_path, pack):
    user.add("violin", pack(GOOD), override=True)
    user.export("violin", tmp_path / "out.zip")
    with zipfile.ZipFile(tmp_path / "out.zip") as file:
        assert file.namelist() == ["violin/preset.toml", "violin/clip.wav"]
        assert b"override" not in file.read("violin/preset.toml")


HONEST = {
    "at the top": GOOD,
    "in a folder": {f"My mbira/{name}": it for name, it in GOOD.items()},
    "with its folder": {"k/": b"", **{f"k/{name}": it for name, it in GOOD.items()}},
    "with another, empty": {**GOOD, "samples/": b""},
    "from the current folder": {f"./{name}": it for name, it in GOOD.items()},
    "by macOS": {
        "k/": b"",
        **{f"k/{name}": it for name, it in GOOD.items()},
        "k/.DS_Store": b"junk",
        "__MACOSX/": b"",
        "__MACOSX/k/._clip.wav": b"junk",
    },
    "by Windows": {**{f"k\\{name}": it for name, it in GOOD.items()}, "k\\Thumbs.db": b"junk"},
}


@pytest.mark.parametrize("members", HONEST.values(), ids=HONEST.keys())
def test_archives_as_people_make_them(pack, members):
    added = user.add("mbira", pack(members))
    assert (added.label, added.credit) == ("Mbira", "A. Friend")
    assert added.clip.read_bytes() == CLIP
    assert sorted(it.name for it in added.clip.parent.iterdir()) == ["clip.wav", "preset.toml"]


# What is hostile

PATHS = {
    "../escape.txt": "leaves its folder",
    "k/../../escape.txt": "leaves its folder",
    "..\\escape.txt": "leaves its folder",
    "/tmp/escape.txt": "leaves its folder",
    "\\\\server\\escape.txt": "leaves its folder",
    "C:\\escape.txt": "leaves its folder",
    "c:escape.txt": "leaves its folder",
    "..": "leaves its folder",
    "k/l/clip.ogg": "which presets do not have",
    "run.exe": "which presets do not have",
    "a/b/": "which presets do not have",
    "Clip.WAV": "which presets do not have",
    "clip.ogg": "one sound",
    "other/notes.mid": "more than one folder",
    "a\x1b[31m": "which presets do not have",
}


@pytest.mark.parametrize(("name", "reason"), PATHS.items())
def test_members_that_do_not_belong(pack, refused, name, reason):
    refused(pack({**GOOD, name: b"" if name.endswith("/") else b"x"}), reason)


def test_a_name_that_goes_on_after_its_end(pack, refused):
    path = pack({**GOOD, "clip.wav+.exe": b"x"})
    path.write_bytes(path.read_bytes().replace(b"clip.wav+", b"clip.wav\0"))
    refused(path, "leaves its folder")


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFSOCK])
def test_links_and_devices(pack, refused, kind):
    link = member("clip.wav", kind | 0o777)
    refused(pack([("preset.toml", TEXT), (link, b"/etc/passwd")]), "a link or a device")


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", ["clip.wav", "./clip.wav"])
def test_two_members_of_one_name(pack, refused, name):
    refused(pack([*GOOD.items(), (name, CLIP)]), "two files called clip.wav")


@pytest.mark.parametrize("missing", GOOD)
def test_missing_members(pack, refused, missing):
    members = {name: it for name, it in GOOD.items() if name != missing}
    refused(pack(members), "holds no preset.toml" if missing == "preset.toml" else "one sound")


@pytest.mark.parametrize("kind", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_unusual_compression(pack, refused, kind):
    clip = member("clip.wav", kind=kind)
    refused(pack([("preset.toml", TEXT), (clip, CLIP)]), "compressed in an unusual way")


def test_encryption(pack, refused):
    path = pack(GOOD)
    with zipfile.ZipFile(path) as file:
        flags = file.start_dir + 8
    content = bytearray(path.read_bytes())
    content[flags] |= 1
    path.write_bytes(content)
    refused(path, "is encrypted")


def test_a_bomb_that_says_so(pack, refused):
    clip = member("clip.wav")
    bomb = bytes(MAX_CLIP_BYTES + 1)
    path = pack([("preset.toml", TEXT), (clip, bomb)])
    assert path.stat().st_size < 1_000_000
    refused(path, "holds a clip.wav of more than 104.86 MB")


def test_a_bomb_that_says_it_is_small(pack, refused):
    path = pack({"preset.toml": b"#" * 100_000_000, "clip.wav": CLIP})
    content = path.read_bytes()
    path.write_bytes(content.replace(struct.pack("<L", 100_000_000), struct.pack("<L", 1000)))
    refused(path, "is damaged")


def test_a_text_that_is_too_long(pack, refused):
    refused(pack({**GOOD, "preset.toml": TEXT + b"#" * 10_000}), "preset.toml of more than 0.01 MB")


def test_a_forged_table_of_contents_is_not_read_into_memory(tmp_path, refused):
    path = tmp_path / "theirs.zip"
    size = 90 << 20
    with path.open("wb") as file:
        file.truncate(size)
        file.seek(size)
        file.write(struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 65535, 65535, size, 0, 0))
    refused(path, "table of contents is too long")


def test_ten_gigabytes(tmp_path, refused):
    path = tmp_path / "theirs.zip"
    with path.open("wb") as file:
        file.truncate(10 << 30)
    refused(path, "10,737 MB")


@pytest.mark.parametrize("content", [b"", b"PK", b"PK\5\6", b"not a zip" * 100, CLIP])
def test_what_is_no_zip(tmp_path, refused, content):
    (tmp_path / "theirs.zip").write_bytes(content)
    refused(tmp_path / "theirs.zip", "is damaged, or no .zip file")


def test_a_pipe(tmp_path):
    os.mkfifo(tmp_path / "theirs.zip")
    with pytest.raises(PresetError, match="is not a file"):
        user.add("mbira", tmp_path / "theirs.zip")
    assert "is not a file" in user.validate(tmp_path / "theirs.zip")[0]


def test_a_changed_byte_is_noticed(pack, refused):
    path = pack([("preset.toml", TEXT), (member("clip.wav", kind=zipfile.ZIP_STORED), CLIP)])
    content = bytearray(path.read_bytes())
    content[content.index(CLIP) + 1000] ^= 1
    path.write_bytes(content)
    refused(path, "is damaged")


def test_what_is_wrong_inside_is_said_of_the_file(pack, refused):
    refused(pack({**GOOD, "preset.toml": b"label ="}), "is not TOML")
    refused(pack({**GOOD, "clip.wav": b"no sound"}), "is a text, no sound")
    refused(pack({**GOOD, "notes.mid": b"no notes"}), "no MIDI file")
    refused(pack({**GOOD, "preset.toml": TEXT + b'sha256 = "' + b"0" * 64 + b'"'}), "sha256")


def test_names_that_no_encoding_knows(pack, refused, tmp_path):
    path = pack({"preset.toml": b""}, name=os.fsdecode(b"k\xff.zip"))
    with pytest.raises(PresetError, match=r"udcff\.zip"):
        user.add("mbira", path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 8), st.booleans())
def test_whatever_is_damaged_it_is_unpacked_or_refused(pack, tmp_path, seed, count, cut):
    path = pack({**GOOD, "notes.mid": b"MThd"})
    generator, content = random.Random(seed), bytearray(path.read_bytes())
    for _ in range(count):
        content[generator.randrange(len(content))] = generator.randrange(256)
    # Half of what is changed is in the headers.
    for _ in range(count):
        content[-generator.randrange(1, 250)] = generator.randrange(256)
    path.write_bytes(content[: generator.randrange(len(content))] if cut else content)
    folder = tmp_path / "unpacked"
    folder.mkdir(exist_ok=True)
    try:
        archive.unpack(path, folder)
    except PresetError as error:
        said = str(error)
        assert said.isprintable()
        assert len(said) < 400
    assert {it.name for it in folder.iterdir()} <= {"clip.wav", "preset.toml", "notes.mid"}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30))
def test_whatever_a_member_is_called_nothing_is_written_elsewhere(pack, tmp_path, name):
    path = pack([*GOOD.items(), (f"{name}x", b"x")])
    folder = tmp_path / "a" / "b" / "c"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        archive.unpack(path, folder)
    except PresetError as error:
        said = str(error)
        assert said.isprintable()
    assert {it.name for it in tmp_path.rglob("*")} <= {*GOOD, "theirs.zip", "a", "b", "c"}
