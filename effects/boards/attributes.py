"""A misspelt option raises, as with pedalboard's plugins: ``effect.strngth = 0.5``.

Public attributes of an effect are those of its class, and those that it sets itself, in `__init__`
or while it renders. Names that begin with an underscore are free, for classes of one's own.
"""

from __future__ import annotations

from abc import ABCMeta
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_CLOSED = "_closed"


class Closing(ABCMeta):
    """Closes each instance when its `__init__` is done: see `check_attribute`."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        it = super().__call__(*args, **kwargs)
        close(it)
        return it


def close(it: Any) -> None:
    """From now on, `check_attribute` lets ``it`` have no new public attributes."""
    vars(it)[_CLOSED] = True


@contextmanager
def opened(it: Any) -> Iterator[None]:
    """Let ``it`` have new attributes meanwhile, as it sets them itself."""
    closed = vars(it).pop(_CLOSED, False)
    try:
        yield
    finally:
        if closed:
            close(it)


def check_attribute(it: Any, name: str) -> None:
    """Check that ``it`` may be given an attribute of that name.

    Raises:
        AttributeError: it is closed, and knows no such attribute; the nearest one is suggested.
    """
    own = vars(it)
    if name[:1] == "_" or _CLOSED not in own or name in own or hasattr(type(it), name):
        return
    raise AttributeError(f"{type(it).__name__!r} object has no attribute {name!r}{_hint(it, name)}")


def _hint(it: Any, name: str) -> str:
    from difflib import get_close_matches

    known = [known for known in dir(it) if known[:1] != "_" and _can_be_set(it, known)]
    nearest = get_close_matches(name.lower(), known, n=1)
    if nearest:
        return f": did you mean {nearest[0]!r}?"
    return (
        ": an attribute of your own is set first in __init__ or _render of a subclass, or begins "
        "with an underscore."
    )


def _can_be_set(it: Any, name: str) -> bool:
    of_class = getattr(type(it), name, None)
    return of_class.fset is not None if isinstance(of_class, property) else not callable(of_class)
