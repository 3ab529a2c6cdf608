"""Pictures of a restyling: content, style and output on one scale, and how it came about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from effects.signal.arrays import energy
from plugin_bridge.files.sound_files import Sound

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from effects.engines.report import Report

Picture = NDArray[np.float64]
Curves = Sequence[Sequence[tuple[float, float]]]

# All of this was chosen by eye.
COLUMNS = 2000  # at most: the frames of a longer sound are further apart
ROWS = 320  # bands
BATCH = 100  # frames transformed together: bounds memory to about 3 MB at 44.1 kHz
LOWEST_HZ = 40.0  # about the low E of a bass
HIGHEST_HZ = 20_000.0  # the limit of hearing
RANGE_DB = 80.0  # from the brightest colour to black
WINDOW_SECONDS = 0.046  # 2048 samples at 44.1 kHz, the nearest power of 2 at other rates
TICKS_HZ = (50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000)
COLOURS = "magma"  # of matplotlib: as bright as the sound is loud, also in print
STYLE_COLOUR, CONTENT_COLOUR = "#c0392b", "#2c3e80"
SHARES = {"played": STYLE_COLOUR, "blended": CONTENT_COLOUR, "kept": "#c8c8c8"}  # upwards
STYLE_SHEET: dict[Any, Any] = {
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def draw(
    file: Path | BinaryIO,
    content: Sound,
    style: Sound,
    output: Sound,
    curves: Curves,
    report: Report | None = None,
) -> None:
    """Draw to a PNG file.

    The three spectrograms share the scales of time, frequency and level. Each clip is first
    brought to the same RMS, so that its timbre is seen and not its volume. Below them are the loss
    curves, or, if there was nothing to optimise, what the output is made of over time.

    Args:
        file: its path, written in place, or the open file.
        content: what went in.
        style: the style clip; drawn only up to the content's length.
        output: what came out.
        curves: per window of the stem, per evaluation, the (style, content) distance; nothing but
            zeros if there was nothing to optimise.
        report: of the call that made the output, if it is known.
    """
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with rc_context(STYLE_SHEET):
        optimised = any(max(point) > 0 for curve in curves for point in curve)
        ratios = (3.1, 1) if optimised else (3.1,)
        height = 9.5 if optimised else 8.0 if report is None else 8.6
        figure = Figure(figsize=(10, height), dpi=130, layout="constrained")
        FigureCanvasAgg(figure)
        parts: Any = figure.subfigures(len(ratios), 1, squeeze=False, height_ratios=ratios)[:, 0]
        sounds = {"Content": content, "Style": style, "Output": output}
        _draw_spectrograms(parts[0], sounds, None if optimised else report)
        if optimised:
            _draw_curves(parts[1].subplots(), curves)
        figure.savefig(file, format="png")


def write_pictures(pictures: Mapping[Path, Picture]) -> None:
    """Write spectrograms as bare PNG files, on one scale: 0 dB is the loudest spot of all."""
    loudest = max((float(it.max()) for it in pictures.values()), default=0.0)
    for path, picture in pictures.items():
        write_levels(path, picture - (loudest if loudest > -np.inf else 0.0))


def write_levels(file: Path | BinaryIO, picture: Picture) -> None:
    """Write levels in dB, (bands, times), 0 being the brightest colour, as a bare PNG file."""
    from matplotlib import colormaps
    from PIL import Image

    grey = np.clip(255 * (1 + picture[::-1] / RANGE_DB), 0, 255).astype(np.uint8)
    image = Image.fromarray(grey).convert("P")
    colours = (255 * colormaps[COLOURS](np.arange(256))[:, :3]).round().astype(np.uint8)
    image.putpalette(colours.tobytes())
    image.save(file, format="PNG", optimize=True)


def colour_scale(n: int) -> list[str]:
    """``n`` colours for levels from ``-RANGE_DB`` to 0 dB, as CSS writes them."""
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    return [to_hex(colormaps[COLOURS](it / (n - 1))) for it in range(n)]


def spectrogram(sound: Sound, seconds: float, highest_hz: float) -> Picture:
    """The level in dB, relative to the RMS of the sound: (``ROWS`` bands, up to ``COLUMNS`` times).

    The bands are evenly spaced in log frequency, from ``LOWEST_HZ`` to ``highest_hz``. Each has the
    mean power of the frequencies in it; above half the sample rate that is -inf dB.

    Args:
        sound: what to draw.
        seconds: how much of it; all of it if it is shorter.
        highest_hz: the upper end of the scale.
    """
    from scipy.signal import ShortTimeFFT

    mono = sound.audio[:, : round(seconds * sound.sample_rate)].mean(axis=0)
    n_fft = window_samples(sound.sample_rate)
    hop = hop_samples(mono.size, sound.sample_rate)
    # Zero-padded to twice the window: interpolated bins make the lowest bands smooth.
    stft = ShortTimeFFT(np.hanning(n_fft), hop, fs=1, mfft=2 * n_fft, phase_shift=None)
    missing = max(n_fft - mono.size, 0)  # half a window is the least it takes
    padded = np.pad(mono, (0, missing)) if missing else mono
    count = mono.size // hop + 1
    edges_hz = np.geomspace(LOWEST_HZ, highest_hz, ROWS + 1)
    edges = np.minimum(edges_hz / sound.sample_rate, 0.5)  # in cycles per sample
    spans = ((at, min(at + BATCH, count)) for at in range(0, count, BATCH))
    power = (np.abs(stft.stft(padded, *span).T) ** 2 for span in spans)
    bands = np.concatenate([_band_power(it, edges) for it in power])
    mean_square = max(energy(mono) / mono.size, 1e-30)
    with np.errstate(divide="ignore"):
        decibels: Picture = 10 * np.log10(bands.T / mean_square)
    return decibels


def window_samples(sample_rate: int) -> int:
    """How long the window of a spectrogram is."""
    return int(2 ** max(round(np.log2(WINDOW_SECONDS * sample_rate)), 4))


def hop_samples(samples: int, sample_rate: int) -> int:
    """From one column of a spectrogram to the next, if so many samples are drawn."""
    return max(window_samples(sample_rate) // 4, samples // (COLUMNS - 1) + 1)


def tone_level_db(sample_rate: int) -> float:
    """The level that `spectrogram` finds in a steady pure tone below 1 kHz, within a dB.

    Half of the Hann window's sum makes up the tone's amplitude, and `_band_power` divides by the
    width of a bin, which is a part of twice the window's length. Only a sound that is louder than
    its mean for a while is above that level.
    """
    return float(10 * np.log10(window_samples(sample_rate) ** 3 / 4))


def _band_power(power: Picture, edges: NDArray[np.float64]) -> Picture:
    """The mean power between neighbouring edges, (frames, bands); 0 between equal edges.

    The power summed up to a frequency is known at the ends of the bins and interpolated between
    them; a band's power is the difference of the sums at its edges.

    Args:
        power: (frames, bins), the bins evenly spaced from 0 to half the sample rate.
        edges: rising, in cycles per sample.
    """
    below = np.pad(np.cumsum(power, axis=1), ((0, 0), (1, 0)))
    n_fft = 2 * (power.shape[1] - 1)
    ends = (np.arange(below.shape[1]) - 0.5) / n_fft  # bin k is centred on k / n_fft
    at_edges = np.array([np.interp(edges, ends, row) for row in below])
    mean: Picture = np.diff(at_edges, axis=1) / np.maximum(np.diff(edges), 1e-12)
    return mean


def _draw_spectrograms(figure: Any, sounds: dict[str, Sound], report: Report | None) -> None:
    content = sounds["Content"]
    seconds = content.seconds
    highest = min(content.sample_rate / 2, HIGHEST_HZ)
    pictures = {name: spectrogram(it, seconds, highest) for name, it in sounds.items()}
    loudest = max((p.max() for p in pictures.values() if np.isfinite(p.max())), default=0.0)
    ratios = [1.0] * len(sounds) + [0.2] * (report is not None)
    rows = figure.subplots(len(ratios), 1, sharex=True, height_ratios=ratios)
    for axes, (name, picture) in zip(rows, pictures.items(), strict=False):
        shown = min(seconds, sounds[name].seconds)
        cut = " (its beginning)" if sounds[name].seconds > 1.01 * seconds else ""
        axes.set_title(f"{name}{cut}")
        image = show(axes, picture - loudest, shown, highest)
        axes.set_ylabel("frequency (Hz)")
    if report is not None:
        _draw_shares(rows[-1], report)
    rows[-1].set_xlim(0, seconds)
    rows[-1].set_xlabel("time (s)")
    bar = figure.colorbar(image, ax=list(rows[: len(sounds)]), pad=0.015, aspect=45, extend="min")
    bar.set_label("level (dB below the loudest; clips at equal RMS)")
    bar.outline.set_visible(False)


def show(axes: Axes, picture: Picture, seconds: float, highest: float, **look: Any) -> Any:
    """Draw a picture whose rows are evenly spaced in log frequency, with ticks in Hz.

    It holds levels in dB below 0, or whatever ``look``, given to matplotlib's imshow, is for.
    """
    low, high = np.log10(LOWEST_HZ), np.log10(highest)
    axes.set_facecolor("#f2f2f2")
    levels = {"cmap": COLOURS, "vmin": -RANGE_DB, "vmax": 0}
    image = axes.imshow(
        picture if look else np.maximum(picture, -RANGE_DB),
        origin="lower",
        aspect="auto",
        extent=(0, seconds, low, high),
        interpolation="antialiased",
        **(look or levels),
    )
    ticks = [hz for hz in TICKS_HZ if LOWEST_HZ <= hz <= highest]
    axes.set_yticks(np.log10(ticks), [f"{hz / 1000:g}k" if hz >= 1000 else str(hz) for hz in ticks])
    return image


def _draw_shares(axes: Axes, report: Report) -> None:
    """What the output is made of over time, as shares that add up to 1."""
    axes.set_title("What the output is made of")
    stretches = report.stretches
    edges = [*(it.start for it in stretches), stretches[-1].end]
    shares = [[getattr(it, kind) for it in (*stretches, stretches[-1])] for kind in SHARES]
    labels = [f"{kind} {getattr(report, kind):.0%}" for kind in SHARES]
    axes.stackplot(edges, shares, step="post", colors=[*SHARES.values()], labels=labels)
    axes.set_ylim(0, 1)
    axes.set_yticks([0, 1])
    axes.set_ylabel("share")
    axes.legend(frameon=False, ncols=len(SHARES), loc="lower right", bbox_to_anchor=(1, 1.0))


def _draw_curves(axes: Axes, curves: Curves) -> None:
    axes.set_title("Distance while optimising")
    axes.set_xlabel("evaluation")
    axes.set_ylabel("relative distance")
    longest = max(len(curve) for curve in curves)
    filled = np.array([_extend(curve, longest) for curve in curves if len(curve)])
    times = np.arange(1, longest + 1)
    for column, name, colour in ((0, "style", STYLE_COLOUR), (1, "content", CONTENT_COLOUR)):
        each, mean = filled[:, :, column], filled[:, :, column].mean(axis=0)
        if len(each) > 1:
            axes.plot(times, each.T, color=colour, alpha=min(0.3, 4 / len(each)), linewidth=0.7)
        axes.plot(times, mean, color=colour, linewidth=2, label=f"to the {name}")
    axes.set_yscale("log")
    axes.set_ylim(bottom=max(1e-3, 0.5 * filled[filled > 0].min(initial=1.0)))
    axes.set_xlim(1, max(longest, 2))
    axes.grid(visible=True, alpha=0.25)
    windows = "" if len(filled) == 1 else f"mean of {len(filled)} windows"
    axes.legend(frameon=False, ncols=2, loc="lower right", title=windows)


def _extend(curve: Sequence[tuple[float, float]], length: int) -> NDArray[np.float64]:
    """The curve, (length, 2), with its last values repeated to the end."""
    values = np.asarray(curve, dtype=np.float64)
    return np.concatenate([values, np.repeat(values[-1:], length - len(values), axis=0)])
