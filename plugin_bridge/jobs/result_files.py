"""The files of a result: OUT.part while it is written, OUT once it is whole, OUT.json beside it.

All are used by name in OUT's folder, which is entered anew for each step: see
`plugin_bridge.files.beneath`. ``roots`` are the folders that may be used, everywhere here.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from plugin_bridge.files.beneath import Folder, Root, identity, opened
from plugin_bridge.jobs.job import Job
from presets.opening import NotOrdinary

MAX_REPORT_BYTES = 1 << 16  # a report has some 300; a longer file is not one


def part_path(out: Path) -> Path:
    """Where a result is written before it is whole."""
    return out.with_name(out.name + ".part")


def report_path(out: Path) -> Path:
    """Where a report says how a job ended, for programs that cannot receive OSC."""
    return out.with_name(out.name + ".json")


def is_report(folder: Folder, name: str) -> bool:
    """Tell whether a file is a report of an earlier job, which may be replaced."""
    return bool(read_report(folder, name))


def read_report(folder: Folder, name: str) -> dict[str, Any]:
    """What a job's report says; nothing if the file is missing or something else."""
    try:
        if folder.stat(name).st_size > MAX_REPORT_BYTES:
            return {}
        with folder.open(name) as file:
            report = json.loads(file.read(MAX_REPORT_BYTES))
    except (OSError, ValueError, RecursionError):  # NotOrdinary is a ValueError
        return {}
    found = isinstance(report, dict) and {"job", "state", "out"} <= report.keys()
    return report if found else {}


def find_done(job: Job, roots: Sequence[Root]) -> dict[str, Any]:
    """The report that says that ``job`` is done, if its result is there; else nothing.

    The journal may have had no room to say so.
    """
    out = Path(job.output)
    try:
        with opened(out.parent, roots) as folder:
            report = read_report(folder, report_path(out).name)
            is_done = (report.get("job"), report.get("state")) == (job.id, "done")
            return report if is_done and folder.has(out.name) else {}
    except OSError:
        return {}


def write_report(job: Job, roots: Sequence[Root]) -> None:
    """Write how a job ended beside its result, but never over a file that is not a report.

    Raises:
        OSError: it cannot be written.
    """
    name = report_path(Path(job.output)).name
    # One name for each result, and short: what a crash has left is overwritten the next time.
    temporary = f".restyle-{hashlib.sha256(os.fsencode(name)).hexdigest()[:32]}.json"
    with opened(Path(job.output).parent, roots) as folder:
        if folder.has(name) and not is_report(folder, name):
            return
        try:
            folder.remove(temporary)
            with folder.create(temporary) as file:
                file.write(job.report.encode())
            folder.replace(temporary, name)
        finally:
            folder.remove(temporary)


def remove_report(out: Path, roots: Sequence[Root]) -> None:
    """Remove the report of an earlier job on the same result, if there is one.

    Raises:
        OSError: the system refuses.
    """
    name = report_path(out).name
    with opened(out.parent, roots) as folder:
        if is_report(folder, name):
            folder.remove(name)


def remove_part(out: Path, roots: Sequence[Root]) -> None:
    """Remove a result's OUT.part, if it is there.

    Raises:
        Strayed: its folder is elsewhere just now.
        OSError: the system refuses.
    """
    with opened(out.parent, roots) as folder:
        folder.remove(part_path(out).name)


def publish(out: Path, roots: Sequence[Root]) -> None:
    """Rename OUT.part to OUT without replacing anything; if that was done already, do nothing.

    Raises:
        FileExistsError: ``out`` is another file.
        FileNotFoundError: neither is there.
        NotOrdinary: OUT.part is not the file that was written.
        OSError: the system refuses.
    """
    part, name = part_path(out).name, out.name
    with opened(out.parent, roots) as folder:
        try:
            about = folder.stat(part)
        except FileNotFoundError:
            if not folder.has(name):
                raise
            return
        if not stat.S_ISREG(about.st_mode):
            raise NotOrdinary(f"{part_path(out)} is not an ordinary file.")
        try:
            folder.link(part, name)  # unlike a rename, this cannot replace a file
        except FileExistsError:
            if identity(folder.stat(name)) != identity(about):
                raise
        except OSError:  # a file system without links
            if folder.has(name):
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(out)) from None
            folder.replace(part, name)
        if not stat.S_ISREG(folder.stat(name).st_mode):
            folder.remove(name)  # a link, put in the part's place just now
            raise NotOrdinary(f"{part_path(out)} is not an ordinary file.")
        folder.remove(part)
        folder.sync()
