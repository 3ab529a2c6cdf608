"""Paths that change under a server: folders and stems are swapped for links, pipes and each other.

Outside of the root lies a folder with the same names in it. Whatever is swapped when, no result may
come of a stem from there, and nothing there may be written, changed or deleted.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from plugin_bridge.osc.client import Client, Failed, Refused
from support.attack.jobs import SHORT
from support.servers import leftovers, restyled_here, serve, sound, stem

#: Why a job may be refused or fail while its paths change.
FAIR = {
    *("outside_root", "not_found", "not_a_file", "not_audio", "unreadable", "out_not_writable"),
    *("out_exists", "worker_died"),
}


@dataclass(frozen=True)
class Outcome:
    """How many swaps there were, how the jobs ended meanwhile, and how many OUT.part were left."""

    swaps: int
    ends: Counter[str]
    parts: int

    def __str__(self) -> str:
        ends = ", ".join(f"{count} {how}" for how, count in self.ends.most_common())
        return (
            f"{self.swaps} swaps, {sum(self.ends.values())} jobs ({ends}); {self.parts} .part left"
        )


def swap(
    folder: Path,
    count: int,
    *,
    pause_seconds: float = 0.002,
    on_job: Callable[[int], object] = lambda swaps: None,
) -> Outcome:
    """Run jobs in a root in which ``count`` swaps happen, and check that all stays inside.

    Args:
        folder: an empty one, in which root and outside are made.
        count: how many swaps.
        pause_seconds: between two of them.
        on_job: called with the number of swaps so far as each job ends.
    """
    root, outside = folder / "root", folder / "outside"
    for it in (root / "sub", root / "other", outside):
        it.mkdir(parents=True)
    own = stem(root / "sub" / "in.wav", *SHORT, seed=1)
    expected = restyled_here(own, folder / "own.wav")
    stem(outside / "in.wav", *SHORT, seed=2)
    before = _contents(outside)
    swapper = _Swapper(root, outside, own.read_bytes(), count, pause_seconds)
    ends: Counter[str] = Counter()
    with serve(root, "--workers", "2") as server, Client(port=server.port) as client:
        swapper.start()
        number = 0
        while swapper.is_alive():
            number += 1
            ends[_job(client, root, f"out{number}.wav")] += 1
            on_job(swapper.done)
        swapper.join()
        assert not server.errors.read_text()
        assert server.stop() == 0
    assert ends.keys() <= {"done", *FAIR}
    results = list(root.rglob("out*.wav"))
    assert len(results) == ends["done"]
    assert all(np.array_equal(sound(it), expected) for it in results)
    assert _contents(outside) == before
    # What was begun in a folder that was elsewhere when the job failed is not found from its path.
    parts = leftovers(root)
    assert all(it.name.endswith(".part") for it in parts)
    return Outcome(swapper.done, ends, len(parts))


def _job(client: Client, root: Path, out: str) -> str:
    """Have one job done or refused; returns how it ended."""
    try:
        job = client.submit(root / "sub" / "in.wav", root / "sub" / out, "violin")
        client.wait(job, timeout_seconds=60)
    except (Refused, Failed) as error:
        return str(error.code)
    return "done"


class _Swapper(threading.Thread):
    """Swaps things, one after another; at the end all is as it was."""

    def __init__(
        self, root: Path, outside: Path, own: bytes, count: int, pause_seconds: float
    ) -> None:
        super().__init__(daemon=True)
        self.done = 0
        self._root, self._outside, self._own = root, outside, own
        self._count, self._pause = count, pause_seconds
        self._draw = random.Random(0)

    def run(self) -> None:
        ways = (self._folder_for_link, self._stem_for_link, self._stem_for_pipe, self._folders)
        while self.done < self._count:
            with suppress(FileNotFoundError):  # the server has just moved something
                self._draw.choice(ways)()
            self.done += 1
            time.sleep(self._pause)

    def _folder_for_link(self) -> None:
        """The folder of stem and result becomes a link to the outside, and itself again."""
        sub, kept = self._root / "sub", self._root / "kept"
        sub.rename(kept)
        sub.symlink_to(self._outside)
        time.sleep(self._draw.random() * 0.01)
        sub.unlink()
        kept.rename(sub)

    def _folders(self) -> None:
        """The folder is another, empty one of the root for a while."""
        sub, other, kept = (self._root / name for name in ("sub", "other", "kept"))
        sub.rename(kept)
        other.rename(sub)
        time.sleep(self._draw.random() * 0.01)
        sub.rename(other)
        kept.rename(sub)

    def _stem_for_link(self) -> None:
        self._stem_for(lambda path: path.symlink_to(self._outside / "in.wav"))

    def _stem_for_pipe(self) -> None:
        self._stem_for(os.mkfifo)

    def _stem_for(self, make: Callable[[Path], object]) -> None:
        """The stem becomes something else, and itself again."""
        path, new = self._root / "sub" / "in.wav", self._root / "sub" / "new.wav"
        make(new)
        os.replace(new, path)
        time.sleep(self._draw.random() * 0.01)
        new.write_bytes(self._own)
        os.replace(new, path)


def _contents(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {it.name: (it.read_bytes(), it.stat().st_mtime_ns) for it in sorted(folder.iterdir())}
