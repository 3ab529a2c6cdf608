"""What is heard of a stem, anew or from what is known of it."""

import dataclasses

import numpy as np
import pytest
from support.sounds import noise, sine

from effects.engines.sampler.forms import EXPLAINED, LINE, NOTES, NUMBERS, STROKES
from effects.engines.sampler.known import Known
from effects.engines.sampler.listen import Heard
from effects.engines.sampler.strokes import Stroke
from effects.notes.note import Note
from effects.notes.pitch_line import Line
from effects.notes.pitched_share import Explained

RATE = 22_050


@pytest.mark.parametrize(
    ("form", "fact"),
    [
        (NUMBERS, (0.1, 1.0)),
        (NOTES, []),
        (NOTES, [Note(0.1, 0.2, 60.1, 1 / 3, 0.9), Note(0.1, 1e9, 60.1, 1e-30, 1.0)]),
        (STROKES, []),
        (STROKES, [Stroke(0.1, 0.3, 90.2, 0.7, 1.0, colour=(-1 / 3, -25.0), clear=0.4)]),
    ],
)
def test_facts_come_back_from_arrays_as_they_were(form, fact):
    found = form.read(form.write(fact))
    assert found == fact
    if fact and dataclasses.is_dataclass(fact[0]):
        assert [dataclasses.astuple(it) for it in found] == [dataclasses.astuple(it) for it in fact]


def test_a_line_and_what_is_explained_come_back_too():
    pitch, level = np.array([np.nan, 60.1]), np.array([0.0, 1 / 3])
    line = LINE.read(LINE.write(Line(np.array([0.0, 0.01]), pitch, level)))
    np.testing.assert_array_equal(line.times, [0.0, 0.01])
    np.testing.assert_array_equal(line.pitch, pitch)
    np.testing.assert_array_equal(line.level, level)
    explained = EXPLAINED.read(EXPLAINED.write(Explained(pitch, level)))
    np.testing.assert_array_equal(explained.whole, pitch)
    np.testing.assert_array_equal(explained.own, level)


@pytest.mark.parametrize("explained", [True, False], ids=["sine", "noise"])
def test_chords_explain_what_sounds_at_their_keys(explained):
    clip = sine(440, 1, RATE)[0] if explained else noise(1, RATE)[0]
    heard = Heard(clip[None], RATE, Known())
    chord = Note(0.0, 1.0, 69.0, 0.1, 1.0)
    heard.__dict__.update(notes=[], chords=[chord], without_drums=clip)
    assert (heard.pitched_with_chords > 0.9) == explained
