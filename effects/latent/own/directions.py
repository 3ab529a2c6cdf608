"""Directions of attributes in a latent space that was trained, measured where it was trained."""

from __future__ import annotations

import numpy as np

from effects.latent.attributes import Attributes, measure
from effects.latent.codec import Codec
from effects.latent.measured import measured
from effects.latent.own.timbre_windows import TimbreWindows

MOST_WINDOWS = 20_000  # evenly spread over all; not searched


def directions(codec: Codec, windows: TimbreWindows) -> Attributes | None:
    """Of all attributes; None if there are too few windows, or they are too alike, to tell."""
    count = len(windows)
    chosen = np.unique(np.linspace(0, count - 1, min(count, MOST_WINDOWS)).round().astype(np.int64))
    rolls, levels = windows.rolls(chosen), windows.levels_db(chosen)
    z = np.concatenate([codec.encode_score(rolls), codec.encode_timbre(levels, rolls)], axis=1)
    try:
        return measure(z, measured(rolls, levels))
    except ValueError:
        return None
