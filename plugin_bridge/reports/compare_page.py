"""The page of a comparison: HTML with its charts drawn in it, and the pictures it refers to.

Nothing in it comes from elsewhere, so it works from a folder, without a network, and can be put on
any web server as it is.
"""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from string import Template

import numpy as np
from numpy.typing import NDArray

from plugin_bridge.reports.comparison import MARK, Clip, Comparison, Result
from plugin_bridge.reports.metrics import FIGURES, Figure
from plugin_bridge.reports.pictures import LOWEST_HZ, RANGE_DB, Picture

COLOURS = "magma"
LEGEND_STOPS = 9
# The drawings, in units that are pixels on a screen of medium size.
WIDTH, LEFT, TOP = 480, 36, 6
PICTURE_HEIGHT, CURVE_HEIGHT, UNDER = 170, 90, 18
TICKS_HZ = (100, 300, 1000, 3000, 10_000)
TIME_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 3600)
MOST_TICKS = 8
LEAST_DISTANCE = 1e-6
STYLE, CONTENT = 0, 1  # columns of a loss curve


def draw(path: Path, picture: Picture) -> None:
    """Write levels in dB, (bands, times), 0 being the brightest colour, as a PNG file."""
    from matplotlib import colormaps
    from PIL import Image

    grey = np.clip(255 * (1 + picture[::-1] / RANGE_DB), 0, 255).astype(np.uint8)
    image = Image.fromarray(grey).convert("P")
    colours = (255 * colormaps[COLOURS](np.arange(256))[:, :3]).round().astype(np.uint8)
    image.putpalette(colours.tobytes())
    image.save(path, format="PNG", optimize=True)


def render_page(comparison: Comparison) -> str:
    """The page, in HTML, with links relative to it."""
    content = comparison.content
    results = comparison.results
    levels = _levels(results)
    styles = "\n".join(_section(comparison, style, levels) for style in comparison.styles)
    n, n_failed = len(results), len(comparison.failed)
    failed = f", of which {n_failed} failed" if n_failed else ""
    untrained = any("random weights" in result.label for result in results)
    names = _list([clip.name for clip in comparison.styles])
    return _fill(
        "compare.html",
        mark=MARK,
        title=_text(f"{content.name} in the style of {names}"),
        n=f"{n} result{'s' if n > 1 else ''}{failed}",
        engines=_text(_list(_engines(results))),
        content=_clip(comparison, content),
        styles=styles,
        gradient=_gradient(),
        range=f"{RANGE_DB:g}",
        untrained=_UNTRAINED if untrained else "",
        definitions="\n".join(
            f"<dt>{_text(it.title)}{f' ({it.unit})' if it.unit else ''}</dt>"
            f"<dd>{_text(it.about)}</dd>"
            for it in FIGURES
        ),
        version=_text(comparison.version),
        torch=_text(comparison.torch),
        device=_text(comparison.device),
        seed=str(comparison.seed),
    )


_UNTRAINED = (
    "<p>Where it says <em>random weights</em>, no file of trained weights was given "
    "(<code>--weights ENGINE=FILE</code>): the network has its published shape, and its weights "
    "are drawn by the seed.</p>"
)


def _section(comparison: Comparison, style: Clip, levels: tuple[float, float]) -> str:
    """One style: what it sounds like, the figures of all engines, and their results."""
    results = [it for it in comparison.results if it.style == style.name]
    first = comparison.results.index(results[0])
    numbered = list(enumerate(results, first))
    return _fill(
        "compare_style.html",
        name=_text(style.name),
        clip=_clip(comparison, style),
        rows="\n".join(_rows(style, numbered)),
        style_columns=str(sum(it.near == "style" for it in FIGURES)),
        content_columns=str(sum(it.near == "content" for it in FIGURES)),
        heads="".join(f'<th scope="col">{_text(_head(it))}</th>' for it in FIGURES),
        results="\n".join(_card(comparison, result, n, levels) for n, result in numbered),
    )


def _clip(comparison: Comparison, clip: Clip) -> str:
    channels = {1: "mono", 2: "stereo"}.get(clip.channels, f"{clip.channels} channels")
    about = [f"{clip.seconds:.1f} s", f"{clip.sample_rate / 1000:g} kHz", channels, clip.credit]
    return _fill(
        "compare_clip.html",
        name=_text(clip.name),
        about=_text(", ".join(it for it in about if it)),
        file=_text(clip.file),
        picture=_spectrogram(comparison, clip.picture, clip.seconds, clip.name),
    )


