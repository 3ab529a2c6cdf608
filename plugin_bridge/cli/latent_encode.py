"""Sounds as latents, one after the other: for ``restyle latent encode`` and ``map``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import typer

from plugin_bridge.errors import explain, shown
from plugin_bridge.files.formats import FORMATS
from plugin_bridge.files.targets import Target, check_target

if TYPE_CHECKING:
    from effects.latent.codec import Codec
    from effects.latent.latent import Latent
    from effects.running.progress import Progress

LATENT = ".npz"  # how the name of a latent ends
Result = TypeVar("Result")


@dataclass(frozen=True)
class Wanted:
    """A sound, and where its latent is to be written."""

    sound: Path
    target: Target


def check_latents(sounds: Sequence[Path], out: Path, *, force: bool) -> list[Wanted]:
    """Check, before the long work, that all latents can be written. The folder is made.

    Raises:
        ValueError: there is no such sound, or a latent has a name that does not fit, exists, or
            is that of another.
        OSError: the folder cannot be made.
    """
    found = [it for path in sounds for it in sounds_of(path)]
    if out.suffix.lower() == LATENT:
        if len(found) > 1 or sounds[0].is_dir():
            raise ValueError(f"{out} is one latent: name a folder for those of several sounds.")
        return [Wanted(found[0], check_target(out, force=force))]
    if out.exists() and not out.is_dir():
        raise ValueError(f"{out} is a file: name a folder, or a file that ends in {LATENT}.")
    names = [it.with_suffix(LATENT).name for it in found]
    for n, name in enumerate(names):
        if name in names[:n]:
            raise ValueError(f"{found[n]} is a second {found[n].stem}: encode it elsewhere.")
        if (out / name).exists() and not force:
            raise ValueError(f"{out / name} exists: add --force to replace it.")
    out.mkdir(parents=True, exist_ok=True)
    return [
        Wanted(sound, check_target(out / name, force=force))
        for sound, name in zip(found, names, strict=True)
    ]


def sounds_of(path: Path) -> list[Path]:
    """The sound files that a path stands for: itself, or those in the folder.

    Raises:
        ValueError: there is nothing, or no sound in the folder.
    """
    if not path.exists():
        raise ValueError(f"There is no file {path}: name a sound, or a folder of sounds.")
    if not path.is_dir():
        return [path]
    found = [it for it in sorted(path.iterdir()) if it.suffix.lower() in FORMATS]
    found = [it for it in found if it.is_file() and not it.name.startswith(".")]
    if not found:
        raise ValueError(f"{path} holds no sounds: Restyle reads {', '.join(FORMATS)}.")
    return found


def encode_all(
    wanted: Sequence[Wanted], weights: Path | None, *, threads: int | None, quiet: bool
) -> None:
    """Encode sounds, and write each latent as soon as it is known.

    Raises:
        ValueError: one cannot be encoded; if there are others, they were.
        OSError: a latent cannot be written.
    """

    def work(progress: Progress) -> dict[Path, str]:
        failed: dict[Path, str] = {}
        for it, found in zip(wanted, encoded(_sounds(wanted), weights, progress), strict=True):
            if isinstance(found, Exception):
                failed[it.sound] = explain(found)
            elif it.target.path.exists() and not it.target.force:
                raise it.target.exists_error()
            else:
                found.save(it.target.path)
        return failed

    title = wanted[0].sound.name if len(wanted) == 1 else f"{len(wanted)} sounds"
    failed = working(title, work, threads=threads, quiet=quiet)
    if len(wanted) == 1 and failed:
        raise ValueError(failed[wanted[0].sound])
    tell_failed(failed)
    if len(wanted) == 1 and not quiet:
        print(f"Wrote {shown(wanted[0].target.path)}.")
    elif not quiet:
        print(f"Encoded {len(wanted) - len(failed)} into {shown(wanted[0].target.path.parent)}.")
    if failed:
        raise ValueError(f"{len(failed)} of the {len(wanted)} sounds could not be encoded.")


def tell_failed(failed: dict[Path, str]) -> None:
    """Say on stderr which sounds could not be read, and why."""
    for path, reason in failed.items():
        said = reason if reason.startswith(str(path)) else f"{path}: {reason}"
        typer.echo(f"restyle: {shown(said)}", err=True)


def encoded(
    sounds: Sequence[Path], weights: Path | None, progress: Progress
) -> Iterator[Latent | Exception]:
    """The latent of each sound, or why it has none; one sound at a time is in memory.

    Raises:
        ValueError, OSError: the weights cannot be used.
    """
    from effects.latent.loading import load_codec

    codec = load_codec(weights)
    for n, path in enumerate(sounds):
        part = progress.nested(n / len(sounds), (n + 1) / len(sounds), path.name)
        try:
            yield _encode(path, codec, part)
        except (ValueError, OSError) as error:
            yield error


def _encode(path: Path, codec: Codec, progress: Progress) -> Latent:
    from effects.tweaking.encoding import encode
    from plugin_bridge.files import sound_files

    progress.tick(0.0, "reading")
    sound = sound_files.read(path)
    return encode(path.stem, sound.audio, float(sound.sample_rate), codec, progress)


def _sounds(wanted: Sequence[Wanted]) -> list[Path]:
    return [it.sound for it in wanted]


def working(
    title: str, work: Callable[[Progress], Result], *, threads: int | None, quiet: bool
) -> Result:
    """Do long work behind a progress bar, on so many cores."""
    from effects.running.cores import using
    from effects.running.progress import run_reporting
    from plugin_bridge.terminal.progress_bar import progress_bar

    def on_cores(progress: Progress) -> Result:
        with using(threads):
            return work(progress)

    with progress_bar(title, quiet=quiet) as on_progress:
        return run_reporting(on_cores, on_progress)
