"""What a user asks of a mashup, checked."""

from __future__ import annotations

import math
import os
import re
from dataclasses import dataclass
from numbers import Real
from typing import Any, Self

import numpy as np

from effects.learned.weights import find_weights
from effects.signal.arrays import Values

LEADS = ("a", "b", "auto")
BEDS = ("full", "rhythm")
TEMPOS = ("b", "a")
KEYS = ("b", "a", "none")
#: Songs between 20 and 400 beats a minute exist; what is outside of that is a slip of the pen.
LEAST_BPM, MOST_BPM = 20.0, 400.0
_BAR = re.compile(r"bar\s*(\d{1,6})", re.IGNORECASE)


@dataclass(frozen=True)
class Place:
    """A moment of a mashup.

    Attributes:
        number: seconds from its start; or which bar begins there, from 1 up.
        in_bars: which of the two.
    """

    number: float
    in_bars: bool = False

    @classmethod
    def read(cls, name: str, value: object) -> Self:
        """Read ``12.5``, ``"12.5"`` (seconds) or ``"bar 9"``; errors begin with ``name``.

        Raises:
            TypeError, ValueError: it is none of these, or negative.
        """
        if isinstance(value, str) and (bar := _BAR.fullmatch(value.strip())):
            if int(bar[1]) < 1:
                raise ValueError(f"{name}: the first bar is bar 1.")
            return cls(float(bar[1]), in_bars=True)
        if isinstance(value, bool) or not isinstance(value, (str, Real)):
            raise TypeError(f'{name} must be seconds or "bar N", not {value!r}.')
        try:
            seconds = float(value)
        except ValueError:
            seconds = math.nan
        if not 0 <= seconds < math.inf:
            raise ValueError(f'{name} must be seconds, such as 12.5, or "bar 9", not {value!r}.')
        return cls(seconds)

    def seconds(self, bars: Values) -> float:
        """When it is, in seconds.

        Args:
            bars: when the bars of the mashup begin, in seconds, rising.

        Raises:
            ValueError: there is no such bar.
        """
        if not self.in_bars:
            return self.number
        if self.number > len(bars):
            raise ValueError(f"There is no bar {self.number:.0f}: the mashup has {len(bars)}.")
        return float(bars[int(self.number) - 1])


@dataclass(frozen=True, kw_only=True)
class Options:
    """The options of a mashup of songs A and B.

    Attributes:
        lead: whose lead is heard, over the bed of the other: ``"a"``, ``"b"``, or ``"auto"`` for
            the one whose lead is heard more of the time.
        balance: -1 is only the bed, 1 only the lead; at 0 both are as loud as in their own songs.
        bed: ``"full"``, or ``"rhythm"`` for drums and bass only: the harmony is then the lead's.
        tempo: whose tempo, ``"b"`` or ``"a"``, or beats per minute.
        key: whose key, ``"b"`` or ``"a"``; ``"none"`` leaves both songs as high as they are.
        start: where of the mashup the result begins: seconds, or ``"bar 9"``; None is its start.
        end: where it ends, likewise; None is its end.
        weights: a file of one's own weights for the mask; None for those that are shipped. One's
            own know of no parts, so ``lead`` must be a song's and ``bed`` full.

    Raises:
        TypeError, ValueError: an option is of a wrong type or out of range.
        FileNotFoundError: there is no file at ``weights``.
    """

    lead: str = "a"
    balance: float = 0.0
    bed: str = "full"
    tempo: str | float = "b"
    key: str = "b"
    start: str | float | None = None
    end: str | float | None = None
    weights: str | os.PathLike[str] | None = None

    def __post_init__(self) -> None:
        _one_of("Lead", self.lead, LEADS)
        _one_of("Bed", self.bed, BEDS)
        _one_of("Key", self.key, KEYS)
        object.__setattr__(self, "balance", _number("Balance", self.balance, -1.0, 1.0))
        object.__setattr__(self, "tempo", _tempo(self.tempo))
        start, end = self.start_place, self.end_place
        if start and end and start.in_bars == end.in_bars and end.number <= start.number:
            raise ValueError(f"The end ({self.end}) must come after the start ({self.start}).")
        if self.weights is not None:
            if not isinstance(self.weights, (str, os.PathLike)):
                raise TypeError(f"weights must be a path or None, not {self.weights!r}.")
            object.__setattr__(self, "weights", find_weights(self.weights))
            if self.lead == "auto" or self.bed != "full":
                raise ValueError(
                    "Weights of one's own tell no lead from rhythm or harmony: choose lead a or b, "
                    "and the full bed."
                )

    @property
    def start_place(self) -> Place | None:
        """Where the result begins; None at the start of the mashup."""
        return None if self.start is None else Place.read("The start", self.start)

    @property
    def end_place(self) -> Place | None:
        """Where the result ends; None at the end of the mashup."""
        return None if self.end is None else Place.read("The end", self.end)


def _one_of(name: str, value: object, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ValueError(f"{name} must be one of {', '.join(known)}, not {value!r}.")


def _number(name: str, value: Any, least: float, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (Real, np.number)):
        raise TypeError(f"{name} must be a number, not {value!r}.")
    number = float(value)
    if not least <= number <= most:
        raise ValueError(f"{name} must be between {least:g} and {most:g}, not {number:g}.")
    return number


def _tempo(value: object) -> str | float:
    if isinstance(value, str):
        if value in TEMPOS:
            return value
        try:
            value = float(value)
        except ValueError:
            raise ValueError(
                f"Tempo must be {' or '.join(TEMPOS)} or beats per minute, not {value!r}."
            ) from None
    return _number("Tempo", value, LEAST_BPM, MOST_BPM)
