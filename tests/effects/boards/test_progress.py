"""A board tells how far it is as a whole, and ends when it is told to."""

import threading
from typing import Any

import numpy as np
import pedalboard
import pytest
from pedalboard import Delay, Gain, PitchShift, Reverb

import effects.running.progress
from effects import Cancelled, Chain, Mix, Pedalboard, PythonEffect
from effects.boards.long_effect import LongEffect
from effects.checkpoint import checked_by
from effects.running.progress import run_reporting

RATE = 44100


def noise(*shape: int) -> Any:
    return np.random.default_rng(sum(shape)).uniform(-0.5, 0.5, shape).astype(np.float32)


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reports come so often that each stage is in one, also on a busy machine."""
    monkeypatch.setattr(effects.running.progress, "REPORTS_PER_SECOND", 100)


class Long(LongEffect):
    """Works in two stages; fails if it is told to."""

    def __init__(self, fails: bool = False) -> None:
        super().__init__(on_progress=None, threads=None)
        self.fails = fails

    def _render(self, audio: Any, sample_rate: float) -> Any:
        def work(progress: Any) -> Any:
            for k, stage in enumerate(["first", "second"]):
                progress.tick(k / 2, stage)
                threading.Event().wait(0.15)  # longer than from one report to the next
            if self.fails:
                raise OSError("no room")
            return audio

        return run_reporting(work, self.on_progress)


class Same(PythonEffect):
    def _render(self, audio: Any, sample_rate: float) -> Any:
        return audio


def reports(board: Any, *args: Any) -> list[tuple[float, str]]:
    told: list[tuple[float, str]] = []
    board.on_progress = lambda fraction, stage: told.append((fraction, stage))
    board(*args)
    return told


def stages(told: list[tuple[float, str]]) -> list[str]:
    """The stages, each once; "starting" comes if it is seen."""
    return [it for it in dict.fromkeys(stage for _, stage in told) if it != "Long: starting"]


@pytest.mark.parametrize("tail", ["cut", "keep"])
def test_the_whole_board_is_told_of(tail: str) -> None:
    board = Pedalboard(
        [Gain(), Reverb(), Long(), Mix([Chain([Same(), Delay(0.1)]), Long()]), Gain()], tail=tail
    )
    told = reports(board, noise(2, 20_000), RATE)
    assert stages(told) == [
        "Gain, Reverb",
        "Long",
        "Long: first",
        "Long: second",
        "Long: done",
        "Same",
        "Delay",
        "Gain",
        "done",
    ]
    fractions = [fraction for fraction, _ in told]
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1]) == (0.0, 1.0)
    first = next(fraction for fraction, stage in told if stage == "Long")
    last = next(fraction for fraction, stage in reversed(told) if stage == "Long: done")
    assert first < 0.05  # what takes time is in Python
    assert last > 0.95


def test_a_native_board_that_reports_sounds_as_stock() -> None:
    makes = [lambda: PitchShift(3), lambda: Mix([Gain(), Reverb()]), lambda: Delay(0.1)]
    board = Pedalboard([make() for make in makes])
    told: list[Any] = []
    board.on_progress = lambda *it: told.append(it)
    stock = [PitchShift(3), pedalboard.Mix([Gain(), Reverb()]), Delay(0.1)]
    np.testing.assert_array_equal(
        board(noise(2, 9000), RATE), pedalboard.Pedalboard(stock)(noise(2, 9000), RATE)
    )
    assert (told[0], told[-1]) == ((0.0, "PitchShift, Mix, Delay"), (1.0, "done"))


def test_a_stage_has_the_name_that_the_chain_gave_its_effect() -> None:
    board = Pedalboard([Gain(), Same(), Same(), *(Gain() for _ in range(5))])
    board.named = {"drive": board[0], "same": board[1], "last": board[2]}
    told = stages(reports(board, noise(9), RATE))
    assert told == ["drive", "Same", "last", "Gain, Gain, Gain and 2 more", "done"]


def test_reports_come_in_the_thread_of_the_call() -> None:
    threads = set()
    board = Pedalboard([PitchShift(1), Long(), Same()])
    board.on_progress = lambda fraction, stage: threads.add(threading.get_ident())
    board(noise(2, 9000), RATE)
    assert threads == {threading.get_ident()}


STAGES = ["Gain, Reverb", "Long", "Long: first", "Long: second", "Same", "Delay", "done"]


@pytest.mark.parametrize("tail", ["cut", "keep"])
@pytest.mark.parametrize("at", STAGES)
def test_what_a_report_raises_ends_the_call_in_each_stage(at: str, tail: str) -> None:
    board = Pedalboard([Gain(), Reverb(), Long(), Same(), Mix([Delay(0.1), Same()])], tail=tail)
    told = []
    error = Cancelled("enough")

    def report(fraction: float, stage: str) -> None:
        told.append(stage)
        if stage == at:
            raise error

    board.on_progress = report
    with pytest.raises(Cancelled) as raised:
        board(noise(2, 9000), RATE)
    assert raised.value is error
    assert told[-1] == at
    board.on_progress = None
    board(noise(2, 9000), RATE)  # as if nothing had been


def test_a_long_native_call_is_left_as_soon_as_a_report_raises(within: Any) -> None:
    board = Pedalboard([PitchShift(5)])
    calls = []

    def report(fraction: float, stage: str) -> None:
        calls.append(stage)
        if len(calls) == 3:
            raise Cancelled

    board.on_progress = report
    with pytest.raises(Cancelled), within(1.0):
        board(noise(2, 30 * RATE), RATE)
    assert calls == ["PitchShift"] * 3


def test_what_stops_the_thread_stops_a_board_in_it() -> None:
    def stop() -> None:
        raise Cancelled("gone")

    board = Pedalboard([Gain(), Same()])
    board.on_progress = lambda fraction, stage: None
    with pytest.raises(Cancelled, match="gone"), checked_by(stop):
        board(noise(9), RATE)


@pytest.mark.parametrize("fails", [False, True])
def test_a_members_own_report_is_put_back(fails: bool) -> None:
    own: list[str] = []
    long = Long(fails)
    mine = long.on_progress = lambda fraction, stage: own.append(stage)
    board = Pedalboard([Gain(), long])
    board.on_progress = lambda fraction, stage: None
    if fails:
        with pytest.raises(OSError, match=r"^no room$"):
            board(noise(9), RATE)
    else:
        board(noise(9), RATE)
    assert long.on_progress is mine
    assert own == []
    board.on_progress = None
    long.fails = False
    board(noise(9), RATE)
    assert own[-1] == "done"


def test_a_report_that_cannot_be_called_is_refused() -> None:
    with pytest.raises(TypeError, match="on_progress must be callable or None"):
        Pedalboard().on_progress = 3  # type: ignore[assignment]


def test_bad_samples_are_blamed_on_the_effects_that_made_them() -> None:
    board = Pedalboard([Gain(-3), Same(), Mix([Gain(1e6), Chain([Same()])]), Same()])
    with pytest.raises(ValueError, match=r"^Same was given NaN or inf.*settings of Mix, which"):
        board(noise(9), RATE)
