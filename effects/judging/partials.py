"""The partials of what a clip plays: how strong each is, and what is between them."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from effects.judging.frames import LEAST, LONG, RATE, Power, Vector, over_a_floor, power
from effects.signal.arrays import Mono
from effects.signal.units import midi_to_hz

# Nothing here was searched.
KEYS = np.arange(28, 100, 0.5)  # where a note is looked for, as MIDI numbers
PARTIALS, BETWEEN = 12, 8  # of a note that are looked at, and places halfway between them
FADING = 0.84  # each partial counts as much less as the one below it
HALF = 0.5  # the share by which what lies between partials speaks against a note: an octave lower
HIGHEST_HZ = 10_500.0
SOUNDS_DB = -30.0  # from the loudest frame; softer frames are left out
FAINTEST_DB = -60.0  # of a partial, from the frame's level
Bins = NDArray[np.intp]


def partials(clip: Mono) -> list[Vector]:
    """The partials of the strongest note of each frame, in the mean; and how it moves.

    Args:
        clip: ``[samples]`` at `RATE`, not silent.
    """
    spectra = power(clip, LONG)
    level = spectra.sum(axis=1)
    spectra = over_a_floor(spectra[level > level.max() * 10 ** (SOUNDS_DB / 10)])
    near = np.maximum(np.maximum(spectra, np.roll(spectra, 1, 1)), np.roll(spectra, -1, 1))
    best = _strongest(near)
    at, between, there = (it[best] for it in _places())
    rows = np.arange(len(near))[:, None]
    whole = 10 * np.log10(spectra.sum(axis=1))[:, None]
    own = np.where(there, np.maximum(_decibels(near[rows, at]) - whole, FAINTEST_DB), np.nan)
    rest = np.where(there, np.maximum(_decibels(near[rows, between]) - whole, FAINTEST_DB), np.nan)
    mean = _mean(own)
    spread = np.sqrt(np.maximum(_mean((own - mean) ** 2, 0.0), 0))
    keys = KEYS[best]
    step = np.abs(np.diff(keys))
    moves = (
        [np.mean(step == 0), np.mean(step == 0.5), np.mean(step > 12)] if step.size else [1, 0, 0]
    )
    return [
        *(mean, spread[:6], mean - _mean(rest)),
        np.array([mean[1:11:2].mean() - mean[2:11:2].mean()]),
        np.array([keys.mean(), keys.std(), *moves]),
    ]


def _strongest(near: Power) -> Bins:
    """Which of `KEYS` is the strongest in each frame, by the sum of its partials' amplitudes."""
    amplitudes = np.sqrt(near)
    at, between, there = _places()
    strength = np.zeros((len(near), len(KEYS)), np.float32)
    for number in range(PARTIALS):
        strength += amplitudes[:, at[:, number]] * there[:, number] * np.float32(FADING**number)
    for number in range(BETWEEN):
        strength -= amplitudes[:, between[:, number]] * np.float32(HALF * FADING**number)
    return np.asarray(strength.argmax(axis=1))


@cache
def _places() -> tuple[Bins, Bins, NDArray[np.bool_]]:
    """Each key's partials and the places below them, as bins, and which partials are there.

    All are ``[keys, PARTIALS]``.
    """
    hz = midi_to_hz(KEYS)[:, None] * np.arange(1, PARTIALS + 1)
    at = np.round(hz * LONG.size / RATE).astype(np.intp).clip(0, LONG.size // 2)
    halves = np.round(at[:, :1] * (np.arange(PARTIALS) + 0.5)).astype(np.intp)
    return at, halves.clip(0, LONG.size // 2), hz < HIGHEST_HZ


def _decibels(spectra: Power) -> Vector:
    return np.asarray(10 * np.log10(spectra + LEAST), np.float64)


def _mean(rows: Vector, missing: float = FAINTEST_DB) -> Vector:
    """The mean of each column's numbers, ``missing`` where there is none."""
    count = np.isfinite(rows).sum(axis=0)
    return np.where(count, np.nansum(rows, axis=0) / np.maximum(count, 1), missing)
