"""The one mask between two songs that comes nearest to what is wanted of both.

At one moment and frequency let A and B be the spectra of the songs, vectors with an entry for each
channel, and T the wanted spectrum. What is heard is (1 - m) A + m B = A + m (B - A) with a real m.
Its distance from T is a quadratic in m,

    |A + m (B - A) - T|² = m² |B - A|² - 2 m Re<T - A, B - A> + |T - A|²,

with <x, y> the sum over channels of x conj(y). It is lowest where its derivative is 0:

    m = Re<T - A, B - A> / |B - A|².

A quadratic rises on both sides of its lowest point, so within 0..1 the best m is the nearest.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from effects.signal.stft import Spectra

#: Where A = B, every m sounds the same. This one says of neither song that it is the one heard.
EITHER = 0.5


def one_mask(wanted: Spectra, a: Spectra, b: Spectra) -> NDArray[np.float32]:
    """The mask, ``[frames, bins]``, 0 (all A) to 1 (all B), 0.5 where A = B.

    Args:
        wanted: T, ``[channels, frames, bins]``.
        a: the spectra of A, likewise.
        b: the spectra of B, likewise.
    """
    towards = b - a
    apart = np.sum(towards.real**2 + towards.imag**2, axis=0)
    missing = wanted - a
    along = np.sum(missing.real * towards.real + missing.imag * towards.imag, axis=0)
    mask = np.full(apart.shape, EITHER, np.float32)
    np.divide(along, apart, out=mask, where=apart > 0)
    return np.clip(mask, 0, 1, out=mask)
