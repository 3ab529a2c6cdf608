"""Options that several commands share: declared once, as the fields of a dataclass."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from inspect import Parameter
from typing import Any, get_type_hints


def grouped(command: Callable[..., None]) -> Callable[..., None]:
    """A command whose parameters that are dataclasses are options, one for each of their fields.

    typer reads a function's signature, so this one has the fields in place of the dataclass; the
    command itself gets the whole. Every field needs a default.
    """
    hints = get_type_hints(command, include_extras=True)
    parameters: list[Parameter] = []
    groups: dict[str, Any] = {}
    for it in inspect.signature(command).parameters.values():
        kind = hints[it.name]
        if is_dataclass(kind):
            groups[it.name] = kind
            parameters += _options(kind)
        else:
            parameters.append(it.replace(annotation=kind))

    @functools.wraps(command)
    def run(**given: Any) -> None:
        wholes = {
            name: kind(**{it.name: given.pop(it.name) for it in fields(kind)})
            for name, kind in groups.items()
        }
        command(**given, **wholes)

    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {it.name: it.annotation for it in parameters}
    return run


def _options(kind: Any) -> list[Parameter]:
    """The fields of a dataclass as parameters."""
    hints = get_type_hints(kind, include_extras=True)
    return [
        Parameter(
            it.name,
            Parameter.KEYWORD_ONLY,
            default=it.default,
            annotation=hints[it.name],
        )
        for it in fields(kind)
    ]
