"""The demo: a few shipped recordings restyled, in a folder with a page that plays them."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import presets
from effects import StyleTransfer
from effects.running.progress import OnProgress, part
from plugin_bridge.files import sound_files
from plugin_bridge.files.result_folder import PAGE, Kind, check_folder, publish, workshop
from plugin_bridge.files.sound_files import Sound
from plugin_bridge.reports.distance import log_spectral_distance
from plugin_bridge.reports.html import render
from plugin_bridge.reports.pictures import draw
from presets.preset import Preset, read

KIND = Kind("demo", command="demo")
RECORDINGS = Path(__file__).parents[1] / "recordings"


@dataclass(frozen=True)
class Pair:
    """Something to play and something to play it on: a recording and a preset."""

    content: str
    style: str
    about: str
    strength: float = 1.0

    @property
    def folder(self) -> str:
        """Where its files are, inside the demo's folder."""
        return f"{self.content}-to-{self.style}"


PAIRS = (
    Pair(
        "guitar",
        "choir-aahs",
        "A picked chord that rings on, sung: notes that last, in a sound that lasts.",
    ),
    Pair("tabla", "power-kit", "One player's rhythm on another player's instrument."),
    Pair("safari", "nylon-guitar", "A struck and plucked pattern on the strings of a guitar."),
)


def recording(name: str) -> Preset:
    """One of the recordings that come with Restyle, which are described like presets."""
    return read(RECORDINGS / name)


@dataclass(frozen=True)
class Result:
    """A pair, restyled.

    Attributes:
        pair: the recording and the preset.
        before: the log-spectral distance from content to style, in dB.
        after: the same distance from output to style.
    """

    pair: Pair
    before: float
    after: float


def make_demo(folder: Path, report: OnProgress) -> Path:
    """Make the demo in ``folder``; all of it or nothing.

    Args:
        folder: new, empty, or an earlier demo. What the user added stays.
        report: called with the fraction done, 0 to 1, and the stage.

    Returns:
        The page to open.

    Raises:
        ValueError: ``folder`` is a file, or holds something else.
        OSError: it cannot be written.
    """
    check_folder(folder, KIND)
    folder = folder.resolve()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with workshop(folder, KIND) as made:
        results = []
        for index, pair in enumerate(PAIRS):
            report_pair = _titled(part(report, index / len(PAIRS), (index + 1) / len(PAIRS)), pair)
            results.append(restyle_pair(pair, made / pair.folder, report_pair))
        (made / PAGE).write_text(render_page(results), encoding="utf-8")
        publish(made, folder)
    return folder / PAGE


def restyle_pair(pair: Pair, folder: Path, report: OnProgress) -> Result:
    """Restyle a pair into ``folder``, which is made: three sounds and a picture."""
    content = sound_files.read(recording(pair.content).clip)
    style = sound_files.read(presets.get(pair.style).clip)
    effect = StyleTransfer(preset=pair.style, strength=pair.strength, on_progress=report)
    output = content.with_audio(effect(content.audio, content.sample_rate))
    folder.mkdir()
    for name, sound in {"content": content, "style": style, "output": output}.items():
        # 16 bits: every browser plays those.
        sound_files.write(folder / f"{name}.wav", Sound(sound.audio, sound.sample_rate, bits=16))
    draw(folder / "picture.png", content, style, output, effect.loss_curves)
    return Result(pair, before=_distance(content, style), after=_distance(output, style))


def render_page(results: list[Result]) -> str:
    """The page, in HTML, with links relative to it."""
    return render(
        "demo.html",
        generator=KIND.generator,
        version=version("restyle"),
        pairs=[_words(result) for result in results],
        recordings=[recording(name) for name in sorted({it.pair.content for it in results})],
        presets=[presets.get(name) for name in sorted({it.pair.style for it in results})],
    )


def _words(result: Result) -> dict[str, object]:
    """What the page says about a pair."""
    pair = result.pair
    effect = StyleTransfer(preset=pair.style, strength=pair.strength)
    return {
        "folder": pair.folder,
        "content": recording(pair.content).label,
        "style": presets.get(pair.style).label,
        "style_name": presets.get(pair.style).name,
        "about": pair.about,
        "strength": f"{effect.strength:g}",
        "mix": f"{effect.mix:g}",
        "engine": effect.engine,
        "seed": effect.seed,
        "before": f"{result.before:.1f}",
        "after": f"{result.after:.1f}",
    }


def _titled(report: OnProgress, pair: Pair) -> OnProgress:
    title = pair.folder.replace("-", " ")
    return lambda fraction, stage: report(fraction, f"{title}: {stage}")


def _distance(a: Sound, b: Sound) -> float:
    return log_spectral_distance(a.audio, b.audio, a.sample_rate, b.sample_rate)
