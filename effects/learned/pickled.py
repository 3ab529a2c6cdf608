"""What a pickle says, found without doing what it says.

A pickle is a program: it may call anything, and ask for any amount of memory in a few bytes. Here
only the data in it is put together: dicts, lists, tuples, texts and numbers. The few calls that a
reader knows are handed to it; whatever else the pickle makes by calls is `UNKNOWN`. So memory is
bounded by the length of the pickle, which is bounded in turn.
"""

from __future__ import annotations

import io
import pickletools
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO, NamedTuple

#: The longest pickle: the published networks' have some 20 kB, and each byte may cost some 100.
MAX_BYTES = 1 << 20


class Damaged(ValueError):  # noqa: N818 - says what is the matter
    """The pickle is cut short, too long, or does something that no such file does."""


class Name(NamedTuple):
    """A class or a function, which is not looked up."""

    module: str
    name: str


class _Unknown:
    """What was made by calls that nobody here knows."""


UNKNOWN = _Unknown()
_MARK = _Unknown()

Call = Callable[..., Any]


def read(
    file: BinaryIO,
    calls: Mapping[tuple[str, str], Call],
    persistent: Callable[[Any], Any] = lambda found: UNKNOWN,
) -> Any:
    """The value of the pickle that begins at the file's position, which is then after its end.

    Args:
        file: can seek.
        calls: what to call for a name, as (module, name); it gets the pickle's arguments, which
            may be anything.
        persistent: makes the things that are kept outside the pickle, from what stands for them.

    Raises:
        Damaged: see there.
        Exception: anything that ``calls`` and ``persistent`` raise.
    """
    start = file.tell()
    window = io.BytesIO(file.read(MAX_BYTES))
    machine = _Machine(calls, persistent)
    try:
        for code, argument, _ in pickletools.genops(window):
            if code.name == "STOP":
                file.seek(start + window.tell())
                return machine.pop()
            machine.do(code.name, argument)
    except (ValueError, IndexError, KeyError, TypeError) as error:
        raise Damaged("it makes no sense") from error
    raise Damaged("it has no end")


class _Machine:
    """A stack, with the marks among its values, and a memo, as the pickle's own machine has."""

    def __init__(
        self, calls: Mapping[tuple[str, str], Call], persistent: Callable[[Any], Any]
    ) -> None:
        self._calls, self._persistent = calls, persistent
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}

    def do(self, name: str, argument: Any) -> None:
        """Do one operation, by its name in `pickletools`."""
        if name in _NOTHING:
            return
        if name in _CONSTANTS:
            self._stack.append(_CONSTANTS[name])
        elif name in _ARGUMENTS:
            self._stack.append(argument)
        elif name in _PUT:
            self._memo[len(self._memo) if argument is None else argument] = self._stack[-1]
        elif name in _GET:
            self._stack.append(self._memo[argument])
        elif name in _TUPLES:
            items = [self.pop() for _ in range(_TUPLES[name])]
            self._stack.append(tuple(items[::-1]))
        else:  # the methods below are called as the operations are
            getattr(self, f"_{name.lower()}", self._refuse)(argument)

    def pop(self) -> Any:
        """Take the value on top."""
        value = self._stack.pop()
        if value is _MARK:
            raise Damaged("a value is missing")
        return value

    def _refuse(self, argument: Any) -> None:
        raise Damaged("it does what no such file does")

    def _to_mark(self) -> list[Any]:
        items: list[Any] = []
        while (value := self._stack.pop()) is not _MARK:
            items.append(value)
        return items[::-1]

    def _mark(self, argument: Any) -> None:
        self._stack.append(_MARK)

    def _empty_dict(self, argument: Any) -> None:
        self._stack.append({})

    def _empty_list(self, argument: Any) -> None:
        self._stack.append([])

    def _tuple(self, argument: Any) -> None:
        self._stack.append(tuple(self._to_mark()))

    def _list(self, argument: Any) -> None:
        self._stack.append(self._to_mark())

    def _append(self, argument: Any) -> None:
        self._extend([self.pop()])

    def _appends(self, argument: Any) -> None:
        self._extend(self._to_mark())

    def _extend(self, items: list[Any]) -> None:
        if isinstance(self._stack[-1], list):
            self._stack[-1].extend(items)

    def _setitem(self, argument: Any) -> None:
        value, key = self.pop(), self.pop()
        self._set([key, value])

    def _setitems(self, argument: Any) -> None:
        self._set(self._to_mark())

    def _dict(self, argument: Any) -> None:
        items = self._to_mark()
        self._stack.append({})
        self._set(items)

    def _set(self, items: list[Any]) -> None:
        if isinstance(self._stack[-1], dict):
            self._stack[-1].update(as_dict(zip(items[::2], items[1::2], strict=True)))

    def _global(self, argument: str) -> None:
        module, _, name = argument.partition(" ")
        self._stack.append(Name(module, name))

    def _stack_global(self, argument: Any) -> None:
        name, module = self.pop(), self.pop()
        if not (isinstance(name, str) and isinstance(module, str)):
            raise Damaged("a name in it is no text")
        self._stack.append(Name(module, name))

    def _reduce(self, argument: Any) -> None:
        arguments, function = self.pop(), self.pop()
        known = self._calls.get(function) if isinstance(function, Name) else None
        made = known(*arguments) if known and isinstance(arguments, tuple) else UNKNOWN
        self._stack.append(made)

    def _newobj(self, argument: Any) -> None:
        self.pop(), self.pop()
        self._stack.append(UNKNOWN)

    def _build(self, argument: Any) -> None:
        self.pop()  # an object's attributes, which nothing here has

    def _binpersid(self, argument: Any) -> None:
        self._stack.append(self._persistent(self.pop()))


def as_dict(pairs: Any) -> dict[str | int, Any]:
    """A dict of pairs. Only texts and numbers are names: to hash others may take for ever."""
    found: dict[str | int, Any] = {}
    for key, value in pairs:
        if not isinstance(key, str) and not (isinstance(key, int) and key.bit_length() < 64):
            raise Damaged("a name in it is no text")
        found[key] = value
    return found


_NOTHING = {"PROTO", "FRAME"}
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": ()}
_ARGUMENTS = {
    *("BININT", "BININT1", "BININT2", "INT", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT"),
    *("STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "BINUNICODE", "SHORT_BINUNICODE"),
    *("BINUNICODE8", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8"),
}
_PUT = {"PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"}
_GET = {"GET", "BINGET", "LONG_BINGET"}
_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
