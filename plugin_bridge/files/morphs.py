"""Sounds of files between which a morph is made."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from plugin_bridge.files.sound_files import Sound, read

if TYPE_CHECKING:
    from effects.morphing.morphed import Morphed
    from effects.morphing.options import Options
    from effects.running.progress import OnProgress


class Pair(NamedTuple):
    """Two sounds and what to call them; the first is A.

    Attributes:
        names: for messages and reports.
        sounds: as the files hold them.
    """

    names: tuple[str, str]
    sounds: tuple[Sound, Sound]

    @property
    def kind(self) -> Sound:
        """A sound of the kind that their morph is: A's rate and depth, the wider one's channels."""
        a, b = self.sounds
        return Sound(max(a.audio, b.audio, key=len), a.sample_rate, a.bits)

    @property
    def seconds(self) -> float:
        """How long the longer one is."""
        return max(it.seconds for it in self.sounds)


def read_pair(paths: tuple[Path, Path]) -> Pair:
    """Two pieces. Raises ValueError or OSError if one cannot be read."""
    a, b = paths
    return Pair((a.name, b.name), (read(a), read(b)))


def morph_reporting(
    pair: Pair,
    options: Options,
    on_progress: OnProgress | None = None,
    threads: int | None = None,
) -> Morphed:
    """A piece between two, made and told of: `effects.morphing.morph.morph` in its own thread.

    Args:
        pair: the two.
        options: of the morph.
        on_progress: called as ``on_progress(fraction, stage)``; what it raises ends the work.
        threads: how many cores to use; None for all, at most 8.

    Raises:
        ValueError: there can be nothing between them; the message says why.
    """
    from effects.morphing.morph import morph
    from effects.running.progress import run_reporting

    a, b = (
        (name, sound.audio, float(sound.sample_rate))
        for name, sound in zip(pair.names, pair.sounds, strict=True)
    )
    return run_reporting(
        lambda progress: morph(a, b, options, progress=progress, threads=threads), on_progress
    )
