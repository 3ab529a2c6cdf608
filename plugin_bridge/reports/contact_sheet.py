"""All presets on one picture: a small spectrogram of each, family by family."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from plugin_bridge.files import sound_files
from plugin_bridge.reports.pictures import (
    HIGHEST_HZ,
    RANGE_DB,
    ROWS,
    STYLE_SHEET,
    Picture,
    spectrogram,
)
from presets import by_family

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from presets import Preset

SECONDS = 8.0  # drawn of each clip, on one scale of time
IN_A_ROW = 10  # as many as the largest family of the built-in ones has

# In pixels.
WIDE, HIGH = 130, ROWS // 4
MARGIN, GAP = 16, 8
TITLE, HEADING, NAME = 44, 32, 22
WIDTH = 2 * MARGIN + IN_A_ROW * (WIDE + GAP) - GAP

DPI = 100
COLOURS = 128  # of the file, which is a third as large as with all of them
LONGEST_NAME, LONGEST_HEADING = 20, 120  # in characters
GREY, DARK = "#9a9a9a", "#1a1a1a"
EMPTY = "#f2f2f2"  # where a clip has ended, or cannot be read


class _Text(NamedTuple):
    """A line of text, ``x`` and ``y`` pixels from the top left corner of the sheet."""

    x: float
    y: float
    text: str
    style: dict[str, Any]


def draw_sheet(path: Path, presets: Sequence[Preset], report: Callable[[float, str], None]) -> None:
    """Draw the beginning of each preset's clip to the PNG file ``path``.

    Families are in General MIDI's order, followed by drum kits and the others by name. Time and
    frequency are to the same scales throughout; each clip's level is relative to its loudest part.

    Args:
        path: written in place.
        presets: in any order. Of one whose clip cannot be read there is only the name, in grey.
        report: called with the fraction done, up to 1, and what is being done.
    """
    title = f"{len(presets)} preset{'' if len(presets) == 1 else 's'}"
    texts = [
        _Text(MARGIN, 26, title, {"fontsize": 14, "fontweight": "bold"}),
        _Text(
            WIDTH - MARGIN,
            26,
            f"the first {SECONDS:g} s of each  ·  40 Hz to 20 kHz, logarithmic  ·  "
            f"{RANGE_DB:g} dB from its loudest",
            {"fontsize": 9.5, "color": "#555555", "ha": "right"},
        ),
    ]
    thumbnails: list[tuple[int, int, Picture]] = []
    done, top = 0, TITLE
    report(0.0, "reading")
    for family, members in by_family(presets).items():
        heading = _cut(family, LONGEST_HEADING)
        texts.append(_Text(MARGIN, top + 22, heading, {"fontsize": 11, "fontweight": "bold"}))
        top += HEADING
        for place, (preset, picture) in enumerate(_with_thumbnails(members)):
            done += 1
            report(0.9 * done / len(presets), preset.name)
            row, column = divmod(place, IN_A_ROW)
            x, y = MARGIN + column * (WIDE + GAP), top + row * (HIGH + NAME)
            thumbnails.append((x, y, np.full((HIGH, WIDE), np.nan) if picture is None else picture))
            texts += _captions(preset, x, y, readable=picture is not None)
        top += -(-len(members) // IN_A_ROW) * (HIGH + NAME)
    report(0.9, "drawing")
    sheet = np.full((top + MARGIN, WIDTH), np.nan)
    drawn = np.zeros(sheet.shape, dtype=bool)
    for x, y, picture in thumbnails:
        sheet[y : y + HIGH, x : x + WIDE] = picture
        drawn[y : y + HIGH, x : x + WIDE] = True
    _save(path, sheet, drawn, texts)
    report(1.0, "done")


def _with_thumbnails(presets: Sequence[Preset]) -> Iterator[tuple[Preset, Picture | None]]:
    """The presets and their pictures, several of which are made at once."""
    pool = ThreadPoolExecutor(min(os.cpu_count() or 1, 4))
    try:
        yield from zip(presets, pool.map(_thumbnail, presets), strict=True)
    finally:
        pool.shutdown(cancel_futures=True)


def _thumbnail(preset: Preset) -> Picture | None:
    """The levels from -``RANGE_DB`` to 0, ``HIGH`` by ``WIDE``, the highest frequency first.

    NaN after the clip's end; None if it cannot be read.
    """
    try:
        sound = sound_files.read(preset.clip)
    except (OSError, ValueError):
        return None
    power = 10 ** (spectrogram(sound, SECONDS, HIGHEST_HZ) / 10)
    power = power.reshape(HIGH, -1, power.shape[1]).mean(axis=1)
    frames = power.shape[1]
    pixels = min(max(round(WIDE * sound.seconds / SECONDS), 1), WIDE)
    starts = np.arange(pixels) * frames // pixels
    sums = np.add.reduceat(power, starts, axis=1)
    mean = sums / np.maximum(np.diff(starts, append=frames), 1)
    picture = np.full((HIGH, WIDE), np.nan)
    relative = mean / max(mean.max(), 1e-30)
    picture[:, :pixels] = 10 * np.log10(np.maximum(relative, 10 ** (-RANGE_DB / 10)))
    return picture[::-1]


def _captions(preset: Preset, x: int, y: int, *, readable: bool) -> list[_Text]:
    """Its name below the thumbnail at (x, y), and its General MIDI number in a corner of that."""
    colour = DARK if readable else GREY
    name = _cut(preset.name, LONGEST_NAME)
    captions = [_Text(x, y + HIGH + 14, name, {"fontsize": 8.6, "color": colour})]
    if preset.program is not None:
        bank = f":{preset.bank}" if preset.bank else ""
        style = {"fontsize": 7.5, "ha": "right", "color": "white" if readable else GREY}
        if readable:
            style["bbox"] = {"facecolor": "black", "alpha": 0.45, "linewidth": 0, "pad": 1.5}
        captions.append(_Text(x + WIDE - 4, y + 12, f"{preset.program}{bank}", style))
    return captions


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _save(path: Path, sheet: Picture, drawn: Any, texts: Sequence[_Text]) -> None:
    from matplotlib import colormaps, rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.colors import to_rgb
    from matplotlib.figure import Figure
    from PIL import Image

    high, wide = sheet.shape
    colours = colormaps["magma"](np.nan_to_num(sheet / RANGE_DB + 1), bytes=True)[:, :, :3]
    for mask, colour in ((~drawn, "white"), (drawn & np.isnan(sheet), EMPTY)):
        colours[mask] = np.rint(255 * np.array(to_rgb(colour)))
    with rc_context(STYLE_SHEET), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # of a family named in Chinese, say
        figure = Figure(figsize=(wide / DPI, high / DPI), dpi=DPI)
        canvas: Any = FigureCanvasAgg(figure)
        figure.figimage(colours, origin="upper")
        _write(figure, texts)
        canvas.draw()
    image = Image.fromarray(np.asarray(canvas.buffer_rgba())[:, :, :3])
    image.quantize(COLOURS, dither=Image.Dither.NONE).save(path, "PNG", optimize=True)


def _write(figure: Figure, texts: Sequence[_Text]) -> None:
    wide, high = figure.get_size_inches() * DPI
    for it in texts:
        # A name is no formula, whatever dollars it has.
        figure.text(it.x / wide, 1 - it.y / high, it.text, parse_math=False, **it.style)
