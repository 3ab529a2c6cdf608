"""Sound files: what goes in comes out, and what cannot is refused."""

import os
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from plugin_bridge.files import formats, sound_files
from plugin_bridge.files.formats import Quality
from plugin_bridge.files.sound_files import Sound
from plugin_bridge.files.tags.tags import Cover, Tags

RATE = 22_050
SUBTYPES = {8: "PCM_U8", 16: "PCM_16", 24: "PCM_24", 32: "FLOAT"}
LOSSLESS = [
    *[(".wav", bits) for bits in (8, 16, 24, 32)],
    *[(".aiff", bits) for bits in (8, 16, 24)],
    *[(".aif", bits) for bits in (16, 24)],
    *[(".flac", bits) for bits in (16, 24)],
]


def noise(channels=2, samples=3000, seed=0):
    generator = np.random.default_rng(seed)
    return generator.uniform(-1, 1, (channels, samples)).astype(np.float32)


@pytest.mark.parametrize("channels", [1, 2, 3, 8])
@pytest.mark.parametrize(("suffix", "bits"), LOSSLESS)
def test_every_depth_comes_back_exactly(tmp_path, suffix, bits, channels):
    """Reading and writing again changes no sample, as often as one likes."""
    first, second = tmp_path / f"1{suffix}", tmp_path / f"2{suffix}"
    sound_files.write(first, Sound(noise(channels), RATE, bits))
    read = sound_files.read(first)
    assert (read.bits, read.sample_rate, read.audio.shape) == (bits, RATE, (channels, 3000))
    assert read.audio.dtype == np.float32
    np.testing.assert_allclose(read.audio, noise(channels), atol=0.51 / (2 ** (bits - 1) - 1))
    sound_files.write(second, read)
    assert second.read_bytes() == first.read_bytes()


@pytest.mark.parametrize("suffix", [".wav", ".aiff", ".flac"])
@pytest.mark.parametrize("bits", [16, 24])
def test_another_program_reads_the_same_integers(tmp_path, suffix, bits):
    """What libsndfile wrote it reads again, all extremes included."""
    top = 2 ** (bits - 1) - 1
    integers = np.concatenate([np.arange(-70_000, 70_000, 3), [-top - 1, -top, top]])
    integers = np.clip(integers, -top - 1, top).astype(np.int32) << (32 - bits)
    source, out = tmp_path / f"in{suffix}", tmp_path / f"out{suffix}"
    soundfile.write(source, integers, RATE, subtype=SUBTYPES[bits])
    sound_files.write(out, sound_files.read(source))
    assert soundfile.info(out).subtype == SUBTYPES[bits]
    np.testing.assert_array_equal(soundfile.read(out, dtype="int32")[0], integers)


@given(st.floats(-1, 1, width=32), st.sampled_from([8, 16, 24]))
def test_rounding_is_to_the_nearest(value, bits):
    top = 2 ** (bits - 1) - 1
    written = sound_files.round_to_depth(np.array([[value]], np.float32), bits)[0, 0] >> (32 - bits)
    assert abs(written - value * top) <= 0.5 + 1e-6


