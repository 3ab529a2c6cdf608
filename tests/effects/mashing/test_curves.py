"""A mask as automation: what the curves say, and that bars fall on bars."""

import csv
import io
from dataclasses import dataclass, replace

import mido
import numpy as np
import pytest
from support.sounds import noise

from effects.mashing import curves
from effects.mashing.grid import grid_of
from effects.mashing.mashed import Mashed
from effects.mashing.mask import Mask, frequencies_of, times_of

RATE = 22_050


@dataclass(frozen=True)
class Plan:
    """Of an alignment, what curves want to know."""

    beats: np.ndarray
    bars: np.ndarray


def mashed(mask, *, seconds=4.0, audio=None, plan=None):
    """A mashup with a mask that depends on frequency in Hz and time in seconds."""
    audio = noise(seconds, RATE, channels=2) if audio is None else audio
    grid = grid_of(RATE)
    times = times_of(grid, RATE, grid.n_frames(audio.shape[1]))
    hz = frequencies_of(grid, RATE)
    values = np.broadcast_to(mask(hz[:, None], times), (len(hz), len(times)))
    steps = np.rint(255 * values).astype(np.uint8)
    it = Mask(steps, hz, times, times, times, 0, 0, np.zeros((0, 2)))
    return Mashed(audio, RATE, it, plan, {})


def test_a_crossfader_follows_a_crossfade():
    found = curves.curves_of(mashed(lambda hz, t: t / 4))
    np.testing.assert_allclose(found.values, np.tile(found.seconds / 4, (9, 1)), atol=0.03)


def test_bands_tell_low_from_high():
    found = curves.curves_of(mashed(lambda hz, t: hz < 250))
    assert (found.values[1:4] > 0.9).all()
    assert (found.values[4:] < 0.1).all()


def test_what_is_not_heard_does_not_count():
    tone = np.sin(2 * np.pi * 1500 * np.arange(4 * RATE) / RATE).astype(np.float32)[None]
    tone[:, 2 * RATE :] = 0
    found = curves.curves_of(mashed(lambda hz, t: (hz > 1000) & (t < 3), audio=tone))
    assert (found.values[0] > 0.95).all()


def test_silence_is_neither():
    silent = np.zeros((1, RATE), np.float32)
    np.testing.assert_array_equal(
        curves.curves_of(mashed(lambda hz, t: 1.0, audio=silent)).values, 0.5
    )


def written(it, suffix):
    out = io.BytesIO()
    curves.write(out, it, suffix)
    return out.getvalue()


def test_csv_is_a_table():
    rows = list(csv.DictReader(io.StringIO(written(mashed(lambda hz, t: 0.2), ".csv").decode())))
    assert list(rows[0]) == ["seconds", *curves.NAMES]
    assert float(rows[20]["seconds"]) == 1
    assert float(rows[20]["crossfader"]) == pytest.approx(0.2)


PLANS = {
    "a bar at the start": Plan(0.02 + np.arange(9) * 0.5, 0.02 + np.arange(0, 9, 4) * 0.5),
    "a pickup of two beats": Plan(0.3 + np.arange(8) * 0.45, 0.3 + np.arange(2, 8, 3) * 0.45),
    "tempo that drifts": Plan(
        0.4 + np.cumsum(np.linspace(0.4, 0.6, 8)),
        0.4 + np.cumsum(np.linspace(0.4, 0.6, 8))[[0, 4]],
    ),
    "bars of four, then three": Plan(np.arange(9) * 0.5, np.array([0, 2.0, 3.5])),
}


def bar_lines(file):
    """When a sequencer has its bar lines, in seconds, and each controller's moves."""
    ticks = file.ticks_per_beat
    tempos, signatures, tick = [], {}, 0
    for message in file.tracks[0]:
        tick += message.time
        if message.type == "set_tempo":
            tempos.append((tick, message.tempo * 1e-6 / ticks))
        if message.type == "time_signature":
            signatures[tick] = message.numerator * 4 // message.denominator
    tempos.append((tempos[-1][0] + 4 * ticks, tempos[-1][1]))  # the last tempo goes on
    lines, at, count = [], 0, 4
    while at <= tempos[-1][0]:
        count = signatures.get(at, count)
        lines.append(at)
        at += count * ticks
    places = [it for it, _ in tempos]
    seconds = np.concatenate(
        [[0], np.cumsum(np.diff(places) * np.array([it for _, it in tempos[:-1]]))]
    )
    return np.interp(lines, places, seconds)


@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS.keys())
def test_bars_fall_on_bars(plan):
    data = written(mashed(lambda hz, t: t / 4, plan=plan), ".mid")
    lines = bar_lines(mido.MidiFile(file=io.BytesIO(data)))
    for bar in plan.bars:
        assert np.abs(lines - bar).min() < 0.03
    assert lines[0] == 0


def test_moves_are_in_time_under_that_tempo():
    plan = PLANS["tempo that drifts"]
    data = written(mashed(lambda hz, t: t > 2, plan=plan), ".mid")
    file = mido.MidiFile(file=io.BytesIO(data))
    assert [it.name for it in file.tracks] == ["tempo", *curves.NAMES]
    seconds, moves = 0.0, []
    for message in file:
        seconds += message.time
        if message.type == "control_change" and message.control == curves.CONTROLLERS[0]:
            moves.append((seconds, message.value))
    assert moves[0] == (0, 0)
    assert moves[-1][1] == 127
    assert moves[-1][0] == pytest.approx(2, abs=0.12)


def test_songs_without_a_plan_have_120_bpm():
    data = written(mashed(lambda hz, t: 1.0), ".mid")
    np.testing.assert_allclose(bar_lines(mido.MidiFile(file=io.BytesIO(data)))[:3], [0, 2, 4])


def test_other_kinds_of_files_are_refused():
    with pytest.raises(ValueError, match=r"written as \.mid or \.csv, not '\.xml'"):
        curves.write(io.BytesIO(), mashed(lambda hz, t: 1.0), ".xml")


def test_short_mashups():
    it = mashed(lambda hz, t: 1.0, seconds=0.01, plan=Plan(np.zeros(0), np.zeros(0)))
    assert len(curves.curves_of(it).seconds) == 1
    assert written(it, ".mid")
    assert written(replace(it, alignment=None), ".mid")
