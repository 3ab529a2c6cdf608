"""Results of ``restyle apply`` that plugins make, in a process of their own."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from effects.boards.native import PLUGIN
from plugin_bridge.cli import apart
from plugin_bridge.cli.apply_results import Done, Effect, Plan, Told, make_each
from plugin_bridge.cli.chain_player import ChainPlayer
from plugin_bridge.cli.result_names import Task
from plugin_bridge.errors import explain

if TYPE_CHECKING:
    from effects.running.progress import OnProgress


def make_each_apart(
    tasks: Sequence[Task],
    plan: Plan,
    reports: Sequence[OnProgress],
    told: Told,
    started: float,
) -> None:
    """Do as `make_each` in another process, and in a new one after each that plugins ended."""
    ended = 0  # how many of the tasks, well or not
    stage = ""

    def hear(message: tuple[float, str] | Done | str) -> None:
        nonlocal ended, stage
        if isinstance(message, Done):
            told.done.append(message)
        elif isinstance(message, str):
            told.failed[tasks[ended].out] = message
        else:
            stage = message[1]
            reports[ended](*message)
            return
        ended += 1

    while ended < len(tasks):
        stage = ""
        try:
            apart.call(_make_there, tasks[ended:], plan, started, hear=hear)
        except apart.Died as error:
            if ended == len(tasks):  # whatever it was, all is written
                break
            told.failed[tasks[ended].out] = _blame(stage, plan.effects[tasks[ended].preset], error)
            ended += 1
        started = time.monotonic()
    if len(tasks) == 1 and told.failed:  # as in this process, where it is raised
        raise ValueError(told.failed.pop(tasks[0].out))


def _make_there(say: apart.Say, tasks: Sequence[Task], plan: Plan, started: float) -> None:
    """Do each of the tasks, and say how it goes."""
    for task in tasks:
        told = Told()
        try:
            make_each([task], plan, [lambda fraction, stage: say((fraction, stage))], told, started)
        except Exception as error:
            if os.environ.get("RESTYLE_DEBUG"):
                raise
            say(explain(error))
        else:
            say(told.done[0])
        started = time.monotonic()


def _blame(stage: str, effect: Effect, error: apart.Died) -> str:
    """Why a process with plugins has ended, which had come to ``stage``."""
    chain = effect.chain.name if isinstance(effect, ChainPlayer) else ""
    if error.killed:
        return f"the chain {chain} was killed: the system may be short of memory."
    if stage.startswith(PLUGIN):
        return f"the {stage} crashed: update it, or take it out of the chain {chain}."
    return f"a plugin of the chain {chain} crashed: update it, or take it out of the chain."
