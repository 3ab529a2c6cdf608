"""What was used, summed for people, and written row by row for programs that send bills."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType

from plugin_bridge.jobs.records.records import Key, Usage

# A row is written in the moment a job ends, or later if the disk is full just then; a cursor must
# not pass by rows that are still on their way. By guess, far longer than a transaction takes.
SETTLED_SECONDS = 60.0
STRIPE_DAYS = 35  # Stripe takes no older events, says the reference of its API
STRIPE_EVENT = "restyle_audio_seconds"  # what the meter has to be called, unless one says otherwise
COLUMNS = ("id", "key", "owner", "operation", "audio_seconds", "work_seconds", "bytes", "ended")


@dataclass
class Sum:
    """What one owner used: jobs, and seconds of audio and of work."""

    jobs: int = 0
    audio_seconds: float = 0.0
    work_seconds: float = 0.0


@dataclass
class Left:
    """Rows that an export left out, and why.

    Attributes:
        young: they ended only just now; the next export has them.
        nobodys: their owners are no customers of Stripe's.
        old: Stripe takes none so old.
    """

    young: int = 0
    nobodys: int = 0
    old: int = 0


@dataclass
class Export:
    """Lines to write, and where to go on: to be given as ``after`` the next time."""

    lines: list[str] = field(default_factory=list)
    cursor: str = ""
    left: Left = field(default_factory=Left)


def sums(rows: Iterable[Usage], keys: Sequence[Key]) -> dict[str, Sum]:
    """What was used, by the names of keys; those of browsers are one."""
    named = {key.id: _name(key) for key in keys}
    found: dict[str, Sum] = {}
    for row in rows:
        name = named.get(row.owner) or ("browsers" if row.owner.startswith("page_") else row.owner)
        it = found.setdefault(name, Sum())
        it.jobs += 1
        it.audio_seconds += row.audio_seconds
        it.work_seconds += row.work_seconds
    return found


def cursor_time(cursor: str) -> float:
    """The time from which rows may come after a cursor.

    Raises:
        ValueError: it is no cursor.
    """
    time, _, id = cursor.partition("/")
    try:
        seconds = float(time)
    except ValueError:
        seconds = math.nan
    if not math.isfinite(seconds) or not id:
        raise ValueError(f"{cursor!r} is no cursor: give one that an export has printed.")
    return seconds


def export(
    rows: Iterable[Usage],
    keys: Sequence[Key],
    form: str,
    *,
    after: str = "",
    now: float,
    event_name: str = STRIPE_EVENT,
) -> Export:
    """Write rows down, those that are not settled yet left out.

    Args:
        rows: in the order of their end, from `cursor_time` on.
        keys: all keys, for names and customers.
        form: one of `FORMS`.
        after: the cursor of the last export; ``""`` for all rows.
        now: in Unix seconds.
        event_name: Stripe's name of the meter.

    Raises:
        ValueError: ``after`` is no cursor.
    """
    done = Export(cursor=after)
    last = (cursor_time(after), after.partition("/")[2]) if after else (-math.inf, "")
    settled: list[Usage] = []
    for row in sorted(rows, key=lambda row: (row.ended, row.id)):
        if (row.ended, row.id) <= last:
            continue
        if row.ended > now - SETTLED_SECONDS:
            done.left.young += 1
        else:
            settled.append(row)
    if settled:
        done.cursor = f"{settled[-1].ended!r}/{settled[-1].id}"
    if form == "stripe":
        done.lines = [*_stripe(settled, keys, done.left, now=now, event_name=event_name)]
    else:
        done.lines = FORMS[form](settled, keys)
    return done


def _stripe(
    rows: Iterable[Usage], keys: Sequence[Key], left: Left, *, now: float, event_name: str
) -> Iterator[str]:
    """Meter events of Stripe's, as JSON. Values are whole seconds."""
    customers = {key.id: key.customer for key in keys if key.customer}
    for row in rows:
        customer = customers.get(row.owner)
        if customer is None:
            left.nobodys += 1
        elif row.ended < now - STRIPE_DAYS * 86400:
            left.old += 1
        else:
            value = str(round(row.audio_seconds))
            event = {
                "event_name": event_name,
                "identifier": row.id[:100],  # the most that Stripe takes; ids have 32 digits
                "timestamp": int(row.ended),
                "payload": {"stripe_customer_id": customer, "value": value},
            }
            yield json.dumps(event)


def _jsonl(rows: Iterable[Usage], keys: Sequence[Key]) -> list[str]:
    return [json.dumps(it, ensure_ascii=False) for it in _facts(rows, keys)]


def _csv(rows: Iterable[Usage], keys: Sequence[Key]) -> list[str]:
    text = io.StringIO()
    table = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    table.writeheader()
    table.writerows({**it, "key": _no_formula(str(it["key"]))} for it in _facts(rows, keys))
    return text.getvalue().splitlines()


def _no_formula(name: str) -> str:
    """A name that a spreadsheet takes for text."""
    return f"'{name}" if name.startswith(("=", "+", "-", "@")) else name


def _facts(rows: Iterable[Usage], keys: Sequence[Key]) -> Iterator[dict[str, object]]:
    named = {key.id: key.name for key in keys}
    for row in rows:
        ended = datetime.fromtimestamp(row.ended, UTC).isoformat(timespec="milliseconds")
        values = {**row._asdict(), "key": named.get(row.owner, ""), "ended": ended}
        yield {name: values[name] for name in COLUMNS}


def _name(key: Key) -> str:
    return f"{key.name} (revoked)" if key.revoked else key.name


#: The forms besides Stripe's, which needs to know more.
FORMS: Mapping[str, Callable[[Iterable[Usage], Sequence[Key]], list[str]]] = MappingProxyType(
    {"jsonl": _jsonl, "csv": _csv}
)
