"""A client of ``restyle serve --web``, which sends sounds and fetches results over HTTP.

>>> with Client("https://example.com", key=...) as client:  # doctest: +SKIP
...     job = client.submit("piano.wav", "piano-violin.wav", "violin", strength=0.7)
...     print(client.wait(job, on_progress=print).out)

It needs the standard library alone. A `Client` is for one thread at a time.
"""

from __future__ import annotations

import http.client
import io
import math
import os
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode
from uuid import uuid4

from plugin_bridge.client_types import (
    QUEUED,
    SILENT,
    Chain,
    Failed,
    Job,
    JobCancelled,
    NoServer,
    Preset,
    Refused,
    Result,
    Status,
    Version,
)
from plugin_bridge.files.formats import FORMATS, check_suffix
from plugin_bridge.files.targets import Target, check_target
from plugin_bridge.files.whole_files import writing
from plugin_bridge.jobs.job import ENDED
from plugin_bridge.web.client.following import SILENCE, Following, View
from plugin_bridge.web.client.link import BLOCK_BYTES, Link, Request
from presets.opening import open_regular

if TYPE_CHECKING:
    from effects.running.progress import OnProgress

# Not searched.
TICK = 0.1  # seconds from one report of progress to the next
STOPPED = 5.0  # seconds that a tick takes only if this process stood still
LOOK_SECONDS = 120.0  # for the server to look at an upload once it has all of it
PAGE = 200  # jobs that are asked for at once: the most that the API gives


