"""The transform and its inverse, and that a sound looks the same at every sample rate."""

import math

import librosa
import numpy as np
import pytest
import torch
from support.sounds import melody, noise, sine

from effects.engines.gram.frames import FramedClip
from effects.signal.loudness import loudness
from effects.signal.spectrogram import Analysis, FrameGrid

pytestmark = pytest.mark.usefixtures("one_torch_thread")

CPU = torch.device("cpu")
RATES = (8000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000, 192_000)


def analysis_at(rate, n_features=None):
    return Analysis(rate, n_features or Analysis.features_at(rate), CPU)


def frames_of(audio, rate, n_features=None):
    stem = FramedClip(audio, analysis_at(rate, n_features))
    return stem, stem.frames(0, stem.n_frames)


def amplitudes_of(audio, rate, n_features=None):
    """As of the audio itself, not of the audio with its peak at 1."""
    stem, frames = frames_of(audio, rate, n_features)
    return frames.amplitudes.numpy() / stem.unit


# The transform


@pytest.mark.parametrize(
    ("n_fft", "hop"),
    [(2048, 512), (4096, 1024), (743, 186), (4459, 1115), (100, 33), (64, 7), (31, 15), (22, 5)],
)
@pytest.mark.parametrize("frames", [1, 2, 9])
def test_the_inverse_gives_the_signal_back(n_fft, hop, frames):
    grid = FrameGrid(n_fft, hop, CPU)
    random = torch.Generator().manual_seed(0)
    signal = torch.randn(2, (frames - 1) * hop + n_fft, generator=random)
    spectra = grid.stft(signal)
    assert spectra.shape == (2, frames, n_fft // 2 + 1)
    back = grid.istft(spectra)
    assert back.shape == signal.shape
    edge = hop if frames > 1 else n_fft // 8  # the window is 0 at its very ends
    torch.testing.assert_close(back[:, edge:-edge], signal[:, edge:-edge], atol=1e-3, rtol=0)
    inside = slice(n_fft, -n_fft)
    torch.testing.assert_close(back[:, inside], signal[:, inside], atol=1e-5, rtol=0)


@pytest.mark.parametrize(("n_fft", "hop"), [(8, 2), (10, 3), (7 * 2, 14), (12, 5)])
@pytest.mark.parametrize("frames", [1, 4])
def test_overlap_add_is_a_loop(n_fft, hop, frames):
    pieces = torch.randn(3, frames, n_fft, generator=torch.Generator().manual_seed(0))
    expected = torch.zeros(3, (frames - 1) * hop + n_fft)
    for t in range(frames):
        expected[:, t * hop : t * hop + n_fft] += pieces[:, t]
    torch.testing.assert_close(FrameGrid(n_fft, hop, CPU).overlap_add(pieces), expected)


# Features


def test_at_22050_hz_the_amplitudes_are_the_published_ones():
    audio = melody(2, 22_050)
    expected = np.abs(librosa.stft(audio[0], n_fft=2048, hop_length=512, pad_mode="constant"))
    found = amplitudes_of(audio, 22_050)
    assert found.shape == expected.T.shape == (87, 1025)
    np.testing.assert_allclose(found, expected.T, atol=1e-3)


@pytest.mark.parametrize("hz", [110.0, 440.0, 1234.5, 3500.0])
def test_a_sine_looks_the_same_at_every_rate(hz):
    """But for what it costs that windows are whole samples: a tenth of a bin at the most."""
    reference = np.log1p(amplitudes_of(sine(hz, 1, 22_050), 22_050)[20])
    for rate in RATES:
        row = np.log1p(amplitudes_of(sine(hz, 1, rate), rate)[20])
        n = min(len(row), len(reference), int(0.45 * rate / (22_050 / 2048)))
        off = hz / (22_050 / 2048) * abs(analysis_at(rate).grid.n_fft / (2048 * rate / 22_050) - 1)
        assert off < 0.1
        assert abs(int(row.argmax()) - int(reference.argmax())) <= (1 if off > 0.05 else 0)
        assert row.max() == pytest.approx(reference.max(), abs=0.03 + 0.3 * off)
        assert np.abs(row[:n] - reference[:n]).mean() < 0.02


@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000, 192_000])
def test_a_sine_in_the_bands_looks_the_same_at_every_rate(rate):
    low, high = (amplitudes_of(sine(15_000, 1, r), r)[20] for r in (44_100, rate))
    n = min(len(low), len(high))
    assert high[:n].argmax() == low[:n].argmax() > 1025
    assert high.max() == pytest.approx(low.max(), rel=0.15)


