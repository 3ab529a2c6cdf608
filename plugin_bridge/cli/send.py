"""``restyle send``, ``status`` and ``cancel``: the server's jobs from the command line."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from plugin_bridge.cli.presets import complete_name
from plugin_bridge.osc.addresses import HOST, PORT

if TYPE_CHECKING:
    from plugin_bridge.osc.client import Client, Result

PANEL = "For DAWs"  # of ``restyle --help``
PATIENCE = 2.0  # seconds to ask for something that should be answered at once
TRIES, PAUSE = 20, 0.05  # seconds; on Windows a file that is being read cannot be replaced

Stem = Annotated[
    Path, typer.Argument(metavar="IN", help="The stem, inside a folder that the server may use.")
]
Out = Annotated[
    Path,
    typer.Argument(metavar="OUT", help="Where the server is to write it; no file may be there."),
]
Preset = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="The style, by name or General MIDI number; without this, what the server has chosen.",
        autocompletion=complete_name,
    ),
]
Strength = Annotated[
    float | None,
    typer.Option(min=0.0, max=1.0, help="0 leaves the stem as it is, 1 is all style."),
]
Mix = Annotated[
    float | None,
    typer.Option(min=0.0, max=1.0, help="0 is the dry stem, 1 the restyled one alone."),
]
GainDb = Annotated[float | None, typer.Option(min=-60.0, max=0.0, help="The output's gain in dB.")]
Seed = Annotated[int | None, typer.Option(min=0, help="Draws what is random.")]
Name = Annotated[
    str | None,
    typer.Option(
        "--job",
        metavar="ID",
        help="An id of your own, for status and cancel. Sending the same again under the same id "
        "does not restyle twice.",
    ),
]
StatusFile = Annotated[
    Path | None,
    typer.Option(
        "--status",
        metavar="FILE.json",
        help="Keep this file up to date, for programs that look there how the job is.",
    ),
]
NoWait = Annotated[
    bool, typer.Option("--no-wait", help="Print the job's id and end; the job goes on.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress bar and no last line.")]
Job = Annotated[str, typer.Argument(metavar="JOB", help="The job's id.")]
MaybeJob = Annotated[
    str | None, typer.Argument(metavar="[JOB]", help="A job's id; all jobs, without one.")
]
Host = Annotated[str, typer.Option(metavar="ADDRESS", help="The machine the server runs on.")]
Port = Annotated[int, typer.Option(metavar="N", min=1, max=65535, help="The server's UDP port.")]


def register(app: typer.Typer) -> None:
    """Make these commands of ``app``."""
    for command in (send, status, cancel):
        app.command(rich_help_panel=PANEL)(command)


def send(
    stem: Stem,
    out: Out,
    *,
    preset: Preset = "",
    strength: Strength = None,
    mix: Mix = None,
    gain_db: GainDb = None,
    seed: Seed = None,
    job: Name = None,
    status: StatusFile = None,
    no_wait: NoWait = False,
    host: Host = HOST,
    port: Port = PORT,
    quiet: Quiet = False,
) -> None:
    """Have a running server restyle IN and write OUT, and wait for it.

    In one terminal:  [bold]restyle serve --root stems[/bold]

    In another:  [bold]restyle send stems/piano.wav stems/violin.wav --preset violin[/bold]

    OUT is there once it is whole, with OUT.json beside it, which says how it went. Settings that
    are left out are the server's. Ctrl-C cancels the job and leaves no OUT.
    """
    if status is not None:
        _check_status_file(status, out)
        if no_wait:
            raise ValueError("--status follows the job to its end: leave --no-wait out.")

    from plugin_bridge.osc.client import QUEUED, SILENT, Client, new_job
    from plugin_bridge.terminal.progress_bar import progress_bar

    job = new_job() if job is None else job
    report = _Report(status, job, out)
    report.write("sending")
    with report.to_the_end(), Client(host, port) as client, _cancelled_with_us(client, job):
        client.submit(
            stem,
            out,
            preset,
            job=job,
            strength=strength,
            mix=mix,
            gain_db=gain_db,
            seed=seed,
        )
        if no_wait:
            print(job)
            return
        with progress_bar(stem.name, quiet=quiet) as show:

            def on_progress(fraction: float, stage: str) -> None:
                show(fraction, stage)
                state = {QUEUED: "queued", SILENT: report.state}.get(stage, "running")
                report.write(state, progress=fraction, stage=stage)

            result = client.wait(job, on_progress=on_progress)
    if not quiet:
        print(f"Wrote {out}{_describe(result)}.")


def status(job: MaybeJob = None, *, host: Host = HOST, port: Port = PORT) -> None:
    """Say what the server is doing, or how a job is.

    [bold]restyle status[/bold]

    [bold]restyle status job-1[/bold]
    """
    from plugin_bridge.osc.client import Client

    with Client(host, port, timeout_seconds=PATIENCE) as client:
        if job is None:
            at = client.status()
            print(f"{at.running} running, {at.queued} queued, {at.done} done, {at.failed} failed.")
        else:
            it = client.progress(job)
            fraction = f" {100 * it.progress:.0f} %" if it.state == "running" else ""
            print(f"{it.state}{fraction}{': ' if it.detail else ''}{it.detail}")


def cancel(job: Job, *, host: Host = HOST, port: Port = PORT) -> None:
    """Stop a job that is queued or running. It leaves no file.

    [bold]restyle cancel job-1[/bold]
    """
    from plugin_bridge.osc.client import Client

    with Client(host, port) as client:
        if not client.cancel(job):
            raise ValueError(f"{job} had ended already: there is nothing to cancel.")
    print(f"Cancelled {job}.")


class _Report:
    """The status file, if one is wanted."""

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
        """Replace the file, whole, if it is to say something else than it does.

        A reader never finds half of it. While the job lasts, a file that cannot be written is
        left for the next time; the first and the last must be, or OSError is raised.
        """
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

    @contextmanager
    def to_the_end(self) -> Iterator[None]:
        """Have the file say how the block ends, whichever way."""
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
        except BaseException:  # Ctrl-C
            self.write("cancelled", code="cancelled", message="Stopped here.")
            raise
        self.write("done", progress=1.0, stage="done")


@contextmanager
def _cancelled_with_us(client: Client, job: str) -> Iterator[None]:
    """Cancel the job if something other than an error, such as Ctrl-C, ends the block."""
    try:
        yield
    except Exception:
        raise
    except BaseException:
        client.timeout_seconds = PATIENCE
        with suppress(ValueError, OSError):
            client.cancel(job)
        raise


def _replace(path: Path, text: str) -> None:
    from plugin_bridge.files.whole_files import replacing

    with replacing(path) as temporary:
        temporary.write_text(text, encoding="ascii")


def _replace_patiently(path: Path, text: str) -> None:
    """Replace a file even where that has to wait for a reader to close it."""
    for _ in range(TRIES):
        with suppress(PermissionError):
            return _replace(path, text)
        time.sleep(PAUSE)
    _replace(path, text)


def _check_status_file(path: Path, out: Path) -> None:
    """Check that it can be written, and is not a file that matters otherwise."""
    from plugin_bridge.files.whole_files import check_target

    if path.suffix.lower() != ".json":
        raise ValueError(f"{path}: the name of the status file must end in .json.")
    if path.resolve() == out.with_name(f"{out.name}.json").resolve():
        raise ValueError(f"{path} is what the server writes beside OUT: name another status file.")
    check_target(path, force=True)


def _describe(result: Result) -> str:
    """What was written, in a few words."""
    if not result.rate:
        return ""
    seconds = result.frames / result.rate
    return f": {seconds:.1f} s, {result.rate / 1000:g} kHz, in {result.seconds:.1f} s"
