"""The OpenAPI document: FastAPI's, with what each address really takes and answers."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import TypeAdapter
from pydantic.json_schema import models_json_schema

from plugin_bridge.web.guarding.identity import is_open
from plugin_bridge.web.routes.account import SignIn
from plugin_bridge.web.speech import models
from plugin_bridge.web.speech.answers import ANSWERS, COMMON, FIELDS_OF_STATUS, JSON, KEYED, Answer
from plugin_bridge.web.speech.forms import FIELD
from plugin_bridge.web.speech.problems import MEDIA_TYPE, ONLY_HTTP, STATUS, TITLES
from plugin_bridge.web.speech.views import JobPage, JobView, ProblemView, UploadView

REF = "#/components/schemas/{model}"
HEADED = ("/v1/jobs/{id}/{part}/{kind}", "/v1/presets/{name}/clip")  # HEAD is of use there

JOB_BODY = "JobRequest"
ENDS = ("worker_died", "hung")  # codes that no request meets, but a job can end with
_LINKS = {
    "/v1/jobs": {"job": ("get", "/v1/jobs/{id}")},
    "/v1/uploads": {"upload": ("get", "/v1/uploads/{id}")},
}


def document(app: FastAPI) -> dict[str, Any]:
    """The document of the server's API, as it is now."""
    found = get_openapi(
        title="Restyle", version="1", description=app.description, routes=app.routes
    )
    body = models.schema()
    schemas = {**body.pop("$defs", {}), **_schemas(), JOB_BODY: body}
    found["components"] = {
        "schemas": schemas,
        "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
    }
    codes = (*STATUS, *ENDS, *ONLY_HTTP, "internal")
    found["x-codes"] = {code: TITLES[code] for code in codes if code in TITLES}
    for path, item in found["paths"].items():
        for method, operation in item.items():
            _complete(operation, method, path)
        if path in HEADED:
            item["head"] = _head(item["get"])
    return found


def _complete(operation: dict[str, Any], method: str, path: str) -> None:
    """Replace what FastAPI cannot know of one address."""
    answers, problems = ANSWERS[method, path]
    keyed = not is_open(path) and not is_open(path.replace("{name}", "name"))
    statuses = {*problems, *COMMON, *(KEYED if keyed else ())}
    operation["responses"] = {str(it): _answer(answers[it]) for it in sorted(answers)}
    operation["responses"] |= {str(it): _problem(it) for it in sorted(statuses)}
    operation["operationId"] = f"{method}{path.title().translate(_NO_SIGNS)}"
    if keyed:
        operation["security"] = [{"key": []}, {}]
    if method == "post" and path in _BODIES:
        operation["requestBody"] = {"required": True, "content": _BODIES[path]}
    if method == "post" and path in _LINKS:
        for status in answers:
            operation["responses"][str(status)]["links"] = {
                name: {
                    "operationId": f"{to}{target.title().translate(_NO_SIGNS)}",
                    "parameters": {"id": "$response.body#/id"},
                }
                for name, (to, target) in _LINKS[path].items()
            }


def _head(get: dict[str, Any]) -> dict[str, Any]:
    """The same without bodies."""
    answers = {
        status: {name: it for name, it in answer.items() if name != "content"}
        for status, answer in get["responses"].items()
    }
    return {
        **get,
        "operationId": get["operationId"].replace("get", "head", 1),
        "responses": answers,
    }


def _answer(answer: Answer) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "object"}
    if answer.model:
        schema = {"$ref": REF.format(model=answer.model)}
    content = {it: {"schema": schema} if it == JSON else {} for it in answer.types}
    described: dict[str, Any] = {"description": answer.about, "headers": _fields(answer.fields)}
    return described | ({"content": content} if content else {})


def _problem(status: int) -> dict[str, Any]:
    return {
        "description": HTTPStatus(status).phrase,
        "headers": _fields(FIELDS_OF_STATUS.get(status, ())),
        "content": {MEDIA_TYPE: {"schema": {"$ref": REF.format(model="ProblemView")}}},
    }


def _fields(names: Any) -> dict[str, Any]:
    return {name: {"required": True, "schema": {"type": "string"}} for name in names}


def _schemas() -> dict[str, Any]:
    shown = [(it, "serialization") for it in (JobPage, JobView, ProblemView, UploadView)]
    _, found = models_json_schema(shown, ref_template=REF)  # type: ignore[arg-type]
    schemas: dict[str, Any] = found["$defs"]
    return schemas


_NO_SIGNS = str.maketrans("", "", "/{}.-_")
_FILE = {"type": "string", "format": "binary"}
_BODIES: dict[str, dict[str, Any]] = {
    "/v1/uploads": {
        "application/octet-stream": {"schema": _FILE},
        "audio/*": {"schema": _FILE},
        "multipart/form-data": {
            "schema": {"type": "object", "properties": {FIELD: _FILE}, "required": [FIELD]}
        },
    },
    "/v1/jobs": {JSON: {"schema": {"$ref": REF.format(model=JOB_BODY)}}},
    "/v1/session": {JSON: {"schema": TypeAdapter(SignIn).json_schema()}},
}
