"""The material from which the shipped networks of the latent learn."""

import mido
import numpy as np
import pytest

from benchmarks.training.latent import clips
from benchmarks.training.latent.scores import Scores, notes_of
from benchmarks.training.mashup.events import Event
from effects.latent.own.timbre_windows import packed
from effects.learned import array_file


@pytest.fixture(scope="module")
def scores(tmp_path_factory):
    """Forty pieces, each of one channel that plays its own key all the time."""
    starts = np.arange(0, 12, 0.25)
    rows = np.stack([starts, starts + 0.2, starts], axis=1)
    arrays = {}
    for number in range(40):
        for kind in ("piece", "mma"):
            arrays[f"{kind} {number}/0"] = rows * [1, 1, 0] + [0, 0, 30 + number]
    path = tmp_path_factory.mktemp("scores") / "scores.npz"
    array_file.save(path, arrays, {})
    return path


def test_notes_end_when_they_are_released_or_struck_again():
    def on(second, note, velocity=64):
        return Event(second, mido.Message("note_on", note=note, velocity=velocity))

    events = [on(0, 60), on(1, 60), on(2, 60, 0), on(2, 64), on(3, 62)]

    assert notes_of(events).tolist() == [[0, 1, 60], [1, 2, 60]]
    assert notes_of([]).shape == (0, 3)


def test_pieces_are_learnt_from_or_held_out(scores):
    learnt, held = (Scores(scores, held_out=it)._pieces for it in (False, True))

    for kind in ("piece", "mma"):
        keys = [{int(it[0][0, 2]) for it in side[kind]} for side in (learnt, held)]
        assert not keys[0] & keys[1]
        assert len(keys[0] | keys[1]) == 40
        assert len(keys[1]) < 8


def test_lots_are_the_same_each_time_and_differ(scores):
    first, again, other = (Scores(scores).lot(it, 50) for it in (0, 0, 1))

    assert len(first) >= 50
    np.testing.assert_array_equal(first.cells, again.cells)
    assert not np.array_equal(first.cells, other.cells)


def test_both_windows_of_a_clip_are_on_one_side(tmp_path):
    count = 10
    levels = np.repeat(np.arange(count, dtype=np.uint8), 2 * 64 * 96).reshape(count, 2, 64, 96)
    rolls = packed(np.zeros((2 * count, 32, 88, 2))).reshape(count, 2, -1)
    arrays = {"levels": levels, "scores": rolls, "labels": np.arange(count)}
    array_file.save(tmp_path / "clips.npz", arrays, {})

    learnt, held = clips.read(tmp_path / "clips.npz")

    sides = [it.levels[:, 0, 0].tolist() for it in (learnt, held)]
    assert sorted(sides[0] + sides[1]) == sorted(2 * [*range(count)])
    assert not set(sides[0]) & set(sides[1])
    assert learnt.labels.tolist() == sides[0]
