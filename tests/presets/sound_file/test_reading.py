"""Samples: the same as another program's, whole or not at all, and at a bounded cost."""

import contextlib
import io
import os
import struct
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import soundfile
from pedalboard.io import AudioFile
from support.mutants import by_pedalboard, by_soundfile, chunk, mutant, riff, whole_files

from presets.opening import open_regular
from presets.sound_file.header import BadSound
from presets.sound_file.reading import Reader, opened

EXACT = [
    name for name in whole_files() if name.startswith(("WAV-PCM", "WAV-FLOAT", "AIFF-PCM", "PCM_"))
]


def read(path):
    with opened(path) as sound:
        return sound.read_all()


@pytest.mark.parametrize("name", sorted(set(EXACT) - {"AIFF-PCM_U8.aiff"}))
def test_samples_have_the_bits_that_pedalboard_gives_them(tmp_path, name):
    (tmp_path / name).write_bytes(whole_files()[name])
    with AudioFile(io.BytesIO(whole_files()[name])) as file:
        expected = file.read(file.frames)
    np.testing.assert_array_equal(read(tmp_path / name), expected)


@pytest.mark.parametrize(
    "name",
    ["stereo.ogg", "mono.ogg", "opus.ogg", "WAV-ULAW.wav", "AIFF-DOUBLE.aiff"],
)
def test_other_samples_are_those_of_libsndfile(tmp_path, name):
    (tmp_path / name).write_bytes(whole_files()[name])
    expected, _ = soundfile.read(tmp_path / name, dtype="float32", always_2d=True)
    np.testing.assert_array_equal(read(tmp_path / name), expected.T)


@pytest.mark.parametrize("rate", [48_000, 44_100, 22_050, 8_000])
@pytest.mark.parametrize("encode", [by_soundfile, by_pedalboard])
def test_an_mp3_file_is_as_long_as_what_was_encoded_and_in_time(tmp_path, encode, rate):
    kind = ("MP3", "MPEG_LAYER_III") if encode is by_soundfile else ("mp3",)
    (tmp_path / "a.mp3").write_bytes(encode(*kind, rate=rate))
    check_in_time(tmp_path / "a.mp3", rate)


@pytest.mark.parametrize("rate", [48_000, 24_000, 16_000, 12_000, 8_000])
def test_an_opus_file_is_as_long_as_what_was_encoded_and_in_time(tmp_path, rate):
    (tmp_path / "a.opus").write_bytes(by_soundfile("OGG", "OPUS", rate=rate))
    check_in_time(tmp_path / "a.opus", rate)


def check_in_time(path, rate):
    path.with_suffix(".wav").write_bytes(by_soundfile("WAV", "FLOAT", rate=rate))
    found, expected = read(path)[0], read(path.with_suffix(".wav"))[0]
    assert len(found) == len(expected) == 4000
    lags = np.correlate(found, expected, "full")
    assert abs(int(lags.argmax()) - (len(expected) - 1)) <= 1


@pytest.mark.parametrize("kind", [("WAV", "PCM_24"), ("FLAC", "PCM_16"), ("OGG", "VORBIS")])
def test_parts_are_those_of_the_whole(tmp_path, kind):
    path = tmp_path / "a"
    path.write_bytes(by_soundfile(*kind, samples=100_000))
    whole = read(path)
    with opened(path) as sound:
        for start, count in ((30_000, 70_000), (0, 10), (90_000, 500), (1234, 0), (0, 100_000)):
            sound.seek(start)
            np.testing.assert_array_equal(sound.read(count), whole[:, start : start + count])


def test_a_file_that_is_open_stays_open(tmp_path):
    (tmp_path / "a.wav").write_bytes(whole_files()["WAV-PCM_16.wav"])
    with open_regular(tmp_path / "a.wav") as file:
        Reader(file).close()
        assert Reader(file).read_all().shape == (2, 4000)
        assert not file.closed


def test_a_12_bit_file_is_read_as_its_16_bits(tmp_path):
    """The bits stand at the top of two bytes (Microsoft's and IBM's RIFF specification)."""
    samples = np.arange(-2048, 2048, dtype="<i2") << 4
    form = chunk(b"fmt ", struct.pack("<HHIIHH", 1, 1, 8000, 16000, 2, 12))
    (tmp_path / "a.wav").write_bytes(riff(form, chunk(b"data", samples.tobytes())))
    np.testing.assert_allclose(read(tmp_path / "a.wav")[0], samples / 32767, rtol=1e-6)


def test_damage_in_the_middle_is_noticed(tmp_path):
    for name in ("PCM_16-2.flac", "PCM_24-1.flac", "stereo.ogg"):
        content = whole_files()[name]
        middle = len(content) // 2
        (tmp_path / name).write_bytes(content[:middle] + bytes(200) + content[middle + 200 :])
        with pytest.raises(BadSound, match="damaged or cut short"):
            read(tmp_path / name)


def test_a_damaged_mp3_file_says_nothing_on_stderr(tmp_path, capfd):
    content = whole_files()["stereo.mp3"]
    for number, cut in enumerate(range(900, len(content), 97)):
        path = tmp_path / f"{number}.mp3"
        path.write_bytes(content[:cut] + bytes(100) + content[cut + 100 :])
        with contextlib.suppress(BadSound):
            read(path)
    assert capfd.readouterr().err == ""


def test_threads_that_read_mp3_files_leave_stderr_as_it_was(tmp_path, capfd):
    (tmp_path / "a.mp3").write_bytes(whole_files()["stereo.mp3"])
    with ThreadPoolExecutor(8) as threads:
        assert len(list(threads.map(read, [tmp_path / "a.mp3"] * 100))) == 100
    os.write(2, b"still there")
    assert capfd.readouterr().err == "still there"


def test_no_small_file_costs_much_memory(tmp_path):
    """In a process that may have 500 MB more than it had before: mutants, and forged lengths."""
    for number in range(400):
        name, content = mutant(number)
        (tmp_path / f"{number}-{name}").write_bytes(content)
    content = bytearray(whole_files()["PCM_16-2.flac"])
    for frames in (4001, 33 << 20, 1 << 32, (1 << 36) - 1):
        head = int.from_bytes(content[18:26], "big") >> 36 << 36 | frames
        content[18:26] = head.to_bytes(8, "big")
        (tmp_path / f"{frames}.flac").write_bytes(content)
    content = bytearray(whole_files()["stereo.ogg"])
    last = content.rfind(b"OggS")
    for frames in (4001, 33 << 20, 1 << 40, (1 << 63) - 1):
        content[last + 6 : last + 14] = frames.to_bytes(8, "little")
        (tmp_path / f"{frames}.ogg").write_bytes(content)
    done = subprocess.run(
        [sys.executable, "-c", READ_ALL_OF, str(tmp_path)],
        check=False,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{400 + 8}\n"


READ_ALL_OF = """
import pathlib, resource, sys
import soundfile
from presets.sound_file.header import BadSound
from presets.sound_file.reading import opened
size = int(pathlib.Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (size + (500 << 20),) * 2)
tried = 0
for path in pathlib.Path(sys.argv[1]).iterdir():
    tried += 1
    try:
        with opened(path) as sound:
            sound.read_all()
    except BadSound:
        pass
print(tried)
"""
