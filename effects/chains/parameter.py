"""One setting of an effect, and which values it takes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real
from types import MappingProxyType
from typing import Any

from effects.chains.wording import listed, shown

MAX_INTEGER = 2**63 - 1  # that TOML has room for
_TRUE = frozenset({"true", "on", "yes", "1"})
_FALSE = frozenset({"false", "off", "no", "0"})

#: How names of numbers end, and their units.
UNITS: Mapping[str, str] = MappingProxyType(
    {
        "_db": "dB",
        "_hz": "Hz",
        "sample_rate": "Hz",
        "_ms": "ms",
        "_seconds": "s",
        "semitones": "semitones",
    }
)


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """What can be set of an effect.

    Attributes:
        name: as in Python.
        kind: ``"number"``, ``"switch"`` (true or false), ``"choice"`` or ``"text"``; ``"table"``
            for the ``parameters`` of a plugin, and ``"any"`` for one of these while the plugin is
            not loaded.
        default: its value if it is not given; None for one that has to be given, or has none.
        least, most: the range of a number; None where it is open.
        whole: whether a number has to be whole.
        words: what a choice can be.
        unit: ``"dB"``, ``"Hz"``, ``"ms"``, ``"s"``; empty for none.
        file: whether a text names a file.
    """

    name: str
    kind: str
    default: bool | float | str | None = None
    least: float | None = None
    most: float | None = None
    whole: bool = False
    words: tuple[str, ...] = ()
    unit: str = ""
    file: bool = False

    def check(self, value: Any) -> Any:
        """The value as it is kept: a bool, int, float or str; of a table, a Mapping.

        Whole numbers may be given as floats, and switches as 1 and 0, as OSC sends them; numbers
        and switches also as texts.

        Raises:
            ValueError: it is impossible; the message says what is possible, and not of what.
        """
        match self.kind:
            case "number":
                return self._number(value)
            case "switch":
                return _switch(value)
            case "choice":
                return self._word(value)
            case "table":
                return _table(value)
            case "any":
                return _any(value)
            case _:
                return _text(value)

    @property
    def possible(self) -> str:
        """What it can be, in words: ``"between 0 and 1"``."""
        match self.kind:
            case "number":
                return self._range()
            case "switch":
                return "true or false"
            case "choice":
                return f"one of {listed(self.words)}"
            case "table":
                return "a table: { name = value }"
            case "any":
                return "a number, a text, true or false"
            case _:
                return "a text"

    def _range(self) -> str:
        unit, what = self.unit and f" {self.unit}", "a whole number" if self.whole else "a number"
        number = f"{what} " if self.whole else ""
        least, most = (None if it is None else f"{it:.7g}" for it in (self.least, self.most))
        if self.whole:
            least, most = (None if it is None else f"{it}" for it in (self.least, self.most))
        if least is not None and most is not None:
            return f"{number}between {least} and {most}{unit}"
        if least is not None:
            return f"{number}{least}{unit} or more"
        return f"{number}{most}{unit} or less" if most is not None else what

    def _number(self, value: Any) -> float:
        wrong = ValueError(f"must be {self.possible}, not {shown(value)}")
        if isinstance(value, str):
            try:
                value = int(value) if self.whole else float(value)
            except ValueError:
                raise wrong from None
        if isinstance(value, bool) or not isinstance(value, Real):
            raise wrong
        if isinstance(value, int) and abs(value) > MAX_INTEGER:
            raise wrong
        # A float has no room for all whole numbers.
        number = value if self.whole and isinstance(value, int) else float(value)
        if not math.isfinite(number) or (self.whole and number != int(number)):
            raise wrong
        if (self.least is not None and number < self.least) or (
            self.most is not None and number > self.most
        ):
            raise wrong
        return int(number) if self.whole else number

    def _word(self, value: Any) -> str:
        if isinstance(value, int | float) and not isinstance(value, bool) and _is_finite(value):
            value = _text(value)
        if isinstance(value, str):
            if value in self.words:
                return value
            alike = [word for word in self.words if word.casefold() == value.casefold()]
            if len(alike) == 1:
                return alike[0]
        raise ValueError(f"must be {self.possible}, not {shown(value)}")


def _switch(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, Real) and value in (0, 1):
        return bool(value)
    if isinstance(value, str) and value.casefold() in _TRUE | _FALSE:
        return value.casefold() in _TRUE
    raise ValueError(f"must be true or false, not {shown(value)}")


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool) and _is_finite(value):
        return f"{int(value)}" if value == int(value) else f"{value}"  # a preset by its number
    raise ValueError(f"must be a text, not {shown(value)}")


def _is_finite(value: float) -> bool:
    return abs(value) <= MAX_INTEGER if isinstance(value, int) else math.isfinite(value)


def _table(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ValueError(f"must be a table, {{ name = value }}, not {shown(value)}")
    for name, it in value.items():
        try:
            _any(it)
        except ValueError as error:
            raise ValueError(f"has {shown(name)}, which {error}") from None
    return value


def _any(value: Any) -> bool | float | str:
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"must be a finite number, not {value}")
    if isinstance(value, int) and abs(value) > MAX_INTEGER:
        raise ValueError(f"must be less than 2**63, not {shown(value)}")
    if not isinstance(value, bool | int | float | str):
        raise ValueError(f"must be a number, a text, true or false, not {shown(value)}")
    return value


def unit_of(name: str) -> str:
    """The unit that a parameter's name ends in; empty for none."""
    return next((unit for end, unit in UNITS.items() if name.endswith(end)), "")
