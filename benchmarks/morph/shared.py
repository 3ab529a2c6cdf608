"""Which notes of A and B can be heard at the middle: layered ones, kept ones, wrong ones.

Two notes are the same if they begin within 0.1 s and are within half a semitone. A clip's notes are
those that are written; of recordings, those that are heard. Whether both have a note is asked on
their own times: a same tune is the same, wherever its beats are put. Where in the middle it should
be heard, the clips' axes say. How often a note would be there by chance is not taken off.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from benchmarks.morph.axis import Axis
from benchmarks.morph.heard import Heard
from effects.notes.note import Note

ONSET_SECONDS, SEMITONES = 0.1, 0.5
NEAR_SECONDS = 0.25  # a note of A's is A's alone if B has none of its pitch within this time
FEWEST = 8  # notes that both must share for a share of them to mean something
LEAST_SHARE = 0.02  # of all that sounds: what a clip plays for less long is a slip of its hearing


Both = tuple[Axis, Axis]
STILL = (Axis(), Axis())


def layered(
    middle: Sequence[Note],
    a: Sequence[Note],
    b: Sequence[Note],
    axes: Both = STILL,
    *,
    fewest: int = FEWEST,
) -> float:
    """The share of notes that only A, or only B, has that are heard at the middle.

    Args:
        middle: what is heard there.
        a: the notes of A, on its own time.
        b: of B, likewise.
        axes: where the moments of A and B come in the middle.
        fewest: NaN if fewer notes are only one's.
    """
    shares = []
    for own, other, axis in ((a, b, axes[0]), (b, a, axes[1])):
        alone = [it for it in own if not _among(it, other, NEAR_SECONDS)]
        if len(alone) >= fewest:
            shares.append(heard_share(axis.moved(alone), middle))
    return float(np.mean(shares)) if shares else float("nan")


def kept(
    heard: tuple[Sequence[Note], Sequence[Note], Sequence[Note]],
    a: Sequence[Note],
    b: Sequence[Note],
    axes: Both = STILL,
    *,
    fewest: int = FEWEST,
) -> float:
    """Of the notes that both have, how many are heard at the middle over how many at the ends.

    At the middle, such a note may come when A's does or when B's does.

    Args:
        heard: what is heard of A, of the middle and of B.
        a: the notes of A, on its own time.
        b: of B, likewise.
        axes: where the moments of A and B come in the middle.
        fewest: NaN if both share fewer notes.
    """
    both = [it for it in a if _among(it, b, ONSET_SECONDS)]
    if len(both) < fewest:
        return float("nan")
    of_a, of_b = (heard_share(both, it) for it in (heard[0], heard[2]))
    moved = zip(*(axis.moved(both) for axis in axes), strict=True)
    of_middle = np.mean([any(_among(it, heard[1], ONSET_SECONDS) for it in one) for one in moved])
    return float(of_middle / max((of_a + of_b) / 2, 1e-9))


def out_of_key(middle: Sequence[Note], a: Sequence[Note], b: Sequence[Note]) -> float:
    """The share of what sounds at the middle whose pitch class neither A nor B has.

    A pitch class is one's if it is within half a semitone of what it plays for at least 2 % of the
    time that its notes sound. NaN if no note is heard.
    """
    total = sum(it.seconds for it in middle)
    if not total:
        return float("nan")
    known = [it for clip in (a, b) for it in _played(clip)]
    wrong = (
        it.seconds for it in middle if not any(_class_apart(it, p) <= SEMITONES for p in known)
    )
    return float(sum(wrong) / total)


def heard_share(notes: Sequence[Note], heard: Sequence[Note]) -> float:
    """Which share of ``notes`` is among those that are heard."""
    return float(np.mean([_among(it, heard, ONSET_SECONDS) for it in notes]))


def known(written: Sequence[Note] | None, sound: Heard) -> Sequence[Note]:
    """The notes of a clip: the written ones, or those that are heard."""
    return sound.notes if written is None else written


def _among(note: Note, others: Sequence[Note], seconds: float) -> bool:
    return any(
        abs(it.start - note.start) <= seconds and abs(it.pitch - note.pitch) <= SEMITONES
        for it in others
    )


def _played(notes: Sequence[Note]) -> list[float]:
    """The pitches that a clip plays for long enough."""
    total = sum(it.seconds for it in notes)
    found = []
    for note in notes:
        near = sum(it.seconds for it in notes if _class_apart(it, note.pitch) <= SEMITONES)
        if near >= LEAST_SHARE * total:
            found.append(note.pitch)
    return found


def _class_apart(note: Note, pitch: float) -> float:
    """How far a note's pitch class is from that of a pitch, in semitones, 0 to 6."""
    return float(abs((note.pitch - pitch + 6) % 12 - 6))
