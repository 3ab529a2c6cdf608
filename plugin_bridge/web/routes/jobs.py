"""The routes of jobs: asked for, listed, waited for, cancelled, deleted."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Header, Query, Request
from starlette.responses import JSONResponse, Response

from plugin_bridge.accounts.accounts import Account
from plugin_bridge.jobs import operations
from plugin_bridge.jobs.job import Job
from plugin_bridge.jobs.records.records import Upload
from plugin_bridge.jobs.refusal import Refusal
from plugin_bridge.web.desk import Asking, AtDesk, Desk
from plugin_bridge.web.routes import uploads
from plugin_bridge.web.speech import models
from plugin_bridge.web.speech.headers import wait_of
from plugin_bridge.web.speech.models import Wanted
from plugin_bridge.web.speech.problems import Problem, of_refusal
from plugin_bridge.web.speech.views import State, job_view
from plugin_bridge.web.tickets import digest_of, id_for, job_of, wait_for_end
from plugin_bridge.web.webhooks.webhooks import check_url

routes = APIRouter(prefix="/v1/jobs", tags=["jobs"])

MOST = 200  # jobs on a page; not searched
RETRY_SECONDS = 1  # after which to ask again how a job stands; not searched

Prefer = Annotated[str | None, Header(description="wait=N answers at the end, or after N seconds.")]
Once = Annotated[
    str | None, Header(description="The same key and body give the same job, however often sent.")
]


@routes.post("", status_code=202)
async def submit(
    request: Request,
    desk: AtDesk,
    who: Asking,
    prefer: Prefer = None,
    idempotency_key: Once = None,
) -> Response:
    """Ask for a job. It is done, whatever happens to the server meanwhile."""
    wanted = models.read(await request.body())
    _check_webhook(wanted.webhook, private=desk.limits.private_webhooks)
    id, digest = await id_for(desk, who, idempotency_key), digest_of(wanted)
    job = await _earlier(desk, who, id) if idempotency_key is not None else None
    if job is None:
        job = await _submit(desk, who, id, digest, wanted)
    elif job.request != digest:
        raise Problem(
            "id_taken", "This Idempotency-Key was used with another body: take a new one."
        )
    return await _answer(desk, who, job, prefer)


@routes.get("")
async def page(
    desk: AtDesk,
    who: Asking,
    state: Annotated[list[State], Query()] = [],  # noqa: B006 - FastAPI copies it
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
    after: Annotated[str | None, Query(pattern=r"^[0-9]{1,18}$")] = None,
) -> Response:
    """One's jobs, the newest first."""
    states = [*state, *(["written"] if "running" in state else [])]
    before = None if after is None else int(after)
    found = await desk.service.page(who.id, states=states, before=before, limit=limit + 1)
    jobs, more = found[:limit], found[limit:]
    next = str(jobs[-1].number) if more else None
    body = {"jobs": [job_view(desk, job) for job in jobs], "next": next}
    query = urlencode([("limit", limit), ("after", next), *(("state", it) for it in state)])
    link = {"Link": f'</v1/jobs?{query}>; rel="next"'} if next else {}
    return JSONResponse(body, headers=link)


@routes.get("/{id}")
async def show(id: str, desk: AtDesk, who: Asking, prefer: Prefer = None) -> Response:
    """How a job stands."""
    job = await job_of(desk, who, id)
    seconds = wait_of(prefer)
    if seconds is None:
        return JSONResponse(job_view(desk, job))
    job = await wait_for_end(desk, who, job, seconds)
    return JSONResponse(job_view(desk, job), headers={"Preference-Applied": f"wait={seconds}"})


@routes.post("/{id}/cancel", status_code=202)
async def cancel(id: str, desk: AtDesk, who: Asking) -> Response:
    """Stop a job; what is known of it stays. 200 if it has ended already."""
    job = await job_of(desk, who, id)
    if not job.ended:
        await desk.service.cancel_of(job)
        job = await job_of(desk, who, id)
    return JSONResponse(job_view(desk, job), 200 if job.ended else 202)


@routes.delete("/{id}", status_code=204)
async def delete(id: str, desk: AtDesk, who: Asking) -> Response:
    """Delete a job with its result; one that has not ended is cancelled before."""
    job = await job_of(desk, who, id)
    await desk.service.delete(job)
    return Response(status_code=204)


