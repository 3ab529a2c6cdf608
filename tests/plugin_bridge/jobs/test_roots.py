"""Roots: only sound files inside the served folders are read, and nothing there is replaced."""

import json
import os
import socket
import struct
import time
from pathlib import Path

import pytest
from support.sounds import noise

from plugin_bridge.files import beneath, sound_files
from plugin_bridge.jobs import result_files
from plugin_bridge.jobs.refusal import Refusal
from plugin_bridge.jobs.result_files import part_path, report_path
from plugin_bridge.jobs.roots import Roots

REPORT = json.dumps({"job": "a", "state": "failed", "out": "x", "code": "hung"})


def write_stem(path, seconds=0.05, rate=8000):
    path.parent.mkdir(parents=True, exist_ok=True)
    sound_files.write(path, sound_files.Sound(noise(seconds, rate), rate, 16))
    return path


@pytest.fixture(scope="session")
def wav_bytes(tmp_path_factory):
    return write_stem(tmp_path_factory.mktemp("stem") / "stem.wav").read_bytes()


@pytest.fixture
def root(tmp_path, wav_bytes):
    folder = tmp_path / "root"
    folder.mkdir()
    (folder / "in.wav").write_bytes(wav_bytes)
    (tmp_path / "secret.wav").write_bytes(wav_bytes)
    return folder


@pytest.fixture
def roots(root):
    return Roots([root])


def refusal(call, *arguments):
    """The code and the message with which a call is refused; the message is one line."""
    with pytest.raises(Refusal) as caught:
        call(*arguments)
    assert str(caught.value)
    return caught.value.code, str(caught.value)


def code(call, *arguments):
    return refusal(call, *arguments)[0]


def is_report(path):
    with beneath.opened(path.parent, [beneath.root(path.parent)]) as folder:
        return result_files.is_report(folder, path.name)


# Stems


@pytest.mark.parametrize("text", ["in.wav", "./in.wav", "sub/../in.wav", "sub//.././in.wav"])
def test_relative_paths_are_those_of_the_first_root(root, roots, text):
    (root / "sub").mkdir()
    assert roots.stem(text) == root / "in.wav"


def test_absolute_paths_inside_are_welcome(root, roots):
    assert roots.stem(str(root / "in.wav")) == root / "in.wav"


@pytest.mark.parametrize(
    "text",
    [
        "../secret.wav",
        "sub/../../secret.wav",
        "/etc/passwd",
        "/etc/hostname.wav",
        "..",
        ".",
        "/",
        "../root",
        "../root2/in.wav",
    ],
)
def test_what_is_outside_is_refused(root, roots, text):
    (root.parent / "root2").mkdir()  # shares the beginning of the name
    write_stem(root.parent / "root2" / "in.wav")
    said = refusal(roots.stem, text)
    assert said[0] == "outside_root"
    assert "--root" in said[1]


def test_links_count_as_what_they_point_to(root, roots, tmp_path):
    (root / "inner.wav").symlink_to("in.wav")
    (root / "outer.wav").symlink_to(tmp_path / "secret.wav")
    (root / "folder").symlink_to(tmp_path)
    (root / "loop.wav").symlink_to("loop2.wav")
    (root / "loop2.wav").symlink_to("loop.wav")
    (root / "dangling.wav").symlink_to("nothing.wav")
    assert roots.stem("inner.wav") == root / "in.wav"
    assert code(roots.stem, "outer.wav") == "outside_root"
    assert code(roots.stem, "folder/secret.wav") == "outside_root"
    assert roots.stem("folder/root/in.wav") == root / "in.wav"
    assert code(roots.stem, "dangling.wav") == "not_found"
    assert code(roots.stem, "loop.wav") in {"not_found", "not_a_file"}


def test_dots_are_taken_after_links(root, roots, tmp_path):
    """As the file system does: folder/.. is the parent of what folder points to."""
    (tmp_path / "elsewhere" / "deep").mkdir(parents=True)
    write_stem(tmp_path / "elsewhere" / "in.wav")
    (root / "folder").symlink_to(tmp_path / "elsewhere" / "deep")
    assert code(roots.stem, "folder/../in.wav") == "outside_root"


