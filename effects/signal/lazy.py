"""A property that is computed when it is first asked for.

`functools.cached_property` holds a lock while it computes, until Python 3.12, and all objects of a
class share it: a process that is forked meanwhile would wait for it for ever, and calls that could
run at once wait for each other.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, Self, TypeVar, overload

Value = TypeVar("Value")


class lazy(Generic[Value]):  # noqa: N801 - a decorator, as property is
    """As `functools.cached_property`, without a lock: two threads may both compute the value."""

    def __init__(self, compute: Callable[[Any], Value]) -> None:
        self._compute = compute
        self.__doc__ = compute.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: type) -> Value: ...
    def __get__(self, instance: object | None, owner: type) -> Self | Value:
        if instance is None:
            return self
        # Python looks here first from now on. The first value stays, if two threads have computed.
        found: Value = instance.__dict__.setdefault(self._name, self._compute(instance))
        return found
