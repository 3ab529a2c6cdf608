"""A second operation, as somebody might add one: one file, and one line in the table."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from effects.running.progress import OnProgress
from plugin_bridge.jobs.inputs import Input
from plugin_bridge.jobs.operations.operation import Made, Operation
from plugin_bridge.jobs.settings import Number

PLACE = "support.mix:Mix"


class Mix(Operation):
    """So much of one file, and the rest of the other."""

    title = "Mix"
    about = "So much of one sound, and the rest of the other."
    inputs = ("a", "b")
    settings: Mapping = {"balance": Number(0.0, 1.0, 0.5)}

    def run(
        self,
        inputs: Mapping[str, Input],
        output: Path,
        settings: Mapping,
        report: OnProgress,
        threads=None,
    ):
        a, b = (inputs[name].read() for name in ("a", "b"))
        samples = min(a.audio.shape[1], b.audio.shape[1])
        balance = np.float32(settings.get("balance", 0.5))
        mixed = (1 - balance) * a.audio[:, :samples] + balance * b.audio[:, :samples]
        return Made(a.with_audio(mixed))
