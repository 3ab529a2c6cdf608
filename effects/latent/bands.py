"""How loud each semitone of a clip is, over time: what the timbre half of the latent reads.

As a mel spectrogram, but with one band for each key: a note's partials are then the same steps
above it, whatever the key, so that a network need not learn each key by itself.
"""

from __future__ import annotations

import numpy as np
import soxr  # type: ignore[import-untyped]
from numpy.typing import NDArray

from effects.latent.roll import WINDOW_SECONDS
from effects.signal.arrays import Audio
from effects.signal.downmix import downmix
from effects.signal.stft import Stft
from effects.signal.units import midi_to_hz

#: The lowest band, A0 as a MIDI number; and how many there are: to 6.6 kHz.
LOWEST_BAND, BANDS = 21, 96
FRAMES = 64  # of a window: one for each 62.5 ms, two for each step of the score
#: In Hz, as near to 22 050 as a whole hop of 62.5 ms allows: windows are 4 s to the sample.
RATE = 22_016
_HOP = int(WINDOW_SECONDS / FRAMES * RATE)
#: 186 ms: below 90 Hz, neighbouring keys are one. Half as long, it is an octave more.
_STFT = Stft(4096, _HOP)
#: Levels this far below the loudest of a clip are silence. In dB; not searched.
FLOOR_DB = 70.0

Bands = NDArray[np.float32]
"""``[windows, FRAMES, BANDS]`` in dB below the clip's loudest, from -`FLOOR_DB` to 0."""


def bands_of(audio: Audio, sample_rate: float) -> Bands:
    """The levels of a clip, ``[channels, samples]``; its last window is filled up with silence."""
    mono = downmix(audio)
    if sample_rate != RATE:
        mono = soxr.resample(mono, sample_rate, RATE)
    windows = max(-(-len(mono) // (_HOP * FRAMES)), 1)
    n_frames = windows * FRAMES
    weights = _filters()
    power = np.zeros((n_frames, BANDS), np.float32)
    for start in range(0, n_frames, 512):  # frames at a time, to limit memory
        stop = min(start + 512, n_frames)
        power[start:stop] = np.abs(_STFT.analyse(mono, start, stop)) ** 2 @ weights
    level = 10 * np.log10(np.maximum(power, 1e-12))
    level = np.clip(level - level.max(), -FLOOR_DB, 0).astype(np.float32)
    return np.asarray(level.reshape(windows, FRAMES, BANDS))


def _filters() -> NDArray[np.float32]:
    """Triangles from key to key on a logarithmic axis, ``[bins, BANDS]``.

    Where a triangle is narrower than a bin, it is the share of its middle that falls to the two
    nearest bins.
    """
    hz = np.arange(_STFT.size // 2 + 1) * RATE / _STFT.size
    keys = 69 + 12 * np.log2(np.maximum(hz, 1e-3) / 440)
    middle = LOWEST_BAND + np.arange(BANDS)
    wide = np.maximum(1 - np.abs(keys[:, None] - middle), 0)
    at = np.asarray(midi_to_hz(middle)) / RATE * _STFT.size
    narrow = np.maximum(1 - np.abs(np.arange(len(hz))[:, None] - at), 0)
    return np.asarray(np.maximum(wide, narrow), np.float32)
