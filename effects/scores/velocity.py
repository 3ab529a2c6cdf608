"""How loud a velocity is: the law by which levels become velocities, and velocities levels.

General MIDI's developer guidelines give a volume v of 0 to 127 the level 40 log₁₀(v / 127) dB. The
same law is used here for velocities, but 0 dB, the loudest of what was heard, has the velocity 100:
that leaves 4 dB above it, and notes that are drawn in a sequencer, which usually get some 100, are
heard well. Levels from -20 dB up survive the way there and back within 0.3 dB, those from -40 dB
up within 0.9 dB.
"""

from __future__ import annotations

import math

LOUDEST = 100  # the velocity of 0 dB
HIGHEST = 127


def velocity(level_db: float) -> int:
    """The velocity of a level, 1 to 127."""
    exact = LOUDEST * 10 ** (min(level_db, 0.0 + level_of(HIGHEST)) / 40)
    return min(max(round(exact), 1), HIGHEST)


def level_of(velocity: int) -> float:
    """The level of a velocity from 1 up, in dB."""
    return 40 * math.log10(velocity / LOUDEST)
