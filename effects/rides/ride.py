"""One parameter on its ride through a piece."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pedalboard

from effects.boards.copies import positions
from effects.boards.native import MOST_OF_RATE
from effects.boards.origins import origin_of
from effects.chains import hosting
from effects.chains.native_kinds import shortest
from effects.layers import Step, changes
from effects.rides.curve import Curve
from effects.rides.stream import settle
from effects.rides.targets import Target


@dataclass(frozen=True)
class Ride:
    """When a parameter is where.

    Attributes:
        target: the parameter.
        own: its value before anything is played.
        events: seconds, rising, and the controller's values from there on.
    """

    target: Target
    own: Any
    events: Sequence[tuple[float, int]]

    @classmethod
    def of(cls, target: Target, events: Sequence[tuple[float, int]]) -> Ride:
        """The ride of a parameter that has its own value now."""
        return cls(target, target.get(), events)

    def steps(self, n: float, sample_rate: float, fade: int) -> list[Step[float]]:
        """From which sample each place holds, within ``n`` samples; the first is 0."""
        travel = self.target.travel
        found = [(0, travel.place_of(self.own))]
        for seconds, controller in self.events:
            at = round(seconds * sample_rate)
            if at >= n:
                break
            found.append((0 if at <= fade // 2 else at, travel.place(controller)))
        return changes(found)

    def curve(self, n: int, sample_rate: float, fade: int) -> Curve:
        """Where the parameter is when, with changes that last ``fade`` samples."""
        smooth = 0 if self.target.travel.steps else fade
        return Curve(self.steps(n, sample_rate, fade), n, smooth)

    def value(self, place: float, sample_rate: float) -> Any:
        """The parameter's value at a place."""
        travel = self.target.travel
        value = self.own if place == travel.place_of(self.own) else travel.value(place)
        return min(value, MOST_OF_RATE * sample_rate) if self.target.audible else value


@contextmanager
def given_back(rides: Sequence[Ride], sample_rate: float) -> Iterator[None]:
    """Give the parameters that are set meanwhile their own values back, bit for bit."""
    plugins = {
        id(it.target.effect): it.target.effect
        for it in rides
        if isinstance(it.target.effect, pedalboard.ExternalPlugin)
    }
    # All of their parameters: one that is a program sets others.
    before = {number: positions(it) for number, it in plugins.items()}
    try:
        yield
    finally:
        for number, plugin in plugins.items():
            hosting.move(plugin, before[number])
        for ride in rides:
            effect = ride.target.effect
            if id(effect) not in plugins:
                _restore(effect, ride.target.parameter, ride.own)
                settle(effect, sample_rate)


def _restore(effect: Any, name: str, own: Any) -> None:
    """Set a native effect to what it said. Gains of filters, for one, are rounded when they do."""
    was_set, said = origin_of(effect).values.get(name, (None, None))
    if said == own and not hasattr(type(own), "__members__"):
        setattr(effect, name, was_set)
    elif isinstance(own, float):
        shortest(effect, name, own)  # which sets it
    else:
        setattr(effect, name, own)
