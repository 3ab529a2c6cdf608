"""How facts about a stem are kept as arrays, and what comes back from them: the same values.

All numbers are in double precision, whatever they were computed in.
"""

from __future__ import annotations

from dataclasses import astuple

import numpy as np

from effects.engines.sampler.known import Form
from effects.engines.sampler.strokes import Stroke
from effects.notes.note import Note
from effects.notes.pitch_line import HOP_SECONDS, Line
from effects.notes.pitched_share import Explained
from effects.signal.arrays import Values

NUMBER: Form[float] = Form(np.array, lambda array: float(array.item()))
NUMBERS: Form[tuple[float, ...]] = Form(np.array, lambda array: tuple(array.tolist()))
#: ``[notes, 5]``, in the order of the attributes.
NOTES: Form[list[Note]] = Form(
    lambda notes: np.array([astuple(it) for it in notes]),
    lambda array: [Note(*it) for it in array.tolist()],
)
#: ``[strokes, 6 + bands]``: a note, how clear it is, and its colour.
STROKES: Form[list[Stroke]] = Form(
    lambda strokes: np.array([_of_stroke(it) for it in strokes]),
    lambda array: [_stroke(*it) for it in array.tolist()],
)
#: ``[2, frames]``: pitch and level.
LINE: Form[Line] = Form(
    lambda line: np.stack([line.pitch, line.level]), lambda array: _line(*array)
)
#: ``[2, frames]``: the whole, and what notes explain.
EXPLAINED: Form[Explained] = Form(
    lambda explained: np.stack([explained.whole, explained.own]), lambda array: Explained(*array)
)


def _of_stroke(it: Stroke) -> tuple[float, ...]:
    return (it.start, it.end, it.pitch, it.level, it.confidence, it.clear, *it.colour)


def _stroke(
    start: float,
    end: float,
    pitch: float,
    level: float,
    confidence: float,
    clear: float,
    *colour: float,
) -> Stroke:
    return Stroke(start, end, pitch, level, confidence, colour, clear)


def _line(pitch: Values, level: Values) -> Line:
    return Line(np.arange(pitch.size, dtype=np.float64) * HOP_SECONDS, pitch, level)
