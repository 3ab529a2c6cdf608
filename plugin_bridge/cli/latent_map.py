"""``restyle latent map``: a folder of music, heard, and drawn as a map."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from plugin_bridge.cli.latent_encode import encoded, tell_failed, working
from plugin_bridge.errors import explain
from plugin_bridge.files.formats import FORMATS
from plugin_bridge.files.targets import check_target

if TYPE_CHECKING:
    from effects.latent.latent import Latent
    from effects.running.progress import Progress
    from plugin_bridge.reports.latent_points import Point

PAGE, PICTURE = ".html", ".png"


def check_map(folder: Path, out: Path, *, embed: bool, force: bool) -> None:
    """Check, before the long work, that there is a folder and that the map can be written.

    Raises:
        ValueError: not so.
    """
    suffix = out.suffix.lower()
    if suffix not in (PAGE, PICTURE):
        raise ValueError(f"{out}: the name of a map must end in {PAGE} or {PICTURE}.")
    if embed and suffix == PICTURE:
        raise ValueError("A picture holds no sounds: leave --embed out, or name a page.")
    if not folder.is_dir():
        raise ValueError(f"There is no folder {folder}: name a folder of music.")
    check_target(out, force=force)
    if not _pieces(folder):
        raise ValueError(f"{folder} holds no sounds: Restyle reads {', '.join(FORMATS)}.")


def make_map(
    folder: Path,
    out: Path,
    *,
    embed: bool,
    weights: Path | None,
    threads: int | None,
    quiet: bool,
) -> int:
    """Draw the map. Returns how many pieces are on it; what cannot be read is said on stderr.

    Raises:
        ValueError: none of them can be read, or the weights cannot be used.
        OSError: the map cannot be written.
    """
    from plugin_bridge.reports.latent_map import write_map

    paths = _pieces(folder)

    def work(progress: Progress) -> list[Latent | Exception]:
        return list(encoded(paths, weights, progress))

    found = working(folder.name, work, threads=threads, quiet=quiet)
    heard: dict[Path, Latent] = {}
    failed: dict[Path, str] = {}
    for path, it in zip(paths, found, strict=True):
        if isinstance(it, Exception):
            failed[path] = explain(it)
        else:
            heard[path] = it
    tell_failed(failed)
    if not heard:
        raise ValueError(f"No sound of {folder} can be read: choose another folder.")
    write_map(out, _points(folder, list(heard), list(heard.values())), embed=embed)
    return len(heard)


def _pieces(folder: Path) -> list[Path]:
    """The sounds in a folder and its folders, in order."""
    found = sorted(it for it in folder.rglob("*") if it.suffix.lower() in FORMATS and it.is_file())
    return [it for it in found if not it.name.startswith(".")]


def _points(folder: Path, paths: Sequence[Path], latents: Sequence[Latent]) -> list[Point]:
    """Where each piece lies; its group is the folder in which it is, if not the whole one."""
    from effects.latent.map import mapped
    from plugin_bridge.reports.latent_points import Point

    places = mapped([it.z for it in latents])
    return [
        Point(path.stem, path, float(x), float(y), f"{latent.seconds:.1f} s", _group(path, folder))
        for path, latent, (x, y) in zip(paths, latents, places, strict=True)
    ]


def _group(path: Path, folder: Path) -> str:
    inside = path.parent.relative_to(folder)
    return inside.parts[0] if inside.parts else ""
