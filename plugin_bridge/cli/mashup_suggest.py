"""``restyle mashup --suggest``: which songs of a folder go well with a song, and why."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import typer

from plugin_bridge.cli.tables import print_table
from plugin_bridge.errors import explain, shown

if TYPE_CHECKING:
    from effects.listening.song import Song
    from effects.mashing.suggest import Suggestion
    from effects.running.progress import OnProgress, Progress


class Listened(NamedTuple):
    """What was heard.

    Attributes:
        song: of the song that others are to go with.
        others: of the others, by their names.
        failed: why others could not be read, by their names.
    """

    song: Song
    others: dict[str, Song]
    failed: dict[str, str]


def rank(
    song: str, folder: Path, *, as_json: bool, threads: int | None = None, quiet: bool = False
) -> None:
    """Print the songs of ``folder`` in the order in which they go with ``song``.

    What cannot be read is said on stderr, and left out.

    Raises:
        ValueError: there is no such song, or nothing in the folder that can be read.
        OSError: the song cannot be read.
    """
    from effects.mashing.suggest import suggest
    from plugin_bridge.terminal.progress_bar import progress_bar

    paths = songs_in(folder, song)
    with progress_bar(Path(song).name, quiet=quiet) as on_progress:
        heard = _listen_to_all(song, paths, on_progress, threads)
    for name, reason in heard.failed.items():
        typer.echo(f"restyle: {shown(name)}: {shown(reason)}", err=True)
    if not heard.others:
        raise ValueError(f"No song of {folder} can be read: choose another folder.")
    found = suggest(heard.song, heard.others)
    if as_json:
        print(json.dumps([asdict(it) for it in found], indent=1))
    else:
        _print(found)


def songs_in(folder: Path, song: str) -> list[Path]:
    """The sound files of a folder, without ``song`` itself. Raises ValueError if there are none."""
    from plugin_bridge.files.formats import FORMATS
    from plugin_bridge.files.songs import files_of

    own = {path.resolve() for path in files_of(song)}
    if not folder.is_dir():
        raise ValueError(f"There is no folder {folder}: name a folder of songs.")
    found = [
        path
        for path in sorted(folder.iterdir())
        if path.suffix.lower() in FORMATS and path.name[0] != "." and path.resolve() not in own
    ]
    if not found:
        raise ValueError(f"{folder} holds no songs: Restyle reads {', '.join(FORMATS)}.")
    return found


def _listen_to_all(
    song: str, paths: Sequence[Path], on_progress: OnProgress, threads: int | None
) -> Listened:
    """Listen to a song, and to others one after the other: one at a time is in memory."""
    from effects.running import cores
    from effects.running.progress import run_reporting

    def work(progress: Progress) -> Listened:
        others: dict[str, Song] = {}
        failed: dict[str, str] = {}
        count = len(paths) + 1
        with cores.using(threads):
            own = _listen(song, progress.nested(0, 1 / count, Path(song).name))
            for n, path in enumerate(paths, 1):
                nested = progress.nested(n / count, (n + 1) / count, path.name)
                try:
                    others[path.name] = _listen(str(path), nested)
                except (ValueError, OSError) as error:
                    failed[path.name] = explain(error)
        return Listened(own, others, failed)

    return run_reporting(work, on_progress)


def _listen(song: str, progress: Progress) -> Song:
    from effects.listening.listen import listen
    from plugin_bridge.files.songs import read_song

    progress.tick(0.0, "reading")
    source = read_song(song)
    return listen(source.audio, source.sample_rate, progress)


def _print(found: Sequence[Suggestion]) -> None:
    """A line for each song, the best first."""
    rows = [
        (
            it.name,
            f"{it.score:.2f}",
            f"{it.match.harmony:.2f}",
            f"{it.match.rhythm:.2f}",
            f"{round(100 * (it.tempo_change - 1)):+d} %",
            f"{it.semitones:+d}",
            it.why,
        )
        for it in found
    ]
    headings = ("song", "score", "harmony", "rhythm", "tempo of A", "semitones", "why")
    print_table(headings, rows, right=headings[1:6])
