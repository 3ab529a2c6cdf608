"""``restyle serve``: puts together the jobs and the ways to reach them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import re
import signal
import sys
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from effects.chains.plugins import PluginFolders, folders_of
from plugin_bridge.jobs.chain_rules import NO_PLUGINS_ON_DASK, STRANGERS, ChainRules
from plugin_bridge.jobs.journal import Journal
from plugin_bridge.jobs.looking import Lookers
from plugin_bridge.jobs.operations import chained
from plugin_bridge.jobs.roots import Roots
from plugin_bridge.jobs.service import Service
from plugin_bridge.jobs.workers.dask import Cluster
from plugin_bridge.jobs.workers.local import LocalWorkers
from plugin_bridge.log import log_fault, logging_to
from plugin_bridge.osc.addresses import HOST, PORT
from plugin_bridge.osc.endpoint import Endpoint
from plugin_bridge.osc.udp import open_socket
from plugin_bridge.storage.claim import claim
from plugin_bridge.storage.files import Files
from plugin_bridge.storage.opening import open_files

if TYPE_CHECKING:
    from plugin_bridge.web.server import Options as WebOptions

WEB_HOST, WEB_PORT = "127.0.0.1", 8471  # beside OSC's 9471
#: Options that have to be more than 0.
POSITIVE = (
    "max_minutes",
    "hang_seconds",
    "max_upload_mb",
    "keep_uploads_hours",
    "keep_results_days",
    "max_owner_mb",
)

_HOST_NAME = re.compile(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+")  # a name, or an address of IPv6


@dataclass(frozen=True, kw_only=True)
class Options:
    """The options of ``restyle serve``, which its ``--help`` explains."""

    roots: Sequence[Path] = ()
    plugins: Sequence[Path] = ()
    host: str = HOST
    port: int = PORT
    workers: int = 0
    threads: int | None = None
    scheduler: str | None = None
    preset: str = ""
    max_queue: int = 1000
    max_minutes: float = 60.0
    hang_seconds: float = 60.0
    journal: Path | None = None
    log: Path | None = None
    midi_in: str | None = None
    midi_channel: int | None = None
    quiet: bool = False
    web: bool = False
    web_host: str = WEB_HOST
    web_port: int = WEB_PORT
    allow_hosts: Sequence[str] = ()
    data: Path | None = None
    max_upload_mb: float = 500.0
    keep_uploads_hours: float = 24.0
    keep_results_days: float = 7.0
    min_free_mb: float = 1000.0
    max_owner_mb: float = 10_000.0
    records: str | None = None
    files: str | None = None
    webhooks_to_private: bool = False


def default_journal() -> Path:
    """Where the journal is unless ``--journal`` names a file."""
    import platformdirs

    return platformdirs.user_state_path("restyle", appauthor=False) / "journal.sqlite"


def default_data() -> Path:
    """Where uploads and results are unless ``--data`` names a folder."""
    from presets.catalogue import user_folder

    return user_folder().parent / "web"


def serve(options: Options) -> None:
    """Serve until SIGTERM or Ctrl-C; jobs still running then go back to the queue.

    Raises:
        ValueError: an option is impossible, the journal or a port is in use, there is no such MIDI
            input, Dask scheduler, database or bucket, or a package is missing.
        OSError: the journal or the log cannot be written.
    """
    import plugin_bridge.files.sound_files  # noqa: F401 - so that the first message need not wait
    import presets

    _check(options)
    if options.web:
        _need_web()
    presets.every()
    roots = Roots(options.roots, max_seconds=60 * options.max_minutes)
    rules = _rules(options)
    preset = chained.find(options.preset).name if options.preset else ""
    with contextlib.ExitStack() as open_things:
        open_things.enter_context(logging_to(options.log))
        journal = _journal(options)
        open_things.callback(journal.close)
        workers = _workers(options)
        open_things.callback(workers.shutdown)
        lookers = Lookers(roots)
        open_things.callback(lookers.shutdown)
        files = _files(options, journal) if options.web else None
        asyncio.run(_serve(options, journal, workers, lookers, files, rules, preset))


def _check(options: Options) -> None:
    """Check what the options say of themselves. Raises ValueError."""
    for name in POSITIVE:
        if not 0 < getattr(options, name) < math.inf:
            raise ValueError(f"{_written(name)} must be more than 0, and a number.")
    if not math.isfinite(options.min_free_mb):
        raise ValueError("--min-free-mb must be a number.")
    for name in ("data", "files", "allow_hosts", "webhooks_to_private"):
        if getattr(options, name) and not options.web:
            raise ValueError(f"{_written(name)} is for the web: add --web.")
    for host in options.allow_hosts:
        if not _HOST_NAME.fullmatch(host):
            raise ValueError(
                f"--allow-host takes a name such as restyle.example.org, without http:// and port, "
                f"not {host!r}."
            )


def _written(name: str) -> str:
    """An option as it is written in a shell."""
    return f"--{name.removesuffix('s') if name == 'allow_hosts' else name}".replace("_", "-")


def _need_web() -> None:
    """Check that what ``--web`` needs is installed. Raises ValueError."""
    try:
        import fastapi  # noqa: F401
        import httptools  # noqa: F401
        import python_multipart  # noqa: F401
        import uvicorn  # noqa: F401
    except ImportError as error:
        raise ValueError(f"--web needs {error.name}: pip install 'restyle[web]'.") from error


def _rules(options: Options) -> ChainRules:
    """What the chains of jobs may have. Raises ValueError: a folder of plugins is not there."""
    if not options.plugins:
        return ChainRules(no_plugins=NO_PLUGINS_ON_DASK) if options.scheduler else STRANGERS
    if options.scheduler:
        raise ValueError(
            "--plugins is for workers on this machine: plugins do not run on a Dask cluster. Leave "
            "it or --scheduler out."
        )
    return ChainRules(PluginFolders(folders_of(options.plugins), only=True))


def _workers(options: Options) -> LocalWorkers | Cluster:
    """Where the jobs are done. Raises ValueError."""
    if options.scheduler:
        return Cluster(options.scheduler)
    return LocalWorkers(options.workers, quiet=bool(options.plugins))


def _journal(options: Options) -> Journal:
    """The journal, in a file or in a database. Raises ValueError or OSError."""
    if options.records is None:
        return Journal(options.journal or default_journal())
    from plugin_bridge.jobs.records.opening import open_shared

    return Journal(records=open_shared(options.records))


def _files(options: Options, journal: Journal) -> Files:
    """Where files are kept, and those of no other journal. Raises ValueError or OSError."""
    place = options.files or options.data or default_data()
    files = open_files(place)
    claim(files, str(place), journal.records.secret())
    return files


async def _serve(
    options: Options,
    journal: Journal,
    workers: LocalWorkers | Cluster,
    lookers: Lookers,
    files: Files | None,
    rules: ChainRules,
    preset: str,
) -> None:
    from plugin_bridge.terminal.status_page import status_page

    threading.Thread(target=chained.prepare, name="restyle-chains", daemon=True).start()
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    loop.set_exception_handler(log_fault())
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows
            loop.add_signal_handler(number, stop.set)
    service = Service(
        journal,
        workers,
        lookers,
        files=files,
        max_queue=options.max_queue,
        on_trouble=lambda text: print(f"restyle: {text}", file=sys.stderr, flush=True),
        hang_seconds=options.hang_seconds,
        threads=options.threads,
        rules=rules,
    )
    if preset:
        service.set_default("restyle", "preset", preset)
    async with _reached(options, service) as address:
        with (
            _midi(options, service, loop),
            status_page(service, address, lookers.roots, quiet=options.quiet),
        ):
            await _work(service, stop)
    waiting = service.counts(None)["queued"]
    if waiting and not options.quiet:
        print(f"{waiting} {'job waits' if waiting == 1 else 'jobs wait'} for the next start.")


async def _work(service: Service, stop: asyncio.Event) -> None:
    """Do the jobs until ``stop`` is set; those running then go back to the queue."""
    work = asyncio.create_task(service.run())
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({work, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        work.cancel()
        stopping.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await work
        logging.getLogger("restyle.serve").info("stopped")


@contextlib.asynccontextmanager
async def _reached(options: Options, service: Service) -> AsyncIterator[str]:
    """Let clients reach the service while the block lasts; lends the address to show."""
    log = logging.getLogger("restyle.serve")
    address = ""
    if folders := [*map(str, service.rules.plugins.folders)]:
        log.info("plugins", extra={"folders": folders})
    async with contextlib.AsyncExitStack() as ways:
        if options.roots:
            transport = await _listen(options, service)
            ways.callback(transport.close)
            host, port = transport.get_extra_info("sockname")[:2]
            address = f"{host}:{port}"
            roots = [*map(str, options.roots)]
            log.info("listening", extra={"host": host, "port": port, "roots": roots})
        if options.web:
            from plugin_bridge.web.server import serving

            address = await ways.enter_async_context(serving(service, _web(options)))
            print(f"Web page at {address}", flush=True)
            log.info("listening", extra={"web": address})
        yield address


def _web(options: Options) -> WebOptions:
    """The options of the web's server."""
    from plugin_bridge.web.desk import Limits
    from plugin_bridge.web.server import Options as WebOptions

    return WebOptions(
        host=options.web_host,
        port=options.web_port,
        names=options.allow_hosts,
        limits=Limits(
            upload_bytes=round(1e6 * options.max_upload_mb),
            owner_bytes=round(1e6 * options.max_owner_mb),
            free_bytes=round(1e6 * options.min_free_mb),
            uploads_seconds=3600 * options.keep_uploads_hours,
            results_seconds=86400 * options.keep_results_days,
            audio_seconds=60 * options.max_minutes,
            private_webhooks=options.webhooks_to_private,
        ),
    )


