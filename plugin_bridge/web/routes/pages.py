"""The page, the documentation and their files; and whether the server is well."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from plugin_bridge.web.desk import AtDesk
from plugin_bridge.web.guarding.identity import give_cookie
from plugin_bridge.web.routes.catalogue import send
from plugin_bridge.web.speech.headers import has_tag
from plugin_bridge.web.speech.problems import Problem

routes = APIRouter(include_in_schema=False)

ROOM = Path(__file__).parents[1]
#: Where the files of the pages are: their own, and those that the pages of reports have, too.
FOLDERS = {"": ROOM / "static", "look/": ROOM.parent / "reports" / "look"}
CACHE = "no-cache"  # ask whether it has changed: pages and scripts belong together
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".webmanifest": "application/manifest+json",
}


class File(NamedTuple):
    """A file of the page."""

    content: bytes
    media_type: str
    tag: str


@functools.cache  # they do not change while the server runs
def files() -> Mapping[str, File]:
    """The files of the pages, by their names."""
    found = {}
    for prefix, folder in FOLDERS.items():
        for path in folder.iterdir():
            if path.suffix in TYPES:
                content = path.read_bytes()
                tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
                found[prefix + path.name] = File(content, TYPES[path.suffix], tag)
    return found


def _send(request: Request, name: str) -> Response:
    file = files().get(name)
    if file is None:
        raise Problem("unknown_address", "There is no such page.")
    headers = {"ETag": file.tag, "Cache-Control": CACHE}
    if has_tag(request.headers.get("if-none-match"), file.tag):
        return Response(status_code=304, headers=headers)
    return Response(file.content, media_type=file.media_type, headers=headers)


@routes.get("/")
async def index(request: Request, desk: AtDesk) -> Response:
    """The page; a browser that opens it becomes an owner of its own."""
    response = _send(request, "index.html")
    await give_cookie(desk, request.headers, response)
    return response


@routes.get("/docs")
async def docs(request: Request) -> Response:
    """The documentation of the API."""
    return _send(request, "docs.html")


@routes.get("/static/{name:path}")
async def static(request: Request, name: str) -> Response:
    """A file of the pages."""
    return _send(request, name)


@routes.get("/healthz", include_in_schema=True, tags=["catalogue"])
async def health() -> Response:
    """Whether the server is well."""
    return JSONResponse({"status": "ok"})


@routes.get("/openapi.json")
async def document(request: Request) -> Response:
    """What the API takes and answers, for programs."""
    return send(request, request.app.state.document())
