"""A page with a row of morphs, from A to B: to hear, to see and to count what changes.

It loads nothing from elsewhere, so it works from a folder, without a network, and can be put on any
web server as it is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from urllib.parse import quote

from effects.morphing.morphed import Morphed
from effects.signal.loudness import loudness
from plugin_bridge.files.result_folder import PAGE, Kind
from plugin_bridge.files.sound_files import Sound
from plugin_bridge.reports import charts, roll_charts, whose
from plugin_bridge.reports.html import render
from plugin_bridge.reports.pictures import HIGHEST_HZ, RANGE_DB, spectrogram, write_pictures
from plugin_bridge.reports.whose import Score, brightness_range, key_range, scores

KIND = Kind("row of morphs", command="morph")


@dataclass(frozen=True)
class _Scale:
    """What all morphs of a row share, so that they can be compared.

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


def write_row(folder: Path, morphs: Sequence[tuple[float, Morphed, str]]) -> None:
    """Write the page and its pictures into a folder.

    Args:
        folder: where the sounds are, or will be. A picture is called as its sound, with ``.png``.
        morphs: from A to B: how far, the morph, and the name of its file in the folder.

    Raises:
        OSError: a file cannot be written.
    """
    found = [scores(morphed).morph for _, morphed, _ in morphs]
    sounds = [Sound(it.audio, round(it.sample_rate)) for _, it, _ in morphs]
    scale = _Scale(
        seconds=max(it.seconds for it in sounds),
        hz=min(max(it.sample_rate for it in sounds) / 2, HIGHEST_HZ),
        keys=key_range(found),
        bright=brightness_range(found),
    )
    names = [_picture(file) for _, _, file in morphs]
    pictures = [spectrogram(it, scale.seconds, scale.hz) for it in sounds]
    write_pictures({folder / name: picture for name, picture in zip(names, pictures, strict=True)})
    first = morphs[0][1]
    page = render(
        "morph_row.html",
        generator=KIND.generator,
        version=version("restyle"),
        a=Path(first.a.name).name,
        b=Path(first.b.name).name,
        why=morphs[len(morphs) // 2][1].report.get("why", ""),
        steps=[
            _step(x, morphed, file, score, scale)
            for (x, morphed, file), score in zip(morphs, found, strict=True)
        ],
        owners=_owners(found),
        range_db=f"{RANGE_DB:g}",
    )
    (folder / PAGE).write_text(page, encoding="utf-8")


def _step(x: float, morphed: Morphed, file: str, score: Score, scale: _Scale) -> dict[str, object]:
    """What the page says of a morph."""
    seconds = morphed.audio.shape[1] / morphed.sample_rate
    shown = scale.seconds
    name = {0.0: "A", 1.0: "B"}.get(x, f"{x:.3g}")
    end = {0.0: morphed.a.name, 1.0: morphed.b.name}.get(x)
    return {
        "name": name,
        "about": Path(end).name if end is not None else f"{x:.3g} of the way from A to B",
        "file": quote(file),
        "file_name": file,
        "picture": charts.spectrogram(
            quote(_picture(file)), name, seconds=seconds, shown_seconds=shown, shown_hz=scale.hz
        ),
        "notes": scale.keys and roll_charts.notes(score, scale.keys, shown_seconds=shown),
        "strokes": scale.bright and roll_charts.strokes(score, scale.bright, shown_seconds=shown),
        "figures": _figures(morphed, score, seconds),
    }


def _picture(file: str) -> str:
    return f"{Path(file).stem}.png"


def _figures(morphed: Morphed, score: Score, seconds: float) -> Mapping[str, str]:
    """What can be counted or measured of a morph, by name, with its unit."""
    level = loudness(morphed.audio, morphed.sample_rate)
    tempo = morphed.report.get("tempo")
    return {
        "Notes": _counted(score.notes),
        "Strokes": _counted(score.strokes),
        "Loudness": f"{level:.1f} LUFS".replace("-", "−") if math.isfinite(level) else "silent",
        "Tempo": f"{tempo:.0f} BPM" if isinstance(tempo, (int, float)) else "–",
        "Length": f"{seconds:.1f} s",
    }


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
