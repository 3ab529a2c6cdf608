"""Songs with known parts, and what is measured of mashups."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from effects.mashing.networks.wanted import Magnitudes
from effects.mashing.parts import Shares
from effects.mashing.stems import Stems

Samples = NDArray[np.float32]


def parts(
    seconds: float,
    rate: float,
    *,
    seed: int = 0,
    channels: int = 1,
    lead_from: float = 0.0,
    lead_until: float = np.inf,
) -> Stems:
    """A song of lead, drums and chords at 120 BPM; its lead sounds from when to when, in seconds.

    Leads are up from 500 Hz, chords below; they have other notes for each ``seed``.
    """
    random = np.random.default_rng(seed)
    t = np.arange(round(seconds * rate)) / rate
    lead, drums, chords = (np.zeros((channels, len(t))) for _ in range(3))
    for start in np.arange(0, seconds, 0.5):
        here = (t >= start) & (t < start + 0.5)
        since = t[here] - start
        drums[:, here] += random.normal(0, 1, (channels, here.sum())) * np.exp(-since * 60)
        root = 110 * 2 ** (random.integers(0, 12) / 12)
        decay = np.minimum(since / 0.01, 1) * np.exp(-since * 2)
        for ratio in (1, 1.26, 1.5):
            chords[:, here] += 0.2 * np.sin(2 * np.pi * root * ratio * since) * decay
        if lead_from <= start < lead_until:
            note = 550 * 2 ** (random.integers(0, 12) / 12)
            for partial in range(1, 4):
                if partial * note < 0.45 * rate:
                    lead[:, here] += (
                        0.4 / partial * np.sin(2 * np.pi * partial * note * since) * decay
                    )
    pan = 1 - 0.2 * np.arange(channels)[:, None] / max(channels - 1, 1)
    lead, drums, chords = (np.asarray(0.2 * it * pan, np.float32) for it in (lead, drums, chords))
    return Stems((lead, drums, chords))


def by_frequency(a: Magnitudes, b: Magnitudes) -> Shares:
    """Stands in for the network: lead is 500 to 3000 Hz, rhythm above, harmony below."""

    def shares(song: Magnitudes) -> NDArray[np.float32]:
        hz = np.arange(song.shape[1]) * 22_050 / 2048
        kinds = np.stack([(hz >= 500) & (hz < 3000), hz >= 3000, hz < 500])
        return np.broadcast_to(kinds[:, None], (3, *song.shape)).astype(np.float32)

    return Shares(shares(a), shares(b))


def si_sdr(found: Samples, wanted: Samples) -> float:
    """How near a sound is to another, at any level, in dB (Le Roux et al. 2019)."""
    x, y = found.ravel().astype(np.float64), wanted.ravel().astype(np.float64)
    near = (x @ y) / (y @ y) * y
    return float(10 * np.log10((near @ near) / ((x - near) @ (x - near))))
