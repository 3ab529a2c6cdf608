"""Progress reports and cancelling for long work.

The work runs in its own thread and notes how far it is. The caller's thread reports that ten times
a second, however long a single step takes. If the report raises an exception (`Cancelled` is meant
for this), or Ctrl-C is pressed, the work stops at its next `Progress.tick` or
`effects.checkpoint.checkpoint`, which are to be less than half a second apart.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Concatenate, ParamSpec, TypeVar

from effects.checkpoint import checked_by

More = ParamSpec("More")
Result = TypeVar("Result")
OnProgress = Callable[[float, str], object]

REPORTS_PER_SECOND = 10  # often enough for a bar that moves smoothly


class Cancelled(Exception):  # noqa: N818 - the user's decision, not an error
    """Raise this in ``on_progress`` to stop the work; it comes out of the call unchanged."""


def part(
    report: Callable[Concatenate[float, More], Result], start: float, end: float
) -> Callable[Concatenate[float, More], Result]:
    """A report for one part of the work, whose own fraction runs from 0 to 1.

    Args:
        report: takes the fraction of the whole work first, and possibly more.
        start: the fraction of the whole at which the part begins.
        end: the fraction of the whole at which it ends.
    """

    def of_part(fraction: float, /, *args: More.args, **kwargs: More.kwargs) -> Result:
        return report(start + (end - start) * min(fraction, 1.0), *args, **kwargs)

    return of_part


class Progress:
    """How far the work is: a fraction from 0 to 1, which never falls, and a stage in words."""

    def __init__(self) -> None:
        self.fraction = 0.0
        self.stage = "starting"
        self._stop = threading.Event()

    def tick(self, fraction: float | None = None, stage: str | None = None) -> None:
        """Note progress. Raises `Cancelled` once the work has been told to stop."""
        if self._stop.is_set():
            raise Cancelled("stopped by on_progress")
        if fraction is not None:
            self.fraction = max(self.fraction, min(fraction, 1.0))
        if stage is not None:
            self.stage = stage

    def part(self, start: float, end: float, stage: str) -> Callable[[float], None]:
        """A tick for one part of the work, which is one stage: see the function `part`."""
        return part(lambda fraction: self.tick(fraction, stage), start, end)

    def nested(self, start: float, end: float, title: str) -> Progress:
        """The progress of one part of the work that has stages of its own.

        It passes everything on to this one: the fraction as in the function `part`, and each stage
        as ``title: stage``.
        """
        return _Nested(self, start, end, title)

    def stop(self) -> None:
        """Make the next tick raise."""
        self._stop.set()


class _Nested(Progress):
    def __init__(self, whole: Progress, start: float, end: float, title: str) -> None:
        super().__init__()
        self._whole, self._title = whole, title
        self._note = part(whole.tick, start, end)

    def tick(self, fraction: float | None = None, stage: str | None = None) -> None:
        stage = stage and f"{self._title}: {stage}"
        if fraction is None:
            self._whole.tick(stage=stage)
        else:
            self._note(fraction, stage)


def meanwhile(
    function: Callable[[], Result],
    tick: Callable[[], object],
    every: float = 0.1,
    *,
    to_its_end: bool = False,
) -> Result:
    """What ``function()`` returns or raises, while ``tick()`` is called here.

    For what nobody can stop, as the import of a library. If ``tick`` raises, it goes on in a thread
    of its own, and what it returns is lost.

    Args:
        function: may be finished after this.
        tick: called now and then; what it raises comes out at once.
        every: the seconds between two ticks; the default is not searched.
        to_its_end: have Python itself wait for the function when it ends. Some C++ (pedalboard's)
            aborts the process if it still runs by then.
    """
    future: Future[Result] = Future()
    done = threading.Event()

    def run() -> None:
        try:
            future.set_result(function())
        except BaseException as error:  # future.result() raises it
            future.set_exception(error)
        finally:
            done.set()

    threading.Thread(target=run, name="restyle-aside", daemon=not to_its_end).start()
    while not done.wait(every):
        tick()
    return future.result()


def check_on_progress(on_progress: object) -> None:
    """Check that `run_reporting` can call this. Raises TypeError."""
    if on_progress is not None and not callable(on_progress):
        raise TypeError(f"on_progress must be callable or None, not {on_progress!r}.")


def run_reporting(
    work: Callable[[Progress], Result], on_progress: OnProgress | None = None
) -> Result:
    """Run ``work`` in its own thread, and call ``on_progress(fraction, stage)`` in this one.

    What either of them raises comes out of this call, after the work has ended.
    """
    # A plain lock: Ctrl-C within Event.wait may come out as "release unlocked lock", since that is
    # written in Python and gives up its lock a moment before it can take it back.
    progress, working = Progress(), threading.Lock()
    working.acquire()
    future: Future[Result] = Future()
    report = on_progress or (lambda fraction, stage: None)

    def run() -> None:
        try:
            with checked_by(progress.tick):
                future.set_result(work(progress))
        except BaseException as error:  # future.result() raises it in the caller's thread
            future.set_exception(error)
        finally:
            working.release()

    thread = threading.Thread(target=run, name="restyle-work", daemon=True)
    thread.start()
    try:
        report(progress.fraction, progress.stage)
        while not working.acquire(timeout=1 / REPORTS_PER_SECOND):
            report(progress.fraction, progress.stage)
    finally:
        progress.stop()
        thread.join()
    result = future.result()
    report(1.0, "done")
    return result
