"""Who a request is from: the holder of a key, a browser with a cookie, or this machine's user."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from starlette.requests import cookie_parser
from starlette.responses import Response

from plugin_bridge.accounts.accounts import Account
from plugin_bridge.accounts.tokens import BITS, is_token
from plugin_bridge.web.desk import Desk
from plugin_bridge.web.speech.problems import Problem

COOKIE = "restyle"
COOKIE_SECONDS = 400 * 86400  # the longest that a browser keeps one (RFC 6265bis)
MAX_COOKIE = 200  # characters; ours have 67 at most

#: Addresses that are the same for everybody, and need no key. What is in a chain needs one, since
#: its plugins are loaded for that.
OPEN = (
    *("/", "/docs", "/healthz", "/openapi.json"),
    *("/v1/chains", "/v1/presets", "/v1/session", "/v1/settings"),
)
OPEN_BENEATH = ("/static/", "/v1/presets/")


async def identify(desk: Desk, path: str, headers: Mapping[str, str]) -> Account:
    """Find out who a request is from.

    Raises:
        Problem: there is no such key, or one is needed and there is none.
        Unwritable: the database does not answer.
    """
    if is_open(path):
        return Account()
    cookie, shown = cookie_in(headers), headers.get("authorization")
    token = _bearer(shown) if shown is not None else cookie
    account = await desk.accounts.owner_of(token)
    if account is not None:
        return account
    if shown is not None or await desk.needs_key():
        raise no_key(known=bool(token))
    return await desk.accounts.page_owner(cookie) if cookie else desk.accounts.local()


def is_open(path: str) -> bool:
    """Whether everybody gets the same there, without a key."""
    return path in OPEN or path.startswith(OPEN_BENEATH)


def no_key(*, known: bool) -> Problem:
    """What is said if a key is missing, or is no key of ours."""
    text = (
        "There is no such key, or it is good no longer: ask the operator of this server."
        if known
        else "A key is needed: send it as Authorization: Bearer rk_…."
    )
    return Problem("unauthorised", text, headers={"WWW-Authenticate": "Bearer"})


def cookie_in(headers: Mapping[str, str]) -> str:
    """The value of our cookie; ``""`` if there is none."""
    return cookie_parser(headers.get("cookie", "")).get(COOKIE, "")[:MAX_COOKIE]


async def give_cookie(desk: Desk, headers: Mapping[str, str], response: Response) -> None:
    """Make a browser an owner of its own, unless it is one, or has to show a key."""
    cookie = cookie_in(headers)
    if (cookie and not is_token(cookie)) or await desk.needs_key():
        return
    set_cookie(response, secrets.token_urlsafe(BITS // 8))


def set_cookie(response: Response, value: str, *, secure: bool = False) -> None:
    """Let a browser send ``value`` from now on, only from our own pages, perhaps only over TLS."""
    response.set_cookie(
        COOKIE, value, max_age=COOKIE_SECONDS, httponly=True, samesite="strict", secure=secure
    )


def _bearer(field: str) -> str:
    """The key in an ``Authorization`` field; ``""`` if it has none."""
    kind, _, token = field.partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""
