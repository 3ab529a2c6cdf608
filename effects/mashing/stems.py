"""The stems of a song, if one has them: which of them is the lead, and all of them as one song."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from effects.mashing.parts import HARMONY, LEAD, RHYTHM
from effects.signal.arrays import Audio
from effects.signal.resample import resample

#: A stem is the first of these of which its name has a word, or the beginning of one; or else
#: harmony. The words are those of separators (vocals, drums, bass, other), games, DAW templates.
WORDS: tuple[tuple[int, tuple[str, ...]], ...] = (
    (HARMONY, ("backing", "accomp", "instrumental", "no vocals", "minus")),
    (HARMONY, ("rhythm guitar", "rhythm gtr", "guitar rhythm", "gtr rhythm")),
    (RHYTHM, ("drum", "bass", "sub", "perc", "beat", "kick", "snare", "hat", "hihat", "cymbal")),
    (RHYTHM, ("tom", "clap", "rhythm", "808")),
    (LEAD, ("lead", "main", "vocal", "vox", "voice", "singer", "singing", "rap", "acapella")),
    (LEAD, ("a cappella", "topline", "melod", "solo")),
)
#: Words of a stem that is the lead if no other is.
PERHAPS_LEAD = ("guitar",)


@dataclass(frozen=True)
class Stems:
    """A song in three parts, as long as each other.

    Attributes:
        parts: lead, rhythm and harmony, in the order of `effects.mashing.parts`;
            ``[channels, samples]`` each.
    """

    parts: tuple[Audio, Audio, Audio]

    @property
    def mixture(self) -> Audio:
        """The song: the sum of its stems."""
        lead, rhythm, harmony = self.parts
        mixture: Audio = lead + rhythm
        mixture += harmony
        return mixture


def roles_of(names: Sequence[str]) -> list[int]:
    """Which part each stem of a song is, by its name, as `effects.mashing.parts` numbers them.

    >>> roles_of(["07 Lead Vocals", "drum_loop", "Guitar"]) == [LEAD, RHYTHM, HARMONY]
    True
    >>> roles_of(["song", "guitar"]) == [HARMONY, LEAD]
    True
    """
    roles = [next((role for role, words in WORDS if _has(it, words)), HARMONY) for it in names]
    if LEAD in roles:
        return roles
    return [
        LEAD if role == HARMONY and _has(name, PERHAPS_LEAD) else role
        for name, role in zip(names, roles, strict=True)
    ]


def _has(name: str, words: Sequence[str]) -> bool:
    """Whether a name has one of the words, or a word that begins with it."""
    spaced = re.sub(r"[^a-z0-9]+", " ", f" {name.lower()}")
    return any(f" {it}" in spaced for it in words)


def joined(name: str, stems: Sequence[tuple[str, Audio, float]]) -> tuple[Stems, float]:
    """Stems as three parts with the highest of their rates (in Hz), which is returned too.

    Those of one part are added up. All begin together; shorter ones are silent after their end.
    A stem of one channel is copied to the others; otherwise all have as many.

    Args:
        name: the song's, for messages.
        stems: the name, the samples, ``[channels, samples]``, and the rate in Hz of each.

    Raises:
        ValueError: there are none, none can be the lead, or their channels do not fit.
    """
    roles = roles_of([it for it, _, _ in stems])
    if LEAD not in roles:
        names = ", ".join(it for it, _, _ in stems) or "none"
        raise ValueError(
            f"No stem of {name} is named as a lead ({names}): give the stem of the voice or "
            "melody a name with 'lead' in it."
        )
    rate = max(rate for _, _, rate in stems)
    at_rate = [audio if own == rate else resample(audio, own, rate) for _, audio, own in stems]
    channels = _channels(name, [len(it) for it in at_rate])
    shape = (channels, max(it.shape[1] for it in at_rate))
    parts = tuple(np.zeros(shape, np.float32) for _ in range(3))
    for role, audio in zip(roles, at_rate, strict=True):
        parts[role][:, : audio.shape[1]] += audio
    lead, rhythm, harmony = parts
    return Stems((lead, rhythm, harmony)), rate


def _channels(name: str, counts: Sequence[int]) -> int:
    """How many channels the song has. Raises ValueError."""
    several = {it for it in counts if it > 1}
    if len(several) > 1:
        raise ValueError(
            f"The stems of {name} have {' and '.join(map(str, sorted(several)))} channels: export "
            "them alike."
        )
    return max(counts)
