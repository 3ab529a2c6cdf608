"""Features of every key in every frame, for the network that decides which notes there are.

A partial of one note can be taken for another note. The n-th partial of a note at f lies at n f,
which is 12 log2(n) semitones above it: 12, 19.02, 24, 27.86, 31.02, 33.69, 36 for n = 2 to 8. So a
network that hears f may report the keys 12, 19, 24, 28 or 31 semitones above it; or the key an
octave below, since all partials of f are also partials of f/2. These keys, above and below, have
partials in common with a key (and so has the fifth, 7: f and 3f/2 share 3f, 6f, ...). A key is
therefore described by

- what basic-pitch says about it, its neighbours (vibrato, mistuning) and those keys;
- how strong its own first eight partials are;
- how strong the partials of f/2, f/3, 3f/2, 5f/2 and 2f/3 are that lie between its own. If they are
  strong, a lower note sounds, and this one perhaps does not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.ndimage import maximum_filter1d

from effects.notes.basic_pitch import (
    BINS_PER_KEY,
    HOP,
    LOWEST,
    N_KEYS,
    RATE,
    Activations,
    Frames,
    Keys,
)
from effects.running.cores import each_in_threads
from effects.signal.arrays import Mono
from effects.signal.units import midi_to_hz
from effects.signal.windows import single_hann, windows_between

# The network was trained on these features: if any of them changes, it has to be trained anew.

#: The keys whose note probabilities describe a key, in semitones from it: itself, its neighbours,
#: and keys with common partials.
NOTE_INTERVALS = (0, -1, 1, -2, 2, -12, 12, -19, 19, -24, 24, -28, 28, -31, -34, -36, 7, -7)
#: The same for onsets.
ONSET_INTERVALS = (0, -1, 1, -12, 12, -19, 19, -24)
CONTOUR_BINS = (-1, 0, 1, 2, 3)  # a key's own are 0 to 2
#: In half semitones, 24 log2(f'/f): the partials 1 to 8; then f/2, f/3, 3f/2, 5f/2, 2f/3; then the
#: neighbours.
PARTIAL_STEPS = (0, 24, 38, 48, 56, 62, 67, 72, -24, -38, 14, 32, -14, -2, 2)
QUICK_STEPS = (0, 24, 38, 48, 62)  # the partials 1, 2, 3, 4 and 6
N_CLIP_FEATURES = 7  # six of the frame, the same for all its keys, and the key's height
N_FEATURES = N_CLIP_FEATURES + sum(
    map(len, (NOTE_INTERVALS, ONSET_INTERVALS, CONTOUR_BINS, PARTIAL_STEPS, QUICK_STEPS))
)
#: Where among the features the key's own are: that a note sounds, and that one begins.
OWN_NOTE = NOTE_INTERVALS.index(0)
OWN_ONSET = len(NOTE_INTERVALS) + ONSET_INTERVALS.index(0)

STEPS_PER_KEY = 2  # of the spectra: half semitones
BELOW, ABOVE = 40, 40  # keys of zeros below and above, more than any interval


@dataclass(frozen=True)
class Settings:
    """How spectra are measured. From the first design that worked; nothing was searched.

    Attributes:
        fine_size: samples of a window that tells neighbouring keys apart, 0.19 s.
        fine_half_width: semitones to either side of a step in which its level is looked for.
        quick_size: samples of a window that tells when a note begins, 0.05 s.
        quick_half_width: the same in these windows, whose bins are 21.5 Hz wide, more than a
            semitone up to key 65.
        floor_db: lower levels are raised to this, relative to the loudest nearby.
        near_frames: frames over which the loudest is looked for, 1.5 s.
        at_least: a key is looked at if basic-pitch gives it this probability at least once.
        together: frames whose spectra are computed at once, to limit memory.
    """

    fine_size: int = 4096
    fine_half_width: float = 0.35
    quick_size: int = 1024
    quick_half_width: float = 1.0
    floor_db: float = -80.0
    near_frames: int = 129
    at_least: float = 0.12
    together: int = 128


SETTINGS = Settings()

_STEPS = np.arange(-2 * BELOW, 2 * (N_KEYS + ABOVE)) / STEPS_PER_KEY + LOWEST


@dataclass(frozen=True)
class Spectra:
    """Levels in steps of half a semitone, in dB; a sine at full scale has 0.

    Attributes:
        fine: from long windows, ``[frames, steps]``.
        quick: from short windows, with coarser pitch, ``[frames, steps]``.
    """

    fine: Frames
    quick: Frames

    @classmethod
    def of(cls, audio: Mono) -> Spectra:
        """The spectra of a clip at 22.05 kHz; the n-th frame is centred on sample n * `HOP`."""
        return cls(
            _levels(audio, SETTINGS.fine_size, SETTINGS.fine_half_width),
            _levels(audio, SETTINGS.quick_size, SETTINGS.quick_half_width),
        )


def _levels(audio: Mono, size: int, half_width: float) -> Frames:
    """The highest level within ``half_width`` semitones around each step, ``[frames, steps]``.

    A sine of amplitude 1 has the power (sum of the window / 2)² in its bin, which is 0 dB here.
    """
    n_frames = -(-audio.size // HOP)
    window = single_hann(size)
    low, high = (
        np.round(midi_to_hz(_STEPS + side) * size / RATE).astype(int)
        for side in (-half_width, half_width)
    )
    n_steps = int(np.searchsorted(low, size // 2))
    levels = np.full((n_frames, len(_STEPS)), -200.0, np.float32)  # the level of 1e-20

    def measure(first: int) -> None:
        stop = min(first + SETTINGS.together, n_frames)
        spectrum = fft.rfft(windows_between(audio, first, stop, size, HOP) * window).T
        power = np.ascontiguousarray(spectrum.real**2 + spectrum.imag**2)
        power *= 4 / window.sum() ** 2
        highest = np.stack([power[low[i] : high[i] + 1].max(axis=0) for i in range(n_steps)])
        levels[first:stop, :n_steps] = 10 * np.log10(np.maximum(highest, 1e-20)).T

    each_in_threads(measure, range(0, n_frames, SETTINGS.together))
    return levels


@dataclass(frozen=True)
class Evidence:
    """All that is known about a clip, from which the features of keys are taken.

    A row of an array is what one of a key's features is: so it lies in one piece in memory.

    Attributes:
        note: `Activations.note` with zeros around it, ``[keys, frames]``.
        onset: `Activations.onset` with zeros around it, ``[keys, frames]``.
        contour: `Activations.contour` with zeros around it, ``[bins, frames]``.
        fine: `Spectra.fine` relative to the loudest nearby, from -1 to 1, ``[steps, frames]``.
        quick: `Spectra.quick` relative to the same, from -1 to 1, ``[steps, frames]``.
        clip: features that are the same for all keys of a frame, ``[6, frames]``.
    """

    note: Frames
    onset: Frames
    contour: Frames
    fine: Frames
    quick: Frames
    clip: Frames

    @classmethod
    def of(cls, found: Activations, spectra: Spectra) -> Evidence:
        """From what basic-pitch says, and from the spectra."""
        loudest = spectra.fine.max(axis=1)
        near: Frames = maximum_filter1d(loudest, SETTINGS.near_frames)
        sides = (BELOW, ABOVE)
        thirds = (BELOW * BINS_PER_KEY, ABOVE * BINS_PER_KEY)
        return cls(
            np.pad(np.ascontiguousarray(found.note.T), (sides, (0, 0))),
            np.pad(np.ascontiguousarray(found.onset.T), (sides, (0, 0))),
            np.pad(np.ascontiguousarray(found.contour.T), (thirds, (0, 0))),
            _scaled(np.ascontiguousarray(spectra.fine.T) - near),
            _scaled(np.ascontiguousarray(spectra.quick.T) - near),
            _of_clip(found, loudest, near).T,
        )

    def of_keys(self, keys: Keys, frames: slice = slice(None)) -> Frames:
        """The features of some keys, ``[keys, features, frames]``."""
        clip = self.clip[:, frames]
        n_frames = clip.shape[1]
        out = np.empty((len(keys), N_FEATURES, n_frames), np.float32)
        parts = (
            (self.note, BELOW + keys, NOTE_INTERVALS),
            (self.onset, BELOW + keys, ONSET_INTERVALS),
            (self.contour, (BELOW + keys) * BINS_PER_KEY, CONTOUR_BINS),
            (self.fine, (BELOW + keys) * STEPS_PER_KEY, PARTIAL_STEPS),
            (self.quick, (BELOW + keys) * STEPS_PER_KEY, QUICK_STEPS),
        )
        first = 0
        for array, places, offsets in parts:
            index = places[:, None] + np.array(offsets)
            out[:, first : first + len(offsets)] = array[:, frames][index]
            first += len(offsets)
        out[:, first:-1] = clip
        out[:, -1] = (keys[:, None] - N_KEYS / 2) / (N_KEYS / 2)  # from -1 to 1
        return out


def _of_clip(found: Activations, loudest: Frames, near: Frames) -> Frames:
    """How sure and how loud the frames are, and how many voices the clip has: ``[frames, 6]``.

    A note probability above 0.5 counts as a voice. Counts are divided by 4, so that they are about
    as large as the other features.
    """
    clip = max(float(loudest.max(initial=-100.0)), -100.0)
    busy = found.note.max(axis=1) > 0.5
    voices = (found.note[busy] > 0.5).sum(axis=1).mean() if busy.any() else 0.0
    columns = [
        found.note.max(axis=1),
        found.note.sum(axis=1) / 4,
        found.onset.max(axis=1),
        _scaled(loudest - near),
        _scaled(near - clip),
        np.full(len(loudest), voices / 4),
    ]
    return np.stack(columns, axis=1).astype(np.float32)


def _scaled(levels: NDArray[np.floating]) -> Frames:
    """Decibels from `Settings.floor_db` to 0 as -1 to 1."""
    floor = SETTINGS.floor_db
    scaled: Frames = (np.clip(levels, floor, 0) / (-floor / 2) + 1).astype(np.float32)
    return scaled


def candidate_keys(found: Activations) -> Keys:
    """The keys that may have notes."""
    return np.flatnonzero(found.note.max(axis=0, initial=0) >= SETTINGS.at_least)
