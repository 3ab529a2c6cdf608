"""What is played of what was heard; what is heard is made up."""

from types import SimpleNamespace

import numpy as np
import pytest
from support.players import grain, note, player

from effects.engines.sampler.kit import Kit
from effects.engines.sampler.learn import Player
from effects.engines.sampler.listen import Strokes
from effects.engines.sampler.plan import LinePlan, NotesPlan, choose
from effects.engines.sampler.strokes import Stroke, k_weighted, root_mean_square
from effects.notes.pitch_line import Phrase

NOTES = [note(0.1, 0.5, 60), note(0.1, 0.5, 64), note(1.0, 0.5, 67)]
BEATS = [
    Stroke(0.2, 1.2, 90, 0.1, 1.0, colour=(-20.0, 0.0), clear=1.0),
    Stroke(0.9, 1.9, 50, 0.1, 1.0, colour=(0.0, -20.0), clear=1.0),
]
PHRASE = Phrase(0.0, np.full(20, 60.0), np.full(20, 0.1))
GRAINS = player(grain(40, seconds=2.0), grain(80, seconds=2.0))
COLOURS = np.array([[0.0, -20.0], [-20.0, 0.0]])
INSTRUMENT = Player(GRAINS)
KIT = Player(Kit(GRAINS.sample_rate, GRAINS.release, GRAINS.grains, COLOURS, np.zeros(2)))


def heard(*, voice=(), pitched=0.0, struck=0.0):
    """A stem, which notes by what the levels of its strokes were measured."""
    measured = []

    def strokes(levels):
        measured.append(levels)
        return Strokes(BEATS if struck else [], struck)

    notes = NOTES if pitched else []
    return SimpleNamespace(
        voice=list(voice), notes=notes, pitched=pitched, strokes=strokes, measured=measured
    )


def starts(plan):
    assert isinstance(plan, NotesPlan)
    return [it.start for it in plan.notes]


def test_an_instrument_follows_a_voice_and_a_kit_plays_its_notes():
    stem = heard(voice=[PHRASE], pitched=0.9)
    plan = choose(stem, INSTRUMENT)
    assert isinstance(plan, LinePlan)
    assert plan.phrases == [PHRASE]
    assert starts(choose(stem, KIT)) == [0.1, 1.0]


def test_notes_are_played_at_their_pitches_and_no_strokes_looked_for():
    stem = heard(pitched=0.3, struck=1.0)
    assert [it.pitch for it in choose(stem, INSTRUMENT).notes] == pytest.approx([60, 64, 67])
    assert not stem.measured


def test_a_kit_strikes_once_a_chord():
    plan = choose(heard(pitched=0.3), KIT)
    assert starts(plan) == [0.1, 1.0]
    assert [it.pitch for it in plan.notes] == [40, 80]


@pytest.mark.parametrize(("struck", "played"), [(0.79, NOTES), (0.8, BEATS)])
def test_notes_among_drums_are_played_unless_all_is_drums(struck, played):
    plan = choose(heard(pitched=0.1, struck=struck), INSTRUMENT)
    assert starts(plan) == [it.start for it in played]


@pytest.mark.parametrize(("by", "levels"), [(INSTRUMENT, k_weighted), (KIT, root_mean_square)])
def test_bright_strokes_are_played_high_or_bright_and_by_loudness_on_an_instrument(by, levels):
    stem = heard(struck=0.6)
    plan = choose(stem, by)
    assert starts(plan) == [0.2, 0.9]
    assert [it.pitch for it in plan.notes] == [80, 40]
    assert stem.measured == [levels]
    assert all((it.seconds < 0.5) == by.pitched for it in plan.notes)


@pytest.mark.parametrize("by", [INSTRUMENT, KIT], ids=["instrument", "kit"])
@pytest.mark.parametrize("pitched", [0.0, 0.09])
def test_of_what_is_neither_nothing_is_played(by, pitched):
    assert choose(heard(pitched=pitched, struck=0.59), by) is None
