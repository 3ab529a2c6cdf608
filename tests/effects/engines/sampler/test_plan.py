"""What is played of what was heard; what is heard is made up."""

from types import SimpleNamespace

import numpy as np
import pytest
from support.players import RATE, grain, note, player

from effects.engines import DRUMS as DRUMS_OPTIONS
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


CHORDS = [note(0.3, 0.5, 50), note(1.5, 0.5, 72)]
STEM = np.ones((1, 100), np.float32)
DRUMS = np.full((1, 100), 0.25, np.float32)


def heard(*, voice=(), pitched=0.0, struck=0.0, chords=(), alone=True, beside=False):
    """A stem, which notes by what the levels of its strokes were measured.

    ``alone``: whether it is percussive; ``beside``: whether it has drums beside notes.
    """
    measured = []

    def strokes(levels):
        measured.append(levels)
        return Strokes(BEATS if struck else [], struck)

    def beaten(levels):
        measured.append(levels)
        return BEATS

    return SimpleNamespace(
        audio=STEM,
        sample_rate=RATE,
        pitched_with_chords=pitched,
        voice=list(voice),
        notes=NOTES if pitched else [],
        chords=list(chords),
        pitched=pitched,
        drums=SimpleNamespace(alone=alone),
        drums_beside=SimpleNamespace(audio=DRUMS, strokes=beaten) if beside else None,
        strokes=strokes,
        measured=measured,
    )


def starts(plan):
    assert isinstance(plan, NotesPlan)
    return [it.start for it in plan.notes]


def test_an_instrument_follows_a_voice_and_a_kit_plays_its_notes():
    stem = heard(voice=[PHRASE], pitched=0.9)
    plan = choose(stem, INSTRUMENT, "keep")
    assert isinstance(plan, LinePlan)
    assert plan.phrases == [PHRASE]
    assert starts(choose(stem, KIT, "keep")) == [0.1, 1.0]


def test_notes_are_played_at_their_pitches_and_no_strokes_looked_for():
    stem = heard(pitched=0.3, struck=1.0)
    assert [it.pitch for it in choose(stem, INSTRUMENT, "keep").notes] == pytest.approx(
        [60, 64, 67]
    )
    assert not stem.measured


def test_a_kit_strikes_once_a_chord():
    plan = choose(heard(pitched=0.3), KIT, "keep")
    assert starts(plan) == [0.1, 1.0]
    assert [it.pitch for it in plan.notes] == [40, 80]


@pytest.mark.parametrize(("struck", "played"), [(0.79, NOTES), (0.8, BEATS)])
def test_notes_among_drums_are_played_unless_all_is_drums(struck, played):
    plan = choose(heard(pitched=0.1, struck=struck), INSTRUMENT, "keep")
    assert starts(plan) == [it.start for it in played]


@pytest.mark.parametrize(("by", "levels"), [(INSTRUMENT, k_weighted), (KIT, root_mean_square)])
def test_bright_strokes_are_played_high_or_bright_and_by_loudness_on_an_instrument(by, levels):
    stem = heard(struck=0.6)
    plan = choose(stem, by, "keep")
    assert starts(plan) == [0.2, 0.9]
    assert [it.pitch for it in plan.notes] == [80, 40]
    assert stem.measured == [levels]
    assert all((it.seconds < 0.5) == by.pitched for it in plan.notes)


@pytest.mark.parametrize("by", [INSTRUMENT, KIT], ids=["instrument", "kit"])
@pytest.mark.parametrize("pitched", [0.0, 0.09])
def test_of_what_is_neither_nothing_is_played(by, pitched):
    assert choose(heard(pitched=pitched, struck=0.59), by, "keep") is None


def test_what_is_not_percussive_is_not_played_as_strokes_by_an_instrument():
    stem = heard(pitched=0.1, struck=1.0, alone=False)
    assert starts(choose(stem, INSTRUMENT, "keep")) == [it.start for it in NOTES]
    assert not stem.measured


def test_chords_are_played_in_order_among_the_notes():
    plan = choose(heard(pitched=0.3, chords=CHORDS), INSTRUMENT, "keep")
    assert starts(plan) == sorted(it.start for it in [*NOTES, *CHORDS])
    assert plan.melodic
    assert plan.strokes == 0


def test_chords_alone_are_played_if_they_explain_what_sounds():
    stem = heard(chords=[note(0.0, 1.0, 69)], alone=False)
    assert choose(stem, INSTRUMENT, "keep") is None
    stem.pitched_with_chords = 0.3
    assert starts(choose(stem, INSTRUMENT, "keep")) == [0.0]


def test_an_instrument_keeps_plays_or_drops_the_drums_beside():
    stem = heard(pitched=0.5, beside=True)
    kept, played, dropped = (choose(stem, INSTRUMENT, it) for it in DRUMS_OPTIONS)
    assert kept.kept is DRUMS
    assert starts(kept) == starts(dropped) == [it.start for it in NOTES]
    assert played.kept is None
    assert dropped.kept is None
    assert starts(played) == sorted(it.start for it in [*NOTES, *BEATS])
    assert (kept.strokes, played.strokes, dropped.strokes) == (0, 2, 0)
    assert kept.melodic
    assert played.melodic
    assert stem.measured == [k_weighted]


def test_a_kit_plays_the_drums_beside_and_the_rest_is_kept():
    stem = heard(pitched=0.5, beside=True)
    plan = choose(stem, KIT, "play")
    assert starts(plan) == [it.start for it in BEATS]
    np.testing.assert_array_equal(plan.kept, STEM - DRUMS)
    assert not plan.melodic
    assert stem.measured == [root_mean_square]


@pytest.mark.parametrize("drums", ["keep", "drop"])
def test_a_kit_that_does_not_play_the_drums_plays_the_notes_and_keeps_or_drops_them(drums):
    plan = choose(heard(pitched=0.5, beside=True), KIT, drums)
    assert starts(plan) == [0.1, 1.0]
    assert plan.kept is (DRUMS if drums == "keep" else None)


def test_a_kit_that_plays_the_strokes_of_a_stem_keeps_no_drums_beside_them():
    assert choose(heard(pitched=0.2, struck=0.9, beside=True), KIT, "keep").kept is None
