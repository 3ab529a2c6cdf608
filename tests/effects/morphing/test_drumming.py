"""Strokes between those of two grooves."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from support.pieces import KICK, OWN_TIMES, SECONDS, groove, melody, piece

from effects.engines.sampler.strokes import Stroke
from effects.morphing.at import At
from effects.morphing.drumming import drummed
from effects.morphing.moved import moved

XS = (0.0, 0.25, 0.5, 0.75, 1.0)


def between(a, b, at, seed=0):
    return drummed(a, b, At.of(at, SECONDS), OWN_TIMES, seed)


def strokes(a, b, at):
    return [it.note for it in between(piece((), a), piece((), b), at)]


@pytest.mark.parametrize("seed", range(6))
def test_the_ends_are_the_grooves_themselves(seed):
    a, b = groove(2 * seed), groove(2 * seed + 1)
    for x, own in ((0.0, a), (1.0, b)):
        found = strokes(a, b, x)
        assert found == own
        assert [it.colour for it in found] == [it.colour for it in own]


def test_each_stroke_is_of_one_groove_and_their_number_goes_from_one_to_the_other():
    ratios = []
    for seed in range(12):
        a, b = groove(2 * seed), groove(2 * seed + 1)
        known = {(round(it.start, 6), it.colour) for it in [*a, *b]}
        for x in XS:
            found = strokes(a, b, x)
            assert {(round(it.start, 6), it.colour) for it in found} <= known
            assert min(after.start - it.start for it, after in pairwise(found)) > 0.03
            ratios.append(len(found) / ((1 - x) * len(a) + x * len(b)))
    assert np.mean(ratios) == pytest.approx(1, abs=0.06)


def test_what_both_have_stays():
    a = groove(3)
    b = [replace(it, start=it.start + 0.01, level=it.level / 100) for it in a]
    for x in XS:
        found = strokes(a, b, x)
        assert [it.colour for it in found] == [it.colour for it in a]
        levels = [20 * np.log10(it.level / own.level) for it, own in zip(found, a, strict=True)]
        np.testing.assert_allclose(levels, -40 * x, atol=1e-6)


def test_drums_go_beside_a_tune_that_comes_in_one_rhythm():
    drums, tune = piece((), groove(5)), piece(melody(5))
    at = At.of(0.5, SECONDS)
    struck = [it.note.start for it in drummed(drums, tune, at, OWN_TIMES, 0)]
    played = [it.note.start for it in moved(drums, tune, at, OWN_TIMES, 0)]
    assert len(struck) == pytest.approx(len(drums.strokes) / 2, abs=1)
    assert len(played) == pytest.approx(len(tune.notes) / 2, abs=1)
    apart = np.abs(np.subtract.outer(struck, played))
    assert not ((apart > 0.005) & (apart < 0.05)).any()


def test_drums_beside_a_tune_take_their_turns_together_with_it():
    def with_a_kick_on_every_note(seed):
        notes = melody(seed)
        return piece(notes, [Stroke(it.start, it.end, 40.0, 0.1, 1.0, KICK, 1.0) for it in notes])

    a, b = with_a_kick_on_every_note(1), with_a_kick_on_every_note(2)
    for x in XS:
        at = At.of(x, SECONDS)
        kicks = {round(it.note.start, 6) for it in drummed(a, b, at, OWN_TIMES, 0)}
        assert kicks == {round(it.note.start, 6) for it in moved(a, b, at, OWN_TIMES, 0)}


def test_without_strokes_there_are_none():
    assert between(piece(melody(1)), piece(melody(2)), 0.5) == []
