"""Which notes belong together, and on which keys they meet."""

from itertools import permutations

import numpy as np
import pytest
from support.pieces import MAJOR, melody

from effects.morphing.keys import Tuned, key_between, tuned
from effects.morphing.partners import partners
from effects.notes.note import Note


def cost(a, b, higher):
    return (
        abs(a.start - b.start) / 0.25
        + abs(b.pitch - a.pitch - higher) / 5
        + abs(np.log2(b.seconds / a.seconds)) / 3
    )


@pytest.mark.parametrize("seed", range(4))
def test_no_other_way_to_pair_notes_is_cheaper(seed):
    """The naive twin tries all of them."""
    a, b = melody(seed, low=48)[:5], melody(seed + 4, low=60)[:6]
    higher = np.mean([it.pitch for it in b]) - np.mean([it.pitch for it in a])
    ways = permutations(range(len(b)), len(a))
    best = min(sum(cost(a[n], b[m], higher) for n, m in enumerate(way)) for way in ways)
    found = partners(a, b)
    assert len(found) == len(a)
    assert sum(cost(a[n], b[m], higher) for n, m in found.items()) == pytest.approx(best)


def test_what_both_have_belongs_together_whatever_the_others_do():
    both = [Note(1.0, 1.4, 60.0, 0.1, 1.0), Note(3.0, 3.4, 64.0, 0.1, 1.0)]
    a = [*both, Note(1.05, 1.4, 72.0, 0.1, 1.0)]
    b = [both[1], Note(1.4, 1.8, 60.0, 0.1, 1.0), both[0]]
    found = partners(a, b)
    assert found[0] == 2
    assert found[1] == 0


def test_notes_far_apart_do_not_belong_together():
    early, late = Note(0.5, 1.0, 60.0, 0.1, 1.0), Note(6.5, 7.0, 60.0, 0.1, 1.0)
    assert partners([early], [late]) == {}
    assert partners([], [late]) == {}


C_MAJOR = (Tuned(0.0, frozenset(MAJOR)),) * 2


@pytest.mark.parametrize(("low", "high"), [(60, 62), (60, 72), (72, 59), (64, 64)])
def test_a_note_goes_from_one_key_to_the_other_in_steps_of_the_scale(low, high):
    way = [key_between((low, high), at, C_MAJOR, 0.5) for at in np.linspace(0, 1, 41)]
    assert way[0] == low
    assert way[-1] == high
    assert np.all(np.diff(way) * np.sign(high - low) >= 0)
    assert {it % 12 for it in way} <= set(MAJOR)


@pytest.mark.parametrize("at", [0.1, 0.25, 0.5, 0.9])
def test_over_all_thresholds_keys_are_where_x_says_in_the_mean(at):
    thresholds = (np.arange(400) + 0.5) / 400
    found = [key_between((60, 67), at, C_MAJOR, it) for it in thresholds]
    assert np.mean(found) == pytest.approx(60 + 7 * at, abs=0.02)


def test_a_key_that_is_taken_is_left_for_the_nearest_free_one():
    assert key_between((60, 60), 0.5, C_MAJOR, 0.5, frozenset({60})) in (59, 62)


def test_keys_of_two_tunings_are_counted_alike():
    a = [Note(0.0, 1.0, 60.45, 0.1, 1.0)]
    b = [Note(0.0, 1.0, 60.55, 0.1, 1.0)]  # 61 in its own tuning, and the same key all the same
    one, other = tuned(a, b)
    assert other.offset - one.offset == pytest.approx(0.1)
    assert one.classes == other.classes == {one.key(60.45) % 12}
