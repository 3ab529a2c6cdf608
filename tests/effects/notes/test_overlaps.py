"""Which notes sound in a stretch of time."""

import numpy as np

from effects.notes.note import NoteEvent
from effects.notes.overlaps import Overlaps


def naively(notes, start, end):
    return [at for at, note in enumerate(notes) if note.start < end and note.end > start]


def test_those_that_overlap_are_found_in_their_order():
    draw = np.random.default_rng(0)
    # Times on a grid, so that some notes end where others begin; and some of them long.
    starts = draw.integers(0, 60, 80) / 4
    notes = [NoteEvent(60, it, it + draw.integers(1, 40) / 4) for it in starts.tolist()]
    overlaps = Overlaps(notes)
    for start in np.arange(-1, 30, 0.25).tolist():
        for seconds in (0.25, 2.0):
            found = overlaps.between(start, start + seconds).tolist()
            assert found == naively(notes, start, start + seconds)


def test_of_no_notes_none_is_found():
    assert not Overlaps([]).between(0.0, 1.0).size
