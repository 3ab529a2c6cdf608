"""Notes that double others at one interval belong to these; chords stay chords."""

import pytest
from support.players import note

from effects.engines.sampler.doublings import fused

TUNE = [note(n, 0.8, pitch) for n, pitch in enumerate((60, 64, 62, 67, 65, 60))]


def above(notes, interval, late=0.0):
    return [note(it.start + late, it.seconds, it.pitch + interval) for it in notes]


@pytest.mark.parametrize("interval", [7, 12, 19.3])
def test_ranks_that_double_a_tune_are_part_of_it(interval):
    assert fused(sorted(TUNE + above(TUNE, interval, late=0.02))) == TUNE


def test_two_ranks_are_both_part_of_it():
    assert fused(sorted(TUNE + above(TUNE, 12) + above(TUNE, 24))) == TUNE


@pytest.mark.parametrize("interval", [3, 4, 5])
def test_thirds_and_fourths_are_chords(interval):
    played = sorted(TUNE + above(TUNE, interval))
    assert fused(played) == played


def test_notes_that_come_later_are_notes_of_their_own():
    played = sorted(TUNE + above(TUNE, 12, late=0.2))
    assert fused(played) == played


def test_a_few_octaves_are_no_ranks():
    played = sorted(TUNE + above(TUNE[:2], 12))
    assert fused(played) == played
    assert fused([]) == []
