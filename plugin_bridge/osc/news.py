"""The messages that tell of jobs and of defaults."""

from __future__ import annotations

import presets
from plugin_bridge.jobs.job import Job, Value
from plugin_bridge.jobs.operations.restyle import SETTINGS
from plugin_bridge.jobs.refusals import RefusedRequest
from plugin_bridge.jobs.settings import numbers
from plugin_bridge.osc.addresses import SUBMIT
from plugin_bridge.osc.datagram import Argument, Message

PARAMETERS = numbers(SETTINGS, common=True)  # what /restyle/param can say: words it cannot

# Characters of what was refused and why: clients' own words come back to them. Not searched.
MAX_ADDRESS = 100
MAX_TEXT = 1000


def of_progress(job: Job) -> Message:
    """How far a job has got."""
    return Message("/restyle/progress", (job.id, job.progress, job.stage))


def of_end(job: Job) -> list[Message]:
    """How a job ended: the last message says so, after the advice, if any."""
    if job.state == "done":
        result = (job.output, job.frames, job.rate, job.seconds)
        done = Message("/restyle/done", ("submit", job.id, *result))
        return [*([Message("/restyle/advice", (job.id, job.advice))] if job.advice else []), done]
    if job.state == "cancelled":
        return [Message("/restyle/cancelled", (job.id,))]
    return [Message("/restyle/fail", (SUBMIT, job.id, job.code, job.error))]


def of_refusal(refused: RefusedRequest, job: str) -> Message:
    """What was refused, as whoever asked is told: the job is an argument, or "" to name none."""
    return Message("/restyle/fail", (refused.request, job, refused.code, refused.text))


def of_default(name: str, value: Value) -> Message:
    """The default of a setting: of one in `PARAMETERS`, or of the preset."""
    if name == "preset":
        known = [preset.name for preset in presets.every()]
        preset = presets.get(str(value))
        index = known.index(preset.name)
        return Message("/restyle/preset", describe(index, len(known), preset))
    number = PARAMETERS[name]
    kind, ends = "i" if number.whole else "f", (float(number.least), float(number.most))
    return Message("/restyle/param", (name, kind, *ends, float(value)))


def describe(index: int, total: int, preset: presets.Preset) -> tuple[Argument, ...]:
    """A preset as one of so many: the arguments of ``/restyle/preset``."""
    program = -1 if preset.program is None or preset.percussion else preset.program
    return index, total, preset.name, preset.label, program
