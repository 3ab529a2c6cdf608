"""A picture of a morph: what A, the morph and B play, how far it is when, and how they sound."""

from __future__ import annotations

import textwrap
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from effects.morphing.at import At
from effects.morphing.morphed import Morphed
from effects.notes.note import Note
from plugin_bridge.files.sound_files import Sound
from plugin_bridge.reports import whose
from plugin_bridge.reports.pictures import (
    HIGHEST_HZ,
    STYLE_SHEET,
    Picture,
    show,
    spectrogram,
)
from plugin_bridge.reports.whose import Score, Scores, brightness_range, key_range, octaves, scores

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    Row = tuple[float, Callable[[Axes], Any]]  # how high it is, in inches, and what draws it
    Owned = Mapping[str, Sequence[Note]]

# All of this was chosen by eye. The colours are those of Okabe and Ito, "Color Universal Design",
# 2008, which people tell apart who are blind for red, green or blue; that of both is dark.
COLOURS = {
    whose.A: "#e69f00",
    whose.BOTH: "#33333d",
    whose.B: "#0072b2",
    whose.NEW: "#cc79a7",
    whose.GONE: "#b9b9b9",
}
WIDTH_INCHES, MARGIN_INCHES, DPI = 11.0, 1.0, 130
ROLL_INCHES, STRIP_INCHES, AT_INCHES, SPECTRUM_INCHES = 2.1, 1.0, 1.0, 1.7
TITLE_INCHES, LINE_INCHES = 0.42, 0.17
CHARACTERS = 150  # of a line below the title
LONGEST_NAME = 60  # in characters
MOST_TURNS = 5  # points of a curve that are named
LEAST_SHOWN = 0.0015  # of the width: a shorter note is drawn that long
BESIDE = -0.055  # of the width: where a panel's name is
TICK = 0.09  # of the height of a strip: half of a stroke's tick
FAINT_DB, FAINTEST = 30.0, 0.35  # so far below the loudest, notes are palest, and how pale


def draw(morphed: Morphed, file: Path | BinaryIO) -> None:
    """Draw to a PNG file.

    From above: the notes of A, of the morph and of B, each with its strokes below, in the colours
    of whose they are; how far from A to B; and three spectrograms. All have one axis of time; A and
    B are as they were, each at its own tempo. What is not there is left out: without strokes there
    are no strips for them, and of textures there are only spectrograms.

    Args:
        morphed: what came out.
        file: its path, written in place, or the open file.
    """
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    spectra = _spectra(morphed)
    rows: list[Row] = [*_played(morphed), _way(morphed), *spectra]
    heights = [inches for inches, _ in rows]
    why = textwrap.wrap(str(morphed.report.get("why", "")), CHARACTERS)
    with rc_context(STYLE_SHEET), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # of a piece named in Chinese, say
        size = (WIDTH_INCHES, sum(heights) + MARGIN_INCHES + LINE_INCHES * len(why))
        figure = Figure(figsize=size, dpi=DPI, layout="constrained")
        FigureCanvasAgg(figure)
        panels: list[Axes] = list(figure.subplots(len(rows), 1, sharex=True, height_ratios=heights))
        drawn = [draw_row(axes) for axes, (_, draw_row) in zip(panels, rows, strict=True)]
        panels[-1].set_xlabel("time (s)")
        panels[-1].set_xlim(0, _longest(morphed))
        _explain_owners(panels[0], scores(morphed))
        share = sum(inches for inches, _ in spectra) / sum(heights)
        _explain_levels(figure, panels, drawn[-1], share)
        _write_title(figure, morphed, why)
        for axes in panels:
            axes.yaxis.set_label_coords(BESIDE, 0.5)  # in line; to align them takes much longer
        figure.savefig(file, format="png")


def _titles(morphed: Morphed) -> tuple[str, str, str]:
    """Of A's, the morph's and B's panels."""
    return (
        f"A: {_cut(morphed.a.name)}",
        f"The morph, {_how_far(morphed.at)}",
        f"B: {_cut(morphed.b.name)}",
    )


