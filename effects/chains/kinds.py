"""The effects that a chain may have, and their parameters: asked of the installed pedalboard.

There is no list of pedalboard's effects or parameters here, so that those of another version are
known, too. Of an effect's parameters only those are here that can be written in a file.
"""

from __future__ import annotations

import importlib
import inspect
import math
import re
import typing
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache, partial
from numbers import Real
from types import MappingProxyType
from typing import Any

from effects.chains import ranges

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


def shown(value: Any) -> str:
    """A value in a message: on one line, and not too long."""
    try:
        text = repr(value)
    except ValueError:  # Python shows no whole number of more than 4300 digits
        text = "a number of thousands of digits"
    return text if len(text) <= 60 else f"{text[:57]}..."


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A type of effect.

    Attributes:
        name: of its class.
        make: the class.
        parameters: what can be set, by name; of a plugin only ``path``, ``plugin_name``, ``state``
            and ``parameters``, since its own are known when it is loaded: see
            `effects.chains.build.describe`.
        container: whether it holds other effects.
        plugin: whether it is a plugin in a file of its own, which runs somebody's code.
        given: the parameters that its constructor has to be given.
    """

    name: str
    make: Any
    parameters: Mapping[str, Parameter]
    container: bool = False
    plugin: bool = False
    given: tuple[str, ...] = ()

    @property
    def own(self) -> bool:
        """Whether it is one of Restyle's effects in Python."""
        return self.name in OWN


#: Restyle's effects, and where they are: each is loaded when it is first asked for.
OWN: Mapping[str, str] = MappingProxyType(
    {
        "StyleTransfer": "effects.style_transfer",
        "Tweak": "effects.tweak",
        "Morph": "effects.morph",
        "Mashup": "effects.mashup",
    }
)
CONTAINERS = ("Chain", "Mix")


class _Kinds(Mapping[str, Kind]):
    """All types of effects; what Restyle's own need is loaded when they are asked for."""

    def __init__(self) -> None:
        self._native = {it.name: it for it in _native_kinds()}
        self._names = sorted({*self._native, *OWN, *CONTAINERS}, key=str.casefold)

    def __getitem__(self, name: str) -> Kind:
        if name in OWN:
            return _own_kind(name)
        if name in CONTAINERS:
            return _container_kind(name)
        return self._native[name]

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


@cache
def kinds() -> Mapping[str, Kind]:
    """All types of effects, by name."""
    return _Kinds()


def likely(name: str, known: Iterable[str]) -> str:
    """``": did you mean 'a' or 'b'?"``, for a misspelt name; or else the first of those known."""
    names = list(known)
    folded = {it.casefold(): it for it in names}
    near = [folded[it] for it in get_close_matches(str(name)[:100].casefold(), folded, n=3)]
    if near:
        return f": did you mean {' or '.join(map(repr, near))}?"
    if not names:
        return ": it has none."
    return f": choose one of {listed(names)}."


def listed(names: Iterable[str]) -> str:
    """The first twelve names."""
    known = [str(it) for it in names]
    return f"{', '.join(known[:12])}{', ...' if len(known) > 12 else ''}"


def unit_of(name: str) -> str:
    """The unit that a parameter's name ends in; empty for none."""
    return next((unit for end, unit in UNITS.items() if name.endswith(end)), "")


# Pedalboard's own effects.


def _native_kinds() -> Iterator[Kind]:
    import pedalboard

    for it in sorted(_subclasses(pedalboard.Plugin), key=lambda it: it.__name__):
        kind = _native_kind(it)
        if kind:
            yield kind


def _subclasses(parent: Any) -> set[Any]:
    """All classes made of it, at any depth."""
    found = set[Any]()
    ahead = [parent]
    while ahead:
        ahead += (new := set(ahead.pop().__subclasses__()) - found)
        found |= new
    return found


def _native_kind(make: Any) -> Kind | None:
    """A class of pedalboard's; None if it is none to be made, or only for tests."""
    import pedalboard

    module = make.__module__
    if not module.startswith("pedalboard_native") or "_internal" in module:
        return None
    if issubclass(make, pedalboard.PluginContainer):
        return None  # a chain has Restyle's, which hold effects in Python, too
    if issubclass(make, pedalboard.ExternalPlugin):
        made = make is not pedalboard.ExternalPlugin
        return _plugin_kind(make) if made else None
    required = _required(make)
    if required is None:
        return None
    probe = _probe(make, required)
    if probe is None and not required:
        return None  # an abstract class, such as IIRFilter
    parameters = {it: Parameter(name=it, kind="text", file=True) for it in required}
    for name, property_ in inspect.getmembers(make, lambda it: isinstance(it, property)):
        if property_.fset is not None and probe is not None and not name.startswith("_"):
            parameter = _native_parameter(make.__name__, name, probe)
            if parameter:
                parameters[name] = parameter
    ordered = {it: parameters[it] for it in _in_order(make, parameters)}
    return Kind(
        name=make.__name__, make=make, parameters=MappingProxyType(ordered), given=tuple(required)
    )


