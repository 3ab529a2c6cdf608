"""About how long each engine will take, said before a comparison begins."""

from __future__ import annotations

import time
from collections.abc import Sequence

from plugin_bridge.reports.compare_tries import Try

#: Seconds of processor time where `pace` is 1: for the style, and for each second of the stem. From
#: the tables of docs/networks.md (stems of 4 s and 10 s); what the style takes, of the first four,
#: from stems of 2 s and 4 s with a clip of 25 s. Sounds differ in how long they are optimised.
COSTS = {
    "sampler": (5.0, 0.2),
    "infinite": (1.5, 0.3),
    "vggish": (4.5, 1.5),
    "cnn14": (20.0, 3.0),
    "random_cnn_1d": (2.0, 7.0),
    "vgg19": (2.0, 15.0),
    "random_cnn_2d": (2.0, 20.0),
}
UNKNOWN = (5.0, 10.0)  # an engine that is not in the table: among the slow ones
#: The processor time of `_work` where `pace` is 1, as it was measured on a machine with two cores.
REFERENCE_SECONDS = 0.03
_REPEATS = 3  # the fastest counts: others are disturbed


def estimates(tries: Sequence[Try], stem_seconds: float) -> list[float]:
    """The seconds that each try will take on this machine: a guess, within a factor of three."""
    factor, costs = pace(), [COSTS.get(it.blank.engine, UNKNOWN) for it in tries]
    return [factor * (style + each * stem_seconds) for style, each in costs]


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
