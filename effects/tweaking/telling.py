"""What is to be said of a tweak, as JSON can hold it: `effects.tweaking.tweak` lists it."""

from __future__ import annotations

from typing import Any

import numpy as np

from effects.latent.codec import Z
from effects.morphing.piece import DRUMS, SILENCE, TEXTURE
from effects.tweaking.plan import Plan

_WITHOUT_NOTES = {
    DRUMS: "It is drums alone, whose strokes the latent does not hold: only its timbre can change.",
    TEXTURE: "It has no notes: only its timbre can change.",
    SILENCE: "It is silent, so it comes back as it is.",
}


def report_of(plan: Plan, z: Z, changed_z: Z, weights_hash: str) -> dict[str, Any]:
    """All of it.

    Args:
        plan: what was done.
        z: the latent as it was, ``[windows, 120]``.
        changed_z: as it has become.
        weights_hash: whose latent it is.
    """
    score, gains_db = plan.score, plan.gains_db
    return {
        "kind": plan.piece.kind,
        "notes": {
            "before": len(plan.piece.notes),
            "after": len(score.notes),
            **{it: getattr(score, it) for it in ("kept", "new", "gone")},
        },
        "played_by": "itself" if plan.style is None else str(plan.style),
        "moved": float(np.sqrt(np.mean(np.square(changed_z.astype(np.float64) - z)))),
        "filter_db": None if gains_db is None else [float(gains_db.min()), float(gains_db.max())],
        "untouched": plan.changes_nothing,
        "weights": weights_hash,
        "why": " ".join(_why(plan)),
    }


def _why(plan: Plan) -> list[str]:
    score, said = plan.score, []
    if plan.piece.kind in _WITHOUT_NOTES:
        said.append(_WITHOUT_NOTES[plan.piece.kind])
    elif plan.changes_nothing:
        said.append("Nothing that is played has changed, so it comes back as it is.")
    else:
        stay, go = score.kept, score.gone
        said.append(f"Of {stay + go} notes {stay} stay and {go} go; {score.new} are new.")
        if not score.notes:
            said.append("The changed latent has no notes at all.")
    if plan.changes_nothing:
        return said
    if plan.style is not None:
        said.append(f"It is played by {plan.style}.")
    if plan.gains_db is not None:
        said.append("Its timbre is filtered as far as the latent's has changed.")
    return said