class Client:
    """A server that speaks HTTP.

    Args:
        url: such as ``http://localhost:8471`` or ``https://restyle.example.com``.
        key: an API key, if the server wants one.
        insecure: whether the key may be sent over http to another machine.
        timeout_seconds: how long to try again if nobody answers, before `NoServer` is raised.

    Raises:
        ValueError: that is no address, or the key would be sent in clear text.
    """

    def __init__(
        self,
        url: str,
        *,
        key: str | None = None,
        insecure: bool = False,
        timeout_seconds: float = 5.0,
    ) -> None:
        self.url, self.timeout_seconds = url, timeout_seconds
        self._link = Link(url, key or "", insecure=insecure)
        self._targets: dict[str, Target] = {}

    def close(self) -> None:
        """Let go of what was opened. Jobs go on. Calling this again does nothing."""
        self._targets.clear()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    # Jobs

    def submit(
        self,
        input: str | os.PathLike[str],
        output: str | os.PathLike[str],
        preset: str = "",
        *,
        style: str | os.PathLike[str] | None = None,
        **settings: float | str | None,
    ) -> str:
        """Send a stem, and have it restyled. Returns the job's id once the server has accepted it.

        Args:
            input: the stem.
            output: the file to write here, which must not exist; its suffix says the format.
            preset: a style by name or General MIDI number, or a chain by name; ``""`` for the
                server's own choice.
            style: a clip of one's own, in place of a preset.
            settings: as ``strength=0.7``, see GET /v1/settings; those that are None are left to
                the server. Those of effects of a chain as ``**{"reverb.wet_level": 0.3}``.

        Raises:
            Refused: the server will not do it, or there is a file at ``output``.
            NoServer: nothing answers.
            ValueError: ``output`` cannot be written, or both a preset and a clip were given.
            OSError: the stem or the clip cannot be read.
        """
        return self._play({}, input, output, preset, style, settings)

    def mashup(
        self,
        a: str | os.PathLike[str],
        b: str | os.PathLike[str],
        output: str | os.PathLike[str],
        **settings: float | str | None,
    ) -> str:
        """Send two songs that are to be one. Returns the job's id once the server has accepted it.

        Args:
            a: the song whose lead is heard.
            b: the song whose bed is heard.
            output: the file to write here, which must not exist; its suffix says the format.
            settings: as ``bed="rhythm"``, see GET /v1/settings; those that are None are left to
                the server.

        Raises:
            Refused, NoServer, ValueError, OSError: as `submit`.
        """
        return self._join("mashup", a, b, output, settings, text="tempo")

    def morph(
        self,
        a: str | os.PathLike[str],
        b: str | os.PathLike[str],
        output: str | os.PathLike[str],
        **settings: float | str | None,
    ) -> str:
        """Send two pieces, to have the one between them. Returns the job's id once it is accepted.

        Args:
            a: the piece at 0.
            b: the piece at 1.
            output: the file to write here, which must not exist; its suffix says the format.
            settings: as ``at=0.5``, see GET /v1/settings; those that are None are left to the
                server.

        Raises:
            Refused, NoServer, ValueError, OSError: as `submit`.
        """
        return self._join("morph", a, b, output, settings, text="at")

    def tweak(
        self,
        input: str | os.PathLike[str],
        output: str | os.PathLike[str],
        preset: str = "",
        *,
        style: str | os.PathLike[str] | None = None,
        **settings: float | str | None,
    ) -> str:
        """Send a piece whose latent is to be changed. Returns the job's id once it is accepted.

        Args:
            input: the piece.
            output: the file to write here, which must not exist; its suffix says the format.
            preset: who plays it, by name or General MIDI number; ``""`` for its own sounds.
            style: a clip of one's own, in place of a preset.
            settings: as ``scale=1.3``, see GET /v1/settings; those that are None are left to the
                server.

        Raises:
            Refused, NoServer, ValueError, OSError: as `submit`.
        """
        return self._play({"operation": "tweak"}, input, output, preset, style, settings)

    def _play(
        self,
        body: Mapping[str, Any],
        input: str | os.PathLike[str],
        output: str | os.PathLike[str],
        preset: str,
        style: str | os.PathLike[str] | None,
        settings: Mapping[str, float | str | None],
    ) -> str:
        """Send a stem that a style is to play, and what else is in ``body``. Returns the job's id.

        Raises:
            Refused, NoServer, ValueError, OSError: as `submit`.
        """
        if preset and style is not None:
            raise ValueError("A preset and a clip exclude each other: give one of them.")
        target, most = self._begin(output)
        sounds: dict[str, Any] = {"stem": self._upload(input, most)}
        if style is not None:
            sounds["style"] = {"upload": self._upload(style, most)}
        elif preset:
            sounds["style"] = {"preset": preset}
        return self._order(target, {**body, **sounds, **settings})

    def _join(
        self,
        operation: str,
        a: str | os.PathLike[str],
        b: str | os.PathLike[str],
        output: str | os.PathLike[str],
        settings: Mapping[str, float | str | None],
        *,
        text: str,
    ) -> str:
        """Send two sounds that are to be one. Returns the job's id.

        Args:
            operation: what is to be done.
            a: the one sound.
            b: the other.
            output: the file to write.
            settings: of the job.
            text: the setting that is a text for the server, and may be a number here.

        Raises:
            Refused, NoServer, ValueError, OSError: as `submit`.
        """
        target, most = self._begin(output)
        sounds = {name: self._upload(sound, most) for name, sound in {"a": a, "b": b}.items()}
        given = settings.get(text)
        said = {text: f"{given:g}"} if isinstance(given, (int, float)) else {}
        return self._order(target, {"operation": operation, **sounds, **settings, **said})

    def _begin(self, output: str | os.PathLike[str]) -> tuple[Target, float]:
        """Check what can be before a sound is sent: the target, and how large that may be."""
        path = Path(output)
        check_suffix(path)
        target = _free(path)
        return target, self._ask("GET", "/v1/me")["limits"]["upload_bytes"]  # if the key is good

    def _order(self, target: Target, body: Mapping[str, Any]) -> str:
        """Ask for a job with what is not None in ``body``. Returns its id."""
        given = {name: value for name, value in body.items() if value is not None}
        job = self._accepted({"format": FORMATS[target.path.suffix.lower()].name, **given})
        self._targets[job] = target
        return job

    def _upload(self, path: str | os.PathLike[str], most_bytes: float) -> str:
        """Send a file; the upload's id."""
        with open_regular(path) as file:
            if os.fstat(file.fileno()).st_size > most_bytes:
                text = f"{os.fspath(path)} is larger than the server takes: {most_bytes:.0f} bytes."
                raise Refused("too_large", text)
        query = urlencode({"name": Path(path).name}, errors="replace")
        request = Request(
            "POST",
            f"/v1/uploads?{query}",
            self.timeout_seconds,
            LOOK_SECONDS,
            content=lambda: open_regular(path),
        )
        return str(self._link.ask(request).body["id"])

    def _accepted(self, body: Mapping[str, Any]) -> str:
        """Ask for a job, once: however often this is sent, it is one job. Its id."""
        once = {"Idempotency-Key": uuid4().hex}
        try:
            return str(self._ask("POST", "/v1/jobs", body=body, headers=once)["id"])
        except Exception:
            raise
        except BaseException:  # Ctrl-C: nobody would know the id of a job that was accepted
            with suppress(Refused, OSError):
                self.cancel(str(self._ask("POST", "/v1/jobs", body=body, headers=once)["id"]))
            raise

    def wait(
        self,
        job: str,
        *,
        on_progress: OnProgress | None = None,
        timeout_seconds: float | None = None,
    ) -> Result:
        """Wait for a job's end, through restarts of the server, and fetch its result.

        The result is written if this client has submitted the job; else see `download`.

        Args:
            job: what `submit` returned, or the id of any other job.
            on_progress: called with a fraction from 0 to 1 and a stage in words ten times a
                second; the stage is ``"queued"`` until the job runs. If it raises, the job is
                cancelled, and the exception comes out of this call.
            timeout_seconds: how long to wait; None for as long as it takes.

        Raises:
            Refused: the server does not know the job.
            Failed: the job failed.
            JobCancelled: it was cancelled.
            NoServer: the server has been silent for 30 seconds.
            TimeoutError: the time is over. The job goes on.
            ValueError: a file has appeared where the result was to be written.
            OSError: the result cannot be written.
        """
        end = math.inf if timeout_seconds is None else time.monotonic() + timeout_seconds
        view = self._followed(job, end, on_progress)
        if view["state"] == "failed":
            raise Failed(view["code"], view["error"])
        if view["state"] == "cancelled":
            raise JobCancelled(f"{job} was cancelled.")
        target = self._targets.get(job)
        out, frames, rate = "", 0, 0
        if target is not None:
            frames, rate = self._fetch(job, target)
            out = os.path.abspath(target.path)
            del self._targets[job]
        if on_progress is not None:
            on_progress(1.0, "done")
        return Result(job, out, frames, rate, view["seconds"], view["advice"])

    def _followed(self, job: str, end: float, on_progress: OnProgress | None) -> View:
        """Follow a job to its end: how it is then."""
        fraction, stage = 0.0, QUEUED
        with Following(self._link, f"{_path(job)}/events") as following:
            while True:
                now = time.monotonic()
                view = following.news(max(min(TICK, end - now), 0.0))
                if view is not None:
                    if view["state"] in ENDED:
                        return view
                    fraction = min(max(view["progress"], 0.0), 1.0)
                    stage = view["stage"] or "running" if view["state"] == "running" else QUEUED
                late = time.monotonic() - now > STOPPED
                now = time.monotonic()
                if late:  # this process stood still (a lid was closed): the silence begins anew
                    following.heard = now
                if now - following.heard > SILENCE:
                    raise self._link.no_server()
                if on_progress is not None:
                    silent = now - following.away > self.timeout_seconds
                    self._report(job, fraction, SILENT if silent else stage, on_progress)
                if now >= end:
                    raise TimeoutError(f"{job} is not finished yet: it goes on at the server.")

    def _report(self, job: str, fraction: float, stage: str, on_progress: OnProgress) -> None:
        try:
            on_progress(fraction, stage)
        except BaseException:
            with suppress(Refused, NoServer):
                self.cancel(job)
            raise

    def download(self, job: str, output: str | os.PathLike[str]) -> None:
        """Fetch the result of a job that is done. It appears whole, or not at all.

        Raises:
            Refused: the server does not know the job, or it is not done; or there is a file at
                ``output``.
            NoServer: nothing answers.
            ValueError: ``output`` cannot be written.
            OSError: it cannot be written.
        """
        self._fetch(job, _free(Path(output)))

    def _fetch(self, job: str, target: Target) -> tuple[int, int]:
        """Write a result: how many samples it has in each channel, and its rate in Hz."""
        from presets.sound_file.header import BadSound
        from presets.sound_file.look import look

        with writing(target) as [file]:
            self._receive(f"{_path(job)}/output/audio", file)
            file.seek(0)
            try:
                header = look(file)
            except BadSound:  # the server knows of formats that this Restyle does not
                return 0, 0
        return header.frames, header.sample_rate

    def _receive(self, path: str, file: io.BufferedRandom) -> None:
        """Write a body to a file; where it breaks off, it goes on from there."""
        tag, total, broken_since = "", -1, math.inf
        while file.tell() != total:
            headers = {"Range": f"bytes={file.tell()}-", "If-Range": tag} if tag else {}
            before = file.tell()
            with self._link.open(Request("GET", path, SILENCE, headers=headers)) as response:
                if response.status != 206:
                    file.seek(0)
                    file.truncate()
                    total = int(response.getheader("Content-Length", "-1"))
                    tag = response.getheader("ETag", "")
                whole = _copy(response, file)
            if whole and total < 0:  # no length was told: the end of the body is the file's
                return
            now = time.monotonic()
            broken_since = now if file.tell() > before else min(broken_since, now)
            if now - broken_since > SILENCE:
                raise self._link.no_server("the result breaks off")

    def progress(self, job: str) -> Job:
        """How far a job has got. Raises Refused if the server does not know it, or NoServer."""
        view = self._ask("GET", _path(job))
        detail = view["error"] if view["state"] == "failed" else view["stage"]
        return Job(view["state"], view["progress"], detail if view["state"] != "done" else "")

    def cancel(self, job: str) -> bool:
        """Stop a job. Returns whether it was stopped before its end.

        Raises:
            Refused: the server does not know it.
            NoServer: nothing answers.
        """
        view = self._ask("POST", f"{_path(job)}/cancel")
        seconds = int(self.timeout_seconds)
        if view["state"] not in ENDED and seconds:  # it is being stopped, which takes a moment
            patience, wait = self.timeout_seconds, {"Prefer": f"wait={seconds}"}
            request = Request("GET", _path(job), patience, seconds + patience, wait)
            view = self._link.ask(request).body
        return bool(view["state"] not in ("done", "failed"))

    # The server

    def version(self) -> Version:
        """What the server is. Raises NoServer."""
        about = self._ask("GET", "/openapi.json")["info"]
        return Version(about["title"], about["version"], 1)

    def status(self) -> Status:
        """How many jobs of one's own the server has in each state. Raises Refused or NoServer."""
        counts: Counter[str] = Counter()
        after: str | None = ""
        while after is not None:
            query = urlencode({"limit": PAGE, **({"after": after} if after else {})})
            page = self._ask("GET", f"/v1/jobs?{query}")
            counts.update(view["state"] for view in page["jobs"])
            after = page["next"]
        return Status(counts["queued"], counts["running"], counts["done"], counts["failed"])

    def presets(self) -> list[Preset]:
        """The server's presets. Raises NoServer."""
        families = self._ask("GET", "/v1/presets")["families"]
        return [
            Preset(it["name"], it["label"], it["program"])
            for family in families
            for it in family["presets"]
            if not it.get("chain")  # which stand among them: see `chains`
        ]

    def chains(self) -> list[Chain]:
        """The server's chains. Raises NoServer, or Refused by a server that knows of none."""
        return [Chain(it["name"], it["label"]) for it in self._ask("GET", "/v1/chains")["chains"]]

    def _ask(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> Any:
        """The body of the answer to a request that is answered at once."""
        request = Request(method, path, self.timeout_seconds, headers=headers, body=body)
        return self._link.ask(request).body


def _free(path: Path) -> Target:
    """A file to write where there is none. Raises Refused if there is one, or ValueError."""
    if os.path.lexists(path):
        raise Refused("out_exists", f"{path} exists: name another file.")
    return check_target(path, force=False)


def _path(job: str) -> str:
    return f"/v1/jobs/{quote(job, safe='')}"


def _copy(response: http.client.HTTPResponse, file: io.BufferedRandom) -> bool:
    """Write what comes; whether it came to its end, and did not break off."""
    while True:
        try:
            block = response.read(BLOCK_BYTES)
        except (OSError, http.client.HTTPException):
            return False
        if not block:
            return True
        file.write(block)
