"""``restyle cache``: what is kept on the disk so that it need not be heard again."""

from __future__ import annotations

from typing import Annotated

import typer

from plugin_bridge.errors import shown

app = typer.Typer(rich_markup_mode="rich", context_settings={"help_option_names": ["-h", "--help"]})

#: What each part of the cache is for, in the words of `effects.running.cache.caches`.
KINDS = {
    "styles": "what was learned of clips and presets",
    "stems": "what was heard of stems",
    "songs": "what was heard of songs",
}

Json = Annotated[bool, typer.Option("--json", help="As JSON, sizes in bytes.")]


@app.callback(invoke_without_command=True)
def cache(context: typer.Context) -> None:
    """Say what is kept of clips, stems and songs that were heard, and how much room it takes.

    [bold]restyle cache[/bold]

    [bold]restyle cache clear[/bold]

    What is unused for longest goes by itself when a limit is reached. RESTYLE_CACHE_DIR chooses
    another folder.
    """
    if context.invoked_subcommand is None:
        info()


@app.command()
def info(*, as_json: Json = False) -> None:
    """Say where the cache is, what is in it, and how much it may hold.

    [bold]restyle cache info[/bold]
    """
    from effects.running.cache import cache_folder, caches

    found = {name: (it.size(), it.max_disk_bytes) for name, it in caches().items()}
    total = sum(size.bytes for size, _ in found.values())
    if as_json:
        import json

        kinds = {
            name: {"files": size.files, "bytes": size.bytes, "most_bytes": most}
            for name, (size, most) in found.items()
        }
        whole = {"folder": str(cache_folder()), "bytes": total, "kinds": kinds}
        print(json.dumps(whole, indent=2))
        return
    from plugin_bridge.cli.tables import print_table

    print(f"{shown(cache_folder())}: {in_words(total)}")
    rows = [
        (name, KINDS[name], str(size.files), in_words(size.bytes), in_words(most))
        for name, (size, most) in found.items()
    ]
    right = ("Files", "Size", "Limit")
    print_table(("Kind", "What it is", *right), rows, right=right)


@app.command()
def clear() -> None:
    """Delete all that is kept, and say how much room that gave. Nothing is lost but time.

    [bold]restyle cache clear[/bold]

    Other commands and servers may run meanwhile: they listen again to what they need. Files in the
    folder that are not the cache's own stay.
    """
    from effects.running.cache import cache_folder, caches

    freed = [it.clear() for it in caches().values()]
    count = sum(it.files for it in freed)
    files = "1 file" if count == 1 else f"{count} files"
    print(f"Freed {in_words(sum(it.bytes for it in freed))}: {files} in {shown(cache_folder())}.")


def in_words(size_bytes: int) -> str:
    """A size for people: ``885 MB``, in powers of 1000, as file managers have it."""
    size, unit = float(size_bytes), "B"
    for larger in ("kB", "MB", "GB"):
        if size < 999.5:
            break
        size, unit = size / 1000, larger
    return f"{size:.1f} {unit}" if size < 9.95 and unit != "B" else f"{size:.0f} {unit}"
