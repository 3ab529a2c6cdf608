"""Work beside the jobs: a process that dies or hangs costs what it was doing, and nothing else."""

import asyncio
import contextlib
import os

import pytest
from support.hostile import suffer
from support.processes import loaded

from plugin_bridge.jobs.aside import Aside
from plugin_bridge.jobs.refusal import Refusal


def beside(story, *modules):
    """Run ``story(aside)``."""

    async def run():
        with contextlib.closing(Closing(Aside(modules))) as it:
            return await story(it.aside)

    return asyncio.run(run())


class Closing:
    def __init__(self, aside):
        self.aside = aside

    def close(self):
        self.aside.shutdown()


def test_it_is_another_process_and_stays_the_same():
    async def story(aside):
        first, second = await aside.call(os.getpid), await aside.call(os.getpid)
        assert first == second != os.getpid()
        with pytest.raises(ZeroDivisionError):
            await aside.call(divmod, 1, 0)
        assert await aside.call(os.getpid) == first

    beside(story)


def test_who_dies_or_takes_too_long_is_replaced():
    async def story(aside):
        first = await aside.call(os.getpid)
        for work, seconds in (((suffer, "crash"), 60.0), ((suffer, "hang"), 0.3)):
            with pytest.raises(Refusal, match="too much") as caught:
                await aside.call(*work, seconds=seconds)
            assert caught.value.code == "unreadable"
        assert await aside.call(os.getpid) != first

    beside(story)


def test_what_it_loads_is_there_before_the_first_call():
    async def story(aside):
        aside.start()
        assert await aside.call(loaded, "colorsys")
        assert not await aside.call(loaded, "turtle")

    beside(story, "colorsys")
