"""The operation ``tweak``: a piece with its latent changed."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from plugin_bridge.jobs.inputs import Input
from plugin_bridge.jobs.job import Value
from plugin_bridge.jobs.operations.operation import Made, Operation
from plugin_bridge.jobs.operations.restyle import find_preset
from plugin_bridge.jobs.refusal import Refusal
from plugin_bridge.jobs.settings import Number, Setting, Text

if TYPE_CHECKING:
    from effects.latent.changes import Changes
    from effects.running.progress import OnProgress

NONE = "none"  # of a text that need not be given
#: The ranges are those of `effects.latent.changes`, which is not imported here: the table of
#: operations is read at once. ``max`` names elements of the latent, as in ``"17,3"``, and
#: ``towards`` a preset.
SETTINGS: Mapping[str, Setting] = MappingProxyType(
    {
        "scale": Number(0.0, 4.0, 1.0),
        "add": Number(-4.0, 4.0, 0.0),
        "flatten": Number(0.0, 1.0, 0.0),
        "shuffle": Number(0.0, 1.0, 0.0),
        "noise": Number(0.0, 4.0, 0.0),
        "more_notes": Number(-4.0, 4.0, 0.0),
        "higher": Number(-4.0, 4.0, 0.0),
        "longer": Number(-4.0, 4.0, 0.0),
        "brighter": Number(-4.0, 4.0, 0.0),
        "amount": Number(0.0, 1.0, 0.5),
        "seed": Number(0, 2**31 - 1, 0, whole=True),
        "max": Text(NONE),
        "towards": Text(NONE),
        "preset": Text(),
    }
)


class Tweak(Operation):
    """A piece in, a cover of it out."""

    title = "Tweak"
    about = "Changes what a piece is in the latent space of music, and plays what comes of it."
    inputs = ("stem",)
    instead_of = MappingProxyType({"style": "preset"})
    settings = SETTINGS
    titles = MappingProxyType({"style": "Played by"})
    own_style = True

    def check(self, name: str, value: Any) -> Value:
        """See `Operation.check`; presets are kept by their names, and elements in their order."""
        checked = super().check(name, value)
        if name == "preset" or (name == "towards" and checked != NONE):
            return find_preset(str(checked)).name
        if name == "max" and checked != NONE:
            return ",".join(map(str, sorted(set(_elements(str(checked))))))
        return checked

    def check_all(self, given: Mapping[str, Any], inputs: Collection[str] = ()) -> dict[str, Value]:
        """See `Operation.check_all`; the changes must be possible together."""
        checked = super().check_all(given)
        _changes(checked)
        return checked

    def run(
        self,
        inputs: Mapping[str, Input],
        output: Path,
        settings: Mapping[str, Value],
        report: OnProgress,
        threads: int | None = None,
    ) -> Made:
        """See `Operation.run`."""
        from plugin_bridge.files import sound_files
        from plugin_bridge.files.tweaks import player, tweak_reporting

        style = None
        if "style" in inputs:
            clip = inputs["style"].read()
            style = player(clip=(clip.audio, float(clip.sample_rate)))
        elif "preset" in settings:
            style = player(str(settings["preset"]))
        stem, name = inputs["stem"].read(), inputs["stem"].path.name
        sound_files.check_holds(output, stem)
        changes = _towards_preset(_changes(settings))
        tweaked = tweak_reporting(name, stem, changes, report, style=style, threads=threads)
        return Made(stem.with_audio(tweaked.audio), tweaked.report)


def _towards_preset(changes: Changes) -> Changes:
    """Changes towards a preset name its clip: a name alone could be that of a file, too."""
    import presets

    if not isinstance(changes.towards, str):
        return changes
    return replace(changes, towards=str(presets.get(changes.towards).clip))


def _elements(text: str) -> tuple[int, ...]:
    """The elements of ``"17,3"``. Raises Refusal if it is no such text."""
    if not re.fullmatch(r"\d{1,4}( *, *\d{1,4})*", text, re.ASCII):
        raise Refusal("bad_setting", f"max must be elements such as 17,3, not {text!r}.")
    return tuple(map(int, text.split(",")))


def _changes(settings: Mapping[str, Value]) -> Changes:
    """The changes that the settings ask for. Raises Refusal if one is impossible."""
    from plugin_bridge.files.tweaks import changes_of

    given: dict[str, Any] = {
        name: value
        for name, value in settings.items()
        if name in SETTINGS and name != "preset" and value != NONE
    }
    given["seed"] = int(given.get("seed", 0))
    if "max" in given:
        given["max"] = _elements(given["max"])
    try:
        return changes_of(given)
    except (TypeError, ValueError) as error:
        raise Refusal("bad_setting", str(error)) from error
