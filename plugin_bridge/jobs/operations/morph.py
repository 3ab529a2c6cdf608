"""The operation ``morph``: a piece between two others."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from plugin_bridge.jobs.inputs import Input
from plugin_bridge.jobs.job import Value
from plugin_bridge.jobs.operations.operation import Made, Operation
from plugin_bridge.jobs.operations.restyle import DAY_SECONDS
from plugin_bridge.jobs.refusal import Refusal
from plugin_bridge.jobs.settings import Choice, Number, Setting, Text

if TYPE_CHECKING:
    from effects.morphing.options import Options
    from effects.running.progress import OnProgress

MIDI = (".mid", ".midi")
#: How often longer than the longer piece a morph may be. One between two tempi lasts up to the root
#: of 2 times as long; a client is not to have a day of silence written.
MOST_TIMES_LONGER = 2.0

#: The words are those of `effects.morphing.options`, which is not imported here: the table of
#: operations is read at once. A length of 0 is that of the longer piece.
SETTINGS: Mapping[str, Setting] = MappingProxyType(
    {
        "at": Text("0.5"),
        "length_seconds": Number(0.0, DAY_SECONDS, 0.0, common=False),
        "seed": Number(0, 2**31 - 1, 0, whole=True),
        "method": Choice(("notes", "latent", "both"), "notes"),
        "tempo": Choice(("between", "own"), "between"),
    }
)


class Morph(Operation):
    """Two pieces in, one between them out."""

    title = "Morph"
    about = "Makes the piece that is part of the way from piece A to piece B, or travels there."
    inputs = ("a", "b")
    settings = SETTINGS
    follows = "a"
    titles = MappingProxyType({"a": "Piece A", "b": "Piece B"})

    def check(self, name: str, value: Any) -> Value:
        """See `Operation.check`; how far it is to go may be a number, too, but no file."""
        return _check_at(value) if name == "at" else super().check(name, value)

    def lasts(self, seconds: Mapping[str, float], settings: Mapping[str, Value]) -> float:
        """See `Operation.lasts`: as long as the longer piece, or as is wanted."""
        return float(settings.get("length_seconds", 0.0)) or max(seconds.values())

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
        from plugin_bridge.files.morphs import Pair, morph_reporting

        a, b = (inputs[name] for name in self.inputs)
        pair = Pair((a.path.name, b.path.name), (a.read(), b.read()))
        sound_files.check_holds(output, pair.kind)
        options = _options(settings)
        if (options.seconds or 0.0) > MOST_TIMES_LONGER * pair.seconds:
            most = f"{MOST_TIMES_LONGER * pair.seconds:.3f}"
            text = f"length_seconds must be at most {most}, twice the longer piece's length."
            raise Refusal("bad_setting", text)
        morphed = morph_reporting(pair, options, report, threads)
        return Made(pair.kind.with_audio(morphed.audio), morphed.report)


def _check_at(value: Any) -> str:
    """How far to go from A to B, as it is kept: a text.

    Raises:
        Refusal: it is no number from 0 to 1 and no way such as 0:1. The name of a MIDI file is
            none either: no client may have the server open what it likes.
    """
    from effects.morphing.at import At

    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = f"{value:g}"
    if isinstance(value, str) and value.lower().endswith(MIDI):
        text = "at must be a number or a way like 0:1 in a job: restyle morph alone takes MIDI."
        raise Refusal("bad_setting", text)
    try:
        At.of(value if isinstance(value, str) else "", 1.0)
    except ValueError as error:
        text = f"at must be a number from 0 to 1, or a way like 0:1, not {value!r}."
        raise Refusal("bad_setting", text) from error
    return str(value)


def _options(settings: Mapping[str, Value]) -> Options:
    """The options of a morph."""
    from effects.morphing.options import Options

    given: dict[str, Any] = dict(settings)
    seconds = given.pop("length_seconds", 0.0)
    given["seed"] = int(given.get("seed", 0))
    return Options(**given, seconds=seconds or None)
