"""A piece in, a cover of it out: its latent is changed, and what that says is played.

The report of a tweak, as JSON has it:

=================  ===============================================================================
``kind``           what the piece is: as `effects.morphing.piece.Piece.kind`
``notes``          how many there were (``before``), how many are played (``after``), and of these
                   how many are the piece's own (``kept``) and ``new``; and how many are ``gone``
``played_by``      ``"itself"``, or the style
``moved``          how far the latent went: the root mean square of the change, in standard
                   deviations of the prior
``filter_db``      the most that a band is turned down, and up; None if no filter was needed
``untouched``      whether the piece came back as it was, bit for bit
``weights``        the hash of the networks' weights
``why``            what was done and why, in a few sentences
=================  ===============================================================================
"""

from __future__ import annotations

import os

import numpy as np

from effects.latent.attributes import beside
from effects.latent.changes import Changes
from effects.latent.codec import Codec
from effects.latent.loading import load_codec
from effects.latent.roll import roll_of
from effects.morphing.piece import hear
from effects.running.cores import blas_in_one_thread, using
from effects.running.progress import Progress
from effects.signal.arrays import Audio, Values
from effects.signal.loudness import loudness, match_loudness
from effects.signal.true_peak import ceiling_of
from effects.style_clip import Style
from effects.tweaking.plan import Plan
from effects.tweaking.playing import Played, play
from effects.tweaking.score import changed_score
from effects.tweaking.telling import report_of
from effects.tweaking.timbre import filter_db, filtered
from effects.tweaking.tweaked import Tweaked

#: At which fractions of the work its steps end. Not measured closely: listening takes most of it.
HEARD, ENCODED, PLAYED = 0.5, 0.6, 0.9


def tweak(
    source: tuple[str, Audio, float],
    changes: Changes,
    *,
    style: Style | None = None,
    codec: Codec | None = None,
    weights: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
    threads: int | None = None,
) -> Tweaked:
    """Change the latent of a piece, and play what it says.

    The result has the piece's samples, channels and rate, and its loudness unless no note is left.
    If the latent stays as it was, and no style is given, it is the piece, bit for bit. The same
    piece and options give the same bits, however many threads there are.

    Args:
        source: a name, audio, ``[channels, samples]``, and its rate in Hz.
        changes: what becomes of the latent.
        style: who plays it; None for the piece's own sounds.
        codec: the networks; None for those of ``weights``.
        weights: a file of ``restyle latent train``; None for the shipped ones.
        progress: is told how far the work is; it may be stopped.
        threads: how many cores may be used; None for all there are, at most 8.

    Raises:
        ValueError: the audio cannot be used, or the weights do not know an attribute that is asked
            for.
        FileNotFoundError: there are no such weights.
        Cancelled: ``progress`` was told to stop.
    """
    with blas_in_one_thread(), using(threads):
        codec = codec or load_codec(weights)
        attributes = beside(weights) if changes.attributes or changes.max else None
        work = progress or Progress()
        piece = hear(*source, work.nested(0, HEARD, "listening"))
        work.tick(HEARD, "encoding")
        z = codec.encode(piece.audio, piece.sample_rate, piece.notes)
        changed = changes.apply(z, attributes)
        score = changed_score(piece.notes, piece.seconds, z, changed, codec, changes)
        roll, moved_z = roll_of(score.notes, piece.seconds), z[changes.order(len(z))]
        plan = Plan(piece, score, style, filter_db(moved_z, changed, roll, codec))
        work.tick(ENCODED)
        audio = piece.audio if plan.changes_nothing else _sound(plan, work)
        report = report_of(plan, z, changed, codec.weights_hash)
        return Tweaked(audio, piece.sample_rate, piece.notes, score.notes, z, changed, report)


def _sound(plan: Plan, progress: Progress) -> Audio:
    """What is to be heard, as loud as the piece; but what is left of one whose notes are all gone
    stays as soft as it is: made loud, it would be noise.
    """
    piece, gains_db = plan.piece, plan.gains_db
    played = play(piece, plan.score.notes, plan.style, progress.nested(ENCODED, PLAYED, "playing"))
    out = played.audio
    if gains_db is not None:
        progress.tick(PLAYED, "timbre")
        out = _through(played, piece.sample_rate, gains_db)
    if piece.notes and not plan.score.notes:
        return out
    level, ceiling = loudness(piece.audio, piece.sample_rate), ceiling_of(piece.audio)
    match_loudness(out, piece.sample_rate, level, ceiling=ceiling)
    return out


def _through(played: Played, sample_rate: float, gains_db: Values) -> Audio:
    """What was played through the filter, but for drums that stay as they are."""
    if played.drums is None:
        return filtered(played.audio, sample_rate, gains_db)
    drums = np.asarray(played.drums)
    return np.asarray(filtered(played.audio - drums, sample_rate, gains_db) + drums)
