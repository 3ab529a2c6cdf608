"""Effects that take their time: they report progress, can be cancelled, and use several cores."""

from __future__ import annotations

import pickle
from io import BytesIO
from typing import Any

from effects.boards.python_effect import PythonEffect
from effects.running.cores import check_threads
from effects.running.progress import OnProgress, check_on_progress


class LongEffect(PythonEffect):
    """A `PythonEffect` with the two options that all long work has.

    A copy reports to the same ``on_progress``; a pickle leaves it behind if it cannot be pickled,
    as a function without a name or a progress bar on a screen.

    Args:
        on_progress: called as ``on_progress(fraction, stage)`` ten times a second, in the thread
            of the call. What it raises (`effects.Cancelled` is meant for it) ends the call.
        threads: how many of the machine's cores a call may use; None for all there are, at most 8.

    Raises:
        TypeError, ValueError: one of them is nothing of the kind.
    """

    def __init__(self, *, on_progress: OnProgress | None, threads: int | None) -> None:
        super().__init__()
        self.on_progress = on_progress
        self.threads = threads

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "_on_progress": Callback(self._on_progress)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        callback: Callback = state["_on_progress"]
        self._on_progress = callback.function

    @property
    def threads(self) -> int | None:
        """How many cores a call may use; None for all there are, at most 8."""
        return self._threads

    @threads.setter
    def threads(self, value: int | None) -> None:
        check_threads(value)
        self._threads = value

    @property
    def on_progress(self) -> OnProgress | None:
        """Called as ``on_progress(fraction, stage)`` while a call lasts."""
        return self._on_progress

    @on_progress.setter
    def on_progress(self, value: OnProgress | None) -> None:
        check_on_progress(value)
        self._on_progress = value


class Callback:
    """An `on_progress` on its way into a copy or a pickle."""

    def __init__(self, function: OnProgress | None) -> None:
        self.function = function

    def __deepcopy__(self, memo: dict[int, Any]) -> Callback:
        return self  # whoever made it wants to hear of copies, too

    def __reduce__(self) -> tuple[Any, ...]:
        try:
            _Trial(BytesIO()).dump(self.function)
        except Exception:  # whatever is wrong with it
            return Callback, (None,)
        return Callback, (self.function,)


_Callback = Callback  # its name in earlier pickles


class _Trial(pickle.Pickler):
    """Tries out whether something can be pickled; effects that it refers to are not looked into."""

    def persistent_id(self, it: object) -> str | None:
        return "effect" if isinstance(it, PythonEffect) else None
