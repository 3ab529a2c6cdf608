"""Which networks make a latent: the shipped ones, or those of one's own weights."""

from __future__ import annotations

import os

from effects.latent.codec import Codec
from effects.latent.shipped import Shipped


def load_codec(weights: str | os.PathLike[str] | None = None) -> Codec:
    """The networks of a file of ``restyle latent train``; the shipped ones if none is named.

    Raises:
        FileNotFoundError, IsADirectoryError, PermissionError: the file cannot be opened.
        ValueError: it holds no such weights, or is damaged.
    """
    if weights is None:
        return Shipped()
    from effects.latent.own.weights import load  # loads torch: a second

    return load(weights)
