"""A tweak as it is made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from effects.latent.codec import Z
from effects.notes.note import Note
from effects.signal.arrays import Audio


@dataclass(frozen=True)
class Tweaked:
    """A piece with its latent changed.

    Attributes:
        audio: ``[channels, samples]``, as many of each as the piece has.
        sample_rate: the piece's, in Hz.
        before: the notes that were heard in it.
        after: those that are played.
        z: its latent, ``[windows, 120]``.
        changed_z: as it was changed, likewise.
        report: what was done and why, as JSON can hold it: see `effects.tweaking.tweak`.
    """

    audio: Audio
    sample_rate: float
    before: Sequence[Note]
    after: Sequence[Note]
    z: Z
    changed_z: Z
    report: Mapping[str, Any]
