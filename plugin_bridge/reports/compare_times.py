"""About how long each engine will take, said before a comparison begins."""

from __future__ import annotations

import time
from collections.abc import Sequence

from plugin_bridge.reports.compare_tries import Try

#: Seconds of processor time for a second of the stem, on the machine whose `pace` is 1. Of the
#: sampler as README has it for 10 s of stereo, with its listening; of the others from the tables of
#: docs/networks.md for 4 s and 10 s, rounded.
COSTS = {
    "sampler": 0.3,
    "infinite": 0.3,
    "vggish": 1.7,
    "cnn14": 5.5,
    "random_cnn_1d": 7.0,
    "vgg19": 15.0,
    "random_cnn_2d": 20.0,
}
UNKNOWN = 10.0  # an engine that is not in the table: among the slow ones
#: Besides: what is learnt of the style, and the figures. Not searched.
FIXED_SECONDS = 2.0
#: The processor time of `_work` where `pace` is 1: on a machine with two cores, as it was measured
#: there once. That machine's engines were not timed anew.
REFERENCE_SECONDS = 0.03
_REPEATS = 3  # the fastest counts: others are disturbed


def estimates(tries: Sequence[Try], stem_seconds: float) -> list[float]:
    """The seconds that each try will take on this machine, roughly: within a factor of two."""
    per_second = pace()
    return [
        per_second * (FIXED_SECONDS + COSTS.get(it.blank.engine, UNKNOWN) * stem_seconds)
        for it in tries
    ]


def announcement(steps: Sequence[tuple[Try, float]]) -> str:
    """What is to come, in this order, and how long it will take: tries with their seconds."""
    by_engine: dict[str, float] = {}
    for it, seconds in steps:
        by_engine[it.blank.engine] = by_engine.get(it.blank.engine, 0.0) + seconds
    listed = ", ".join(f"{name} {about(it)}" for name, it in by_engine.items())
    count = f"{len(steps)} result{'' if len(steps) == 1 else 's'}"
    return f"{count} to come, in about {about(sum(by_engine.values()))}: {listed}."


def about(seconds: float) -> str:
    """A time that is only known roughly, in a word or two."""
    if seconds < 10:
        return f"{max(round(seconds), 1)} s"
    if seconds < 90:
        return f"{5 * round(seconds / 5)} s"
    if seconds < 90 * 60:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"


def pace() -> float:
    """How many times as long this machine's processor takes as the one of `COSTS`."""
    from effects.running.devices import one_thread

    with one_thread():
        return min(_work() for _ in range(_REPEATS)) / REFERENCE_SECONDS


def _work() -> float:
    """The processor time of what networks spend theirs on: convolutions."""
    import torch

    image, filters = torch.ones(1, 64, 64, 64), torch.ones(64, 64, 3, 3)
    started = time.thread_time()
    for _ in range(4):
        torch.nn.functional.conv2d(image, filters, padding=1)
    return time.thread_time() - started
