"""A piece in, a cover of it out: its latent is changed, and what that says is played."""

from __future__ import annotations

import os

from effects.latent.changes import Changes
from effects.latent.codec import Codec
from effects.running.progress import Progress
from effects.signal.arrays import Audio
from effects.style_clip import Style
from effects.tweaking.tweaked import Tweaked


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

    Args:
        source: a name, audio, ``[channels, samples]``, and its rate in Hz.
        changes: what becomes of the latent.
        style: who plays it; None for the piece's own sounds.
        codec: the networks; None for those of ``weights``.
        weights: a file of ``restyle latent train``; None for the shipped ones.
        progress: is told how far the work is; it may be stopped.
        threads: how many cores may be used; None for all there are, at most 8.
    """
    raise NotImplementedError
