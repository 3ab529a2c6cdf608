"""A process that restyles stems as it is told, by whichever version of Restyle is on its path.

It runs as a file and imports nothing of `benchmarks`, since ``effects`` may be another version's.
Each line of its input is a `Request` in JSON, each line of its output an `Answer`. The effect stays
from one request to the next.
"""

from __future__ import annotations

import json
import re
import resource
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pedalboard.io import AudioFile

RATE = 44_100  # Hz


@dataclass(frozen=True)
class Request:
    """What to restyle.

    Attributes:
        clips: see `stem`.
        seconds: how long the stem is.
        preset: the style.
        turn: see `stem`.
        at_once: how many calls to make at once, each in a thread, with an effect and a stem of its
            own, which has the next turn.
    """

    clips: Sequence[str]
    seconds: float
    preset: str
    turn: int = 0
    at_once: int = 1


@dataclass(frozen=True)
class Answer:
    """How it went.

    Attributes:
        seconds: how long the calls took, all together; the stems were there before.
        cpu_seconds: the processor time of this process meanwhile.
        gigabytes: the most memory that this process has had so far.
        shares: the share of the time that each stage of the work took, if there was one call.
    """

    seconds: float
    cpu_seconds: float
    gigabytes: float
    shares: dict[str, float]


def stem(clips: Sequence[str], seconds: float, turn: int = 0) -> NDArray[np.float32]:
    """A stem that repeats clips, ``[channels, samples]``, in one array of its own.

    Args:
        clips: sound files: a channel of each, mixed to mono; of one, its own channels.
        seconds: how long it is to be.
        turn: stems of different turns begin elsewhere in the clips, so that no two are the same.
    """
    parts = [_read(clip) for clip in clips]
    channels = list(parts[0]) if len(parts) == 1 else [part.mean(axis=0) for part in parts]
    filled = np.empty((len(channels), round(seconds * RATE)), np.float32)
    for row, channel in zip(filled, channels, strict=True):
        # Any step does that leads to thousands of beginnings: a prime number of samples.
        turned = np.roll(channel, -turn * 7919)
        for start in range(0, row.size, turned.size):
            row[start : start + turned.size] = turned[: row.size - start]
    return filled


def _read(clip: str) -> NDArray[np.float32]:
    with AudioFile(clip).resampled_to(RATE) as file:
        return file.read(file.frames)


def peak_gigabytes() -> float:
    """The most memory that this process has had.

    Linux counts into ``ru_maxrss`` what the parent had when it made this process, and keeps it
    through ``exec``; ``VmHWM`` begins anew there (proc_pid_status(5)).
    """
    status = Path("/proc/self/status")
    if status.exists():
        found = re.search(r"^VmHWM:\s+(\d+) kB$", status.read_text(), re.MULTILINE)
        if found:
            return int(found[1]) * 1024 / 1e9
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most * (1 if sys.platform == "darwin" else 1024) / 1e9


class Caller:
    """Answers requests, with one effect for each call at once."""

    def __init__(self) -> None:
        self._effects: list[Any] = []

    def answer(self, request: Request) -> Answer:
        """Make the calls."""
        from effects import StyleTransfer

        count = request.at_once
        while len(self._effects) < count:
            self._effects.append(StyleTransfer(preset=request.preset))
        effects = self._effects[:count]
        for effect in effects:
            effect.preset = request.preset
        turns = range(request.turn, request.turn + count)
        stems = [stem(request.clips, request.seconds, turn) for turn in turns]
        stages: list[tuple[float, str]] = []
        effects[0].on_progress = lambda _, stage: stages.append((time.perf_counter(), stage))
        began, cpu = time.perf_counter(), time.process_time()
        if count == 1:
            effects[0](stems[0], RATE)
        else:
            with ThreadPoolExecutor(count) as threads:
                list(threads.map(lambda effect, audio: effect(audio, RATE), effects, stems))
        ended, cpu = time.perf_counter(), time.process_time() - cpu
        shares = _shares([*stages, (ended, "")]) if count == 1 else {}
        return Answer(ended - began, cpu, peak_gigabytes(), shares)


def _shares(stages: Sequence[tuple[float, str]]) -> dict[str, float]:
    """The share of the time that each stage took, of when each was reported."""
    shares: dict[str, float] = {}
    for (start, stage), (end, _) in pairwise(stages):
        shares[stage] = shares.get(stage, 0) + (end - start) / (stages[-1][0] - stages[0][0])
    return shares


def main() -> None:
    """Answer until there are no more requests."""
    caller = Caller()
    for line in sys.stdin:
        print(json.dumps(asdict(caller.answer(Request(**json.loads(line))))), flush=True)


if __name__ == "__main__":
    main()
