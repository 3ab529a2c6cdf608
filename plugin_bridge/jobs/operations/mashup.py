"""The operation ``mashup``: the lead of one song over the bed of another."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from plugin_bridge.jobs.inputs import Input
from plugin_bridge.jobs.job import Value
from plugin_bridge.jobs.operations.operation import Made, Operation
from plugin_bridge.jobs.operations.restyle import DAY_SECONDS, check_part
from plugin_bridge.jobs.refusal import Refusal
from plugin_bridge.jobs.settings import Choice, Number, Setting, Text

if TYPE_CHECKING:
    from effects.mashing.options import Options
    from effects.mashing.source import Source
    from effects.running.progress import OnProgress
    from plugin_bridge.files.sound_files import Sound

#: Numbers first, in the order in which they are listed to clients. The words are those of
#: `effects.mashing.options`, which is not imported here: the table of operations is read at once.
SETTINGS: Mapping[str, Setting] = MappingProxyType(
    {
        "balance": Number(-1.0, 1.0, 0.0),
        "start_seconds": Number(0.0, DAY_SECONDS, 0.0, common=False),
        "end_seconds": Number(0.0, DAY_SECONDS, DAY_SECONDS, common=False),
        "lead": Choice(("a", "b", "auto"), "a"),
        "bed": Choice(("full", "rhythm"), "full"),
        "key": Choice(("b", "a", "none"), "b"),
        "tempo": Text("b"),
    }
)


class Mashup(Operation):
    """Two songs as one."""

    title = "Mashup"
    about = "Lays the lead of song A over the bed of song B, on the beat and in one key."
    inputs = ("a", "b")
    settings = SETTINGS
    follows = "b"
    titles = MappingProxyType({"a": "Song A", "b": "Song B"})

    def check(self, name: str, value: Any) -> Value:
        """See `Operation.check`; a tempo may be a number of beats a minute, too."""
        if name != "tempo":
            return super().check(name, value)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            value = f"{value:g}"
        checked = str(super().check(name, value))
        _options({"tempo": checked})
        return checked

    def check_all(self, given: Mapping[str, Any], inputs: Collection[str] = ()) -> dict[str, Value]:
        """See `Operation.check_all`; a part must end after it begins."""
        checked = super().check_all(given)
        check_part(checked)
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
        from plugin_bridge.files.songs import mash_reporting

        options = _options(settings)
        sounds = {name: inputs[name].read() for name in self.inputs}
        kind = sounds[self.follows]
        sound_files.check_holds(output, kind)
        songs = [_source(inputs[name].path, sounds[name]) for name in self.inputs]
        mashed = mash_reporting(songs, options, report, threads)
        sound = sound_files.Sound(mashed.audio, round(mashed.sample_rate), kind.bits)
        return Made(sound, mashed.report)


def _options(settings: Mapping[str, Value]) -> Options:
    """The options of a mashup. Raises Refusal if one is impossible."""
    from effects.mashing.options import Options

    given: dict[str, Any] = dict(settings)
    start, end = given.pop("start_seconds", 0.0), given.pop("end_seconds", DAY_SECONDS)
    given["start"] = start or None
    given["end"] = end if end < DAY_SECONDS else None
    try:
        return Options(**given)
    except (TypeError, ValueError) as error:
        raise Refusal("bad_setting", str(error)) from error


def _source(path: Path, sound: Sound) -> Source:
    """A file that was read, as a song."""
    from effects.mashing.source import Source

    return Source(path.name, sound.audio, sound.sample_rate)
