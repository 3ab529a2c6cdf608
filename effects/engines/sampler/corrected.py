"""What will be played of a stem whose notes or strokes were corrected.

These are the rules of `effects.engines.sampler.plan`, for the notes and strokes of a score:

- a voice's line is sung with what was corrected of it;
- an instrument plays the notes; strokes, too, if there are no notes, or if drums are to be played,
  or if no drums were heard beside the stem's notes that could be kept;
- a kit plays strokes, and the notes as a stroke for each chord; drums beside notes as without a
  score.

Drums that are kept are kept as they sound, whatever the score says of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from effects.engines.sampler.changed import Changed
from effects.engines.sampler.edited_line import edited
from effects.engines.sampler.edits import Edits
from effects.engines.sampler.instrument import Instrument
from effects.engines.sampler.kit import Kit, by_chords, by_colour, by_rank
from effects.engines.sampler.learn import SETTINGS as KINDS
from effects.engines.sampler.learn import Player
from effects.engines.sampler.listen import Heard
from effects.engines.sampler.plan import SETTINGS as PLAN
from effects.engines.sampler.plan import LinePlan, NotesPlan, Plan, choose, start_of
from effects.engines.sampler.strokes import k_weighted, root_mean_square
from effects.engines.sampler.written import notes_and_chords, only_strokes, write
from effects.scores.score import Score
from effects.signal.arrays import Audio, less
from effects.signal.loudness import loudness

#: A score whose last note begins later than this after the stem's end is another's. Not searched.
LATEST_SECONDS = 0.5


def check_fits(score: Score, seconds: float) -> None:
    """Check that a score may be that of a stem of so many seconds.

    Raises:
        ValueError: something begins after the stem's end.
    """
    starts = [it.start for it in score.notes] + [it.start for it in score.strokes]
    latest = max(starts, default=0.0)
    if latest > seconds + LATEST_SECONDS:
        raise ValueError(
            f"The notes last for {latest:.1f} s, and the stem for {seconds:.1f} s: give the notes "
            "of this stem, which begin where it begins (restyle listen STEM --midi FILE.mid)."
        )


@dataclass(frozen=True)
class Chosen:
    """What is played of a stem.

    Attributes:
        score: what was heard.
        as_heard: what would be played of that; None for nothing.
        plan: what is played: the same, unless a score corrects it.
        changed: the notes that it corrects; None if it corrects nothing.
    """

    score: Score
    as_heard: Plan | None
    plan: Plan | None
    changed: Changed | None

    @classmethod
    def of(cls, heard: Heard, player: Player, drums: str, notes: Score | None) -> Chosen:
        """What ``player`` plays of ``heard``, or of ``notes`` in its place."""
        written, as_heard = write(heard), choose(heard, player, drums)
        edits = None if notes is None else Edits.of(written, notes)
        if edits is None or not edits.any:
            return cls(written.score, as_heard, as_heard, None)
        changed = Changed(edits.gone, edits.new)
        return cls(written.score, as_heard, corrected(heard, player, drums, edits), changed)

    def level(
        self,
        out: Audio,
        level: float,
        stem: Audio,
        sample_rate: float,
        tick: Callable[[float], None],
    ) -> float:
        """How loud a performance is to be, in LUFS, if it would be ``level`` without corrections.

        What was not corrected is then as loud as without them: a note that is gone makes no other
        one louder.

        Args:
            out: the performance as it was played, ``[channels, samples]``.
            level: in LUFS.
            stem: the stem, ``[channels, samples]``.
            sample_rate: in Hz.
            tick: called with the fraction that is done.
        """
        if self.changed is None or self.as_heard is None:
            return level
        before = loudness(self.as_heard.play(stem, sample_rate, tick=tick), sample_rate)
        return level + loudness(out, sample_rate) - before if math.isfinite(before) else level


def corrected(heard: Heard, player: Player, drums: str, edits: Edits) -> Plan | None:
    """What ``player`` plays of ``heard`` as it was corrected; None if nothing is left to play.

    ``drums``: what becomes of drums beside notes, one of `effects.engines.DRUMS`.
    """
    if isinstance(player.instrument, Kit):
        plan = _for_a_kit(heard, player.instrument, drums, edits)
    elif heard.voice:
        phrases = edited(heard.voice, edits)
        return LinePlan(phrases, player.instrument) if phrases else None
    else:
        plan = _for_an_instrument(heard, player.instrument, drums, edits)
    return plan if plan.notes else None


def _for_an_instrument(heard: Heard, instrument: Instrument, drums: str, edits: Edits) -> NotesPlan:
    """Notes, and strokes at pitches that the instrument has."""
    alone = only_strokes(heard, k_weighted)
    notes = edits.notes([] if alone else notes_and_chords(heard))
    beside = None if alone else heard.drums_beside
    kept = beside.audio if beside and notes and drums == "keep" else None
    if kept is not None or (notes and drums == "drop"):
        return NotesPlan(notes, instrument, kept=kept)
    beaten = alone.notes if alone else beside.strokes(k_weighted) if beside else []
    strokes = edits.strokes(beaten)
    struck = by_rank(strokes, instrument, PLAN.longest_stroke_seconds)
    return NotesPlan(sorted([*notes, *struck], key=start_of), instrument, len(struck))


def _for_a_kit(heard: Heard, kit: Kit, drums: str, edits: Edits) -> NotesPlan:
    """A stroke of the kit for each chord or stroke."""
    beside = heard.drums_beside
    if beside and drums == "play":
        played = by_colour(edits.strokes(beside.strokes(root_mean_square)), kit)
        return NotesPlan(played, kit, len(played), kept=less(heard.audio, beside.audio))
    pitched = heard.pitched >= KINDS.pitched
    notes = edits.notes(heard.notes if pitched else [])
    kept = beside.audio if beside and notes and drums == "keep" else None
    if kept is not None or (notes and drums == "drop"):
        played = by_chords(notes, kit)
        return NotesPlan(played, kit, len(played), kept=kept)
    found = None if pitched else heard.strokes(root_mean_square)
    beaten = found.notes if found and found.share >= KINDS.struck else []
    struck = by_colour(edits.strokes(beaten), kit)
    played = sorted([*by_chords(notes, kit), *struck], key=start_of)
    return NotesPlan(played, kit, len(played))
