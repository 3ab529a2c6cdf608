"""An operation for `benchmarks.speed.web`: it reports the time ten times a second; that is all.

What hears a report can tell how long it took to come.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar

from effects.running.progress import OnProgress
from plugin_bridge.jobs.inputs import Input
from plugin_bridge.jobs.job import Value
from plugin_bridge.jobs.operations.operation import Made, Operation
from plugin_bridge.jobs.settings import Number, Setting

PLACE = "benchmarks.speed.clock:Clock"
REPORTS_PER_SECOND = 10


class Clock(Operation):
    """Takes its time, and tells it."""

    title = "Clock"
    about = "Tells the time for some seconds, and gives the sound back."
    inputs = ("stem",)
    settings: ClassVar[Mapping[str, Setting]] = MappingProxyType(
        {"seconds": Number(0.0, 3600.0, 10.0)}
    )

    def run(
        self,
        inputs: Mapping[str, Input],
        output: Path,
        settings: Mapping[str, Value],
        report: OnProgress,
        threads: int | None = None,
    ) -> Made:
        """See `Operation.run`."""
        count = round(float(settings.get("seconds", 10.0)) * REPORTS_PER_SECOND)
        began = time.monotonic()
        for number in range(count):
            time.sleep(max(began + number / REPORTS_PER_SECOND - time.monotonic(), 0.0))
            report(number / count, repr(time.time()))
        return Made(inputs["stem"].read())
