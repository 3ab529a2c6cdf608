"""The processor's cores: one call uses several, and gives the same bits as on one.

A call divides long work into parts that do not depend on how many threads there are, and takes
their results in order. Threads do for this what processes would, since NumPy, SciPy, soxr and
onnxruntime let other threads run while they compute. BLAS gets one thread: its own threads wait
for one another by spinning, which costs ten times the processor time where several calls share the
cores, and its last bits depend on how many there are.
"""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from functools import partial
from typing import TypeVar

from effects.checkpoint import Check, check_here, checked_by, checkpoint
from effects.running.shared_setting import SharedSetting

Item = TypeVar("Item")
Result = TypeVar("Result")

#: Without a wish, a call uses at most so many threads, since each has stretches of sound in memory.
#: Not searched.
MOST_THREADS = 8
#: For each thread, so many parts are begun before the first result is taken. Not searched.
AHEAD = 2


class _Pool:
    """Threads that are started when they are first needed."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._executor: ThreadPoolExecutor | None = None

    @property
    def executor(self) -> ThreadPoolExecutor:
        if self._executor is None:
            self._executor = ThreadPoolExecutor(self.count, "restyle-part")
        return self._executor

    def close(self) -> None:
        if self._executor is not None:
            self._executor.shutdown(cancel_futures=True)


# Of a thread: parts of the work run in threads that have none, so they are not divided again.
_pool: ContextVar[_Pool | None] = ContextVar("_pool", default=None)


def cores() -> int:
    """How many cores this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def check_threads(threads: object) -> None:
    """Check that this can be said to `using`. Raises TypeError or ValueError."""
    if threads is None:
        return
    if isinstance(threads, bool) or not isinstance(threads, int):
        raise TypeError(f"Threads must be a whole number or None, not {threads!r}.")
    if threads < 1:
        raise ValueError("Threads must be at least 1, or None for all cores.")


@contextmanager
def using(threads: int | None) -> Iterator[None]:
    """Let `in_threads` use so many threads meanwhile, if this thread calls it.

    Args:
        threads: at least 1; None for as many as there are cores, and at most `MOST_THREADS`.
    """
    pool = _Pool(min(cores(), MOST_THREADS) if threads is None else threads)
    token = _pool.set(pool)
    try:
        yield
    finally:
        _pool.reset(token)
        pool.close()


def in_threads(function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """As ``map(function, items)``, in the threads that `using` allows; in this one if there is one.

    Results come in the order of the items. At most `AHEAD` items for each thread are begun whose
    results are not taken yet, so that memory stays small. What ``function`` raises comes out here,
    and no part is at work any more when this ends.
    """
    pool, check = _pool.get(), check_here()
    if pool is None or pool.count == 1:
        yield from map(partial(_part, check, function), items)
        return
    begun: deque[Future[Result]] = deque()
    try:
        for item in items:
            begun.append(pool.executor.submit(_part, check, function, item))
            if len(begun) == AHEAD * pool.count:
                yield begun.popleft().result()
        while begun:
            yield begun.popleft().result()
    finally:
        for part in begun:
            part.cancel()
        for part in begun:
            if not part.cancelled():
                part.exception()  # waits


def _part(check: Check | None, function: Callable[[Item], Result], item: Item) -> Result:
    """One part of the work, which ends with the whole."""
    with checked_by(check):
        checkpoint()
        return function(item)


def each_in_threads(function: Callable[[Item], object], items: Iterable[Item]) -> None:
    """As `in_threads`, for what ``function`` does with each item."""
    deque(in_threads(function, items), 0)


def blas_in_one_thread() -> AbstractContextManager[None]:
    """Have the BLAS of NumPy and SciPy compute in the thread that calls it, meanwhile."""
    return _BLAS.changed()


def _limit_blas() -> Callable[[], object]:
    # SciPy brings a BLAS of its own, which would not be limited if it were loaded later. Engines
    # load it anyway, with scipy.fft.
    import scipy.linalg  # noqa: F401
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    limits = _in_a_thread(lambda: threadpool_limits(1, "blas"))
    return lambda: _in_a_thread(limits.restore_original_limits)


def _in_a_thread(function: Callable[[], Result]) -> Result:
    """Call ``function`` in a thread that ends with it.

    Of the threads that are alive, threadpoolctl (from 3.8 on) has only the one that set OpenBLAS
    first set it again, and lets others do so without any effect. Calls may begin and end in
    different threads, which may live on.
    """
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(function).result()


_BLAS = SharedSetting(_limit_blas)
