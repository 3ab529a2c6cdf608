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
Plugins = Annotated[
    list[Path] | None,
    typer.Option(
        "--plugins",
        metavar="DIR",
        help="A folder of VST3 plugins that chains may use; may be given several times. Without "
        "this no plugin runs: they are code.",
    ),
]
Preset = Annotated[str, preset_option("The style of jobs that name none; a chain will do.")]
MaxQueue = Annotated[int, typer.Option(min=1, help="How many jobs may wait.")]
MaxMinutes = Annotated[float, typer.Option(min=0.01, help="The longest stem, in minutes.")]
HangSeconds = Annotated[
    float,
    typer.Option(
        min=10.0,
        help="A worker that is silent, or a plugin that gets no further, for so long is replaced.",
    ),
]
JournalFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Where jobs are written down; each server needs its own. Without this, in the "
        "system's folder for the state of programs.",
    ),
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
Web = Annotated[
    bool, typer.Option("--web", help="Serve a web page and an HTTP API: needs restyle\\[web].")
]
WebHost = Annotated[
    str, typer.Option(metavar="ADDRESS", help="Where the web is served: 0.0.0.0 for everybody.")
]
WebPort = Annotated[
    int, typer.Option(metavar="PORT", min=0, max=65535, help="The web's port; 0 for any.")
]
AllowHost = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME", help="A name by which the web is reached; may be given several times."
    ),
]
Data = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        help="Where the web's uploads and results are kept, and nothing else. Without this, beside "
        "your presets.",
    ),
]
MaxUpload = Annotated[float, typer.Option(metavar="MB", help="The largest upload.")]
KeepUploads = Annotated[
    float, typer.Option(metavar="HOURS", help="How long uploads are kept that no job uses.")
]
KeepResults = Annotated[
    float, typer.Option(metavar="DAYS", help="How long jobs of the web and results are kept.")
]
MinFree = Annotated[
    float, typer.Option(metavar="MB", min=0, help="What uploads leave free on the disk.")
]
MaxOwner = Annotated[
    float, typer.Option(metavar="MB", help="What one owner's uploads and results may take.")
]
RecordsAddress = Annotated[
    str | None,
    typer.Option(
        metavar="postgresql://...",
        help="A database that several servers share, in place of the journal.",
    ),
]
FilesAddress = Annotated[
    str | None,
    typer.Option(
        metavar="s3://BUCKET/PREFIX", help="Where several servers keep files, in place of --data."
    ),
]
ToPrivate = Annotated[
    bool,
    typer.Option(
        "--webhooks-to-private",
        help="Let webhooks lead into internal networks: clients can then reach what this machine "
        "reaches.",
    ),
]


def serve(
    *,
    root: Roots = None,
    port: ListenPort = PORT,
    host: ListenHost = HOST,
    workers: Workers = 0,
    threads: JobThreads = None,
    scheduler: ClusterAddress = None,
    plugins: Plugins = None,
    preset: Preset = "",
    max_queue: MaxQueue = 1000,
    max_minutes: MaxMinutes = 60.0,
    hang_seconds: HangSeconds = 60.0,
    journal: JournalFile = None,
    log: Log = None,
    midi_in: MidiIn = None,
    midi_channel: MidiChannel = None,
    quiet: NoPage = False,
    web: Web = False,
    web_host: WebHost = "127.0.0.1",
    web_port: WebPort = 8471,
    allow_host: AllowHost = None,
    data: Data = None,
    max_upload_mb: MaxUpload = 500.0,
    keep_uploads_hours: KeepUploads = 24.0,
    keep_results_days: KeepResults = 7.0,
    min_free_mb: MinFree = 1000.0,
    max_owner_mb: MaxOwner = 10_000.0,
    records: RecordsAddress = None,
    files: FilesAddress = None,
    webhooks_to_private: ToPrivate = False,
) -> None:
    """Restyle what a DAW or a browser sends: a server that runs until Ctrl-C.

    [bold]restyle serve --root ~/Music/Stems[/bold]

    Then, from anything that speaks OSC:

    [bold]oscsend localhost 9471 /restyle/submit ssss job-1 in.wav out.wav violin[/bold]

    Or from a browser, and from anything that speaks HTTP:

    [bold]restyle serve --web[/bold]

    An accepted job is done, whatever happens in between: jobs are written down, and those that were
    not finished when the server stopped are done after its next start.
    """
    if not root and not web:
        raise ValueError(
            "Say which folders jobs may use: restyle serve --root FOLDER. "
            "Or serve a web page: restyle serve --web."
        )
    _check_host("--host", host)
    _check_host("--web-host", web_host)

    from plugin_bridge.serve import Options
    from plugin_bridge.serve import serve as run

    run(
        Options(
            roots=root or (),
            plugins=plugins or (),
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
            web=web,
            web_host=web_host,
            web_port=web_port,
            allow_hosts=allow_host or (),
            data=data,
            max_upload_mb=max_upload_mb,
            keep_uploads_hours=keep_uploads_hours,
            keep_results_days=keep_results_days,
            min_free_mb=min_free_mb,
            max_owner_mb=max_owner_mb,
            records=records,
            files=files,
            webhooks_to_private=webhooks_to_private,
        )
    )


def _check_host(option: str, host: str) -> None:
    import ipaddress

    try:
        ipaddress.ip_address(host)
    except ValueError:
        raise ValueError(
            f"{option} takes an address such as 127.0.0.1 or 0.0.0.0, not {host!r}."
        ) from None
