"""A corrected score is played in place of what was heard, and nothing else changes."""

from dataclasses import replace

import numpy as np
import pytest
from support.samplers import BRIGHT, DARK, hz, keys_and_onsets, strokes_of, tune

from effects.engines.sampler.changed import Changed
from effects.engines.sampler.edited_line import edited
from effects.engines.sampler.edits import Edits
from effects.engines.sampler.written import Written
from effects.notes.note import Note
from effects.notes.pitch_line import HOP_SECONDS, Phrase
from effects.scores.parts import ScoreNote
from effects.scores.score import Score
from effects.style_transfer import StyleTransfer

RATE = 22_050
PLAYED = [(0.2, 0.4, 60), (0.8, 0.4, 64), (1.4, 0.4, 67), (2.0, 0.4, 72)]


@pytest.fixture(scope="module")
def stem():
    return tune(PLAYED, 3.0, RATE)[None]


@pytest.fixture(scope="module")
def clip():
    """Another instrument, in few notes."""
    notes = [(0.1, 0.5, 57), (0.8, 0.5, 64), (1.5, 0.5, 71)]
    return tune(notes, 2.2, RATE, (1.0, 0.05, 0.7, 0.05, 0.5))[None], RATE


@pytest.fixture(scope="module")
def plain(stem, clip):
    """The stem played as it was heard, and what was heard."""
    effect = StyleTransfer(style=clip)
    return effect(stem, RATE), effect.heard


def played(stem, clip, score):
    return StyleTransfer(style=clip, notes=score)(stem, RATE)


def level(audio, start, seconds):
    part = audio[0, round(start * RATE) : round((start + seconds) * RATE)]
    return 10 * np.log10(np.mean(part.astype(np.float64) ** 2) + 1e-12)


def level_at(audio, key, start, seconds):
    """The level of a key's first partial in dB."""
    part = audio[0, round(start * RATE) : round((start + seconds) * RATE)]
    power = np.abs(np.fft.rfft(part * np.hanning(part.size), 1 << 16)) ** 2
    near = np.abs(np.fft.rfftfreq(1 << 16, 1 / RATE) / hz(key) - 1) < 0.01
    return 10 * np.log10(power[near].sum())


def test_an_effect_says_what_it_heard_and_nothing_before_it_has(stem, clip, plain):
    assert StyleTransfer(style=clip).heard is None
    assert [it.key for it in plain[1].notes] == [60, 64, 67, 72]
    assert plain[1].kind == "melody"


def test_the_score_that_was_heard_plays_the_same_bits(stem, clip, plain, tmp_path):
    plain[1].save_midi(tmp_path / "heard.mid")
    out = played(stem, clip, tmp_path / "heard.mid")
    np.testing.assert_array_equal(out, plain[0])


def test_times_that_a_sequencer_rounds_are_the_same(stem, clip, plain):
    tick = 60 / 120 / 96
    notes = tuple(
        replace(it, start=round(it.start / tick) * tick, end=round(it.end / tick) * tick)
        for it in plain[1].notes
    )
    out = played(stem, clip, replace(plain[1], notes=notes))
    np.testing.assert_array_equal(out, plain[0])


def test_a_corrected_key_is_played_as_loud_and_the_others_as_before(stem, clip, plain):
    first, second, *rest = plain[1].notes
    out = played(stem, clip, replace(plain[1], notes=(first, replace(second, pitch=65), *rest)))
    assert keys_and_onsets(out[0], RATE)[0] == [60, 65, 67, 72]
    for start, seconds, _ in PLAYED:
        assert level(out, start, seconds) == pytest.approx(level(plain[0], start, seconds), abs=1.5)


def test_a_note_that_is_gone_is_silent_and_makes_no_other_louder(stem, clip, plain):
    notes = (*plain[1].notes[:1], *plain[1].notes[2:])
    out = played(stem, clip, replace(plain[1], notes=notes))
    assert keys_and_onsets(out[0], RATE)[0] == [60, 67, 72]
    assert level(out, 0.85, 0.3) < level(plain[0], 0.85, 0.3) - 30
    assert level(out, 2.0, 0.4) == pytest.approx(level(plain[0], 2.0, 0.4), abs=1.5)


def test_a_note_in_a_rest_is_heard(stem, clip, plain):
    new = ScoreNote(2.5, 2.9, 76, 0.0)
    out = played(stem, clip, replace(plain[1], notes=(*plain[1].notes, new)))
    assert keys_and_onsets(out[0], RATE)[0] == [60, 64, 67, 72, 76]
    assert level(out, 2.5, 0.4) == pytest.approx(level(out, 2.0, 0.4), abs=6)


