"""The report of a call: its shares, what strength and mix do to them, its advice, its JSON."""

import json
import math

import numpy as np
import pytest

from effects.engines.report import Report, Stretch

STRETCHES = (Stretch(0, 2, 1.0, 0.0, 0.0), Stretch(2, 3, 0.0, 0.5, 0.5))
REPORT = Report.of_stretches("sampler", "notes", STRETCHES, [3.0, 1.0], notes=12)


def shares(it):
    return it.played, it.kept, it.blended


def test_the_whole_is_the_mean_of_the_stretches_by_their_energy():
    assert shares(REPORT) == (0.75, 0.125, 0.125)
    assert REPORT.stretches == STRETCHES


def test_stretches_of_silence_count_by_their_length():
    report = Report.of_stretches("sampler", None, STRETCHES, [0.0, 0.0])
    assert shares(report) == pytest.approx((2 / 3, 1 / 6, 1 / 6))


@pytest.mark.parametrize(
    "bad",
    [(1, 1, 0), (0.5, 0, 0), (1.5, -0.5, 0), (math.nan, 0, 0), (0.5, 0.5, math.nan), (2, -1, 0)],
)
def test_shares_that_do_not_sum_to_1_are_refused(bad):
    with pytest.raises(ValueError, match="sum to 1"):
        Stretch(0, 1, *bad)
    with pytest.raises(ValueError, match="sum to 1"):
        Report("sampler", "notes", 0, 0, *bad, ())


def test_single_precision_is_enough_for_shares():
    a, b = np.float32(1 / 3), np.float32(2 / 3)
    report = Report.of_stretches("sampler", "voice", [Stretch(0, 1, a, b, np.float32(0))], [1])
    assert json.loads(json.dumps(report.as_dict()))["kept"] == pytest.approx(2 / 3)


def test_something_else_heard_is_refused():
    with pytest.raises(ValueError, match="heard must be one of notes, voice"):
        Report.uniform("sampler", 1, heard="bells", played=1)


@pytest.mark.parametrize("wet", [0.0, 0.25, 1.0])
def test_what_is_mixed_with_the_stem_keeps_the_rest_of_it(wet):
    mixed = REPORT.mixed(wet)
    for it, before in zip((mixed, *mixed.stretches), (REPORT, *STRETCHES), strict=True):
        assert (it.played, it.blended) == (wet * before.played, wet * before.blended)
        assert sum(shares(it)) == pytest.approx(1)
    assert mixed.wet == wet
    assert mixed.mixed(0.5).wet == wet / 2


# Advice


def of(played, kept, blended, heard="notes", **counts):
    return Report.uniform(
        "sampler", 9, heard=heard, played=played, kept=kept, blended=blended, **counts
    )


def test_where_most_was_played_there_is_no_advice():
    assert REPORT.advice is None
    assert of(0.5, 0.5, 0).advice is None


@pytest.mark.parametrize(
    ("report", "said"),
    [
        (
            of(0.3, 0, 0.7, notes=12),
            "Heard 12 notes in 30 % of the sound; the rest was blended towards the style.",
        ),
        (
            of(0.4, 0.6, 0, notes=1, strokes=8),
            "Heard 1 note and 8 strokes in 40 % of the sound; the rest was kept as it was.",
        ),
        (
            of(0.2, 0.1, 0.7, heard="voice"),
            "Heard a voice in 20 % of the sound; 70 % was blended towards the style and 10 % kept "
            "as it was.",
        ),
        (
            of(0, 0, 1, heard="nothing"),
            "Heard nothing that the style could play: all of it was blended towards the style.",
        ),
    ],
)
def test_advice_says_in_one_line_what_was_heard_and_what_to_try(report, said):
    tried = " Try a clearer stem (one instrument, no drums), or the engine infinite."
    assert report.advice == said + tried


def test_advice_does_not_depend_on_strength_and_mix():
    report = of(0.3, 0.2, 0.5, notes=3)
    assert report.mixed(0.4).advice == report.advice
    assert of(1, 0, 0).mixed(0.1).advice is None
    assert report.mixed(0).advice is None


def test_who_was_not_listened_to_gets_no_advice():
    assert of(0, 0, 1, heard=None).advice is None
    assert of(0, 1, 0, heard=None).advice is None


# JSON


@pytest.mark.parametrize("report", [REPORT, REPORT.mixed(0.3), of(0, 0, 1, heard=None)])
def test_a_report_survives_json(report):
    facts = json.loads(json.dumps(report.as_dict(), allow_nan=False))
    assert Report.from_dict(facts) == report


def test_json_has_these_facts():
    facts = of(0.3, 0.2, 0.5, notes=3).as_dict()
    assert list(facts) == [
        *("engine", "heard", "notes", "strokes"),
        *("played", "kept", "blended", "wet", "advice", "stretches"),
    ]
    assert facts["stretches"] == [
        {"start": 0.0, "end": 9.0, "played": 0.3, "kept": 0.2, "blended": 0.5}
    ]
    assert facts["advice"].startswith("Heard 3 notes")


@pytest.mark.parametrize(
    "change",
    [
        {"stretches": None},
        {"stretches": [{"start": 0}]},
        {"stretches": [3]},
        {"played": "much"},
        {"played": 0.9},
        {"heard": "bells"},
        {"colour": "blue"},
    ],
)
def test_other_json_is_refused(change):
    with pytest.raises(ValueError, match=r"not the report of a call|sum to 1|heard must be"):
        Report.from_dict({**REPORT.as_dict(), **change})
    with pytest.raises(ValueError, match="not the report of a call"):
        Report.from_dict({})
