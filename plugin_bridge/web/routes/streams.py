"""The routes of events."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from plugin_bridge.accounts.accounts import FRESH_SECONDS
from plugin_bridge.jobs.job import ENDED
from plugin_bridge.jobs.records.records import Unwritable
from plugin_bridge.web.desk import Asking, AtDesk, Desk
from plugin_bridge.web.events import Listener, last_of, standing
from plugin_bridge.web.guarding.guards import HEAD
from plugin_bridge.web.guarding.identity import identify
from plugin_bridge.web.speech.problems import Problem
from plugin_bridge.web.tickets import job_of

routes = APIRouter(prefix="/v1", tags=["events"])

MAX_STREAMS = 500  # of one owner: a browser has at most 6. Not searched
MAX_JOBS = 200  # with which a stream begins; not searched
FIELDS = {"X-Accel-Buffering": "no"}  # or nginx keeps events back
MEDIA_TYPE = "text/event-stream"


@routes.get("/events")
async def all_events(request: Request, desk: AtDesk, who: Asking) -> Response:
    """What happens to all of one's jobs. It begins with those that have not ended."""
    since, _ = last_of(request.headers.get("last-event-id"))
    listener = _listen(desk, Listener(who.id))
    try:
        jobs = await desk.service.page(who.id, limit=MAX_JOBS)
    except BaseException:
        desk.hub.remove(listener)
        raise
    for job, event in standing(jobs, since):
        listener.put(desk.hub.event(job, event))
    return _stream(request, desk, listener)


@routes.get("/jobs/{id}/events")
async def job_events(request: Request, id: str, desk: AtDesk, who: Asking) -> Response:
    """What happens to one job, up to its end; 204 for who has heard of that already."""
    listener = _listen(desk, Listener(who.id, id))
    try:
        job = await job_of(desk, who, id)
    except BaseException:
        desk.hub.remove(listener)
        raise
    _, last = last_of(request.headers.get("last-event-id"))
    if job.ended and last in ENDED:
        desk.hub.remove(listener)
        return Response(status_code=204)
    event = job.state if job.ended else "accepted" if job.state == "queued" else "progress"
    listener.put(desk.hub.event(job, event))
    return _stream(request, desk, listener)


def _listen(desk: Desk, listener: Listener) -> Listener:
    """Have the listener hear, before it is read how things stand: nothing falls in between."""
    if desk.hub.count(listener.owner) >= MAX_STREAMS:
        text = f"{MAX_STREAMS} streams of yours are open: close some."
        raise Problem("rate_limited", text, headers={"Retry-After": "10"})
    desk.hub.add(listener)
    return listener


def _stream(request: Request, desk: Desk, listener: Listener) -> Response:
    if request.scope.get(HEAD):
        desk.hub.remove(listener)
        return Response(media_type=MEDIA_TYPE, headers=FIELDS)
    return _EventStream(desk, listener)


class _EventStream(StreamingResponse):
    """Sends what a listener hears while its key is good, up to the end, however that comes."""

    def __init__(self, desk: Desk, listener: Listener) -> None:
        super().__init__(listener.stream(), media_type=MEDIA_TYPE, headers=FIELDS)
        self._desk, self._listener = desk, listener

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asking = asyncio.create_task(self._ask_again(Request(scope)))
        try:
            await super().__call__(scope, receive, send)
        finally:
            asking.cancel()
            self._desk.hub.remove(self._listener)

    async def _ask_again(self, request: Request) -> None:
        """Close the stream when its key is revoked or replaced, or one is needed from now on."""
        while not self._listener.closed:
            await asyncio.sleep(FRESH_SECONDS)
            try:
                await identify(self._desk, request.scope["path"], request.headers)
            except Problem:
                self._listener.close()
            except Unwritable:
                continue  # nobody can say: it is asked again
