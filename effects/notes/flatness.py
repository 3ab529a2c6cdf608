"""How noisy a clip is: the spectral flatness of its fine structure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import fft

from effects.running.cores import in_threads
from effects.signal.arrays import Mono
from effects.signal.windows import single_hann, windows_between


@dataclass(frozen=True)
class Settings:
    """The numbers of this module; not searched.

    Attributes:
        size: samples of a window, 0.19 s: its bins are 5.4 Hz wide.
        step: samples from one window to the next.
        lowest_bin: lower bins are left out: 54 Hz.
        highest_bin: higher bins, too: 4.8 kHz, where even a clear note's partials are hardly apart.
        together: bins of a group, 108 Hz.
        frames: computed at once, to limit memory.
    """

    size: int = 4096
    step: int = 2048
    lowest_bin: int = 10
    highest_bin: int = 890
    together: int = 20
    frames: int = 256


SETTINGS = Settings()


def flatness(clip: Mono) -> float:
    """The mean flatness of groups of neighbouring bins, each weighted by its amplitude.

    Flatness is the geometric mean of powers over their arithmetic mean. The power of noise in a bin
    is distributed exponentially, so for noise of any colour it is e^-γ = 0.56, with Euler's γ. A
    few partials in a group bring it down to near 0.

    Args:
        clip: ``[samples]`` at 22.05 kHz.
    """
    # The windows that begin at most half a window after the end, where only zeros follow.
    n_frames = (clip.size + SETTINGS.size // 2) // SETTINGS.step + 1

    def measure(first: int) -> tuple[float, float]:
        stop = min(first + SETTINGS.frames, n_frames)
        windows = windows_between(clip, first, stop, SETTINGS.size, SETTINGS.step)
        spectra = fft.rfft(windows * single_hann(SETTINGS.size))
        inside = spectra[:, SETTINGS.lowest_bin : SETTINGS.highest_bin]
        power = inside.real**2 + inside.imag**2 + 1e-20
        groups = power.reshape(len(power), -1, SETTINGS.together).astype(np.float64)
        mean = groups.mean(axis=-1)
        flat = np.exp(np.log(groups).mean(axis=-1)) / mean
        amplitude = np.sqrt(mean)
        return float((flat * amplitude).sum()), float(amplitude.sum())

    weighted, total = 0.0, 0.0
    for of_group, amplitudes in in_threads(measure, range(0, n_frames, SETTINGS.frames)):
        weighted += of_group
        total += amplitudes
    return weighted / total if total > 0 else 1.0
