"""How far from one piece to the other, over time: 0 is A, 1 is B."""

from __future__ import annotations

import os
from dataclasses import dataclass
from itertools import pairwise
from numbers import Real

import numpy as np

from effects.signal.arrays import Values

MODULATION = 1  # the controller whose values are the curve, as `effects.midi.messages` has it
HIGHEST = 127  # value of a controller


@dataclass(frozen=True)
class At:
    """A curve of straight lines; before its first point and after its last it stays.

    Attributes:
        seconds: of the points, rising or equal, at least one.
        values: from 0 to 1, as many.
    """

    seconds: tuple[float, ...]
    values: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.seconds) != len(self.values) or not self.values:
            raise ValueError("A curve needs at least one point, and a value for each.")
        if not all(0 <= it <= 1 for it in self.values):
            raise ValueError("At must be between 0 (the first piece) and 1 (the second).")
        if any(a > b for a, b in pairwise(self.seconds)) or not np.isfinite(self.seconds).all():
            raise ValueError("The points of a curve must come one after the other.")

    def __call__(self, seconds: Values | float) -> Values:
        """The value at each of these moments, in seconds of the result."""
        return np.asarray(np.interp(seconds, self.seconds, self.values))

    @property
    def constant(self) -> float | None:
        """The value, if it is the same throughout."""
        return self.values[0] if len(set(self.values)) == 1 else None

    @classmethod
    def of(cls, at: float | str | At, seconds: float) -> At:
        """A number; or text: ``"0.5"``, ``"0:1"`` or ``"0:1:0"`` (evenly over the length), or the
        name of a MIDI file whose controller 1 (the modulation wheel) is the curve.

        Args:
            at: what was given.
            seconds: how long the result is.

        Raises:
            TypeError: it is neither.
            ValueError: it is out of range, or no such text or file.
            FileNotFoundError: there is no such MIDI file.
        """
        if isinstance(at, At):
            return at
        if isinstance(at, Real) and not isinstance(at, bool):
            return cls((0.0,), (float(at),))
        if not isinstance(at, str):
            raise TypeError(f"at must be a number, a text or a curve, not {at!r}.")
        if at.lower().endswith((".mid", ".midi")):
            return cls._of_midi(at)
        try:
            values = tuple(float(it) for it in at.split(":"))
        except ValueError:
            raise ValueError(
                f"at must be a number from 0 to 1, a way like 0:1, or a MIDI file, not {at!r}."
            ) from None
        if len(values) == 1:
            return cls((0.0,), values)
        return cls(tuple(np.linspace(0, seconds, len(values)).tolist()), values)

    @classmethod
    def _of_midi(cls, path: str | os.PathLike[str]) -> At:
        """Controller 1 of all channels: 0 to 127 are 0 to 1. Each message is a step."""
        from effects.midi.file import read

        steps = [
            (seconds, message.value / HIGHEST)
            for seconds, message in read(path)
            if message.type == "control_change" and message.control == MODULATION
        ]
        if not steps:
            raise ValueError(
                f"{os.fspath(path)} never moves controller {MODULATION}, the modulation wheel, "
                "which says how far from one piece to the other: draw it."
            )
        seconds, values = [steps[0][0]], [steps[0][1]]
        for when, value in steps[1:]:
            seconds += [when, when]
            values += [values[-1], value]
        return cls(tuple(seconds), tuple(values))
