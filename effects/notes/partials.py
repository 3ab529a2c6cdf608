"""What a note's own partials say of it: its pitch and its level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import fft

from effects.notes.basic_pitch import RATE
from effects.notes.note import NoteEvent
from effects.signal.arrays import Mono, Values

N_PARTIALS = 24
LEVEL_SECONDS = 0.16
PITCH_SECONDS = 0.6  # of a note, at most
SIZE = 8192  # of a transform; shorter stretches are padded
LOBE = 2.0  # half of a partial's width, in bins of the stretch's own length
SEARCH = 0.7  # semitones around the key


@dataclass(frozen=True)
class Measured:
    """A note's pitch as a MIDI number and its root mean square."""

    pitch: float
    level: float


def measure(clip: Mono, notes: Sequence[NoteEvent]) -> list[Measured]:
    """Pitch and level of each of the notes of a clip at 22.05 kHz."""
    pitches = [_pitch(clip, note) for note in notes]
    starts = np.array([note.start for note in notes])
    ends = np.array([note.end for note in notes])
    every = np.array(pitches)
    found = []
    for number, note in enumerate(notes):
        stop = note.start + LEVEL_SECONDS
        beside = np.flatnonzero((starts < stop - 0.02) & (ends > note.start + 0.02))
        beside = beside[beside != number]
        found.append(Measured(pitches[number], _level(clip, note, every[number], every[beside])))
    return found


def _stretch(clip: Mono, start: float, seconds: float) -> tuple[Values, int]:
    """The powers of a stretch's bins, a sine's sum being half its squared amplitude; its length."""
    first = round(start * RATE)
    part = clip[first : first + max(round(seconds * RATE), 1024)]
    window = np.hanning(max(part.size, 4))[: part.size]
    spectrum = fft.rfft(part * window, SIZE)
    power = (spectrum.real**2 + spectrum.imag**2) * (2 / SIZE / max((window**2).sum(), 1e-9))
    return power, max(part.size, 256)


def hz(pitch: float | Values) -> Values:
    return np.asarray(440.0 * 2 ** ((np.asarray(pitch) - 69) / 12))


def _pitch(clip: Mono, note: NoteEvent) -> float:
    """Of the middle of the note, by its partials' peaks; its key where there are none."""
    length = min(note.end - note.start, PITCH_SECONDS)
    skip = min(0.03, length / 4)
    power, _ = _stretch(clip, note.start + skip, min(max(length - skip, 0.1), SIZE / RATE))
    grid = note.key + np.linspace(-SEARCH, SEARCH, 57)
    orders = np.arange(1, 9)
    places = hz(grid)[:, None] * orders * SIZE / RATE
    amplitude = np.sqrt(np.interp(places, np.arange(power.size), power, right=0.0))
    salience = (amplitude * (places < SIZE / 2) / orders**0.25).sum(axis=1)
    salience *= 1 - 0.2 * np.linspace(-1, 1, len(grid)) ** 2
    best = int(salience.argmax())
    if salience[best] <= 0:
        return float(note.key)
    around = slice(max(best - 4, 0), best + 5)
    weights = salience[around] - salience[around].min()
    return float((grid[around] * weights).sum() / weights.sum()) if weights.sum() else grid[best]


def _level(clip: Mono, note: NoteEvent, pitch: float, others: Values) -> float:
    power, length = _stretch(clip, note.start, min(LEVEL_SECONDS, max(note.end - note.start, 0.06)))
    lobe = LOBE * SIZE / length
    own = _orders(pitch)
    low, high = (np.clip(np.round(own + side), 0, power.size).astype(int) for side in (-lobe, lobe))
    sums = np.concatenate([[0.0], np.cumsum(power)])
    energies = sums[high] - sums[low]
    shared = np.zeros(len(own))
    for other in others:
        distance = np.abs(own[:, None] - _orders(other)[None]).min(axis=1)
        shared += distance < lobe
    # A partial that others share has no more than its neighbours that are the note's alone.
    alone = np.flatnonzero(shared == 0)
    if alone.size:
        logs = np.log(np.maximum(energies, 1e-20))
        expected = np.exp(np.interp(np.arange(len(own)), alone, logs[alone]))
        energies = np.where(shared > 0, np.minimum(energies, expected), energies)
    else:
        energies = energies / (shared + 1)
    return float(np.sqrt(energies.sum()))


def _orders(pitch: float) -> Values:
    """The places of the partials, in bins."""
    places = hz(pitch) * np.arange(1, N_PARTIALS + 1) * SIZE / RATE
    return places[places < 0.49 * SIZE]