@pytest.mark.parametrize("rate", [8000, 44_100, 48_000])
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("suffix", [".mp3", ".ogg"])
def test_lossy_files_keep_rate_channels_and_sound(tmp_path, suffix, channels, rate):
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(rate) / rate)
    sound_files.write(tmp_path / f"a{suffix}", Sound(np.float32([tone] * channels), rate))
    read = sound_files.read(tmp_path / f"a{suffix}")
    assert (read.sample_rate, len(read.audio), read.bits) == (rate, channels, 32)
    assert rate <= read.audio.shape[1] <= rate + 4000  # MP3 pads
    assert np.std(read.audio[:, rate // 4 : rate // 2]) == pytest.approx(0.5**1.5, rel=0.1)


@pytest.mark.parametrize(
    ("subtype", "bits"), [("ALAW", 16), ("ULAW", 16), ("PCM_32", 32), ("DOUBLE", 32), ("FLOAT", 32)]
)
def test_other_kinds_of_wav_become_the_nearest(tmp_path, subtype, bits):
    soundfile.write(tmp_path / "in.wav", noise().T, RATE, subtype=subtype)
    read = sound_files.read(tmp_path / "in.wav")
    assert read.bits == bits
    sound_files.write(tmp_path / "out.wav", read)
    assert soundfile.info(tmp_path / "out.wav").subtype == SUBTYPES[bits]
    np.testing.assert_allclose(sound_files.read(tmp_path / "out.wav").audio, read.audio, atol=2e-5)


@pytest.mark.parametrize(
    ("suffix", "bits", "expected"),
    [(".flac", 8, 16), (".flac", 32, 24), (".aiff", 32, 24), (".wav", 32, 32), (".WAV", 24, 24)],
)
def test_a_depth_that_a_format_lacks_becomes_the_nearest(suffix, bits, expected):
    assert sound_files.depth(Path(f"x{suffix}"), Sound(noise(), RATE, bits)) == expected


def test_floats_above_full_scale_are_kept_in_wav_and_noticed_elsewhere(tmp_path):
    loud = Sound(2 * noise(), RATE, 32)
    sound_files.write(tmp_path / "a.wav", loud)
    np.testing.assert_array_equal(sound_files.read(tmp_path / "a.wav").audio, loud.audio)
    assert not sound_files.clips(Path("a.wav"), loud)
    for name in ("a.flac", "a.aiff", "a.mp3", "a.ogg"):
        assert sound_files.clips(Path(name), loud)
        assert not sound_files.clips(Path(name), Sound(noise(), RATE, 32))


@pytest.mark.parametrize(("suffix", "bits"), LOSSLESS)
def test_full_scale_is_not_called_clipping(tmp_path, suffix, bits):
    square = np.float32([[-2.0, 2.0] * 100])
    sound_files.write(tmp_path / f"a{suffix}", Sound(square, RATE, bits if bits < 32 else 24))
    assert not sound_files.clips(Path(f"b{suffix}"), sound_files.read(tmp_path / f"a{suffix}"))


@pytest.mark.parametrize(
    ("suffix", "channels", "rate"), [(".mp3", 3, 44_100), (".mp3", 2, 96_000), (".ogg", 1, 384_000)]
)
def test_what_a_format_cannot_hold_is_refused(suffix, channels, rate):
    with pytest.raises(ValueError, match=r"cannot hold .* write a \.wav file"):
        sound_files.check_holds(Path(f"a{suffix}"), Sound(noise(channels), rate))
    sound_files.check_holds(Path("a.wav"), Sound(noise(channels), rate))


@pytest.mark.parametrize("name", ["a", "a.txt", "a.m4a", ".wav"])
def test_an_unknown_suffix_is_refused(name):
    with pytest.raises(ValueError, match=r"must end in one of \.wav"):
        formats.check_suffix(Path(name))


@pytest.mark.parametrize("content", [b"", b"RIFF", b"junk" * 1000])
@pytest.mark.parametrize("suffix", [".wav", ".flac", ".mp3", ".ogg", ".aiff"])
def test_what_is_not_audio_is_refused(tmp_path, suffix, content):
    (tmp_path / f"a{suffix}").write_bytes(content)
    with pytest.raises(ValueError, match=r"no sound|empty"):
        sound_files.read(tmp_path / f"a{suffix}")


@pytest.mark.parametrize(("suffix", "bits"), [x for x in LOSSLESS if x[0] != ".flac"])
def test_a_file_that_is_cut_short_is_refused(tmp_path, suffix, bits):
    """Pedalboard would read silence in place of what is missing."""
    path = tmp_path / f"a{suffix}"
    sound_files.write(path, Sound(noise(), RATE, bits))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(ValueError, match="cut short"):
        sound_files.read(path)


@pytest.mark.parametrize("channels", [1, 2, 5])
@pytest.mark.parametrize("bits", [16, 24])
def test_damage_in_a_flac_file_is_noticed(tmp_path, bits, channels):
    path = tmp_path / "a.flac"
    soundfile.write(path, noise(channels, 30_000).T, RATE, subtype=SUBTYPES[bits])
    sound_files.read(path)
    whole = path.read_bytes()
    middle = len(whole) // 2
    for damaged in (whole[:middle], whole[:middle] + bytes(100) + whole[middle + 100 :]):
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match="damaged or cut short"):
            sound_files.read(path)


def test_a_wav_file_without_samples_is_refused(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.zeros((0, 2)), RATE)
    with pytest.raises(ValueError, match="holds no audio"):
        sound_files.read(tmp_path / "a.wav")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity_are_refused_with_their_place(tmp_path, value):
    audio = noise()
    audio[1, RATE // 10 :] = value
    soundfile.write(tmp_path / "a.wav", audio.T, RATE, subtype="FLOAT")
    with pytest.raises(ValueError, match=r"NaN or infinity, first at 0\.100 s"):
        sound_files.read(tmp_path / "a.wav")


def test_a_missing_file_is_an_oserror(tmp_path):
    with pytest.raises(FileNotFoundError):
        sound_files.read(tmp_path / "none.wav")
    with pytest.raises(IsADirectoryError):
        sound_files.read(tmp_path)


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    out = tmp_path / "a.wav"
    out.write_bytes(b"old")
    monkeypatch.setattr(sound_files, "round_to_depth", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        sound_files.write(out, Sound(noise(), RATE, 16))
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a.wav", b"old")]


@pytest.mark.parametrize("suffix", [".wav", ".aiff", ".flac", ".ogg", ".mp3"])
def test_a_full_disk_is_an_error_and_leaves_nothing(tmp_path, suffix):
    """A limit on the size of files stands for a full disk."""
    code = (
        "import sys, pathlib, numpy as np\n"
        "from plugin_bridge.files.sound_files import Sound, write\n"
        "audio = np.random.default_rng(0).uniform(-1, 1, (2, 200_000)).astype('f4')\n"
        "try: write(pathlib.Path(sys.argv[1]), Sound(audio, 44100, 16))\n"
        "except OSError: print('refused')"
    )

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))

    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / f"a{suffix}")],
        preexec_fn=limit,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "refused\n"
    assert os.listdir(tmp_path) == []


