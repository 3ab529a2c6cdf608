"""Songs that become one: read from files, folders of stems, or several files joined by ``+``."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from plugin_bridge.files.formats import FORMATS
from presets.opening import open_regular
from presets.sound_file.header import BadSound
from presets.sound_file.look import look

if TYPE_CHECKING:
    from effects.mashing.mashed import Mashed
    from effects.mashing.options import Options
    from effects.mashing.source import Source
    from effects.running.progress import OnProgress

JOINT = "+"  # between the files of a song that comes in stems


def files_of(song: str) -> list[Path]:
    """The files, or the folder, that a song on the command line stands for.

    A name that exists is taken as it is, so that it may have a ``+`` in it; else what stands
    between the ``+`` are stems of one song.

    Raises:
        ValueError: there is no such file, or a folder is joined with others.
    """
    names = [song] if os.path.lexists(song) else song.split(JOINT)
    if not all(names):
        raise ValueError(f"{song!r} names no song: name a file, or files joined by {JOINT}.")
    paths = [Path(it) for it in names]
    for path in paths:
        if path.is_dir() and len(paths) > 1:
            raise ValueError(f"{path} is a folder: name it alone, or the stems in it.")
        if not path.exists():
            raise ValueError(f"There is no file {path}: name a song, or a folder of stems.")
    return paths


def read_song(song: str) -> Source:
    """Read a song, or its stems: see `files_of`.

    Raises:
        OSError: a file is not there, or may not be read.
        ValueError: there is no sound in it, or it is damaged.
    """
    from effects.mashing.source import Source

    paths = files_of(song)
    return Source.read(paths[0] if len(paths) == 1 else paths)


def bits_of(song: str) -> int:
    """The bits per sample of a song: of its deepest stem. Raises as `read_song`."""
    paths = files_of(song)
    if paths[0].is_dir():
        paths = [it for it in sorted(paths[0].iterdir()) if it.suffix.lower() in FORMATS]
    return max((_bits(path) for path in paths), default=16)


def _bits(path: Path) -> int:
    with open_regular(path) as file:
        try:
            return look(file).bits
        except BadSound as error:
            raise ValueError(f"{path} {error}.") from error


def mash_reporting(
    songs: Sequence[Source],
    options: Options,
    on_progress: OnProgress | None = None,
    threads: int | None = None,
) -> Mashed:
    """Make one of several songs, and tell of it: `effects.mashing.mash.mash` in its own thread.

    Args:
        songs: at least two; with more, a medley.
        options: of the mashup.
        on_progress: called as ``on_progress(fraction, stage)``; what it raises ends the work.
        threads: how many cores to use; None for all, at most 8.

    Raises:
        ValueError: they cannot become one; the message says why.
    """
    from effects.mashing.mash import mash
    from effects.running.progress import run_reporting

    return run_reporting(
        lambda progress: mash(songs, options, progress, threads=threads), on_progress
    )
