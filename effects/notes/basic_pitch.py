"""How surely each key sounds and is struck, by a small network.

The network is basic-pitch: Bittner et al. 2022, "A lightweight instrument-agnostic model for
polyphonic note transcription and multipitch estimation"; see CREDITS.md. It hears two seconds of
22.05 kHz at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soxr  # type: ignore[import-untyped]
from numpy.typing import NDArray

from effects.notes.onnx_session import session
from effects.signal.arrays import Mono

Frames = NDArray[np.float32]
Tick = Callable[[float], object]

MODEL = Path(__file__).with_name("basic_pitch.onnx")
RATE, HOP = 22_050, 256
FRAMES_PER_SECOND = RATE / HOP
WINDOW = 43_844  # samples the network takes: 172 frames
EDGE, INNER = 15, 142  # frames of a window that are dropped at its start, and kept then
TOGETHER = 4  # windows in one run
LOWEST, N_KEYS = 21, 88
BINS_PER_KEY = 3
OUTPUTS = tuple(f"StatefulPartitionedCall:{i}" for i in (1, 2, 0))


@dataclass(frozen=True)
class Activations:
    """What the network says of a clip, all of it from 0 to 1.

    Attributes:
        sounding: of each key, (frames, keys).
        struck: of each key, that a note of it begins, (frames, keys).
        contour: of each third of a semitone, (frames, 264); the first is `LOWEST` exactly.
    """

    sounding: Frames
    struck: Frames
    contour: Frames


def at_model_rate(audio: Mono, sample_rate: float) -> Mono:
    """A copy of ``audio``, ``[samples]``, at `RATE`."""
    return np.array(soxr.resample(audio, sample_rate, RATE), np.float32)


def activations(audio: Mono, tick: Tick | None = None) -> Activations:
    """What the network says of a clip at 22.05 kHz; the frames are `HOP` samples apart.

    Args:
        audio: the clip.
        tick: is told which part of the clip is done, 0 to 1; what it raises ends the work.
    """
    network = session(MODEL)
    name = network.get_inputs()[0].name
    n_frames = -(-audio.size // HOP)
    n_windows = max(-(-n_frames // INNER), 1)
    shape = (n_windows * INNER, N_KEYS)
    found = Activations(
        np.empty(shape, np.float32),
        np.empty(shape, np.float32),
        np.empty((shape[0], N_KEYS * BINS_PER_KEY), np.float32),
    )
    for first in range(0, n_windows, TOGETHER):
        if tick is not None:
            tick(first / n_windows)
        numbers = range(first, min(first + TOGETHER, n_windows))
        windows = np.stack([_window(audio, (i * INNER - EDGE) * HOP) for i in numbers])
        outputs = network.run(OUTPUTS, {name: windows[..., None]})
        at = slice(first * INNER, numbers.stop * INNER)
        for array, output in zip(
            (found.sounding, found.struck, found.contour), outputs, strict=True
        ):
            array[at] = output[:, EDGE : EDGE + INNER].reshape(-1, array.shape[1])
    return Activations(found.sounding[:n_frames], found.struck[:n_frames], found.contour[:n_frames])


def _window(audio: Mono, start: int) -> Mono:
    """The samples from ``start`` on, silence before the clip and after it."""
    window = np.zeros(WINDOW, np.float32)
    part = audio[max(start, 0) : max(start + WINDOW, 0)]
    window[max(-start, 0) :][: part.size] = part
    return window
