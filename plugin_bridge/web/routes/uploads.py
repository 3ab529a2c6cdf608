"""The routes of uploads: a sound comes in, is looked at, and can be named in jobs."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from plugin_bridge.accounts.accounts import Account
from plugin_bridge.files.formats import FORMATS
from plugin_bridge.jobs.records.records import Upload
from plugin_bridge.jobs.refusal import Refusal
from plugin_bridge.web.desk import Asking, AtDesk, Desk
from plugin_bridge.web.guarding.guards import too_large
from plugin_bridge.web.sounds.writing import Writing
from plugin_bridge.web.speech.forms import FormFile, is_form
from plugin_bridge.web.speech.headers import clean_name, name_in
from plugin_bridge.web.speech.models import is_id
from plugin_bridge.web.speech.problems import Problem, of_refusal
from plugin_bridge.web.speech.views import upload_view

routes = APIRouter(prefix="/v1/uploads", tags=["uploads"])

ROOM_EVERY_BYTES = 16 << 20  # after so many the room on the disk is looked at again; not searched
UNNAMED = "sound.wav"


@routes.post("")
async def send(request: Request, desk: AtDesk, who: Asking) -> Response:
    """Send a sound: as the body itself, or in the field `file` of a form."""
    room = await _room(desk, who)
    length = int(request.headers.get("content-length", 0))
    check_room(desk, length, room)
    form = FormFile(request.headers["content-type"]) if is_form(request.headers) else None
    blocks = form.blocks(request.stream()) if form else request.stream()
    id = secrets.token_hex(16)
    called = clean_name(request.query_params.get("name", "") or _named(request))
    key = f"uploads/{id}{_suffix(called)}"
    # Of what does not say how long it is, all that may come counts as coming.
    with coming(desk, who.id, length or round(min(desk.limits.upload_bytes, max(room, 0)))):
        written = await _write(desk, key, blocks, room)
        name = called or clean_name(form.name if form else "") or UNNAMED
        try:
            upload = await _look(desk, who, id, key, name, written)
            await desk.service.write(desk.service.records.add_upload, upload)
        except BaseException:
            await asyncio.shield(asyncio.ensure_future(asyncio.to_thread(desk.files.remove, key)))
            raise
    place = f"/v1/uploads/{id}"
    return JSONResponse(upload_view(desk, upload), 201, {"Location": place})


@routes.get("/{id}")
async def show(id: str, desk: AtDesk, who: Asking) -> Response:
    """What is known of an upload."""
    return JSONResponse(upload_view(desk, await find(desk, who, id)))


@routes.delete("/{id}", status_code=204)
async def delete(id: str, desk: AtDesk, who: Asking) -> Response:
    """Delete an upload; jobs that were already given it still have it."""
    upload = await find(desk, who, id)
    await desk.service.write(desk.service.records.delete_uploads, [upload.id])
    if not await desk.service.ask(desk.service.records.users_of, upload.key):
        await asyncio.to_thread(desk.files.remove, upload.key)
    return Response(status_code=204)


async def find(desk: Desk, who: Account, id: str) -> Upload:
    """An owner's upload.

    Raises:
        Problem: they have none of that id.
        Unwritable: the database does not answer.
    """
    upload: Upload | None = None
    if is_id(id):
        upload = await desk.service.ask(desk.service.records.upload, id)
    if upload is None or upload.owner != who.id:
        raise Problem("no_such_upload", "There is no such upload: it may have been deleted.")
    return upload


def check_room(desk: Desk, more_bytes: int, room: float) -> None:
    """Check that there is room for so many bytes. Raises Problem if not."""
    if more_bytes > room:
        raise Problem("no_room", "Your uploads and results take all the room: delete some.")
    free = desk.files.free_bytes()
    if free is not None and free - more_bytes < desk.limits.free_bytes:
        raise Problem("disk_full", "The server's disk is full: ask its operator.")


@contextmanager
def coming(desk: Desk, owner: str, length: int) -> Iterator[None]:
    """Count bytes that are on their way, so that many uploads at once find no more room."""
    desk.coming[owner] = desk.coming.get(owner, 0) + length
    try:
        yield
    finally:
        left = desk.coming.pop(owner, 0) - length
        if left:
            desk.coming[owner] = left


async def _room(desk: Desk, who: Account) -> float:
    """How many bytes more the owner may keep."""
    if not who.bytes:
        return float("inf")
    kept = await desk.service.ask(desk.service.records.bytes_of, who.id)
    return float(who.bytes - kept - desk.coming.get(who.id, 0))


async def _write(desk: Desk, key: str, blocks: AsyncIterator[bytes], room: float) -> Writing:
    """Write a body to storage. Raises Problem if it is too long or empty."""
    most, looked = desk.limits.upload_bytes, 0
    async with Writing(desk.files, key) as writing:
        async for block in blocks:
            await writing.write(block)
            if writing.bytes > most:
                raise too_large(most)
            if writing.bytes > room or writing.bytes - looked > ROOM_EVERY_BYTES:
                looked = writing.bytes
                check_room(desk, 0 if writing.bytes <= room else writing.bytes, room)
        if not writing.bytes:
            raise Problem("bad_request", "The body is empty: send a sound file.")
    return writing


async def _look(desk: Desk, who: Account, id: str, key: str, name: str, written: Writing) -> Upload:
    """What the sound is. Raises Problem if it is none."""
    try:
        header = await desk.service.look(key, name)
    except Refusal as refusal:
        raise of_refusal(refusal, {key: name}) from refusal
    now = time.time()
    return Upload(
        id=id,
        owner=who.id,
        name=name,
        key=key,
        bytes=written.bytes,
        digest=written.digest,
        seconds=header.seconds,
        rate=header.sample_rate,
        channels=header.channels,
        created=now,
        used=now,
    )


def _named(request: Request) -> str:
    return name_in(request.headers.get("content-disposition", ""))


def _suffix(name: str) -> str:
    """The end of a key: the kind of file, if the name tells; its contents are what counts."""
    suffix = PurePosixPath(name).suffix.lower()
    return suffix if suffix in FORMATS else ".wav"
