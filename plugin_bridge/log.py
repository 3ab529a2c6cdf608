"""The log of ``restyle serve``: a line of JSON for whatever happens, in a file that stays small."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import logging.handlers
import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from plugin_bridge.errors import MAX_CHARACTERS

LOG_BYTES = 400_000  # a log of this size is moved aside, and one such is kept; not searched
TRACE_CHARACTERS = 2000  # of a trace in the log, its end; not searched
_NOWHERE = logging.NullHandler()


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
def logging_to(path: Path | None) -> Iterator[None]:
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


def log_fault() -> Callable[[asyncio.AbstractEventLoop, dict[str, Any]], None]:
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
