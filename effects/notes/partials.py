"""The pitch and the level of a note, measured at its own partials."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from effects.checkpoint import checkpoint
from effects.notes.basic_pitch import RATE
from effects.notes.note import NoteEvent
from effects.notes.overlaps import Overlaps
from effects.signal.arrays import Mono, Values
from effects.signal.units import midi_to_hz
from effects.signal.windows import hann

N_PARTIALS = 24  # of a note, at most, that are looked at, also in `pitched_share`; not searched


@dataclass(frozen=True)
class Settings:
    """How partials are measured. From the first design that worked; nothing was searched.

    Attributes:
        size: samples of a transform; shorter stretches are padded. It sets how finely bins are
            spaced.
        lobe: half of a partial's width, in bins of the stretch's own length: where the main lobe of
            the Hann window ends.
        level_seconds: seconds from a note's onset in which its level is measured.
        level_least_seconds: the least of these, for shorter notes.
        overlap_seconds: notes that overlap the measured stretch by less do not count as sharing it.
        pitch_seconds: seconds of a note, at most, in which its pitch is measured.
        pitch_least_seconds: the least of these, even if a short note has ended before.
        attack_seconds: seconds at the start of a note, at most a quarter of it, that are left out:
            its pitch wavers there.
        pitch_partials: partials, from the first on, by which the pitch is measured.
        search: semitones around the key in which the pitch is looked for.
        grid: points of the search; 57 are 0.025 semitones apart.
        near: points to either side of the best one that are averaged with it.
        fading: the n-th partial has the weight n^-fading.
        off_key: the share by which a pitch at the end of the search counts less than the key
            itself.
    """

    size: int = 8192
    lobe: float = 2.0
    level_seconds: float = 0.16
    level_least_seconds: float = 0.06
    overlap_seconds: float = 0.02
    pitch_seconds: float = 0.6
    pitch_least_seconds: float = 0.1
    attack_seconds: float = 0.03
    pitch_partials: int = 8
    search: float = 0.7
    grid: int = 57
    near: int = 4
    fading: float = 0.25
    off_key: float = 0.2


SETTINGS = Settings()
# The same for all notes: the search and its partials, each point with its weights; and the bins.
_GRID = np.linspace(-SETTINGS.search, SETTINGS.search, SETTINGS.grid)
_ORDERS = np.arange(1, SETTINGS.pitch_partials + 1)
_FADING = _ORDERS**SETTINGS.fading
_NEAR_KEY = 1 - SETTINGS.off_key * np.linspace(-1, 1, SETTINGS.grid) ** 2
_BINS = np.arange(SETTINGS.size // 2 + 1)


@dataclass(frozen=True)
class Measured:
    """A note's pitch as a MIDI number, and its root mean square."""

    pitch: float
    level: float


def measure(clip: Mono, notes: Sequence[NoteEvent], unit: float = 1.0) -> list[Measured]:
    """Pitch and level of each of the notes of a clip.

    Args:
        clip: ``[samples]`` at 22.05 kHz.
        notes: its notes.
        unit: what counts as 1 in the clip; levels are relative to it.
    """
    pitches = [_pitch(clip, note, unit) for note in notes]
    places = np.array([_places(it) for it in pitches]).reshape(len(notes), N_PARTIALS)
    return [
        Measured(pitch, _level(clip, note, unit, own, places[others]))
        for note, pitch, own, others in zip(notes, pitches, places, _beside(notes), strict=True)
    ]


def _beside(notes: Sequence[NoteEvent]) -> Iterator[NDArray[np.intp]]:
    """For each note, which others sound while its level is measured."""
    least, overlaps = SETTINGS.overlap_seconds, Overlaps(notes)
    for number, note in enumerate(notes):
        stop = note.start + SETTINGS.level_seconds
        beside = overlaps.between(note.start + least, stop - least)
        yield beside[beside != number]


