"""The demo: a few shipped recordings restyled, in a folder with a page that plays them."""

from __future__ import annotations

import html
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from string import Template

import presets
from effects import StyleTransfer
from plugin_bridge.files import sound_files
from plugin_bridge.files.sound_files import Sound
from plugin_bridge.reports.distance import log_spectral_distance
from plugin_bridge.reports.pictures import draw
from presets.preset import Preset, read

PAGE = "index.html"
RECORDINGS = Path(__file__).parents[1] / "recordings"
MARK = '<meta name="generator" content="restyle demo">'  # by which a folder is known as a demo's


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
    Pair("safari", "steel-guitar", "A struck and plucked pattern on the strings of a guitar."),
)


def recording(name: str) -> Preset:
    """One of the recordings that come with Restyle; they are described as presets are."""
    return read(RECORDINGS / name)


@dataclass(frozen=True)
class Result:
    """What came of a pair.

    Attributes:
        pair: what was asked for.
        before: the log-spectral distance of content and style, in dB.
        after: that of output and style.
    """

    pair: Pair
    before: float
    after: float


def make_demo(folder: Path, report: Callable[[float, str], None]) -> Path:
    """Make the demo in ``folder``, which is new, empty, or an earlier demo; all of it or nothing.

    Args:
        folder: where.
        report: called with the fraction done, 0 to 1, and the stage.

    Returns:
        The page to open.

    Raises:
        ValueError: ``folder`` is a file, or holds something else.
        OSError: it cannot be written.
    """
    check_folder(folder)
    folder = folder.resolve()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".restyle-demo-", dir=folder.parent) as name:
        made = Path(name)
        results = []
        for index, pair in enumerate(PAIRS):
            part = _part(report, index / len(PAIRS), 1 / len(PAIRS), pair)
            results.append(restyle_pair(pair, made / pair.folder, part))
        (made / PAGE).write_text(render_page(results), encoding="utf-8")
        for file in sorted(made.rglob("*.*")):
            target = folder / file.relative_to(made)
            target.parent.mkdir(parents=True, exist_ok=True)
            os.replace(file, target)
    return folder / PAGE


def check_folder(folder: Path) -> None:
    """Raise ValueError unless the demo may be made in ``folder``."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise ValueError(f"{folder} is a file: name a folder for the demo.")
    page = folder / PAGE
    earlier = page.is_file() and MARK in page.read_text(encoding="utf-8", errors="replace")
    if not earlier and any(folder.iterdir()):
        raise ValueError(
            f"The folder {folder} holds something other than a demo: name another, or a new one."
        )


def restyle_pair(pair: Pair, folder: Path, report: Callable[[float, str], None]) -> Result:
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
    package = files(__package__).joinpath("templates")
    page = Template(package.joinpath("demo.html").read_text(encoding="utf-8"))
    section = Template(package.joinpath("demo_pair.html").read_text(encoding="utf-8"))
    recordings = sorted({it.pair.content for it in results})
    styles = sorted({it.pair.style for it in results})
    return page.substitute(
        mark=MARK,
        version=version("restyle"),
        pairs="\n".join(section.substitute(_words(result)) for result in results),
        credits="\n".join(_credit(recording(name)) for name in recordings),
        styles="\n".join(_source(presets.get(name)) for name in styles),
    )


def _words(result: Result) -> dict[str, str]:
    """What the page says of a pair."""
    pair = result.pair
    content, style = recording(pair.content), presets.get(pair.style)
    effect = StyleTransfer(preset=pair.style, strength=pair.strength)
    return {
        "folder": pair.folder,
        "content": html.escape(content.label),
        "style": html.escape(style.label),
        "style_name": style.name,
        "about": html.escape(pair.about),
        "strength": f"{effect.strength:g}",
        "mix": f"{effect.mix:g}",
        "engine": html.escape(str(effect.engine)),
        "seed": str(effect.seed),
        "before": f"{result.before:.1f}",
        "after": f"{result.after:.1f}",
    }


def _credit(preset: Preset) -> str:
    link, label, author, licence = (
        html.escape(text) for text in (preset.source, preset.label, preset.credit, preset.licence)
    )
    return f'<li>{label}: recorded by <a href="{link}">{author}</a>, {licence}</li>'


def _source(preset: Preset) -> str:
    label, source, credit, licence = (
        html.escape(text) for text in (preset.label, preset.source, preset.credit, preset.licence)
    )
    return f"<li>{label}: {source}, by {credit}, {licence}</li>"


def _part(
    report: Callable[[float, str], None], start: float, share: float, pair: Pair
) -> Callable[[float, str], None]:
    """The report of one pair's progress, as that of the whole."""
    title = pair.folder.replace("-", " ")
    return lambda fraction, stage: report(start + share * fraction, f"{title}: {stage}")


def _distance(a: Sound, b: Sound) -> float:
    return log_spectral_distance(a.audio, b.audio, a.sample_rate, b.sample_rate)