async def _listen(options: Options, service: Service) -> asyncio.DatagramTransport:
    """Open the OSC port, and say where it is.

    Raises:
        ValueError: it is in use, or there is no such address.
    """
    loop = asyncio.get_running_loop()
    try:
        udp = open_socket(options.host, options.port)
    except OSError as error:
        raise ValueError(
            f"Port {options.port} of {options.host} cannot be used ({error.strerror}): is another "
            "restyle serve running? Choose another with --port."
        ) from error
    # Other loops read ahead, and what they have begun to read is theirs.
    drained = udp if isinstance(loop, asyncio.SelectorEventLoop) else None
    transport, _ = await loop.create_datagram_endpoint(lambda: Endpoint(service, drained), sock=udp)
    host, port = transport.get_extra_info("sockname")[:2]
    print(f"Listening on {host}:{port}", flush=True)
    if not _is_loopback(host):
        print(
            f"Anyone who reaches {host} can send jobs: firewall it, or leave --host out.",
            flush=True,
        )
    return transport


@contextlib.contextmanager
def _midi(options: Options, service: Service, loop: asyncio.AbstractEventLoop) -> Iterator[None]:
    """Follow a MIDI input, if one was named: it sets the defaults of jobs."""
    if options.midi_in is None:
        yield
        return
    from plugin_bridge import midi_input

    with midi_input.listen(
        options.midi_in,
        lambda setting: loop.call_soon_threadsafe(midi_input.steer, service, setting),
        channel=options.midi_channel,
    ):
        yield


def _is_loopback(host: str) -> bool:
    import ipaddress

    return ipaddress.ip_address(host).is_loopback