def test_a_link_is_followed(tmp_path):
    (tmp_path / "real.wav").write_bytes(b"old")
    (tmp_path / "link.wav").symlink_to(tmp_path / "real.wav")
    sound_files.write(tmp_path / "link.wav", Sound(noise(), RATE))
    assert (tmp_path / "link.wav").is_symlink()
    np.testing.assert_array_equal(sound_files.read(tmp_path / "real.wav").audio, noise())


# How well files are written


@pytest.mark.parametrize(
    ("name", "quality", "expected"),
    [
        ("a.wav", Quality(16), (16, None)),
        ("a.wav", Quality(32, 128), (32, None)),
        ("a.flac", Quality(16), (16, None)),
        ("a.mp3", Quality(16, 128), (32, 128)),
        ("a.ogg", Quality(None, 96), (32, 96)),
    ],
)
def test_a_file_has_the_depth_or_the_bit_rate_that_was_asked_for(tmp_path, name, quality, expected):
    sound = Sound(noise(2, 10 * RATE), RATE, 24).written_as(tmp_path / name, quality)
    sound_files.write(tmp_path / name, sound)
    bits, kbit_per_s = expected
    assert sound_files.read(tmp_path / name).bits == bits
    assert sound.kbit_per_s == kbit_per_s
    if kbit_per_s is not None:  # Vorbis's are on average, and of music
        kbit = (tmp_path / name).stat().st_size * 8 / 10_000
        assert 0.5 * kbit_per_s < kbit < 1.05 * kbit_per_s


def test_files_of_several_kinds_take_what_each_has():
    formats.check_quality([Path("a.wav"), Path("b.mp3")], Quality(16, 128))
    assert Sound(noise(), RATE, 24).written_as(Path("b.mp3"), Quality(16)).bits == 24


@pytest.mark.parametrize(
    ("names", "quality", "said"),
    [
        (["a.flac"], Quality(32), "A .flac file takes 16 or 24 bits, not 32."),
        (["a.wav", "b.aiff"], Quality(32), "A .aiff file takes 8, 16 or 24 bits, not 32."),
        (["a.wav"], Quality(20), "A .wav file takes 8, 16, 24 or 32 bits, not 20."),
        (["a.mp3"], Quality(16), "A .mp3 file has no bit depth: leave it out."),
        (["a.wav"], Quality(None, 128), "A .wav file has no bit rate: leave it out."),
        (["a.mp3"], Quality(None, 100), "A .mp3 file takes 64, 80, .* or 320 kbit/s, not 100."),
    ],
)
def test_a_quality_that_no_file_can_have_is_refused(names, quality, said):
    with pytest.raises(ValueError, match=said):
        formats.check_quality([Path(it) for it in names], quality)


@pytest.mark.parametrize("kbit_per_s", [None, 64, 192])
@pytest.mark.parametrize("rate", [48_000, 44_100, 32_000, 22_050, 16_000, 8_000])
def test_an_mp3_file_is_in_time_and_as_long_as_the_sound_with_a_tag_too(tmp_path, rate, kbit_per_s):
    """For whoever heeds what LAME writes of its delay: libsndfile by itself, here."""
    clicks = np.zeros((2, rate // 2 + 37), np.float32)
    for place in (rate // 10, rate // 3):
        clicks[:, place : place + 60] = 0.5 * np.hanning(60)
    tags = Tags({"title": "Clicks"}, Cover("image/png", bytes(70_000)))
    sound_files.write(tmp_path / "a.mp3", Sound(clicks, rate, 32, tags, kbit_per_s))
    found, read_rate = soundfile.read(tmp_path / "a.mp3", always_2d=True)
    assert (read_rate, found.shape) == (rate, clicks.T.shape)
    lags = np.correlate(found[:, 0], clicks[0], "full")
    assert int(lags.argmax()) == clicks.shape[1] - 1
    np.testing.assert_allclose(sound_files.read(tmp_path / "a.mp3").audio, found.T, atol=1e-6)
