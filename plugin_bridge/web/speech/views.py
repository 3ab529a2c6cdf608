"""What the API shows of jobs and uploads."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any, Literal

from pydantic import BaseModel, Field

from plugin_bridge.jobs.job import Job
from plugin_bridge.jobs.records.records import Upload
from plugin_bridge.web.desk import Desk
from plugin_bridge.web.speech.headers import moment
from plugin_bridge.web.speech.models import PRESET, style_of
from plugin_bridge.web.speech.problems import told

State = Literal["queued", "running", "done", "failed", "cancelled"]
Kind = Literal["audio", "preview", "spectrogram"]
OUTPUT = "output"  # what a job has made, beside its inputs
Links = dict[str, str]


class UploadView(BaseModel):
    """A sound that was sent."""

    id: str
    name: str = Field(description="What the client calls it.")
    seconds: float
    rate: int = Field(description="In Hz.")
    channels: int
    bytes: int
    expires: str = Field(description="When it is deleted if no job uses it until then.")
    links: Links


class JobInput(BaseModel):
    """What a job works on: an upload, or a preset in its place."""

    upload: str | None = None
    name: str | None = None
    preset: str | None = None


class JobView(BaseModel):
    """A job, as it is now."""

    id: str
    operation: str
    state: State
    position: int = Field(description="In the queue, 1 if it is next; 0 if it does not wait.")
    progress: float = Field(description="From 0 to 1.")
    stage: str = Field(description="What is being done, in words.")
    name: str
    inputs: dict[str, JobInput]
    settings: dict[str, bool | float | str]
    format: str
    created: str | None
    started: str | None
    ended: str | None
    expires: str | None = Field(description="When it is deleted with its result.")
    seconds: float = Field(description="How long the work took.")
    audio_seconds: float = Field(description="How much sound it is about.")
    bytes: int = Field(description="Of the result.")
    made_of: dict[str, Any]
    advice: str
    code: str = Field(description="Why it failed, for programs.")
    error: str = Field(description="Why it failed, in words.")
    links: dict[str, str | dict[str, str]]


class JobPage(BaseModel):
    """A page of jobs, the newest first."""

    jobs: list[JobView]
    next: str | None = Field(description="What to give as after to get the next page.")


class ErrorView(BaseModel):
    """What is wrong with one field."""

    field: str
    detail: str


class ProblemView(BaseModel):
    """Why a request was refused (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    code: str = Field(description="For programs.")
    errors: list[ErrorView] = Field(default_factory=list)


def upload_view(desk: Desk, upload: Upload) -> dict[str, Any]:
    """An upload as the API shows it."""
    last = max(upload.created, upload.used)
    return {
        "id": upload.id,
        "name": upload.name,
        "seconds": round(upload.seconds, 6),
        "rate": upload.rate,
        "channels": upload.channels,
        "bytes": upload.bytes,
        "expires": moment(last + desk.limits.uploads_seconds),
        "links": {"self": f"/v1/uploads/{upload.id}"},
    }


def job_view(desk: Desk, job: Job) -> dict[str, Any]:
    """A job as the API shows it."""
    ended = job.ended_at if job.ended else 0.0
    return {
        "id": job.id,
        "operation": job.operation,
        "state": "running" if job.state == "written" else job.state,
        "position": desk.service.position(job),
        "progress": 1.0 if job.state == "done" else round(job.progress, 4),
        "stage": job.stage,
        "name": job.name,
        "inputs": _inputs(job),
        "settings": dict(job.settings),
        "format": PurePosixPath(job.output).suffix.removeprefix("."),
        "created": moment(job.created),
        "started": moment(job.started),
        "ended": moment(ended),
        "expires": moment(ended and ended + desk.limits.results_seconds),
        "seconds": round(job.seconds, 3),
        "audio_seconds": round(job.audio_seconds, 6),
        "bytes": job.bytes,
        "made_of": dict(job.made_of),
        "advice": job.advice,
        "code": job.code,
        "error": told(job.code, job.error, names_of(job)) if job.code else "",
        "links": _links(job),
    }


def _inputs(job: Job) -> dict[str, dict[str, str]]:
    found = {
        it: {"upload": PurePosixPath(key).stem, "name": job.names.get(it, "")}
        for it, key in job.inputs.items()
    }
    styled = style_of(job.operation)
    if styled and styled not in found and PRESET in job.settings:
        found[styled] = {"preset": str(job.settings[PRESET])}
    return found


def _links(job: Job) -> dict[str, str | Links]:
    own = f"/v1/jobs/{job.id}"
    parts = [*job.inputs, *([OUTPUT] if job.state == "done" else [])]
    links: dict[str, str | Links] = {"self": own, "events": f"{own}/events"}
    if not job.ended:
        links["cancel"] = f"{own}/cancel"
    for part in parts:
        links[part] = {it: f"{own}/{part}/{it}" for it in ("audio", "preview", "spectrogram")}
    return links


def names_of(job: Job) -> Mapping[str, str]:
    """The clients' names of a job's files, by their keys."""
    return {key: job.names.get(it, it) for it, key in job.inputs.items()}
