"""The routes of who asks: who they are, what they have used, and signing in from the page."""

from __future__ import annotations

import time
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.responses import JSONResponse, Response

from plugin_bridge.accounts.tokens import webhook_secret
from plugin_bridge.jobs.allowance import month_begin
from plugin_bridge.jobs.records.records import Usage
from plugin_bridge.web.desk import Asking, AtDesk
from plugin_bridge.web.guarding.identity import COOKIE, no_key, set_cookie
from plugin_bridge.web.routes.catalogue import limits_of
from plugin_bridge.web.speech.headers import moment, seconds_of
from plugin_bridge.web.speech.models import invalid
from plugin_bridge.web.speech.problems import Problem

routes = APIRouter(prefix="/v1", tags=["account"])

MOST_ROWS = 1000  # of usage in one answer, the newest; not searched

When = Annotated[str | None, Query(description="An RFC 3339 time or date.", max_length=40)]


class SignIn(BaseModel):
    """What the page sends to sign in."""

    model_config = ConfigDict(extra="forbid")
    key: str = Field(min_length=1, max_length=200)


@routes.get("/me")
async def me(desk: AtDesk, who: Asking) -> Response:
    """Who asks, what they may do, and what their webhooks' messages are signed with."""
    rate = who.rate and {"requests": who.rate.requests, "seconds": who.rate.seconds}
    limits: dict[str, Any] = {
        **limits_of(desk.limits),
        "quota_seconds": who.quota_seconds,
        "running": who.running,
        "queued": who.queued,
        "bytes": who.bytes,
        "rate": rate,
    }
    body = {
        "owner": who.id,
        "name": who.name,
        "key": await desk.needs_key(),
        "limits": limits,
        "bytes": await desk.service.ask(desk.service.records.bytes_of, who.id),
        "webhook_secret": webhook_secret(who.id, await desk.accounts.secret()),
    }
    return JSONResponse(body)


@routes.get("/usage")
async def usage(
    desk: AtDesk, who: Asking, since: Annotated[When, Query(alias="from")] = None, to: When = None
) -> Response:
    """What was done from a time (or the beginning of the month) to another (or now)."""
    begin = _time("from", since, month_begin(time.time()))
    end = _time("to", to, time.time() + 1)
    records = desk.service.records
    rows: list[Usage] = await desk.service.ask(
        lambda: records.usage(since=begin, until=end, owner=who.id)
    )
    body = {
        "from": moment(begin),
        "to": moment(end),
        "seconds": round(sum(row.audio_seconds for row in rows), 3),
        "jobs": len(rows),
        "quota_seconds": who.quota_seconds,
        "rows": [_row(row) for row in rows[-MOST_ROWS:]],
    }
    return JSONResponse(body)


@routes.post("/session", status_code=204)
async def sign_in(request: Request, desk: AtDesk) -> Response:
    """Let this browser stand for a key from now on."""
    try:
        given = SignIn.model_validate_json(await request.body())
    except ValidationError as error:
        raise invalid(error) from None
    if await desk.accounts.owner_of(given.key) is None:
        raise no_key(known=True)
    response = Response(status_code=204)
    set_cookie(response, given.key, secure=request.headers.get("origin", "").startswith("https:"))
    return response


@routes.delete("/session", status_code=204)
async def sign_out() -> Response:
    """Let this browser stand for nobody from now on."""
    response = Response(status_code=204)
    response.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return response


def _time(field: str, text: str | None, default: float) -> float:
    if text is None:
        return default
    try:
        return seconds_of(text)
    except (ValueError, OverflowError):
        said = "It has to be a time such as 2026-11-01 or 2026-11-01T12:00:00Z."
        errors = [{"field": field, "detail": said}]
        raise Problem("bad_setting", f"{field}: {said}", errors=errors) from None


def _row(row: Usage) -> dict[str, Any]:
    return {
        "id": row.id,
        "operation": row.operation,
        "audio_seconds": round(row.audio_seconds, 3),
        "work_seconds": round(row.work_seconds, 3),
        "bytes": row.bytes,
        "ended": moment(row.ended),
    }
