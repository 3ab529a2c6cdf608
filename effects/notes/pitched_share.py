"""How much of a clip is notes: what tells music with pitches from drums and textures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.ndimage import uniform_filter1d

from effects.notes.basic_pitch import RATE, at_model_rate
from effects.notes.note import Note
from effects.notes.partials import N_PARTIALS, hz
from effects.signal.arrays import Mono, Values

ACTIVE = 1e-4  # of the loudest frame's power: quieter frames do not count
RINGS = 0.2  # seconds after its end in which what sounds may be the note's
FRAME, STEP = 4096, 1024  # samples
WIDTH = 0.02  # of a partial's frequency: vibrato moves it
AROUND = 41  # bins: what is between the partials there is no note's
TOGETHER = 256  # frames


def pitchedness(audio: Mono, sample_rate: float, notes: Sequence[Note]) -> float:
    """How much of a clip is its notes: 1 if all that sounds are their partials, 0 if none of it.

    The mean of that share of the power over the frames that sound, each weighing as its amplitude.
    What lies between the partials counts as being under them too, at the same height.

    Args:
        audio: the clip, ``[samples]``.
        sample_rate: its rate in Hz.
        notes: what `transcribe` found in it.
    """
    clip = at_model_rate(audio, sample_rate)
    n_frames = max(-(-clip.size // STEP), 1)
    windows = np.lib.stride_tricks.sliding_window_view(
        np.pad(clip, (FRAME // 2, FRAME + STEP)), FRAME
    )[::STEP]
    window = np.hanning(FRAME).astype(np.float32)
    all_power, own_power = np.zeros(n_frames), np.zeros(n_frames)
    for first in range(0, n_frames, TOGETHER):
        stop = min(first + TOGETHER, n_frames)
        spectrum = fft.rfft(windows[first:stop] * window)
        power = spectrum.real**2 + spectrum.imag**2
        mask = _mask(notes, first, stop)
        between: Values = uniform_filter1d(np.where(mask, 0, power), AROUND, axis=1)
        free: Values = uniform_filter1d((~mask).astype(np.float32), AROUND, axis=1)
        floor = between / np.maximum(free, 0.5 / AROUND) * (free > 0.5 / AROUND)
        all_power[first:stop] = power.sum(axis=1)
        own_power[first:stop] = np.where(mask, power - floor, 0).sum(axis=1)
    active = all_power > ACTIVE * all_power.max(initial=0)
    if not active.any():
        return 0.0
    amplitude = np.sqrt(all_power[active])
    share = np.clip(own_power[active] / all_power[active], 0, 1)
    return float((share * amplitude).sum() / amplitude.sum())


def _mask(notes: Sequence[Note], first: int, stop: int) -> NDArray[np.bool_]:
    """Which bins are partials of notes in the frames ``first`` to ``stop``, (frames, bins)."""
    mask = np.zeros((stop - first, FRAME // 2 + 1), np.bool_)
    for note in notes:
        start = max(round((note.start * RATE - FRAME / 2) / STEP), first)
        end = min(round((note.end + RINGS) * RATE / STEP) + 1, stop)
        if start >= end:
            continue
        places = hz(note.pitch) * np.arange(1, N_PARTIALS + 1)
        half = np.clip(WIDTH * places, 2.5 * RATE / FRAME, max(0.3 * places[0], 2.5 * RATE / FRAME))
        edges = np.round(np.stack([places - half, places + half]) * FRAME / RATE).astype(int)
        for low, high in edges.T:
            mask[start - first : end - first, low : high + 1] = True
    return mask
