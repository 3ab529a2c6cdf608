"""When the beats are, to a frame: the likeliest path through beats of steady length.

A bar pointer (Krebs, Böck, Widmer: "An efficient state-space model for joint tempo and meter
tracking", ISMIR 2015) moves a frame at a time through a beat of so many frames, and may change that
number at a beat. In their state space, what happens inside a beat is fixed by its first frame and
its length, so this follows beats in place of frames: for each frame and length, the best path on
which a beat of that length begins there. No beat is shorter than `SHORTEST` frames, so as many
frames are computed at once. An hour takes 2 s on a busy
machine (measured), and 7 MB for the way back.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from effects.listening.front_end import FRAMES_PER_SECOND
from effects.signal.arrays import Values

SLOWEST_BPM, FASTEST_BPM = 60.0, 215.0
SHORTEST = round(60 * FRAMES_PER_SECOND / FASTEST_BPM)  # frames from beat to beat: 14
LONGEST = round(60 * FRAMES_PER_SECOND / SLOWEST_BPM)  # 50
LENGTHS = np.arange(SHORTEST, LONGEST + 1)
#: What a change of length costs, in nats per share of the length; the paper's is 100. Chosen on 24
#: rendered songs.
CHANGE_COST = 60.0
#: A beat is heard in the first sixteenth of its length; what is heard in the rest speaks against
#: it, to a fifteenth in each frame (both as in the paper).
ZONE = 16
LEAST = 1e-5  # probability: no logarithm of 0

_CHANGES = -CHANGE_COST * np.abs(LENGTHS[None] / LENGTHS[:, None] - 1)  # [from, to]


def beat_frames(activation: NDArray[np.floating]) -> NDArray[np.intp]:
    """The frames on which beats begin, ``[beats]``, rising; perhaps none in less than a second.

    Args:
        activation: how likely a beat is heard in each frame, ``[frames]``.
    """
    heard = np.clip(np.asarray(activation, np.float64), LEAST, 1 - LEAST)
    on, off = (_sums(it) for it in (np.log(heard), np.log((1 - heard) / (ZONE - 1))))
    columns = np.arange(len(LENGTHS))
    # The best paths to the beats that begin in each of the last `LONGEST` frames, [frames, lengths]
    best = np.zeros((LONGEST, len(LENGTHS)))
    before = np.zeros((len(on) - 1, len(LENGTHS)), np.uint8)  # the length of the beat that ends
    block = np.arange(SHORTEST)[:, None]
    for start in range(LONGEST, len(before), SHORTEST):
        ended = best[LONGEST + block - LENGTHS, columns] + _beat(on, off, start + block - LENGTHS)
        paths = ended[:, :, None] + _CHANGES  # [frames, from, to]
        before[start : start + SHORTEST] = paths.argmax(axis=1)
        best = np.concatenate([best[SHORTEST:], paths.max(axis=1)])
    end, length = np.unravel_index(best.argmax(), best.shape)
    return _traced(len(before) - LONGEST + int(end), int(length), before, len(heard))


def _sums(values: Values) -> Values:
    """Sums up to each frame, ``[frames + 1]``, with frames around the song that say nothing.

    For the first beat may begin before the song, and the last end after it. After it, there are a
    few more, which make whole blocks.
    """
    after = LONGEST + -(len(values) + LONGEST) % SHORTEST
    return np.cumsum(np.pad(values, (LONGEST + 1, after)))


def _beat(on: Values, off: Values, begins: NDArray[np.intp]) -> Values:
    """How likely what is heard is, if beats of all `LENGTHS` begin there: ``[frames, lengths]``."""
    zones = begins - (-LENGTHS // ZONE)
    likely: Values = on[zones] - on[begins] + off[begins + LENGTHS] - off[zones]
    return likely


def _traced(frame: int, length: int, before: NDArray[np.uint8], count: int) -> NDArray[np.intp]:
    """The beats within the song on the path to the beat of that ``length`` at ``frame``."""
    found = []
    while frame >= LONGEST:
        found.append(frame - LONGEST)
        length = int(before[frame, length])
        frame -= int(LENGTHS[length])
    beats = np.array(found[::-1], np.intp)
    return beats[beats < count]
