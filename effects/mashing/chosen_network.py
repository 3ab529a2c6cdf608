"""Which network hears the parts of two songs."""

from __future__ import annotations

from effects.mashing import parts
from effects.mashing.hearing import Hear
from effects.mashing.options import Options


def network_of(options: Options) -> Hear:
    """The shipped network, or that of one's own weights.

    Raises:
        ValueError, OSError: the weights cannot be used.
    """
    return parts.hear_parts
