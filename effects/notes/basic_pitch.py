"""How likely a note of each key is to sound, and to begin, by the network basic-pitch.

Bittner et al. 2022, "A lightweight instrument-agnostic model for polyphonic note transcription and
multipitch estimation"; see CREDITS.md. It takes two seconds of 22.05 kHz at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from effects.learned.onnx_session import session
from effects.running.cores import in_threads
from effects.signal.arrays import Mono, Sound, samples_between
from effects.signal.resample import streamed

Frames = NDArray[np.float32]
"""Values of a clip, frame by frame; the shape is given where it is used."""
Keys = NDArray[np.intp]
"""Some of the `N_KEYS` keys, ``[keys]``: 0 is the lowest, `LOWEST` as a MIDI number."""
Tick = Callable[[float], object]
"""Called with the fraction of the work that is done, 0 to 1; what it raises ends the work."""

MODEL = Path(__file__).with_name("basic_pitch.onnx")
# What the network was trained for (basic-pitch 0.4.0, constants.py).
RATE, HOP = 22_050, 256  # Hz; samples from one frame to the next
FRAMES_PER_SECOND = RATE / HOP
WINDOW = 43_844  # samples that the network takes: 172 frames
LOWEST, N_KEYS = 21, 88  # a piano's lowest key as a MIDI number, and how many keys it has
BINS_PER_KEY = 3  # of the contour
#: Frames that are dropped at the start of a window, and that are kept after them. basic-pitch also
#: drops half of the 30 frames by which its windows overlap.
EDGE, INNER = 15, 142
#: Frames to either side on which what the network says about a frame depends: half of the heights
#: of its kernels on the longest way, 3 (onset) + 7 + 7 (note) + 5 + 3 (contour), each less one.
#: These and the `INNER` ones are all that the file gives (``benchmarks/training/lighten.py``).
REACH = 10
OUTPUTS = tuple(f"StatefulPartitionedCall:{i}" for i in (1, 2, 0))  # note, onset, contour


@dataclass(frozen=True)
class Activations:
    """What the network says about a clip: probabilities, from 0 to 1.

    Attributes:
        note: that a note of the key sounds, ``[frames, keys]``.
        onset: that a note of the key begins, ``[frames, keys]``.
        contour: that a pitch in this third of a semitone sounds, ``[frames, 264]``; the first third
            is at `LOWEST` exactly.
    """

    note: Frames
    onset: Frames
    contour: Frames


def at_model_rate(audio: Sound, sample_rate: float) -> Mono:
    """A copy of ``audio``, ``[samples]``, at `RATE`; not resampled if it has that rate.

    So a caller that passes one clip to several functions of this package can resample it once, and
    pass `RATE` on.
    """
    if sample_rate == RATE:
        return np.array(audio[:], np.float32)
    return streamed(audio, sample_rate, RATE)


def activations(audio: Mono, tick: Tick | None = None) -> Activations:
    """What the network says about a clip; the frames are `HOP` samples apart.

    Args:
        audio: the clip at `RATE`, ``[samples]``.
        tick: called with the fraction of the clip that is done.
    """
    n_frames = -(-audio.size // HOP)
    n_windows = max(-(-n_frames // INNER), 1)
    shape = (n_windows * INNER, N_KEYS)
    found = Activations(
        np.empty(shape, np.float32),
        np.empty(shape, np.float32),
        np.empty((shape[0], N_KEYS * BINS_PER_KEY), np.float32),
    )
    network = session(MODEL)
    windows = in_threads(lambda number: _window(network, audio, number), range(n_windows))
    for number, outputs in enumerate(windows):
        if tick is not None:
            tick((number + 1) / n_windows)
        at = slice(number * INNER, (number + 1) * INNER)
        for array, output in zip((found.note, found.onset, found.contour), outputs, strict=True):
            array[at] = output[0, REACH : REACH + INNER]
    return Activations(found.note[:n_frames], found.onset[:n_frames], found.contour[:n_frames])


def _window(network: Any, audio: Mono, number: int) -> list[Frames]:
    """The `OUTPUTS` for one window. Four in one run give the same bits, no sooner (measured)."""
    start = (number * INNER - EDGE) * HOP
    window = samples_between(audio, start, start + WINDOW)[None, :, None]
    outputs: list[Frames] = network.run(OUTPUTS, {network.get_inputs()[0].name: window})
    return outputs