def test_only_ordinary_files_are_read(root, roots):
    """A pipe or a device could be read for ever; none of them is even opened."""
    os.mkfifo(root / "pipe.wav")
    (root / "folder.wav").mkdir()
    with socket.socket(socket.AF_UNIX) as server:
        os.chdir(root)
        server.bind("socket.wav")
    started = time.monotonic()
    for name in ("pipe.wav", "folder.wav", "socket.wav"):
        assert code(roots.stem, name) == "not_a_file"
    assert time.monotonic() - started < 1


def test_devices_are_not_read(roots, root):
    everything = Roots([Path("/dev")])
    assert code(everything.stem, "zero") == "not_audio"  # for its name
    (root / "zero.wav").symlink_to("/dev/zero")
    assert code(roots.stem, "zero.wav") == "outside_root"
    try:
        os.mknod(root / "device.wav", 0o20600, os.makedev(1, 5))
    except OSError:
        pytest.skip("devices need root")
    assert code(roots.stem, "device.wav") == "not_a_file"


@pytest.mark.parametrize(
    ("name", "content", "wanted"),
    [
        ("gone.wav", None, "not_found"),
        ("in.wav/x.wav", None, "not_found"),
        ("gone/x.wav", None, "not_found"),
        ("x.txt", b"RIFF", "not_audio"),
        ("wav", b"RIFF", "not_audio"),
        (".wav", b"RIFF", "not_audio"),
        ("empty.wav", b"", "not_audio"),
        ("text.wav", b"no sound here", "not_audio"),
        ("random.flac", bytes(range(256)) * 40, "not_audio"),
        ("zeros.ogg", bytes(4096), "not_audio"),
        ("zeros.mp3", bytes(4096), "not_audio"),
        ("zeros.aiff", bytes(4096), "not_audio"),
    ],
)
def test_what_is_no_stem_is_refused(root, roots, name, content, wanted):
    if content is not None:
        (root / name).write_bytes(content)
    said = refusal(roots.stem, name)
    assert said[0] == wanted
    assert "\n" not in said[1]


def test_a_header_of_zero_hertz_is_no_sound(root, roots, wav_bytes):
    at = wav_bytes.index(b"fmt ") + 12
    (root / "zero.wav").write_bytes(wav_bytes[:at] + bytes(4) + wav_bytes[at + 4 :])
    assert code(roots.stem, "zero.wav") == "not_audio"


@pytest.mark.parametrize("suffix", [".wav", ".aiff", ".flac", ".ogg", ".mp3"])
def test_a_huge_file_is_judged_at_once(root, roots, wav_bytes, suffix):
    """10 GB of holes, behind a header that promises as much as it can."""
    path = root / f"huge{suffix}"
    if suffix == ".wav":
        at = wav_bytes.index(b"data")
        path.write_bytes(wav_bytes[: at + 4] + struct.pack("<I", 2**32 - 2))
    else:
        sound = sound_files.Sound(noise(0.2, 44100), 44100, 16)
        sound_files.write(path, sound)
    with path.open("r+b") as file:
        file.truncate(10 * 2**30)
    started = time.monotonic()
    try:
        roots.stem(path.name)
    except Refusal as error:
        assert error.code in {"too_long", "not_audio"}  # noqa: PT017 - or it is read
    assert time.monotonic() - started < 2


def test_stems_that_are_too_long_are_refused(root):
    assert Roots([root], max_seconds=0.05).stem("in.wav")
    said = refusal(Roots([root], max_seconds=0.049).stem, "in.wav")
    assert said[0] == "too_long"
    assert "--max-minutes" in said[1]


NAMES = [
    "ünï ☃ 音 🎻.wav",
    "e\u0301 decomposed.wav",
    "with\nnewline.wav",
    "tab\tand 'quotes' \"double\".wav",
    "-rf.wav",
    "%s{0}$HOME~.wav",
    "\x1b[31mred.wav",
    "a" * 246 + ".wav",
    "ü" * 123 + ".wav",
]


