"""``restyle usage``: what was used over HTTP, for bills."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from plugin_bridge.cli.database import JournalOption, RecordsOption, opened

if TYPE_CHECKING:
    from plugin_bridge.accounts.billing import Export

app = typer.Typer(rich_markup_mode="rich", context_settings={"help_option_names": ["-h", "--help"]})


class Form(StrEnum):
    """How rows are written."""

    jsonl = "jsonl"
    csv = "csv"
    stripe = "stripe"


Since = Annotated[
    str | None,
    typer.Option("--from", metavar="DATE", help="Only jobs that ended from then on (UTC)."),
]
Until = Annotated[
    str | None, typer.Option("--to", metavar="DATE", help="Only jobs that ended before (UTC).")
]
KeyName = Annotated[
    str | None, typer.Option("--key", metavar="NAME", help="Only jobs of this key, by name or id.")
]
FormOption = Annotated[
    Form,
    typer.Option(
        "--format", help="A line of JSON each, a table, or meter events as Stripe takes them."
    ),
]
After = Annotated[
    str, typer.Option(metavar="CURSOR", help="Only what came after this: the last export's cursor.")
]
EventName = Annotated[
    str,
    typer.Option(
        metavar="NAME", help="What Stripe's meter is called; its values are seconds of audio."
    ),
]


@app.callback(invoke_without_command=True)
def usage(
    context: typer.Context,
    *,
    since: Since = None,
    until: Until = None,
    key: KeyName = None,
    journal: JournalOption = None,
    records: RecordsOption = None,
) -> None:
    """Say how much each key has used: jobs that are done, minutes of audio and of work.

    [bold]restyle usage --from 2026-01-01 --to 2026-02-01[/bold]

    Jobs that failed or were cancelled cost nothing.
    """
    if context.invoked_subcommand is not None:
        return
    from plugin_bridge.accounts.billing import sums
    from plugin_bridge.cli.tables import print_table

    begin, end = 0.0 if since is None else _time(since), None if until is None else _time(until)
    with opened(journal, records) as database:
        known = database.keys()
        owners: list[str | None] = [None]
        if key is not None:
            owners = [it.id for it in known if key in (it.name, it.id)]
            if not owners:
                raise ValueError(f"There is no key {key!r}: see restyle keys list.")
        used = [database.usage(since=begin, until=end, owner=owner) for owner in owners]
        found = sums((row for rows in used for row in rows), known)
    rows = [
        (name, str(it.jobs), f"{it.audio_seconds / 60:.1f}", f"{it.work_seconds / 60:.1f}")
        for name, it in sorted(found.items())
    ]
    right = ("Jobs", "Minutes of audio", "Minutes of work")
    print_table(("Key", *right), rows, right=right)


@app.command()
def export(
    *,
    form: FormOption = Form.jsonl,
    after: After = "",
    event_name: EventName = "restyle_audio_seconds",
    journal: JournalOption = None,
    records: RecordsOption = None,
) -> None:
    """Write a row for each job that was done, for programs that send bills.

    [bold]restyle usage export --format csv > usage.csv[/bold]

    The last line on stderr is a cursor: give it to the next export by --after, and each job is
    written once. Jobs of the last minute are left to the next export.
    """
    from plugin_bridge.accounts.billing import cursor_time
    from plugin_bridge.accounts.billing import export as written

    since = cursor_time(after) if after else 0.0
    with opened(journal, records) as database:
        now = time.time()
        rows = database.usage(since=since)
        done = written(
            rows, database.keys(), form.value, after=after, now=now, event_name=event_name
        )
    for line in done.lines:
        print(line)
    sys.stdout.flush()  # the cursor comes last: nobody may go on from it who did not get the rows
    _say_what_was_left(done)


def _say_what_was_left(done: Export) -> None:
    """Say on stderr what was left out and why, and where to go on."""
    from plugin_bridge.accounts.billing import STRIPE_DAYS

    left = done.left
    for count, why in (
        (left.nobodys, "of keys without --stripe-customer, left out"),
        (left.old, f"older than {STRIPE_DAYS} days, which Stripe refuses, left out"),
        (left.young, "of the last minute, left to the next export"),
    ):
        if count:
            print(f"restyle: {count} {'job' if count == 1 else 'jobs'} {why}.", file=sys.stderr)
    if done.cursor:
        print(f"restyle: go on with --after {done.cursor}", file=sys.stderr)


def _time(text: str) -> float:
    """A date, or a date and a time, in Unix seconds; in UTC unless it says otherwise."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is no date: write one as 2026-01-31.") from error
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
