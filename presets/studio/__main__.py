"""The command ``python -m presets.studio``: build the library, or check that it is as built."""

from __future__ import annotations

import argparse
import filecmp
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rich.progress import track

from presets.catalogue import BUILT_IN
from presets.preset import NOTES, TEXT
from presets.studio.instruments import Instrument, load
from presets.studio.render import BuildError, check_tools, render

SOUNDFONT = Path("/usr/share/sounds/sf2/FluidR3_GM.sf2")
FILES = (TEXT, "clip.ogg", NOTES)


def main(arguments: Sequence[str] | None = None) -> int:
    """Build or check the library; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m presets.studio",
        description="Build the preset library from the FluidR3 soundfont, bit-identically. Takes "
        "about half a minute. Needs fluidsynth, oggenc (Debian's vorbis-tools) and the soundfont "
        "(Debian's fluid-soundfont-gm).",
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="presets to build; default: all")
    parser.add_argument("--soundfont", type=Path, default=SOUNDFONT, metavar="FILE")
    parser.add_argument(
        "--to", type=Path, default=BUILT_IN, metavar="DIR", help="default: presets/library"
    )
    parser.add_argument(
        "--check", action="store_true", help="change nothing, but say which files would change"
    )
    options = parser.parse_args(arguments)
    chosen = [it for it in load() if it.name in options.names or not options.names]
    unknown = set(options.names) - {it.name for it in chosen}
    if unknown:
        parser.error(f"no such instrument in the table: {', '.join(sorted(unknown))}")
    try:
        check_tools(options.soundfont)
        changed = build(chosen, options.soundfont, options.to, check=options.check)
    except BuildError as error:
        print(f"presets.studio: {error}", file=sys.stderr)
        return 2
    for file in changed:
        print(f"{'differs' if options.check else 'written'}: {file}")
    print(f"{len(chosen)} presets, {len(changed)} files {'differ' if options.check else 'written'}")
    return int(options.check and bool(changed))


def build(
    instruments: Sequence[Instrument], soundfont: Path, library: Path, *, check: bool = False
) -> list[Path]:
    """Render ``instruments`` into ``library``.

    Returns:
        The files that are new or differ; with ``check`` nothing is written.
    """
    library.mkdir(parents=True, exist_ok=True)
    changed = []
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(os.cpu_count()) as pool:
        folders = [Path(name) / it.name for it in instruments]
        for folder in folders:
            folder.mkdir()
        jobs = pool.map(render, instruments, [soundfont] * len(folders), folders)
        for folder, _ in zip(folders, track(jobs, "presets", len(folders)), strict=True):
            target = library / folder.name
            _, differ, missing = filecmp.cmpfiles(folder, target, FILES, shallow=False)
            changed += [target / file for file in (*differ, *missing)]
            if (differ or missing) and not check:
                shutil.rmtree(target, ignore_errors=True)
                shutil.copytree(folder, target)
    return changed


if __name__ == "__main__":
    sys.exit(main())
