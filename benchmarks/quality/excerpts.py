"""Real music that anyone can install: which ten seconds of it the case ``music`` restyles.

All of it comes from Debian's packages, and nothing of it is shipped here:

| package                    | what                        | licence                   |
|----------------------------|-----------------------------|---------------------------|
| fretsonfire-songs-muldjord | a metal band, guitars apart | CC BY-SA 3.0 (El Senator) |
| wesnoth-1.16-music         | orchestral game music       | GPL-2+                    |
| supertuxkart-data          | rock, folk and electronic   | see its copyright file    |
| widelands-data             | folk and early music        | see its copyright file    |
| sonic-pi-samples           | loops                       | CC0                       |
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import librosa
import numpy as np

from benchmarks.quality.sounds import PEAK, RATE, SILENT, write
from effects.signal.arrays import Mono

SECONDS = 10.0
GAMES = Path("/usr/share/games")
BAND = GAMES / "fretsonfire/data/songs/muldjord"
WESNOTH = GAMES / "wesnoth/1.16/data/core/music"
KART = GAMES / "supertuxkart/data/music"
WIDELANDS = GAMES / "widelands/data/music"
LOOPS = Path("/usr/share/sonic-pi/samples")
#: The packages, for the error when one is missing.
PACKAGES = (
    "fretsonfire-songs-muldjord wesnoth-1.16-music supertuxkart-data widelands-data "
    "sonic-pi-samples"
)


@dataclass(frozen=True)
class Excerpt:
    """Ten seconds of a recording.

    Attributes:
        group: "guitar" (a band's guitar track), "song" (voices or bands, all of the mix) or "track"
            (acoustic or electronic, without a band).
        files: one, or stems of one song, which are added.
        start: where it begins, in seconds.
    """

    group: str
    files: tuple[Path, ...]
    start: float

    @property
    def name(self) -> str:
        """A short name for tables and pages."""
        first = self.files[0]
        song = first.parent.name if first.is_relative_to(BAND) else first.stem
        return f"{song} {self.start:.0f} s ({self.group})"

    def clip(self, folder: Path) -> Path:
        """The excerpt as a mono WAV file at 44.1 kHz with its peak at 0.5, kept in ``folder``.

        A file that is shorter is repeated, as a loop is.

        Raises:
            FileNotFoundError: a package is not installed.
        """
        text = f"{[str(it) for it in self.files]} {self.start} {SECONDS}"
        path = folder / f"music-{hashlib.sha256(text.encode()).hexdigest()[:20]}.wav"
        if not path.is_file():
            audio = np.sum([_part(it, self.start) for it in self.files], axis=0, dtype=np.float32)
            write(path, audio * np.float32(PEAK / max(np.abs(audio).max(), SILENT)))
        return path


def _part(file: Path, start: float) -> Mono:
    if not file.is_file():
        raise FileNotFoundError(f"There is no {file}: sudo apt install {PACKAGES}")
    audio, _ = librosa.load(file, sr=RATE, mono=True, offset=start, duration=SECONDS)
    part: Mono = np.resize(audio, round(SECONDS * RATE)).astype(np.float32)
    return part


def _guitar(song: str, start: float) -> Excerpt:
    return Excerpt("guitar", (BAND / song / "guitar.ogg",), start)


def _band(song: str, start: float) -> Excerpt:
    return Excerpt("song", (BAND / song / "song.ogg", BAND / song / "guitar.ogg"), start)


def _song(file: Path, start: float) -> Excerpt:
    return Excerpt("song", (file,), start)


def _track(file: Path, start: float) -> Excerpt:
    return Excerpt("track", (file,), start)


#: By halves; no file is in both. Chosen by title and place, before anything was restyled.
EXCERPTS: dict[str, tuple[Excerpt, ...]] = {
    "tune": (
        _guitar("armygeddon", 40.0),
        _guitar("armygeddon", 100.0),
        _guitar("internal_degeneration", 60.0),
        _guitar("internal_degeneration", 140.0),
        _band("armygeddon", 60.0),
        _song(KART / "Lava.ogg", 40.0),
        _song(KART / "West.ogg", 20.0),
        _song(KART / "kart_grand_prix.ogg", 30.0),
        _track(WESNOTH / "love_theme.ogg", 30.0),
        _track(WESNOTH / "battle.ogg", 40.0),
        _track(WIDELANDS / "ingame_03.ogg", 30.0),
        _track(LOOPS / "loop_electric.flac", 0.0),
    ),
    "report": (
        _guitar("chaos_god", 40.0),
        _guitar("chaos_god", 100.0),
        _guitar("mutilated_mime", 60.0),
        _guitar("mutilated_mime", 140.0),
        _band("mutilated_mime", 60.0),
        _song(KART / "Boom_boom_boom.ogg", 10.0),
        _song(KART / "hacienda.ogg", 30.0),
        _song(KART / "overworld.ogg", 30.0),
        _track(WESNOTH / "sad.ogg", 30.0),
        _track(WESNOTH / "frantic.ogg", 40.0),
        _track(WIDELANDS / "ingame_10.ogg", 30.0),
        _track(LOOPS / "loop_garzul.flac", 0.0),
    ),
}
