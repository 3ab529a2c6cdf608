"""A page with a row of morphs, from A to B: to hear, to see and to count what changes.

It loads nothing from elsewhere, so it works from a folder, without a network, and can be put on any
web server as it is.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from urllib.parse import quote

import numpy as np

from effects.morphing.morphed import Morphed
from effects.morphing.times import beats_between, reason_for_own_times
from effects.signal.loudness import loudness
from plugin_bridge.files.result_folder import PAGE, Kind
from plugin_bridge.files.sound_files import Sound
from plugin_bridge.reports import charts, roll_charts, whose
from plugin_bridge.reports.html import render
from plugin_bridge.reports.pictures import (
    HIGHEST_HZ,
    RANGE_DB,
    Picture,
    spectrogram,
    write_pictures,
)
from plugin_bridge.reports.whose import Score, brightness_range, key_range, scores

KIND = Kind("row of morphs", command="morph")


@dataclass(frozen=True)
class _Step:
    """What is kept of a morph of the row: not its sound.

    Attributes:
        x: how far it is from A to B.
        file: the name of its sound.
        about: whose piece it is at an end; else how far it is.
        seconds: how long it is.
        score: what is played.
        spectrogram: as `plugin_bridge.reports.pictures.spectrogram` has it.
        figures: what can be counted or measured, by name, with its unit.
        why: what was done and why.
    """

    x: float
    file: str
    about: str
    seconds: float
    score: Score
    spectrogram: Picture
    figures: Mapping[str, str]
    why: str


@dataclass(frozen=True)
class _Scale:
    """What all pictures of a row share, so that they can be compared.

    Attributes:
        seconds: the length of the time axis.
        hz: the highest frequency.
        keys: the lowest and the highest; None if there are no notes.
        bright: the least and the greatest brightness; None if there are no strokes.
    """

    seconds: float
    hz: float
    keys: tuple[int, int] | None
    bright: tuple[float, float] | None


def write_row(folder: Path, morphs: Iterable[tuple[float, Morphed, str]]) -> None:
    """Write the page and its pictures into a folder.

    Args:
        folder: where the sounds are, or will be. A picture is called as its sound, with ``.png``.
        morphs: of the same two pieces, from A to B: how far, the morph, and the name of its file in
            the folder. Each is let go before the next is asked for.

    Raises:
        OSError: a file cannot be written.
        ValueError: there are none.
    """
    steps, names = [], ("", "")
    for x, morphed, file in morphs:
        highest = min(morphed.sample_rate / 2, HIGHEST_HZ)
        names = Path(morphed.a.name).name, Path(morphed.b.name).name
        steps.append(_step(x, morphed, file, highest))
        del morphed
    if not steps:
        raise ValueError("A row needs at least one morph.")
    write_pictures({folder / _picture(it.file): it.spectrogram for it in steps})
    found = [it.score for it in steps]
    seconds = max(it.seconds for it in steps)
    scale = _Scale(seconds, highest, key_range(found), brightness_range(found))
    page = render(
        "morph_row.html",
        generator=KIND.generator,
        version=version("restyle"),
        a=names[0],
        b=names[1],
        why=steps[len(steps) // 2].why,
        steps=[_words(it, scale) for it in steps],
        owners=_owners(found),
        range_db=f"{RANGE_DB:g}",
    )
    (folder / PAGE).write_text(page, encoding="utf-8")


def _step(x: float, morphed: Morphed, file: str, highest_hz: float) -> _Step:
    sound, score = Sound(morphed.audio, round(morphed.sample_rate)), scores(morphed).morph
    end = {0.0: morphed.a.name, 1.0: morphed.b.name}.get(x)
    return _Step(
        x=x,
        file=file,
        about=Path(end).name if end is not None else f"{x:.3g} of the way from A to B",
        seconds=sound.seconds,
        score=score,
        spectrogram=spectrogram(sound, sound.seconds, highest_hz),
        figures=_figures(morphed, score, sound.seconds),
        why=str(morphed.report.get("why", "")),
    )


def _words(step: _Step, scale: _Scale) -> dict[str, object]:
    """What the page says of a morph."""
    name = {0.0: "A", 1.0: "B"}.get(step.x, f"{step.x:.3g}")
    shown = scale.seconds
    return {
        "name": name,
        "about": step.about,
        "file": quote(step.file),
        "file_name": step.file,
        "picture": charts.spectrogram(
            quote(_picture(step.file)),
            name,
            seconds=step.seconds,
            shown_seconds=shown,
            shown_hz=scale.hz,
        ),
        "notes": scale.keys and roll_charts.notes(step.score, scale.keys, shown_seconds=shown),
        "strokes": scale.bright
        and roll_charts.strokes(step.score, scale.bright, shown_seconds=shown),
        "figures": step.figures,
    }


def _picture(file: str) -> str:
    return f"{Path(file).stem}.png"


def _figures(morphed: Morphed, score: Score, seconds: float) -> Mapping[str, str]:
    """What can be counted or measured of a morph, by name, with its unit."""
    level = loudness(morphed.audio, morphed.sample_rate)
    return {
        "Notes": _counted(score.notes),
        "Strokes": _counted(score.strokes),
        "Loudness": f"{level:.1f} LUFS".replace("-", "−") if math.isfinite(level) else "silent",
        "Tempo": _tempo(morphed, seconds),
        "Length": f"{seconds:.1f} s",
    }


def _tempo(morphed: Morphed, seconds: float) -> str:
    """Beats a minute, those of the faster piece if its beats are about twice as fast."""
    a, b = morphed.a.song, morphed.b.song
    own = reason_for_own_times(a, b, morphed.report.get("tempo", "between"))
    if a is None or b is None or own is not None:
        return "–"
    steps = np.diff(beats_between(a, b, morphed.at, seconds))
    return f"{60 / np.median(steps):.0f} BPM" if steps.size else "–"


def _counted(groups: Mapping[str, Sequence[object]]) -> str:
    """How many there are, and whose: ``9 (4 A's, 3 of both, 2 B's)``."""
    names = {whose.A: "A's", whose.BOTH: "of both", whose.B: "B's", whose.NEW: "new"}
    each = [f"{len(groups[it])} {name}" for it, name in names.items() if it in groups]
    total = str(sum(map(len, groups.values())))
    return f"{total} ({', '.join(each)})" if each else total


def _owners(found: Sequence[Score]) -> Mapping[str, str]:
    """What the colours that there are mean, by the names of their classes."""
    there = {it for score in found for it in (*score.notes, *score.strokes)}
    return {it: meaning for it, meaning in whose.MEANINGS.items() if it in there}
