"""How unlike two clips sound: the log-spectral distance.

After Cífka et al. 2021, "Self-supervised VQ-VAE for one-shot music style transfer". Clips are
compared frame by frame: if they play different notes, the distance tells how unlike they are on the
whole, in level and in colour, and not which is better.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from effects.running.cores import blas_in_one_thread

# From the first version of the measure, not searched; the page of a demo or comparison states them.
SAMPLE_RATE = 16_000  # Hz
N_FFT = 2048  # samples: 128 ms
HOP = 512  # samples: 32 ms
N_BANDS = 128
FLOOR_DB = 80.0  # below a clip's loudest band, all is equally silent; librosa's default


def log_spectral_distance(
    a: NDArray[np.floating], b: NDArray[np.floating], a_rate: float, b_rate: float
) -> float:
    """The distance between two clips in dB; 0 if they differ only in level.

    Both are mixed to mono, cut to the length of the shorter, brought to equal RMS and resampled to
    16 kHz; their mel spectrograms (128 bands, windows of 2048 samples, every 512) are compared in
    dB: the mean over bands of the root of the mean over frames of the squared difference.

    Args:
        a: one clip, (channels, samples).
        b: the other.
        a_rate: in Hz.
        b_rate: in Hz.

    Raises:
        ValueError: a clip is empty or silent.
    """
    seconds = min(a.shape[1] / a_rate, b.shape[1] / b_rate)
    with blas_in_one_thread():
        difference = _mel_db(a, a_rate, seconds) - _mel_db(b, b_rate, seconds)
    return float(np.sqrt(np.mean(difference**2, axis=1)).mean())


def _mel_db(audio: NDArray[np.floating], rate: float, seconds: float) -> NDArray[np.float64]:
    """The mel spectrogram of the first ``seconds``, (bands, frames)."""
    import librosa

    mono = audio[:, : round(seconds * rate)].mean(axis=0, dtype=np.float64)
    level = np.sqrt(np.mean(mono**2)) if mono.size else 0.0
    if not level > 0:
        raise ValueError("the log-spectral distance of a silent clip is not defined")
    mono = librosa.resample(mono / level, orig_sr=rate, target_sr=SAMPLE_RATE)
    mono = librosa.util.fix_length(mono, size=round(seconds * SAMPLE_RATE))
    power = librosa.feature.melspectrogram(
        y=mono, sr=SAMPLE_RATE, n_fft=N_FFT, hop_length=HOP, n_mels=N_BANDS
    )
    decibels: NDArray[np.float64] = librosa.power_to_db(power, top_db=FLOOR_DB)
    return decibels
