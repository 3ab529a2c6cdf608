"""``restyle serve``: puts together the jobs and the ways to reach them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import logging.handlers
import math
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plugin_bridge.errors import MAX_CHARACTERS
from plugin_bridge.jobs.journal import Journal
from plugin_bridge.jobs.looking import Lookers
from plugin_bridge.jobs.roots import Roots
from plugin_bridge.jobs.service import Service
from plugin_bridge.jobs.workers.dask import Cluster
from plugin_bridge.jobs.workers.local import LocalWorkers
from plugin_bridge.osc.addresses import HOST, PORT
from plugin_bridge.osc.endpoint import Endpoint
from plugin_bridge.osc.udp import open_socket

LOG_BYTES = 400_000  # a log of this size is moved aside, and one such is kept; not searched
_NOWHERE = logging.NullHandler()
TRACE_CHARACTERS = 2000  # of a trace in the log, its end; not searched


@dataclass(frozen=True, kw_only=True)
class Options:
    """The options of ``restyle serve``, which its ``--help`` explains."""

    roots: Sequence[Path]
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


def default_journal() -> Path:
    """Where the journal is unless ``--journal`` names a file."""
    import platformdirs

    return platformdirs.user_state_path("restyle", appauthor=False) / "journal.sqlite"


def serve(options: Options) -> None:
    """Serve until SIGTERM or Ctrl-C; jobs still running then go back to the queue.

    Raises:
        ValueError: an option is impossible, the journal or the port is in use, or there is no such
            MIDI input or Dask scheduler.
        OSError: the journal or the log cannot be written.
    """
    import plugin_bridge.files.sound_files  # noqa: F401 - so that the first message need not wait
    import presets

    for name in ("max_minutes", "hang_seconds"):
        if not getattr(options, name) > 0:
            raise ValueError(f"--{name.replace('_', '-')} must be more than 0.")
    presets.every()
    roots = Roots(options.roots, max_seconds=60 * options.max_minutes)
    preset = presets.get(options.preset).name if options.preset else ""
    with contextlib.ExitStack() as open_things:
        open_things.enter_context(_logging(options.log))
        journal = Journal(options.journal or default_journal())
        open_things.callback(journal.close)
        workers = Cluster(options.scheduler) if options.scheduler else LocalWorkers(options.workers)
        open_things.callback(workers.shutdown)
        lookers = Lookers(roots)
        open_things.callback(lookers.shutdown)
        asyncio.run(_serve(options, journal, workers, lookers, preset))


async def _serve(
    options: Options,
    journal: Journal,
    workers: LocalWorkers | Cluster,
    lookers: Lookers,
    preset: str,
) -> None:
    from plugin_bridge.terminal.status_page import status_page

    roots = lookers.roots
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    loop.set_exception_handler(_log_fault())
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows
            loop.add_signal_handler(number, stop.set)
    service = Service(
        journal,
        workers,
        lookers,
        max_queue=options.max_queue,
        on_trouble=lambda text: print(f"restyle: {text}", file=sys.stderr, flush=True),
        hang_seconds=options.hang_seconds,
        threads=options.threads,
    )
    if preset:
        service.set_default("restyle", "preset", preset)
    transport = await _listen(options, service)
    host, port = transport.get_extra_info("sockname")[:2]
    log = logging.getLogger("restyle.serve")
    log.info("listening", extra={"host": host, "port": port, "roots": [*map(str, roots.folders)]})
    with (
        _midi(options, service, loop),
        status_page(service, f"{host}:{port}", roots, quiet=options.quiet),
    ):
        work = asyncio.create_task(service.run())
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({work, stopping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            work.cancel()
            stopping.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await work
            transport.close()
            log.info("stopped")
    waiting = service.counts(None)["queued"]
    if waiting and not options.quiet:
        print(f"{waiting} {'job waits' if waiting == 1 else 'jobs wait'} for the next start.")


def _log_fault() -> Callable[[asyncio.AbstractEventLoop, dict[str, Any]], None]:
    """What has the loop log faults that nobody handled, at most one a second, and print none."""
    logged = -math.inf

    def log(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        nonlocal logged
        if loop.time() - logged >= 1:
            logged = loop.time()
            said = {"what": str(context["message"])[:MAX_CHARACTERS]}
            logging.getLogger("restyle.serve").error(
                "fault", exc_info=context.get("exception"), extra=said
            )

    return log


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


class _JsonLines(logging.Formatter):
    """One JSON object per line: time, level, event, and what else the event has to say."""

    _own = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, object] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.localtime(record.created)),
            "level": record.levelname.lower(),
            "event": record.getMessage()[:MAX_CHARACTERS],
        }
        entry.update({k: v for k, v in vars(record).items() if k not in self._own})
        if record.exc_info:
            entry["trace"] = self.formatException(record.exc_info)[-TRACE_CHARACTERS:]
        return json.dumps(entry, default=str)


@contextlib.contextmanager
def _logging(path: Path | None) -> Iterator[None]:
    """Write the log to ``path``, if one is given; it never grows beyond twice ``LOG_BYTES``."""
    log = logging.getLogger("restyle.serve")
    log.propagate = False
    log.setLevel(logging.INFO)
    log.addHandler(_NOWHERE)  # stays: what is logged after the end must not be printed
    handler: logging.Handler = _NOWHERE
    if path is not None:
        handler = logging.handlers.RotatingFileHandler(
            path, maxBytes=LOG_BYTES, backupCount=1, encoding="utf-8"
        )
        handler.setFormatter(_JsonLines())
        log.addHandler(handler)
    logging.raiseExceptions = False  # a full disk must not fill the terminal with traces
    try:
        yield
    finally:
        if handler is not _NOWHERE:
            log.removeHandler(handler)
            handler.close()


def _is_loopback(host: str) -> bool:
    import ipaddress

    return ipaddress.ip_address(host).is_loopback
