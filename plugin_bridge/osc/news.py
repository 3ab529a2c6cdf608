"""The messages that tell of jobs, of defaults, and of what can be set."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

import presets
from plugin_bridge.jobs.job import Job, Value
from plugin_bridge.jobs.operations import chained
from plugin_bridge.jobs.operations.restyle import SETTINGS
from plugin_bridge.jobs.refusals import RefusedRequest
from plugin_bridge.jobs.settings import numbers
from plugin_bridge.osc.addresses import SUBMIT
from plugin_bridge.osc.datagram import Argument, Message
from presets.chain_files.chain import Chain

if TYPE_CHECKING:
    from effects.chains.kinds import Parameter

PARAMETERS = numbers(SETTINGS, common=True)  # what /restyle/param can say: words it cannot

# Characters of what was refused and why: clients' own words come back to them. Not searched.
MAX_ADDRESS = 100
MAX_TEXT = 1000
#: Stands for the end of a range that is open: a fader needs one. By guess, beyond what is of use.
#: The server takes what is further out.
OPEN_END = 1e6


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
    """The default of a setting: of one in `PARAMETERS`, or of the preset, which may be a chain.

    Raises:
        Refusal: the preset or the chain is not there any more.
    """
    if name == "preset":
        chosen = chained.find(str(value))
        if isinstance(chosen, Chain):
            [line] = [it for it in describe_chains(presets.chains()) if it[2] == chosen.name]
            return Message("/restyle/chain", line)
        known = [preset.name for preset in presets.every()]
        index = known.index(chosen.name)
        return Message("/restyle/preset", describe(index, len(known), chosen))
    number = PARAMETERS[name]
    kind, ends = "i" if number.whole else "f", (float(number.least), float(number.most))
    return Message("/restyle/param", (name, kind, *ends, float(value)))


def describe(index: int, total: int, preset: presets.Preset) -> tuple[Argument, ...]:
    """A preset as one of so many: the arguments of ``/restyle/preset``."""
    program = -1 if preset.program is None or preset.percussion else preset.program
    return index, total, preset.name, preset.label, program


def describe_chains(chains: Iterable[Chain]) -> Iterator[tuple[Argument, ...]]:
    """The arguments of ``/restyle/chain`` for each chain; without any, those that say so."""
    known = list(chains)
    for index, it in enumerate(known):
        yield index, len(known), it.name, it.label or it.name
    if not known:
        yield 0, 0, "", ""


def describe_parameters(
    known: Mapping[str, Parameter], values: Mapping[str, Value]
) -> Iterator[tuple[Argument, ...]]:
    """The arguments of ``/restyle/param`` for what can be set of a chain, as far as it is a number.

    Switches are numbers, too: 0 and 1. An end that is open is `OPEN_END`.

    Args:
        known: what can be set, by name.
        values: what jobs get that do not say, where that is not as the chain has it.
    """
    for name, it in known.items():
        is_set = isinstance(it.default, (int, float))  # of a plugin that nobody could ask
        if it.kind not in ("number", "switch") and not (it.kind == "any" and is_set):
            continue
        usual = PARAMETERS.get(name)
        least, most = (0.0, 1.0) if it.kind == "switch" else (it.least, it.most)
        if usual is not None:  # of all jobs, which may have less room
            least, most = usual.least, usual.most
        given = values.get(name, it.default)
        if not (isinstance(given, (int, float)) and math.isfinite(given)):
            given = 0.0 if usual is None else usual.default
        low = min(-OPEN_END, given) if least is None else least
        high = max(OPEN_END, given) if most is None else most
        kind = "i" if it.whole or it.kind == "switch" else "f"
        yield name, kind, float(low), float(high), float(min(max(given, low), high))
