"""The page that a terminal shows while the server runs."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from plugin_bridge.errors import shown

if TYPE_CHECKING:
    from plugin_bridge.jobs.refusals import RefusedRequest
    from plugin_bridge.jobs.roots import Roots
    from plugin_bridge.jobs.service import Service

# By eye.
ROWS = 8  # jobs shown
OTHER_LINES = 5  # than those of jobs and refusals: head, counts, title, the last one, and a cursor
RATE_SECONDS = 60.0  # over which the rate is taken
REDRAWS_PER_SECOND = 4


class StatusPage:
    """Draws itself anew each time: counts, rate, the first jobs that have not ended, refusals."""

    def __init__(self, service: Service, address: str, roots: Roots) -> None:
        self._service = service
        self._address = address
        self._roots = roots
        self._done: deque[tuple[float, int]] = deque([(time.monotonic(), self._ended())])

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield self._head()
        yield self._line()
        jobs = self._jobs()
        yield jobs
        yield from self._refused(console, console.height - OTHER_LINES - jobs.row_count)
        yield Text("Ctrl-C stops; what is unfinished goes on at the next start.", style="dim")

    def _head(self) -> Text:
        """Where the server is, and for which folders."""
        head = Text(f"Restyle at {self._address}, for ", no_wrap=True, overflow="ellipsis")
        head.append(shown(", ".join(map(str, self._roots.folders))))
        if folders := self._service.rules.plugins.folders:
            head.append(shown(f", with plugins from {', '.join(map(str, folders))}"))
        return head

    def _line(self) -> Text:
        """The counts, the rate and the preset."""
        counts = self._service.counts(None)
        line = Text("   ".join(f"{counts[s]} {s}" for s in ("queued", "running", "done", "failed")))
        line.append(f"   {self._rate():.1f} a minute")
        if preset := self._service.defaults("restyle").get("preset"):
            line.append(f"   preset {preset}")
        return line

    def _jobs(self) -> Table:
        """The first jobs that have not ended."""
        table = Table.grid(padding=(0, 2), expand=True)
        table.add_column(ratio=2, no_wrap=True, overflow="ellipsis")
        table.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
        table.add_column(width=20)
        table.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
        for job in [j for j in list(self._service.jobs.values()) if not j.ended][:ROWS]:
            bar = ProgressBar(1.0, job.progress, width=20)
            name, what = (
                job.name or Path(job.output).name,
                job.settings.get("preset", job.operation),
            )
            table.add_row(Text(shown(name)), Text(str(what)), bar, Text(job.stage or job.state))
        return table

    def _refused(self, console: Console, most_lines: int) -> Iterator[Text]:
        """The last refusals, or as many as there is room for: the newest at the end, in full."""
        refused = [Text(_told(it)) for it in self._service.refusals.last()]
        if not refused:
            return
        yield Text("Refused", "yellow")
        *earlier, newest = refused
        room = most_lines - len(newest.wrap(console, console.width))
        for row in earlier[-room:] if room > 0 else ():
            row.no_wrap, row.overflow = True, "ellipsis"
            yield row
        yield newest

    def _ended(self) -> int:
        counts = self._service.counts(None)
        return counts["done"] + counts["failed"]

    def _rate(self) -> float:
        """Jobs a minute, over the last minute."""
        now, ended = time.monotonic(), self._ended()
        self._done.append((now, ended))
        while len(self._done) > 2 and now - self._done[0][0] > RATE_SECONDS:
            self._done.popleft()
        since, before = self._done[0]
        return 60 * max(ended - before, 0) / max(now - since, 1.0)


def _told(refused: RefusedRequest) -> str:
    """A refusal on one line: when, to whom, of what, and why."""
    when = time.strftime("%H:%M:%S", time.localtime(refused.when))
    who = f"{refused.host}:{refused.port}" if refused.port else refused.host
    about = refused.job or refused.request
    what = f"{about}: {refused.text}" if about else refused.text
    often = f"{refused.count} times" if refused.count > 1 else ""
    return shown("  ".join(it for it in (when, who, often, what) if it))


@contextmanager
def status_page(service: Service, address: str, roots: Roots, *, quiet: bool) -> Iterator[None]:
    """Show the page while the block lasts, if there is a terminal and it is not ``quiet``."""
    console = Console()
    if quiet or not console.is_terminal:
        yield
        return
    page = StatusPage(service, address, roots)
    with Live(page, console=console, refresh_per_second=REDRAWS_PER_SECOND, transient=True):
        yield
