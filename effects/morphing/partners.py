"""Which note of A belongs with which of B.

They are assigned so that the sum of the costs is least (Kuhn 1955, the Hungarian method, as scipy
has it). A pair costs

    |d onset| / 0.25 s + |d pitch - mean of d pitch| / 5 + |d log2 length| / 3,

so a quarter of a second is as bad as five semitones or three doublings of the length. A tune and
the same tune higher differ by nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from effects.notes.note import Note
from effects.signal.arrays import Values

#: From the prototype, which was not searched.
ONSET_SECONDS, SEMITONES, DOUBLINGS = 0.25, 5.0, 3.0
#: The same note at the same time in both: it costs so much less, and so stays whatever the others
#: do. Not searched.
BOTH_SECONDS, BOTH_SEMITONES, BOTH = 0.1, 0.5, 8.0
#: Notes that are further apart, in seconds, do not belong together. Not searched.
FARTHEST_SECONDS = 1.5
#: Notes are assigned in windows of so many seconds, to limit time and memory: of a hundred notes a
#: second in both, it takes 3 s and 70 MB. Not searched.
WINDOW_SECONDS = 30.0
SHORTEST_SECONDS = 0.01


def partners(a: Sequence[Note], b: Sequence[Note]) -> dict[int, int]:
    """Which note of ``b`` belongs with which of ``a``, by their numbers; each once at most."""
    found: dict[int, int] = {}
    for of_a, of_b in _windows(a, b):
        found.update(_assigned(a, b, of_a, of_b))
    return found


def are_same(a: Note, b: Note) -> bool:
    """Whether this is one note that both pieces have."""
    return abs(a.start - b.start) <= BOTH_SECONDS and abs(a.pitch - b.pitch) <= BOTH_SEMITONES


def _windows(a: Sequence[Note], b: Sequence[Note]) -> Iterator[tuple[list[int], list[int]]]:
    """The numbers of the notes of both that begin in each window in which both have some."""
    by_window: list[dict[int, list[int]]] = [{}, {}]
    for notes, windows in zip((a, b), by_window, strict=True):
        for number, it in enumerate(notes):
            windows.setdefault(int(it.start // WINDOW_SECONDS), []).append(number)
    for window in sorted(by_window[0].keys() & by_window[1].keys()):
        yield by_window[0][window], by_window[1][window]


def _assigned(
    a: Sequence[Note], b: Sequence[Note], of_a: list[int], of_b: list[int]
) -> Iterator[tuple[int, int]]:
    from scipy.optimize import linear_sum_assignment  # 60 ms

    starts, pitches, lengths = (
        _differences([_figures(a[it])[n] for it in of_a], [_figures(b[it])[n] for it in of_b])
        for n in range(3)
    )
    higher = np.mean([b[it].pitch for it in of_b]) - np.mean([a[it].pitch for it in of_a])
    costs = (
        np.abs(starts) / ONSET_SECONDS
        + np.abs(pitches - higher) / SEMITONES
        + np.abs(lengths) / DOUBLINGS
    )
    same = (np.abs(starts) <= BOTH_SECONDS) & (np.abs(pitches) <= BOTH_SEMITONES)
    for row, column in zip(*linear_sum_assignment(costs - BOTH * same), strict=True):
        if abs(starts[row, column]) <= FARTHEST_SECONDS:
            yield of_a[row], of_b[column]


def _figures(note: Note) -> tuple[float, float, float]:
    return note.start, note.pitch, float(np.log2(max(note.seconds, SHORTEST_SECONDS)))


def _differences(a: Sequence[float], b: Sequence[float]) -> Values:
    """``[a, b]``: how much more each of ``b`` is than each of ``a``."""
    return np.asarray(np.array(b)[None, :] - np.array(a)[:, None])
