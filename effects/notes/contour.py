"""A note's pitch as it moves: vibrato and glides."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from effects.notes.model import HOP, RATE, Mono, at_model_rate
from effects.notes.note import Note

Values = NDArray[np.float64]

STEP = 0.1  # semitones between the pitches that are tried
SPAN = 25  # steps to either side of the note's own pitch
FURTHEST = 4  # steps from one frame to the next
ASTRAY = 0.02  # of a frame's salience: what it costs to be `SPAN` away
PERIODS = 10  # of the note in a window
SIZES = (1024, 4096)  # samples of a window, at least and at most
SIZE = 8192  # of a transform
N_PARTIALS = 8
TOGETHER = 256  # frames


def contour(audio: Mono, sample_rate: float, note: Note) -> tuple[Values, Values]:
    """The pitch of a note of a clip from its start to its end.

    In each frame every pitch near the note's own has a salience, the sum of the amplitudes where
    its partials are. The contour is the path over the most salient pitches that does not jump,
    found by dynamic programming, each then refined by the parabola through its neighbours.

    Args:
        audio: the clip, ``[samples]``.
        sample_rate: its rate in Hz.
        note: one of its notes.

    Returns:
        The times in seconds and the pitches then as MIDI numbers; at least one of each.
    """
    first = max(int(note.start * sample_rate - SIZES[1]), 0)
    last = int(note.end * sample_rate + SIZES[1] * sample_rate / RATE) + 1
    clip = at_model_rate(audio[first:last], sample_rate)
    start = note.start - first / sample_rate
    n_frames = max(int((note.end - note.start) * RATE / HOP), 1)
    times = np.arange(n_frames) * HOP / RATE
    grid = note.pitch + STEP * np.arange(-SPAN, SPAN + 1, dtype=np.float64)
    salience = _salience(clip, np.round((times + start) * RATE).astype(int), grid)
    path = _path(salience)
    inner = path.clip(1, 2 * SPAN - 1)
    left, middle, right = (salience[np.arange(n_frames), inner + side] for side in (-1, 0, 1))
    bend = left - 2 * middle + right
    shift = np.where(bend < 0, 0.5 * (left - right) / np.minimum(bend, -1e-12), 0)
    refined = np.where(path == inner, grid[path] + STEP * shift.clip(-0.5, 0.5), grid[path])
    return times + note.start, refined


def _salience(clip: Mono, centres: NDArray[np.intp], grid: Values) -> Values:
    """Of each pitch in the windows around ``centres``, at most 1, (frames, pitches)."""
    hz = 440 * 2 ** ((grid - 69) / 12)
    periods = PERIODS * RATE / hz.min()
    size = int(np.clip(2 ** np.ceil(np.log2(periods)), *SIZES))
    orders = np.arange(1, N_PARTIALS + 1)
    places = hz[:, None] * orders * SIZE / RATE
    weights = (places < 0.48 * SIZE) / orders**0.5
    places = places.clip(0, SIZE // 2 - 1)
    below = places.astype(int)
    share = places - below
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(clip, (size // 2, 2 * size)), size)
    hann = np.hanning(size)
    found = np.empty((len(centres), len(grid)))
    for first in range(0, len(centres), TOGETHER):
        at = slice(first, first + TOGETHER)
        amplitude = np.abs(fft.rfft(windows[centres[at].clip(0, len(windows) - 1)] * hann, SIZE))
        there = amplitude[:, below] * (1 - share) + amplitude[:, below + 1] * share
        found[at] = (there * weights).sum(axis=2)
    return np.asarray(found / np.maximum(found.max(axis=1, keepdims=True), 1e-12))


def _path(salience: Values) -> NDArray[np.intp]:
    """The steps of `grid` with the greatest sum of saliences, no two further than `FURTHEST`."""
    n_frames, n_pitches = salience.shape
    home = ASTRAY * np.abs(np.linspace(-1, 1, n_pitches))
    gain = salience - home
    moves = np.arange(-FURTHEST, FURTHEST + 1)
    came = np.empty((n_frames, n_pitches), np.intp)
    best = gain[0]
    for frame in range(1, n_frames):
        padded = np.pad(best, FURTHEST, constant_values=-np.inf)
        options = np.lib.stride_tricks.sliding_window_view(padded, 2 * FURTHEST + 1)
        choice = options.argmax(axis=1)
        came[frame] = np.arange(n_pitches) + moves[choice]
        best = options[np.arange(n_pitches), choice] + gain[frame]
    path = np.empty(n_frames, np.intp)
    path[-1] = best.argmax()
    for frame in range(n_frames - 1, 0, -1):
        path[frame - 1] = came[frame, path[frame]]
    return path
