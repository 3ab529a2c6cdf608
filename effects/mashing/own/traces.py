"""What of a song can be found again in a mashup of it: its pitches and its strokes over time."""

from __future__ import annotations

import numpy as np

from effects.signal.arrays import Mono, Values
from effects.signal.stft import Stft

RATE = 22050  # Hz: of all sounds here, as in `effects.mashing.grid`
#: For pitches: 186 ms under a window tell semitones apart from some 110 Hz on. 93 ms a frame.
PITCH = Stft(4096, 2048)
#: For strokes: 46 ms under a window, 11.6 ms a frame. Peaks are found to a fraction of a frame.
STROKE = Stft(1024, 256)
LOWEST_HZ, SEMITONES = 110.0, 48  # A2 to A6: basses are mostly too low to be told apart
#: Ranges of strokes: octaves, but for the lowest.
STROKE_EDGES_HZ = (40.0, 125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0)
_FLOOR = 1e-6  # of the loudest power: below -60 dB nothing is heard beside another song


def pitches(sound: Mono) -> Values:
    """How much each semitone stands out, ``[SEMITONES, frames of PITCH]``.

    The fourth root of the power of each semitone, less what it is on average over time, so that
    sounds that go on and the colour of a recording do not count.
    """
    power = _power(sound, PITCH)
    hz = np.arange(power.shape[1]) * RATE / PITCH.size
    at = np.round(12 * np.log2(np.maximum(hz, 1) / LOWEST_HZ)).astype(int)
    kept = (at >= 0) & (at < SEMITONES)
    of_semitone = np.zeros((power.shape[1], SEMITONES))
    of_semitone[np.flatnonzero(kept), at[kept]] = 1
    rows: Values = (power @ of_semitone).T ** 0.25
    rows -= rows.mean(1, keepdims=True)
    return rows


def strokes(sound: Mono, semitones: int = 0) -> Values:
    """How much each range gets louder, ``[ranges, frames of STROKE]``; each row of variance 1.

    Args:
        sound: ``[samples]`` at `RATE`.
        semitones: how much higher it will be heard: the ranges are so much lower.
    """
    power = _power(sound, STROKE)
    hz = np.arange(power.shape[1]) * RATE / STROKE.size * 2 ** (semitones / 12)
    places = np.digitize(hz, STROKE_EDGES_HZ) - 1
    n_ranges = len(STROKE_EDGES_HZ) - 1
    of_range = (places[:, None] == np.arange(n_ranges)).astype(np.float64)
    level = np.log((power @ of_range).T + _FLOOR * max(float(power.max()), 1e-30))
    rise = np.maximum(np.diff(level, axis=1, prepend=level[:, :1]), 0)
    rise -= rise.mean(1, keepdims=True)
    found: Values = rise / np.maximum(rise.std(1, keepdims=True), 1e-9)
    return found


def _power(sound: Mono, stft: Stft) -> Values:
    """``[frames, bins]``."""
    spectra = stft.analyse(sound, 0, stft.n_frames(len(sound)))
    return (spectra.real**2 + spectra.imag**2).astype(np.float64)
