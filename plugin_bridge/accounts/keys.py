"""Keys are made, revoked and replaced: what ``restyle keys`` does.

A running server sees what is changed here within a second, see
`plugin_bridge.accounts.accounts.Accounts`.
"""

from __future__ import annotations

import math
import re
import secrets
import time
from dataclasses import replace
from typing import NamedTuple

from plugin_bridge.accounts.rates import DEFAULT_RATE, Rate
from plugin_bridge.accounts.tokens import digest_of, new_token
from plugin_bridge.jobs.records.records import Key, Ledger

MAX_NAME_CHARACTERS = 100  # not searched
_CUSTOMER = re.compile(r"cus_[A-Za-z0-9]{1,60}", re.ASCII)  # as Stripe's documentation shows them


class NewKey(NamedTuple):
    """A key that was just made: what is kept of it, and the key itself, to be shown once."""

    key: Key
    token: str


def add(
    records: Ledger,
    name: str,
    *,
    quota_seconds: float | None = None,
    rate: Rate = DEFAULT_RATE,
    running: int = 0,
    queued: int = 0,
    customer: str = "",
) -> NewKey:
    """Make a key; the arguments are those of `plugin_bridge.jobs.records.records.Key`.

    Raises:
        ValueError: another key has that name, or it is no name, or no customer of Stripe's, or
            the quota is no number.
        Unwritable: the database cannot be written.
    """
    _check_name(records, name)
    if quota_seconds is not None and not math.isfinite(quota_seconds):
        raise ValueError("A quota must be a number of minutes: leave it out for any number.")
    if customer and not _CUSTOMER.fullmatch(customer):
        raise ValueError(f"{customer!r} is no customer of Stripe's: those begin with cus_.")
    token = new_token()
    key = Key(
        id=f"key_{secrets.token_hex(6)}",
        name=name,
        digest=digest_of(token, records.secret()),
        quota_seconds=quota_seconds,
        rate_count=rate.requests,
        rate_seconds=rate.seconds,
        running=running,
        queued=queued,
        customer=customer,
        created=time.time(),
    )
    records.add_key(key)
    return NewKey(key, token)


def revoke(records: Ledger, name: str) -> Key:
    """Have a key be good no longer. What was done with it stays, and so does its usage.

    Raises:
        ValueError: there is no such key.
        Unwritable: the database cannot be written.
    """
    key = replace(find(records, name), revoked=time.time())
    records.replace_key(key)
    return key


def rotate(records: Ledger, name: str) -> NewKey:
    """Give a key's owner a new key in place of the one they have, which is good no longer.

    Raises:
        ValueError: there is no such key.
        Unwritable: the database cannot be written.
    """
    token = new_token()
    key = replace(find(records, name), digest=digest_of(token, records.secret()))
    records.replace_key(key)
    return NewKey(key, token)


def find(records: Ledger, name: str) -> Key:
    """The key of that name or id that is good.

    Raises:
        ValueError: there is none.
    """
    good = [key for key in records.keys() if not key.revoked]  # noqa: SIM118 - no mapping
    for key in good:
        if name in (key.name, key.id):
            return key
    known = ", ".join(key.name for key in good)
    raise ValueError(
        f"There is no key {name!r}: {f'choose one of {known}' if known else 'no key is good'}."
    )


def _check_name(records: Ledger, name: str) -> None:
    if not name.strip() or not name.isprintable() or len(name) > MAX_NAME_CHARACTERS:
        raise ValueError(
            f"A key's name is a line of 1 to {MAX_NAME_CHARACTERS} characters, not {name!r}."
        )
    for key in records.keys():  # noqa: SIM118 - no mapping
        if not key.revoked and name in (key.name, key.id):
            raise ValueError(f"There is a key {name!r}: name this one otherwise, or revoke that.")
