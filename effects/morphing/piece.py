"""What is heard of a piece before it is morphed or tweaked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from effects.engines.sampler.instrument import Instrument
from effects.engines.sampler.kit import Kit
from effects.engines.sampler.strokes import Stroke
from effects.listening.song import Song
from effects.notes.note import Note
from effects.running.progress import Progress
from effects.signal.arrays import Audio

NOTES, DRUMS, BOTH, TEXTURE, SILENCE = "notes", "drums", "both", "texture", "silence"


@dataclass(frozen=True)
class Piece:
    """A piece, and what is heard of it.

    Attributes:
        name: for messages and reports.
        audio: ``[channels, samples]``.
        sample_rate: in Hz.
        kind: ``"notes"``, ``"drums"``, ``"both"`` (notes, and drums beside), ``"texture"``
            (neither), or ``"silence"``.
        notes: its notes and chords, in tune, by their starts; a voice's notes, too.
        strokes: of its drums, by their starts.
        instrument: what plays its notes: its own sounds; None if it has no notes.
        kit: what plays its strokes; None if it has none.
        song: its beats; None if they were not looked for (a texture, a silence).
    """

    name: str
    audio: Audio
    sample_rate: float
    kind: str
    notes: Sequence[Note]
    strokes: Sequence[Stroke]
    instrument: Instrument | None
    kit: Kit | None
    song: Song | None

    @property
    def seconds(self) -> float:
        """How long it is."""
        return float(self.audio.shape[1] / self.sample_rate)


def hear(name: str, audio: Audio, sample_rate: float, progress: Progress | None = None) -> Piece:
    """Listen to a piece; what is heard is remembered.

    Raises:
        ValueError: it is not ``[channels, samples]``, holds NaN or infinity, or its rate or number
            of channels is out of range.
    """
    raise NotImplementedError
