"""The transform in NumPy: equal to librosa's, and the way back."""

import librosa
import numpy as np
import pytest
from support.sounds import melody, noise

from effects.signal.overlap_add import OverlapAdder
from effects.signal.stft import Stft

RATE = 22_050


@pytest.mark.parametrize(("size", "hop"), [(2048, 512), (2048, 256), (743, 186), (31, 15)])
def test_the_spectra_are_librosas(size, hop):
    """Whose frames begin half a window, rounded down, before the clip, too."""
    audio = melody(0.5, RATE)
    stft = Stft(size, hop)
    expected = librosa.stft(
        audio, n_fft=size, hop_length=hop, window=stft.window, pad_mode="constant"
    ).swapaxes(-1, -2)
    found = stft.analyse(audio, 0, min(stft.n_frames(audio.shape[1]), expected.shape[1]))
    np.testing.assert_allclose(found, expected[:, : found.shape[1]], atol=1e-3)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("together", [1, 3, 1000])
@pytest.mark.parametrize(("size", "hop"), [(64, 16), (31, 15), (8, 2)])
def test_stretch_by_stretch_the_signal_comes_back(size, hop, together, dtype):
    audio = np.vstack([noise(0.1, 8000), noise(0.1, 8000, seed=1)])
    stft = Stft(size, hop)
    adder = OverlapAdder(audio, begin=stft.begin(0), gain=2.0)
    n_frames = stft.n_frames(audio.shape[1])
    for start in range(0, n_frames, together):
        stop = min(start + together, n_frames)
        total = stft.synthesise(stft.analyse(audio, start, stop, dtype))
        adder.add(total, stft.weights(stop - start), finished=(stop - start) * hop)
    found = adder.finish()
    assert found.dtype == np.float32
    covered = (n_frames - 1) * hop  # to the last frame's centre, where its window is at its highest
    np.testing.assert_allclose(found[:, :covered], 2 * audio[:, :covered], atol=1e-5)


def test_before_and_after_a_signal_there_is_silence():
    audio = noise(0.01, 8000)
    stft = Stft(64, 16)
    assert stft.begin(0) == -32
    assert not stft.analyse(audio, -20, -10).any()
    assert not stft.analyse(audio, 100, 110).any()