def _check_webhook(url: str, *, private: bool) -> None:
    """Check the address that is to be told of a job's end. Raises Problem if it is none."""
    try:
        if url:
            check_url(url, private=private)
    except Refusal as refusal:
        raise _wrong("webhook", str(refusal)) from refusal


async def _earlier(desk: Desk, who: Account, id: str) -> Job | None:
    """The job that an earlier request of the same key has made."""
    try:
        return await desk.service.job(id, who.id)
    except Refusal:
        return None


async def _submit(desk: Desk, who: Account, id: str, digest: str, wanted: Wanted) -> Job:
    """Hand a job to the service. Raises Problem if it cannot be done."""
    uploads.check_room(desk, 0, math.inf)  # its result will need some
    sounds = {name: await _upload(desk, who, name, it) for name, it in wanted.uploads.items()}
    ids = [it.id for it in sounds.values()]
    await desk.service.write(desk.service.records.use_uploads, ids, time.time())
    try:
        return await desk.service.submit(
            id,
            digest,
            wanted.operation,
            {name: it.key for name, it in sounds.items()},
            f"jobs/{id}.{wanted.format}",
            wanted.settings,
            owner=who,
            names={name: it.name for name, it in sounds.items()},
            audio_seconds=_seconds(wanted, sounds),
            webhook=wanted.webhook,
        )
    except Refusal as refusal:
        problem = of_refusal(refusal, {it.key: it.name for it in sounds.values()})
        if problem.status_code != 422:
            raise problem from refusal
        raise _wrong(_field_of(refusal, wanted), problem.detail, problem.code) from refusal


async def _upload(desk: Desk, who: Account, name: str, id: str) -> Upload:
    try:
        return await uploads.find(desk, who, id)
    except Problem as problem:
        raise _wrong(name, problem.detail, problem.code) from None


async def _answer(desk: Desk, who: Account, job: Job, prefer: str | None) -> Response:
    """A job that was asked for, as it is now, or after the wait that is preferred."""
    place = f"/v1/jobs/{job.id}"
    headers = {"Location": place}
    seconds = wait_of(prefer)
    if seconds is not None:
        job = await wait_for_end(desk, who, job, seconds)
        headers["Preference-Applied"] = f"wait={seconds}"
    if not job.ended:
        headers["Retry-After"] = str(RETRY_SECONDS)
    return JSONResponse(job_view(desk, job), 200 if job.ended else 202, headers)


def _seconds(wanted: Wanted, sounds: Mapping[str, Upload]) -> float:
    """How much audio a job is about: as much as its result would be, of the part that is wanted."""
    operation = operations.find(wanted.operation)
    seconds = {name: it.seconds for name, it in sounds.items()}
    whole = seconds[operation.paced_by]
    start = float(wanted.settings.get("start_seconds", 0.0))
    end = float(wanted.settings.get("end_seconds", whole))
    if start and start >= whole:
        sound = sounds[operation.paced_by]
        text = f"{sound.name} has nothing after {start:g} s: it lasts {whole:.3f} s."
        raise _wrong("start_seconds", text)
    part = max(min(end, whole) - start, 0.0)
    return operation.lasts({**seconds, operation.paced_by: part}, wanted.settings)


def _field_of(refusal: Refusal, wanted: Wanted) -> str:
    """The field that a refusal is about: its message begins with it, or it is the preset.

    Messages about a chain may quote it further on, or only the effect's name, or the parameter's.
    """
    text = str(refusal)
    word = text.partition(" ")[0]
    if word in operations.find(wanted.operation).settings or word in wanted.settings:
        return word
    if refusal.code == "no_such_preset":
        return models.style_of(wanted.operation)
    quoted = [(text.find(f"'{it}'"), name) for name in wanted.settings for it in _parts(name)]
    return min((it for it in quoted if it[0] >= 0), default=(0, ""))[1]


def _parts(name: str) -> list[str]:
    """What a message may call a setting: ``reverb.wet_level``, ``reverb`` or ``wet_level``."""
    return [name, *name.split(".")]


def _wrong(field: str, detail: str, code: str = "bad_setting") -> Problem:
    """One field is wrong."""
    return Problem(code, detail, status=422, errors=[{"field": field, "detail": detail}])
