"""Which of the files that were named are stems, where to write, and what results are called.

``IN OUT`` and ``IN IN`` look alike. The second of two files is OUT if nothing is there by that
name, or it is IN itself or the style clip. Otherwise both are stems; with ``--force``, which may
be meant to replace the second, nothing is done until ``--out`` or ``--out-dir`` says what is meant:
stems of one song are as long as each other, so that nothing else could tell.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from plugin_bridge.files.formats import FORMATS


class Variant(NamedTuple):
    """A sound that every stem takes.

    Attributes:
        name: what results are called by it.
        preset: as the user named it; None for a clip, or if only a MIDI file chooses.
    """

    name: str
    preset: str | None = None


class Task(NamedTuple):
    """One result to make: a stem in one sound, and where it is written."""

    stem: Path
    out: Path
    preset: str | None = None


class Named(NamedTuple):
    """What the arguments mean: the stems, and OUT if one is meant."""

    stems: Sequence[Path]
    out: Path | None = None


def name_tasks(named: Named, variants: Sequence[Variant], out_dir: Path | None) -> list[Task]:
    """Every stem in every sound, sounds first; ``a.wav`` as a violin is ``a.violin.wav``.

    Args:
        named: the stems, and OUT for a single result.
        variants: the sounds.
        out_dir: the folder of the results; None for that of each stem.

    Raises:
        ValueError: two results would have the same name, or one that of a stem.
    """
    if named.out is not None:
        return [Task(named.stems[0], named.out, variants[0].preset)]
    tasks = [
        Task(stem, beside(stem, variant.name, out_dir), variant.preset)
        for stem in named.stems
        for variant in variants
    ]
    _check_names(tasks)
    return tasks


def beside(stem: Path, name: str, out_dir: Path | None = None) -> Path:
    """What a stem's result is called: the same kind of file if it can be written, or else WAV."""
    suffix = stem.suffix if stem.suffix.lower() in FORMATS else ".wav"
    return (out_dir or stem.parent) / f"{stem.stem}.{name}{suffix}"


@contextlib.contextmanager
def folder_for_results(folder: Path | None) -> Iterator[None]:
    """Have ``folder`` be there; one that was made is removed if nothing was written to it.

    Raises:
        ValueError: it is a file.
    """
    if folder is not None and folder.is_file():
        raise ValueError(f"{folder} is a file: name a folder for the results.")
    made = folder is not None and not folder.exists()
    if folder is not None and made:
        folder.mkdir(parents=True, exist_ok=True)
    try:
        yield
    finally:
        if folder is not None and made:
            with contextlib.suppress(OSError):  # it is not empty
                folder.rmdir()


def tell_apart(
    files: Sequence[Path],
    variants: Sequence[Variant],
    *,
    out: Path | None,
    out_dir: Path | None,
    style: Path | None,
    force: bool,
) -> Named:
    """Say which files are stems, and whether one is OUT, as the module's docstring has it.

    Args:
        files: the arguments.
        variants: the sounds that every stem takes.
        out: what ``--out`` says.
        out_dir: what ``--out-dir`` says.
        style: the style clip, if there is one.
        force: whether files may be replaced.

    Raises:
        ValueError: the arguments contradict each other, or could mean two things.
        FileNotFoundError: a stem is not there.
    """
    if out is not None:
        _check_single_out(files, variants, out_dir)
        return Named(files, out)
    named = Named(files)
    if len(files) == 2 and out_dir is None:
        stem, second = files
        if not os.path.isfile(second) or _are_same(second, stem, style):
            named = Named([stem], second)
        elif force:
            raise ValueError(
                f"Is {second} a second stem, or is it to be replaced? To restyle both, add "
                f"--out-dir DIR; to replace it, write --out {second}."
            )
    if named.out is not None and len(variants) > 1:
        raise ValueError(
            f"{named.out} cannot hold {len(variants)} results: leave it out, so that each has a "
            "name of its own, or add --out-dir DIR."
        )
    _check_are_there(named.stems)
    return named


def _are_same(path: Path, *others: Path | None) -> bool:
    return any(it is not None and os.path.exists(it) and path.samefile(it) for it in others)


def _check_single_out(
    stems: Sequence[Path], variants: Sequence[Variant], out_dir: Path | None
) -> None:
    if out_dir is not None:
        raise ValueError("--out and --out-dir exclude each other: give one of them.")
    if len(stems) * len(variants) > 1:
        raise ValueError(
            f"--out names one file, and there are {len(stems) * len(variants)} results: leave it "
            "out, so that each has a name of its own, or give --out-dir DIR."
        )


def _check_are_there(stems: Iterable[Path]) -> None:
    missing = [str(it) for it in stems if not os.path.lexists(it)]
    if len(missing) == 1:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), missing[0])
    if missing:
        raise FileNotFoundError(
            f"There are no files {', '.join(missing)}: of three and more, all are stems; --out-dir "
            "DIR says where to write."
        )


def _check_names(tasks: Sequence[Task]) -> None:
    """Check that no result takes the place of another one, or of a stem that is still needed."""
    stems = {os.path.realpath(it.stem) for it in tasks}
    places: dict[str, Task] = {}
    for it in tasks:
        place = os.path.realpath(it.out)
        if place in places:
            first = places[place]
            again = "twice" if first.stem == it.stem else f"for {first.stem} and for {it.stem}"
            raise ValueError(
                f"{it.out} would be written {again}: name each only once, or take them in turn."
            )
        if place in stems:
            raise ValueError(
                f"{it.out} is a stem, and would be the result of {it.stem}: add --out-dir DIR."
            )
        places[place] = it
