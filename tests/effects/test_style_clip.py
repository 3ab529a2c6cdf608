"""Style clips: where they come from, what they are known by, what is refused, what is kept."""

from pathlib import Path

import numpy as np
import pedalboard
import pytest
import torch
from support.sounds import melody, noise

from effects import StyleTransfer
from effects.style_clip import Style
from presets.sound_file.reading import Reader

RATE = 22_050
CPU = torch.device("cpu")


def write(path, audio, rate=RATE, **options):
    with pedalboard.io.AudioFile(str(path), "w", rate, len(audio), **options) as file:
        file.write(audio)
    return path


@pytest.mark.parametrize("kind", [str, Path])
def test_a_path(tmp_path, kind):
    audio = noise(0.5, RATE, channels=2)
    path = kind(write(tmp_path / "clip.wav", audio, bit_depth=32))
    style = Style(path)
    found, rate = style.excerpts()
    assert rate == RATE
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, audio)
    assert str(style) == str(path)


@pytest.mark.parametrize("suffix", ["wav", "flac", "aiff", "ogg", "mp3"])
def test_every_kind_of_file(tmp_path, suffix):
    audio = melody(1, 44_100)
    found, rate = Style(write(tmp_path / f"clip.{suffix}", audio, 44_100)).excerpts()
    assert rate == 44_100
    assert np.abs(found).max() == pytest.approx(0.5, abs=0.1)
    assert found.shape[1] == pytest.approx(44_100, abs=5000)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_audio_in_every_layout_of_pedalboards(dtype):
    audio = noise(0.5, RATE, channels=2).astype(dtype)
    for given in (audio, audio.T, np.asfortranarray(audio)):
        found, rate = Style((given, RATE)).excerpts()
        np.testing.assert_array_equal(found, audio.astype(np.float32))
        assert rate == RATE
    np.testing.assert_array_equal(Style((audio[0], RATE)).excerpts()[0], audio[:1].astype("f4"))


def test_later_writes_to_the_callers_array_are_nothing_to_the_style():
    audio = noise(0.5, RATE)
    style = Style((audio, RATE))
    before = audio.copy()
    audio[:] = 0
    np.testing.assert_array_equal(style.excerpts()[0], before)


def test_the_digest_is_of_the_sound(tmp_path):
    audio = noise(0.5, RATE)
    digest = Style((audio, RATE)).digest
    assert Style((audio.copy(), float(RATE))).digest == digest
    assert Style((audio.astype(np.float64), RATE)).digest == digest
    assert Style((audio[0], RATE)).digest == digest
    louder = audio.copy()
    louder[0, 5] += 1e-3
    others = [(louder, RATE), (audio, RATE + 1), (audio[:, :-1], RATE), (audio[:, ::-1], RATE)]
    assert digest not in {Style(other).digest for other in others}
    assert (
        Style((np.vstack([audio, audio]), RATE)).digest
        != Style((audio.repeat(2, axis=1), RATE)).digest
    )

    first = write(tmp_path / "first.wav", audio)
    second = tmp_path / "second.wav"
    second.write_bytes(first.read_bytes())
    assert Style(first).digest == Style(second).digest
    assert Style(first).digest != Style(write(tmp_path / "third.wav", louder)).digest


# What is refused


def test_a_file_that_is_not_there(tmp_path):
    for path in (tmp_path / "none.wav", str(tmp_path / "none.wav")):
        with pytest.raises(FileNotFoundError, match=r"no style clip at '"):
            Style(path)


def test_a_folder(tmp_path):
    with pytest.raises(IsADirectoryError, match="is a folder: name a clip"):
        Style(tmp_path)


@pytest.mark.parametrize("source", [3, None, [1.0], np.zeros(9), (1,), (1, 2, 3), b"clip.wav"])
def test_what_is_neither_a_path_nor_audio_with_its_rate(source):
    with pytest.raises(TypeError, match=r"style must be a path or a tuple \(audio, sample_rate\)"):
        Style(source)


@pytest.mark.parametrize("audio", [[0.1, 0.2], np.zeros(9, np.int16), torch.zeros(9), "clip.wav"])
def test_audio_that_pedalboard_would_not_take(audio):
    with pytest.raises(TypeError):
        Style((audio, RATE))


@pytest.mark.parametrize("rate", [0, -1, float("nan"), float("inf"), 10, 7999, 192_001, 1e300])
def test_impossible_rates(rate):
    with pytest.raises(ValueError, match=r"A style takes 8 to 192 kHz, not .* resample it first"):
        Style((noise(0.1, RATE), rate))


