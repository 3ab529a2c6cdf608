"""What is to be said of a tweak, as JSON can hold it: `effects.tweaking.tweak` lists it."""

from __future__ import annotations

from typing import Any

import numpy as np

from effects.latent.codec import Codec, Z
from effects.morphing.piece import DRUMS, SILENCE, TEXTURE, Piece
from effects.signal.arrays import Values
from effects.style_clip import Style
from effects.tweaking.score import Score

_WITHOUT_NOTES = {
    DRUMS: "It is drums alone, whose strokes the latent does not hold: only its timbre can change.",
    TEXTURE: "It has no notes: only its timbre can change.",
    SILENCE: "It is silent, so it comes back as it is.",
}


def report_of(
    piece: Piece,
    latents: tuple[Z, Z],
    score: Score,
    style: Style | None,
    gains_db: Values | None,
    codec: Codec,
) -> dict[str, Any]:
    """All of it; ``latents``: as it was, and as it has become."""
    z, changed = latents
    untouched = piece.kind == SILENCE or (score.unchanged and gains_db is None and style is None)
    return {
        "kind": piece.kind,
        "notes": {
            "before": len(piece.notes),
            "after": len(score.notes),
            **{it: getattr(score, it) for it in ("kept", "new", "gone")},
        },
        "played_by": "itself" if style is None else str(style),
        "moved": float(np.sqrt(np.mean(np.square(changed.astype(np.float64) - z)))),
        "filter_db": None if gains_db is None else [float(gains_db.min()), float(gains_db.max())],
        "untouched": untouched,
        "weights": codec.weights_hash,
        "why": " ".join(_why(piece, score, style, gains_db, untouched)),
    }


def _why(
    piece: Piece, score: Score, style: Style | None, gains_db: Values | None, untouched: bool
) -> list[str]:
    said = []
    if piece.kind in _WITHOUT_NOTES:
        said.append(_WITHOUT_NOTES[piece.kind])
    elif untouched:
        said.append("Nothing that is played has changed, so it comes back as it is.")
    else:
        said.append(
            f"Of {len(piece.notes)} notes {score.kept} stay and {score.gone} go; "
            f"{score.new} are new."
        )
        if not score.notes:
            said.append("The changed latent has no notes at all.")
    if style is not None and not untouched:
        said.append(f"It is played by {style}.")
    if gains_db is not None and not untouched:
        said.append("Its timbre is filtered as far as the latent's has changed.")
    return said
