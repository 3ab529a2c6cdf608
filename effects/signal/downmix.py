"""From several channels to one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from effects.signal.arrays import Audio
from effects.signal.loudness import peak

STRETCH = 1 << 20  # samples at a time, to limit memory


def polarity(audio: Audio) -> NDArray[np.float64]:
    """+1 or -1 per channel, so that channels in opposite phase do not cancel in a sum.

    It is the sign of each channel's product with the strongest channel. ``audio``,
    ``[channels, samples]``, must not be silent.
    """
    unit = np.float32(1 / peak(audio))
    products = np.zeros((len(audio), len(audio)))
    for at in range(0, audio.shape[1], STRETCH):
        part = audio[:, at : at + STRETCH] * unit
        products += part @ part.T
    return np.where(products[products.diagonal().argmax()] < 0, -1.0, 1.0)


def downmix(audio: Audio) -> NDArray[np.float32]:
    """The mean of the channels, ``[samples]``; those in opposite phase are inverted first."""
    if len(audio) == 1:
        only: NDArray[np.float32] = audio[0]
        return only
    mean: NDArray[np.float32] = (polarity(audio) / len(audio)).astype(np.float32) @ audio
    return mean
