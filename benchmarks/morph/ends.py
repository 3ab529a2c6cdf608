"""How far a morph's ends are from the clips themselves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from effects.signal.arrays import Mono
from effects.signal.stft import Stft

STFT = Stft(2048, 512)
RANGE_DB = 80.0  # below the louder one's loudest bin all is silence


def log_spectral_distance(a: Mono, b: Mono) -> float:
    """In dB: in each frame the root mean square over bins of the levels' difference; their mean.

    Levels count, phases do not: two sounds are at 0 dB if all bins of all frames are equally loud.
    The shorter one is followed by silence.
    """
    size = max(a.size, b.size)
    one, two = (_powers(np.pad(it, (0, size - it.size))) for it in (a, b))
    floor = max(one.max(), two.max(), 1e-20) * 10 ** (-RANGE_DB / 10)
    apart = 10 * np.log10((one + floor) / (two + floor))
    return float(np.sqrt((apart**2).mean(axis=1)).mean())


def _powers(audio: Mono) -> NDArray[np.float64]:
    spectra = STFT.analyse(audio, 0, STFT.n_frames(audio.size))
    return np.asarray(spectra.real.astype(np.float64) ** 2 + spectra.imag.astype(np.float64) ** 2)
