"""A mashup as it is made: the sound, the mask, and what is to be said of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from effects.mashing.mask import Mask
from effects.signal.arrays import Audio

if TYPE_CHECKING:
    from effects.mashing.alignment import Alignment


@dataclass(frozen=True)
class Mashed:
    """A mashup.

    Attributes:
        audio: ``[channels, samples]``, with as many channels as B.
        sample_rate: B's, in Hz.
        mask: which of the songs is heard.
        alignment: which moment of A and of B each moment comes from; None if a song is silent, so
            that nothing was aligned.
        report: what was done and why, as JSON can hold it: see `effects.mashing.mash`.
    """

    audio: Audio
    sample_rate: float
    mask: Mask
    alignment: Alignment | None
    report: Mapping[str, Any]
