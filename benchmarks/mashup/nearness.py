"""How near an output is to what was wanted: the distance of mel spectra, and the error's power."""

from __future__ import annotations

import librosa
import numpy as np
from numpy.typing import NDArray

from benchmarks.mashup.spectra import RATE, STFT, Powers
from effects.signal.arrays import Audio

MELS = 128
RANGE_DB = 60.0  # below the loudest bin of what is wanted, all is silence
FAINTEST = 1e-12


def distance(out: Powers, wanted: Powers) -> float:
    """How far mel spectra ``[frames, bins]`` are apart, in dB: the mean over bands and frames.

    Both are compared at equal power as a whole, so the output's loudness does not count.
    """
    ours, theirs = (_mel(it) / max(float(it.mean()), FAINTEST) for it in (out, wanted))
    floor = theirs.max() * 10 ** (-RANGE_DB / 10) + FAINTEST
    return float(np.mean(np.abs(10 * np.log10((ours + floor) / (theirs + floor)))))


def si_sdr(out: Audio, wanted: Audio) -> float:
    """The scale-invariant ratio of signal to distortion in dB (Le Roux et al. 2019)."""
    mine, theirs = (np.asarray(it, np.float64).ravel() for it in (out, wanted))
    part = theirs * (mine @ theirs / max(theirs @ theirs, FAINTEST))
    error = mine - part
    return float(10 * np.log10((part @ part + FAINTEST) / (error @ error + FAINTEST)))


def _mel(powers: Powers) -> NDArray[np.float64]:
    bank = librosa.filters.mel(sr=RATE, n_fft=STFT.size, n_mels=MELS)
    return np.asarray(powers.astype(np.float64) @ bank.T)
