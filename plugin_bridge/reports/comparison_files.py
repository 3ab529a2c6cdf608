"""The files of a comparison: a page, the same as JSON, and the sounds and pictures they name.

An earlier page is replaced in one step, and only then are its files removed, so there is always one
whole comparison or none.
"""

from __future__ import annotations

import json
import re
import unicodedata
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from plugin_bridge.files import sound_files
from plugin_bridge.files.result_folder import PAGE, publish
from plugin_bridge.files.sound_files import Sound
from plugin_bridge.reports.compare_page import render_page
from plugin_bridge.reports.comparison import Clip, Comparison
from plugin_bridge.reports.pictures import HIGHEST_HZ, Picture, spectrogram, write_pictures

DATA, FILES = "comparison.json", "files"
LONGEST_NAME = 80  # characters of a file's name: few enough for any system


class ComparisonFiles:
    """The folder of a comparison while it grows.

    Args:
        made: an empty folder to make it in.
        folder: where it will be published.
        content: the sound that is restyled; it sets the scales of all pictures.
    """

    def __init__(self, made: Path, folder: Path, content: Sound) -> None:
        self._made, self._folder = made, folder
        self._name = _free_name(folder)
        (made / self._name).mkdir()
        self.seconds = content.seconds
        self.highest_hz = min(content.sample_rate / 2, HIGHEST_HZ)
        self._pictures: dict[str, Picture] = {}

    def add(self, title: str, sound: Sound) -> tuple[str, str]:
        """Write a sound.

        Returns:
            The name of its file, and the name that its picture will have, both inside the folder.
        """
        stem, n = _slug(title), 1
        while f"{self._name}/{stem}.png" in self._pictures:
            n += 1
            stem = f"{_slug(title)}-{n}"
        file, picture = (f"{self._name}/{stem}.{suffix}" for suffix in ("wav", "png"))
        # 16 bits: every browser plays those.
        sound_files.write_in_place(self._made / file, replace(sound, bits=16))
        self._pictures[picture] = spectrogram(sound, self.seconds, self.highest_hz)
        return file, picture

    def add_clip(self, title: str, name: str, sound: Sound, source: str, credit: str = "") -> Clip:
        """Write a sound that goes in, and say what it is."""
        file, picture = self.add(title, sound)
        channels = len(sound.audio)
        return Clip(name, file, picture, sound.seconds, sound.sample_rate, channels, source, credit)

    def draw(self) -> None:
        """Write all pictures, on one scale: 0 dB is the loudest spot of all."""
        write_pictures({self._made / name: it for name, it in self._pictures.items()})

    def describe(self, comparison: Comparison) -> None:
        """Write the page and the data."""
        (self._made / DATA).write_text(comparison.to_json(), encoding="utf-8")
        (self._made / PAGE).write_text(render_page(comparison), encoding="utf-8")

    def publish(self) -> None:
        """Move everything to its folder, and remove the files of an earlier comparison there."""
        earlier = _files_of(self._folder)
        publish(self._made, self._folder, after=[DATA])
        for path in earlier:
            path.unlink(missing_ok=True)
        for parent in {path.parent for path in earlier}:
            with suppress(OSError):  # it holds something else, which stays
                parent.rmdir()


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
    return [folder / it for it in names if re.fullmatch(rf"{FILES}(-\d+)?/[\w.-]+\.(wav|png)", it)]
