"""Where the lead of a mashup rests, and what is heard there for it.

The fades lie within the rest: not before the lead has ended, and not after it has begun again. So
two leads never sound together, and nothing that is not wanted leaks into what the lead sings.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from effects.mashing.parts import HARMONY, LEAD
from effects.signal.arrays import Values
from effects.signal.units import db_to_power

#: A lead this far below its usual level rests. The leak of the network lies at -9 dB (music unlike
#: what it was trained on) to -19 dB; soft singing hardly that low for two seconds. Not searched.
REST_DB = -15.0
#: What is this far below the song's own usual level is hardly heard, so it is no lead; it may be
#: what the network takes for one by mistake. Not searched.
HARDLY_HEARD_DB = -18.0
#: Shorter rests are breaths; nor is one shorter than a bar filled.
LEAST_SECONDS = 2.0
#: A level is a mean over this time, so that single notes and single gaps do not count.
SMOOTH_SECONDS = 0.5
#: What is more than this below the mean of the rest does not count as usual, as in BS.1770.
GATE_DB = -10.0
NOTHING, OTHER_LEAD, OWN_HARMONY = "nothing", "lead", "harmony"


@dataclass(frozen=True)
class Rest:
    """A stretch without lead.

    Attributes:
        start: its first frame.
        stop: its last frame (exclusive).
        heard: what is faded in: the `OTHER_LEAD` (of the song that gives the bed), the
            `OWN_HARMONY` (of the song whose lead rests), or `NOTHING` where neither sounds.
    """

    start: int
    stop: int
    heard: str


def find_rests(
    lead: Values, bed: Values, *, frame_seconds: float, bar_seconds: float
) -> list[Rest]:
    """Where the lead rests for at least a bar and `LEAST_SECONDS`.

    Args:
        lead: the power of the parts of the song that has the lead, ``[3, frames]``.
        bed: likewise of the other.
        frame_seconds: from frame to frame.
        bar_seconds: how long a bar is.
    """
    frames = max(round(SMOOTH_SECONDS / frame_seconds), 1)
    quiet = ~_sounds(lead, LEAD, frames)
    other, own = _sounds(bed, LEAD, frames), _sounds(lead, HARMONY, frames)
    least = max(LEAST_SECONDS, bar_seconds) / frame_seconds
    edges = np.flatnonzero(np.diff(np.concatenate([[False], quiet, [False]]).astype(np.int8)))
    return [
        Rest(int(start), int(stop), _filling(other[start:stop], own[start:stop]))
        for start, stop in edges.reshape(-1, 2)
        if stop - start >= least
    ]


def fading(rests: list[Rest], heard: str, n_frames: int, fade_frames: float) -> NDArray[np.float32]:
    """How far ``heard`` is faded in, 0 to 1, ``[n_frames]``; over ``fade_frames`` each way.

    At the start and the end of the mashup, where no lead has been or comes, nothing fades.
    """
    found = np.zeros(n_frames, np.float32)
    for it in rests:
        if it.heard != heard:
            continue
        at = np.arange(it.start, it.stop) + 0.5
        length = max(min(fade_frames, (it.stop - it.start) / 2), 1.0)
        rise = (at - it.start) / length if it.start > 0 else np.ones(len(at))
        fall = (it.stop - at) / length if it.stop < n_frames else np.ones(len(at))
        ramp = np.clip(np.minimum(rise, fall), 0, 1)
        found[it.start : it.stop] = np.sin(np.pi / 2 * ramp) ** 2
    return found


def presence(levels: Values, frame_seconds: float) -> tuple[float, float]:
    """For which share of the time a song's lead sounds, and its share of the song's power.

    Args:
        levels: the power of the song's parts, ``[3, frames]``.
        frame_seconds: from frame to frame.
    """
    frames = max(round(SMOOTH_SECONDS / frame_seconds), 1)
    total = levels.sum()
    clear = float(levels[LEAD].sum() / total) if total > 0 else 0.0
    return float(_sounds(levels, LEAD, frames).mean()), clear


def _filling(other: NDArray[np.bool_], own: NDArray[np.bool_]) -> str:
    """What is to be heard in a rest, given when it would sound: half of the time is enough."""
    if other.mean() >= 0.5:
        return OTHER_LEAD
    return OWN_HARMONY if own.mean() >= 0.5 else NOTHING


def _sounds(levels: Values, part: int, width: int) -> NDArray[np.bool_]:
    """When a part of a song is near its usual level, and can be heard, ``[frames]``."""
    least = max(
        _usual(levels[part]) * db_to_power(REST_DB),
        _usual(levels.sum(axis=0)) * db_to_power(HARDLY_HEARD_DB),
    )
    found: NDArray[np.bool_] = _smooth(levels[part], width) > least
    return found


def _usual(power: Values) -> float:
    """The mean of what is loud."""
    loud = power[power > 0]
    return float(loud[loud >= loud.mean() * db_to_power(GATE_DB)].mean()) if len(loud) else 0.0


def _smooth(power: Values, width: int) -> Values:
    """The mean over ``width`` frames around each.

    scipy.ndimage would keep a running sum, whose rounding leaves a level where there is none.
    """
    padded = np.pad(power, (width // 2, width - 1 - width // 2), "edge")
    return np.asarray(np.lib.stride_tricks.sliding_window_view(padded, width).mean(axis=1))
