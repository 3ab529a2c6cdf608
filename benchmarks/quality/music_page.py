"""A page to listen to real music and what became of it, with pictures and figures.

The page, its sounds (MP3) and its pictures lie in one folder, written whole or not at all. It loads
nothing from elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pedalboard.io import AudioFile

from benchmarks.quality import music, tables
from benchmarks.quality.bench import Bench
from benchmarks.quality.cases import Section
from benchmarks.quality.excerpts import GROUPS, SECONDS, SOURCES
from benchmarks.quality.kept import NAMES
from benchmarks.quality.music import Piece
from benchmarks.quality.sounds import RATE, read
from benchmarks.quality.systems import Row
from effects.signal.arrays import Mono
from plugin_bridge.files.result_folder import PAGE, Kind, check_folder, publish, workshop
from plugin_bridge.files.sound_files import Sound
from plugin_bridge.reports.html import render
from plugin_bridge.reports.pictures import (
    HIGHEST_HZ,
    LOWEST_HZ,
    RANGE_DB,
    Picture,
    colour_scale,
    spectrogram,
    write_levels,
)

KIND = Kind("page of real music", command="quality-music")
FILES = "files"  # the folder of sounds and pictures
QUALITY = "V2"  # of LAME, about 100 kbit/s in mono, so that a whole half takes some 40 MB
SMALLER = 2  # bands and times of a picture that become one: it is shown small
LEGEND_STOPS = 9  # colours of the legend, between which a browser blends; by eye

Words = dict[str, object]  # values for a template, by name


def check(folder: Path) -> None:
    """Check that a page may be made in ``folder``: it is new, empty, or has an earlier page.

    Raises:
        ValueError: it is a file, or holds something else.
    """
    check_folder(folder, KIND)


def sections(
    bench: Bench,
    rows: Sequence[Row],
    half: str,
    count: int,
    samples: Path,
    page: Path | None = None,
) -> list[Section]:
    """As `benchmarks.quality.music.sections`; ``page`` is the folder for a page, or None."""
    if page is None:
        return music.sections(bench, rows, half, count, samples)
    folder = page.resolve()
    with workshop(folder, KIND) as made:
        files = Files(made)
        found = music.sections(bench, rows, half, count, samples, files.hear)
        files.write(f"Real music restyled: the half to {half}")
        publish(made, folder)
    return found


@dataclass(frozen=True)
class _Heard:
    """An output: its row's name, the name of its files, and its result."""

    row: str
    file: str
    result: tables.Result


class Files:
    """The folder of a page while it grows.

    Args:
        made: an empty folder.
    """

    def __init__(self, made: Path) -> None:
        self._made = made
        (made / FILES).mkdir()
        self._pictures: dict[str, Picture] = {}
        self._outputs: dict[int, list[_Heard]] = {}  # by the piece's seed
        self._pieces: dict[int, Piece] = {}

    def hear(self, row: str, piece: Piece, output: Mono, result: tables.Result) -> None:
        """Take an output of a piece; see `benchmarks.quality.cases.results`."""
        outputs = self._outputs.setdefault(piece.seed, [])
        file = f"piece-{piece.seed}-{len(outputs)}"
        self._pieces[piece.seed] = piece
        self._add(file, output)
        self._add(piece.content.stem, read(piece.content))
        self._add(piece.style.stem, read(piece.style))
        outputs.append(_Heard(row, file, result))

    def write(self, title: str) -> None:
        """Write the pictures, on one scale, and the page."""
        loudest = max((float(it.max()) for it in self._pictures.values()), default=0.0)
        for file, picture in self._pictures.items():
            write_levels(self._made / FILES / f"{file}.png", picture - loudest)
        (self._made / PAGE).write_text(self._page(title), encoding="utf-8")

    def _add(self, file: str, audio: Mono) -> None:
        """Write a sound, once, and keep its picture."""
        if file in self._pictures:
            return
        path = str(self._made / FILES / f"{file}.mp3")
        with AudioFile(path, "w", RATE, 1, quality=QUALITY) as sound:
            sound.write(audio[None])
        self._pictures[file] = _picture(Sound(audio[None], RATE))

    def _page(self, title: str) -> str:
        return render(
            "music.html",
            package="benchmarks.quality",
            generator=KIND.generator,
            title=title,
            sources=SOURCES,
            groups=[words for group in GROUPS if (words := self._group(group))],
            figures=NAMES,
            gradient=", ".join(colour_scale(LEGEND_STOPS)),
            scale={"db": RANGE_DB, "low": LOWEST_HZ, "high": HIGHEST_HZ, "seconds": SECONDS},
        )

    def _group(self, group: str) -> Words | None:
        """A group of excerpts: its table of means, and its pieces; None if there are none."""
        pieces = [it for it in self._pieces.values() if it.excerpt.group == group]
        if not pieces:
            return None
        rows: dict[str, list[tables.Result]] = {}
        for piece in pieces:
            for heard in self._outputs[piece.seed]:
                rows.setdefault(heard.row, []).append(heard.result)
        return {
            "id": group,
            "title": GROUPS[group].capitalize(),
            "rows": [{"name": name, "cells": _means(row)} for name, row in rows.items()],
            "pieces": [self._piece(piece) for piece in pieces],
        }

    def _piece(self, piece: Piece) -> Words:
        name = piece.instrument.label if piece.instrument else piece.kind
        return {
            "title": f"{piece.excerpt.name} → {name}",
            "clips": [
                {"name": "the stem", "file": f"{FILES}/{piece.content.stem}"},
                {"name": f"the style: {name}", "file": f"{FILES}/{piece.style.stem}"},
            ],
            "outputs": [
                {
                    "name": it.row,
                    "file": f"{FILES}/{it.file}",
                    "cells": _cells(it.result),
                    "named": it.result.named,
                    "right": it.result.right,
                }
                for it in self._outputs[piece.seed]
            ],
        }


def _picture(sound: Sound) -> Picture:
    """The levels of `SECONDS` in dB, (bands, times): the means of `SMALLER` bands and times."""
    full = spectrogram(sound, SECONDS, HIGHEST_HZ)
    missing = round(full.shape[1] * max(SECONDS / sound.seconds - 1, 0))
    whole = np.pad(full, ((0, 0), (0, missing)), constant_values=-np.inf)
    height, width = (size // SMALLER for size in whole.shape)
    finite = np.maximum(whole, -2 * RANGE_DB)[: height * SMALLER, : width * SMALLER]
    small: Picture = finite.reshape(height, SMALLER, width, SMALLER).mean(axis=(1, 3))
    return small


def _cells(result: tables.Result) -> list[str]:
    """The figures of an output; dashes if it is silent."""
    return [tables.shown(result.figures[it]) if result.figures else "–" for it in NAMES]


def _means(row: Sequence[tables.Result]) -> list[str]:
    """The means of a row, with the share of outputs in which the style's group is named."""
    return [*(tables.shown(tables.mean(row, it)) for it in NAMES), tables.shown(tables.share(row))]
