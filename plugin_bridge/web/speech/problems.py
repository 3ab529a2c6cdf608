"""What the API says when it refuses: RFC 9457 problems, with the codes of jobs' refusals."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from plugin_bridge.errors import shown
from plugin_bridge.jobs.refusal import CODES, MAX_CHARACTERS, Refusal

MEDIA_TYPE = "application/problem+json"

#: The HTTP status of each code that a request can meet; 500 for all others.
STATUS: Mapping[str, int] = {
    "bad_request": 400,
    "unauthorised": 401,
    "forbidden": 403,
    "unknown_address": 404,
    "no_such_job": 404,
    "no_such_upload": 404,
    "no_room": 409,
    "not_ready": 409,
    "too_large": 413,
    "unsupported": 415,
    "bad_chain": 422,
    "bad_setting": 422,
    "id_taken": 422,
    "no_such_plugin": 422,
    "no_such_preset": 422,
    "not_audio": 422,
    "not_found": 422,
    "plugin_failed": 422,
    "too_long": 422,
    "unreadable": 422,
    "queue_full": 429,
    "too_many_jobs": 429,
    "quota_exceeded": 429,
    "rate_limited": 429,
    "journal_busy": 503,
    "stopping": 503,
    "journal_gone": 503,
    "out_of_files": 503,
    "storage_busy": 503,
    "disk_full": 507,
}
#: Seconds after which to try again, for those that pass by themselves; not searched.
RETRY_SECONDS: Mapping[str, int] = {
    "queue_full": 10,
    "too_many_jobs": 10,
    "journal_busy": 1,
    "stopping": 5,
    "out_of_files": 5,
    "storage_busy": 10,
}

BUSY = "The server cannot write jobs down just now: try again."

#: Codes that only HTTP has.
ONLY_HTTP = {
    "method_not_allowed": "the address does not take this method",
    "storage_busy": "the server's storage does not answer",
    "bad_range": "the file is shorter than the range begins",
}
TITLES: Mapping[str, str] = {**CODES, **ONLY_HTTP}


class Problem(HTTPException):
    """A request is refused.

    Attributes:
        code: one of `plugin_bridge.jobs.refusal.CODES`, or of those that only HTTP has.
        errors: which fields are wrong, and what to do.
    """

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        status: int | None = None,
        errors: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        more = dict(headers or {})
        if code in RETRY_SECONDS:
            more.setdefault("Retry-After", str(RETRY_SECONDS[code]))
        elif code == "quota_exceeded":
            more.setdefault("Retry-After", str(until_next_month()))
        super().__init__(status or STATUS.get(code, 500), shown(detail, MAX_CHARACTERS), more)
        self.code = code
        self.errors = errors

    @property
    def content(self) -> dict[str, Any]:
        """What is sent."""
        title = TITLES.get(self.code, "")
        content: dict[str, Any] = {
            "type": f"/docs#{self.code}",
            "title": title[:1].upper() + title[1:],
            "status": self.status_code,
            "detail": self.detail,
            "code": self.code,
        }
        return content | ({"errors": list(self.errors)} if self.errors else {})

    @property
    def response(self) -> JSONResponse:
        """What is sent, with its headers."""
        return JSONResponse(self.content, self.status_code, self.headers, media_type=MEDIA_TYPE)


def until_next_month(now: datetime | None = None) -> int:
    """How many seconds it takes until quotas begin anew: with the next month, in UTC."""
    now = now or datetime.now(UTC)
    first = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    following = (first + timedelta(days=32)).replace(day=1)
    return math.ceil((following - now).total_seconds())


def of_refusal(refusal: Refusal, names: Mapping[str, str] | None = None) -> Problem:
    """What HTTP says of a refusal; ``names`` has the clients' names of files, by their keys."""
    return Problem(refusal.code, told(refusal.code, str(refusal), names or {}))


def told(code: str, message: str, names: Mapping[str, str]) -> str:
    """A message as a client may read it: with its own names of files, and never with a path.

    What still looks like a path after that is replaced by what the code means.
    """
    for key, name in names.items():
        message = re.sub(rf"[^\s'\"]*{re.escape(key)}", name.replace("\\", ""), message)
    named = message
    for name in names.values():
        named = named.replace(name, "")
    if not message or re.search(r"[/\\]", named):
        meaning = CODES.get(code, CODES["internal"])
        return f"{meaning[:1].upper()}{meaning[1:]}."
    return shown(message, MAX_CHARACTERS)
