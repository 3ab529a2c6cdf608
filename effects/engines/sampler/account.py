"""Accounting for everything: a stem is notes, drums and a remainder, and nothing of it is lost.

The performance has what was played. Here it gets the stem's dynamics and the remainder
(`effects.engines.sampler.completion`), and what is kept of the stem. The report says which share of
the sound each of them is.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from effects.engines.report import Report, Stretch
from effects.engines.sampler.changed import Changed
from effects.engines.sampler.completion import Unexplained, complete, unexplained, unvoiced
from effects.engines.sampler.forms import NUMBER
from effects.engines.sampler.listen import SETTINGS as HEARD
from effects.engines.sampler.listen import Heard
from effects.engines.sampler.plan import LinePlan, Plan
from effects.notes.pitched_share import Explained
from effects.signal.arrays import Audio, Sound, less
from effects.signal.loudness import loudness

#: Length of a report's stretches in seconds. Not searched.
STRETCH_SECONDS = 1.0
STRETCH = 1 << 20  # samples at a time, to limit memory
#: Shares below this are left away: filters leave traces. Not searched.
LEAST_SHARE = 1e-3

Powers = NDArray[np.float32]
"""The power of the remainder in each frame, and that of the whole, ``[2, frames]``."""


def stands_for(heard: Heard, plan: Plan) -> Sound:
    """What of the stem its performance stands for, ``[channels, samples]``."""
    left_out = _left_out(heard, plan)
    return heard.audio if left_out is None else less(heard.audio, left_out)


def level_of(heard: Heard, plan: Plan) -> float:
    """The loudness of that in LUFS. It is a fact about the stem, its drums, or its rest."""
    left_out = _left_out(heard, plan)
    if left_out is None:
        name = "the stem"
    else:
        beside = heard.drums_beside
        name = "the rest" if beside and left_out is beside.audio else "the drums"
    measured = partial(loudness, stands_for(heard, plan), heard.sample_rate)
    return heard.known.fact(f"loudness of {name}", NUMBER, measured)


def account_for(
    out: Audio,
    heard: Heard,
    plan: Plan,
    *,
    engine: str,
    dynamics: float,
    changed: Changed | None = None,
) -> Report:
    """Complete a performance in place, and report what it is made of.

    Args:
        out: the performance of ``plan``, ``[channels, samples]``, as loud as what it stands for.
        heard: what was heard in the stem.
        plan: what was played of it.
        engine: the engine's name.
        dynamics: see `complete`.
        changed: what was corrected of what was heard; None if nothing was.
    """
    powers = np.zeros((2, 1), np.float32)
    if isinstance(plan, LinePlan) or plan.melodic:
        powers = complete(
            out,
            heard.audio,
            heard.sample_rate,
            unexplained=_unsure(heard, plan, changed),
            dynamics=dynamics,
            drums=_left_out(heard, plan),
            changed=changed,
        )
    kept = None if isinstance(plan, LinePlan) else plan.kept
    stretches, energies = _stretches(out, kept, powers, heard)
    if kept is not None:
        for start in range(0, out.shape[1], STRETCH):
            part = out[:, start : start + STRETCH]
            part += kept[:, start : start + STRETCH]
    return _report(engine, plan, stretches, energies)


def _left_out(heard: Heard, plan: Plan) -> Sound | None:
    """What of the stem its performance does not stand for; None if it stands for all.

    That is what is kept, and drums beside notes unless they are played.
    """
    if isinstance(plan, LinePlan):
        return None
    if plan.kept is None and plan.melodic and not plan.strokes and heard.drums_beside:
        return heard.drums_beside.audio
    return plan.kept


def _unsure(heard: Heard, plan: Plan, changed: Changed | None) -> Unexplained:
    """How unexplained the stem is in each frame of `complete`.

    What was heard explains it, whether it is played or not, and so does what was corrected.
    """
    n_samples, rate = heard.audio.shape[1], heard.sample_rate
    if isinstance(plan, LinePlan):
        return unvoiced(heard.voice if changed else plan.phrases, n_samples, rate)
    explained, clear = heard.explained, heard.clear
    if changed is not None and changed.new and not clear:
        explained = Explained.of(heard.at_model_rate, sorted([*heard.notes, *changed.new]))
        clear = explained.mean >= HEARD.clear
    found = unexplained(explained, n_samples, rate)
    return np.zeros_like(found) if clear else found


def _report(engine: str, plan: Plan, stretches: list[Stretch], energies: list[float]) -> Report:
    if isinstance(plan, LinePlan):
        return Report.of_stretches(engine, "voice", stretches, energies)
    return Report.of_stretches(
        engine,
        "notes" if plan.melodic else "strokes",
        stretches,
        energies,
        notes=len(plan.notes) - plan.strokes,
        strokes=plan.strokes,
    )


def _stretches(
    out: Audio, kept: Sound | None, powers: Powers, heard: Heard
) -> tuple[list[Stretch], list[float]]:
    """What each second is made of, and the stem's energy in it."""
    rate, n_samples = heard.sample_rate, out.shape[1]
    size, per_frame = max(round(STRETCH_SECONDS * rate), 1), n_samples / powers.shape[1]
    stretches, energies = [], []
    for start in range(0, n_samples, size):
        stop = min(start + size, n_samples)
        frames = slice(
            int(start / per_frame), max(int(stop / per_frame), int(start / per_frame) + 1)
        )
        wet, dry = _energy(out, start, stop), _energy(kept, start, stop)
        filled, whole = powers[:, frames].sum(axis=1, dtype=np.float64)
        filled *= wet / max(whole, 1e-30)
        shares = np.array([wet - filled, dry, filled])
        shares[shares < LEAST_SHARE * shares.sum()] = 0
        total = shares.sum()
        played, own, blended = (shares / total if total > 0 else np.array([1, 0, 0])).tolist()
        stretches.append(Stretch(start / rate, stop / rate, played, own, blended))
        energies.append(_energy(heard.audio, start, stop))
    return stretches, energies


def _energy(audio: Sound | None, start: int, stop: int) -> float:
    if audio is None:
        return 0.0
    return float(np.sum(np.square(audio[:, start:stop], dtype=np.float64)))
