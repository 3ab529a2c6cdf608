"""What a file says beside its sound stays, as far as the kind that is written can hold it."""

import io
import random
import resource
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import mutagen
import mutagen.id3
import numpy as np
import pytest
import soundfile
from pedalboard.io import AudioFile
from support.mutants import chunk, fmt, riff, whole_files

from plugin_bridge.cli import main
from plugin_bridge.files import sound_files
from plugin_bridge.files.sound_files import Sound
from plugin_bridge.files.tags import id3, reading, wav
from plugin_bridge.files.tags.tags import MAX_COVER_BYTES, NAMES, NONE, Cover, Part, Tags, cleaned
from presets.opening import open_regular
from presets.sound_file.look import look

RATE = 44_100
KINDS = ["wav", "aiff", "flac", "ogg", "mp3"]
HOUR = 3600 * RATE
AUDIO = np.random.default_rng(0).uniform(-0.5, 0.5, (2, 3000)).astype(np.float32)
COVER = Cover("image/png", b"\x89PNG\r\n\x1a\n" + np.random.default_rng(1).bytes(70_000))
TEXTS = {
    **dict.fromkeys(NAMES, "words"),
    **{"title": "Åses død", "tracknumber": "3/8", "date": "1875-11", "bpm": "60"},
    "comment": "two\nlines",
}


def bext(time, *, version=1):
    fields = b"A take".ljust(256, b"\0") + b"Ardour".ljust(82, b"\0") + struct.pack("<Q", time)
    rest = struct.pack("<H", version) + b"U" * 64 + struct.pack("<5h", *[-2300] * 5) + bytes(180)
    return Part(b"bext", fields + rest + b"A=PCM,F=44100\r\n")


def time_of(tags):
    return struct.unpack_from("<Q", tags.parts[0].data, 338)[0]


def marked(*chunks):
    """A WAV file with these chunks after its sound."""
    return riff(fmt(1, 1, 16), chunk(b"data", bytes(8000)), *(chunk(*it) for it in chunks))


def read_bytes(tmp_path, content, suffix="wav"):
    path = tmp_path / f"read.{suffix}"
    path.write_bytes(content)
    return sound_files.read(path)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("other", KINDS)
def test_texts_and_cover_go_from_any_kind_to_any(tmp_path, kind, other):
    whole = Tags(TEXTS, COVER)
    sound_files.write(tmp_path / f"a.{kind}", Sound(AUDIO, RATE, 16, whole))
    found = sound_files.read(tmp_path / f"a.{kind}")
    sound_files.write(tmp_path / f"b.{other}", found)
    again = sound_files.read(tmp_path / f"b.{other}").tags
    assert dict(again.texts) == TEXTS
    assert again.cover == COVER


@pytest.mark.parametrize("kind", KINDS)
def test_tags_change_no_sample_and_other_programs_find_them(tmp_path, kind):
    plain, tagged = tmp_path / f"plain.{kind}", tmp_path / f"tagged.{kind}"
    sound_files.write(plain, Sound(AUDIO, RATE, 24))
    sound_files.write(tagged, Sound(AUDIO, RATE, 24, Tags(TEXTS, COVER, (bext(HOUR),))))
    read, expected = sound_files.read(tagged), sound_files.read(plain)
    np.testing.assert_array_equal(read.audio, expected.audio)
    assert (read.sample_rate, read.bits) == (expected.sample_rate, expected.bits)
    if kind != "aiff":  # libsndfile looks for none there
        with soundfile.SoundFile(tagged) as file:
            assert (file.title, file.artist) == ("Åses død", "words")
    title = mutagen.File(tagged).tags["TIT2" if kind in ("wav", "aiff", "mp3") else "title"]
    assert title == ["Åses død"]


@pytest.mark.parametrize("kind", ["wav", "aiff", "flac", "mp3"])
def test_without_tags_a_file_has_the_bytes_that_pedalboard_writes(tmp_path, kind):
    bits = 32 if kind == "mp3" else 16
    sound_files.write(tmp_path / f"a.{kind}", Sound(AUDIO, RATE, bits))
    expected = io.BytesIO()
    with AudioFile(expected, "w", RATE, 2, bit_depth=bits, format=kind) as file:
        blocks = [AUDIO[:, :1], AUDIO[:, 1:]]
        for it in blocks if bits == 32 else [sound_files.round_to_depth(b, 16) for b in blocks]:
            file.write(it)
    assert (tmp_path / f"a.{kind}").read_bytes() == expected.getvalue()


