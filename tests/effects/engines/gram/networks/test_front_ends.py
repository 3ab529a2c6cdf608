"""What the networks hear: from a waveform to their mel bands, against librosa and naive twins."""

import librosa
import numpy as np
import pytest
import torch
from support.sounds import melody, noise, sine

from effects.engines.gram.frames import FramedClip
from effects.engines.gram.networks import cnn14, mel, vggish
from effects.engines.gram.networks.vgg19 import FULL
from effects.signal.resample import BandSplit, resample
from effects.signal.spectrogram import Analysis, FrameGrid

CPU = torch.device("cpu")


def heard(audio, network):
    """Its mel bands of a waveform at its rate, by way of the features that are optimised."""
    resolution = network.RESOLUTION
    n = resolution.n_features(resolution.sample_rate)
    stem = FramedClip(audio, Analysis(resolution.sample_rate, n, CPU, resolution))
    amplitudes = stem.frames(0, stem.n_frames).amplitudes / stem.unit
    return network.log_mel(torch.log1p(amplitudes / resolution.knee)).numpy()


def test_slaneys_bands_are_librosas():
    found = mel.slaney(64, 50, 14_000, sample_rate=32_000, n_fft=1024).numpy()
    expected = librosa.filters.mel(sr=32_000, n_fft=1024, n_mels=64, fmin=50, fmax=14_000).T
    np.testing.assert_allclose(found, expected, atol=1e-8)


def test_htks_bands_are_at_librosas_places():
    found = mel.htk(64, 125, 7500, sample_rate=16_000, n_fft=512).numpy()
    centres = librosa.mel_frequencies(66, fmin=125, fmax=7500, htk=True)
    for band, (left, peak, right) in enumerate(
        zip(centres, centres[1:], centres[2:], strict=False)
    ):
        inside = np.flatnonzero(found[:, band]) * 16_000 / 512
        assert left - 0.1 < inside.min() <= inside.max() < right + 0.1
        assert abs(found[:, band].argmax() * 31.25 - peak) < 31.25


def test_htks_bands_are_straight_in_mel():
    found = mel.htk(64, 125, 7500, sample_rate=16_000, n_fft=512).numpy()
    scale = 1127 * np.log(1 + np.arange(257) * 31.25 / 700)
    low, high = 1127 * np.log(1 + np.array([125, 7500]) / 700)
    edges = np.linspace(low, high, 66)
    for band in range(64):
        for k in range(257):
            up = (scale[k] - edges[band]) / (edges[band + 1] - edges[band])
            down = (edges[band + 2] - scale[k]) / (edges[band + 2] - edges[band + 1])
            assert found[k, band] == pytest.approx(max(0, min(up, down)) if k else 0, abs=1e-5)


SOUNDS = {
    "melody": lambda rate: melody(2, rate, partials=12),
    "noise": lambda rate: noise(2, rate),
    "loud": lambda rate: sine(440, 2, rate, level=1.0),
    "soft": lambda rate: noise(2, rate, level=1e-4),
}


@pytest.mark.parametrize("sound", SOUNDS)
def test_cnn14_hears_what_librosa_makes_of_it(sound):
    audio = SOUNDS[sound](32_000)
    power = librosa.feature.melspectrogram(
        y=audio[0],
        sr=32_000,
        n_fft=1024,
        hop_length=320,
        pad_mode="reflect",
        n_mels=64,
        fmin=50,
        fmax=14_000,
    )
    expected = librosa.power_to_db(power, ref=1.0, amin=1e-10, top_db=None).T
    found = heard(audio, cnn14)
    assert found.shape == expected.shape
    # The first and last frames lie partly outside: silence here, a mirror image there.
    clear = expected[2:-2] > max(-80, expected.max() - 90)
    assert clear.mean() > 0.2
    np.testing.assert_allclose(found[2:-2][clear], expected[2:-2][clear], atol=0.01)


@pytest.mark.parametrize("sound", SOUNDS)
def test_vggish_hears_the_frames_of_audioset(sound):
    audio = SOUNDS[sound](16_000)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)
    # A frame here is centred on sample 160 t, there it begins with it.
    frames = librosa.util.frame(np.pad(audio[0], (200, 200)), frame_length=400, hop_length=160).T
    bands = mel.htk(64, 125, 7500, sample_rate=16_000, n_fft=512).numpy()
    expected = np.log(np.abs(np.fft.rfft(frames * window, 512)) @ bands + 0.01)
    found = heard(audio, vggish)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, atol=1e-3)


