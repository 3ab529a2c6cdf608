"""All presets in one picture: a small spectrogram of each, family by family."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from effects.running.progress import OnProgress, part
from plugin_bridge.files import sound_files
from plugin_bridge.reports.pictures import (
    COLOURS,
    HIGHEST_HZ,
    LOWEST_HZ,
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

SECONDS = 8.0  # of each clip that are drawn; by eye
IN_A_ROW = 10  # as many as the largest built-in family has
READING = 0.9  # share of the time spent reading, the rest drawing; by guess

# In pixels, by eye.
WIDE, HIGH = 130, ROWS // 4
MARGIN, GAP = 16, 8
TITLE, HEADING, NAME = 44, 32, 22
WIDTH = 2 * MARGIN + IN_A_ROW * (WIDE + GAP) - GAP

DPI = 100
PALETTE = 128  # colours in the file, which makes it a third as large as all colours would
LONGEST_NAME, LONGEST_HEADING = 20, 120  # in characters
GREY, DARK = "#9a9a9a", "#1a1a1a"
EMPTY = "#f2f2f2"  # after a clip's end, or if it cannot be read


class _Text(NamedTuple):
    """A line of text, ``x`` and ``y`` pixels from the top left corner of the sheet."""

    x: float
    y: float
    text: str
    style: dict[str, Any]


class _Thumbnail(NamedTuple):
    """A spectrogram whose top left corner is ``x`` and ``y`` pixels from the sheet's."""

    x: int
    y: int
    picture: Picture


def draw_sheet(file: Path | BinaryIO, presets: Sequence[Preset], report: OnProgress) -> None:
    """Draw the beginning of each preset's clip to a PNG file.

    Families are in General MIDI's order, followed by drum kits and the others by name. All have the
    same scales of time and frequency; each clip's level is relative to its loudest part.

    Args:
        file: its path, written in place, or the open file.
        presets: in any order. If a clip cannot be read, only its name is drawn, in grey.
        report: called with the fraction done, up to 1, and what is being done.
    """
    texts, thumbnails = _title(len(presets)), list[_Thumbnail]()
    report(0.0, "reading")
    report_one = part(report, 0.0, READING)
    top = TITLE
    for family, members in by_family(presets).items():
        heading = _cut(family, LONGEST_HEADING)
        texts.append(_Text(MARGIN, top + 22, heading, {"fontsize": 11, "fontweight": "bold"}))
        top += HEADING
        for place, (preset, picture) in enumerate(_with_thumbnails(members)):
            report_one((len(thumbnails) + 1) / len(presets), preset.name)
            row, column = divmod(place, IN_A_ROW)
            x, y = MARGIN + column * (WIDE + GAP), top + row * (HIGH + NAME)
            shown = np.full((HIGH, WIDE), np.nan) if picture is None else picture
            thumbnails.append(_Thumbnail(x, y, shown))
            texts += _captions(preset, x, y, readable=picture is not None)
        top += -(-len(members) // IN_A_ROW) * (HIGH + NAME)
    report(READING, "drawing")
    _save(file, _background(thumbnails, top + MARGIN), texts)
    report(1.0, "done")


def _title(count: int) -> list[_Text]:
    """The texts at the top: how many presets there are, and how they are drawn."""
    scales = (
        f"the first {SECONDS:g} s of each  ·  {LOWEST_HZ:g} Hz to {HIGHEST_HZ / 1000:g} kHz, "
        f"logarithmic  ·  {RANGE_DB:g} dB from its loudest"
    )
    grey = {"fontsize": 9.5, "color": "#555555", "ha": "right"}
    return [
        _Text(
            MARGIN,
            26,
            f"{count} preset{'' if count == 1 else 's'}",
            {"fontsize": 14, "fontweight": "bold"},
        ),
        _Text(WIDTH - MARGIN, 26, scales, grey),
    ]


def _with_thumbnails(presets: Sequence[Preset]) -> Iterator[tuple[Preset, Picture | None]]:
    """Each preset with its picture, in order; several pictures are made at once."""
    pool = ThreadPoolExecutor(min(os.cpu_count() or 1, 4))
    try:
        yield from zip(presets, pool.map(_thumbnail, presets), strict=True)
    finally:
        pool.shutdown(cancel_futures=True)


def _thumbnail(preset: Preset) -> Picture | None:
    """Levels from -``RANGE_DB`` to 0, (``HIGH``, ``WIDE``), the highest frequency first.

    After the clip's end they are NaN. None if the clip cannot be read.
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
    """The name below the thumbnail at (x, y), and the General MIDI number in its corner."""
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


def _background(thumbnails: Sequence[_Thumbnail], height: int) -> NDArray[np.uint8]:
    """The sheet without its texts, (height, `WIDTH`, 3): white, with the thumbnails on it."""
    from matplotlib import colormaps
    from matplotlib.colors import to_rgb

    levels = np.full((height, WIDTH), np.nan)
    drawn = np.zeros(levels.shape, dtype=bool)
    for x, y, picture in thumbnails:
        levels[y : y + HIGH, x : x + WIDE] = picture
        drawn[y : y + HIGH, x : x + WIDE] = True
    pixels: NDArray[np.uint8] = colormaps[COLOURS](
        np.nan_to_num(levels / RANGE_DB + 1), bytes=True
    )[:, :, :3]
    for mask, colour in ((~drawn, "white"), (drawn & np.isnan(levels), EMPTY)):
        pixels[mask] = np.rint(255 * np.array(to_rgb(colour)))
    return pixels


def _save(file: Path | BinaryIO, background: NDArray[np.uint8], texts: Sequence[_Text]) -> None:
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from PIL import Image

    high, wide = background.shape[:2]
    with rc_context(STYLE_SHEET), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # of a family named in Chinese, say
        figure = Figure(figsize=(wide / DPI, high / DPI), dpi=DPI)
        canvas: Any = FigureCanvasAgg(figure)
        figure.figimage(background, origin="upper")
        _write(figure, texts)
        canvas.draw()
    image = Image.fromarray(np.asarray(canvas.buffer_rgba())[:, :, :3])
    image.quantize(PALETTE, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)


def _write(figure: Figure, texts: Sequence[_Text]) -> None:
    wide, high = figure.get_size_inches() * DPI
    for it in texts:
        # A name with dollar signs is not a formula.
        figure.text(it.x / wide, 1 - it.y / high, it.text, parse_math=False, **it.style)
