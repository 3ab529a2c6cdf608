"""Two songs, or several, become one: listen, align, warp, mix, and bring to the loudness of B."""

from __future__ import annotations

from collections.abc import Sequence

from effects.mashing.mashed import Mashed
from effects.mashing.options import Options
from effects.mashing.source import Source
from effects.running.progress import Progress

DEFAULTS = Options()


def mash(
    songs: Sequence[Source],
    options: Options = DEFAULTS,
    progress: Progress | None = None,
    *,
    threads: int | None = None,
) -> Mashed:
    """Lay the lead of one song over the bed of another; of several songs, a medley.

    The sound has B's rate and channels, and its loudness within 1 LU; peaks stay below full scale
    if B's do. The same songs and options give the same bits, however many threads there are.

    Args:
        songs: A and B; or A, B, C and so on.
        options: what is wanted.
        progress: is told how far the work is; it may be stopped.
        threads: how many cores may be used; None for all there are, at most 8.

    Raises:
        ValueError: there are fewer than two songs, or they cannot be mashed.
        Cancelled: ``progress`` was told to stop.
    """
    raise NotImplementedError
