"""Whose turn it is: owners take turns, so that one's thousand jobs do not stand before the others'.

A job comes the later, the more jobs of its owner run or come before it. Between owners with as
many, the one whose last job began the longest ago comes first (round robin). If there is only one
owner, that is the order of submission.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from plugin_bridge.jobs.job import Job


class Turns:
    """Remembers which owner had its turn when."""

    def __init__(self) -> None:
        self._served: dict[str, int] = {}
        self._count = 0

    def note(self, owner: str) -> None:
        """A job of ``owner`` begins."""
        self._count += 1
        self._served.pop(owner, None)
        self._served[owner] = self._count

    def order(self, waiting: Sequence[Job], running: Iterable[Job]) -> list[Job]:
        """The jobs that wait, in the order of submission, as they will have their turn."""
        ahead = Counter(job.owner for job in running)
        keys = []
        for job in waiting:
            keys.append((ahead[job.owner], self._served.get(job.owner, 0), job.number))
            ahead[job.owner] += 1
        return [job for _, job in sorted(zip(keys, waiting, strict=True), key=lambda it: it[0])]

    def forget(self, known: Iterable[str]) -> None:
        """Forget owners without a job, so that this does not grow."""
        self._served = {owner: self._served[owner] for owner in known if owner in self._served}
