"""What a file says of its sound, and what it may not say."""

import os
import struct
import threading

import numpy as np
import pytest
import soundfile
from support.mutants import (
    RATE,
    by_pedalboard,
    by_soundfile,
    chunk,
    fmt,
    marked,
    mutant,
    riff,
    whole_files,
)

from presets.opening import NotOrdinary, open_regular
from presets.sound_file.header import BadSound
from presets.sound_file.look import MAX_OF_SMALL_BYTES, look
from presets.sound_file.reading import opened

UNREADABLE = ("ADPCM", "GSM", "G721", "G72", "DWVW", "PCM_U8.aiff", "MPEG")


def written(path, content):
    path.write_bytes(content)
    return path


def looked_at(path):
    with open_regular(path) as file:
        return look(file)


@pytest.mark.parametrize("name", sorted(whole_files()))
def test_a_whole_file_is_what_libsndfile_says_or_refused_with_the_remedy(tmp_path, name):
    path = written(tmp_path / name, whole_files()[name])
    if any(it in name for it in UNREADABLE):
        with pytest.raises(BadSound, match=r": (export|convert) it"):
            looked_at(path)
        return
    header, info = looked_at(path), soundfile.info(path)
    assert (header.sample_rate, header.channels) == (info.samplerate, info.channels)
    assert header.frames - (header.slack or 0) <= info.frames <= header.frames
    assert header.integers == info.subtype.startswith("PCM")
    assert header.bits == {"PCM_S8": 8, "PCM_U8": 8, "PCM_16": 16, "PCM_24": 24}.get(
        info.subtype, 16 if "LAW" in info.subtype else 32
    )


@pytest.mark.parametrize("quality", ["128 kbps", "V2"])
def test_an_mp3_file_without_a_note_of_its_length_is_read_whole_or_refused(tmp_path, quality):
    """By itself, libsndfile would guess, and leave out the rest of one whose bit rate varies."""
    content = by_pedalboard("mp3", samples=100_000, quality=quality)
    content = content.replace(b"Xing", b"None").replace(b"Info", b"None")
    path = written(tmp_path / "a.mp3", content)
    assert looked_at(path).frames == pytest.approx(100_000, abs=4 * 1152)
    if quality == "V2":
        with pytest.raises(BadSound, match="bit rate varies: convert it to WAV"), opened(path):
            pass
    else:
        with opened(path) as sound:
            assert sound.read_all().shape[1] == sound.header.frames


def test_a_tag_before_the_sound_is_skipped(tmp_path):
    tag = b"ID3\x03\0\0" + bytes([0, 0, 1, 72]) + bytes(200)
    for name in ("stereo.mp3", "PCM_16-2.flac"):
        plain = looked_at(written(tmp_path / name, whole_files()[name]))
        assert looked_at(written(tmp_path / name, tag + whole_files()[name])) == plain


def float_80(number):
    """A number in IEEE 754's extended precision, as AIFF has it."""
    mantissa, exponent = np.frexp(number)
    return struct.pack(">HQ", exponent + 16382, int(mantissa * 2.0**64))