_ARGUMENT = re.compile(r"(\w+): ((?:[^,()\[\]]|\[[^\]]*\])+)")


def _signature(make: Any) -> str:
    """What the constructor's documentation says in its brackets: there is no other signature."""
    first = (make.__init__.__doc__ or "").strip().partition("\n")[0]
    return first[first.find("(") + 1 : first.rfind(")")]


def _required(make: Any) -> list[str] | None:
    """The arguments that a constructor has to be given, if all are files; None if not all are."""
    required = []
    for name, what in _ARGUMENT.findall(_signature(make)):
        if name == "self" or "=" in what:
            continue
        if not re.search(r"\bstr\b", what):
            return None
        required.append(name)
    return required


def _probe(make: Any, required: list[str]) -> Any:
    """An effect to ask; None if none can be made without a file."""
    import numpy as np

    attempts: list[dict[str, Any]] = [{}]
    if required:  # a file's place may be taken by an array, as Convolution has it
        silence: dict[str, Any] = {it: np.zeros(1, np.float32) for it in required}
        attempts = [{**silence, "sample_rate": 44_100.0}, silence]
    for arguments in attempts:
        with suppress(Exception):  # whatever it raises, it cannot be made so
            return make(**arguments)
    return None


def _in_order(make: Any, names: Iterable[str]) -> list[str]:
    """Names in the order of the constructor's arguments, then the others."""
    order = [name for name, _ in _ARGUMENT.findall(_signature(make))]
    return sorted(names, key=lambda it: (order.index(it) if it in order else len(order), it))


def _native_parameter(effect: str, name: str, probe: Any) -> Parameter | None:
    """What can be set of an effect under that name; None if it cannot be written in a file."""
    default = getattr(probe, name)
    if isinstance(default, bool):
        return Parameter(name=name, kind="switch", default=default)
    if isinstance(default, str):
        return Parameter(name=name, kind="text", default=default)
    if members := getattr(type(default), "__members__", None):
        word = next(it for it, member in members.items() if member == default)
        return Parameter(name=name, kind="choice", default=word, words=tuple(members))
    if not isinstance(default, int | float):
        return None
    whole = isinstance(default, int)
    found = ranges.find(partial(_takes, probe, name), default, whole=whole)
    setattr(probe, name, default)
    least, most = ranges.limited(found, effect, name)
    return Parameter(
        name=name,
        kind="number",
        default=default if whole else shortest(probe, name, default),
        least=least,
        most=most,
        whole=whole,
        unit=unit_of(name),
    )


def _takes(probe: Any, name: str, value: float) -> bool:
    """Whether an effect can be set to that, and then is: some are kept within their range."""
    try:
        setattr(probe, name, value)
        got = getattr(probe, name)
    except Exception:  # ValueError mostly; whatever it is, the value is refused
        return False
    return math.isfinite(got) and abs(got - value) <= 1e-3 * max(1.0, abs(value))


def shortest(effect: Any, name: str, value: float) -> float:
    """The shortest number that an effect takes for the value that it has.

    Pedalboard keeps single precision: 0.8 is 0.800000011920929 when it is asked for. Gains of
    filters are kept as factors, and rounded once more.

    Args:
        effect: any of its kind; its value is changed.
        name: of the parameter.
        value: what it was when it was asked for.
    """
    for digits in range(1, 10):  # nine digits tell all of single precision apart
        short = float(f"{value:.{digits}g}")
        try:
            setattr(effect, name, short)
        except Exception:  # rounded to beyond the range
            continue
        if getattr(effect, name) == value:
            return short
    return value


# Plugins.


def _plugin_kind(make: Any) -> Kind:
    parameters = [
        Parameter(name="path", kind="text", file=True),
        Parameter(name="plugin_name", kind="text"),
        Parameter(
            name="initialization_timeout", kind="number", default=10.0, least=0.0, most=600.0
        ),
        Parameter(name="state", kind="text"),
        Parameter(name="parameters", kind="table"),
    ]
    known = {it.name: replace(it, unit="s") if it.kind == "number" else it for it in parameters}
    return Kind(
        name=make.__name__,
        make=make,
        parameters=MappingProxyType(known),
        plugin=True,
        given=("path",),
    )


