"""Real music that anyone can install: which ten seconds of it the case ``music`` restyles.

All of it comes from Debian's packages, and nothing of it is shipped here. `SOURCES` has them, with
their licences.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.quality.sounds import PEAK, RATE, SILENT, read, write
from effects.signal.arrays import Mono

SECONDS = 10.0
GAMES = Path("/usr/share/games")
BAND = GAMES / "fretsonfire/data/songs/muldjord"
WESNOTH = GAMES / "wesnoth/1.16/data/core/music"
KART = GAMES / "supertuxkart/data/music"
WIDELANDS = GAMES / "widelands/data/music"
LOOPS = Path("/usr/share/sonic-pi/samples")


@dataclass(frozen=True)
class Source:
    """A package of Debian's.

    Attributes:
        package: its name.
        folder: where it keeps its music.
        what: what music that is.
        licence: of those files that are used, with their authors, from the package and the files.
    """

    package: str
    folder: Path
    what: str
    licence: str


SOURCES = (
    Source(
        "fretsonfire-songs-muldjord",
        BAND,
        "a metal band, its guitars apart",
        "CC BY-SA 3.0 (El Senator, of the band Muldjord)",
    ),
    Source(
        "wesnoth-1.16-music",
        WESNOTH,
        "orchestral game music",
        "GPL-2+ (Ryan Reilly, Aleksi Aubry-Carlson, Tyler Johnson, Stephen Rozanc)",
    ),
    Source(
        "supertuxkart-data",
        KART,
        "rock, folk and electronic game music",
        "CC BY-SA 3.0 (Kalsan, Krobonil, Weirwood, Claude Werner, 0zone0ne); "
        "Boom_boom_boom: CC BY-SA 4.0 (Keith Baylis)",
    ),
    Source("widelands-data", WIDELANDS, "folk and early music", "GPL-2+ (Nikola Whallon)"),
    Source("sonic-pi-samples", LOOPS, "loops", "CC0 (Garzul, hullum)"),
)
#: The groups of excerpts, as tables and pages call them.
GROUPS = {"guitar": "band guitars", "song": "full songs", "track": "tracks"}


@dataclass(frozen=True)
class Excerpt:
    """Ten seconds of a recording.

    Attributes:
        group: of `GROUPS`: a band's guitar track; all of the mix of voices or bands; or a track
            without a band, acoustic or electronic.
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
            check([self])
            audio = np.sum([_part(it, self.start) for it in self.files], axis=0, dtype=np.float32)
            write(path, audio * np.float32(PEAK / max(np.abs(audio).max(), SILENT)))
        return path


def check(excerpts: Iterable[Excerpt]) -> None:
    """Check that all files are there.

    Raises:
        FileNotFoundError: some are not; the message says which packages to install.
    """
    absent = [file for it in excerpts for file in it.files if not file.is_file()]
    if absent:
        names = [
            source.package
            for source in SOURCES
            if any(file.is_relative_to(source.folder) for file in absent)
        ]
        raise FileNotFoundError(f"There is no {absent[0]}: sudo apt install {' '.join(names)}")


def _part(file: Path, start: float) -> Mono:
    size = round(SECONDS * RATE)
    audio = read(file)[round(start * RATE) :][:size]
    part: Mono = np.resize(audio, size)
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
