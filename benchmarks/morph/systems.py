"""The rows of the table: what makes something between two clips."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from benchmarks.morph.axis import Axis
from benchmarks.morph.clips import Clip
from benchmarks.morph.pairs import Pair
from benchmarks.morph.transport import transport
from effects.signal.arrays import Mono
from effects.warping.timeline import Timeline

CROSS_FADE, TRANSPORT = "cross-fade", "audio transport"
METHODS = ("notes", "latent", "both")
PLACES = (0.0, 0.25, 0.5, 0.75, 1.0)
MIDDLE = 0.5


@dataclass(frozen=True)
class Made:
    """What a system made of two clips.

    Attributes:
        audio: ``[samples]`` at `benchmarks.quality.sounds.RATE`.
        axis_a: where in it the moments of A come.
        axis_b: those of B.
    """

    audio: Mono
    axis_a: Axis = field(default_factory=Axis)
    axis_b: Axis = field(default_factory=Axis)


System = Callable[[Clip, Clip, float], Made]


@dataclass(frozen=True)
class Row:
    """A system by its name.

    Attributes:
        name: in tables.
        system: makes what is at X between two clips.
        ours: whether Restyle makes it, so that its figures change with Restyle's code.
    """

    name: str
    system: System
    ours: bool


def rows(methods: tuple[str, ...], *, others: bool) -> list[Row]:
    """The rows that are wanted: the simple ways if ``others``, and Restyle by each method."""
    simple = [Row(CROSS_FADE, cross_fade, False), Row(TRANSPORT, transported, False)]
    ours = [Row(f"Restyle, {it}", Restyle(it), True) for it in methods]
    return [*(simple if others else []), *ours]


def cross_fade(a: Clip, b: Clip, at: float) -> Made:
    """Both at once, linear in amplitude."""
    return Made(np.asarray((1 - at) * a.audio + at * b.audio, np.float32))


def transported(a: Clip, b: Clip, at: float) -> Made:
    """See `benchmarks.morph.transport`."""
    return Made(transport(a.audio, b.audio, at))


@dataclass(frozen=True)
class Restyle:
    """`effects.morphing.morph`.

    Attributes:
        method: one of `METHODS`.
    """

    method: str

    def __call__(self, a: Clip, b: Clip, at: float) -> Made:
        """The piece between two clips, and where in it theirs come."""
        from effects.morphing.morph import morph
        from effects.morphing.options import Options

        options = Options(at=at, method=self.method)
        found = morph(a.given, b.given, options, threads=1)
        audio = np.ascontiguousarray(found.audio.mean(axis=0), np.float32)
        return Made(audio, *(axis_of(it) for it in found.times))


def axis_of(timeline: Timeline) -> Axis:
    """Where the moments of a song come, as a timeline has it."""
    song = np.concatenate([it.song_seconds for it in timeline.passages])
    out = np.concatenate([it.out_seconds for it in timeline.passages])
    return Axis(tuple(song.tolist()), tuple(out.tolist()))


def made(row: Row, pair: Pair) -> tuple[Mapping[float, Made], float]:
    """A row's morphs of a pair by X, and the CPU seconds of one for each second of it.

    The middle is made last and timed: then all has been listened to, and is remembered.
    """
    found = {at: row.system(pair.a, pair.b, at) for at in PLACES if at != MIDDLE}
    start = time.process_time()
    found[MIDDLE] = row.system(pair.a, pair.b, MIDDLE)
    taken = time.process_time() - start
    return found, taken / (found[MIDDLE].audio.size / pair.a.given[2])