@pytest.mark.parametrize("name", NAMES)
def test_odd_names_are_names(root, roots, wav_bytes, name):
    (root / name).write_bytes(wav_bytes)
    assert roots.stem(name) == root / name
    assert roots.result(f"{name[:-5]}.wav", root / "in.wav") == root / f"{name[:-5]}.wav"


@pytest.mark.parametrize("text", ["", "a\0b.wav", "x/" * 2100 + "x.wav", "a" * 5000])
@pytest.mark.parametrize("which", ["stem", "result"])
def test_texts_that_are_no_paths_are_refused(root, roots, text, which):
    if which == "stem":
        assert code(roots.stem, text) == "bad_request"
    else:
        assert code(roots.result, text, root / "in.wav") == "bad_request"


@pytest.mark.parametrize("text", ["n" * 300 + ".wav", "n" * 300 + "/x.wav", "n/" * 2000 + "x.wav"])
def test_names_that_no_file_can_have_are_refused(root, roots, text):
    assert code(roots.stem, text) in {"not_found", "not_a_file", "bad_request"}
    assert code(roots.result, text, root / "in.wav") in {"out_not_writable", "bad_request"}


# Results


def test_a_result_may_go_wherever_nothing_is(root, roots):
    (root / "sub").mkdir()
    for text in ("out.wav", "sub/out.flac", str(root / "sub" / "OUT.MP3"), "sub/../out.wav"):
        assert roots.result(text, root / "in.wav").parent in {root, root / "sub"}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("../out.wav", "outside_root"),
        ("/tmp/out.wav", "outside_root"),
        (".", "outside_root"),
        ("/", "outside_root"),
        ("sub/..", "outside_root"),
        ("sub", "not_audio"),
        ("sub/", "not_audio"),
        ("sub/deep/..", "not_audio"),
        ("out", "not_audio"),
        ("out.wav.part", "not_audio"),
        ("out.wav.json", "not_audio"),
        ("gone/out.wav", "out_not_writable"),
        ("in.wav/out.wav", "out_not_writable"),
        ("in.wav", "out_is_in"),
        ("./sub/../in.wav", "out_is_in"),
        ("linked/in.wav", "out_is_in"),
        ("link.wav", "out_is_in"),
        ("taken.wav", "out_exists"),
        ("folder.wav", "out_exists"),
        ("dangling.wav", "out_exists"),
        ("same.wav", "out_exists"),
        ("outwards.wav", "outside_root"),
        ("outwards/out.wav", "outside_root"),
    ],
)
def test_what_is_no_place_for_a_result_is_refused(root, roots, tmp_path, text, wanted):
    (root / "sub" / "deep").mkdir(parents=True)
    (root / "linked").symlink_to(root)
    (root / "link.wav").symlink_to("in.wav")
    (root / "taken.wav").write_bytes(b"")
    (root / "folder.wav").mkdir()
    (root / "dangling.wav").symlink_to("nothing.wav")
    (root / "outwards.wav").symlink_to(tmp_path / "new.wav")
    (root / "outwards").symlink_to(tmp_path)
    os.link(root / "in.wav", root / "same.wav")
    before = sorted(root.rglob("*"))
    said = refusal(roots.result, text, root / "in.wav")
    assert said[0] == wanted
    assert sorted(root.rglob("*")) == before


def test_the_stem_in_other_letters_is_never_replaced(root, roots):
    """Where case matters that is another file; where it does not, it exists."""
    if (root / "IN.WAV").exists():
        assert code(roots.result, "IN.WAV", root / "in.wav") == "out_exists"
    else:
        assert roots.result("IN.WAV", root / "in.wav") == root / "IN.WAV"


