"""A picture of a mashup: both songs as they are placed, what came out, and which is heard where."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from plugin_bridge.files.sound_files import Sound
from plugin_bridge.reports.pictures import (
    HIGHEST_HZ,
    LOWEST_HZ,
    ROWS,
    STYLE_SHEET,
    Picture,
    hop_samples,
    show,
    spectrogram,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import LinearSegmentedColormap

    from effects.mashing.mashed import Mashed
    from effects.mashing.mask import Mask
    from effects.mashing.source import Source

# All of this was chosen by eye.
A_COLOUR, BOTH_COLOUR, B_COLOUR = "#ff9a2e", "#f4f1ea", "#2f8fe8"
PANEL_INCHES, WIDTH_INCHES, MARGIN_INCHES = 2.3, 11.0, 1.3
DPI = 130
MOST_BARS = 24  # that are numbered; of more, every second, fourth …
LINES = 160  # bars at most that have a line
DARK = "#1a1a1a"
COLOURED_DB = 65.0  # from full colour to black: less than `RANGE_DB`, or all would look dim
LEAST_LABEL = 0.12  # of the width: a shorter rest is marked, and not named
CHARACTERS = 150  # of a line below the title


def draw(file: Path | BinaryIO, songs: Sequence[Source], mashed: Mashed) -> None:
    """Draw to a PNG file.

    Of two songs there are four panels: A and B, moved to where they are heard and by as many
    semitones; the mashup, in A's colour where A is heard, and in B's; and the mask alone. Of a
    medley, the last two.

    Args:
        file: its path, written in place, or the open file.
        songs: what it was made of, A first.
        mashed: what came out.
    """
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    sound = Sound(mashed.audio, round(mashed.sample_rate))
    highest = min(sound.sample_rate / 2, HIGHEST_HZ)
    output = spectrogram(sound, sound.seconds, highest)
    times = _column_seconds(sound, output.shape[1])
    shares = mask_rows(mashed.mask, times, highest)
    with rc_context(STYLE_SHEET):
        n_panels = 4 if len(songs) == 2 else 2
        size = (WIDTH_INCHES, n_panels * PANEL_INCHES + MARGIN_INCHES)
        figure = Figure(figsize=size, dpi=DPI, layout="constrained")
        FigureCanvasAgg(figure)
        panels = list(figure.subplots(n_panels, 1, sharex=True, sharey=True))
        if len(songs) == 2:
            _draw_songs(panels[:2], songs, mashed, times, highest)
        _draw_output(panels[-2], output, shares, sound.seconds, highest)
        image = _draw_mask(panels[-1], shares, sound.seconds, highest)
        for axes in panels:
            _mark_bars(axes, mashed, sound.seconds, numbered=axes is panels[0])
            axes.set_ylabel("frequency (Hz)")
        for axes in panels[-2:]:
            _mark_rests(axes, mashed, sound.seconds)
        panels[-1].set_xlabel("time of the mashup (s)")
        panels[-1].set_xlim(0, sound.seconds)
        _explain_colours(figure, panels, image, medley=len(songs) > 2)
        _write_title(figure, songs, mashed)
        figure.savefig(file, format="png")


def mask_rows(mask: Mask, times: Picture, highest_hz: float) -> Picture:
    """The mask on a spectrogram's rows and columns, the mean of what falls into each.

    Args:
        mask: of the mashup.
        times: of the columns in seconds, evenly spaced.
        highest_hz: the upper end of the rows, which are evenly spaced in log frequency.
    """
    edges = np.geomspace(LOWEST_HZ, highest_hz, ROWS + 1)
    first, last = _spans(mask.frequencies, edges[:-1], edges[1:])
    step = times[1] - times[0] if len(times) > 1 else 1.0
    begin, end = _spans(mask.times, times - step / 2, times + step / 2)
    rows: Picture = np.empty((ROWS, len(times)))
    for n, (low, high) in enumerate(zip(first, last, strict=True)):
        sums = np.pad(np.cumsum(mask.steps[low:high].mean(axis=0)), (1, 0))
        rows[n] = (sums[end] - sums[begin]) / (end - begin)
    rows /= np.iinfo(mask.steps.dtype).max
    return rows


def placed(picture: Picture, column_seconds: float, moments: Picture, rows: int) -> Picture:
    """A song's spectrogram as the song is placed in a mashup.

    Args:
        picture: of the whole song, ``[rows, columns]``, in dB.
        column_seconds: from one of its columns to the next.
        moments: which moment of the song each column of the result shows, in seconds; NaN for none.
        rows: by how many rows it is moved up.
    """
    heard = np.nan_to_num(moments, nan=-1.0) // column_seconds < picture.shape[1]
    heard &= moments >= 0
    nearest = np.rint(np.where(heard, moments, 0.0) / column_seconds).astype(int)
    moved = picture[:, np.clip(nearest, 0, picture.shape[1] - 1)]
    moved[:, ~heard] = -np.inf
    shifted = np.full_like(moved, -np.inf)
    count = len(moved) - abs(rows)
    if count > 0:
        shifted[max(rows, 0) :][:count] = moved[max(-rows, 0) :][:count]
    return shifted


def _column_seconds(sound: Sound, count: int) -> Picture:
    hop = hop_samples(sound.audio.shape[1], sound.sample_rate)
    return np.arange(count, dtype=np.float64) * (hop / sound.sample_rate)


def _spans(
    values: Picture, low: Picture, high: Picture
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Which of rising values lie in each span; the nearest one where none does."""
    first = np.minimum(np.searchsorted(values, low), len(values) - 1)
    last = np.maximum(np.searchsorted(values, high), first + 1)
    return first, last


