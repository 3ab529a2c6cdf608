"""Sounds of files whose latent is changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from effects.latent.changes import Changes
    from effects.running.progress import OnProgress, Progress
    from effects.style_clip import Style, StyleSource
    from effects.tweaking.tweaked import Tweaked
    from plugin_bridge.files.sound_files import Sound

#: At which fraction of the work it is known what to go towards: about as much is to be listened to
#: as of the piece. By guess.
FOUND = 0.5


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


def check_towards(named: str) -> None:
    """Check that there is what a latent is to go towards: a file, a folder, or a preset.

    Raises:
        ValueError: there is not.
    """
    import presets

    if not Path(named).exists():
        try:
            presets.get(named)
        except presets.PresetError as error:
            raise ValueError(f"There is no file or folder {named}: {error}") from error


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
        return Style(found.clip, found.sha256, found.notes, found.name)
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
    from effects.latent.loading import load_codec
    from effects.running.cores import using
    from effects.running.progress import run_reporting
    from effects.tweaking.encoding import find_towards
    from effects.tweaking.tweak import tweak

    piece = (name, sound.audio, float(sound.sample_rate))
    chosen: dict[str, Any] = {"style": style, "weights": weights, "threads": threads}

    def work(progress: Progress) -> Tweaked:
        if not isinstance(changes.towards, str):
            return tweak(piece, changes, progress=progress, **chosen)
        codec, title = load_codec(weights), Path(changes.towards).name
        with using(threads):
            found = find_towards(changes.towards, codec, progress.nested(0.0, FOUND, title))
        rest = progress.nested(FOUND, 1.0, name)
        return tweak(piece, replace(changes, towards=found), codec=codec, progress=rest, **chosen)

    return run_reporting(work, on_progress)
