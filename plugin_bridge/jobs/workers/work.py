"""One job, as a worker does it: read the stem, restyle it, and write OUT.part.

Whatever goes wrong comes back as an `Outcome`; only a worker that dies says nothing.
"""

from __future__ import annotations

import errno
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from plugin_bridge.jobs.refusal import Refusal, one_line
from plugin_bridge.jobs.roots import part_path
from plugin_bridge.jobs.workers.progress_line import Address, Line

if TYPE_CHECKING:
    from plugin_bridge.files.sound_files import Sound


class Task(NamedTuple):
    """What a worker has to know of a job; see `plugin_bridge.jobs.journal.Job`."""

    job: str
    stem: str
    out: str
    preset: str
    settings: dict[str, float]
    line: Address


class Outcome(NamedTuple):
    """How the work ended.

    Attributes:
        state: ``written``, ``failed`` or ``cancelled``.
        frames, rate, seconds: of the result: samples, Hz, and the time the work took.
        code, error: why it failed.
    """

    state: str
    frames: int = 0
    rate: int = 0
    seconds: float = 0.0
    code: str = ""
    error: str = ""


def work(task: Task) -> Outcome:
    """Do ``task``. Unless the outcome is ``written``, no file is left."""
    from effects import Cancelled

    started, part = time.monotonic(), part_path(Path(task.out))
    try:
        with Line(task.line, task.job) as line:
            restyled = _restyle(task, line)
            line.report(0.99, "writing")  # a line that was cut meanwhile ends it here
            try:
                _write(part, Path(task.out), restyled)
                line.report(1.0, "written")
            except BaseException:
                part.unlink(missing_ok=True)
                raise
    except Cancelled:
        return Outcome("cancelled")
    except Exception as error:
        code, text = explain(error)
        return Outcome("failed", code=code, error=text)
    seconds = time.monotonic() - started
    return Outcome("written", restyled.audio.shape[1], restyled.sample_rate, seconds)


def _restyle(task: Task, line: Line) -> Sound:
    import numpy as np

    from effects import StyleTransfer
    from plugin_bridge.files import sound_files
    from plugin_bridge.files.process import process
    from presets import PresetError

    line.report(0.0, "reading")
    settings = dict(task.settings)
    start, end = settings.pop("start_seconds", 0.0), settings.pop("end_seconds", None)
    gain = 10 ** (settings.pop("gain_db", 0.0) / 20)
    seed = int(settings.pop("seed", 0))
    try:
        effect = StyleTransfer(preset=task.preset, seed=seed, **settings)  # type: ignore[arg-type]
    except PresetError as error:
        raise Refusal("no_such_preset", str(error)) from error
    sound = sound_files.read(Path(task.stem))
    if start or end is not None:
        rate = sound.sample_rate
        last = None if end is None else round(end * rate)
        sound = sound.with_audio(np.ascontiguousarray(sound.audio[:, round(start * rate) : last]))
        if not sound.audio.size:
            raise Refusal(
                "bad_setting", f"{task.stem} has nothing after {start:g} s: it is shorter."
            )
    sound_files.check_holds(Path(task.out), sound)
    effect.on_progress = line.report
    audio = process(effect, sound)
    return sound.with_audio(audio if gain == 1 else audio * np.float32(gain))


def _write(part: Path, out: Path, sound: Sound) -> None:
    """Write a new file ``part``, all the way to the disk."""
    from plugin_bridge.files.sound_files import write_into

    part.unlink(missing_ok=True)  # of an earlier work on the same job; nobody else's was accepted
    with part.open("x+b") as raw:
        write_into(raw, out, sound)
        raw.flush()
        os.fsync(raw.fileno())


def explain(error: Exception) -> tuple[str, str]:
    """The failure code of what went wrong in a worker, and the message."""
    text = one_line(error)
    if isinstance(error, Refusal):
        return error.code, text
    if isinstance(error, MemoryError):
        return "unreadable", "Out of memory: split the stem, or close other programs."
    if isinstance(error, OSError) and error.strerror:
        name = f"{error.filename}: " if error.filename else ""
        return _OF_ERRNO.get(error.errno or 0, "unreadable"), f"{name}{error.strerror}."
    if isinstance(error, (ValueError, OSError)):
        return "unreadable", text
    return "internal", f"{type(error).__name__}: {text}"


_OF_ERRNO = {
    errno.ENOSPC: "disk_full",
    errno.EDQUOT: "disk_full",
    errno.EACCES: "out_not_writable",
    errno.EPERM: "out_not_writable",
    errno.EROFS: "out_not_writable",
    errno.ENOENT: "not_found",
}
