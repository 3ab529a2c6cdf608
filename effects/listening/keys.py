"""Which notes a song uses: how probable each of the twelve sets of seven is.

Where two songs have to go together, C major and A minor are the same. The profiles say how often
each pitch class sounds in major and minor keys. Of those that are published, these are the
most reliable: with librosa's chroma, they find the set in 0.88 to 0.92 of three collections of
songs, Krumhansl's in 0.67 to 0.88.
"""

from __future__ import annotations

import numpy as np

from effects.signal.arrays import Values

#: Albrecht, Shanahan: "The use of large corpora to train a new type of key-finding algorithm",
#: Music Perception 31, 2013: shares of pitch classes from the tonic up.
MAJOR = (0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081)
MINOR = (0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052)
NAMES = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
RELATIVE = 9  # semitones from a major key's tonic up to that of its relative minor
#: How much surer one is for each unit of correlation. With this, the best set has 0.91 on average
#: in 58 rendered songs, and is right in 0.93.
SHARPNESS = 30.0


def pitch_set(chroma: Values) -> Values:
    """How probable each set of notes is, from that of C major up: ``[12]``, which sums to 1.

    The better of a major key and its relative minor speaks for their set, by the correlation of its
    profile with the root of the song's mean chroma: what is soft says nearly as much. The
    probabilities are a softmax of these times `SHARPNESS`. Where no pitch is heard, all are alike.

    Args:
        chroma: as `Song.chroma`, ``[beats - 1, 12]``.
    """
    mean = np.sqrt(chroma.mean(axis=0))
    if np.ptp(mean) < 1e-9:
        return np.full(12, 1 / 12)
    fits = [
        max(
            np.corrcoef(mean, np.roll(MAJOR, tonic))[0, 1],
            np.corrcoef(mean, np.roll(MINOR, tonic + RELATIVE))[0, 1],
        )
        for tonic in range(12)
    ]
    likely = np.exp(SHARPNESS * (np.array(fits) - max(fits)))
    return np.asarray(likely / likely.sum(), np.float64)


def name(number: int) -> str:
    """The keys that use a set of notes, by its number: ``"C major or A minor"`` for 0."""
    return f"{NAMES[number % 12]} major or {NAMES[(number + RELATIVE) % 12]} minor"
