"""Pitch between Hz and MIDI numbers, level between decibels and factors.

Key 69 is A4, 440 Hz, and a semitone is a factor of 2^(1/12) (equal temperament):

    hz = 440 · 2^((midi - 69) / 12),      midi = 69 + 12 · log₂(hz / 440)

A level in dB is 20 times the decimal logarithm of a ratio of amplitudes, 10 times that of powers.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from effects.signal.arrays import Values

A4_KEY, A4_HZ = 69, 440.0
SEMITONES = 12  # in an octave


def midi_to_hz(midi: ArrayLike) -> Values:
    """The frequencies of MIDI numbers, which may lie between keys."""
    return np.asarray(A4_HZ * 2 ** ((np.asarray(midi) - A4_KEY) / SEMITONES))


def hz_to_midi(hz: ArrayLike) -> Values:
    """The MIDI numbers of frequencies above 0 Hz."""
    return np.asarray(A4_KEY + SEMITONES * np.log2(np.asarray(hz) / A4_HZ))


def db_to_amplitude(db: float) -> float:
    """The factor for amplitudes: 20 dB is a factor of 10."""
    return float(10 ** (db / 20))


def db_to_power(db: float) -> float:
    """The factor for powers: 10 dB is a factor of 10."""
    return float(10 ** (db / 10))
