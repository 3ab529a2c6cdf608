"""From several channels to one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from effects.signal.arrays import Audio, Sound, Stretches
from effects.signal.loudness import peak

STRETCH = 1 << 20  # samples at a time, to limit memory
#: With four channels or more, BLAS rounds the last samples otherwise than those before them. So it
#: is given the same blocks of so many samples, whichever stretch is asked for.
BLOCK = 1 << 16
SILENT = 1e-37  # no division by 0


def polarity(audio: Sound) -> NDArray[np.float64]:
    """+1 or -1 per channel, so that channels in opposite phase do not cancel in a sum.

    It is the sign of each channel's product with the strongest channel; +1 if all are silent.
    ``audio`` is ``[channels, samples]``.
    """
    loudest = peak(audio)
    if loudest == 0:
        return np.ones(len(audio))
    unit = np.float32(1 / loudest)
    products = np.zeros((len(audio), len(audio)))
    for at in range(0, audio.shape[1], STRETCH):
        part = audio[:, at : at + STRETCH] * unit
        products += part @ part.T
    return np.where(products[products.diagonal().argmax()] < 0, -1.0, 1.0)


def downmix(audio: Sound) -> NDArray[np.float32]:
    """The mean of the channels, ``[samples]``; those in opposite phase are inverted first."""
    mean: NDArray[np.float32] = mixed(audio)[:, :][0]
    return mean


def mixed(audio: Sound) -> Sound:
    """As `downmix`, ``[1, samples]``, stretch by stretch."""
    if len(audio) == 1:
        return audio
    weights = (polarity(audio) / len(audio)).astype(np.float32)

    def mix(start: int, stop: int) -> Audio:
        first = start // BLOCK * BLOCK
        parts = [
            weights @ audio[:, at : at + BLOCK] for at in range(first, max(stop, first + 1), BLOCK)
        ]
        return np.concatenate(parts)[None, start - first : stop - first]

    return Stretches((1, audio.shape[1]), mix)


def at_unit_peak(mono: Sound, loudest: float | None = None) -> Stretches:
    """One channel, ``[1, samples]``, as ``[samples]`` with a peak of 1, stretch by stretch.

    Args:
        mono: the sound.
        loudest: the peak that becomes 1; by default the sound's own.
    """
    unit = np.float32(max(peak(mono) if loudest is None else loudest, SILENT))
    return Stretches(mono.shape[1:], lambda start, stop: mono[:, start:stop][0] / unit)
