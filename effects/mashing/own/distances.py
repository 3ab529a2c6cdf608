"""How far gains leave two songs from a real mashup of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from effects.mashing.networks.wanted import Hears
from effects.mashing.own.material import Lesson
from effects.mashing.own.report import Distances

BANDS = 64  # about as wide in octaves as each other, but at least one bin; not searched
FLOOR_DB = -60.0  # below the loudest band, beside which nothing is heard
FRAMES = 1280  # that a network is asked about at once: 30 s

_Powers = NDArray[np.float64]


def distances(lesson: Lesson, network: Hears) -> Distances:
    """Of a network, the plain sum and the true gains.

    The distance is the root of the mean squared difference, in dB, of the powers in each frame and
    band: first over bands, then the mean over frames. Phases do not count: the powers of both songs
    add up. Each sum is first made as loud as the mashup.
    """
    arrays = lesson.read()
    a, b = (it.astype(np.float32) for it in (arrays.a, arrays.b))
    true = _in_bands(arrays.mashup.astype(np.float64) ** 2)
    heard = _gains(network, a, b)
    known = tuple(it.astype(np.float32) / 255 for it in (arrays.gain_a, arrays.gain_b))
    plain = (np.ones_like(a), np.ones_like(b))
    found = (_distance(_in_bands(_sum(a, b, *gains)), true) for gains in (heard, plain, known))
    return Distances(lesson.name, *found)


def _gains(
    network: Hears, a: NDArray[np.float32], b: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    parts = [
        network.wanted(a[at : at + FRAMES], b[at : at + FRAMES]) for at in range(0, len(a), FRAMES)
    ]
    return np.concatenate([it.a for it in parts]), np.concatenate([it.b for it in parts])


def _sum(
    a: NDArray[np.float32],
    b: NDArray[np.float32],
    gain_a: NDArray[np.float32],
    gain_b: NDArray[np.float32],
) -> _Powers:
    found: _Powers = np.square(gain_a * a, dtype=np.float64)
    found += np.square(gain_b * b, dtype=np.float64)
    return found


def _in_bands(powers: _Powers) -> _Powers:
    """``[frames, bins] -> [frames, bands]``."""
    edges = np.unique(np.round(np.geomspace(1, powers.shape[1], BANDS + 1)).astype(int))
    found: _Powers = np.add.reduceat(powers, edges[:-1], 1)
    return found


def _distance(found: _Powers, true: _Powers) -> float:
    floor = true.max() * 10 ** (FLOOR_DB / 10)
    found = found * (true.sum() / max(found.sum(), 1e-30))
    off = 10 * np.log10((found + floor) / (true + floor))
    return float(np.sqrt((off**2).mean(1)).mean())
