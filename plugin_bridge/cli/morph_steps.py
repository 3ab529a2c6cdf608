"""``restyle morph --steps``: a row of morphs from A to B, in a folder with a page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from plugin_bridge.errors import shown

if TYPE_CHECKING:
    from effects.morphing.morphed import Morphed
    from effects.morphing.options import Options
    from effects.running.progress import OnProgress
    from plugin_bridge.files.morphs import Pair

Step = tuple[float, "Morphed", str]  # how far, the morph, and the name of its file


def write_steps(
    paths: tuple[Path, Path],
    folder: Path,
    count: int,
    options: Options,
    *,
    force: bool,
    threads: int | None,
    quiet: bool,
) -> None:
    """Make so many morphs, evenly from A to B, into ``folder``: all of them, or none.

    Raises:
        ValueError: the folder holds something else, or an earlier row without ``force``; a piece
            cannot be read, or there can be nothing between them.
        OSError: something cannot be read or written.
    """
    from plugin_bridge.files.morphs import read_pair
    from plugin_bridge.files.result_folder import PAGE, check_folder, publish, workshop
    from plugin_bridge.reports import morph_row
    from plugin_bridge.terminal.progress_bar import progress_bar

    kind = replace(morph_row.KIND, needs_force=True)
    check_folder(folder, kind, force=force)
    pair = read_pair(paths)
    folder = folder.resolve()
    with (
        progress_bar(" + ".join(pair.names), quiet=quiet) as on_progress,
        workshop(folder, kind) as made,
    ):
        morph_row.write_row(made, _steps(pair, made, count, options, on_progress, threads))
        check_folder(folder, kind, force=force)  # it may have changed meanwhile
        publish(made, folder)
    if not quiet:
        print(f"Open {shown(folder / PAGE)} in a browser to listen and look.")


def _steps(
    pair: Pair,
    folder: Path,
    count: int,
    options: Options,
    on_progress: OnProgress,
    threads: int | None,
) -> Iterator[Step]:
    """The morphs, each written to a file that is called by the hundredths of its way."""
    from effects.running.progress import part
    from plugin_bridge.files import sound_files
    from plugin_bridge.files.morphs import morph_reporting

    for n in range(count):
        x, name = n / (count - 1), f"{round(100 * n / (count - 1)):03d}.wav"
        report = part(on_progress, n / count, (n + 1) / count)
        morphed = morph_reporting(pair, replace(options, at=x), report, threads)
        sound_files.write_in_place(folder / name, pair.kind.with_audio(morphed.audio))
        yield x, morphed, name
