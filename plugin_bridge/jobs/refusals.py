"""Who was refused what, for all who can be reached: a log, watchers, and a page with the last ones.

An answer over UDP may be lost, and some programs cannot hear one. A flood of refusals must flood
nobody else, though: alike ones are one row with a count, and of each kind only so many in a while
are told one by one; of the rest, how many they were.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

log = logging.getLogger("restyle.serve")

KEPT = 20  # rows, as many as a page has; the figure
KEPT_OF_OTHERS = 5  # of these, of each kind that strangers can cause; by eye
# The rate of Linux's own log of what may come in floods (include/linux/ratelimit_types.h).
TOLD = 10  # of a kind, one by one
WHILE_SECONDS = 5.0

#: What was refused: a request over OSC, one of a host that has not proved where it is, what is no
#: OSC message at all, or a request over HTTP.
Kind = Literal["osc", "stranger", "malformed", "http"]


@dataclass(frozen=True, kw_only=True)
class RefusedRequest:
    """What was refused, and to whom.

    Attributes:
        kind: how it came.
        host, port: who asked; the port is 0 where it means nothing.
        request: an OSC address, or a method and a path of HTTP.
        job: the job's id, if the request has one.
        code: see `plugin_bridge.jobs.refusal.CODES`.
        text: why, with the remedy, on one line.
        count: how often.
        when: in Unix seconds, the last time.
    """

    kind: Kind
    text: str
    host: str = ""
    port: int = 0
    request: str = ""
    job: str = ""
    code: str = ""
    count: int = 1
    when: float = 0.0


class Refusals:
    """The last refusals of one server; to be used in its loop, but `last` in any thread.

    Args:
        tell: is called with those that are told one by one, and with one that sums up the others.
    """

    def __init__(self, tell: Callable[[RefusedRequest], object] = lambda refused: None) -> None:
        self._tell = tell
        self._rows: dict[tuple[str, ...], RefusedRequest] = {}  # by what is alike; the oldest first
        self._rations: dict[Kind, _Ration] = {}

    def last(self) -> list[RefusedRequest]:
        """The last `KEPT`, the newest at the end; alike ones are one."""
        return list(self._rows.values())

    def note(self, refused: RefusedRequest) -> None:
        """Keep it for `last`, log it, and tell of it: of those of a flood, only how many."""
        self.keep(refused)
        if refused.kind not in self._rations:
            kind = refused.kind
            self._rations[kind] = _Ration(lambda count: self._sum_up(kind, count))
        if self._rations[refused.kind].spend():
            self._pass_on(refused)

    def keep(self, refused: RefusedRequest) -> None:
        """Keep it for `last`, and nothing else."""
        it = refused
        key = (it.kind, it.host, it.request, it.job, it.code, it.text)
        before = self._rows.pop(key, None)
        count = it.count + (before.count if before else 0)
        self._rows[key] = replace(it, count=count, when=time.time())
        of_kind = [key for key in self._rows if key[0] == it.kind]
        if it.kind != "osc" and len(of_kind) > KEPT_OF_OTHERS:
            del self._rows[of_kind[0]]
        if len(self._rows) > KEPT:
            del self._rows[next(iter(self._rows))]

    def forget_stranger(self, host: str) -> None:
        """A host has proved itself: what it was refused before is settled."""
        for key in [it for it in self._rows if it[:2] == ("stranger", host)]:
            del self._rows[key]

    def _pass_on(self, refused: RefusedRequest) -> None:
        about = {"client": refused.host, "port": refused.port, "request": refused.request}
        about |= {"job": refused.job, "code": refused.code}
        said = {name: it for name, it in about.items() if it}
        log.warning("refused", extra={"kind": refused.kind, **said, "why": refused.text})
        self._tell(refused)

    def _sum_up(self, kind: Kind, count: int) -> None:
        text = f"And {count} more {'request was' if count == 1 else 'requests were'} refused."
        self._pass_on(RefusedRequest(kind=kind, code="too_many", text=text))


class _Ration:
    """Says yes `TOLD` times in a while; of the other times, says at the while's end how many."""

    def __init__(self, sum_up: Callable[[int], object]) -> None:
        self._sum_up = sum_up
        self._end = 0.0
        self._told = self._more = 0

    def spend(self) -> bool:
        """Whether another may be told by itself."""
        now = time.monotonic()
        if now >= self._end and not self._more:
            self._end, self._told = now + WHILE_SECONDS, 0
        self._told += 1
        if self._told <= TOLD:
            return True
        self._more += 1
        if self._more == 1:
            wait = max(self._end - now, 0.0)
            asyncio.get_running_loop().call_later(wait, self._finish)
        return False

    def _finish(self) -> None:
        count, self._more = self._more, 0
        self._sum_up(count)
