"""Two pieces in, one between them out."""

from __future__ import annotations

from effects.morphing.morphed import Morphed
from effects.morphing.options import Options
from effects.running.progress import Progress
from effects.signal.arrays import Audio


def morph(
    a: tuple[str, Audio, float],
    b: tuple[str, Audio, float],
    options: Options,
    *,
    progress: Progress | None = None,
    threads: int | None = None,
) -> Morphed:
    """The piece ``options.at`` of the way from A to B. Each is a name, audio and its rate in Hz."""
    raise NotImplementedError
