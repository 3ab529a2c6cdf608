"""The picture of a morph: whose notes are whose, and that any morph can be drawn."""

from dataclasses import replace
from io import BytesIO

import pytest
from PIL import Image
from support.morphs import a_morph, a_morph_of_textures, a_note

from effects.morphing.at import At
from effects.morphing.middle import Middle
from plugin_bridge.reports import morph_picture, whose


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Pictures are drawn small, which is faster."""
    monkeypatch.setattr(morph_picture, "DPI", 60)


def drawn(morphed):
    file = BytesIO()
    morph_picture.draw(morphed, file)
    with Image.open(file) as image:
        assert image.format == "PNG"
        return image.convert("RGB")


def test_each_note_is_of_a_of_b_of_both_or_of_neither():
    found = whose.scores(a_morph(0.5))
    assert {owner: len(notes) for owner, notes in found.morph.notes.items()} == {
        **{whose.BOTH: 3, whose.B: 3, whose.NEW: 2}
    }
    assert {owner: len(notes) for owner, notes in found.morph.strokes.items()} == {
        **{whose.A: 2, whose.B: 2}
    }
    assert found.owners == [whose.A, whose.BOTH, whose.B, whose.NEW, whose.GONE]


def test_what_the_morph_has_not_is_gone():
    morphed = a_morph(0.5)
    found = whose.scores(morphed)
    for piece, score in ((morphed.a, found.a), (morphed.b, found.b)):
        assert sum(map(len, score.notes.values())) == len(piece.notes)
        assert sum(map(len, score.strokes.values())) == len(piece.strokes)
    kept = {it.a for it in morphed.middle.notes}
    assert found.a.notes[whose.GONE] == [it for it in morphed.a.notes if it not in kept]
    assert len(found.a.strokes[whose.GONE]) == 2


def test_the_keys_are_those_of_all_and_at_least_an_octave():
    morphed = a_morph(0.5)
    assert whose.key_range(whose.scores(morphed).all) == (55, 79)
    alone = replace(morphed.a, notes=[a_note(0, 60)], strokes=[])
    narrow = replace(morphed, a=alone, b=alone, middle=Middle((), ()))
    assert whose.key_range(whose.scores(narrow).all) == (54, 66)


def test_it_shows_the_colours_of_whose_notes_they_are():
    seen = {colour for _, colour in drawn(a_morph(0.5)).getcolors(maxcolors=1 << 24)}
    for owner in (whose.A, whose.B, whose.NEW):
        assert tuple(bytes.fromhex(morph_picture.COLOURS[owner][1:])) in seen


def test_textures_have_no_notes_and_need_less_room():
    assert drawn(a_morph_of_textures()).height < drawn(a_morph()).height / 2


def test_a_way_silence_and_odd_names_are_drawn():
    morphed = a_morph(names=("$x_1^$.wav", "歌\n.wav"), at=At((0, 1, 2), (0, 1, 0)))
    still = replace(morphed.a, audio=0 * morphed.a.audio, notes=[], strokes=[])
    drawn(replace(morphed, a=still, middle=Middle((), ())))