@pytest.mark.parametrize("rate", RATES)
def test_frames_are_at_the_same_times_at_every_rate(rate):
    grid = analysis_at(rate).grid
    assert grid.hop / rate == pytest.approx(512 / 22_050, rel=0.01)
    assert grid.n_fft / rate == pytest.approx(2048 / 22_050, rel=0.005)
    click = np.zeros((1, rate), np.float32)
    click[0, rate // 2] = 1
    power = analysis_at(rate).power(frames_of(click, rate)[1].amplitudes)
    assert int(power.argmax()) * grid.hop / rate == pytest.approx(0.5, abs=0.6 * grid.hop / rate)


def test_higher_rates_never_have_fewer_features():
    counts = [Analysis.features_at(rate) for rate in RATES]
    assert counts == sorted(counts)
    assert Analysis.features_at(22_050) == 1025
    assert Analysis.features_at(96_000) == Analysis.features_at(192_000)


def test_features_of_a_lower_rate_are_the_first_of_a_higher_rate():
    n = Analysis.features_at(8000)
    all_of, first = (amplitudes_of(melody(1, 44_100), 44_100, count) for count in (None, n))
    np.testing.assert_array_equal(first, all_of[:, :n])


@pytest.mark.parametrize("rate", RATES)
def test_no_feature_is_empty(rate):
    amplitudes = amplitudes_of(noise(0.5, rate), rate)
    assert (amplitudes.mean(axis=0) > 0).all()
    assert amplitudes[:, -1].mean() > 0.2 * amplitudes.mean()


@pytest.mark.parametrize("rate", [22_050, 44_100, 48_000, 96_000])
@pytest.mark.parametrize(
    "make",
    [
        lambda rate: noise(2, rate),
        lambda rate: sine(80, 2, rate),
        lambda rate: sine(1000, 2, rate),
        lambda rate: sine(8000, 2, rate),
        lambda rate: np.vstack([sine(300, 2, rate), sine(5000, 2, rate)]),
    ],
    ids=["noise", "low", "middle", "high", "stereo"],
)
def test_power_is_the_k_weighted_mean_square(rate, make):
    audio = make(rate)
    if rate > 40_000:  # ultrasound is no feature
        spectrum = np.fft.rfft(audio)
        spectrum[:, np.fft.rfftfreq(audio.shape[1], 1 / rate) > 18_000] = 0
        audio = np.fft.irfft(spectrum, audio.shape[1]).astype(np.float32)
    stem, frames = frames_of(audio, rate)
    power = stem.analysis.power(frames.amplitudes)[8:-8].mean() / stem.unit**2 * len(audio)
    assert -0.691 + 10 * math.log10(power) == pytest.approx(loudness(audio, rate), abs=0.3)


# The way back


@pytest.mark.parametrize(("rate", "n_features"), [(22_050, None), (48_000, None), (48_000, 373)])
def test_gains_of_one_leave_all_bins_alone(rate, n_features):
    stem, frames = frames_of(noise(0.5, rate), rate, n_features)
    gains = stem.analysis.gains(frames.amplitudes, frames.amplitudes)
    assert gains.shape == frames.spectra.shape[1:]
    torch.testing.assert_close(gains, torch.ones_like(gains))


@pytest.mark.parametrize(("rate", "n_features"), [(8000, None), (48_000, None), (96_000, 373)])
def test_gains_bring_amplitudes_to_what_is_wanted(rate, n_features):
    stem, frames = frames_of(noise(0.5, rate), rate, n_features)
    before = frames.amplitudes
    random = torch.Generator().manual_seed(0)
    wanted = before * (torch.rand(before.shape, generator=random) * 3)
    gains = stem.analysis.gains(before, wanted)
    magnitude = frames.spectra[0].abs() * gains
    torch.testing.assert_close(stem.analysis.amplitudes(magnitude), wanted, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("factor", "above"), [(0.25, 0.25), (4.0, 1.0)])
def test_what_the_style_does_not_reach_is_turned_down_with_its_edge_but_never_up(factor, above):
    stem, frames = frames_of(noise(0.5, 48_000), 48_000, 373)
    gains = stem.analysis.gains(frames.amplitudes, factor * frames.amplitudes)
    torch.testing.assert_close(gains[:, :373], torch.full_like(gains[:, :373], factor))
    torch.testing.assert_close(gains[:, 373:], torch.full_like(gains[:, 373:], above))


def test_gains_are_finite_where_nothing_was():
    analysis = analysis_at(48_000)
    silence = torch.zeros(3, analysis.n_features)
    assert torch.isfinite(analysis.gains(silence, torch.ones_like(silence))).all()
    assert not analysis.gains(silence, silence).any()
