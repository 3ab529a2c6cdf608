"""Phase reconstruction against a naive twin and librosa's, and its promises."""

import librosa
import numpy as np
import pytest
import torch
from support.sounds import melody, noise

from effects.signal.phase import griffin_lim
from effects.signal.spectrogram import FrameGrid

pytestmark = pytest.mark.usefixtures("one_torch_thread")

CPU = torch.device("cpu")


def grid_of(n_fft, hop):
    return FrameGrid(n_fft, hop, CPU)


def spectra_of(audio, grid):
    return grid.stft(torch.from_numpy(np.ascontiguousarray(audio)))


def random_phases(magnitude, seed=0):
    turn = torch.rand(magnitude.shape, generator=torch.Generator().manual_seed(seed)) * 2 * np.pi
    return torch.polar(magnitude, turn)


def inconsistency(spectra, magnitude, grid):
    """How far the sound of ``spectra`` is from having ``magnitude``, relatively."""
    sound = grid.stft(grid.istft(spectra)).abs()
    return float((sound - magnitude).norm() / magnitude.norm())


class Naive:
    """The transform and the algorithm with loops and a matrix of complex exponentials."""

    def __init__(self, n_fft, hop):
        self.n_fft, self.hop = n_fft, hop
        n = np.arange(n_fft)
        self.window = np.sin(np.pi * n / n_fft) ** 2
        bins = np.arange(n_fft // 2 + 1)
        self.forward = np.exp(-2j * np.pi * np.outer(bins, n) / n_fft)
        twice = np.where((bins == 0) | (bins == n_fft // 2), 1, 2)
        self.backward = (self.forward.conj() * twice[:, None]).T / n_fft

    def stft(self, signal):
        count = (len(signal) - self.n_fft) // self.hop + 1
        starts = [t * self.hop for t in range(count)]
        return np.array([self.forward @ (signal[a : a + self.n_fft] * self.window) for a in starts])

    def istft(self, spectra):
        length = (len(spectra) - 1) * self.hop + self.n_fft
        total, weight = np.zeros(length), np.zeros(length)
        for t, spectrum in enumerate(spectra):
            frame = (self.backward @ spectrum).real * self.window
            for i in range(self.n_fft):
                total[t * self.hop + i] += frame[i]
                weight[t * self.hop + i] += self.window[i] ** 2
        return total / np.maximum(weight, 1e-8)

    def griffin_lim(self, magnitude, start, iterations, momentum, n_frozen=0):
        spectra = magnitude * np.exp(1j * np.angle(start))
        spectra[:n_frozen] = start[:n_frozen]
        previous = 0
        for _ in range(iterations):
            consistent = self.stft(self.istft(spectra))
            ahead = consistent - momentum / (1 + momentum) * previous
            spectra = magnitude * np.exp(1j * np.angle(ahead))
            spectra[:n_frozen] = start[:n_frozen]
            previous = consistent
        return spectra


@pytest.mark.parametrize(("n_fft", "hop"), [(16, 4), (22, 6), (30, 7)])
@pytest.mark.parametrize("momentum", [0.0, 0.99])
@pytest.mark.parametrize("n_frozen", [0, 4])
def test_it_is_griffin_and_lims_algorithm(n_fft, hop, momentum, n_frozen):
    grid = grid_of(n_fft, hop)
    signal = np.random.default_rng(1).normal(0, 1, 14 * hop + n_fft).astype(np.float32)
    magnitude = spectra_of(signal, grid).abs()
    start = random_phases(magnitude)
    expected = Naive(n_fft, hop).griffin_lim(
        magnitude.numpy(), start.numpy(), 12, momentum, n_frozen
    )
    found = griffin_lim(
        magnitude, start, grid, n_iterations=12, momentum=momentum, n_frozen=n_frozen
    )
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-4 * float(magnitude.max()))


@pytest.mark.parametrize("momentum", [0.0, 0.99])
def test_it_comes_as_close_as_librosas(momentum):
    """Librosa pads the ends, so only how near the two come can be compared."""
    grid, audio = grid_of(512, 128), melody(1, 8000)[0]
    magnitude = spectra_of(np.pad(audio, 512), grid).abs()
    ours = griffin_lim(
        magnitude, random_phases(magnitude), grid, n_iterations=60, momentum=momentum
    )
    theirs = librosa.griffinlim(
        magnitude.numpy().T,
        n_iter=60,
        hop_length=128,
        momentum=momentum,
        random_state=0,
        pad_mode="constant",
    )
    again = librosa.stft(theirs, n_fft=512, hop_length=128, pad_mode="constant")[
        :, : len(magnitude)
    ]
    of_theirs = np.linalg.norm(np.abs(again).T - magnitude.numpy()) / float(magnitude.norm())
    assert inconsistency(ours, magnitude, grid) < 1.15 * of_theirs


def test_more_iterations_are_more_consistent():
    grid, audio = grid_of(512, 128), melody(1, 8000)[0]
    magnitude = spectra_of(audio, grid).abs()
    start = random_phases(magnitude)
    found = [
        inconsistency(
            griffin_lim(magnitude, start, grid, n_iterations=n, momentum=0), magnitude, grid
        )
        for n in (0, 1, 3, 10, 30, 90)
    ]
    assert np.all(np.diff(found) < 0)


def test_the_right_phases_are_a_better_start_than_chance():
    grid, audio = grid_of(512, 128), melody(1, 8000)[0]
    spectra = spectra_of(audio, grid)
    magnitude = spectra.abs() * torch.linspace(1, 0.2, spectra.shape[1])
    by_content, by_chance = (
        inconsistency(griffin_lim(magnitude, start, grid, n_iterations=20), magnitude, grid)
        for start in (spectra, random_phases(magnitude))
    )
    assert by_content < 0.5 * by_chance


@pytest.mark.parametrize("momentum", [0.0, 0.99])
@pytest.mark.parametrize(("n_fft", "hop"), [(512, 128), (743, 186), (100, 30)])
def test_a_sound_is_a_fixed_point(n_fft, hop, momentum):
    grid = grid_of(n_fft, hop)
    spectra = spectra_of(noise(0.5, 8000)[0], grid)
    found = griffin_lim(spectra.abs(), spectra, grid, n_iterations=20, momentum=momentum)
    torch.testing.assert_close(found, spectra, atol=2e-3, rtol=0)


def test_frozen_frames_stay_bit_for_bit_and_the_rest_continues_them():
    grid = grid_of(256, 64)
    spectra = spectra_of(melody(1, 8000)[0], grid)
    magnitude = spectra.abs()
    start = random_phases(magnitude)
    start[:20] = spectra[:20] * 1.5  # magnitudes of their own
    found = griffin_lim(magnitude, start, grid, n_iterations=30, n_frozen=20)
    assert torch.equal(found[:20], start[:20])
    torch.testing.assert_close(found[20:].abs(), magnitude[20:], rtol=1e-4, atol=1e-5)


def test_0_iterations_are_the_magnitudes_with_the_phases_of_the_start():
    grid = grid_of(256, 64)
    spectra = spectra_of(noise(0.2, 8000)[0], grid)
    magnitude = torch.rand(spectra.shape, generator=torch.Generator().manual_seed(1))
    found = griffin_lim(magnitude, spectra, grid, n_iterations=0)
    torch.testing.assert_close(found.abs(), magnitude)
    torch.testing.assert_close(found.angle(), spectra.angle(), atol=1e-4, rtol=0)


def test_silence_and_faint_sounds_have_phases_too():
    grid = grid_of(64, 16)
    silence = torch.zeros(9, 33, dtype=torch.complex64)
    magnitude = torch.ones(9, 33)
    found = griffin_lim(magnitude, silence, grid)
    assert torch.isfinite(torch.view_as_real(found)).all()
    torch.testing.assert_close(found.abs(), magnitude)
    assert not griffin_lim(silence.abs(), silence, grid).abs().any()


def test_the_start_is_left_as_it_was_and_every_iteration_ticks():
    grid = grid_of(64, 16)
    spectra = spectra_of(noise(0.1, 8000)[0], grid)
    before, ticks = spectra.clone(), []
    griffin_lim(
        spectra.abs(), spectra, grid, n_iterations=7, n_frozen=2, tick=lambda: ticks.append(1)
    )
    assert torch.equal(spectra, before)
    assert len(ticks) == 7
