"""The files of a result: OUT.part while it is written, OUT once it is whole, OUT.json beside it."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import stat
from pathlib import Path
from typing import Any

from plugin_bridge.files.whole_files import replacing
from plugin_bridge.jobs.job import Job

MAX_REPORT_BYTES = 1 << 16  # a report has some 300; a longer file is not one


def part_path(out: Path) -> Path:
    """Where a result is written before it is whole."""
    return out.with_name(out.name + ".part")


def report_path(out: Path) -> Path:
    """Where a report says how a job ended, for programs that cannot receive OSC."""
    return out.with_name(out.name + ".json")


def is_report(path: Path) -> bool:
    """Tell whether ``path`` is a report of an earlier job, which may be replaced."""
    return bool(read_report(path))


def read_report(path: Path) -> dict[str, Any]:
    """What a job's report says; nothing if ``path`` is missing or something else."""
    try:
        about = path.lstat()
        if not stat.S_ISREG(about.st_mode) or about.st_size > MAX_REPORT_BYTES:
            return {}
        report = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    found = isinstance(report, dict) and {"job", "state", "out"} <= report.keys()
    return report if found else {}


def write_report(job: Job) -> None:
    """Write how a job ended beside its result, but never over a file that is not a report.

    Raises:
        OSError: it cannot be written.
    """
    path = report_path(Path(job.output))
    if os.path.lexists(path) and not is_report(path):
        return
    with replacing(path) as temporary:
        temporary.write_text(job.report, encoding="utf-8")


def remove_report(out: Path) -> None:
    """Remove the report of an earlier job on the same result, if there is one."""
    if is_report(report_path(out)):
        report_path(out).unlink(missing_ok=True)


def remove_part(out: Path) -> None:
    """Remove a result's OUT.part, if the system allows."""
    with contextlib.suppress(OSError):
        part_path(out).unlink()


def publish(out: Path) -> None:
    """Rename OUT.part to OUT without replacing anything; if that was done already, do nothing.

    Raises:
        FileExistsError: ``out`` is another file.
        FileNotFoundError: neither is there.
        OSError: the system refuses.
    """
    part = part_path(out)
    if not part.exists():
        if not out.exists():
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(part))
        return
    try:
        os.link(part, out)  # unlike a rename, this cannot replace a file
    except FileExistsError:
        if not (out.exists() and part.samefile(out)):  # it may be a link to nothing
            raise
    except OSError:  # a file system without links
        if os.path.lexists(out):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(out)) from None
        part.rename(out)
    part.unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # Windows opens no folders
        folder = os.open(out.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)
