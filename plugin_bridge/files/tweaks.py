"""Sounds of files whose latent is changed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from effects.latent.changes import Changes
    from effects.running.progress import OnProgress
    from effects.style_clip import Style, StyleSource
    from effects.tweaking.tweaked import Tweaked
    from plugin_bridge.files.sound_files import Sound


def changes_of(given: Mapping[str, Any]) -> Changes:
    """The changes of a latent, by the names that commands and jobs have for them.

    Args:
        given: as `effects.latent.changes.Changes` has them, but ``amount`` is how far to go
            ``towards`` something.

    Raises:
        TypeError, ValueError: one is impossible.
    """
    from effects.latent.changes import Changes

    named = {"towards_amount" if it == "amount" else it: value for it, value in given.items()}
    return Changes(**named)


def player(preset: str | None = None, clip: StyleSource | None = None) -> Style | None:
    """Who plays what a latent says: a preset or a clip; None if neither is given.

    Raises:
        ValueError: there is no such preset, or the clip is nothing that can be one.
        FileNotFoundError: there is no such file.
    """
    from effects.style_clip import Style

    if preset is not None:
        import presets

        found = presets.get(preset)
        return Style(found.clip, found.sha256, found.notes)
    return None if clip is None else Style(clip)


def tweak_reporting(
    name: str,
    sound: Sound,
    changes: Changes,
    on_progress: OnProgress | None = None,
    *,
    style: Style | None = None,
    weights: Path | None = None,
    threads: int | None = None,
) -> Tweaked:
    """A piece with its latent changed, made and told of: `effects.tweaking.tweak.tweak`.

    Args:
        name: of the piece, for messages.
        sound: the piece.
        changes: of its latent.
        on_progress: called as ``on_progress(fraction, stage)``; what it raises ends the work.
        style: what plays it; None for the piece's own sounds.
        weights: of one's own; None for the shipped ones.
        threads: how many cores to use; None for all, at most 8.

    Raises:
        ValueError: it cannot be done; the message says why.
    """
    from effects.running.progress import run_reporting
    from effects.tweaking.tweak import tweak

    piece = (name, sound.audio, float(sound.sample_rate))
    chosen: dict[str, Any] = {"style": style, "weights": weights, "threads": threads}
    return run_reporting(
        lambda progress: tweak(piece, changes, progress=progress, **chosen), on_progress
    )
