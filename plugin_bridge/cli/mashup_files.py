"""What ``restyle mashup`` writes: the sound, and mask, picture and curves if wanted."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from plugin_bridge.files.targets import Target, check_json, check_picture, check_target

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
class Piece:
    """A file to write, and what writes it."""

    target: Target
    write: Callable[[io.BufferedRandom, Made], object]


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


def check_pieces(names: Names, *, force: bool) -> list[Piece]:
    """Check, before the long work, that all can be written; the sound comes first.

    Raises:
        ValueError: one has a name that does not fit, exists, or is named twice.
    """
    from plugin_bridge.files.formats import check_suffix

    check_suffix(names.out)
    pieces = [Piece(check_target(names.out, force=force), partial(_write_sound, names.out))]
    if names.mask is not None:
        if names.mask.suffix.lower() != ".npz":
            raise ValueError(f"{names.mask}: the name of a mask must end in .npz.")
        pieces.append(Piece(check_target(names.mask, force=force), _write_mask))
    if names.plot is not None:
        pieces.append(Piece(check_picture(names.plot, force=force), _draw))
    for path in names.automation:
        write = _curve_writer(path)
        pieces.append(Piece(check_target(path, force=force), write))
    if names.report is not None:
        target = check_json(names.report, "the report", force=force)
        pieces.append(Piece(target, _write_report))
    _check_all_differ([piece.target.path for piece in pieces])
    return pieces


def write_pieces(pieces: Sequence[Piece], made: Made) -> None:
    """Write all of them, or none.

    Raises:
        OSError: one cannot be written.
        ValueError: a file has appeared in its place meanwhile.
    """
    from plugin_bridge.files.whole_files import naming, writing

    with writing(*(piece.target for piece in pieces)) as files:
        for piece, file in zip(pieces, files, strict=True):
            with naming(piece.target.path):
                piece.write(file, made)


def _check_all_differ(paths: Sequence[Path]) -> None:
    places = [path.resolve() for path in paths]
    for n, path in enumerate(paths):
        if places[n] in places[:n]:
            raise ValueError(f"{path} is named twice: give each result a name of its own.")


def _write_sound(path: Path, file: io.BufferedRandom, made: Made) -> None:
    from plugin_bridge.files import sound_files

    sound_files.write_into(file, path, made.sound)


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


def _write_report(file: io.BufferedRandom, made: Made) -> None:
    file.write((json.dumps(made.mashed.report, indent=1) + "\n").encode())