def aiff(rate=8000.0, channels=2, frames=100, bits=16, sound=None):
    common = struct.pack(">HIH", channels, frames, bits) + float_80(rate)
    sound = bytes(channels * frames * bits // 8) if sound is None else sound
    body = b"AIFF" + b"COMM" + struct.pack(">I", 18) + common
    body += b"SSND" + struct.pack(">I", 8 + len(sound)) + bytes(8) + sound
    return b"FORM" + struct.pack(">I", len(body)) + body


def flac(rate=44_100, channels=2, bits=16, frames=4000):
    """A FLAC file whose header says so, whatever it holds."""
    content = bytearray(by_soundfile("FLAC", "PCM_16", rate=44_100))
    packed = rate << 44 | channels - 1 << 41 | bits - 1 << 36 | frames
    content[18:26] = packed.to_bytes(8, "big")
    return bytes(content)


def ogg(packet):
    """An Ogg file that begins with this packet, and holds nothing else."""
    head = b"OggS\0\2" + bytes(8) + b"mine" + bytes(4) + b"\1\2\3\4"
    return head + bytes([1, len(packet)]) + packet


SOUND = chunk(b"data", bytes(8000))
REFUSED = {
    "µ-law of 16 bits": (riff(fmt(7, 1, 16), SOUND), "impossible header"),
    "A-law of 0 bits": (riff(fmt(6, 1, 0), SOUND), "impossible header"),
    "floats of 16 bits": (riff(fmt(3, 1, 16), SOUND), "impossible header"),
    "0 bits": (riff(fmt(1, 1, 0), SOUND), "impossible header"),
    "33 bits": (riff(fmt(1, 1, 33), SOUND), "impossible header"),
    "no channels": (riff(fmt(1, 0, 16), SOUND), "impossible header"),
    "nine channels": (riff(fmt(1, 9, 16), SOUND), "9 channels: mix it down to 8"),
    "65535 channels": (riff(fmt(1, 0xFFFF, 8), SOUND), "impossible header|channels"),
    "a block of another size": (
        riff(chunk(b"fmt ", struct.pack("<HHIIHH", 1, 2, 8000, 0, 8, 24)), SOUND),
        "impossible header",
    ),
    "10 Hz": (riff(fmt(1, 1, 16, rate=10), SOUND), "10 Hz: convert it to one between 8 and 192"),
    "0 Hz": (riff(fmt(1, 1, 16, rate=0), SOUND), "0 Hz"),
    "384 kHz": (riff(fmt(1, 1, 16, rate=384_000), SOUND), "384000 Hz"),
    "ADPCM": (riff(fmt(2, 1, 4), SOUND), r"ADPCM\): export it as PCM"),
    "IMA ADPCM": (riff(fmt(0x11, 1, 4), SOUND), r"IMA ADPCM\): export it as PCM"),
    "an unknown tag": (riff(fmt(0x1234, 1, 16), SOUND), "format 4660"),
    "an unknown extension": (
        riff(chunk(b"fmt ", struct.pack("<HHIIHH", 0xFFFE, 1, 8000, 0, 2, 16) + bytes(24)), SOUND),
        "unknown kind",
    ),
    "half a format": (riff(chunk(b"fmt ", bytes(8)), SOUND), "cut short"),
    "no format": (riff(SOUND), "no audio that can be found"),
    "no sound": (riff(fmt(1, 1, 16)), "no audio that can be found"),
    "an empty sound": (riff(fmt(1, 1, 16), chunk(b"data", b"")), "holds no audio"),
    "a sound out of a pipe": (
        riff(fmt(1, 1, 16), b"data\xff\xff\xff\xff" + bytes(800)),
        "cut short .or came out of a pipe.",
    ),
    "A-law that is cut": (riff(fmt(6, 1, 8), SOUND)[:-1000], "cut short"),
    "doubles that are cut": (riff(fmt(3, 1, 64), SOUND)[:-9], "cut short"),
    "ten thousand chunks": (riff(*[chunk(b"junk", b"")] * 10_000, SOUND), "no audio"),
    "an AIFF file of 44100.5 Hz": (aiff(rate=44_100.5), "no whole number"),
    "an AIFF file at 1e300 Hz": (aiff(rate=1e300), "no whole number"),
    "an AIFF file of no bits": (aiff(bits=0), "impossible header"),
    "an AIFF file that is cut": (aiff(frames=1000, sound=bytes(3000)), "cut short"),
    "an AIFF file of 4 billion samples": (aiff(frames=2**32 - 1, sound=bytes(80)), "cut short"),
    "a FLAC file of 12 bits": (flac(bits=12), "12 bits: convert it to 16 or 24"),
    "a FLAC file of unknown length": (flac(frames=0), "does not say how long"),
    "a FLAC file at 655 kHz": (flac(rate=655_350), "655350 Hz"),
    "a FLAC file of a forged length": (flac(frames=2**36 - 1), "memory"),
    "an Ogg file without its end": (whole_files()["stereo.ogg"][:-3000], "cut short|export it"),
    "an Ogg file of something else": (b"OggS\0\2" + bytes(300), "an Ogg file of an unknown kind"),
    "FLAC in an Ogg file": (ogg(b"\x7fFLAC"), "an Ogg file of FLAC: convert it to WAV"),
    "half an Opus header": (ogg(b"OpusHead\1")[:40], "cut short"),
    "Opus that ends at once": (ogg(b"OpusHead\1\2" + bytes(20)), "holds no audio"),
    "an MP3 frame and then zeros": (whole_files()["stereo.mp3"][:300] + bytes(9000), "damaged"),
    "zeros": (bytes(100_000), "begins with zeros, so it is damaged"),
    "nothing": (b"", "is empty: export the sound again"),
    "text": (b"What is this?\n" * 1000, "is a text, no sound"),
    "noise": (np.random.default_rng(0).bytes(3000), "unknown kind. Restyle reads WAV, AIFF"),
    "a page": (b"\r\n<!DOCTYPE html><p>404", "is a web page, no sound: export the sound again"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(99), r"is a picture \(PNG\), no sound"),
    "an M4A file": (b"\0\0\0\x20ftypM4A " + bytes(99), r"is an MPEG-4 file .*reads WAV.*ffmpeg -i"),
    "a WMA file": (bytes.fromhex("3026b2758e66cf11") + bytes(99), "Windows Media file .*ffmpeg -i"),
    "a Wave64 file": (by_soundfile("W64", "PCM_16"), "Wave64 file .*ffmpeg -i"),
    "a CAF file": (by_soundfile("CAF", "PCM_16"), "Core Audio file .*ffmpeg -i"),
    "an AAC file": (b"\xff\xf1\x50\x80" + bytes(99), "is an AAC file.*ffmpeg -i"),
    "an AAC file with a tag": (b"ID3\4\0\0\0\0\0\5" + bytes(5) + b"\xff\xf1P", "an AAC file"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_known_to_be_sound_is_refused_and_told_why(tmp_path, name):
    content, reason = REFUSED[name]
    path = written(tmp_path / "a.wav", content)
    with pytest.raises(BadSound, match=reason), opened(path) as sound:
        sound.read_all()


def test_a_small_file_cannot_say_that_it_is_huge(tmp_path):
    frames = MAX_OF_SMALL_BYTES // 8 + 1
    with pytest.raises(BadSound, match="cut out the part that sounds"):
        looked_at(written(tmp_path / "a.flac", flac(frames=frames)))
    looked_at(written(tmp_path / "a.flac", flac(frames=frames - 1)))  # libsndfile sees the rest


def test_a_sound_that_no_machine_holds_is_refused(tmp_path):
    path = written(tmp_path / "a.wav", b"")
    with path.open("wb") as file:  # 60 GB, of which the disk has 44 bytes
        size = 60 << 30
        file.write(b"RF64\xff\xff\xff\xffWAVEds64" + struct.pack("<IQQQI", 28, 0, size, 0, 0))
        file.write(fmt(1, 2, 16, rate=48_000) + b"data\xff\xff\xff\xff")
        file.truncate(size + 100)
    with pytest.raises(BadSound, match=r"GB of memory, and at most .* GB are taken: split it"):
        looked_at(path)


@pytest.mark.parametrize("start", [b"", b"ID3\x03\0\0\x7f\x7f\x7f\x7f", b"OggS", b"fLaC"])
def test_a_gigabyte_of_zeros_is_refused_by_its_beginning(tmp_path, start, monkeypatch):
    path = written(tmp_path / "a.wav", start)
    os.truncate(path, 1 << 30)
    with open_regular(path) as raw:
        counted = Counting(raw)
        with pytest.raises(BadSound):
            look(counted)
    assert counted.bytes < 1 << 20


class Counting:
    """An open file that counts what is read of it."""

    def __init__(self, file):
        self._file, self.bytes = file, 0

    def __getattr__(self, name):
        return getattr(self._file, name)

    def read(self, count):
        found = self._file.read(count)
        self.bytes += len(found)
        return found


def test_damage_is_refused_without_any_other_error(tmp_path):
    """Only `BadSound`, whatever is damaged; `tests/attack` does the same with many more."""
    refused = []
    for number in range(1500):
        name, content = mutant(number)
        path = written(tmp_path / name, content)
        try:
            looked_at(path)
        except BadSound as error:
            refused.append(str(error))
    assert 300 < len(refused) < 1500
    assert all(text[0].islower() and text.isprintable() for text in refused)


def test_pipes_devices_and_folders_are_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe.wav")
    raised = []

    def try_to_open(path):
        try:
            open_regular(path)
        except (OSError, NotOrdinary) as error:
            raised.append(error)

    for path in (tmp_path / "pipe.wav", "/dev/zero", tmp_path):
        thread = threading.Thread(target=try_to_open, args=[path], daemon=True)
        thread.start()
        thread.join(5)
        assert not thread.is_alive()
    assert [type(it) for it in raised] == [NotOrdinary, NotOrdinary, IsADirectoryError]
    assert "not an ordinary file" in str(raised[0])


def test_a_link_is_followed_only_where_that_is_wanted(tmp_path):
    real = written(tmp_path / "real.wav", riff(fmt(1, 1, 16), SOUND))
    (tmp_path / "link.wav").symlink_to(real)
    assert looked_at(tmp_path / "link.wav").frames == 4000
    with pytest.raises(NotOrdinary):
        open_regular(tmp_path / "link.wav", follow=False)


def test_a_marker_that_is_cut_takes_nothing_from_the_sound(tmp_path):
    for cut in range(20):
        content = marked()
        path = written(tmp_path / "a.wav", content[: len(content) - cut])
        with opened(path) as sound:
            assert sound.read_all().shape == (2, 1200)
            assert sound.header.sample_rate == RATE
