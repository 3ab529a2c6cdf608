"""One sound between two performances that have the same score.

Their partials coincide, so magnitudes can be mixed in dB, as from a stem to its performance
(`effects.engines.sampler.between`), and the phase is that of the louder and nearer one.

What is struck is another matter. A window is longer than an attack, and where the phases of the two
do not agree, its energy is spread over the window, and a stroke is blurred or lost. So for the
first moments of a stroke, the performances themselves are added: too short to be heard as two.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from effects.engines.sampler.between import Settings, morph
from effects.morphing.evened import even
from effects.signal.arrays import Audio, Sound, Values
from effects.signal.envelope import STRETCH
from effects.signal.loudness import peak

#: Window and hop are 46 and 12 ms. On 7 pairs of FluidR3 and MuseScore_General, halfway, with the
#: phase of the nearer one alone, there is 0.0 dB more noise between partials than at the ends;
#: 0.4 dB with twice that window or half of it. With phases of the first kind (`between`) and the
#: longer window it is 0.8 dB. Higher floors are worse: in steps of 30 dB, 0.7, 1.1 and 3.1 dB.
SPECTRA = Settings(size=1024, hop=256, floor=1e-4, nearer=0.03)
#: An attack fades in before the onset, is heard for so long, and fades out, in seconds. With drums
#: that leaves 1.0 dB more noise halfway, in place of 1.6; with notes it would add 0.9.
BEFORE_SECONDS, ATTACK_SECONDS, AFTER_SECONDS = 0.008, 0.05, 0.04

Curve = Callable[[Values], Values]
"""A number for each moment, in seconds."""


def hybrid(a: Sound, b: Sound, sample_rate: float, share: Curve, struck: Values | None) -> Audio:
    """The sound between two, ``[channels, samples]``.

    Args:
        a: a performance, ``[channels, samples]``.
        b: the other, as long and as loud.
        sample_rate: in Hz.
        share: from 0, ``a``, to 1, ``b``.
        struck: when both strike, in seconds, rising; None where attacks need no care.
    """
    gate: Curve
    if peak(a) == 0 or peak(b) == 0:  # no level in dB to mix
        out, gate = np.zeros(a.shape, np.float32), np.ones_like
    else:
        out = morph(a, b, sample_rate, share, SPECTRA)
        even(out, a, b, sample_rate, share)
        if struck is None or not struck.size:
            return out
        gate = _gate(struck)
    for start in range(0, out.shape[1], STRETCH):
        part = out[:, start : start + STRETCH]
        seconds = np.arange(start, start + part.shape[1]) / sample_rate
        attack, x = gate(seconds), share(seconds)
        stop = start + part.shape[1]
        both = (1 - x) * a[:, start:stop] + x * b[:, start:stop]
        part[:] = attack * both + (1 - attack) * part
    return out


def _gate(struck: Values) -> Curve:
    """1 during an attack, 0 elsewhere."""
    onsets = np.append(-np.inf, struck)

    def gate(seconds: Values) -> Values:
        at = np.searchsorted(onsets, seconds, "right")
        since = seconds - onsets[at - 1]
        ahead = np.append(onsets, np.inf)[at] - seconds
        falling = np.clip((since - ATTACK_SECONDS) / AFTER_SECONDS, 0, 1)
        rising = np.clip(ahead / BEFORE_SECONDS, 0, 1)
        gains = (1 + np.cos(np.pi * np.stack([falling, rising]))) / 2
        return np.asarray(gains.max(axis=0))

    return gate
