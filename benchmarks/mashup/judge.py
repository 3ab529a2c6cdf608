"""All figures of an output."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.mashup import spectra
from benchmarks.mashup.heard import Heard
from benchmarks.mashup.lag import lag_ms
from benchmarks.mashup.meeting import meeting
from benchmarks.mashup.nearness import distance, si_sdr
from benchmarks.mashup.pairs import Pair
from benchmarks.mashup.roughness import roughness
from benchmarks.mashup.shares import shares
from benchmarks.mashup.songs import RATE
from effects.signal.arrays import Audio
from effects.warping.timeline import Timeline

Figures = Mapping[str, float]


@dataclass(frozen=True)
class Result:
    """An output that is judged.

    Attributes:
        row: which system has made it.
        family: of the pair.
        number: of the pair in its family.
        drums: whether both songs have drums.
        figures: by name; see `met`, `sounds` and `late`.
    """

    row: str
    family: str
    number: int
    drums: bool
    figures: Figures


def met(pair: Pair, a: Timeline, b: Timeline) -> dict[str, float]:
    """How the songs of a pair meet.

    - beat ms: the median distance of beats.
    - beats, bars: the shares within 70 ms.
    - key: 1 if the pitch sets are equal.
    """
    found = meeting(pair.a, pair.b, a, b)
    return {"beat ms": found.beat_ms, "beats": found.beats, "bars": found.bars, "key": found.key}


def sounds(heard: Heard, out: Audio) -> dict[str, float]:
    """How near an output, at `benchmarks.mashup.spectra.RATE`, is to what is wanted.

    While A's lead plays:

    - distance: to A's lead and B's bed, over the plain sum's.
    - leak: of what is not wanted, in dB.
    - clash: the share of seconds with two leads in which both are heard.
    - lead: its level against the bed's in dB, above what it should be.

    All the time:

    - leak, all: as above.
    - filled: of the seconds without A's lead, the share in which B's lead or A's bed is heard.
    - SI-SDR: in dB, where nothing is stretched.
    - rough: how much rougher the output is than the songs are by themselves.
    """
    out = out[:, : heard.a.shape[1]]
    powers = spectra.powers(np.pad(out, ((0, 0), (0, heard.a.shape[1] - out.shape[1]))))
    found = shares(powers, heard.stem_powers)
    plays = found.plays[:, 0]
    songs = roughness(heard.a) + roughness(heard.b)
    leading = found.of(plays)
    return {
        "distance": _ratio(heard, powers, plays),
        "leak": leading.leak_db,
        "clash": leading.clash,
        "lead": leading.lead_db,
        "leak, all": found.leak_db,
        "filled": found.filled,
        "SI-SDR": si_sdr(out, heard.wanted[:, : out.shape[1]]) if heard.sample_wise else np.nan,
        "rough": 2 * roughness(out) / songs,
    }


def _ratio(heard: Heard, powers: spectra.Powers, plays: NDArray[np.bool_]) -> float:
    """The distance to what is wanted over the plain sum's, in some seconds; NaN if that is 0."""
    frames = np.flatnonzero(np.repeat(plays, round(spectra.FRAMES_PER_SECOND)))
    frames = frames[frames < len(powers)]
    if not frames.size:
        return float("nan")
    wanted = heard.wanted_powers[frames]
    sums = distance(heard.sum_powers[frames], wanted)
    return distance(powers[frames], wanted) / sums if sums else float("nan")


def late(pair: Pair, heard: Heard, out: Audio) -> dict[str, float]:
    """How many milliseconds late A's lead and B's bed are heard against what the file says."""
    leads = spectra.resampled(pair.a.lead, RATE), spectra.resampled(pair.b.bed, RATE)
    timelines = heard.a_timeline, heard.b_timeline
    found = [
        lag_ms(out, it, spectra.RATE, timeline)
        for it, timeline in zip(leads, timelines, strict=True)
    ]
    return {"lag of A": found[0], "lag of B": found[1]}
