"""Which refusals of HTTP the log and the status page have: those of what would change something.

What only reads is asked for again and again, by programs that look for holes, too; and whoever asks
over HTTP hears the answer.
"""

from __future__ import annotations

from starlette.types import Scope

from plugin_bridge.jobs.refusals import RefusedRequest
from plugin_bridge.web.desk import Desk
from plugin_bridge.web.speech.problems import Problem

READS = ("GET", "HEAD", "OPTIONS")
MAX_PATH = 100  # characters of a request's path; not searched


def note(desk: Desk, scope: Scope, problem: Problem) -> None:
    """Note that a request was refused, if it was to change something."""
    if scope["method"] in READS:
        return
    host, _ = scope.get("client") or ("", 0)
    refused = RefusedRequest(
        kind="http",
        host=host,
        request=f"{scope['method'][:MAX_PATH]} {scope['path'][:MAX_PATH]}",
        code=problem.code,
        text=problem.detail,
    )
    desk.service.refusals.note(refused)
