"""How well networks of a latent know windows that they have not learnt from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from effects.latent.codec import SCORE, Codec
from effects.latent.own.score_windows import ScoreWindows
from effects.latent.own.timbre_windows import TimbreWindows
from effects.latent.roll import SOUNDING, STRUCK

MOST_WINDOWS = 1000  # that are judged, evenly spread; not searched
ACTIVE = 0.01  # least variance of an element that says something (Burda et al. 2016)


@dataclass(frozen=True)
class Scores:
    """How well scores come back.

    Attributes:
        windows: how many were judged.
        struck: F of the N likeliest strokes, where N is how many there are.
        sounding: F of the N likeliest cells that sound, likewise.
        active: the share of z's elements that differ between windows.
    """

    windows: int
    struck: float
    sounding: float
    active: float


@dataclass(frozen=True)
class Timbres:
    """How well sounds come back, told the score.

    Attributes:
        windows: how many were judged.
        distance_db: root mean square over a window's levels, and the mean over windows.
        beside_db: with the timbre of the window beside it in its piece.
        another_db: with the timbre of another window, of any piece.
        mean_db: of the mean spectrum of all these windows.
        active: the share of z's elements that differ between windows.
    """

    windows: int
    distance_db: float
    beside_db: float
    another_db: float
    mean_db: float
    active: float


def judged_scores(codec: Codec, windows: ScoreWindows) -> Scores:
    """Encoded and decoded, how much of each window is left."""
    rolls = windows.rolls(_spread(len(windows)))
    z = codec.encode_score(rolls)
    logits = codec.score(z)
    struck, sounding = (_f(logits[..., it], rolls[..., it]) for it in (STRUCK, SOUNDING))
    return Scores(len(rolls), struck, sounding, _active(z))


def judged_timbres(codec: Codec, windows: TimbreWindows) -> Timbres:
    """Encoded and decoded, how far each window is from what it was."""
    chosen = _spread(len(windows))
    levels, rolls = windows.levels_db(chosen), windows.rolls(chosen)
    beside = windows.neighbours(chosen, np.ones(len(chosen), np.int64))
    z = codec.encode_timbre(levels, rolls)
    z_beside = codec.encode_timbre(windows.levels_db(beside), windows.rolls(beside))
    no_score = np.zeros((len(chosen), SCORE), np.float32)
    own, other, another = (
        _distance_db(codec.spectrum(np.concatenate([no_score, it], axis=1), rolls), levels)
        for it in (z, z_beside, np.roll(z, 1, axis=0))
    )
    mean_db = _distance_db(np.broadcast_to(levels.mean((0, 1)), levels.shape), levels)
    return Timbres(len(chosen), own, other, another, mean_db, _active(z))


def _spread(count: int) -> NDArray[np.int64]:
    """At most `MOST_WINDOWS` numbers below ``count``."""
    return np.unique(np.linspace(0, count - 1, min(count, MOST_WINDOWS)).round().astype(np.int64))


def _f(logits: NDArray[np.float32], true: NDArray[np.float32]) -> float:
    """The share of cells that are among the likeliest, as many as there are; of all windows.

    As many are wanted as are taken, so precision, recall and F are the same.
    """
    hits = 0
    for scores, wanted in zip(logits, true > 0.5, strict=True):
        count = int(wanted.sum())
        likeliest = np.argsort(-scores.ravel(), kind="stable")[:count]
        hits += int(wanted.ravel()[likeliest].sum())
    return hits / max(int((true > 0.5).sum()), 1)


def _active(z: NDArray[np.float32]) -> float:
    return float((z.var(0) > ACTIVE).mean())


def _distance_db(found: NDArray[np.float32], true: NDArray[np.float32]) -> float:
    return float(np.sqrt(((found - true) ** 2).mean((1, 2))).mean())
