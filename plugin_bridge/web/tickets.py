"""Jobs by their ids: found, waited for, and named so that a repetition finds the same."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import secrets
from contextlib import suppress

from plugin_bridge.accounts.accounts import Account
from plugin_bridge.jobs.job import Job
from plugin_bridge.web.desk import Desk
from plugin_bridge.web.events import Listener
from plugin_bridge.web.speech.models import Wanted, is_id
from plugin_bridge.web.speech.problems import Problem

ID_BYTES = 16  # 128 bits
KEY = re.compile(r'"?([\x21\x23-\x7e][\x20\x21\x23-\x7e]{0,254})"?')


async def job_of(desk: Desk, who: Account, id: str) -> Job:
    """An owner's job.

    Raises:
        Problem, Refusal: they have none of that id.
        Unwritable: the database does not answer.
    """
    if not is_id(id):
        raise Problem("no_such_job", "There is no such job: it may have been deleted.")
    return await desk.service.job(id, who.id)


async def id_for(desk: Desk, who: Account, key: str | None) -> str:
    """The id of a new job; the same for the same owner and ``Idempotency-Key``.

    Raises:
        Problem: the key is none.
    """
    if key is None:
        return secrets.token_hex(ID_BYTES)
    found = KEY.fullmatch(key.strip())
    if found is None:
        raise Problem(
            "bad_request", 'Idempotency-Key has to be a text such as "4c3a…" of 1 to 255.'
        )
    words = f"{who.id}\0{found[1]}".encode()
    secret = await desk.accounts.secret()
    return hashlib.blake2b(words, key=secret, digest_size=ID_BYTES, person=b"job").hexdigest()


def digest_of(wanted: Wanted) -> str:
    """What tells a repetition of a request from another one."""
    text = json.dumps(wanted, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


async def wait_for_end(desk: Desk, who: Account, job: Job, seconds: int) -> Job:
    """Wait until a job has ended, but not longer than so many seconds; returns it as it is then.

    Raises:
        Refusal: it was deleted meanwhile.
    """
    listener = Listener(who.id, job.id)
    desk.hub.add(listener)
    try:
        job = await desk.service.job(job.id, who.id)  # it may have ended just now
        if job.ended:
            return job
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                async for _ in listener.stream():
                    pass
        return await desk.service.job(job.id, who.id)
    finally:
        desk.hub.remove(listener)
