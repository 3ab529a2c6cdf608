"""``restyle mashup``: two songs, or several in a row, become one."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from typer.core import TyperCommand

from plugin_bridge.cli.described import described
from plugin_bridge.cli.mashup_files import Made, Names, check_results
from plugin_bridge.cli.options import (
    Balance,
    Bed,
    Key,
    Lead,
    Quiet,
    Tempo,
    Threads,
    force_option,
)
from plugin_bridge.cli.results import write_results
from plugin_bridge.errors import shown

if TYPE_CHECKING:
    from effects.mashing.options import Options

TRAIN = "train"  # the word that begins another command; a song of that name is ./train

Songs = Annotated[
    list[str],
    typer.Argument(
        metavar="A B [C…] OUT",
        help="The songs, and where to write: WAV, AIFF, FLAC, MP3 or OGG. A song may be a folder "
        "of stems, or stems joined by + (vocals.wav+drums.wav). Sample rate, channels and bit "
        "depth are those of B.",
        show_default=False,
    ),
]
Start = Annotated[
    str | None,
    typer.Option("--from", metavar="TIME", help='Where to begin: seconds, or "bar 9".'),
]
End = Annotated[
    str | None, typer.Option("--to", metavar="TIME", help='Where to end: seconds, or "bar 25".')
]
MaskPath = Annotated[
    Path | None,
    typer.Option(
        "--mask",
        metavar="FILE.npz",
        help="Also write which song is heard at every moment and frequency, 0 for A and 1 for B.",
    ),
]
Plot = Annotated[
    Path | None,
    typer.Option(metavar="FILE.png", help="Also draw it: both songs, the mashup, and the mask."),
]
Automation = Annotated[
    list[Path],
    typer.Option(
        metavar="FILE.mid|FILE.csv",
        help="Also write the mask as curves for a DAW: a crossfader and 8 bands. May be given "
        "twice.",
        show_default=False,
    ),
]
ReportPath = Annotated[
    Path | None,
    typer.Option(
        "--report",
        metavar="FILE.json",
        help="Also write tempo, key, fit, and where A's lead rests.",
    ),
]
Weights = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Weights of your own: see restyle mashup train --help."),
]
Suggest = Annotated[
    bool,
    typer.Option(
        "--suggest", help="Rank the songs of a folder by how well they go with A: give A FOLDER."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="With --suggest: print JSON.")]
Force = Annotated[bool, force_option("Replace OUT and what is beside it if they exist.")]


class SongsOrTraining(TyperCommand):
    """The command, or that of `TRAIN` if this is the first word."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any
    ) -> Any:
        """The context of whichever command was meant; the group that asks runs that one."""
        if args[:1] != [TRAIN]:
            return super().make_context(info_name, args, parent, **extra)
        from plugin_bridge.cli.mashup_train import command

        return command().make_context(f"{info_name} {TRAIN}", args[1:], parent, **extra)


def mashup(
    songs: Songs,
    *,
    lead: Lead = None,
    balance: Balance = None,
    bed: Bed = None,
    start: Start = None,
    end: End = None,
    tempo: Tempo = None,
    key: Key = None,
    mask: MaskPath = None,
    plot: Plot = None,
    automation: Automation = [],  # noqa: B006 - typer takes no other default
    report: ReportPath = None,
    weights: Weights = None,
    suggest: Suggest = False,
    as_json: Json = False,
    force: Force = False,
    threads: Threads = None,
    quiet: Quiet = False,
) -> None:
    """Make one song of two: the lead of A over the bed of B, on the beat, in one key.

    [bold]restyle mashup voice.mp3 beat.mp3 out.wav[/bold]

    [bold]restyle mashup a.flac b.flac out.flac --plot out.png --mask out.npz[/bold]

    [bold]restyle mashup a.wav b.wav out.wav --from "bar 9" --to "bar 25" --bed rhythm[/bold]

    Several songs in a row are a medley, which changes on a bar:

    [bold]restyle mashup a.wav b.wav c.wav out.wav[/bold]

    With stems it is sharper:  [bold]restyle mashup vocals.wav+guitar.wav b-stems/ out.wav[/bold]

    Which of these songs goes best with A?  [bold]restyle mashup --suggest a.wav songs/[/bold]

    For a DAW, as curves:  [bold]restyle mashup a.wav b.wav out.wav --automation out.mid[/bold]

    On mashups of your own:  [bold]restyle mashup train --help[/bold]

    Everything is written, or nothing; files are replaced only with --force. Ctrl-C leaves nothing
    behind.
    """
    given = {
        **{"lead": lead, "balance": balance, "bed": bed, "tempo": tempo, "key": key},
        **{"start": start, "end": end, "weights": weights},
    }
    chosen = {name: it for name, it in given.items() if it is not None}
    beside = [mask, plot, report, *automation]
    if suggest:
        others = [*chosen, *(it for it in beside if it is not None)]
        _rank(songs, others, as_json=as_json, threads=threads, quiet=quiet)
        return
    if as_json:
        raise ValueError("--json prints a ranking: add --suggest, or use --report FILE.json.")
    if len(songs) < 3:
        _miss(songs)
    *sources, out = songs
    names = Names(Path(out), mask, plot, automation, report)
    _mash(sources, names, chosen, force=force, threads=threads, quiet=quiet)


def _mash(
    sources: Sequence[str],
    names: Names,
    chosen: dict[str, Any],
    *,
    force: bool,
    threads: int | None,
    quiet: bool,
) -> None:
    """Make the mashup, and write it. Whatever could keep it from being written is checked first."""
    started = time.monotonic()
    results = check_results(names, force=force)

    from plugin_bridge.files import songs as reading
    from plugin_bridge.files.sound_files import Sound, check_holds
    from plugin_bridge.terminal.progress_bar import progress_bar

    options = make_options(chosen)
    for source in sources:
        reading.files_of(source)
    songs = [reading.read_song(source) for source in sources]
    bed, bits = songs[1], reading.bits_of(sources[1])
    check_holds(names.out, Sound(bed.audio, round(bed.sample_rate), bits))
    with progress_bar(" + ".join(song.name for song in songs), quiet=quiet) as on_progress:
        mashed = reading.mash_reporting(songs, options, on_progress, threads)
    sound = Sound(mashed.audio, round(mashed.sample_rate), bits)
    write_results(results, Made(sound, mashed, songs))
    if not quiet:
        seconds = time.monotonic() - started
        print(f"Wrote {shown(names.out)}: {described(names.out, sound)}, in {seconds:.1f} s.")
        print(shown(mashed.report["why"]))


def make_options(chosen: dict[str, Any]) -> Options:
    """The options that were given. Raises ValueError if one is impossible."""
    from effects.mashing.options import Options

    return Options(**chosen)


def _miss(songs: Sequence[str]) -> NoReturn:
    """Say what is missing."""
    what = "a second song, and where to write" if len(songs) == 1 else "where to write"
    raise ValueError(f"Name {what}: restyle mashup A B OUT.")


def _rank(
    songs: Sequence[str],
    others: Sequence[object],
    *,
    as_json: bool,
    threads: int | None,
    quiet: bool,
) -> None:
    """Print which songs of a folder go with another, and why."""
    if others:
        raise ValueError("--suggest only ranks songs: leave out the options of a mashup.")
    if len(songs) != 2:
        raise ValueError("Name a song and a folder: restyle mashup --suggest A FOLDER.")
    from plugin_bridge.cli.mashup_suggest import rank

    rank(songs[0], Path(songs[1]), as_json=as_json, threads=threads, quiet=quiet)
