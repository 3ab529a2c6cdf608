"""What kills, hangs or fills the process that reads it: stand-ins for files that would do so.

Processes can import this, and not a file of tests.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path

from plugin_bridge.jobs.inputs import READING
from plugin_bridge.jobs.operations.operation import Operation
from plugin_bridge.jobs.roots import Roots

PLACE = "support.hostile:ReadHostile"


def suffer(path: str) -> None:
    """What the file's name says happens to whoever reads it."""
    name = Path(path).stem
    if name.startswith("crash"):
        os.kill(os.getpid(), signal.SIGSEGV)
    if name.startswith("killed"):
        os.kill(os.getpid(), signal.SIGKILL)
    if name.startswith("hang"):
        time.sleep(600)
    if name.startswith("eat"):
        bytearray(1 << 40)


class HostileRoots(Roots):
    """Roots that suffer from each stem that they look at."""

    def stem(self, text):
        suffer(text)
        return super().stem(text)


class ReadHostile(Operation):
    """Suffers from its file, in the stage that its setting says."""

    inputs = ("stem",)
    settings: Mapping = {}

    def run(self, inputs, output, settings, report, threads=None):
        path = inputs["stem"].path
        report(0.0, READING if "late" not in path.stem else "playing")
        suffer(path)
        return inputs["stem"].read()
