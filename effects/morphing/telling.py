"""What is to be said of a morph, as JSON can hold it: `effects.morphing.morph` lists it."""

from __future__ import annotations

import math
from typing import Any

from effects.morphing import textures
from effects.morphing.at import At
from effects.morphing.given import Given, itself
from effects.morphing.middle import Middle
from effects.morphing.piece import BOTH, DRUMS, NOTES
from effects.morphing.times import TOGETHER, reason_for_own_times


def report_of(
    both: tuple[Given, Given], middle: Middle, at: At, method: str, tempo: str, seconds: float
) -> dict[str, Any]:
    """All of it."""
    a, b = (it.piece for it in both)
    score = not textures.without_score(a, b)
    notes = middle.notes
    own = reason_for_own_times(a.song, b.song, tempo)
    return {
        "heard": {name: _heard(it) for name, it in zip("ab", both, strict=True)},
        "paired": sum(it.a is not None and it.b is not None for it in notes),
        "only_a": sum(it.a is not None and it.b is None for it in notes),
        "only_b": sum(it.a is None and it.b is not None for it in notes),
        "strokes": len(middle.strokes),
        "at": [float(at(it)) for it in (0.0, seconds / 2, seconds)],
        "tempo": tempo if tempo == TOGETHER else "own" if own else "between",
        "method": "itself" if itself(both, at) else method if score else "texture",
        "seconds": seconds,
        "why": _why(both, at, method if score else None, own),
    }


def _heard(it: Given) -> dict[str, Any]:
    piece = it.piece
    return {
        "name": piece.name,
        "seconds": piece.seconds,
        "kind": piece.kind,
        "notes": len(piece.notes),
        "strokes": len(piece.strokes),
        "bpm": piece.song.bpm if piece.song else None,
        "lufs": it.lufs if math.isfinite(it.lufs) else None,
    }


def _why(both: tuple[Given, Given], at: At, method: str | None, own: str | None) -> str:
    """In words; ``method``: where the notes come from, None if there is no score."""
    a, b = (it.piece for it in both)
    if at.constant in (0.0, 1.0):
        return f"At {at.constant:g} the result is {'AB'[int(at.constant)]} itself."
    if itself(both, at):
        return "A and B are the same, and so is what is between them."
    if method is None:
        return textures.why(a, b)
    said = [_of_notes(a.kind, b.kind, method), _of_strokes(a.kind, b.kind)]
    said.append("Beats of both lie together." if own is None else f"{own[0].upper()}{own[1:]}.")
    return " ".join(it for it in said if it)


BETWEEN = {
    "notes": "Notes of both are moved to those between,",
    "latent": "Between the notes of both are those that the latent space has for likely,",
    "both": "Notes of both are moved to those between, as far as the latent space has these for "
    "likely,",
}


def _of_notes(a: str, b: str, method: str) -> str:
    has_a, has_b = (it in (NOTES, BOTH) for it in (a, b))
    if has_a and has_b:
        return f"{BETWEEN[method]} and played by the sounds of both."
    if has_a or has_b:
        name, gone = ("A", "more") if has_a else ("B", "less")
        return f"Only {name} has notes: they become fewer, the {gone} the nearer it is to B."
    return ""


def _of_strokes(a: str, b: str) -> str:
    has_a, has_b = (it in (DRUMS, BOTH) for it in (a, b))
    if has_a and has_b:
        return "Strokes of both take turns, and are played by the drums of both."
    if has_a or has_b:
        name, gone = ("A", "more") if has_a else ("B", "less")
        return (
            f"Only {name} has drums: their strokes become fewer, the {gone} the nearer it is to B."
        )
    return ""
