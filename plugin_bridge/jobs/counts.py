"""How many jobs of whom are in which state, without looking at all of them."""

from __future__ import annotations

from collections import Counter

from plugin_bridge.jobs.job import Job


class Counts:
    """Counts jobs, each as it was when it was last noted. Everything takes the same time, O(1)."""

    def __init__(self) -> None:
        self._noted: dict[str, tuple[str, str]] = {}  # owner and state, by the job's id
        self._by_owner: dict[str, Counter[str]] = {}
        self._all: Counter[str] = Counter()

    def note(self, job: Job) -> None:
        """Count a job as it is now, and no longer as it was."""
        self.forget(job.id)
        self._noted[job.id] = job.owner, job.state
        self._all[job.state] += 1
        self._by_owner.setdefault(job.owner, Counter())[job.state] += 1

    def forget(self, id: str) -> None:
        """Do not count the job of that id, if it was counted."""
        owner, state = self._noted.pop(id, ("", ""))
        if not state:
            return
        of_owner = self._by_owner[owner]
        for counter in (self._all, of_owner):
            counter[state] -= 1
            if not counter[state]:
                del counter[state]
        if not of_owner:
            del self._by_owner[owner]

    def of(self, owner: str | None = None) -> Counter[str]:
        """How many are in each state, of all owners or of one."""
        counter = self._all if owner is None else self._by_owner.get(owner)
        return Counter(counter or {})
