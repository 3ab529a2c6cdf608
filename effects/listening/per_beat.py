"""From values in frames to values of each beat, or of each part of it."""

from __future__ import annotations

import numpy as np

from effects.signal.arrays import Values


def means_between(values: Values, frames_per_second: float, edges: Values) -> Values:
    """The means of the values from each time to the next: ``[edges - 1, *]``.

    Frame ``t`` stands for the time from half a frame before it to half a frame after. Before the
    first frame and after the last one, the values are 0.

    Args:
        values: ``[frames, *]``; frame ``t`` is at ``t / frames_per_second``.
        frames_per_second: of the values.
        edges: times in seconds, rising, ``[edges]``.
    """
    sums = np.concatenate([np.zeros((1, *values.shape[1:])), np.cumsum(values, axis=0)])
    places = np.clip(edges * frames_per_second + 0.5, 0, len(values))
    whole = np.minimum(places.astype(np.intp), len(values) - 1)
    part = (places - whole).reshape(-1, *[1] * (values.ndim - 1))
    reached = sums[whole] + part * values[whole]
    lengths = (np.diff(edges) * frames_per_second).reshape(part[1:].shape)
    means: Values = np.diff(reached, axis=0) / lengths
    return means


def divided(beats: Values, parts: int, shift: float = 0.0) -> Values:
    """Edges of each beat's parts, ``[(beats - 1) * parts + 1]``.

    Args:
        beats: times in seconds, rising, ``[beats]``.
        parts: how many of each beat.
        shift: how much later each part begins, in parts.
    """
    places = (np.arange((len(beats) - 1) * parts + 1) + shift) / parts
    beyond = np.concatenate([2 * beats[:1] - beats[1:2], beats, 2 * beats[-1:] - beats[-2:-1]])
    edges: Values = np.interp(places, np.arange(-1, len(beats) + 1), beyond)
    return edges
