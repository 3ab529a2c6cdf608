"""Notes on a grid of steps and keys: what the latent's networks read and write.

A window lasts four seconds. It has four bars of one second, and each has eight steps. (These bars
are no bars of the music: a latent needs no beats.)
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from effects.notes.note import Note

#: From shared measurements with two to four times as many: notes were learnt worse.
STEPS_PER_SECOND = 8
BARS, STEPS = 4, 8  # of a window, and of a bar
WINDOW_STEPS = BARS * STEPS
WINDOW_SECONDS = float(WINDOW_STEPS / STEPS_PER_SECOND)
LOWEST, N_KEYS = 21, 88  # A0, as a MIDI number, and the keys of a piano
SOUNDING, STRUCK = range(2)

Roll = NDArray[np.float32]
"""``[windows, 32, 88, 2]``: whether each key sounds in each step, and whether it is struck there; 0
or 1, or probabilities, or logits."""


def n_windows(seconds: float) -> int:
    """How many windows cover so many seconds; at least one."""
    return max(math.ceil(seconds / WINDOW_SECONDS - 1e-9), 1)


def roll_of(notes: Sequence[Note], seconds: float) -> Roll:
    """The roll of the notes of a clip that lasts ``seconds``.

    A note is struck in the step whose beginning is nearest, and sounds from there to the step in
    which it has ended; at least in that one. Keys that a piano has not are left out.
    """
    windows = n_windows(seconds)
    out = np.zeros((windows * WINDOW_STEPS, N_KEYS, 2), np.float32)
    for note in notes:
        key, step = round(note.pitch) - LOWEST, step_of(note.start)
        if not 0 <= key < N_KEYS or not 0 <= step < len(out):
            continue
        end = max(step_of(note.end), step + 1)
        out[step:end, key, SOUNDING] = 1
        out[step, key, STRUCK] = 1
    return out.reshape(windows, WINDOW_STEPS, N_KEYS, 2)


def step_of(seconds: float) -> int:
    """The step whose beginning is nearest."""
    return math.floor(seconds * STEPS_PER_SECOND + 0.5)
