"""The status file of ``restyle send``: how a job is, for programs that read it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

# On Windows a file cannot be replaced while somebody reads it, so the last write is tried for a
# second: by guess, far longer than it takes to read a line.
TRIES, PAUSE_SECONDS = 20, 0.05


def check_status_file(path: Path, out: Path) -> None:
    """Check that the status file can be written, and is not a file that the server writes.

    Raises:
        ValueError: it is not called .json, it is what the server writes beside ``out``, or it
            cannot be written.
    """
    from plugin_bridge.files.targets import check_json

    check_json(path, "the status file", force=True)
    if path.resolve() == out.with_name(f"{out.name}.json").resolve():
        raise ValueError(f"{path} is what the server writes beside OUT: name another status file.")


class StatusFile:
    """The status file of a job, if one is wanted: without a path nothing is written."""

    def __init__(self, path: Path | None, job: str, out: Path) -> None:
        self.path, self.job, self.out = path, job, str(out.absolute())
        self.state = ""
        self._written = ""

    def write(
        self,
        state: str,
        *,
        progress: float = 0.0,
        stage: str = "",
        code: str = "",
        message: str = "",
    ) -> None:
        """Replace the file if there is something new to say. A reader never finds half of it.

        While the job is queued or running, a write that fails is left to the next one.

        Raises:
            OSError: the file cannot be written, and the job begins or has ended.
        """
        import json

        self.state = state
        facts = {
            "job": self.job,
            "state": state,
            "progress": round(progress, 4),
            "stage": stage,
            "out": self.out,
            "code": code,
            "message": " ".join(message.split()),
        }
        line = json.dumps(facts) + "\n"
        if self.path is None or line == self._written:
            return
        if state in ("queued", "running"):
            with suppress(OSError):
                _replace(self.path, line)
                self._written = line
        else:
            _replace_patiently(self.path, line)

    def note(self, fraction: float, stage: str) -> None:
        """Write a report of progress from `Client.wait`."""
        from plugin_bridge.osc.client import QUEUED, SILENT

        state = {QUEUED: "queued", SILENT: self.state}.get(stage, "running")
        self.write(state, progress=fraction, stage=stage)

    @contextmanager
    def to_the_end(self) -> Iterator[None]:
        """Write how the block ends: done, failed or cancelled."""
        from plugin_bridge.osc.client import JobCancelled

        try:
            yield
        except JobCancelled as error:
            self.write("cancelled", code=error.code, message=str(error))
            raise
        except Exception as error:
            code = getattr(error, "code", "bad_request")
            self.write("failed", code=code, message=str(error))
            raise
        except BaseException:  # Ctrl-C or SIGTERM
            self.write("cancelled", code="cancelled", message="Stopped here.")
            raise
        self.write("done", progress=1.0, stage="done")


def _replace(path: Path, text: str) -> None:
    from plugin_bridge.files.whole_files import replacing

    # Ten times a second, and of no use after a crash: nobody waits for the disk.
    with replacing(path, lasting=False) as file:
        file.write(text.encode("ascii"))


def _replace_patiently(path: Path, text: str) -> None:
    """Replace a file, even if that has to wait until a reader closes it."""
    for _ in range(TRIES):
        with suppress(PermissionError):
            return _replace(path, text)
        time.sleep(PAUSE_SECONDS)
    _replace(path, text)