# Restyle's own.


@cache
def _container_kind(name: str) -> Kind:
    from effects.boards import containers

    return Kind(
        name=name,
        make=getattr(containers, name),
        parameters=MappingProxyType({}),
        container=True,
    )


#: Options of Restyle's effects that are no matter of a file.
_APART = frozenset({"self", "on_progress", "threads"})
_FILES = ("style", "weights", "notes", "other", "a")


@cache
def _own_kind(name: str) -> Kind:
    make = getattr(importlib.import_module(OWN[name]), name)
    signature = inspect.signature(make.__init__)
    options: dict[str, tuple[Any, Any]] = {}  # the type and the default
    types = typing.get_type_hints(make.__init__)
    for it in signature.parameters.values():
        if it.kind is inspect.Parameter.VAR_KEYWORD:  # Tweak's changes
            defaults = vars(_changes())
            kept = typing.get_type_hints(typing.get_args(types[it.name])[0])
            options |= {key: (kept[key], defaults[key]) for key in kept}
        elif it.name not in _APART:
            options[it.name] = types[it.name], it.default
    given = [it for it, (_, default) in options.items() if default is inspect.Parameter.empty]
    found = {it: _own_parameter(make, it, *options[it]) for it in options}
    known = {name: it for name, it in found.items() if it is not None}
    return Kind(name=name, make=make, parameters=MappingProxyType(known), given=tuple(given))


def _changes() -> Any:
    from effects.latent.changes import Changes

    return Changes()


def own_options(kind: Kind) -> list[str]:
    """All options of one of Restyle's effects, also those that cannot be written in a file."""
    names = [it for it in inspect.signature(kind.make.__init__).parameters if it not in _APART]
    if "changes" in names:
        names.remove("changes")
        names += vars(_changes())
    return names


def own_value(effect: Any, name: str) -> Any:
    """An option of one of Restyle's effects, as it is now."""
    return getattr(effect, name) if hasattr(effect, name) else getattr(effect.changes, name)


def _own_parameter(make: Any, name: str, hint: Any, default: Any) -> Parameter | None:
    if default is inspect.Parameter.empty:
        default = None
    if name in _FILES:
        return Parameter(name=name, kind="text", file=True)
    words = _words().get(name)
    if words:
        return Parameter(name=name, kind="choice", default=default, words=words)
    kinds_of = set(typing.get_args(hint)) or {hint}
    if bool in kinds_of:
        return Parameter(name=name, kind="switch", default=default)
    if float in kinds_of or kinds_of == {int}:
        whole = float not in kinds_of
        accepts = partial(_own_takes, make, name)
        inside = default if isinstance(default, int | float) else 0.5
        least, most = ranges.find(accepts, inside, whole=whole)
        unit = unit_of(name)
        return Parameter(
            name=name,
            kind="number",
            default=default,
            least=least,
            most=most,
            whole=whole,
            unit=unit,
        )
    if str in kinds_of:  # presets by name: `Tweak` goes towards one, too
        return Parameter(name=name, kind="text", default=default)
    return None  # a list, which a chain's file has no room for


def _own_takes(make: Any, name: str, value: float) -> bool:
    from effects.latent.changes import Changes

    try:
        if isinstance(getattr(make, name, None), property):
            setattr(_own_probe(make), name, value)
        else:  # a change of Tweak's, which are set at once
            Changes(**{name: value})  # type: ignore[arg-type]
    except Exception:  # ValueError and TypeError; whatever it is, the value is refused
        return False
    return True


@cache
def _own_probe(make: Any) -> Any:
    """One of Restyle's effects to ask."""
    import numpy as np

    silence = np.zeros((1, 8), np.float32), 44_100.0
    takes = inspect.signature(make.__init__).parameters
    return make(**{next(it for it in ("style", "other", "a") if it in takes): silence})


@cache
def _words() -> Mapping[str, tuple[str, ...]]:
    """What options that are one of a few words can be."""
    from effects.engines import DRUMS, ENGINES
    from effects.mashing.options import BEDS, KEYS, LEADS
    from effects.morphing.options import METHODS, TEMPOS
    from effects.running.devices import DEVICES

    return {
        "engine": tuple(ENGINES),
        "device": DEVICES,
        "drums": DRUMS,
        "lead": LEADS,
        "bed": BEDS,
        "key": KEYS,
        "method": METHODS,
        "tempo": TEMPOS,
    }
