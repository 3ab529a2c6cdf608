"""The morph of the demo: from a shipped recording to the clip of a preset, in five steps."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from effects.morphing.morph import morph
from effects.morphing.morphed import Morphed
from effects.morphing.options import Options
from effects.running.progress import OnProgress, Progress, part, run_reporting
from plugin_bridge.files import sound_files
from plugin_bridge.files.sound_files import Sound
from plugin_bridge.reports import morph_picture
from plugin_bridge.reports.demo_sounds import write_sounds

PICTURE = "middle.png"
STEPS = {"a": 0.0, "0.25": 0.25, "0.5": 0.5, "0.75": 0.75, "b": 1.0}  # by the names of their files
MIDDLE = "0.5"  # the step that is drawn


@dataclass(frozen=True)
class Ends:
    """Two pieces to go between.

    Attributes:
        a: the recording that it begins with.
        b: the preset whose clip it ends with.
        seconds: how much of each is taken, from the beginning.
        about: what is to be heard.
    """

    a: str
    b: str
    seconds: float
    about: str

    @property
    def folder(self) -> str:
        """Where its files are, inside the demo's folder."""
        return f"between-{self.a}-and-{self.b}"


@dataclass(frozen=True)
class MorphResult:
    """Two pieces, and what is between them.

    Attributes:
        ends: which.
        why: what was done and why, in a few sentences.
        seconds: how long each step lasts, by its name in `STEPS`.
    """

    ends: Ends
    why: str
    seconds: dict[str, float]


ENDS = Ends(
    "guitar",
    "koto",
    5.0,
    "Neither one after the other nor both at once: at each step there is one melody on one "
    "instrument, between the two.",
)


def morph_ends(
    ends: Ends, clips: tuple[Path, Path], folder: Path, report: OnProgress
) -> MorphResult:
    """Morph two clips into ``folder``, which is made: five sounds, their pictures, the middle's."""
    a, b = (_beginning(sound_files.read(clip), ends.seconds) for clip in clips)
    made: dict[str, Morphed] = {}
    for n, (name, x) in enumerate(STEPS.items()):
        report_step = part(report, n / len(STEPS), (n + 1) / len(STEPS))
        made[name] = _morph(ends, a, b, x, report_step)
    sounds = {name: Sound(it.audio, round(it.sample_rate)) for name, it in made.items()}
    write_sounds(folder, sounds)
    morph_picture.draw(made[MIDDLE], folder / PICTURE)
    seconds = {name: sound.seconds for name, sound in sounds.items()}
    return MorphResult(ends, str(made[MIDDLE].report["why"]), seconds)


def _morph(ends: Ends, a: Sound, b: Sound, x: float, report: OnProgress) -> Morphed:
    def run(progress: Progress) -> Morphed:
        first, second = (ends.a, a.audio, a.sample_rate), (ends.b, b.audio, b.sample_rate)
        return morph(first, second, Options(at=x), progress=progress)

    return run_reporting(run, report)


def _beginning(sound: Sound, seconds: float) -> Sound:
    return sound.with_audio(sound.audio[:, : round(seconds * sound.sample_rate)])
