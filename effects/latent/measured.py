"""Attributes of windows, as they are measured in what is heard: see `effects.latent.attributes`."""

from __future__ import annotations

import numpy as np

from effects.latent.bands import BANDS, FLOOR_DB, LOWEST_BAND, Bands
from effects.latent.roll import LOWEST, N_KEYS, SOUNDING, STEPS_PER_SECOND, STRUCK, Roll
from effects.signal.arrays import Values


def measured(roll: Roll, levels: Bands) -> dict[str, Values]:
    """Each attribute of each window, ``[windows]``; NaN where nothing is struck or heard.

    ``more_notes`` is how many notes begin in a second, ``higher`` their mean key in semitones,
    ``longer`` the logarithm of how long one sounds in seconds, and ``brighter`` the middle of the
    spectrum in semitones, weighted by power.

    Args:
        roll: ``[windows, 32, 88, 2]`` of zeros and ones.
        levels: of the same windows, in dB.
    """
    struck = roll[..., STRUCK].sum((1, 2), dtype=np.float64)
    keys = LOWEST + np.arange(N_KEYS)
    power = np.where(levels > -FLOOR_DB, 10 ** (np.asarray(levels, np.float64) / 10), 0).sum(1)
    middles = LOWEST_BAND + np.arange(BANDS)
    with np.errstate(divide="ignore", invalid="ignore"):
        sounding = roll[..., SOUNDING].sum((1, 2), dtype=np.float64)
        seconds = sounding / struck / STEPS_PER_SECOND
        found = {
            "more_notes": struck * STEPS_PER_SECOND / roll.shape[1],
            "higher": roll[..., STRUCK].sum(1) @ keys / struck,
            "longer": np.log(seconds),
            "brighter": power @ middles / power.sum(1),
        }
    known = {name: np.isfinite(it) & (struck > 0) for name, it in found.items()}
    return {name: np.where(known[name], it, np.nan) for name, it in found.items()}
