"""``restyle serve``: the server that does the jobs that DAWs send."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from plugin_bridge.cli.options import (
    ClusterAddress,
    JobThreads,
    ListenHost,
    ListenPort,
    NoPage,
    Workers,
    preset_option,
)
from plugin_bridge.osc.addresses import HOST, PORT

Roots = Annotated[
    list[Path] | None,
    typer.Option(
        "--root",
        metavar="DIR",
        help="A folder in which jobs may read and write; may be given several times.",
    ),
]
Preset = Annotated[str, preset_option("The style of jobs that name none.")]
MaxQueue = Annotated[int, typer.Option(min=1, help="How many jobs may wait.")]
MaxMinutes = Annotated[float, typer.Option(min=0.01, help="The longest stem, in minutes.")]
HangSeconds = Annotated[
    float, typer.Option(min=10.0, help="A worker that is silent for so long is replaced.")
]
JournalFile = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Where jobs are written down; each server needs its own."),
]
Log = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Write a log to this file, one line of JSON per event."),
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


def serve(
    *,
    root: Roots = None,
    port: ListenPort = PORT,
    host: ListenHost = HOST,
    workers: Workers = 0,
    threads: JobThreads = None,
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

    An accepted job is done, whatever happens in between: jobs are written down, and those that were
    not finished when the server stopped are done after its next start.
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
            threads=threads,
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


def _check_host(host: str) -> None:
    import ipaddress

    try:
        ipaddress.ip_address(host)
    except ValueError:
        raise ValueError(
            f"--host takes an address such as 127.0.0.1 or 0.0.0.0, not {host!r}."
        ) from None
