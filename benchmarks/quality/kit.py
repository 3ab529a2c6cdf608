"""Recorded drums on another recorded kit: every stroke is to stay, and a kick to be a kick.

Grooves of `benchmarks.quality.recorded_drums` are compared with the same strokes on the style's
kit; loops, whose strokes nobody knows, with themselves. The loops are those of Debian's package
sonic-pi-samples (CC0), repeated until they are long enough. All figures are 1 at best:

- onset F, as in `benchmarks.quality.drums`. librosa hears few of the strokes of recorded drums: see
  what it hears in the target.
- onset r, low r, high r: correlation of librosa's onset strength, in all of the spectrum, below
  150 Hz (kicks) and above 5 kHz (hats and cymbals).
- level r: correlation of levels in dB over 50 ms, down to 50 dB below the peak.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import librosa
import numpy as np

from benchmarks.quality import recorded_drums
from benchmarks.quality.bench import Bench
from benchmarks.quality.cases import Case, Section, results, seeds
from benchmarks.quality.figures import ONSET_HOP, ONSET_RATE, onset_error, onsets
from benchmarks.quality.recorded_drums import groove, rendered
from benchmarks.quality.sounds import PEAK, RATE, SILENT, read, write
from benchmarks.quality.systems import Row
from benchmarks.quality.triplets import HALVES
from effects.signal.arrays import Mono, Values

FOLDER = Path("/usr/share/sonic-pi/samples")
LOOPS = {
    HALVES[0]: ("breakbeat", "tabla", "mehackit1", "perc1", "compus"),
    HALVES[1]: ("amen_full", "mika", "mehackit2", "perc2", "industrial", "safari"),
}
LOOP_SECONDS = 8.0
LOW_HZ, HIGH_HZ = 150.0, 5000.0  # not searched
LEVEL_SECONDS, LEVEL_DB = 0.05, 50.0
KIND = "drums"
COLUMNS = ("onset r", "low r", "high r", "level r")


@dataclass(frozen=True, kw_only=True)
class Beat(Case):
    """A case with the beginnings of its strokes.

    Attributes:
        starts: in seconds; empty if they are not known.
    """

    starts: Sequence[float] = ()


def check() -> None:
    """Check that the recordings are there.

    Raises:
        FileNotFoundError: they are not; the message names their Debian package.
    """
    for folder, package in (
        (recorded_drums.FOLDER, "hydrogen-drumkits"),
        (FOLDER, "sonic-pi-samples"),
    ):
        if not folder.is_dir():
            raise FileNotFoundError(f"There is no {folder}: install Debian's package {package}.")


def sections(bench: Bench, rows: Sequence[Row], half: str, count: int) -> list[Section]:
    """A table for grooves, and one for loops."""
    grooves = [_groove(bench, seed) for seed in seeds(half, count)]
    loops = [_loop(bench, half, index) for index in range(len(LOOPS[half]))]
    found = []
    for name, cases, columns in (
        ("grooves", grooves, ("onset F", *COLUMNS)),
        ("loops", loops, COLUMNS),
    ):
        title = f"{len(cases)} recorded {name} on another recorded kit"
        every = results(rows, cases, figures, bench.knows)
        # The content is drums already, so the judge's verdict would say nothing.
        found.append(Section.of_means(title, every, columns, counts=False))
    return found


def figures(output: Mono, case: Beat) -> dict[str, float]:
    """All of `COLUMNS`, and ``onset F`` if the strokes are known."""
    target = read(case.target)
    found = {
        "onset r": onset_correlation(output, target),
        "low r": onset_correlation(output, target, highest_hz=LOW_HZ),
        "high r": onset_correlation(output, target, lowest_hz=HIGH_HZ),
        "level r": level_correlation(output, target),
    }
    if case.starts:
        found["onset F"] = 1 - onset_error(onsets(output), case.starts)
    return found


def onset_correlation(
    a: Mono, b: Mono, *, lowest_hz: float = 0.0, highest_hz: float = ONSET_RATE / 2
) -> float:
    """Pearson's correlation of the onset strengths of two clips of the same length."""
    return _correlation(*(_onset_strength(it, lowest_hz, highest_hz) for it in (a, b)))


def level_correlation(a: Mono, b: Mono) -> float:
    """Pearson's correlation of the levels of two clips of the same length, in dB."""
    return _correlation(*(_levels(it) for it in (a, b)))


def _onset_strength(clip: Mono, lowest_hz: float, highest_hz: float) -> Values:
    power = librosa.feature.melspectrogram(
        y=librosa.resample(clip, orig_sr=RATE, target_sr=ONSET_RATE),
        sr=ONSET_RATE,
        hop_length=ONSET_HOP,
        fmin=lowest_hz,
        fmax=highest_hz,
        n_mels=128 if highest_hz - lowest_hz > HIGH_HZ else 8,
    )
    strength: Values = librosa.onset.onset_strength(
        S=librosa.power_to_db(power), sr=ONSET_RATE, hop_length=ONSET_HOP
    )
    return strength


def _levels(clip: Mono) -> Values:
    size = round(LEVEL_SECONDS * RATE)
    blocks = clip[: clip.size // size * size].reshape(-1, size).astype(np.float64)
    levels = 10 * np.log10(np.mean(blocks**2, axis=1) + 1e-20)
    floored: Values = np.maximum(levels, levels.max() - LEVEL_DB)
    return floored


def _correlation(a: Values, b: Values) -> float:
    """0 if one of the two does not change."""
    n = min(len(a), len(b))
    if min(np.ptp(a[:n]), np.ptp(b[:n])) == 0:
        return 0.0
    return float(np.corrcoef(a[:n], b[:n])[0, 1])


def _groove(bench: Bench, seed: int) -> Beat:
    draw = random.Random(f"kit {seed}")
    kits = recorded_drums.kits(HALVES[seed % 2])
    kit, other = draw.sample(kits, 2)
    strokes, others = groove(draw), groove(draw)
    content, style, target = (
        _written(bench.folder / f"kit-{seed}-{name}.wav", rendered(*played))
        for name, played in (
            ("content", (kit, strokes)),
            ("style", (other, others)),
            ("target", (other, strokes)),
        )
    )
    starts = recorded_drums.beginnings(strokes)
    return Beat(seed=seed, kind=KIND, content=content, style=style, target=target, starts=starts)


def _loop(bench: Bench, half: str, index: int) -> Beat:
    """A loop, to be played by a kit; it is its own target."""
    name = LOOPS[half][index]
    draw = random.Random(f"loop {name}")
    kit = draw.choice(recorded_drums.kits(half))
    once = read(FOLDER / f"loop_{name}.flac")
    audio = np.resize(once, round(LOOP_SECONDS * RATE))
    content = _written(bench.folder / f"kit-loop-{name}.wav", audio)
    style = _written(bench.folder / f"kit-loop-{name}-style.wav", rendered(kit, groove(draw)))
    return Beat(seed=index, kind=KIND, content=content, style=style, target=content)


def _written(path: Path, audio: Mono) -> Path:
    write(path, audio * np.float32(PEAK / max(np.abs(audio).max(), SILENT)))
    return path