def _how_far(at: At) -> str:
    values = [value for value, _ in groupby(f"{it:.2g}" for it in at.values)]
    if len(values) == 1:
        return f"{values[0]} of the way from A to B"
    return f"{' to '.join(values)} of the way" if len(values) <= MOST_TURNS else "on its way"


def _longest(morphed: Morphed) -> float:
    seconds = morphed.audio.shape[1] / morphed.sample_rate
    return float(max(seconds, morphed.a.seconds, morphed.b.seconds))


def _played(morphed: Morphed) -> Iterator[Row]:
    """The rows of notes and strokes."""
    found, seconds = scores(morphed), _longest(morphed)
    keys, bright = key_range(found.all), brightness_range(found.all)
    for title, score in zip(_titles(morphed), found.all, strict=True):
        if keys is not None:
            least = LEAST_SHOWN * seconds
            yield (
                ROLL_INCHES,
                partial(_draw_notes, title=title, score=score, keys=keys, least=least),
            )
        if bright is not None:
            named = "" if keys is not None else title
            yield (
                STRIP_INCHES,
                partial(_draw_strokes, title=named, score=score, bright=bright),
            )


def _draw_notes(
    axes: Axes, *, title: str, score: Score, keys: tuple[int, int], least: float
) -> None:
    """A piano roll; a note is at least ``least`` seconds long."""
    from matplotlib.collections import PolyCollection

    low, high = keys
    axes.set_title(title, parse_math=False)
    for owner, notes in score.notes.items():
        start, end, key = np.array([(it.start, it.end, it.pitch) for it in notes]).T
        end = np.maximum(end, start + least)
        x = np.stack([start, end, end, start], axis=1)
        y = np.stack([key - 0.5, key - 0.5, key + 0.5, key + 0.5], axis=1)
        colours = _faded(COLOURS[owner], notes, score.notes)
        axes.add_collection(
            PolyCollection(
                list(np.stack([x, y], axis=2)),
                facecolors=colours,
                edgecolors="white",
                linewidths=0.3,
            )
        )
    named = octaves(low, high)
    axes.set_ylim(low - 1, high + 1)
    axes.set_yticks(list(named), list(named.values()))
    axes.grid(visible=True, axis="y", alpha=0.35)
    axes.set_axisbelow(True)
    axes.set_ylabel("key")


def _draw_strokes(axes: Axes, *, title: str, score: Score, bright: tuple[float, float]) -> None:
    """A tick for each stroke, higher for brighter ones."""
    from matplotlib.collections import LineCollection

    low, high = bright
    axes.set_title(title, parse_math=False)
    for owner, strokes in score.strokes.items():
        start = np.array([it.start for it in strokes])
        y = (np.array([it.pitch for it in strokes]) - low) / max(high - low, 1e-9)
        y = TICK + (1 - 2 * TICK) * y
        ends = np.stack([np.stack([start, y - TICK], 1), np.stack([start, y + TICK], 1)], axis=1)
        colours = _faded(COLOURS[owner], strokes, score.strokes)
        axes.add_collection(
            LineCollection(list(ends), colors=colours, linewidths=1.6, clip_on=False)
        )
    axes.set_ylim(-0.05, 1.05)
    axes.set_yticks([TICK, 1 - TICK], ["dark", "bright"])
    axes.tick_params(axis="y", length=0)
    axes.set_ylabel("strokes")


def _faded(colour: str, notes: Sequence[Note], of: Owned) -> NDArray[np.float64]:
    """The colour of each note, ``[notes, 4]``: paler where it is softer than the loudest."""
    from matplotlib.colors import to_rgb

    loudest = max(it.level for group in of.values() for it in group)
    levels = np.array([it.level for it in notes]) / max(loudest, 1e-12)
    below = np.clip(-20 * np.log10(np.maximum(levels, 1e-9)) / FAINT_DB, 0, 1)
    alpha = 1 - (1 - FAINTEST) * below
    return np.column_stack([np.tile(to_rgb(colour), (len(notes), 1)), alpha])


