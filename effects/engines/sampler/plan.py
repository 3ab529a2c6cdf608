"""What will be played: what was heard in a stem, as far as the style can play it.

| the stem has                                    | an instrument plays   | a kit plays         |
|-------------------------------------------------|-----------------------|---------------------|
| a voice                                         | its line              | as without a voice  |
| notes (at least 0.3 of what sounds)             | its notes             | a stroke per chord  |
| some notes (at least 0.1), and other sounds too | its notes             | its strokes, if any |
| strokes, and no notes (or some notes, if        | a short note for each | its strokes         |
| strokes have at least 0.8 of the power)         |                       |                     |
| none of these                                   | nothing               | nothing             |
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from effects.engines.sampler.instrument import Instrument
from effects.engines.sampler.kit import Kit, by_colour, by_rank, merged
from effects.engines.sampler.learn import SETTINGS as KINDS
from effects.engines.sampler.learn import Player
from effects.engines.sampler.listen import Heard
from effects.engines.sampler.perform import perform
from effects.engines.sampler.sing import sing
from effects.engines.sampler.strokes import k_weighted, root_mean_square
from effects.notes.note import Note
from effects.notes.pitch_line import Phrase
from effects.notes.tuning import in_tune
from effects.signal.arrays import Audio


@dataclass(frozen=True)
class Settings:
    """When an instrument plays strokes, and how. `learn` says what notes and strokes are."""

    #: A stem has notes beside drums if these explain at least this share of what sounds. Drums
    #: alone have no notes (`transcribe` finds none). Not searched.
    melodic: float = 0.1
    #: Such a stem is drums after all if strokes explain this share of its power. Not searched.
    all_struck: float = 0.8
    #: Longest stroke on an instrument, in seconds. How it was chosen is not recorded.
    longest_stroke_seconds: float = 0.35


SETTINGS = Settings()


@dataclass(frozen=True)
class NotesPlan:
    """Notes on an instrument, or strokes on a kit.

    Attributes:
        notes: at least one.
        instrument: what plays them.
    """

    notes: Sequence[Note]
    instrument: Instrument

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


def choose(heard: Heard, player: Player) -> Plan | None:
    """What ``player`` plays of ``heard``; None if there is nothing for it to play."""
    if isinstance(player.instrument, Kit):
        notes = _for_a_kit(heard, player.instrument)
    elif heard.voice:
        return LinePlan(heard.voice, player.instrument)
    else:
        notes = _for_an_instrument(heard, player.instrument)
    return NotesPlan(notes, player.instrument) if notes else None


def _for_an_instrument(heard: Heard, instrument: Instrument) -> list[Note]:
    """The stem's notes, or its strokes at pitches that the instrument has."""
    if heard.pitched >= KINDS.pitched:
        return in_tune(heard.notes)
    # Levels are K-weighted: a hi-hat that is played by a low note stays as loud as it was. With
    # equal power, it would not.
    found = heard.strokes(k_weighted)
    if heard.pitched >= SETTINGS.melodic and found.share < SETTINGS.all_struck:
        return in_tune(heard.notes)
    if found.share >= KINDS.struck:
        return by_rank(found.notes, instrument, SETTINGS.longest_stroke_seconds)
    return []


def _for_a_kit(heard: Heard, kit: Kit) -> list[Note]:
    """A stroke of the kit for each chord or stroke of the stem."""
    if heard.pitched >= KINDS.pitched:
        return by_rank(merged(heard.notes), kit, math.inf)
    found = heard.strokes(root_mean_square)
    return by_colour(found.notes, kit) if found.share >= KINDS.struck else []
