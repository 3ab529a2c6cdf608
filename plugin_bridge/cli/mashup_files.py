"""What ``restyle mashup`` writes: the sound, and mask, picture and curves if wanted."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from plugin_bridge.cli.results import Result, check_all_differ, sound_result, write_json
from plugin_bridge.files.targets import check_json, check_picture, check_target

if TYPE_CHECKING:
    from effects.mashing.mashed import Mashed
    from effects.mashing.source import Source
    from plugin_bridge.files.sound_files import Sound

MIDI = (".mid", ".midi")


class Made(NamedTuple):
    """What there is to write.

    Attributes:
        sound: the mashup.
        mashed: how it was made.
        songs: what it was made of.
    """

    sound: Sound
    mashed: Mashed
    songs: Sequence[Source]


@dataclass(frozen=True)
class Names:
    """Where the user wants what.

    Attributes:
        out: the sound.
        mask: which song is heard at every moment and frequency, as .npz.
        plot: the same as a picture.
        automation: the same as curves, as .mid or .csv.
        report: what was found and done, as .json.
    """

    out: Path
    mask: Path | None = None
    plot: Path | None = None
    automation: Sequence[Path] = ()
    report: Path | None = None


def check_results(names: Names, *, force: bool) -> list[Result[Made]]:
    """Check, before the long work, that all can be written; the sound comes first.

    Raises:
        ValueError: one has a name that does not fit, exists, or is named twice.
    """
    results: list[Result[Made]] = [sound_result(names.out, lambda made: made.sound, force=force)]
    if names.mask is not None:
        if names.mask.suffix.lower() != ".npz":
            raise ValueError(f"{names.mask}: the name of a mask must end in .npz.")
        results.append(Result(check_target(names.mask, force=force), _write_mask))
    if names.plot is not None:
        results.append(Result(check_picture(names.plot, force=force), _draw))
    for path in names.automation:
        write = _curve_writer(path)
        results.append(Result(check_target(path, force=force), write))
    if names.report is not None:
        target = check_json(names.report, "the report", force=force)
        results.append(Result(target, lambda file, made: write_json(file, made.mashed.report)))
    check_all_differ(results)
    return results


def _write_mask(file: io.BufferedRandom, made: Made) -> None:
    made.mashed.mask.save(file)


def _draw(file: io.BufferedRandom, made: Made) -> None:
    from plugin_bridge.reports import mashup_picture

    mashup_picture.draw(file, made.songs, made.mashed)


def _curve_writer(path: Path) -> Callable[[io.BufferedRandom, Made], None]:
    """What writes curves as the name of their file says. Raises ValueError if it says nothing."""
    suffix = path.suffix.lower()
    if suffix not in (*MIDI, ".csv"):
        raise ValueError(f"{path}: the name of automation must end in .mid or .csv.")

    def write(file: io.BufferedRandom, made: Made) -> None:
        from effects.mashing import curves

        curves.write(file, made.mashed, suffix)

    return write
