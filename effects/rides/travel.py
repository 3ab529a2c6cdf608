"""From where a controller is to the value of the parameter that it moves."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

MOST = 127  # of a controller


@dataclass(frozen=True)
class Travel:
    """The way of a parameter, from a controller at 0 to a controller at 127.

    A *place* on it is a number that moves evenly with the controller, and can be smoothed: the
    value itself; its logarithm, where the way is geometric; or the index of a choice.

    Attributes:
        least: the value at 0. It may be above ``most``.
        most: the value at 127.
        geometric: whether equal steps of the controller are equal ratios, as pitches are heard:
            0, 64 and 127 are 100, 1000 and 10 000 Hz. Both ends are above 0.
        whole: whether values are whole numbers.
        choices: the values that there are, if there are only these: switches and words.
        raw: of a plugin's number, what the plugin itself is set to for each value of the
            controller. Places and values are of these then.
    """

    least: float = 0.0
    most: float = 1.0
    geometric: bool = False
    whole: bool = False
    choices: Sequence[Any] = ()
    raw: Sequence[float] = ()

    @property
    def steps(self) -> bool:
        """Whether there is nothing between two values, so that they change at once."""
        return self.whole or bool(self.choices)

    def place(self, controller: int) -> float:
        """The place for a controller's value, 0 to 127."""
        if self.choices:  # a switch is on from 64, as MIDI has it
            return controller * len(self.choices) // (MOST + 1)
        if self.raw:
            return self.raw[controller]
        share = controller / MOST
        if self.geometric:
            return (1 - share) * math.log(self.least) + share * math.log(self.most)
        value = (1 - share) * self.least + share * self.most
        return round(value) if self.whole else value

    def place_of(self, value: Any) -> float:
        """The place of a value, which may be outside the way."""
        if self.choices:
            return self.choices.index(value) if value in self.choices else -1
        if self.raw:
            return float(value)
        # 0 and less have no place on a geometric way: they are put below all that counts.
        return math.log(max(value, 1e-6)) if self.geometric else float(value)

    def value(self, place: float) -> Any:
        """The value at a place."""
        if self.choices:
            return self.choices[int(place)]
        if self.raw:
            return place
        value = math.exp(place) if self.geometric else place
        return round(value) if self.whole else value
