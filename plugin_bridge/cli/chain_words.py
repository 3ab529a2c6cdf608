"""Chains in words: in lines and tables for people, and as JSON."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from effects.chains.kinds import Parameter
    from presets.chain_files.chain import Chain, Effect

# What a table shows of a value, in characters, and of a choice; by guess.
MAX_SHOWN, MAX_WORDS = 60, 8


def in_a_line(effects: Sequence[Effect], between: str) -> str:
    """The effects of a chain, or of a container in it: ``Gain > Mix (Delay + Reverb)``."""
    return between.join(map(_in_short, effects))


def _in_short(effect: Effect) -> str:
    about = in_a_line(effect.effects, " + " if effect.type == "Mix" else " > ")
    if not about:
        for key in ("preset", "style", "path"):
            value = effect.settings.get(key)
            if isinstance(value, str) and value:
                about = value if key == "preset" else value.replace("\\", "/").rpartition("/")[2]
                break
    return f"{effect.type} ({about})" if about else effect.type


def lines(effects: Sequence[Effect], of: str = "") -> Iterator[str]:
    """The effects, numbered, each with its settings below it."""
    for place, it in enumerate(effects, 1):
        number = f"{of}{place}"
        indent = "  " * number.count(".")
        yield f"{indent}{number}  {it.type}, called {it.name}"
        yield from _settings(it.settings, indent + " " * (len(number) + 4))
        yield from lines(it.effects, f"{number}.")


def _settings(settings: Mapping[str, Any], indent: str) -> Iterator[str]:
    for key, value in settings.items():
        if isinstance(value, Mapping):
            yield f"{indent}{key}:"
            yield from _settings(value, f"{indent}  ")
        else:
            yield f"{indent}{key} = {told(value)}"


def told(value: object) -> str:
    """A value as people read it, shortened if it is long; empty for None."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.7g}"  # as exact as pedalboard, which keeps 32 bits
    text = str(value)
    return text if len(text) <= MAX_SHOWN else f"{text[:20]}... ({len(text):,} characters)"


def range_of(parameter: Parameter) -> str:
    """What a parameter can be."""
    if parameter.kind == "switch":
        return "true, false"
    if parameter.kind == "choice":
        more = f", ... ({len(parameter.words)})" if len(parameter.words) > MAX_WORDS else ""
        return ", ".join(parameter.words[:MAX_WORDS]) + more
    if parameter.kind != "number":
        return "a file" if parameter.file else parameter.kind
    least, most = told(parameter.least), told(parameter.most)
    if least and most:
        return f"{least} to {most}"
    if least:
        return f"{least} or more"
    return f"{most} or less" if most else "any number"


def whose(chain: Chain) -> str:
    """Who has made a chain; empty for that of a file anywhere."""
    from presets.chain_files.catalogue import user_folder

    if chain.built_in:
        return "built in"
    return "yours" if chain.path is not None and chain.path.parent == user_folder() else ""


def as_json(chain: Chain) -> dict[str, object]:
    """All that is known of a chain."""
    return {
        "name": chain.name,
        "label": chain.label,
        "note": chain.note,
        "tail": chain.tail,
        "effects": [_effect_as_json(it) for it in chain.effects],
        "midi": {
            str(number): {"parameter": it.parameter, "from": it.least, "to": it.most}
            for number, it in chain.midi.items()
        },
        "path": None if chain.path is None else os.fspath(chain.path),
        "built_in": chain.built_in,
    }


def _effect_as_json(effect: Effect) -> dict[str, object]:
    settings = {k: dict(v) if isinstance(v, Mapping) else v for k, v in effect.settings.items()}
    found = {"type": effect.type, "name": effect.name, "settings": settings}
    return found | {"effects": [_effect_as_json(it) for it in effect.effects]}


def parameter_as_json(name: str, parameter: Parameter) -> dict[str, object]:
    """What can be set by that name."""
    return {
        "name": name,
        "kind": parameter.kind,
        "value": parameter.default,
        "least": parameter.least,
        "most": parameter.most,
        "whole": parameter.whole,
        "words": list(parameter.words),
        "unit": parameter.unit,
    }