@pytest.mark.parametrize("network", [cnn14, vggish], ids=["cnn14", "vggish"])
def test_silence_is_the_lowest_there_is(network):
    lowest = {cnn14: -100, vggish: np.log(0.01)}[network]
    resolution = network.RESOLUTION
    silence = torch.zeros(3, resolution.n_features(48_000))
    np.testing.assert_allclose(network.log_mel(silence), lowest, rtol=1e-6)


@pytest.mark.parametrize("network", [cnn14, vggish], ids=["cnn14", "vggish"])
@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000, 22_050])
def test_a_tone_is_the_same_at_every_rate(network, rate):
    target = network.RESOLUTION.sample_rate
    expected = heard(sine(1000, 1, target), network)[10:-10]
    found = heard(resample(sine(1000, 1, rate), rate, target), network)[10:-10]
    clear = expected > expected.max() - {cnn14: 60, vggish: 4}[network]
    np.testing.assert_allclose(found[clear], expected[clear], atol=0.05)


def test_a_picture_is_between_black_and_white():
    """Sound at the reference loudness."""
    for audio in (melody(2, 22_050), noise(2, 22_050), sine(440, 2, 22_050)):
        stem = FramedClip(audio, Analysis(22_050, 1025, CPU))
        frames = stem.frames(0, stem.n_frames)
        picture = frames.features(frames.gain_to_reference) / FULL
        assert 0 <= float(picture.min()) < 0.1
        assert 0.3 < float(picture.max()) <= 1


@pytest.mark.parametrize("rate", [16_000, 32_000])
def test_power_is_the_same_as_that_of_the_reference(rate):
    """At a network's resolution, too, levels are K-weighted mean squares."""
    network = {16_000: vggish, 32_000: cnn14}[rate]
    audio = sine(1000, 1, rate) + sine(3000, 1, rate, level=0.1)
    n = network.RESOLUTION.n_features(rate)
    levels = []
    for analysis in (
        Analysis(rate, Analysis.features_at(rate), CPU),
        Analysis(rate, n, CPU, network.RESOLUTION),
    ):
        stem = FramedClip(audio, analysis)
        power = analysis.power(stem.frames(0, stem.n_frames).amplitudes)
        levels.append(float(power[len(power) // 4 : -len(power) // 4].mean()))
    assert 10 * np.log10(levels[1] / levels[0]) == pytest.approx(0, abs=0.2)


@pytest.mark.parametrize(
    ("n_fft", "hop", "n_window"), [(512, 160, 400), (1024, 320, 1024), (64, 7, 33)]
)
def test_shorter_windows_come_back_as_they_were(n_fft, hop, n_window):
    grid = FrameGrid(n_fft, hop, CPU, n_window)
    framed = torch.from_numpy(noise(1, 20 * hop + n_window))[0][: 20 * hop + n_window]
    spectra = grid.stft(framed)
    assert spectra.shape == (21, n_fft // 2 + 1)
    back = grid.istft(spectra)
    inner = slice(n_window, -n_window)
    torch.testing.assert_close(back[inner], framed[inner], rtol=1e-4, atol=1e-5)


# Resampling


@pytest.mark.parametrize("rate", [8000, 16_000, 22_050, 44_100, 44_099.7, 96_000])
@pytest.mark.parametrize("target", [16_000, 32_000])
def test_a_clip_is_what_a_network_hears_and_the_rest(rate, target):
    audio = np.vstack([noise(0.5, rate), melody(0.5, rate)])
    split = BandSplit(audio, rate, target)
    back = split.join(split.audio, np.ones(30, np.float32), 160)
    assert back.shape == audio.shape
    np.testing.assert_allclose(back, audio, atol=1e-6)


@pytest.mark.parametrize("length", [1, 2, 10, 1000])
def test_short_clips_are_resampled(length):
    audio = noise(1, 44_100)[:, :length]
    split = BandSplit(audio, 44_100, 16_000)
    np.testing.assert_allclose(split.join(split.audio, np.ones(2), 160), audio, atol=1e-6)


def test_resampling_has_no_delay():
    click = np.zeros((1, 44_100), np.float32)
    click[0, 22_050] = 1
    assert abs(int(resample(click, 44_100, 16_000).argmax()) - 8000) <= 1


def test_the_rest_follows_the_gains():
    audio = sine(12_000, 1, 44_100)
    split = BandSplit(audio, 44_100, 16_000)
    gains = np.concatenate([np.ones(51), np.full(50, 0.25)]).astype(np.float32)
    back = split.join(split.audio, gains, 160)[0]
    np.testing.assert_allclose(back[2000:20_000], audio[0, 2000:20_000], atol=1e-3)
    np.testing.assert_allclose(back[24_000:42_000], 0.25 * audio[0, 24_000:42_000], atol=1e-3)
