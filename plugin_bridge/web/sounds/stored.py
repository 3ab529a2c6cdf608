"""A file in storage as an answer: whole or in part, or only that it has not changed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator, Mapping

from fastapi import Request
from starlette.responses import Response, StreamingResponse

from plugin_bridge.storage.files import Files
from plugin_bridge.web.guarding.guards import HEAD
from plugin_bridge.web.speech.headers import Span, has_tag, span_of
from plugin_bridge.web.speech.problems import Problem


async def stored(
    request: Request, files: Files, key: str, tag: str, headers: Mapping[str, str]
) -> Response:
    """What answers a request for a file (RFC 9110, sections 13 and 14).

    Args:
        request: its ``Range``, ``If-Range`` and ``If-None-Match`` count.
        files: where the file is.
        key: which it is.
        tag: its entity tag: a file's contents never change, so this is as good as the key.
        headers: more fields: its type and name.

    Raises:
        Problem: the file is gone, or has no such range.
        OSError: storage fails.
    """
    fields = {**headers, "ETag": tag, "Accept-Ranges": "bytes"}
    if has_tag(request.headers.get("if-none-match"), tag):
        return Response(status_code=304, headers=fields)
    try:
        size = await asyncio.to_thread(files.size, key)
    except FileNotFoundError as error:
        raise Problem("no_such_job", "The file was deleted.") from error
    try:
        span = _span(request, tag, size)
    except ValueError as error:
        said = f"The file has {size} bytes."
        raise Problem(
            "bad_range", said, status=416, headers={"Content-Range": str(error)}
        ) from None
    start, stop = span or (0, size)
    fields["Content-Length"] = str(stop - start)
    if span:
        fields["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    status = 206 if span else 200
    if request.scope.get(HEAD):
        return Response(status_code=status, headers=fields)
    blocks = blocks_of(files.read(key, start, stop))
    return StreamingResponse(blocks, status, fields)


async def blocks_of(blocks: Iterator[bytes]) -> AsyncIterator[bytes]:
    """The blocks of a file, each read in a thread; the file is closed at the end."""
    try:
        while (block := await asyncio.to_thread(next, blocks, None)) is not None:
            yield block
    finally:
        close = getattr(blocks, "close", None)
        if close is not None:
            with contextlib.suppress(ValueError):  # it is being read just now
                close()


def _span(request: Request, tag: str, size: int) -> Span | None:
    """The wanted part of a file; None for all of it. Raises ValueError if there is none."""
    condition = request.headers.get("if-range")
    if condition is not None and condition.strip() != tag:
        return None  # it has changed since: RFC 9110, section 14.2
    return span_of(request.headers.get("range"), size)
