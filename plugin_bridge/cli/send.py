"""``restyle send``, ``status`` and ``cancel``: the server's jobs from the command line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from plugin_bridge.cli.chain_choice import changed
from plugin_bridge.cli.chain_options import ServersChain, Set, check_excluded
from plugin_bridge.cli.grouped import grouped
from plugin_bridge.cli.latent_options import Morphing, Tweaking
from plugin_bridge.cli.options import (
    Balance,
    Bed,
    Drums,
    Dynamics,
    GainDb,
    Host,
    Insecure,
    JobEngine,
    JobMix,
    JobSeed,
    JobStrength,
    Lead,
    Port,
    Quiet,
    Server,
    ServerKey,
    SongKey,
    preset_option,
)
from plugin_bridge.cli.status_file import StatusFile, check_status_file
from plugin_bridge.cli.works import (
    MASHUP,
    Chosen,
    MashupWith,
    MorphWith,
    Tweaked,
    WorkTempo,
    choose,
)
from plugin_bridge.errors import shown
from plugin_bridge.osc.addresses import HOST, PORT

if TYPE_CHECKING:
    from plugin_bridge.client_types import Result
    from plugin_bridge.osc.client import Client as OscClient
    from plugin_bridge.web.client.client import Client as HttpClient

    Either = OscClient | HttpClient

# To cancel a job after Ctrl-C; not searched, it is less than the process has left then.
FAREWELL_SECONDS = 0.2
PATIENCE_SECONDS = 2.0  # for questions that the server answers at once; by guess

Stem = Annotated[
    Path,
    typer.Argument(
        metavar="IN", help="The stem, inside a folder that the server may use; any, with --server."
    ),
]
Out = Annotated[
    Path,
    typer.Argument(
        metavar="OUT",
        help="Where the server is to write it, or this command, with --server; no file may be "
        "there.",
    ),
]
Style = Annotated[
    Path | None,
    typer.Option(
        metavar="CLIP",
        help="A sound file to take the timbre from, in place of a preset: inside a folder that the "
        "server may use; any, with --server, which it is sent along to.",
    ),
]
Preset = Annotated[
    str,
    preset_option("The style, by name or General MIDI number; without this, the server's default."),
]
Name = Annotated[
    str | None,
    typer.Option(
        "--job",
        metavar="ID",
        help="An id of your own, for status and cancel. Sending the same again under the same id "
        "does not restyle twice.",
    ),
]
StatusPath = Annotated[
    Path | None,
    typer.Option(
        "--status",
        metavar="FILE.json",
        help="Keep the job's state in this file, for programs that read it.",
    ),
]
NoWait = Annotated[
    bool, typer.Option("--no-wait", help="Print the job's id and exit; the job goes on.")
]
Job = Annotated[str, typer.Argument(metavar="JOB", help="The job's id.")]
MaybeJob = Annotated[
    str | None, typer.Argument(metavar="[JOB]", help="A job's id; without it, counts of all.")
]


@grouped
def send(
    stem: Stem,
    out: Out,
    *,
    preset: Preset = "",
    style: Style = None,
    chain: ServersChain = "",
    set: Set = [],  # noqa: B006 - it names the option; typer takes no other default
    engine: JobEngine = None,
    strength: JobStrength = None,
    mix: JobMix = None,
    gain_db: GainDb = None,
    seed: JobSeed = None,
    drums: Drums = None,
    dynamics: Dynamics = None,
    mashup: MashupWith = None,
    lead: Lead = None,
    balance: Balance = None,
    bed: Bed = None,
    song_key: SongKey = None,
    tempo: WorkTempo = None,
    morph: MorphWith = None,
    morphing: Morphing,
    tweak: Tweaked = False,
    tweaking: Tweaking,
    job: Name = None,
    status: StatusPath = None,
    no_wait: NoWait = False,
    server: Server = None,
    key: ServerKey = "",
    insecure: Insecure = False,
    host: Host = HOST,
    port: Port = PORT,
    quiet: Quiet = False,
) -> None:
    """Have a running server restyle IN and write OUT, and wait for it.

    In one terminal:  [bold]restyle serve --root stems[/bold]

    In another:  [bold]restyle send stems/piano.wav stems/violin.wav --preset violin[/bold]

    OUT appears once it is whole, with OUT.json beside it, which says how it went. Settings that
    are left out are the server's. Ctrl-C cancels the job and leaves no OUT.

    In the sound of a clip:  [bold]restyle send stems/piano.wav stems/out.wav --style
    stems/cello.wav[/bold]

    Through a chain of effects that the server has:  [bold]restyle send stems/piano.wav
    stems/out.wav --chain tape --set level.gain_db=-6[/bold]

    The lead of another song over IN:  [bold]restyle send stems/beat.wav stems/out.wav --mashup
    stems/voice.wav[/bold]

    From IN towards another piece, or IN with its latent changed:

    [bold]restyle send stems/a.wav stems/out.wav --morph stems/b.wav --at 0:1[/bold]

    [bold]restyle send stems/a.wav stems/out.wav --tweak --more-notes 1[/bold]

    Over HTTP:  [bold]restyle send piano.wav violin.wav --server http://localhost:8471[/bold]

    IN is sent, and OUT fetched; there is no OUT.json. A key goes to another machine over https://
    alone, unless --insecure allows it in clear text.
    """
    if status is not None:
        check_status_file(status, out)
        if no_wait:
            raise ValueError("--status follows the job to its end: leave --no-wait out.")
    if server is not None and job is not None:
        raise ValueError("--server gives jobs ids of its own: leave --job out.")

    from plugin_bridge.terminal.progress_bar import progress_bar

    options = {
        **{"preset": preset, "style": style, "strength": strength, "mix": mix, "gain_db": gain_db},
        **{"seed": seed, "drums": drums, "dynamics": dynamics, "engine": engine},
        **{"lead": lead, "balance": balance, "bed": bed, "song_key": song_key, "tempo": tempo},
        **{"chain": chain, "set": set},
        **vars(morphing),
        **vars(tweaking),
    }
    chosen = _as_sent(choose(mashup, morph, tweak, options))
    told = StatusFile(status, job or "", out)
    with told.to_the_end(), _client(server, key, insecure, host, port) as client:
        job = _submitted(client, told, stem, out, chosen)
        if no_wait:
            print(job)
            return
        with _cancelled_with_us(client, job), progress_bar(stem.name, quiet=quiet) as show:

            def on_progress(fraction: float, stage: str) -> None:
                show(fraction, stage)
                told.note(fraction, stage)

            result = client.wait(job, on_progress=on_progress)
    if not quiet:
        print(f"Wrote {shown(out)}{_describe(result)}.")
        if result.advice:
            typer.echo(f"restyle: {shown(result.advice)}", err=True)


def _as_sent(chosen: Chosen) -> Chosen:
    """What a server is told: a chain's name in a preset's place, and settings by their names.

    Raises:
        ValueError: a chain is asked for by its file, or beside something else, or what is set is
            of none.
    """
    from presets.chain_files.catalogue import is_path

    settings = dict(chosen.settings)
    chain, texts = settings.pop("chain", ""), settings.pop("set", [])
    if not chain:
        if texts:
            raise ValueError("--set is for chains: add --chain NAME.")
        return chosen
    if is_path(chain):
        raise ValueError(
            f"--chain {chain}: a server takes chains by their names. Add it there, with restyle "
            "chains add NAME FILE, and name it."
        )
    check_excluded({f"--{it}": settings.get(it) for it in ("style", "preset", "engine")})
    for name, value in changed(texts).items():
        if "." not in name:
            raise ValueError(
                f"--set {name}: write NAME.PARAMETER=VALUE, as reverb.wet_level=0.2. "
                "Those of the chain's StyleTransfer are options, as --strength."
            )
        settings[name] = value
    return chosen._replace(settings={**settings, "preset": chain})


def status(
    job: MaybeJob = None,
    *,
    server: Server = None,
    key: ServerKey = "",
    insecure: Insecure = False,
    host: Host = HOST,
    port: Port = PORT,
) -> None:
    """Say what the server is doing, or how a job is.

    [bold]restyle status[/bold]

    [bold]restyle status job-1[/bold]

    With --server, only jobs of the key's owner count.
    """
    with _client(server, key, insecure, host, port, PATIENCE_SECONDS) as client:
        if job is None:
            at = client.status()
            print(f"{at.running} running, {at.queued} queued, {at.done} done, {at.failed} failed.")
        else:
            it = client.progress(job)
            fraction = f" {100 * it.progress:.0f} %" if it.state == "running" else ""
            print(f"{it.state}{fraction}{': ' if it.detail else ''}{shown(it.detail)}")


def cancel(
    job: Job,
    *,
    server: Server = None,
    key: ServerKey = "",
    insecure: Insecure = False,
    host: Host = HOST,
    port: Port = PORT,
) -> None:
    """Stop a job that is queued or running. It leaves no file.

    [bold]restyle cancel job-1[/bold]
    """
    with _client(server, key, insecure, host, port) as client:
        if not client.cancel(job):
            raise ValueError(f"{job} had ended already: there is nothing to cancel.")
    print(f"Cancelled {shown(job)}.")


def _client(
    server: str | None,
    key: str,
    insecure: bool,
    host: str,
    port: int,
    timeout_seconds: float | None = None,
) -> Either:
    """A client of the server that the options name, over HTTP or OSC."""
    more = {} if timeout_seconds is None else {"timeout_seconds": timeout_seconds}
    if server is not None:
        from plugin_bridge.web.client.client import Client as HttpClient

        return HttpClient(server, key=key, insecure=insecure, **more)
    from plugin_bridge.osc.client import Client as OscClient

    return OscClient(host, port, **more)


def _submitted(
    client: Either,
    told: StatusFile,
    stem: Path,
    out: Path,
    chosen: Chosen,
) -> str:
    """Hand the job to the server: its id. Ctrl-C on the way cancels it."""
    from plugin_bridge.osc.client import Client as OscClient
    from plugin_bridge.osc.client import new_job

    submit, sounds = _request(client, stem, chosen)
    if isinstance(client, OscClient):
        told.job = job = told.job or new_job()
        told.write("sending")
        with _cancelled_with_us(client, job):
            return str(submit(*sounds, out, job=job, **chosen.settings))
    told.write("sending")
    told.job = submit(*sounds, out, **chosen.settings)
    return told.job


def _request(client: Either, stem: Path, chosen: Chosen) -> tuple[Callable[..., str], list[Path]]:
    """What of a client asks for the work, and the sounds that it is given before the output."""
    requests: dict[str, Callable[..., str]] = {
        "restyle": client.submit,
        "mashup": client.mashup,
        "morph": client.morph,
        "tweak": client.tweak,
    }
    others = [] if chosen.other is None else [chosen.other]
    # A song's lead is laid over the stem; a morph begins with it.
    sounds = [*others, stem] if chosen.work is MASHUP else [stem, *others]
    return requests[chosen.work.operation], sounds


@contextmanager
def _cancelled_with_us(client: Either, job: str) -> Iterator[None]:
    """Cancel the job if Ctrl-C or SIGTERM ends the block; an error does not."""
    try:
        yield
    except Exception:
        raise
    except BaseException:
        client.timeout_seconds = FAREWELL_SECONDS
        with suppress(ValueError, OSError):
            client.cancel(job)
        raise


def _describe(result: Result) -> str:
    """What was written, in a few words."""
    if not result.rate:
        return ""
    seconds = result.frames / result.rate
    return f": {seconds:.1f} s, {result.rate / 1000:g} kHz, in {result.seconds:.1f} s"
