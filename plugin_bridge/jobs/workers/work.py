"""One job, as a worker does it: run its operation, and write what it makes.

A job of paths writes OUT.part whole, which the server then moves to its place. The result of a job
in storage is there, whole, under its key: the work can be done twice, with the same bits.

Whatever goes wrong comes back as an `Outcome`; only a worker that dies says nothing.
"""

from __future__ import annotations

import hashlib
import io
import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from plugin_bridge.errors import explain_job, explain_stored
from plugin_bridge.files.beneath import Root, Strayed, opened
from plugin_bridge.jobs import operations
from plugin_bridge.jobs.chain_rules import STRANGERS, ChainRules
from plugin_bridge.jobs.inputs import Input, at_key, at_path, strayed
from plugin_bridge.jobs.job import Value
from plugin_bridge.jobs.operations.operation import FILE_SETTINGS, quality_of
from plugin_bridge.jobs.refusal import code_of
from plugin_bridge.jobs.result_files import part_path
from plugin_bridge.jobs.workers.progress_line import Address, Line
from plugin_bridge.storage.files import Files

if TYPE_CHECKING:
    from effects.running.progress import OnProgress
    from plugin_bridge.files.sound_files import Sound


class Task(NamedTuple):
    """What a worker needs to know of a job; see `plugin_bridge.jobs.job.Job`.

    Attributes:
        operation: where it is, as ``"module:Class"``.
        line: where progress is reported.
        roots: the folders beneath which its files are.
        threads: how many of the machine's cores it may use; None for all there are.
        files: where inputs and output are kept, if these are keys and not paths.
        names: what the client calls the inputs, if these are keys.
        rules: what chains may have.
    """

    job: str
    operation: str
    inputs: Mapping[str, str]
    output: str
    settings: Mapping[str, Value]
    line: Address
    roots: tuple[Root, ...]
    threads: int | None
    files: Files | None = None
    names: Mapping[str, str] = MappingProxyType({})
    rules: ChainRules = STRANGERS

    def open_input(self, name: str, report: OnProgress) -> Input:
        """The input of that name."""
        if self.files is None:
            return at_path(Path(self.inputs[name]), self.roots, report)
        return at_key(self.inputs[name], self.names.get(name, ""), self.files, report)


class Outcome(NamedTuple):
    """How the work ended.

    Attributes:
        state: ``written``, ``failed`` or ``cancelled``.
        frames, rate, seconds: of the result: samples, Hz, and the time the work took.
        code, error: why it failed.
        made_of: what the result is made of, see `plugin_bridge.jobs.job.Job`.
        bytes, digest: of the result in storage: its size, and its SHA-256 in hex.
    """

    state: str
    frames: int = 0
    rate: int = 0
    seconds: float = 0.0
    code: str = ""
    error: str = ""
    made_of: dict[str, Any] | None = None
    bytes: int = 0
    digest: str = ""


def work(task: Task) -> Outcome:
    """Do ``task``. Unless the outcome is ``written``, no file is left."""
    bytes_and_digest: tuple[int, str] = (0, "")
    from effects import Cancelled

    started, output = time.monotonic(), Path(task.output)
    try:
        with Line(task.line, task.job) as line:
            inputs = {name: task.open_input(name, line.report) for name in task.inputs}
            operation = operations.load(task.operation, task.rules)
            own = {it: value for it, value in task.settings.items() if it not in FILE_SETTINGS}
            made, made_of = operation.run(inputs, output, own, line.report, task.threads)
            sound = made.written_as(output, quality_of(task.settings))
            made_of = _with_loss(made_of, output, sound)
            line.report(0.99, "writing")  # raises Cancelled if the line was cut meanwhile
            if task.files is None:
                _write(output, sound, task.roots, lambda: line.report(1.0, "written"))
            else:
                bytes_and_digest = _keep(task.files, task.output, sound)
    except Cancelled:
        return Outcome("cancelled")
    except Exception as error:
        explain = explain_job if task.files is None else explain_stored
        return Outcome("failed", code=code_of(error), error=explain(error))
    seconds = time.monotonic() - started
    frames, rate = sound.audio.shape[1], sound.sample_rate
    return Outcome("written", frames, rate, seconds, "", "", dict(made_of), *bytes_and_digest)


def _with_loss(made_of: Mapping[str, Any], output: Path, sound: Sound) -> Mapping[str, Any]:
    """What a result is made of, with what is cut off when it is written as advice."""
    from plugin_bridge.files.sound_files import over_db

    over = over_db(output, sound)
    if not over:
        return made_of
    said = (
        f"The result peaks at +{over:.1f} dBFS, and what is above 0 was cut off: turn something "
        "down."
    )
    return {**made_of, "advice": " ".join(filter(None, (made_of.get("advice"), said)))}


def _keep(files: Files, key: str, sound: Sound) -> tuple[int, str]:
    """Keep a result in storage; its size, and its SHA-256 in hex."""
    from plugin_bridge.files.sound_files import write_into

    with files.writing(key) as raw:
        write_into(raw, Path(key), sound)
        raw.flush()
        size = raw.seek(0, io.SEEK_END)
        raw.seek(0)
        return size, hashlib.file_digest(raw, "sha256").hexdigest()


def _write(
    out: Path, sound: Sound, roots: Sequence[Root], on_written: Callable[[], object]
) -> None:
    """Write a new file OUT.part, and wait until it is on the disk; if anything fails, remove it."""
    from plugin_bridge.files.sound_files import write_into

    name = part_path(out).name
    try:
        with opened(out.parent, roots) as folder:
            folder.remove(name)  # left by earlier work on this job: no other is accepted
            try:
                with folder.create(name) as raw:
                    write_into(raw, out, sound)
                    raw.flush()
                    os.fsync(raw.fileno())
                on_written()
            except BaseException:
                folder.remove(name)
                raise
    except Strayed as error:
        raise strayed(out) from error
