"""What will be played: what was heard in a stem, as far as the style can play it.

| the stem has                                    | an instrument plays      | a kit plays         |
|-------------------------------------------------|--------------------------|---------------------|
| a voice                                         | its line                 | as without a voice  |
| notes (at least 0.3 of what sounds)             | its notes and chords     | a stroke per chord  |
| strokes alone (at least 0.4 of the power, and   | a short note for each    | its strokes         |
| some notes, 0.1, only if strokes have 0.8)      |                          |                     |
| other sounds with a pitch                       | its notes and chords     | its strokes, if any |
| none of these                                   | nothing                  | nothing             |

Chords are what is heard where notes do not explain what sounds (`effects.engines.sampler.chords`).
Drums beside notes are kept, left out, or played: by an instrument as short notes, and by a kit as
its strokes, while the rest of the stem is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from effects.engines.sampler.instrument import Instrument
from effects.engines.sampler.kit import Kit, by_chords, by_colour, by_rank
from effects.engines.sampler.learn import SETTINGS as KINDS
from effects.engines.sampler.learn import Player
from effects.engines.sampler.listen import Heard
from effects.engines.sampler.perform import perform
from effects.engines.sampler.sing import sing
from effects.engines.sampler.strokes import k_weighted, root_mean_square
from effects.engines.sampler.written import notes_and_chords, only_strokes
from effects.notes.note import Note
from effects.notes.pitch_line import Phrase
from effects.signal.arrays import Audio, Sound, less


@dataclass(frozen=True)
class Settings:
    """How an instrument plays strokes."""

    #: Longest stroke on an instrument, in seconds. How it was chosen is not recorded.
    longest_stroke_seconds: float = 0.35


SETTINGS = Settings()


@dataclass(frozen=True)
class NotesPlan:
    """Notes on an instrument, or strokes on a kit.

    Attributes:
        notes: at least one.
        instrument: what plays them.
        strokes: how many of the notes are strokes of the stem.
        kept: what of the stem is kept as it is, ``[channels, samples]``; None if nothing is.
    """

    notes: Sequence[Note]
    instrument: Instrument
    strokes: int = 0
    kept: Sound | None = None

    @property
    def melodic(self) -> bool:
        """Whether there are notes that are no strokes."""
        return self.strokes < len(self.notes)

    def play(self, content: Audio, sample_rate: float, *, tick: Callable[[float], None]) -> Audio:
        """See `effects.engines.sampler.perform.perform`."""
        return perform(self.notes, self.instrument, content, sample_rate, tick=tick)


@dataclass(frozen=True)
class LinePlan:
    """A voice's line on an instrument.

    Attributes:
        phrases: at least one.
        instrument: what plays them.
    """

    phrases: Sequence[Phrase]
    instrument: Instrument

    def play(self, content: Audio, sample_rate: float, *, tick: Callable[[float], None]) -> Audio:
        """See `effects.engines.sampler.sing.sing`."""
        return sing(self.phrases, self.instrument, content, sample_rate, tick=tick)


Plan = NotesPlan | LinePlan


def choose(heard: Heard, player: Player, drums: str) -> Plan | None:
    """What ``player`` plays of ``heard``; None if there is nothing for it to play.

    ``drums``: what becomes of drums beside notes, one of `effects.engines.DRUMS`.
    """
    if isinstance(player.instrument, Kit):
        plan = _for_a_kit(heard, player.instrument, drums)
    elif heard.voice:
        return LinePlan(heard.voice, player.instrument)
    else:
        plan = _for_an_instrument(heard, player.instrument, drums)
    return plan if plan.notes else None


def _for_an_instrument(heard: Heard, instrument: Instrument, drums: str) -> NotesPlan:
    """The stem's notes and chords, or its strokes at pitches that the instrument has."""
    # Levels are K-weighted: a hi-hat that is played by a low note stays as loud as it was. With
    # equal power, it would not.
    found = only_strokes(heard, k_weighted)
    if found:
        struck = by_rank(found.notes, instrument, SETTINGS.longest_stroke_seconds)
        return NotesPlan(struck, instrument, len(struck))
    notes = notes_and_chords(heard)
    if not notes:
        return NotesPlan([], instrument)
    beside = heard.drums_beside
    if beside is None or drums == "drop":
        return NotesPlan(notes, instrument)
    if drums == "keep":
        return NotesPlan(notes, instrument, kept=beside.audio)
    beaten = beside.strokes(k_weighted)
    struck = by_rank(beaten, instrument, SETTINGS.longest_stroke_seconds)
    return NotesPlan(sorted([*notes, *struck], key=start_of), instrument, len(struck))


def _for_a_kit(heard: Heard, kit: Kit, drums: str) -> NotesPlan:
    """A stroke of the kit for each chord or stroke of the stem."""
    beside = heard.drums_beside
    if beside and drums == "play":
        played = by_colour(beside.strokes(root_mean_square), kit)
        return NotesPlan(played, kit, len(played), kept=less(heard.audio, beside.audio))
    kept = None
    if heard.pitched >= KINDS.pitched:
        played = by_chords(heard.notes, kit)
        kept = beside.audio if beside and drums == "keep" else None
    else:
        found = heard.strokes(root_mean_square)
        played = by_colour(found.notes, kit) if found.share >= KINDS.struck else []
    return NotesPlan(played, kit, len(played), kept=kept)


def start_of(note: Note) -> float:
    """When a note starts: strokes and other notes have no order of their own."""
    return note.start
