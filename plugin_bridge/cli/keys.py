"""``restyle keys``: who may use the server over HTTP, and how much."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from plugin_bridge.cli.database import JournalOption, RecordsOption, opened
from plugin_bridge.errors import shown

if TYPE_CHECKING:
    from plugin_bridge.accounts.keys import NewKey
    from plugin_bridge.jobs.records.records import Key

app = typer.Typer(rich_markup_mode="rich", context_settings={"help_option_names": ["-h", "--help"]})

NewName = Annotated[str, typer.Argument(metavar="NAME", help="Whose key it is, in your words.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="The key's name, or its id.")]
Quota = Annotated[
    float | None,
    typer.Option(
        "--quota-minutes",
        metavar="MINUTES",
        min=0.0,
        help="Minutes of audio in a calendar month (UTC); any number, without this.",
    ),
]
RateOption = Annotated[
    str, typer.Option("--rate", metavar="N/s|min|h", help="How many requests, such as 60/min.")
]
Jobs = Annotated[
    int, typer.Option("--jobs", metavar="N", min=0, help="Jobs at once; 0 for any number.")
]
Queued = Annotated[
    int, typer.Option(metavar="N", min=0, help="Jobs that may wait; 0 for any number.")
]
Customer = Annotated[
    str,
    typer.Option(
        "--stripe-customer", metavar="cus_...", help="Who pays: see restyle usage export."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="As JSON, with all that is known.")]


@app.callback()
def keys() -> None:
    """Say who may use the server over HTTP: give keys, take them back, replace them.

    [bold]restyle keys add Anna --quota-minutes 600 --rate 60/min --jobs 4[/bold]

    A running server follows within a second. As soon as there is one key, every request needs one.
    """


@app.command()
def add(
    name: NewName,
    *,
    quota_minutes: Quota = None,
    rate: RateOption = "60/min",
    jobs: Jobs = 0,
    queued: Queued = 0,
    stripe_customer: Customer = "",
    journal: JournalOption = None,
    records: RecordsOption = None,
) -> None:
    """Make a key and print it, this once: it is kept nowhere.

    [bold]restyle keys add Anna --quota-minutes 600 --jobs 4[/bold]
    """
    from plugin_bridge.accounts import keys as room
    from plugin_bridge.accounts.rates import parse_rate

    limit = parse_rate(rate)
    with opened(journal, records, create=True) as database:
        made = room.add(
            database,
            name,
            quota_seconds=None if quota_minutes is None else 60 * quota_minutes,
            rate=limit,
            running=jobs,
            queued=queued,
            customer=stripe_customer,
        )
    _show(made)


@app.command("list")
def list_(
    *, as_json: Json = False, journal: JournalOption = None, records: RecordsOption = None
) -> None:
    """List the keys, with what they may do and have used this month.

    [bold]restyle keys list[/bold]
    """
    from plugin_bridge.jobs.allowance import month_begin

    with opened(journal, records) as database:
        since = month_begin(time.time())
        known = [(key, database.used_seconds(key.id, since)) for key in database.keys()]  # noqa: SIM118 - no mapping
    if as_json:
        import json

        facts = [_as_json(key, used) for key, used in known]
        print(json.dumps(facts, indent=2, ensure_ascii=False))
    else:
        _print_table(known)


@app.command()
def revoke(name: Name, *, journal: JournalOption = None, records: RecordsOption = None) -> None:
    """Take a key back: it is good no longer. Its jobs and its usage stay.

    [bold]restyle keys revoke Anna[/bold]
    """
    from plugin_bridge.accounts import keys as room

    with opened(journal, records) as database:
        room.revoke(database, name)
    print(f"Revoked {shown(name)}: a running server follows within a second.")


@app.command()
def rotate(name: Name, *, journal: JournalOption = None, records: RecordsOption = None) -> None:
    """Replace a key and print the new one, this once; jobs and usage stay the owner's.

    [bold]restyle keys rotate Anna[/bold]
    """
    from plugin_bridge.accounts import keys as room

    with opened(journal, records) as database:
        made = room.rotate(database, name)
    _show(made)


def _show(made: NewKey) -> None:
    """Print a key on stdout, so that a script can take it, and the rest on stderr."""
    print(made.token, flush=True)
    said = f"This is the key of {shown(made.key.name)}: it is kept nowhere, so copy it now."
    print(f"restyle: {said}", file=sys.stderr)


def _print_table(known: list[tuple[Key, float]]) -> None:
    from plugin_bridge.accounts.rates import Rate
    from plugin_bridge.cli.tables import print_table

    right = ("Used", "Quota", "Rate", "Jobs", "Queued")
    rows = [
        (
            key.name,
            key.id,
            f"{used / 60:.1f} min",
            "any" if key.quota_seconds is None else f"{key.quota_seconds / 60:g} min",
            str(Rate(key.rate_count, key.rate_seconds)),
            str(key.running or "any"),
            str(key.queued or "any"),
            key.customer,
            _day(key.created),
            _day(key.revoked) if key.revoked else "",
        )
        for key, used in known
    ]
    print_table(("Name", "Id", *right, "Stripe", "Created", "Revoked"), rows, right=right)


def _as_json(key: Key, used_seconds: float) -> dict[str, object]:
    """All that is known of a key, but for the digest, which is nobody's business."""
    from dataclasses import asdict

    facts = asdict(key)
    del facts["digest"]
    return {**facts, "used_seconds": used_seconds}


def _day(seconds: float) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(seconds))