def _card(comparison: Comparison, result: Result, n: int, levels: tuple[float, float]) -> str:
    """What an engine made, or why it made nothing."""
    if result.error:
        return _fill(
            "compare_failed.html",
            id=f"result-{n}",
            name=_name(result),
            strength=_strength(result),
            error=_text(result.error),
        )
    clipped = "Peaks above full scale were cut off in this file." if result.clipped else ""
    return _fill(
        "compare_result.html",
        id=f"result-{n}",
        name=_name(result),
        strength=_strength(result),
        time=_duration(result.seconds or 0),
        file=_text(result.file),
        clipped=f'<p class="bad">{clipped}</p>' if clipped else "",
        picture=_spectrogram(comparison, result.picture, comparison.content.seconds, result.label),
        curves=_curves(result, levels),
    )


def _rows(style: Clip, results: Sequence[tuple[int, Result]]) -> list[str]:
    """The table: the content as it is, then each result; the best of each column marked."""
    best = {figure.name: _best(figure, [it for _, it in results]) for figure in FIGURES}
    before = "".join(f"<td>{_number(it, style.figures[it.name])}</td>" for it in FIGURES)
    rows = [f'<tr class="soft"><th scope="row">content, untouched</th><td></td>{before}<td></td>']
    for n, result in results:
        head = f'<tr><th scope="row"><a href="#result-{n}">{_name(result)}</a></th>'
        head += f"<td>{result.strength:g}</td>"
        if result.error:
            rows.append(f'{head}<td class="bad" colspan="{len(FIGURES) + 1}">failed</td>')
            continue
        cells = []
        for figure in FIGURES:
            value = result.figures[figure.name]
            is_best = value is not None and _size(figure, value) == best[figure.name]
            mark = ' class="best"' if is_best else ""
            cells.append(f"<td{mark}>{_number(figure, value)}</td>")
        rows.append(f"{head}{''.join(cells)}<td>{_duration(result.seconds or 0)}</td>")
    return [f"{row}</tr>" for row in rows]


def _best(figure: Figure, results: Sequence[Result]) -> float | None:
    """How near to 0 they come, as shown; None if there is nothing to choose from."""
    values = [it.figures[figure.name] for it in results if not it.error]
    known = {_size(figure, value) for value in values if value is not None}
    return min(known) if len(known) > 1 else None


def _size(figure: Figure, value: float) -> float:
    return abs(round(value, figure.digits))


def _number(figure: Figure, value: float | None) -> str:
    if value is None:
        return "–"
    rounded = round(value, figure.digits) + 0.0  # no -0
    sign = "+" if figure.unit == "LU" and rounded > 0 else ""
    return f"{sign}{rounded:.{figure.digits}f}".replace("-", "−")


def _head(figure: Figure) -> str:
    return f"{figure.title}, {figure.unit}" if figure.unit else figure.title


def _name(result: Result) -> str:
    options = ", ".join(f"{name}={value}" for name, value in result.options.items())
    return _text(f"{result.label}{' with ' if options else ''}{options}")


def _strength(result: Result) -> str:
    mix = f", mix {result.mix:g}" if result.mix < 1 else ""
    return f"strength {result.strength:g}{mix}"


def _duration(seconds: float) -> str:
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _spectrogram(comparison: Comparison, picture: str, seconds: float, name: str) -> str:
    """A picture with its axes."""
    high = comparison.shown_hz
    share = min(seconds / comparison.shown_seconds, 1)
    width, bottom = WIDTH - LEFT, TOP + PICTURE_HEIGHT
    parts = [
        f'<rect class="field" x="{LEFT}" y="{TOP}" width="{width}" height="{PICTURE_HEIGHT}"/>',
        f'<image href="{_text(picture)}" x="{LEFT}" y="{TOP}" width="{width * share:.1f}" '
        f'height="{PICTURE_HEIGHT}" preserveAspectRatio="none"/>',
    ]
    for hz in TICKS_HZ:
        if LOWEST_HZ < hz < high:
            y = bottom - PICTURE_HEIGHT * math.log(hz / LOWEST_HZ) / math.log(high / LOWEST_HZ)
            parts.append(_label(LEFT - 5, y + 4, f"{hz // 1000}k" if hz >= 1000 else str(hz)))
    parts += _times(comparison.shown_seconds, bottom)
    return _svg(bottom + UNDER, parts, f"Spectrogram: {name}")


