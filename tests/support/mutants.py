"""Sound files of all kinds, and what damage makes of them."""

from __future__ import annotations

import io
import random
import struct
from functools import cache

import numpy as np
import soundfile
from pedalboard.io import AudioFile

RATE = 8000


def chunk(name, content):
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def riff(*chunks, name=b"RIFF"):
    body = b"WAVE" + b"".join(chunks)
    return name + struct.pack("<I", len(body)) + body


def fmt(tag, channels, bits, rate=RATE):
    """A WAV file's format, with sizes that fit each other."""
    block = channels * bits // 8
    return chunk(b"fmt ", struct.pack("<HHIIHH", tag, channels, rate, rate * block, block, bits))


def marked():
    """A WAV file with a marker after its sound."""
    label = chunk(b"LIST", b"adtl" + chunk(b"labl", struct.pack("<I", 1) + b"Verse\0"))
    return riff(fmt(1, 2, 16), chunk(b"data", bytes(4800)), label)


def by_soundfile(container, subtype, *, channels=2, rate=RATE, samples=4000):
    file, sound = io.BytesIO(), _sound(samples)[:, :channels]
    soundfile.write(file, sound, rate, format=container, subtype=subtype)
    return file.getvalue()


def by_pedalboard(container, *, rate=44_100, samples=4000, **options):
    file = io.BytesIO()
    with AudioFile(file, "w", rate, 2, format=container, **options) as target:
        target.write(_sound(samples).T)
    return file.getvalue()


def _sound(samples):
    time = np.arange(samples) / RATE
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, samples)
    return np.stack([0.4 * np.sin(2 * np.pi * 440 * time), noise], 1).astype(np.float32)


@cache
def whole_files():
    """Undamaged files by name, each with the suffix of its kind: of all that can be read, and some
    that cannot.
    """
    found = {}
    for container in ("WAV", "WAVEX", "RF64", "AIFF"):
        for subtype in soundfile.available_subtypes(container):
            one = subtype.startswith(("GSM", "G72", "NMS"))
            try:
                content = by_soundfile(container, subtype, channels=1 if one else 2)
            except soundfile.LibsndfileError:  # it lists some that it cannot write
                continue
            suffix = "aiff" if container == "AIFF" else "wav"
            found[f"{container}-{subtype}.{suffix}"] = content
    for subtype in ("PCM_S8", "PCM_16", "PCM_24"):
        for channels in (1, 2):
            found[f"{subtype}-{channels}.flac"] = by_soundfile("FLAC", subtype, channels=channels)
    found["stereo.ogg"] = by_soundfile("OGG", "VORBIS", rate=44_100)
    found["mono.ogg"] = by_soundfile("OGG", "VORBIS", channels=1)
    found["opus.ogg"] = by_soundfile("OGG", "OPUS", rate=48_000)
    found["stereo.mp3"] = by_soundfile("MP3", "MPEG_LAYER_III", rate=44_100)
    found["mono.mp3"] = by_soundfile("MP3", "MPEG_LAYER_III", channels=1)
    for container in ("wav", "aiff", "flac"):
        found[f"pedalboard.{container}"] = by_pedalboard(container, bit_depth=16)
    for container in ("ogg", "mp3"):
        found[f"pedalboard.{container}"] = by_pedalboard(container)
    cue = struct.pack("<III4sIII", 1, 1, 0, b"data", 0, 0, 0)
    loop = struct.pack("<15I", 0, 0, 0, 60, 0, 0, 0, 1, 0, 0, 0, 0, 100, 0, 0)
    found["marked.wav"] = marked()
    found["chunks.wav"] = riff(
        *(fmt(1, 1, 16), chunk(b"smpl", loop), chunk(b"inst", bytes(7)), chunk(b"cue ", cue)),
        *(chunk(b"bext", bytes(602)), chunk(b"iXML", b"<a/>"), chunk(b"data", bytes(4800))),
    )
    return found


#: Numbers that mean something, somewhere: tags of formats, widths, and the ends of what fits.
_NUMBERS = [
    *(0, 1, 2, 3, 6, 7, 8, 12, 16, 17, 24, 32, 64, 0x50, 0xFE, 0xFF, 0xFFFE),
    *(0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF),
]


def mutant(number):
    """The name and the bytes of a damaged file: the same for the same number."""
    draw = random.Random(number)
    files = whole_files()
    name = sorted(files)[number % len(files)]
    data = bytearray(files[name])
    for _ in range(draw.choice([1, 1, 1, 2, 3, 6])):
        size = len(data) or 1
        at = draw.randrange(min(size, 120) if draw.random() < 0.7 else size)  # mostly in the header
        match draw.randrange(9):
            case 0:
                data[at : at + 1] = bytes([draw.randrange(256)])
            case 1:
                data[at : at + 2] = struct.pack("<H", draw.choice(_NUMBERS) & 0xFFFF)
            case 2:
                data[at : at + 4] = struct.pack(draw.choice("<>") + "I", draw.choice(_NUMBERS))
            case 3:
                del data[draw.randrange(size) :]
            case 4:
                del data[max(size - draw.randrange(1, 40), 0) :]
            case 5:
                data[at:at] = draw.randbytes(draw.choice([1, 2, 4, 8]))
            case 6:
                del data[at : at + draw.choice([1, 2, 4, 8])]
            case 7:
                data += bytes(draw.choice([1, 100, 5000]))
            case 8:
                start = draw.randrange(size)
                data[at:at] = data[start : start + draw.choice([4, 8, 30, 200])]
    return name, bytes(data)
