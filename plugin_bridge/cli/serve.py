"""The commands that do jobs: ``serve``, ``batch``, and ``install-daw`` for those who send them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from plugin_bridge.cli import presets
from plugin_bridge.cli.send import PANEL, GainDb, Mix, Quiet, Seed, Strength

Roots = Annotated[
    list[Path] | None,
    typer.Option(
        "--root",
        metavar="DIR",
        help="A folder in which jobs may read and write; may be given several times.",
    ),
]
Port = Annotated[int, typer.Option(min=0, max=65535, help="The UDP port; 0 for any free one.")]
Host = Annotated[
    str, typer.Option(metavar="ADDRESS", help="Where to listen; other machines reach 0.0.0.0.")
]
Workers = Annotated[
    int, typer.Option(min=0, max=256, help="Jobs at once; 0 for as many as there are cores.")
]
ClusterAddress = Annotated[
    str | None,
    typer.Option(
        "--scheduler",
        metavar="tcp://HOST:PORT",
        help="Work on the machines of a Dask cluster, which see the same files "
        "(pip install 'restyle\\[dask]').",
    ),
]
Preset = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="The style of jobs that name none.",
        autocompletion=presets.complete_name,
    ),
]
Wanted = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="The style, by name or General MIDI number: see restyle presets.",
        autocompletion=presets.complete_name,
    ),
]
MaxQueue = Annotated[int, typer.Option(min=1, help="How many jobs may wait.")]
MaxMinutes = Annotated[float, typer.Option(min=0.01, help="The longest stem.")]
HangSeconds = Annotated[
    float, typer.Option(min=10.0, help="A worker that says nothing for so long is replaced.")
]
JournalFile = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Where jobs are written down; one server has one journal."),
]
Log = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Write what happens to a file, a line of JSON each."),
]
MidiIn = Annotated[
    str | None,
    typer.Option(
        metavar="PORT",
        help="Follow a MIDI input: program changes choose the preset of jobs that name none, "
        "controllers 1, 91 and 7 their strength, mix and gain; 123 cancels all jobs.",
    ),
]
MidiChannel = Annotated[
    int | None, typer.Option(metavar="N", min=1, max=16, help="The MIDI channel to follow.")
]
NoPage = Annotated[bool, typer.Option("--quiet", "-q", help="No status page.")]
Source = Annotated[Path, typer.Argument(metavar="IN_DIR", help="The folder of the stems.")]
Target = Annotated[Path, typer.Argument(metavar="OUT_DIR", help="The folder for the results.")]
Daw = Annotated[str, typer.Argument(metavar="DAW", help="ardour, reaper or ableton.")]
To = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Where to; the DAW's own folder for scripts, if left out."),
]
Force = Annotated[
    bool, typer.Option("--force", "-f", help="Replace files that did not come from Restyle.")
]


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.command()(batch)
    app.command(rich_help_panel=PANEL)(serve)
    app.command("install-daw", rich_help_panel=PANEL)(install_daw)


def serve(
    *,
    root: Roots = None,
    port: Port = 9471,
    host: Host = "127.0.0.1",
    workers: Workers = 0,
    scheduler: ClusterAddress = None,
    preset: Preset = "",
    max_queue: MaxQueue = 1000,
    max_minutes: MaxMinutes = 60.0,
    hang_seconds: HangSeconds = 60.0,
    journal: JournalFile = None,
    log: Log = None,
    midi_in: MidiIn = None,
    midi_channel: MidiChannel = None,
    quiet: NoPage = False,
) -> None:
    """Restyle what a DAW sends: an OSC server that runs until Ctrl-C.

    [bold]restyle serve --root ~/Music/Stems[/bold]

    Then, from anything that speaks OSC:

    [bold]oscsend localhost 9471 /restyle/submit ssss job-1 in.wav out.wav violin[/bold]

    A job that was accepted is done, whatever happens in between: jobs are written down, and what
    was not finished when the server stopped is done after its next start.
    """
    if not root:
        raise ValueError("Say which folders jobs may use: restyle serve --root FOLDER.")
    _check_host(host)

    from plugin_bridge.serve import Options
    from plugin_bridge.serve import serve as run

    run(
        Options(
            roots=root,
            host=host,
            port=port,
            workers=workers,
            scheduler=scheduler,
            preset=preset,
            max_queue=max_queue,
            max_minutes=max_minutes,
            hang_seconds=hang_seconds,
            journal=journal,
            log=log,
            midi_in=midi_in,
            midi_channel=midi_channel,
            quiet=quiet,
        )
    )


def batch(
    source: Source,
    target: Target,
    *,
    preset: Wanted,
    strength: Strength = None,
    mix: Mix = None,
    gain_db: GainDb = None,
    seed: Seed = None,
    workers: Workers = 0,
    scheduler: ClusterAddress = None,
    quiet: Quiet = False,
) -> None:
    """Restyle every sound file of a folder, and of its folders, into another folder.

    [bold]restyle batch stems restyled --preset violin[/bold]

    Run it again to go on after a stop: what is done is skipped. It does the work itself; no server
    is needed.
    """
    import presets
    from plugin_bridge.jobs.batch import batch as run
    from plugin_bridge.terminal.progress_bar import progress_bar

    given = {"strength": strength, "mix": mix, "gain_db": gain_db, "seed": seed}
    with progress_bar(source.name, quiet=quiet) as report:
        summary = run(
            source,
            target,
            presets.get(preset).name,
            {name: value for name, value in given.items() if value is not None},
            workers=workers,
            scheduler=scheduler,
            on_progress=report,
        )
    for stem, reason in summary.failed.items():
        typer.echo(f"restyle: {stem}: {reason}", err=True)
    if summary.stopped:
        typer.echo("restyle: stopped; run it again to go on", err=True)
        raise typer.Exit(130)
    if not quiet:
        skipped = f", skipped {summary.skipped} that were done before" if summary.skipped else ""
        print(f"Restyled {summary.done} into {target}{skipped}.")
    if summary.failed:
        count = len(summary.failed)
        raise ValueError(f"{count} of the files {'was' if count == 1 else 'were'} not restyled.")


def install_daw(daw: Daw, *, to: To = None, force: Force = False) -> None:
    """Put Restyle's scripts where a DAW finds them, and say what to do there.

    [bold]restyle install-daw ardour[/bold]
    """
    from plugin_bridge.daw.install import install, next_steps

    for path in install(daw, to, force=force):
        print(f"Wrote {path}")
    print(next_steps(daw))


def _check_host(host: str) -> None:
    import ipaddress

    try:
        ipaddress.ip_address(host)
    except ValueError:
        raise ValueError(
            f"--host takes an address such as 127.0.0.1 or 0.0.0.0, not {host!r}."
        ) from None
