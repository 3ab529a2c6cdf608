"""Pitches between two others, on keys that A or B plays.

Half way from C to G lies a pitch between the keys E flat and E. A note of the middle is on a key
whose pitch class A or B plays, so that what is in one key stays in it; of the two such keys around
the place that X says, the one nearer to B is taken from its own X on. These thresholds are spread
evenly over the notes, so that in the mean pitches go as X does.

An instrument may be tuned between keys. So keys are counted from A's tuning and from B's, which are
half a semitone apart at most, and the result's tuning lies between those.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from effects.notes.note import Note
from effects.notes.tuning import tuning

#: A pitch class is a piece's if it has at least this share of the time that its notes sound: what
#: has less may be a mistake of the transcription. Not searched.
LEAST_SHARE = 0.02
OCTAVE = 12


@dataclass(frozen=True)
class Tuned:
    """What keys a piece plays.

    Attributes:
        offset: how far its notes lie above their keys, in semitones.
        classes: the pitch classes of its keys.
    """

    offset: float
    classes: frozenset[int]

    def key(self, pitch: float) -> int:
        """The key of a pitch."""
        return round(pitch - self.offset)


def tuned(a: Sequence[Note], b: Sequence[Note]) -> tuple[Tuned, Tuned]:
    """The keys of both pieces, counted alike: A's key 60 is the one that is nearest to B's."""
    own, other = (tuning(notes) or 0.0 for notes in (a, b))
    other = own + (other - own + 0.5) % 1.0 - 0.5
    return Tuned(own, _classes(a, own)), Tuned(other, _classes(b, other))


def _classes(notes: Sequence[Note], offset: float) -> frozenset[int]:
    seconds = [0.0] * OCTAVE
    for it in notes:
        seconds[round(it.pitch - offset) % OCTAVE] += it.seconds
    least = LEAST_SHARE * sum(seconds)
    return frozenset(at for at, it in enumerate(seconds) if it > 0 and it >= least)


def key_between(
    pitches: tuple[float, float],
    at: float,
    keys: tuple[Tuned, Tuned],
    threshold: float,
    taken: frozenset[int] = frozenset(),
) -> int:
    """The key of a note that goes from a pitch of A's to one of B's.

    Args:
        pitches: as MIDI numbers.
        at: X.
        keys: of both pieces.
        threshold: the note's own, from 0 to 1.
        taken: keys that it should not be on.
    """
    first, last = (it.key(pitch) for it, pitch in zip(keys, pitches, strict=True))
    own, way, size = (
        keys[int(at > threshold)].classes,
        1 if last >= first else -1,
        abs(last - first),
    )
    # Steps from `first` to `last`, and which of them are keys of the piece whose turn it is.
    steps = [it for it in range(size + 1) if it in (0, size) or (first + way * it) % OCTAVE in own]
    place = at * size
    near_a = max(it for it in steps if it <= place)
    near_b = min((it for it in steps if it >= place), default=near_a)
    share = (place - near_a) / (near_b - near_a) if near_b > near_a else 0.0
    chosen = first + way * (near_b if share > threshold else near_a)
    return _nearest_free(chosen, keys, taken) if chosen in taken else chosen


def _nearest_free(key: int, keys: tuple[Tuned, Tuned], taken: frozenset[int]) -> int:
    """The nearest key that is one of A's or B's and not taken, within an octave; or ``key``."""
    classes = keys[0].classes | keys[1].classes
    around = range(key - OCTAVE, key + OCTAVE + 1)
    free = [it for it in around if it % OCTAVE in classes and it not in taken]
    return min(free, key=lambda it: (abs(it - key), it), default=key)


def pitch_on(key: int, pitches: tuple[float, float], at: float, keys: tuple[Tuned, Tuned]) -> float:
    """The pitch of a key there: in the tuning between, and as far off it as the two notes are."""
    off_a, off_b = (pitch - it.key(pitch) for it, pitch in zip(keys, pitches, strict=True))
    return key + (1 - at) * off_a + at * off_b
