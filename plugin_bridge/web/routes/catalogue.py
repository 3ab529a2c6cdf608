"""The routes of what is the same for everybody: presets with clips, chains, and settings."""

from __future__ import annotations

import asyncio
import functools
import hashlib
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from fastapi import APIRouter, Request
from starlette.responses import Response

import presets
from plugin_bridge.jobs import operations
from plugin_bridge.jobs.operations.operation import Operation
from plugin_bridge.jobs.settings import Choice, Number, Setting
from plugin_bridge.storage.local import LocalFiles
from plugin_bridge.web.desk import AtDesk, Limits
from plugin_bridge.web.routes.results import AUDIO_TYPES
from plugin_bridge.web.sounds.derived import picture_of
from plugin_bridge.web.sounds.stored import stored
from plugin_bridge.web.speech import chains
from plugin_bridge.web.speech.headers import MAX_WAIT_SECONDS, disposition, has_tag
from plugin_bridge.web.speech.models import (
    DEFAULT_OPERATION,
    PRESET,
    SUFFIXES,
    is_style,
    takes_chains,
)
from plugin_bridge.web.speech.parameters import CHAIN
from plugin_bridge.web.speech.problems import Problem
from presets.catalogue import by_family

routes = APIRouter(prefix="/v1", tags=["catalogue"])

LIST_CACHE = "public, max-age=60"  # a user's own presets may change; not searched
FRESH_SECONDS = 2.0  # how long the list of presets is taken for true; not searched
CLIP_CACHE = "public, max-age=3600"


@routes.get("/presets")
async def families(request: Request) -> Response:
    """All presets, by family; the last family has the chains, which can be named like presets."""
    period = int(time.monotonic() / FRESH_SECONDS)
    return send(request, await asyncio.to_thread(_families, period))


@routes.get("/presets/{name}/clip")
async def clip(request: Request, name: str) -> Response:
    """How a preset sounds."""
    found = await asyncio.to_thread(_clip, name)
    headers = {
        "Cache-Control": CLIP_CACHE,
        "Content-Type": AUDIO_TYPES.get(found.path.suffix, "application/octet-stream"),
        "Content-Disposition": disposition(found.name, download=False),
    }
    files = LocalFiles(found.path.parent)
    return await stored(request, files, found.path.name, found.tag("clip"), headers)


@routes.get("/presets/{name}/spectrogram")
async def spectrogram(request: Request, name: str, desk: AtDesk) -> Response:
    """How a preset looks, as a PNG: on the scale of a job's spectrograms."""
    found = await asyncio.to_thread(_clip, name)
    tag = found.tag("spectrogram")
    headers = {"Cache-Control": CLIP_CACHE, "ETag": tag}
    if has_tag(request.headers.get("if-none-match"), tag):
        return Response(status_code=304, headers=headers)
    try:
        picture = await desk.aside.call(picture_of, found.path)
    except (ValueError, EOFError, MemoryError) as error:
        raise Problem("unreadable", "This preset's clip cannot be shown.") from error
    return Response(picture, headers=headers, media_type="image/png")


class _Clip(NamedTuple):
    """The clip of a preset: where it is, what to call it, and what it is now."""

    path: Path
    name: str
    state: str

    def tag(self, what: str) -> str:
        """The entity tag of what is made of it."""
        return f'"{hashlib.sha256(f"{what} {self.state}".encode()).hexdigest()[:32]}"'


def _clip(name: str) -> _Clip:
    """The clip of the preset of that name. Raises Problem if there is none."""
    try:
        preset = presets.get(name)
        path = preset.clip.resolve(strict=True)
        about = path.stat()
    except (ValueError, OSError) as error:  # the error may name a folder of the server's
        text = "There is no such preset: /v1/presets lists them."
        if chains.is_chain(name):
            text = "This is a chain, which has no clip: /v1/chains says what is in it."
        raise Problem("no_such_preset", text, status=404) from error
    state = f"{path.name} {about.st_mtime_ns} {about.st_size}"
    return _Clip(path, f"{preset.name}{path.suffix}", state)