def _times(seconds: float, bottom: float) -> list[str]:
    """The labels of the axis of time."""
    width = WIDTH - LEFT
    step = next((it for it in TIME_STEPS if seconds / it <= MOST_TICKS), TIME_STEPS[-1])
    labels = []
    for n in range(int(seconds / step + 1e-9) + 1):
        x, unit = LEFT + width * n * step / seconds, " s" if n == 0 else ""
        anchor = "start" if n == 0 else "end" if x > WIDTH - 12 else "middle"
        labels.append(_label(x, bottom + 14, f"{n * step:g}{unit}", anchor))
    return labels


def _levels(results: Sequence[Result]) -> tuple[float, float]:
    """The least and the greatest distance to be drawn, the same for all results.

    The content's, which begin at 0, come from below.
    """
    means = [curve for it in results if len(curve := _mean(it.loss_curves))]
    found = [value for curve in means for value in (*curve[:, STYLE], curve[-1, CONTENT])]
    positive = [value for value in found if 0 < value < math.inf]
    if not positive:
        return LEAST_DISTANCE, 1.0
    low = max(LEAST_DISTANCE, 0.5 * min(positive))
    return low, max(1.5 * max(positive), 2 * low)


def _curves(result: Result, levels: tuple[float, float]) -> str:
    """The distances while optimising, mean over the windows of the stem, on a logarithmic scale."""
    curve = _mean(result.loss_curves)
    if not len(curve):
        return '<p class="soft">There was nothing to optimise.</p>'
    low, high = levels
    width, bottom = WIDTH - LEFT, TOP + CURVE_HEIGHT

    def height(value: float) -> float:
        """From a distance to a vertical position."""
        share = math.log(min(max(value, low), high) / low) / math.log(high / low)
        return bottom - CURVE_HEIGHT * share

    parts = [f'<rect class="field" x="{LEFT}" y="{TOP}" width="{width}" height="{CURVE_HEIGHT}"/>']
    for exponent in range(math.ceil(math.log10(low)), math.floor(math.log10(high)) + 1):
        y = height(10.0**exponent)
        parts.append(f'<path class="rule" d="M{LEFT} {y:.1f}h{width}"/>')
        name = f"{10.0**exponent:g}" if exponent >= -3 else f"1e−{-exponent}"
        parts.append(_label(LEFT - 5, y + 4, name))
    xs = LEFT + width * np.arange(len(curve)) / max(len(curve) - 1, 1)
    for column, kind in ((STYLE, "style"), (CONTENT, "content")):
        points = " ".join(
            f"{x:.1f},{height(value):.1f}" for x, value in zip(xs, curve[:, column], strict=True)
        )
        parts.append(f'<polyline class="{kind}" points="{points}"/>')
    parts.append(_label(LEFT, bottom + 14, "1", "start"))
    parts.append(_label(WIDTH, bottom + 14, f"evaluation {len(curve)}", "end"))
    ends = ", ".join(
        f"{kind} {curve[0, column]:.2g} to {curve[-1, column]:.2g}"
        for column, kind in ((STYLE, "style"), (CONTENT, "content"))
    )
    return _svg(bottom + UNDER, parts, f"Distance while optimising: {ends}")


def _mean(curves: Sequence[Sequence[tuple[float, float]]]) -> NDArray[np.float64]:
    """Of all windows, (evaluations, 2); each stays at its last value when it has ended."""
    known = [np.asarray(curve, dtype=np.float64) for curve in curves if len(curve)]
    if not any(curve.any() for curve in known):
        return np.zeros((0, 2))
    longest = max(len(curve) for curve in known)
    mean: NDArray[np.float64] = np.mean(
        [np.pad(curve, ((0, longest - len(curve)), (0, 0)), "edge") for curve in known], axis=0
    )
    return np.nan_to_num(mean, nan=np.inf, posinf=np.inf)  # which is drawn at the top


def _svg(height: float, parts: Sequence[str], label: str) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {height:g}" role="img" aria-label="{_text(label)}">'
        f"{''.join(parts)}</svg>"
    )


def _label(x: float, y: float, text: str, anchor: str = "end") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{_text(text)}</text>'


def _gradient() -> str:
    """The scale of colours, in CSS."""
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    return ", ".join(
        to_hex(colormaps[COLOURS](n / (LEGEND_STOPS - 1))) for n in range(LEGEND_STOPS)
    )


def _engines(results: Sequence[Result]) -> list[str]:
    return list(dict.fromkeys(result.engine for result in results))


def _list(names: Sequence[str]) -> str:
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _text(text: str) -> str:
    return html.escape(text)


def _fill(template: str, **words: str) -> str:
    text = files(__package__).joinpath("templates", template).read_text(encoding="utf-8")
    return Template(text).substitute(words)
