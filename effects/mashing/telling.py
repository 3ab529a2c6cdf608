"""What is to be said of a mashup, as JSON can hold it: `effects.mashing.mash` lists it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from effects.listening.song import Song
from effects.mashing.alignment import Alignment
from effects.mashing.mixing import Mixed, beats_of
from effects.mashing.performance import Performance
from effects.mashing.rests import NOTHING, OTHER_LEAD
from effects.mashing.source import Source


def report_of(
    sources: Sequence[Source], heard: Sequence[Song], plan: Alignment, made: Performance
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
        "why": " ".join([plan.why, *_of_rests(made.mixed, rests)]),
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


def _of_rests(mixed: Mixed, rests: Sequence[dict[str, Any]]) -> list[str]:
    """Sentences about whose lead is heard, and where it rests."""
    said = [f"The lead is {mixed.lead.upper()}'s."]
    if rests:
        seconds = sum(it["end"] - it["start"] for it in rests)
        said.append(f"It rests for {seconds:.0f} s, where other parts are heard.")
    return said