def _way(morphed: Morphed) -> Row:
    until = morphed.audio.shape[1] / morphed.sample_rate
    return AT_INCHES, partial(_draw_at, at=morphed.at, until=until)


def _draw_at(axes: Axes, *, at: At, until: float) -> None:
    axes.set_title("How far from A to B")
    seconds = [min(0.0, at.seconds[0]), *at.seconds, max(until, at.seconds[-1])]
    axes.plot(seconds, [at.values[0], *at.values, at.values[-1]], color=COLOURS[whose.BOTH])
    axes.set_ylim(-0.08, 1.08)
    axes.set_yticks([0, 0.5, 1], ["0: A", "0.5", "1: B"])
    axes.grid(visible=True, axis="y", alpha=0.35)


def _spectra(morphed: Morphed) -> list[Row]:
    """The rows of spectrograms: each clip at the same RMS, 0 dB the loudest spot of all."""
    sounds = [
        Sound(audio, round(rate))
        for audio, rate in (
            (morphed.a.audio, morphed.a.sample_rate),
            (morphed.audio, morphed.sample_rate),
            (morphed.b.audio, morphed.b.sample_rate),
        )
    ]
    highest = min(max(it.sample_rate for it in sounds) / 2, HIGHEST_HZ)
    pictures = [spectrogram(it, it.seconds, highest) for it in sounds]
    loudest = max((it.max() for it in pictures if np.isfinite(it.max())), default=0.0)
    return [
        (
            SPECTRUM_INCHES,
            partial(
                _draw_spectrum,
                title=title,
                picture=picture - loudest,
                seconds=sound.seconds,
                highest=highest,
            ),
        )
        for title, picture, sound in zip(_titles(morphed), pictures, sounds, strict=True)
    ]


def _draw_spectrum(
    axes: Axes, *, title: str, picture: Picture, seconds: float, highest: float
) -> Any:
    axes.set_title(title, parse_math=False)
    axes.set_ylabel("frequency (Hz)")
    return show(axes, picture, seconds, highest)


def _explain_owners(axes: Axes, found: Scores) -> None:
    """A legend of the colours that there are, beside the title of the topmost panel."""
    from matplotlib.patches import Patch

    owners = found.owners
    if owners:
        axes.legend(
            handles=[Patch(color=COLOURS[it], label=whose.MEANINGS[it]) for it in owners],
            loc="lower right",
            bbox_to_anchor=(1.0, 1.0),
            borderaxespad=0.1,
            ncols=len(owners),
            frameon=False,
            handlelength=1.2,
            columnspacing=1.4,
        )


def _explain_levels(figure: Any, panels: Sequence[Axes], image: Any, share: float) -> None:
    """A bar beside the spectrograms, which have that share of the height, at the foot."""
    bar = figure.colorbar(
        image, ax=panels, pad=0.015, aspect=30, extend="min", shrink=share, anchor=(0.0, 0.0)
    )
    bar.set_label("level (dB below the loudest; clips at equal RMS)")
    bar.outline.set_visible(False)


def _write_title(figure: Any, morphed: Morphed, why: Sequence[str]) -> None:
    """Both names, and below them what was done and why."""
    figure.suptitle(
        f"{_cut(morphed.a.name)} → {_cut(morphed.b.name)}" + "\n" * len(why),
        fontsize=13,
        fontweight="bold",
        x=0.01,
        ha="left",
        parse_math=False,
    )
    figure.text(
        0.01,
        1 - TITLE_INCHES / figure.get_figheight(),
        "\n".join(why),
        va="top",
        color="#4a4a4a",
        parse_math=False,
    )


def _cut(name: str) -> str:
    short = Path(name).name or name
    return short if len(short) <= LONGEST_NAME else f"{short[: LONGEST_NAME - 1]}…"
