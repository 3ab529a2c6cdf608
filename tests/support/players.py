"""Notes, grains and instruments for the tests of the sampler's parts."""

from __future__ import annotations

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from effects.engines.sampler.instrument import Grain, Instrument
from effects.notes.note import Note
from support.sounds import noise

RATE = 22_050
#: Every example of hypothesis takes little; the machine may be busy all the same.
RELAXED = settings(deadline=None, max_examples=30)


def note(
    start: float, seconds: float, pitch: float, level: float = 0.1, confidence: float = 1.0
) -> Note:
    """A note by its length."""
    return Note(start, start + seconds, pitch, level, confidence)


def grain(
    pitch: float = 60.0,
    *,
    level: float = 0.1,
    seconds: float = 0.5,
    clear: float = 1.0,
    size: int = 1000,
) -> Grain:
    """A grain of noise, ``size`` samples long whatever its note's ``seconds``."""
    sound = noise(size / RATE, RATE, seed=int(pitch))[0]
    return Grain(pitch, level, seconds, clear, 0, sound)


def player(*grains: Grain, release: float = 100.0) -> Instrument:
    """An instrument of these grains."""
    return Instrument(RATE, release, grains)


def decibels(ratio: float) -> float:
    """A ratio of amplitudes."""
    return float(20 * np.log10(max(abs(ratio), 1e-12)))


def amplitude(sound: NDArray[np.float32], frequency: float, rate: float = RATE) -> float:
    """Of the sine at a frequency."""
    t = np.arange(sound.size) / rate
    window = np.hanning(sound.size)
    wave = window * np.exp(-2j * np.pi * frequency * t)
    return float(2 * abs(np.sum(sound * wave)) / window.sum())


some_notes = st.lists(
    st.builds(
        note,
        st.floats(0, 10),
        st.floats(0.05, 2),
        st.floats(20, 110),
        st.floats(1e-3, 1),
    ),
    max_size=30,
)
