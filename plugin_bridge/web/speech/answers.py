"""What each address answers, for the OpenAPI document: status, type, model, header fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

JSON = "application/json"


class Answer(NamedTuple):
    """One answer.

    Attributes:
        about: what it means.
        model: the name of its JSON schema; ``""`` for any JSON object.
        types: its media types; none if it has no body.
        fields: the names of header fields that it has.
    """

    about: str
    model: str = ""
    types: Sequence[str] = ()
    fields: Sequence[str] = ()


def json(about: str, model: str = "", *fields: str) -> Answer:
    """An answer in JSON."""
    return Answer(about, model, (JSON,), fields)


def empty(about: str, *fields: str) -> Answer:
    """An answer without a body."""
    return Answer(about, fields=fields)


_AUDIO = ("audio/wav", "audio/flac", "audio/ogg", "audio/mpeg", "audio/aiff")
_SAME = empty("It has not changed.", "ETag")
_WHOLE = ("ETag", "Accept-Ranges", "Content-Disposition")
_PART = (*_WHOLE, "Content-Range")
_STREAM = ("text/event-stream",)
_JOB = json("The job.", "JobView")
_FILE = {
    200: Answer("The file.", types=(*_AUDIO, "image/png"), fields=_WHOLE),
    206: Answer("A part of the file.", types=(*_AUDIO, "image/png"), fields=_PART),
    304: _SAME,
}
_CLIP = {
    200: Answer("The clip.", types=_AUDIO, fields=_WHOLE),
    206: Answer("A part of the clip.", types=_AUDIO, fields=_PART),
    304: _SAME,
}

_PICTURE = {200: Answer("The picture.", types=("image/png",), fields=("ETag",)), 304: _SAME}

#: By method and path: the answers, and the statuses of problems beside those of `COMMON`.
ANSWERS: Mapping[tuple[str, str], tuple[Mapping[int, Answer], Sequence[int]]] = {
    ("get", "/v1/presets"): ({200: json("Presets.", "", "ETag"), 304: _SAME}, ()),
    ("get", "/v1/presets/{name}/clip"): (_CLIP, (404, 416)),
    ("get", "/v1/presets/{name}/spectrogram"): (_PICTURE, (404, 422)),
    ("get", "/v1/chains"): ({200: json("Chains.", "", "ETag"), 304: _SAME}, ()),
    ("get", "/v1/chains/{name}"): ({200: json("The chain.", "", "ETag"), 304: _SAME}, (404, 422)),
    ("get", "/v1/settings"): ({200: json("Settings.", "", "ETag"), 304: _SAME}, ()),
    ("post", "/v1/uploads"): (
        {201: json("It is there.", "UploadView", "Location")},
        (400, 408, 409, 413, 415, 422, 507),
    ),
    ("get", "/v1/uploads/{id}"): ({200: json("The upload.", "UploadView")}, (404,)),
    ("delete", "/v1/uploads/{id}"): ({204: empty("It is gone.")}, (404,)),
    ("post", "/v1/jobs"): (
        {
            202: json("It will be done.", "JobView", "Location", "Retry-After"),
            200: json("It has ended already.", "JobView", "Location"),
        },
        (400, 404, 408, 409, 413, 415, 422, 507),
    ),
    ("get", "/v1/jobs"): ({200: json("A page.", "JobPage")}, (422,)),
    ("get", "/v1/jobs/{id}"): ({200: _JOB}, (404,)),
    ("delete", "/v1/jobs/{id}"): ({204: empty("It is gone.")}, (404,)),
    ("post", "/v1/jobs/{id}/cancel"): (
        {202: json("It is being stopped.", "JobView"), 200: json("It has ended.", "JobView")},
        (400, 404, 413, 415),
    ),
    ("get", "/v1/jobs/{id}/events"): (
        {
            200: Answer("Events, up to the job's end.", types=_STREAM),
            204: empty("The end was told: do not come back."),
        },
        (404,),
    ),
    ("get", "/v1/events"): ({200: Answer("Events.", types=_STREAM)}, ()),
    ("get", "/v1/jobs/{id}/{part}/{kind}"): (_FILE, (404, 409, 416, 422)),
    ("get", "/v1/usage"): ({200: json("What was used.")}, (422,)),
    ("get", "/v1/me"): ({200: json("Who asks.")}, ()),
    ("post", "/v1/session"): (
        {204: empty("Signed in.", "Set-Cookie")},
        (400, 401, 408, 413, 415, 422),
    ),
    ("delete", "/v1/session"): ({204: empty("Signed out.", "Set-Cookie")}, ()),
    ("get", "/healthz"): ({200: json("It is well.")}, ()),
}

#: What any address may answer: 400 to 415 if there is a body that is not taken.
COMMON = (400, 403, 408, 413, 415, 500, 503)
#: What those may answer, too, that want to know who asks.
KEYED = (401, 429)
FIELDS_OF_STATUS: Mapping[int, Sequence[str]] = {
    401: ("WWW-Authenticate",),
    416: ("Content-Range",),
    429: ("Retry-After",),
}
