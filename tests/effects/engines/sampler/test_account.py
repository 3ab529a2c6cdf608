"""Accounting for a stem: what is played, kept and blended makes the whole, and is reported."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from support.players import RATE, decibels, grain, note, player
from support.samplers import BRIGHT, DARK, strokes_of, tune
from support.sounds import noise

from effects.engines.sampler.account import STRETCH_SECONDS, account_for, stands_for
from effects.engines.sampler.plan import LinePlan, NotesPlan
from effects.notes.pitch_line import Phrase
from effects.notes.pitched_share import Explained

SECONDS = 2.5
KEYS = [(0.2, 0.8, 57), (1.2, 0.8, 64)]
NOTES = [note(*it) for it in KEYS]
MELODY = tune(KEYS, SECONDS, RATE)[None]
DRUMS = 0.3 * strokes_of([(0.1 + 0.25 * n, (DARK, BRIGHT)[n % 2]) for n in range(9)], SECONDS, RATE)
STEM = MELODY + DRUMS
INSTRUMENT = player(grain(60))
PLAN = NotesPlan(NOTES, INSTRUMENT)
PHRASE = Phrase(0.2, np.full(60, 57.0), np.full(60, 0.1))


def level(audio):
    return float(np.sqrt(np.mean(np.square(audio, dtype=np.float64))))


def heard(stem=STEM, notes=NOTES, *, drums=None, clear=False):
    beside = None if drums is None else SimpleNamespace(audio=drums)
    return SimpleNamespace(
        audio=stem,
        sample_rate=RATE,
        explained=Explained.of(stem[0], notes),
        clear=clear,
        drums_beside=beside,
    )


def account(plan, stem, *, out=None, dynamics=0.5):
    """The completed performance, of noise unless it is given, and the report."""
    out = noise(SECONDS, RATE, seed=9) if out is None else out.copy()
    return out, account_for(out, stem, plan, engine="sampler", dynamics=dynamics)


PLANS = {
    "notes": (PLAN, heard()),
    "clear": (PLAN, heard(clear=True)),
    "kept": (replace(PLAN, kept=DRUMS[None]), heard(drums=DRUMS[None])),
    "strokes": (NotesPlan(NOTES, INSTRUMENT, strokes=2, kept=MELODY), heard(drums=DRUMS[None])),
    "both": (NotesPlan(NOTES, INSTRUMENT, strokes=1), heard(drums=DRUMS[None])),
    "voice": (LinePlan([PHRASE], INSTRUMENT), heard()),
}


@pytest.mark.parametrize("kind", PLANS)
def test_shares_sum_to_1_and_stretches_cover_the_stem(kind):
    _, report = account(*PLANS[kind])
    for it in (report, *report.stretches):
        assert min(it.played, it.kept, it.blended) >= 0
        assert it.played + it.kept + it.blended == pytest.approx(1)
    ends = [0.0, *(it.end for it in report.stretches)]
    assert [it.start for it in report.stretches] == pytest.approx(ends[:-1])
    assert ends == pytest.approx([0, STRETCH_SECONDS, 2 * STRETCH_SECONDS, SECONDS])


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("notes", ("notes", 2, 0)),
        ("kept", ("notes", 2, 0)),
        ("both", ("notes", 1, 1)),
        ("strokes", ("strokes", 0, 2)),
        ("voice", ("voice", 0, 0)),
    ],
)
def test_notes_and_strokes_are_counted(kind, told):
    report = account(*PLANS[kind])[1]
    assert (report.engine, *told) == ("sampler", report.heard, report.notes, report.strokes)


def test_what_is_kept_is_added_to_the_performance_bit_for_bit_but_rounding():
    plan, stem = PLANS["kept"]
    kept, report = account(plan, stem)
    without, other = account(replace(plan, kept=None), stem)
    assert decibels(level(kept - without - DRUMS) / level(DRUMS)) < -80
    assert report.kept == pytest.approx(level(DRUMS) ** 2 / level(kept) ** 2, abs=0.05)
    assert other.kept == 0


def test_strokes_alone_are_played_as_they_are():
    plan, stem = PLANS["strokes"]
    performance = noise(SECONDS, RATE, seed=9)
    out, report = account(plan, stem, out=performance)
    np.testing.assert_array_equal(out, performance + MELODY)
    assert report.blended == 0


def test_what_no_note_explains_is_blended_and_reported_where_it_is():
    """The performance lacks the second note, which nobody heard."""
    performance = tune(KEYS[:1], SECONDS, RATE)[None]
    out, report = account(PLAN, heard(MELODY, NOTES[:1]), out=performance, dynamics=0.0)
    first, second, _ = report.stretches
    assert first.played > 0.9
    assert second.blended > 0.9
    assert level(out[:, round(1.3 * RATE) : round(1.9 * RATE)]) > 0.3 * level(MELODY)
    assert report.blended == pytest.approx(0.5, abs=0.2)


def test_where_a_stem_is_clear_nothing_is_blended():
    performance = tune(KEYS[:1], SECONDS, RATE)[None]
    _, report = account(PLAN, heard(MELODY, NOTES[:1], clear=True), out=performance)
    assert report.blended == 0


def test_where_a_voice_has_no_pitch_its_breath_is_blended():
    voice = MELODY + noise(SECONDS, RATE, level=0.02)
    performance = tune(KEYS[:1], SECONDS, RATE)[None]
    _, report = account(LinePlan([PHRASE], INSTRUMENT), heard(voice), out=performance)
    assert report.stretches[0].blended < 0.1
    assert report.stretches[-1].blended > 0.9


def test_a_silent_performance_is_a_report_too():
    _, report = account(PLAN, heard(0 * STEM), out=np.zeros_like(STEM))
    assert report.played == 1


@pytest.mark.parametrize("size", [1, 2, 100, RATE - 1, RATE, RATE + 1])
@pytest.mark.parametrize("kind", PLANS)
def test_stems_of_any_length(kind, size):
    plan, _ = PLANS[kind]
    if kind in {"kept", "strokes"}:
        plan = replace(plan, kept=plan.kept[:, :size])
    stem = heard(STEM[:, :size], drums=DRUMS[None, :size])
    out, report = account(plan, stem, out=noise(SECONDS, RATE)[:, :size])
    assert np.isfinite(out).all()
    assert report.stretches[-1].end == pytest.approx(size / RATE)


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        ("notes", STEM),
        ("voice", STEM),
        ("kept", STEM - DRUMS),
        ("both", STEM),
        ("strokes", STEM - MELODY),
    ],
)
def test_a_performance_stands_for_what_is_neither_kept_nor_left_out(kind, wanted):
    plan, stem = PLANS[kind]
    np.testing.assert_array_equal(stands_for(stem, plan), wanted)


def test_drums_that_are_dropped_are_nothing_that_a_performance_stands_for():
    found = stands_for(heard(drums=DRUMS[None]), PLAN)
    np.testing.assert_array_equal(found, STEM - DRUMS)


def test_strokes_that_are_played_count_and_others_do_not():
    """A performance has a stroke in a rest of the notes. It stays if it is one of the plan's."""
    performance = tune(KEYS, SECONDS, RATE)[None]
    performance[:, round(2.1 * RATE) : round(2.2 * RATE)] += noise(0.1, RATE)
    stem = heard(drums=DRUMS[None])
    rest = slice(round(2.1 * RATE), round(2.2 * RATE))
    left = [
        level(account(replace(PLAN, strokes=it), stem, out=performance, dynamics=1.0)[0][:, rest])
        for it in (0, 1)
    ]
    assert left[0] < 0.5 * left[1]
    assert left[1] == pytest.approx(level(STEM[:, rest]), rel=0.5)
