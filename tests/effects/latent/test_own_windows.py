"""Windows of scores and of sounds, from which a latent learns."""

import numpy as np
import pytest

from effects.latent.measured import measured
from effects.latent.own import timbre_windows
from effects.latent.own.score_windows import BAR, Mistakes, joined, windows_of
from effects.latent.own.timbre_windows import packed, packed_levels, unpacked
from effects.latent.roll import BARS, SOUNDING, STRUCK, roll_of
from effects.notes.note import Note

SECONDS = 12.0


def notes(seed=0, count=40):
    rng = np.random.default_rng(seed)
    starts = np.sort(rng.uniform(0, SECONDS, count))
    return np.stack([starts, starts + rng.uniform(0.02, 3, count), rng.uniform(30, 90, count)], 1)


def every(windows):
    return windows.rolls(np.arange(len(windows)))


def test_windows_are_the_roll_of_the_notes():
    table = notes()

    windows = windows_of(table, np.arange(0, SECONDS, 4))

    expected = roll_of([Note(*it, 1.0, 1.0) for it in table], SECONDS)
    np.testing.assert_array_equal(every(windows), expected)


def test_a_pace_and_a_start_move_notes():
    table = notes()
    moved = table.copy()
    moved[:, :2] = table[:, :2] * 1.25 + 3

    found = windows_of(moved, np.array([3.0]), pace=1.25)

    np.testing.assert_array_equal(every(found), every(windows_of(table, np.array([0.0]))))


def test_windows_with_hardly_a_note_are_left_out():
    table = np.array([[0.0, 1.0, 60.0], [1.0, 2.0, 62.0], [9.0, 10.0, 64.0]])

    assert len(windows_of(table, np.arange(0, 12.0, 4))) == 1
    assert len(windows_of(table[:0], np.arange(0, 12.0, 4))) == 0


@pytest.mark.parametrize("semitones", [-30, -1, 0, 5, 30])
def test_a_batch_holds_the_cells_of_each_bar_moved(semitones):
    windows = joined([windows_of(notes(it), np.arange(0, SECONDS, 4)) for it in (1, 2)])
    chosen = np.array([3, 0, 3])

    batch = windows.batch(chosen, np.full(3, semitones))

    rolls = windows.rolls(chosen)
    moved = np.zeros_like(rolls)
    keys = np.arange(88)
    kept = keys[(keys + semitones >= 0) & (keys + semitones < 88)]
    moved[:, :, kept + semitones] = rolls[:, :, kept]
    dense = np.zeros((3 * BARS, BAR))
    for bar, (begin, end) in enumerate(
        zip(batch.offsets, [*batch.offsets[1:], len(batch.cells)], strict=True)
    ):
        dense[bar, batch.cells[begin:end]] = 1
    np.testing.assert_array_equal(dense, moved.reshape(dense.shape))
    np.testing.assert_array_equal(np.flatnonzero(dense), batch.flat)


def test_mistakes_lose_notes_and_turn_octaves():
    table, start = notes(count=400), np.array([0.0])
    rng = np.random.default_rng(0)

    lost = windows_of(table, start, mistakes=Mistakes((0.5,), (0.0,), 0.0, 0.0), rng=rng)
    turned = windows_of(table, start, mistakes=Mistakes((0.0,), (1.0,), 0.0, 0.0), rng=rng)

    whole = every(windows_of(table, start))
    kept = every(lost)
    assert (kept <= whole).all()
    assert 0.3 < kept[..., STRUCK].sum() / whole[..., STRUCK].sum() < 0.7
    classes = [np.add.reduceat(it, np.arange(0, 88, 12), axis=2) for it in (whole, every(turned))]
    assert not np.array_equal(whole, every(turned))
    assert abs(classes[0].sum() / classes[1].sum() - 1) < 0.2


def test_scores_and_levels_are_packed_and_come_back():
    roll = roll_of([Note(*it, 1.0, 1.0) for it in notes()], SECONDS)
    levels = np.random.default_rng(0).uniform(-70, 0, (3, 64, 96)).astype(np.float32)

    windows = timbre_windows.joined([(packed_levels(levels), packed(roll), 4)])

    np.testing.assert_array_equal(unpacked(packed(roll)), roll)
    np.testing.assert_array_equal(windows.rolls(np.arange(3)), roll)
    assert np.abs(windows.levels_db(np.arange(3)) - levels).max() < 70 / 255
    assert windows.labels.tolist() == [4, 4, 4]


def test_neighbours_are_of_the_same_piece():
    part = [(np.zeros((n, 64, 96), np.uint8), np.zeros((n, 704), np.uint8), -1) for n in (3, 1, 2)]
    windows = timbre_windows.joined(part)
    chosen = np.arange(6)

    left, right = (windows.neighbours(chosen, np.full(6, it)) for it in (-1, 1))

    assert left.tolist() == [1, 0, 1, 3, 5, 4]
    assert right.tolist() == [1, 2, 1, 3, 5, 4]


def test_attributes_say_how_many_how_high_how_long_and_how_bright():
    few = [Note(0.0, 0.5, 60.0, 1.0, 1.0), Note(2.0, 2.5, 60.0, 1.0, 1.0)]
    more = [Note(it / 2, it / 2 + 0.25, 72.0, 1.0, 1.0) for it in range(8)]
    rolls = np.concatenate([roll_of(it, 4.0) for it in (few, more, [])])
    levels = np.full((3, 64, 96), -70.0, np.float32)
    levels[0, :, 39], levels[1, :, 51] = 0, 0

    found = measured(rolls, levels)

    np.testing.assert_allclose(found["more_notes"], [0.5, 2.0, np.nan])
    np.testing.assert_allclose(found["higher"], [60, 72, np.nan])
    np.testing.assert_allclose(found["longer"], np.log([0.5, 0.25, np.nan]))
    np.testing.assert_allclose(found["brighter"], [60, 72, np.nan])
    assert rolls[0, ..., SOUNDING].sum() == 8
