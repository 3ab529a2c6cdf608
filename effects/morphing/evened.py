"""The level of a sound between two others, over time.

Magnitudes that are mixed in dB are soft wherever the two are not alike: a partial that one of them
does not have is nearly lost. So the power of the mix is measured over a moving window, and brought
to what lies between those of the two, P_A^(1-x) P_B^x, with a gain that has limits.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from effects.signal.arrays import Audio, Sound, Values
from effects.signal.envelope import STRETCH, Envelope
from effects.signal.loudness import step_sums

#: From one measurement of power, and one node of the gain, to the next; and the window. Those of
#: `effects.signal.crossfade`; not searched.
HOP_SECONDS, SMOOTH_SECONDS = 0.005, 0.4
#: The gain's limits: 6 dB, as there.
MOST_GAIN = 2.0
#: Power counts as at least this share of the highest: -60 dB. Not searched.
LEAST_SHARE = 1e-6


def even(
    mix: Audio, a: Sound, b: Sound, sample_rate: float, share: Callable[[Values], Values]
) -> None:
    """Bring a mix, ``[channels, samples]``, to the level between two sounds, in place.

    Args:
        mix: what was made of ``a`` and ``b``.
        a: a sound, as long, and not silent.
        b: the other.
        sample_rate: in Hz.
        share: from 0, ``a``, to 1, ``b``, at moments in seconds.
    """
    hop = max(round(HOP_SECONDS * sample_rate), 1)
    reach = round(SMOOTH_SECONDS / 2 / HOP_SECONDS)
    found, first, last = (_powers(it, hop, reach) for it in (mix, a, b))
    nodes: Values = np.arange(0.5, found.size) * hop
    x = share(nodes / sample_rate)
    gains = np.sqrt(first ** (1 - x) * last**x / found)
    Envelope(nodes, np.clip(gains, 1 / MOST_GAIN, MOST_GAIN)).scale(mix)


def _powers(sound: Sound, hop: int, reach: int) -> Values:
    """The power around each hop, ``[hops]``, never 0."""
    size = max(STRETCH // hop, 1) * hop
    parts = (sound[:, it : it + size] for it in range(0, sound.shape[1], size))
    power = np.concatenate([step_sums(np.square(it, dtype=np.float64), hop) for it in parts])
    padded = np.pad(power, reach)
    # Not a running sum: its rounding errors would be heard in a soft passage after a loud one.
    smooth = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1).sum(axis=1)
    return np.asarray(np.maximum(smooth, max(LEAST_SHARE * smooth.max(), 1e-30)))