def _draw_songs(
    panels: Sequence[Axes], songs: Sequence[Source], mashed: Mashed, times: Picture, highest: float
) -> None:
    mask = mashed.mask
    at = ((mask.a_seconds, mask.a_semitones), (mask.b_seconds, mask.b_semitones))
    seconds = mashed.audio.shape[1] / mashed.sample_rate
    for axes, name, song, (moments, semitones) in zip(panels, "AB", songs, at, strict=True):
        whole = Sound(song.audio, round(song.sample_rate))
        picture = spectrogram(whole, whole.seconds, highest)
        column = hop_samples(whole.audio.shape[1], whole.sample_rate) / whole.sample_rate
        frames = np.clip(np.searchsorted(mask.times, times), 0, len(mask.times) - 1)
        rows = round(semitones / 12 * ROWS / np.log2(highest / LOWEST_HZ))
        moved = placed(picture, column, moments[frames], rows)
        colours = _lit_in(A_COLOUR if name == "A" else B_COLOUR)
        light = 1 + (moved - _loudest(moved)) / COLOURED_DB
        show(axes, np.clip(light, 0, 1), seconds, highest, cmap=colours, vmin=0.0, vmax=1.0)
        axes.set_title(f"{name}: {Path(song.name).name}{_moved_by(semitones)}")


def _draw_output(
    axes: Axes, output: Picture, shares: Picture, seconds: float, highest: float
) -> None:
    """The mashup: as bright as it is loud, in the colours of who is heard."""
    light = np.clip(1 + (output - _loudest(output)) / COLOURED_DB, 0, 1)
    colours = _colours()(shares)[..., :3] * light[..., None]
    show(axes, colours, seconds, highest, vmin=0.0)
    axes.set_title("The mashup, in the colour of the song that is heard")


def _draw_mask(axes: Axes, shares: Picture, seconds: float, highest: float) -> Any:
    axes.set_title("The mask")
    return show(axes, shares, seconds, highest, cmap=_colours(), vmin=0.0, vmax=1.0)


def _mark_bars(axes: Axes, mashed: Mashed, seconds: float, *, numbered: bool) -> None:
    """A line at every bar, as far as there is room, and a number at some."""
    bars = [] if mashed.alignment is None else [it for it in mashed.alignment.bars if it <= seconds]
    step = 1
    while len(bars) > step * MOST_BARS:
        step *= 2
    every = 1 if len(bars) <= LINES else step
    for bar in bars[::every]:
        axes.axvline(bar, color="white", linewidth=0.5, alpha=0.45)
    if numbered:
        above = axes.secondary_xaxis("top")
        above.set_xticks(bars[::step], [str(1 + n) for n in range(0, len(bars), step)])
        above.tick_params(length=0, labelsize=7, colors="#6a6a6a", pad=1)


def _mark_rests(axes: Axes, mashed: Mashed, seconds: float) -> None:
    """A line along the upper edge while the lead rests, with what is heard in its place."""
    from matplotlib.patheffects import Normal, withStroke

    outline = [withStroke(linewidth=10.5, foreground=DARK), Normal()]
    told = mashed.report.get("rests", [])
    for n, (begin, end) in enumerate(mashed.mask.rests):
        axes.plot(
            [begin, end],
            [0.94, 0.94],
            transform=axes.get_xaxis_transform(),
            color=BOTH_COLOUR,
            linewidth=9,
            solid_capstyle="butt",
            path_effects=outline,
        )
        if end - begin > LEAST_LABEL * seconds:
            axes.text(
                (begin + end) / 2,
                0.938,
                "the lead rests" + (f": {told[n]['heard']}" if n < len(told) else ""),
                transform=axes.get_xaxis_transform(),
                color=DARK,
                fontsize=7,
                ha="center",
                va="center",
            )


def _explain_colours(figure: Any, panels: Sequence[Axes], image: Any, *, medley: bool) -> None:
    """A bar that names the colours: of A and B, or of each song of a medley and the next."""
    names = ("one song", "the next") if medley else ("A", "B")
    bar = figure.colorbar(image, ax=panels, pad=0.015, aspect=45)
    bar.set_ticks([0.0, 0.5, 1.0], labels=[names[0], "both", names[1]])
    bar.outline.set_visible(False)


def _write_title(figure: Any, songs: Sequence[Source], mashed: Mashed) -> None:
    """The songs' names, and below them how they were brought together."""
    import textwrap

    names = " + ".join(Path(song.name).name for song in songs)
    lines = textwrap.wrap(str(mashed.report["why"]), CHARACTERS)
    figure.suptitle(names + "\n" * len(lines), fontsize=13, fontweight="bold", x=0.01, ha="left")
    figure.text(
        0.01, 1 - 0.36 / figure.get_figheight(), "\n".join(lines), va="top", color="#4a4a4a"
    )


def _moved_by(semitones: int) -> str:
    if not semitones:
        return ""
    plural = "" if abs(semitones) == 1 else "s"
    return f", {abs(semitones)} semitone{plural} {'higher' if semitones > 0 else 'lower'}"


def _loudest(picture: Picture) -> float:
    loudest = float(picture.max())
    return loudest if np.isfinite(loudest) else 0.0


def _lit_in(colour: str) -> LinearSegmentedColormap:
    """From black through a colour to nearly white."""
    from matplotlib.colors import LinearSegmentedColormap

    steps = [(0.0, "black"), (0.75, colour), (1.0, BOTH_COLOUR)]
    return LinearSegmentedColormap.from_list("of a song", steps)


def _colours() -> LinearSegmentedColormap:
    from matplotlib.colors import LinearSegmentedColormap

    colours = [A_COLOUR, BOTH_COLOUR, B_COLOUR]
    return LinearSegmentedColormap.from_list("of a mashup", colours)
