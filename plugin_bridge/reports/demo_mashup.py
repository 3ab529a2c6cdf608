"""The mashup of the demo: two shipped loops as one, with the picture that says which is heard."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from effects.mashing.options import Options
from effects.mashing.source import Source
from effects.running.progress import OnProgress
from plugin_bridge.files import sound_files
from plugin_bridge.files.songs import mash_reporting
from plugin_bridge.files.sound_files import Sound
from plugin_bridge.reports import mashup_picture
from plugin_bridge.reports.demo_sounds import write_sounds

PICTURE = "mask.png"


@dataclass(frozen=True)
class Songs:
    """Two recordings to be one.

    Attributes:
        a: the one whose lead is heard.
        b: the one whose bed is heard.
        about: what is to be heard.
    """

    a: str
    b: str
    about: str

    @property
    def folder(self) -> str:
        """Where its files are, inside the demo's folder."""
        return f"{self.a}-over-{self.b}"


@dataclass(frozen=True)
class MashupResult:
    """Two recordings, mashed.

    Attributes:
        songs: which.
        why: what was done and why, in a few sentences.
        seconds: how long each sound lasts, by name: a, b, mashup.
    """

    songs: Songs
    why: str
    seconds: dict[str, float]


SONGS = Songs(
    "garzul",
    "mika",
    "Two loops as one: what plays in the foreground of the first, over the rhythm of the second.",
)


def mash_songs(
    songs: Songs, clips: tuple[Path, Path], folder: Path, report: OnProgress
) -> MashupResult:
    """Mash two clips into ``folder``, which is made: three sounds, their pictures, the mask."""
    sounds = {name: sound_files.read(clip) for name, clip in zip("ab", clips, strict=True)}
    sources = [
        Source(name, sound.audio, sound.sample_rate)
        for name, sound in zip((songs.a, songs.b), sounds.values(), strict=True)
    ]
    mashed = mash_reporting(sources, Options(), report)
    sounds["mashup"] = Sound(mashed.audio, round(mashed.sample_rate))
    write_sounds(folder, sounds)
    mashup_picture.draw(folder / PICTURE, sources, mashed)
    seconds = {name: sound.seconds for name, sound in sounds.items()}
    return MashupResult(songs, str(mashed.report["why"]), seconds)
