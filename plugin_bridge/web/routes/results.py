"""The routes of sounds: those that a job was given, and the one that it made."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import PurePosixPath
from typing import NamedTuple

from fastapi import APIRouter, Request
from starlette.responses import Response

from plugin_bridge.jobs.job import Job
from plugin_bridge.jobs.refusal import Refusal
from plugin_bridge.storage.files import PICTURE, PREVIEW
from plugin_bridge.web.desk import Asking, AtDesk, Desk
from plugin_bridge.web.sounds import derived
from plugin_bridge.web.sounds.stored import stored
from plugin_bridge.web.speech.headers import clean_name, disposition
from plugin_bridge.web.speech.models import PRESET, style_of
from plugin_bridge.web.speech.problems import Problem, of_refusal
from plugin_bridge.web.speech.views import OUTPUT, Kind, names_of
from plugin_bridge.web.tickets import job_of

routes = APIRouter(prefix="/v1/jobs", tags=["results"])

#: What is sent instead of the sound itself: what its key is followed by, and its type.
MADE = {"preview": (PREVIEW, "audio/flac"), "spectrogram": (PICTURE, "image/png")}
HEAD_BYTES = 12  # of a file, by which its kind is known
AUDIO_TYPES = {
    ".wav": "audio/wav",
    ".flac": "audio/flac",
    ".ogg": "audio/ogg",
    ".mp3": "audio/mpeg",
    ".aiff": "audio/aiff",
}


class Sound(NamedTuple):
    """One of a job's sounds: its key, its name, and what tells its contents from others."""

    key: str
    name: str
    digest: str


@routes.get("/{id}/{part}/{kind}")
async def send(
    request: Request,
    id: str,
    part: str,
    kind: Kind,
    desk: AtDesk,
    who: Asking,
    download: bool = False,
) -> Response:
    """One of a job's sounds: as it is, to be played (`preview`), or to be seen (`spectrogram`)."""
    job = await job_of(desk, who, id)
    sound = sound_of(job, part)
    if kind == "audio":
        key, media_type = sound.key, await _type_of(desk, sound)
        name = sound.name
    else:
        suffix, media_type = MADE[kind]
        key = await _made(desk, job, sound, suffix)
        name = str(PurePosixPath(sound.name).with_suffix(suffix))
    tag = hashlib.sha256(f"{sound.digest} {kind}".encode()).hexdigest()[:32]
    headers = {
        "Content-Type": media_type,
        "Content-Disposition": disposition(name, download=download),
    }
    return await stored(request, desk.files, key, f'"{tag}"', headers)


def sound_of(job: Job, part: str) -> Sound:
    """One of a job's sounds.

    Raises:
        Problem: there is none of that name, or not yet.
    """
    if part in job.inputs:
        key = job.inputs[part]
        return Sound(key, clean_name(job.names.get(part, "")) or PurePosixPath(key).name, key)
    if part != OUTPUT:
        raise Problem("unknown_address", f"The job has no {part[:50]}.", status=404)
    if job.state != "done":
        raise Problem("not_ready", f"The job is {job.state}: there is no result.")
    return Sound(job.output, result_name(job), job.digest or job.output)


def result_name(job: Job) -> str:
    """What to call a result: after the first input, and what was made of it."""
    stem = PurePosixPath(clean_name(job.name) or "sound").stem
    clip = PurePosixPath(job.names.get(style_of(job.operation), "")).stem
    how = str(job.settings.get(PRESET) or "") or clip
    return f"{clean_name(f'{stem} - {how or job.operation}')}{PurePosixPath(job.output).suffix}"


async def _made(desk: Desk, job: Job, sound: Sound, suffix: str) -> str:
    """The key of what was made of a sound. Raises Problem if nothing can be."""
    try:
        return await derived.ensure(desk, sound.key, suffix)
    except Refusal as refusal:
        raise of_refusal(refusal, names_of(job)) from refusal
    except FileNotFoundError as error:
        raise Problem("no_such_job", "The file was deleted.") from error
    except (ValueError, EOFError, MemoryError) as error:
        raise Problem("unreadable", f"{sound.name} cannot be played or shown here.") from error


async def _type_of(desk: Desk, sound: Sound) -> str:
    """The type of a sound, by how it begins: its name may be anything."""
    blocks = desk.files.read(sound.key, 0, HEAD_BYTES)
    try:
        start = await asyncio.to_thread(lambda: b"".join(blocks))
    except FileNotFoundError as error:
        raise Problem("no_such_job", "The file was deleted.") from error
    return AUDIO_TYPES[_kind_of(start)]


def _kind_of(start: bytes) -> str:
    if start[:4] in (b"RIFF", b"RF64"):
        return ".wav"
    kinds = {b"FORM": ".aiff", b"OggS": ".ogg", b"fLaC": ".flac"}
    return kinds.get(start[:4], ".mp3")
