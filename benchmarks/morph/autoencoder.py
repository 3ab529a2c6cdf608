"""What is left of clips that are encoded and decoded again, with what is heard of them.

The clips are tunes of `benchmarks.quality.triplets` on instruments of eleven families. For each
window of four seconds:

- struck F: of the N likeliest strokes of the decoded score, where N is how many are heard, and
  those that are heard: the F-measure, at exactly the step (125 ms) and key. All windows together.
- sounding F: likewise of the cells whose probability is above one half.
- spectrum: the root mean square difference of the decoded levels and the clip's own, in dB over all
  bands and frames, as a mean over the windows; and over that of the mean of all windows' levels.
- active: the share of the latent's numbers whose variance over the windows is above 0.01 (Burda et
  al. 2016).
- family: how often a linear probe (logistic regression) names the family from the timbre's numbers.
  It learns from one tune of each instrument and is asked about the other, and the other way round.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from benchmarks.morph.heard import Heard
from benchmarks.quality.sounds import RATE, Studio
from benchmarks.quality.triplets import KINDS, instruments, tune
from effects.latent.bands import Bands, bands_of
from effects.latent.codec import SCORE, Codec, Z
from effects.latent.roll import SOUNDING, STRUCK, Roll, roll_of

TUNES = 2  # of each instrument
INSTRUMENTS = 4  # of each family, at most
ACTIVE = 0.01  # variance
#: From issue 19: the least, but of the spectrum over the mean one's, which is the most.
BARS = {"struck": 0.8, "sounding": 0.85, "ratio": 0.5, "active": 0.9, "family": 0.6}


@dataclass(frozen=True)
class Figures:
    """See the module.

    Attributes:
        struck: F-measure.
        sounding: F-measure.
        spectrum: in dB.
        ratio: that over the mean spectrogram's.
        active: share.
        family: share.
    """

    struck: float
    sounding: float
    spectrum: float
    ratio: float
    active: float
    family: float


@dataclass(frozen=True)
class Windows:
    """Windows of clips, what is heard of them, and their latents.

    Attributes:
        roll: the heard notes.
        levels: the bands' own.
        z: the latents.
        families: of each window.
        tunes: which tune of its instrument each is of.
    """

    roll: Roll
    levels: Bands
    z: Z
    families: Sequence[str]
    tunes: NDArray[np.int64]


def heard(studio: Studio, codec: Codec) -> Windows:
    """The windows of the tunes that a studio plays."""
    rolls, levels, zs, families, tunes = [], [], [], [], []
    for family, (first, second) in KINDS.items():
        for name in (*first, *second)[:INSTRUMENTS]:
            instrument = instruments()[name]
            scores = [
                tune(random.Random(f"encoded {name} {it}"), instrument) for it in range(TUNES)
            ]
            for index, audio in enumerate(studio.clips(instrument, scores)):
                notes = Heard(audio, studio.folder).notes
                roll = roll_of(notes, audio.size / RATE)
                rolls.append(roll)
                levels.append(bands_of(audio[None], RATE)[: len(roll)])
                zs.append(codec.encode(audio[None], RATE, notes))
                families += [family] * len(roll)
                tunes += [index] * len(roll)
    whole = [np.concatenate(it) for it in (rolls, levels, zs)]
    return Windows(whole[0], whole[1], whole[2], families, np.array(tunes))


def figures(windows: Windows, codec: Codec) -> Figures:
    """What is left of windows."""
    logits = codec.score(windows.z)
    found = codec.spectrum(windows.z, windows.roll)
    off = _apart(found, windows.levels)
    off_mean = _apart(windows.levels.mean(axis=0, keepdims=True), windows.levels)
    return Figures(
        struck=f_measure(likeliest(logits, windows.roll), windows.roll[..., STRUCK] > 0),
        sounding=f_measure(logits[..., SOUNDING] > 0, windows.roll[..., SOUNDING] > 0),
        spectrum=off,
        ratio=off / max(off_mean, 1e-9),
        active=float((windows.z.var(axis=0) > ACTIVE).mean()),
        family=probe(windows.z[:, SCORE:], windows.families, windows.tunes),
    )


def text(found: Figures) -> str:
    """The figures beside their bars."""
    lines = ["### The autoencoder", "", "| | bar | |", "|---|---|---|"]
    for it in fields(found):
        value = getattr(found, it.name)
        bar = BARS.get(it.name)
        good = bar is None or (value <= bar if it.name == "ratio" else value >= bar)
        shown = f"{value:.2f}" if good else f"**{value:.2f}**"
        lines.append(f"| {it.name} | {'' if bar is None else bar} | {shown} |")
    return "\n".join(lines)


def likeliest(logits: Roll, roll: Roll) -> NDArray[np.bool_]:
    """The strokes that are likeliest in each window, as many as ``roll`` has."""
    struck = logits[..., STRUCK].reshape(len(logits), -1)
    found = np.zeros(struck.shape, bool)
    for window, count in enumerate((roll[..., STRUCK] > 0).sum(axis=(1, 2))):
        found[window, np.argsort(-struck[window], kind="stable")[:count]] = True
    return found.reshape(logits.shape[:-1])


def f_measure(found: NDArray[np.bool_], wanted: NDArray[np.bool_]) -> float:
    """The F-measure of all cells; 1 if there are none in either."""
    cells = found.sum() + wanted.sum()
    return float(2 * (found & wanted).sum() / cells) if cells else 1.0


def probe(z: NDArray[np.float32], families: Sequence[str], tunes: NDArray[np.int64]) -> float:
    """How often a family is named from ``z``, by what is learnt from the other tunes."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    names = np.array(families)
    right = np.zeros(len(names), bool)
    for asked in np.unique(tunes):
        here = tunes == asked
        linear = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
        right[here] = linear.fit(z[~here], names[~here]).predict(z[here]) == names[here]
    return float(right.mean())


def _apart(one: Bands, two: Bands) -> float:
    """In dB: the root mean square of each window's differences; their mean."""
    return float(np.sqrt(((one - two) ** 2).mean(axis=(1, 2))).mean())
