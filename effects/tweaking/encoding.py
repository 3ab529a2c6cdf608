"""From sounds to latents, and from latents to sounds."""

from __future__ import annotations

import os

from effects.latent.codec import Codec
from effects.latent.latent import Latent
from effects.running.progress import Progress
from effects.signal.arrays import Audio
from effects.style_clip import Style


def encode(
    name: str,
    audio: Audio,
    sample_rate: float,
    codec: Codec | None = None,
    progress: Progress | None = None,
) -> Latent:
    """Listen to a sound, ``[channels, samples]``, and say what it is in the latent space."""
    raise NotImplementedError


def decode(
    latent: Latent,
    style: Style,
    sample_rate: float,
    *,
    codec: Codec | None = None,
    progress: Progress | None = None,
) -> Audio:
    """What a latent says, played by a style: one channel, ``[1, samples]``."""
    raise NotImplementedError


def find_towards(
    named: str | os.PathLike[str], codec: Codec, progress: Progress | None = None
) -> tuple[float, ...]:
    """The mean latent, 120 numbers, of a preset (by its name), a latent file, a sound file, or a
    folder of sounds or latents: for `effects.latent.changes.Changes.towards`.
    """
    raise NotImplementedError