@routes.get("/settings")
async def settings(request: Request, desk: AtDesk) -> Response:
    """What can be done, with the settings and their ranges, and what the server takes."""
    known = {name: _operation(operations.find(name)) for name in operations.OPERATIONS}
    body = {
        "default": DEFAULT_OPERATION,
        "operations": known,
        "formats": list(SUFFIXES),
        "limits": limits_of(desk.limits),
    }
    return cacheable(request, body)


def limits_of(limits: Limits) -> dict[str, float]:
    """The limits as the API shows them."""
    return {
        "upload_bytes": limits.upload_bytes,
        "audio_seconds": limits.audio_seconds,
        "upload_kept_seconds": limits.uploads_seconds,
        "result_kept_seconds": limits.results_seconds,
        "wait_seconds": MAX_WAIT_SECONDS,
    }


def cacheable(request: Request, body: Any) -> Response:
    """JSON that may be kept for a while, and is not sent again if it has not changed."""
    return send(request, written(body))


class Written(NamedTuple):
    """A body as it is sent, and its entity tag."""

    content: bytes
    tag: str


def written(body: Any) -> Written:
    """A body as JSON."""
    content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    return Written(content, f'"{hashlib.sha256(content).hexdigest()[:32]}"')


def send(request: Request, body: Written) -> Response:
    """Send what may be kept for a while, unless it is what the client has."""
    headers = {"ETag": body.tag, "Cache-Control": LIST_CACHE}
    if has_tag(request.headers.get("if-none-match"), body.tag):
        return Response(status_code=304, headers=headers)
    return Response(body.content, headers=headers, media_type="application/json")


@functools.lru_cache(maxsize=1)
def _families(period: int) -> Written:
    """The presets by family, read once in each period: the user's own may change."""
    grouped = by_family(presets.every())
    families = [{"name": it, "presets": [*map(_preset, grouped[it])]} for it in grouped]
    if found := chains.offered():
        families.append({"name": chains.FAMILY, "presets": [*map(chains.as_preset, found)]})
    return written({"families": families})


@routes.get("/chains")
async def all_chains(request: Request) -> Response:
    """All chains: several effects in a row, under a name that stands wherever a preset's does."""
    period = int(time.monotonic() / FRESH_SECONDS)
    return send(request, await asyncio.to_thread(_chains, period))


@routes.get("/chains/{name}")
async def chain(request: Request, name: str, desk: AtDesk) -> Response:
    """What is in a chain: its effects in their order, and what can be set of them."""
    found = await asyncio.to_thread(chains.find, name)
    async with desk.describing:  # who waits for the same plugin then finds it described
        known = await desk.parameters.of(found)
    return cacheable(request, chains.whole(found, known))


@functools.lru_cache(maxsize=1)
def _chains(period: int) -> Written:
    """The chains, read once in each period."""
    return written({"chains": [*map(chains.brief, chains.offered())]})


def _preset(it: presets.Preset) -> dict[str, Any]:
    return {"name": it.name, "label": it.label, "program": it.program, "family": it.family}


def _operation(kind: Operation) -> dict[str, Any]:
    inputs = [(name, False) for name in kind.inputs] + [(name, True) for name in kind.instead_of]
    styled = any(is_style(kind, name) for name in kind.instead_of)
    return {
        "title": kind.title,
        "about": kind.about,
        "follows": kind.follows,
        "own_style": kind.own_style,
        "chains": takes_chains(kind),
        "titles": dict(kind.titles),
        "inputs": [
            {"name": name, "optional": optional, "style": is_style(kind, name)}
            for name, optional in inputs
        ],
        "settings": {
            name: _setting(it)
            for name, it in kind.settings.items()
            if not (styled and name == PRESET) and name != CHAIN
        },
    }


def _setting(setting: Setting) -> Mapping[str, Any]:
    if isinstance(setting, Number):
        limits = {"least": setting.least, "most": setting.most, "whole": setting.whole}
        about = {"kind": "number", **limits, "default": setting.default}
        if setting.varies is None:
            return about
        return {**about, "varies": {"by": setting.varies.by, "values": dict(setting.varies.values)}}
    if isinstance(setting, Choice):
        return {"kind": "choice", "words": list(setting.words), "default": setting.default}
    return {"kind": "text", "default": setting.default}
