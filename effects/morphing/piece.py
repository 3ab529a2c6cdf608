"""What is heard of a piece before it is morphed or tweaked: its notes, its strokes, its beats.

| the piece has                                                       | it is              |
|---------------------------------------------------------------------|--------------------|
| a voice, or notes and chords (at least 0.1 of what sounds; 0.3 if   | notes, or both     |
| all of them are chords)                                             | with drums beside  |
| strokes alone                                                       | drums              |
| none of these                                                       | a texture          |

These are the rules by which a stem is restyled (`effects.engines.sampler.plan`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from effects.engines.sampler.instrument import Instrument
from effects.engines.sampler.kit import Kit
from effects.engines.sampler.known import digest, knowing
from effects.engines.sampler.listen import listen as listen_for_notes
from effects.engines.sampler.strokes import Stroke
from effects.engines.sampler.written import notes_and_strokes
from effects.listening.listen import listen as listen_for_beats
from effects.listening.song import Song
from effects.morphing.own_sounds import own_instrument, own_kit
from effects.notes.note import Note
from effects.running.progress import Progress
from effects.signal.arrays import Audio, less
from effects.signal.downmix import mixed
from effects.signal.limits import check_channels, check_finite, check_rate
from effects.signal.loudness import peak
from effects.style_clip import MIN_PEAK

NOTES, DRUMS, BOTH, TEXTURE, SILENCE = "notes", "drums", "both", "texture", "silence"


@dataclass(frozen=True)
class Piece:
    """A piece, and what is heard of it.

    The levels of notes, strokes and grains are all on one scale: that on which the downmix of the
    piece (`effects.signal.downmix.mixed`) has its peak at 1.

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
    # Progress: of 8 s of a tune, most of the time goes into its notes. Not measured closely.
    progress = progress or Progress()
    _check(name, audio, sample_rate)
    if peak(audio) < MIN_PEAK:
        return Piece(name, audio, sample_rate, SILENCE, [], [], None, None, None)
    stem, loudest = digest(audio, sample_rate), peak(mixed(audio))
    with knowing(stem, audio.shape[1] / sample_rate, progress.tick) as known:
        heard = listen_for_notes(audio, sample_rate, progress.nested(0.0, 0.5, "notes"), known)
        notes, strokes, beside = notes_and_strokes(heard)
    instrument = kit = None
    if notes:
        sound = less(audio, beside.audio) if beside else audio
        learning = progress.nested(0.5, 0.8, "sounds")
        instrument = own_instrument(stem, sound, loudest, sample_rate, learning)
    if strokes:
        drums = beside.audio if beside else audio
        kit = own_kit(stem, drums, loudest, sample_rate)
    heard.let_go()
    notes, strokes = notes if instrument else [], strokes if kit else []
    kind = _kind(notes, strokes)
    beats = progress.nested(0.8, 1.0, "beats")
    song = None if kind == TEXTURE else listen_for_beats(audio, sample_rate, beats)
    return Piece(name, audio, sample_rate, kind, notes, strokes, instrument, kit, song)


def _check(name: str, audio: Audio, sample_rate: float) -> None:
    check_rate(name, sample_rate)
    if np.ndim(audio) != 2 or not audio.shape[1]:
        raise ValueError(f"{name} must be [channels, samples], and not empty: {np.shape(audio)}.")
    check_channels(name, audio.shape[0])
    check_finite(name, audio)


def _kind(notes: Sequence[Note], strokes: Sequence[Stroke]) -> str:
    if notes:
        return BOTH if strokes else NOTES
    return DRUMS if strokes else TEXTURE