def test_what_the_server_writes_beside_a_result_must_be_free_too(root, roots):
    stem, out = root / "in.wav", root / "out.wav"
    assert (part_path(out).name, report_path(out).name) == ("out.wav.part", "out.wav.json")
    for taken in (part_path(out), report_path(out)):
        taken.write_text("somebody's")
        assert code(roots.result, "out.wav", stem) == "out_exists"
        taken.unlink()
        taken.symlink_to("nothing")
        assert code(roots.result, "out.wav", stem) == "out_exists"
        taken.unlink()
    report_path(out).write_text(REPORT)
    assert roots.result("out.wav", stem) == out
    assert report_path(out).read_text() == REPORT


def test_the_longest_name_leaves_room_for_the_report(root, roots):
    assert roots.result("a" * 246 + ".wav", root / "in.wav")
    assert code(roots.result, "a" * 247 + ".wav", root / "in.wav") == "bad_request"
    assert code(roots.result, "ü" * 124 + ".wav", root / "in.wav") == "bad_request"


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes wherever it likes")
def test_a_read_only_folder_is_refused(root, roots):
    (root / "locked").mkdir(mode=0o500)
    assert code(roots.result, "locked/out.wav", root / "in.wav") == "out_not_writable"


# Reports


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[]",
        b'"job state out"',
        b"null",
        b"\xff\xfe",
        b'{"job": "a"',
        b'{"job": "a", "state": "done"}',
        b"[" * 60000,
        REPORT.encode() + b" " * (1 << 16),
    ],
)
def test_another_s_file_is_no_report(tmp_path, content):
    path = tmp_path / "out.wav.json"
    path.write_bytes(content)
    assert not is_report(path)


def test_a_report_is_told_by_what_is_in_it(tmp_path):
    path = tmp_path / "out.wav.json"
    assert not is_report(path)
    path.write_text(REPORT)
    assert is_report(path)
    (tmp_path / "link.json").symlink_to(path)
    assert not is_report(tmp_path / "link.json")
    os.mkfifo(tmp_path / "pipe.json")
    assert not is_report(tmp_path / "pipe.json")
    assert not is_report(tmp_path)


# The roots themselves


def test_several_roots_are_open_and_nothing_between_them(tmp_path):
    for name in ("a", "b", "c"):
        write_stem(tmp_path / name / f"{name}.wav")
    roots = Roots([tmp_path / "a", tmp_path / "b"])
    assert roots.stem("a.wav") == tmp_path / "a" / "a.wav"
    assert roots.stem("../b/b.wav") == tmp_path / "b" / "b.wav"
    assert roots.result(str(tmp_path / "b" / "out.wav"), tmp_path / "a" / "a.wav")
    assert code(roots.stem, "b.wav") == "not_found"
    assert code(roots.stem, "../c/c.wav") == "outside_root"


def test_a_root_named_twice_or_through_a_link_is_one(root, tmp_path):
    (tmp_path / "link").symlink_to(root)
    roots = Roots([tmp_path / "link", root, root / ".." / "root"])
    assert roots.folders == (root.resolve(),)
    assert roots.stem("in.wav") == root / "in.wav"
    assert roots.stem(str(tmp_path / "link" / "in.wav")) == root / "in.wav"


def test_the_whole_disk_can_be_a_root(root):
    roots = Roots([Path("/")])
    assert roots.stem(str(root / "in.wav")) == root / "in.wav"
    assert roots.result(str(root / "out.wav"), root / "in.wav") == root / "out.wav"
    assert code(roots.stem, "/") == "outside_root"
    assert code(roots.stem, "/etc/passwd") == "not_audio"


def test_a_root_has_to_be_a_folder(root):
    for path in (root / "gone", root / "in.wav"):
        with pytest.raises(ValueError, match="There is no folder"):
            Roots([path])


def test_a_stem_whose_name_is_not_utf_8_is_read_or_refused(root, roots, wav_bytes):
    """Its name cannot be sent by OSC, but a link to it can."""
    name = os.fsdecode(b"caf\xe9.wav")
    try:
        (root / name).write_bytes(wav_bytes)
    except OSError:
        pytest.skip("this file system takes UTF-8 only")
    (root / "link.wav").symlink_to(name)
    try:
        assert roots.stem("link.wav") == root / name
    except Refusal as error:
        assert error.code == "not_audio"  # noqa: PT017
