"""The files of a comparison: a page, the same as JSON, and the sounds and pictures they name.

A page is replaced in one step by the next, which has one result more. Only then are the files of a
comparison that was replaced removed, so there is always one whole page or none.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np

from plugin_bridge.files import sound_files
from plugin_bridge.files.result_folder import PAGE, check_folder, publish
from plugin_bridge.files.sound_files import Sound
from plugin_bridge.reports.compare_page import render_page
from plugin_bridge.reports.comparison import KIND, Clip, Comparison, Result
from plugin_bridge.reports.pictures import HIGHEST_HZ, Picture, spectrogram, write_levels

DATA, FILES = "comparison.json", "files"
_OURS = re.compile(rf"{FILES}(-\d+)?/[\w.-]+\.(wav|png)")  # no file elsewhere
LONGEST_NAME = 80  # characters of a file's name: few enough for any system


class ComparisonFiles:
    """The folder of a comparison while it grows.

    Args:
        made: an empty folder to make it in.
        folder: where it will be published.
        content: the sound that is restyled; it sets the scales of time and frequency of all
            pictures.
        styles: the sounds of the styles.
        earlier: what is there already and goes on; without it, what ``folder`` holds is replaced.
    """

    def __init__(
        self,
        made: Path,
        folder: Path,
        content: Sound,
        styles: Sequence[Sound],
        earlier: Comparison | None = None,
    ) -> None:
        self._made, self._folder = made, folder
        self._published = earlier is not None
        self._names = set() if earlier is None else {*_names_in(earlier)}
        self._replaced = [] if earlier else _files_of(folder)
        self._name = _free_name(folder) if earlier is None else Path(earlier.content.file).parts[0]
        (made / self._name).mkdir()
        self.seconds = content.seconds
        self.highest_hz = min(content.sample_rate / 2, HIGHEST_HZ)
        # One scale for all pictures, which is known before the first result is.
        self._loudest_db = max(self._picture(it).max(initial=-np.inf) for it in (content, *styles))

    def add(self, title: str, sound: Sound) -> tuple[str, str]:
        """Write a sound and its picture.

        Returns:
            The names of both files, inside the folder.
        """
        stem, n = _slug(title), 1
        while f"{self._name}/{stem}.wav" in self._names:
            n += 1
            stem = f"{_slug(title)}-{n}"
        file, picture = (f"{self._name}/{stem}.{suffix}" for suffix in ("wav", "png"))
        # 16 bits: every browser plays those.
        sound_files.write_in_place(self._made / file, replace(sound, bits=16))
        loudest_db = self._loudest_db if self._loudest_db > -np.inf else 0.0
        write_levels(self._made / picture, self._picture(sound) - loudest_db)
        self._names.add(file)
        return file, picture

    def add_clip(self, title: str, name: str, sound: Sound, source: str, credit: str = "") -> Clip:
        """Write a sound that goes in, and say what it is."""
        file, picture = self.add(title, sound)
        channels = len(sound.audio)
        return Clip(name, file, picture, sound.seconds, sound.sample_rate, channels, source, credit)

    def publish(self, comparison: Comparison, *, force: bool) -> None:
        """Write the page and the data, and move all that is new to its folder.

        Args:
            comparison: with all results up to now.
            force: whether an earlier comparison may be replaced.

        Raises:
            ValueError: the folder holds something else meanwhile.
            OSError: something cannot be written or moved, or what was published is gone.
        """
        check_folder(self._folder, KIND, force=force or self._published)
        if self._published and not (self._folder / PAGE).is_file():
            raise FileNotFoundError(f"{self._folder / PAGE} was removed meanwhile: start again.")
        (self._made / DATA).write_text(comparison.to_json(), encoding="utf-8")
        (self._made / PAGE).write_text(render_page(comparison), encoding="utf-8")
        publish(self._made, self._folder, after=[DATA])
        self._published = True
        (self._made / self._name).mkdir(parents=True, exist_ok=True)  # for what comes next
        self._remove_replaced()

    def _picture(self, sound: Sound) -> Picture:
        return spectrogram(sound, self.seconds, self.highest_hz)

    def _remove_replaced(self) -> None:
        """Remove the files of an earlier comparison, which no page names any longer."""
        for path in self._replaced:
            path.unlink(missing_ok=True)
        for parent in {path.parent for path in self._replaced}:
            with suppress(OSError):  # it holds something else, which stays
                parent.rmdir()
        self._replaced = []


def earlier_in(folder: Path, inputs: str) -> Comparison | None:
    """The comparison of the same inputs in ``folder``, if one is there with all its clips.

    Results that failed are left out, and so are those whose files are gone: they are tried again.
    """
    try:
        found = Comparison.from_json((folder / DATA).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    clips = (found.content, *found.styles)
    if found.inputs != inputs or not all(_is_there(folder, it) for it in clips):
        return None
    return replace(found, results=[it for it in found.results if it.file and _is_there(folder, it)])


def _is_there(folder: Path, it: Clip | Result) -> bool:
    return all(
        _OURS.fullmatch(name) and (folder / name).is_file() for name in (it.file, it.picture)
    )


def _names_in(comparison: Comparison) -> list[str]:
    clips = [comparison.content, *comparison.styles]
    return [*(it.file for it in clips), *(it.file for it in comparison.results)]


def _slug(title: str) -> str:
    """A name for a file that any system and any browser will take."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9_.]+", "-", plain.lower()).strip("-.")[:LONGEST_NAME] or "sound"


def _free_name(folder: Path) -> str:
    """A name for the folder of files that is not taken in ``folder``."""
    name, n = FILES, 1
    while (folder / name).exists():
        n += 1
        name = f"{FILES}-{n}"
    return name


def _files_of(folder: Path) -> list[Path]:
    """The sounds and pictures of the comparison in ``folder``, and no files elsewhere."""
    try:
        found = json.loads((folder / DATA).read_text(encoding="utf-8"))
        clips = [found["content"], *found["styles"], *found["results"]]
        names = [str(clip[kind]) for clip in clips for kind in ("file", "picture")]
    except (OSError, ValueError, KeyError, TypeError):
        return []  # somebody has edited it: then its files stay
    return [folder / it for it in names if _OURS.fullmatch(it)]