def test_the_command_line_keeps_tags_and_place_in_time(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    sound_files.write(Path("a.wav"), Sound(AUDIO, RATE, 24, Tags(TEXTS, COVER, (bext(HOUR),))))
    for name in ("b.wav", "b.mp3"):
        given = ["apply", "a.wav", name, "--preset", "violin", "--strength", "0", "-q"]
        assert main.run(given) == 0
        assert sound_files.read(Path(name)).tags.cover == COVER
    assert time_of(sound_files.read(Path("b.wav")).tags) == HOUR
    assert sound_files.read(Path("b.mp3")).tags.parts == ()


def test_a_part_of_a_sound_is_later_by_its_beginning(tmp_path):
    cue, loop = (b"cue ", bytes(28)), (b"smpl", bytes(60))
    names = (b"LIST", b"adtl" + bytes(8))
    whole = read_bytes(tmp_path, marked(cue, (b"bext", bext(HOUR).data), loop, names))
    assert [it.name for it in whole.tags.parts] == [b"bext", b"cue ", b"smpl", b"LIST"]
    part = whole.part(500, 900)
    assert time_of(part.tags) == HOUR + 500
    assert [it.name for it in part.tags.parts] == [b"bext"]  # markers are elsewhere now
    np.testing.assert_array_equal(part.audio, whole.audio[:, 500:900])


def test_what_is_true_of_the_old_sound_alone_is_cleared(tmp_path):
    """Its identity and, in version 2, its loudness; all else of ``bext`` stays, to the byte."""
    old = bext(HOUR, version=2).data
    new = read_bytes(tmp_path, marked((b"bext", old))).tags.parts[0].data
    assert new[:346] == old[:346]
    assert new[346:422] == b"\1\0" + bytes(64) + bytes(10)
    assert new[422:] == old[422:]


def test_what_stands_before_the_sound_of_a_file_beyond_4_gb_stands_after_its_sizes(tmp_path):
    plain = whole_files()["RF64-PCM_16.wav"]
    size = struct.unpack_from("<Q", plain, 20)[0]
    added = wav.made(Tags(TEXTS, None, (bext(HOUR),)))
    with (tmp_path / "a.wav").open("w+b") as file:
        file.write(bytes(len(added)) + plain)
        wav.put_before(file, added)
    content = (tmp_path / "a.wav").read_bytes()
    assert content[12:16] == b"ds64"
    assert struct.unpack_from("<Q", content, 20) == (size + len(added),)
    found = sound_files.read(tmp_path / "a.wav")
    assert (found.audio.shape, time_of(found.tags)) == ((2, 4000), HOUR)
    assert found.tags.texts["title"] == "Åses død"


def test_older_and_rarer_ways_to_say_it_are_read(tmp_path):
    info = chunk(b"INAM", "Åse".encode("cp1252") + b"\0") + chunk(b"ISFT", b"a program")
    assert read_bytes(tmp_path, marked((b"LIST", b"INFO" + info))).tags.texts == {"title": "Åse"}
    sound_files.write(tmp_path / "a.mp3", Sound(AUDIO, RATE))
    old = b"TAG" + b"A title".ljust(30, b"\0") + bytes(94) + b"\x0c"
    found = read_bytes(tmp_path, (tmp_path / "a.mp3").read_bytes() + old, "mp3").tags
    assert (found.texts["title"], found.texts["genre"]) == ("A title", "Other")
    sound_files.write(tmp_path / "a.flac", Sound(AUDIO, RATE))
    flac = mutagen.File(tmp_path / "a.flac")
    flac["description"], flac["ARTIST"] = ["words"], ["A", "B"]
    flac["replaygain_track_gain"] = ["-7 dB"]  # of the old sound
    flac.save()
    found = sound_files.read(tmp_path / "a.flac").tags
    assert found.texts == {"comment": "words", "artist": "A; B"}
    soundfile.write(tmp_path / "a.opus", AUDIO.T, 48_000, format="OGG", subtype="OPUS")
    opus = mutagen.File(tmp_path / "a.opus")
    opus["title"] = ["Opus 1"]
    opus.save()
    assert sound_files.read(tmp_path / "a.opus").tags.texts["title"] == "Opus 1"


def frame(name, data, flags=0):
    return name + struct.pack(">IH", len(data), flags) + data


def id3_tag(*frames):
    body = b"".join(frames)
    size = bytes(len(body) >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\3\0\0" + size + body


def test_a_small_tag_that_becomes_a_large_one_is_none(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "MORE_BYTES", 16 << 20)
    large = 64 << 20
    packed = struct.pack(">I", large) + zlib.compress(b"\0" + bytes(large), 1)
    bomb = id3_tag(frame(b"TIT2", packed, 0x0080))
    assert len(bomb) < 1 << 19
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = read_bytes(tmp_path, marked((b"id3 ", bomb), (b"LIST", b"INFO" + chunk(b"INAM", b"A"))))
    assert dict(found.tags.texts) == {"title": "A"}
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 32 << 10


def test_texts_and_pictures_that_cannot_be_written_are_left_out(tmp_path):
    assert cleaned([("TITLE", "a\0\x1b[31mb\ud800\n"), ("title", "second"), ("x", "y")]) == {
        "title": "a[31mb"
    }
    assert cleaned([("title", " \0 ")]) == {}
    html = id3_tag(frame(b"APIC", b"\0image/png\0\3\0<html>"))
    assert read_bytes(tmp_path, marked((b"id3 ", html))).tags == NONE
    huge = b"\xff\xd8\xff" + bytes(MAX_COVER_BYTES)
    tag = id3_tag(frame(b"APIC", b"\0image/jpeg\0\3\0" + huge), frame(b"TIT2", b"\0A"))
    assert read_bytes(tmp_path, marked((b"id3 ", tag))).tags == Tags({"title": "A"})
    undated = Tags({"date": "in spring", "title": "A"})
    assert id3.read(id3.written(undated)).texts == {"title": "A"}
    sound_files.write(tmp_path / "a.flac", Sound(AUDIO, RATE, 16, undated))
    assert sound_files.read(tmp_path / "a.flac").tags == undated


@pytest.mark.parametrize("kind", KINDS)
def test_damaged_tags_are_never_an_error(tmp_path, kind):
    whole = Tags(TEXTS, Cover("image/png", COVER.data[:300]), (bext(HOUR),))
    sound_files.write(tmp_path / f"a.{kind}", Sound(AUDIO[:, :200], RATE, 16, whole))
    content = (tmp_path / f"a.{kind}").read_bytes()
    with open_regular(tmp_path / f"a.{kind}") as file:
        container = look(file).container
    draw, read = random.Random(kind), 0
    for _ in range(40):
        data = bytearray(content)
        for _ in range(draw.choice([1, 3, 20])):
            data[draw.randrange(min(len(data), 3000))] = draw.choice([0, 1, 0x7F, 0x80, 0xFF])
        (tmp_path / "b").write_bytes(data)
        with open_regular(tmp_path / "b") as file:
            found = reading.read(file, container)
        read += found != NONE
        out = tmp_path / f"c.{kind}"
        sound_files.write(out, Sound(AUDIO[:, :200], RATE, 16, found))
        assert sound_files.read(out).audio.shape == (2, 200)
    assert read > 5  # most damage leaves something


@pytest.mark.parametrize("kind", KINDS)
def test_a_disk_that_is_full_when_tags_are_written_is_an_error_of_the_system(tmp_path, kind):
    code = (
        "import sys, pathlib, numpy as np\n"
        "from plugin_bridge.files.sound_files import Sound, write\n"
        "from plugin_bridge.files.tags.tags import Cover, Tags\n"
        "tags = Tags({'title': 'A'}, Cover('image/png', bytes(200_000)))\n"
        "try: write(pathlib.Path(sys.argv[1]), Sound(np.zeros((1, 999), 'f4'), 44100, 16, tags))\n"
        "except OSError: print('refused')"
    )

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    command = [sys.executable, "-c", code, str(tmp_path / f"a.{kind}")]
    done = subprocess.run(command, preexec_fn=limit, capture_output=True, text=True, check=True)
    assert done.stdout == "refused\n"
    assert list(tmp_path.iterdir()) == []
