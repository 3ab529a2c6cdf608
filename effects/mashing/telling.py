"""What is to be said of a mashup, as JSON can hold it: `effects.mashing.mash` lists it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from effects.listening.song import Song
from effects.mashing.alignment import Alignment
from effects.mashing.mixing import Mixed, beats_of
from effects.mashing.options import Options
from effects.mashing.performance import Performance
from effects.mashing.rests import NOTHING, OTHER_LEAD
from effects.mashing.source import Source


def report_of(
    sources: Sequence[Source],
    heard: Sequence[Song],
    plan: Alignment,
    options: Options,
    made: Performance,
) -> dict[str, Any]:
    """All of it but ``part``."""
    beat, _ = beats_of(plan.beats, plan.bars)
    rests = _rests(made)
    return {
        "songs": [
            _song(*it)
            for it in zip(sources, heard, (plan.a.semitones, plan.b.semitones), strict=True)
        ],
        "lead": made.mixed.lead,
        "leads": {
            name: {"heard": sounds, "power": power}
            for name, (sounds, power) in zip("ab", made.mixed.leads, strict=True)
        },
        "bpm": 60 / beat,
        "seconds": plan.seconds,
        "gain_db": made.gain_db,
        "match": {
            it: float(getattr(plan.match, it)) for it in ("harmony", "rhythm", "balance", "total")
        },
        "rests": rests,
        "why": " ".join([plan.why, _lead(made.mixed, options), *_of_rests(rests)]),
    }


def _song(source: Source, heard: Song, semitones: int) -> dict[str, Any]:
    return {
        "name": source.name,
        "seconds": source.seconds,
        "bpm": heard.bpm,
        "meter": heard.meter.name,
        "certainty": heard.certainty,
        "semitones": semitones,
        "stems": source.stems is not None,
    }


def _rests(made: Performance) -> list[dict[str, Any]]:
    """Where the lead rests, and what is heard there: ``"lead of b"``, or the like."""
    lead = made.mixed.lead
    other = "b" if lead == "a" else "a"
    return [
        {
            "start": float(start),
            "end": float(end),
            "heard": it.heard
            if it.heard == NOTHING
            else f"{it.heard} of {other if it.heard == OTHER_LEAD else lead}",
        }
        for it, (start, end) in zip(made.mixed.rests, made.mask.rests, strict=True)
    ]


def _lead(mixed: Mixed, options: Options) -> str:
    """Whose lead is heard, and why if that was to be found out."""
    if options.lead != "auto":
        return f"The lead is {mixed.lead.upper()}'s."
    (a, a_power), (b, b_power) = mixed.leads
    mine, other = (a, b) if mixed.lead == "a" else (b, a)
    reason = f"it sounds {mine:.0%} of the time, the other one {other:.0%}"
    if mine == other:
        power = max(a_power, b_power)
        reason = f"both sound {mine:.0%} of the time, and it is clearer ({power:.0%} of the power)"
    return f"The lead is {mixed.lead.upper()}'s: {reason}."


def _of_rests(rests: Sequence[dict[str, Any]]) -> list[str]:
    """A sentence for each thing that is heard where the lead rests."""
    seconds: dict[str, float] = {}
    for it in rests:
        seconds[it["heard"]] = seconds.get(it["heard"], 0.0) + it["end"] - it["start"]
    return [
        f"It rests for {length:.0f} s, where "
        + ("nothing else is to be had." if heard == NOTHING else f"the {_named(heard)} is heard.")
        for heard, length in seconds.items()
    ]


def _named(heard: str) -> str:
    """As in a sentence: ``"lead of B"``."""
    return f"{heard[:-1]}{heard[-1].upper()}"
