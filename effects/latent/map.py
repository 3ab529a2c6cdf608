"""A map of latents: pieces that are alike lie near one another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from effects.latent.codec import Z
from effects.signal.arrays import Values


def mapped(latents: Sequence[Z]) -> Values:
    """Where each piece lies, ``[pieces, 2]``, from 0 to 1: the piece's mean z in the plane in which
    the pieces differ most (principal components).

    The same pieces give the same map. The sign of a component is free; here its largest element is
    positive. Both axes have one scale, so distances can be compared; the shorter one is in the
    middle. A single piece, or pieces that are all alike, lie in the middle.

    Args:
        latents: of each piece, ``[windows, 120]``.
    """
    if not len(latents):
        return np.zeros((0, 2))
    means = np.stack([np.asarray(it, np.float64).mean(axis=0) for it in latents])
    _, _, axes = np.linalg.svd(means - means.mean(axis=0), full_matrices=False)
    places = np.zeros((len(means), 2))
    for number, axis in enumerate(axes[:2]):
        sign = np.sign(axis[np.abs(axis).argmax()])
        places[:, number] = (means - means.mean(axis=0)) @ (axis * sign)
    least, most = places.min(axis=0), places.max(axis=0)
    span = float((most - least).max())
    if span < 1e-9 * max(float(np.abs(means).max()), 1e-30):  # alike, but for rounding
        return np.full_like(places, 0.5)
    found: Values = 0.5 + (places - (least + most) / 2) / span
    return np.clip(found, 0, 1)
