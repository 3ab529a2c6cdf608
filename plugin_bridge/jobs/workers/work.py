"""One job, as a worker does it: run its operation, and write OUT.part whole.

Whatever goes wrong comes back as an `Outcome`; only a worker that dies says nothing.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from plugin_bridge.errors import explain_job
from plugin_bridge.files.beneath import Root, Strayed, opened
from plugin_bridge.jobs import operations
from plugin_bridge.jobs.inputs import Input, strayed
from plugin_bridge.jobs.job import Value
from plugin_bridge.jobs.refusal import code_of
from plugin_bridge.jobs.result_files import part_path
from plugin_bridge.jobs.workers.progress_line import Address, Line

if TYPE_CHECKING:
    from plugin_bridge.files.sound_files import Sound


class Task(NamedTuple):
    """What a worker needs to know of a job; see `plugin_bridge.jobs.job.Job`.

    Attributes:
        operation: where it is, as ``"module:Class"``.
        line: where progress is reported.
        roots: the folders beneath which its files are.
        threads: how many of the machine's cores it may use; None for all there are.
    """

    job: str
    operation: str
    inputs: Mapping[str, str]
    output: str
    settings: Mapping[str, Value]
    line: Address
    roots: tuple[Root, ...]
    threads: int | None


class Outcome(NamedTuple):
    """How the work ended.

    Attributes:
        state: ``written``, ``failed`` or ``cancelled``.
        frames, rate, seconds: of the result: samples, Hz, and the time the work took.
        code, error: why it failed.
        made_of: what the result is made of, see `plugin_bridge.jobs.job.Job`.
    """

    state: str
    frames: int = 0
    rate: int = 0
    seconds: float = 0.0
    code: str = ""
    error: str = ""
    made_of: dict[str, Any] | None = None


def work(task: Task) -> Outcome:
    """Do ``task``. Unless the outcome is ``written``, no file is left."""
    from effects import Cancelled

    started, output = time.monotonic(), Path(task.output)
    try:
        with Line(task.line, task.job) as line:
            inputs = {
                name: Input(Path(path), task.roots, line.report)
                for name, path in task.inputs.items()
            }
            operation = operations.load(task.operation)
            sound, made_of = operation.run(inputs, output, task.settings, line.report, task.threads)
            line.report(0.99, "writing")  # raises Cancelled if the line was cut meanwhile
            _write(output, sound, task.roots, lambda: line.report(1.0, "written"))
    except Cancelled:
        return Outcome("cancelled")
    except Exception as error:
        return Outcome("failed", code=code_of(error), error=explain_job(error))
    seconds = time.monotonic() - started
    frames, rate = sound.audio.shape[1], sound.sample_rate
    return Outcome("written", frames, rate, seconds, made_of=dict(made_of))


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
