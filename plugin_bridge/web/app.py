"""The application: all routes behind the guards, and one way to say what is wrong."""

from __future__ import annotations

import errno
import functools
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import ASGIApp

from plugin_bridge.errors import one_line
from plugin_bridge.jobs.records.records import Unwritable
from plugin_bridge.jobs.refusal import Refusal
from plugin_bridge.web import openapi
from plugin_bridge.web.desk import Desk, desk_of
from plugin_bridge.web.guarding.guards import Guards
from plugin_bridge.web.guarding.noted import note
from plugin_bridge.web.routes import account, catalogue, jobs, pages, results, streams, uploads
from plugin_bridge.web.routes.catalogue import written
from plugin_bridge.web.speech.problems import BUSY, Problem, of_refusal

log = logging.getLogger("restyle.serve")

ABOUT = "Sounds come in as uploads, jobs make others of them, and say how they get on."
ProblemOf = Callable[[Request, Any], Problem]
ROUTES = (catalogue, uploads, jobs, streams, results, account, pages)


def build(desk: Desk) -> ASGIApp:
    """The application that answers for a desk."""
    app = FastAPI(
        title="Restyle",
        description=ABOUT,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    app.state.desk = desk
    for module in ROUTES:
        app.include_router(module.routes)
    app.state.document = functools.cache(lambda: written(openapi.document(app)))
    for kind, problem_of in PROBLEMS.items():
        app.add_exception_handler(kind, _handler(problem_of))
    return Guards(app, desk)


def _handler(problem_of: ProblemOf) -> Callable[[Request, Any], Awaitable[Response]]:
    async def answer(request: Request, error: Any) -> Response:
        problem = problem_of(request, error)
        note(desk_of(request), request.scope, problem)
        return problem.response

    return answer


def _of_routing(request: Request, error: HTTPException) -> Problem:
    if error.status_code == 404:
        return Problem("unknown_address", "There is no such address: /docs lists them.")
    if error.status_code == 405:
        allowed = ", ".join(methods_of(request))
        text = f"{request.method} is not for this address, which takes {allowed}."
        return Problem("method_not_allowed", text, status=405, headers={"Allow": allowed})
    return Problem("bad_request", str(error.detail), status=error.status_code)


def methods_of(request: Request) -> list[str]:
    """All methods that an address takes: each route knows but its own."""
    found: set[str] = set()
    for module in ROUTES:
        for route in module.routes.routes:
            if isinstance(route, Route) and route.matches(request.scope)[0] is not Match.NONE:
                found |= route.methods or set()
    return sorted(found | ({"HEAD"} if "GET" in found else set()))


def _invalid(request: Request, error: RequestValidationError) -> Problem:
    found = [(it["loc"], str(it["msg"])) for it in error.errors()]  # ("query", "state", 0)
    errors = [{"field": str([*place, ""][1]), "detail": text} for place, text in found]
    first = errors[0]
    return Problem("bad_setting", f"{first['field']}: {first['detail']}.", errors=errors)


def _of_system(request: Request, error: OSError) -> Problem:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Problem("disk_full", "The server's disk is full: ask its operator.")
    if error.errno == errno.EIO:  # a bucket is away (`plugin_bridge.storage.s3`), or a disk broken
        log.warning("storage does not answer", extra={"error": one_line(error)})
        return Problem("storage_busy", "The server's storage does not answer: try again later.")
    log.error("fault", exc_info=error, extra={"path": request.url.path})
    return _of_fault(request, error)


def _of_fault(request: Request, error: Exception) -> Problem:
    return Problem("internal", "A fault of Restyle's: the server's log has more.")


#: What is said of exceptions that come out of routes, by their kind.
PROBLEMS: Mapping[type[Exception], ProblemOf] = {
    Problem: lambda request, problem: problem,
    Refusal: lambda request, refusal: of_refusal(refusal),
    Unwritable: lambda request, error: Problem("journal_busy", BUSY),
    RequestValidationError: _invalid,
    HTTPException: _of_routing,
    ClientDisconnect: lambda request, error: Problem("bad_request", "Not all of the body came."),
    OSError: _of_system,
    Exception: _of_fault,
}
