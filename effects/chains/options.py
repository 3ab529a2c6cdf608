"""Options of Restyle's own effects that are only wrong together, or where they stand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import presets
from effects.chains.kind import Kind
from effects.chains.settings import MAIN
from effects.engines import DEFAULT_ENGINE, given_options


def wrong(settings: Mapping[str, Any], kind: Kind, given: Iterable[str] = ()) -> Iterator[str]:
    """What is wrong with the settings of one of Restyle's effects, besides their ranges.

    Args:
        settings: those that are possible each by itself.
        kind: of which effect.
        given: the names of those that are not, which are given, too.
    """
    if {"style", "preset"} <= kind.parameters.keys():
        given = {"style", "preset"} & {*settings, *given}
        if len(given) == 2:
            yield "it has a preset and a style: leave one of them out"
        elif not given and kind.name == MAIN:
            yield "name its preset, or its style, a sound file"
    if settings.get("engine", DEFAULT_ENGINE) != DEFAULT_ENGINE:  # a call would find it out
        some = {it: settings[it] for it in ("drums", "dynamics", "notes") if it in settings}
        for option in given_options(**some):
            yield f"{option} is only for the engine {DEFAULT_ENGINE}: leave it out, or the engine"
    if "towards" in settings:  # only a preset: a chain that is sent may name no file
        try:
            presets.get(settings["towards"])
        except presets.PresetError as error:
            yield f"towards: {error}"