def test_a_note_that_is_gone_does_not_come_back_by_what_is_filled_in(clip):
    """In noise, which no note explains, the stem itself fills in what is lacking."""
    noise = np.random.default_rng(0).normal(0, 0.05, round(3.0 * RATE)).astype(np.float32)
    stem = (tune(PLAYED, 3.0, RATE) + noise)[None]
    effect = StyleTransfer(style=clip)
    before = effect(stem, RATE)
    assert effect.report.blended > 0.05
    notes = tuple(it for it in effect.heard.notes if it.key != 72)
    assert len(notes) < len(effect.heard.notes)
    out = played(stem, clip, replace(effect.heard, notes=notes))
    assert level_at(out, 72, 2.05, 0.3) < level_at(before, 72, 2.05, 0.3) - 20


def test_a_score_out_of_the_blue_is_played(clip):
    """Nothing is heard in noise; what is played is what somebody wrote."""
    stem = np.random.default_rng(0).normal(0, 0.05, (1, round(2.0 * RATE))).astype(np.float32)
    wanted = Score("melody", 2.0, (ScoreNote(0.3, 0.9, 64, 0.0), ScoreNote(1.1, 1.7, 69, -3.0)))
    effect = StyleTransfer(style=clip, notes=wanted)
    out = effect(stem, RATE)
    assert effect.report.notes == 2
    assert {64, 69} <= set(keys_and_onsets(out[0], RATE)[0])


def test_strokes_are_struck_where_the_score_says(clip):
    at = [(0.25 * n, (BRIGHT, DARK)[n % 2 == 0]) for n in range(8)]
    stem = strokes_of(at, 2.2, 44_100)[None]
    kit = (
        strokes_of([(0.5 * n, (BRIGHT, DARK)[n % 2]) for n in range(4)], 2.0, 44_100)[None],
        44_100,
    )
    effect = StyleTransfer(style=kit)
    before = effect(stem, 44_100)
    heard = effect.heard
    assert [it.key for it in heard.strokes] == [36, 42] * 4
    effect.notes = heard
    np.testing.assert_array_equal(effect(stem, 44_100), before)
    effect.notes = replace(heard, strokes=tuple(it for it in heard.strokes if it.key == 36))
    out = effect(stem, 44_100)
    treble = [np.abs(np.diff(it[0, 11_200:14_000])).max() for it in (before, out)]
    assert treble[1] < 0.1 * treble[0]


def test_a_voice_is_sung_with_what_was_corrected_of_it():
    frames = round(0.5 / HOP_SECONDS)
    glide = np.linspace(60, 61, frames), np.full(frames, 0.1)
    phrases = [Phrase(0.0, *glide), Phrase(1.0, *glide)]
    notes = [Note(0.0, 0.5, 60.5, 0.1, 1.0), Note(1.0, 1.5, 60.5, 0.1, 1.0)]
    score = Score("voice", 2.0, tuple(ScoreNote(it.start, it.end, 60.0, 0.0) for it in notes))
    written = Written(score, notes, [], 0.1)
    up = replace(score, notes=(score.notes[0], ScoreNote(1.0, 1.5, 64.0, 0.0)))
    same, moved = edited(phrases, Edits.of(written, up))
    assert same is phrases[0]
    assert np.ptp(moved.pitch) == pytest.approx(1.0)  # the glide
    assert moved.pitch[0] == pytest.approx(63, abs=1)
    gone = replace(score, notes=score.notes[:1])
    assert edited(phrases, Edits.of(written, gone)) == [phrases[0]]
    new = replace(score, notes=(*score.notes, ScoreNote(1.6, 1.9, 55.0, -6.0)))
    assert edited(phrases, Edits.of(written, new))[2].median == pytest.approx(55, abs=0.5)


def test_where_nothing_replaces_a_note_levels_are_free():
    gone, new = Note(0.0, 1.0, 60, 0.1, 1), Note(0.5, 1.5, 64, 0.1, 1)
    changed = Changed((gone,), (new,))
    assert changed.free(np.array([0.25, 0.75, 1.25, 1.75])).tolist() == [True, False, True, False]
    kept = changed.kept(np.array([0.5, 3.0]), 200, 4000.0)  # bins of 20 Hz
    assert kept[0, 13] == 0  # 260 Hz, its first partial
    assert kept[0, 7] == 1
    assert kept[1].all()


def test_the_score_of_a_longer_stem_is_refused(stem, clip):
    late = Score("melody", 60.0, (ScoreNote(50.0, 51.0, 60, 0.0),))
    with pytest.raises(ValueError, match="restyle listen"):
        played(stem, clip, late)


def test_notes_are_a_file_or_a_score(clip, tmp_path):
    with pytest.raises(FileNotFoundError):
        StyleTransfer(style=clip, notes=tmp_path / "missing.mid")
    with pytest.raises(TypeError, match="MIDI file"):
        StyleTransfer(style=clip, notes=3)
    assert StyleTransfer(style=clip).notes is None