@pytest.mark.parametrize("rate", [None, "44100"])
def test_rates_that_are_no_numbers(rate):
    with pytest.raises(ValueError, match="style's sample rate must be a number"):
        Style((noise(0.1, RATE), rate))


def test_more_channels_than_stems_may_have():
    with pytest.raises(ValueError, match="A style takes up to 8 channels, not 9"):
        Style((noise(0.1, RATE, channels=9), RATE))


@pytest.mark.parametrize("rate", [np.int64(22_050), np.float32(22_050), np.float64(22_050)])
def test_rates_may_be_numpys_numbers(rate):
    assert Style((noise(0.1, RATE), rate)).excerpts()[1] == RATE


@pytest.mark.parametrize("n", [0, 1, 5000])
def test_silence_and_emptiness(n, tmp_path):
    silence = np.zeros((1, n), np.float32)
    silent = "is silent: choose one that sounds"
    for style, wrong in (
        (Style((silence, RATE)), silent),
        (Style(write(tmp_path / "clip.wav", silence)), silent if n else "holds no audio"),
    ):
        with pytest.raises(ValueError, match=f"clip .* {wrong}"):
            style.excerpts()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_nan_and_infinity(bad, tmp_path):
    audio = noise(0.1, RATE)
    audio[0, 7] = bad
    path = write(tmp_path / "clip.wav", audio, bit_depth=32)
    for style in (Style((audio, RATE)), Style(path)):
        with pytest.raises(ValueError, match="holds NaN or infinity"):
            style.excerpts()


@pytest.mark.parametrize("name", ["clip.wav", "clip.mp3", "clip.flac", "clip.txt", "clip"])
@pytest.mark.parametrize(
    ("content", "what"), [(b"", "is empty"), (b"not audio " * 500, "is a text, no sound")]
)
def test_files_that_are_not_audio(name, content, what, tmp_path):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ValueError, match=rf"style clip '.*clip.*' {what}: .+") as e:
        Style(path).excerpts()
    assert "\n" not in str(e.value)


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg"])
@pytest.mark.parametrize("kept", [0.02, 0.5, 0.95])
def test_truncated_files_are_read_as_far_as_they_go_or_refused(suffix, kept, tmp_path):
    path = write(tmp_path / f"clip.{suffix}", noise(1, 44_100), 44_100)
    data = path.read_bytes()
    path.write_bytes(data[: round(kept * len(data))])
    try:
        audio, rate = Style(path).excerpts()
    except ValueError:
        return
    assert rate == 44_100
    assert 0 < audio.shape[1] <= 44_100


def test_a_file_that_vanishes_is_named(tmp_path):
    path = write(tmp_path / "clip.wav", noise(0.1, RATE))
    effect = StyleTransfer(style=path)
    path.unlink()
    with pytest.raises((ValueError, FileNotFoundError), match=r"clip\.wav"):
        effect(noise(0.1, RATE), RATE)


# Long clips


@pytest.mark.parametrize("in_file", [True, False])
def test_a_long_clip_is_excerpts_from_its_start_to_its_end(in_file, tmp_path):
    rate, seconds = 8000, 100
    audio = np.arange(1, rate * seconds + 1, dtype=np.float32)[None] / 1e6
    path = tmp_path / "clip.wav"
    source = write(path, audio, rate, bit_depth=32) if in_file else (audio, rate)
    found, _ = Style(source).excerpts()
    assert found.shape == (1, 30 * rate)
    assert found[0, 0] == audio[0, 0]
    assert found[0, -1] == audio[0, -1]
    jumps = np.flatnonzero(np.diff(found[0]) > 1.5e-6)
    np.testing.assert_array_equal(jumps + 1, np.arange(1, 6) * 5 * rate)


def test_a_clip_of_30_s_is_whole():
    audio = noise(30, 8000)
    np.testing.assert_array_equal(Style((audio, 8000)).excerpts()[0], audio)


def test_only_what_is_needed_of_a_long_file_is_read(tmp_path, monkeypatch):
    path = write(tmp_path / "clip.wav", noise(120, 8000), 8000)
    read = []
    whole = Reader.read
    monkeypatch.setattr(Reader, "read", lambda self, n: read.append(n) or whole(self, n))
    assert Style(path).excerpts()[0].shape[1] == 30 * 8000
    assert sum(read) == 30 * 8000


@pytest.mark.parametrize("n", [1, 10, 1000])
def test_the_shortest_styles(n):
    style = Style((noise(1, RATE)[:, :n], RATE))
    output = StyleTransfer(style=(style.source))(melody(0.5, RATE), RATE)
    assert np.isfinite(output).all()
