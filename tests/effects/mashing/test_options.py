"""What may be asked of a mashup, and how it is refused."""

import numpy as np
import pytest

from effects.mashing.options import Options, Place

BARS = np.array([0.1, 2.1, 4.1])


def test_the_defaults_are_the_lead_of_a_over_the_bed_of_b():
    options = Options()
    assert (options.lead, options.bed, options.tempo, options.key) == ("a", "full", "b", "b")
    assert options.balance == 0
    assert options.start_place is None


@pytest.mark.parametrize(
    ("given", "seconds"),
    [("0", 0), (1.5, 1.5), ("12.5", 12.5), ("bar 1", 0.1), ("Bar 3", 4.1), ("bar2", 2.1)],
)
def test_places_are_seconds_or_bars(given, seconds):
    assert Place.read("The start", given).seconds(BARS) == seconds


def test_a_bar_that_is_not_there_is_named():
    with pytest.raises(ValueError, match=r"There is no bar 9: the mashup has 3\."):
        Place.read("The start", "bar 9").seconds(BARS)


@pytest.mark.parametrize("given", ["120", "98.5", 98.5, np.float32(98.5), "a", "b"])
def test_a_tempo_is_a_songs_or_a_number(given):
    assert Options(tempo=given).tempo in ("a", "b", 120.0, 98.5)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"lead": "c"}, ValueError, "Lead must be one of a, b, auto, not 'c'"),
        ({"bed": None}, ValueError, "Bed must be one of full, rhythm"),
        ({"key": "C major"}, ValueError, "Key must be one of b, a, none"),
        ({"balance": 1.1}, ValueError, "Balance must be between -1 and 1, not 1.1"),
        ({"balance": float("nan")}, ValueError, "Balance must be between"),
        ({"balance": "loud"}, TypeError, "Balance must be a number"),
        ({"balance": True}, TypeError, "Balance must be a number"),
        ({"tempo": "fast"}, ValueError, "Tempo must be b or a or beats per minute"),
        ({"tempo": 5}, ValueError, "Tempo must be between 20 and 400"),
        ({"tempo": None}, TypeError, "Tempo must be a number"),
        ({"start": -1}, ValueError, "The start must be seconds"),
        ({"start": "bar 0"}, ValueError, "the first bar is bar 1"),
        ({"start": "bars"}, ValueError, "The start must be seconds"),
        ({"end": [1]}, TypeError, "The end must be seconds"),
        ({"end": "inf"}, ValueError, "The end must be seconds"),
        ({"start": "4", "end": 4}, ValueError, "must come after the start"),
        ({"start": "bar 5", "end": "bar 3"}, ValueError, "must come after the start"),
        ({"weights": 5}, TypeError, "weights must be a path"),
        ({"weights": __file__, "lead": "auto"}, ValueError, "tell no lead from rhythm"),
        ({"weights": __file__, "bed": "rhythm"}, ValueError, "tell no lead from rhythm"),
        ({"weights": "not there"}, FileNotFoundError, "There are no weights"),
    ],
)
def test_what_is_refused(options, error, message):
    with pytest.raises(error, match=message):
        Options(**options)
