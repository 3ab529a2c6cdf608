"""What was corrected of a stem's notes, for those that fill in what a performance lacks.

The stem still has what is gone, and lacks what is new:

- where only something is gone, or only something is new, the levels of the stem say nothing of
  those that are meant, and the performance keeps its own;
- what is filled in from the stem leaves out the partials of the notes that are gone, as far as a
  short window can tell them apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from effects.notes.note import Note
from effects.notes.partials import N_PARTIALS
from effects.notes.pitched_share import SETTINGS as SHARE
from effects.signal.arrays import Values
from effects.signal.units import midi_to_hz

#: Half of a partial's width in bins: the main lobe of the Hann window.
LOBE_BINS = 2.0


@dataclass(frozen=True)
class Changed:
    """Notes that were corrected.

    Attributes:
        gone: those that are in the stem, and are not played.
        new: those that are played, and are not in the stem.
    """

    gone: Sequence[Note] = ()
    new: Sequence[Note] = ()

    def free(self, seconds: Values) -> NDArray[np.bool_]:
        """At which of these times levels are not to follow the stem's, ``[times]``."""
        return _sounding(self.gone, seconds) ^ _sounding(self.new, seconds)

    def kept(self, seconds: Values, size: int, sample_rate: float) -> NDArray[np.float32] | None:
        """1 where the stem may be heard, else 0, ``[times, bins]``; None for everywhere.

        Args:
            seconds: the times.
            size: of the transform that has these bins, in samples.
            sample_rate: in Hz.
        """
        sounding = [(it, at) for it in self.gone if (at := _rings(it, seconds)).any()]
        if not sounding:
            return None
        hz = np.fft.rfftfreq(size, 1 / sample_rate)
        kept = np.ones((len(seconds), len(hz)), np.float32)
        for note, at in sounding:
            partials = midi_to_hz(note.pitch) * np.arange(1, N_PARTIALS + 1)
            half = np.maximum(SHARE.width * partials, LOBE_BINS * hz[1])
            near = (np.abs(hz[:, None] - partials) <= half).any(axis=1)
            kept[np.ix_(at, near)] = 0
        return kept


def _sounding(notes: Sequence[Note], seconds: Values) -> NDArray[np.bool_]:
    found = np.zeros(len(seconds), np.bool_)
    for it in notes:
        found |= (seconds >= it.start) & (seconds < it.end)
    return found


def _rings(note: Note, seconds: Values) -> NDArray[np.bool_]:
    """When a note sounds or still rings."""
    return (seconds >= note.start) & (seconds < note.end + SHARE.rings_seconds)