def _stretch(clip: Mono, start: float, seconds: float, unit: float) -> tuple[Values, int]:
    """The power of a stretch in each bin, and the stretch's length in samples.

    The powers of the bins around a sine of amplitude a add up to a²/2, its mean square. By
    Parseval, all N bins of the transform X of windowed samples have Σ|X|² = N Σ(xw)², which is
    N a²/2 Σw² for a sine. Half of that lies in the positive frequencies; hence the factor
    2 / (N Σw²).
    """
    checkpoint()
    size = SETTINGS.size
    first = round(start * RATE)
    # The least lengths, 1024 samples (46 ms) of the clip, and 256 at its end, were not searched.
    part = clip[first : first + max(round(seconds * RATE), 1024)] / np.float32(unit)
    window = hann(max(part.size, 4))[: part.size]
    spectrum = fft.rfft(part * window, size)
    power = (spectrum.real**2 + spectrum.imag**2) * (2 / size / max((window**2).sum(), 1e-9))
    return power, max(part.size, 256)


def _pitch(clip: Mono, note: NoteEvent, unit: float) -> float:
    """The pitch of the middle of a note, as a MIDI number; its key if nothing sounds.

    The salience of a pitch near the key is the sum of the amplitudes where its partials would be:
    it is highest where they are. The pitch is the mean of those around the most salient one, each
    weighted by how much more salient it is than the least of them.
    """
    length = min(note.end - note.start, SETTINGS.pitch_seconds)
    skip = min(SETTINGS.attack_seconds, length / 4)
    seconds = min(max(length - skip, SETTINGS.pitch_least_seconds), SETTINGS.size / RATE)
    power, _ = _stretch(clip, note.start + skip, seconds, unit)
    grid = note.key + _GRID
    salience = _salience(power, grid)
    best = int(salience.argmax())
    if salience[best] <= 0:
        return float(note.key)
    around = slice(max(best - SETTINGS.near, 0), best + SETTINGS.near + 1)
    weights = salience[around] - salience[around].min()
    return float((grid[around] * weights).sum() / weights.sum()) if weights.sum() else grid[best]


def _salience(power: Values, grid: Values) -> Values:
    """The salience of each pitch of the search, ``[grid]``."""
    places = midi_to_hz(grid)[:, None] * _ORDERS * SETTINGS.size / RATE
    amplitude = np.sqrt(np.interp(places, _BINS, power, right=0.0))
    below_half_rate = places < SETTINGS.size / 2
    salience: Values = (amplitude * below_half_rate / _FADING).sum(axis=1)
    return salience * _NEAR_KEY


def _level(clip: Mono, note: NoteEvent, unit: float, places: Values, others: Values) -> float:
    """The root mean square of a note's partials.

    Args:
        clip: ``[samples]`` at 22.05 kHz.
        note: the note.
        unit: what counts as 1 in the clip.
        places: where its partials are, as `_places` gives them.
        others: where those of notes are that sound beside it, ``[notes, N_PARTIALS]``.
    """
    seconds = max(note.end - note.start, SETTINGS.level_least_seconds)
    power, length = _stretch(clip, note.start, min(SETTINGS.level_seconds, seconds), unit)
    lobe = SETTINGS.lobe * SETTINGS.size / length
    own = places[places < np.inf]
    low, high = (np.clip(np.round(own + side), 0, power.size).astype(int) for side in (-lobe, lobe))
    sums = np.concatenate([[0.0], np.cumsum(power)])
    energies = sums[high] - sums[low]
    distance = np.abs(own[:, None, None] - others).min(axis=2)
    shared = np.count_nonzero(distance < lobe, axis=1)
    return float(np.sqrt(_alone(energies, shared).sum()))


def _alone(energies: Values, shared: NDArray[np.floating]) -> Values:
    """The note's part of the energies of its partials, each shared with ``shared`` other notes.

    A shared partial gets no more than the unshared partials beside it suggest: their energies are
    interpolated on a logarithmic scale. If all partials are shared, the notes get equal parts.
    """
    alone = np.flatnonzero(shared == 0)
    if not alone.size:
        return energies / (shared + 1)
    logs = np.log(np.maximum(energies, 1e-20))
    expected = np.exp(np.interp(np.arange(len(energies)), alone, logs[alone]))
    return np.where(shared > 0, np.minimum(energies, expected), energies)


def _places(pitch: float) -> Values:
    """Where the partials of a pitch are, in bins: infinite from near the Nyquist frequency on."""
    places = midi_to_hz(pitch) * np.arange(1, N_PARTIALS + 1) * SETTINGS.size / RATE
    return np.where(places < 0.49 * SETTINGS.size, places, np.inf)
