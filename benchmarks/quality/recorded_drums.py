"""Grooves put together from recorded strokes of several levels, with known beginnings.

The recordings are those of Debian's package hydrogen-drumkits: the kits BJA_Pacific (CC BY-SA 3.0),
The Black Pearl 1.0, Millo_MultiLayered2, Millo_MultiLayered3 and ForzeeStereo (GPL 2) and
ColomboAcousticDrumkit (GPL 2 or later, with an exception for compositions). Each drum was recorded
at several levels. The half to tune on has other kits than the half that is reported.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from benchmarks.quality.sounds import RATE, read
from effects.signal.arrays import Mono

FOLDER = Path("/usr/share/hydrogen/data/drumkits")
KICK, SNARE, HAT, OPEN_HAT, HIGH_TOM, LOW_TOM, RIDE, CRASH = DRUMS = (
    *("kick", "snare", "hat", "open hat", "high tom", "low tom", "ride", "crash"),
)
#: What the names of a drum's files begin with, in the order of `DRUMS`, by kit.
TUNING = {
    "BJA_Pacific": ("BD_", "SN_", "HH_", "HH2_", "TM_", "TM2_", "RD_", "CB_"),
    "The Black Pearl 1.0": (
        *("PearlKick-", "PearlSnare-", "SabianHatClosed-", "SabianHatOpen-"),
        *("PearlTom1-", "PearlTomFloor-", "PaisteRide-", "SabianCrash-"),
    ),
    "Millo_MultiLayered2": (
        *("bd_", "rsnare_", "hhclosed_", "hhopen_", "tom_", "floortom_", "ride_", "crash_"),
    ),
}
REPORTED = {
    "ForzeeStereo": (
        *("Kick-", "Snare-", "HiHatClosed-", "HiHatOpen-"),
        *("TomHigh-", "TomLow-", "RideBow-", "Crash18-"),
    ),
    "Millo_MultiLayered3": ("bd_", "sd_", "hh_0", "ho_", "t1_", "ft_", "rc_", "cc_"),
    "ColomboAcousticDrumkit": (
        *("bassdrum-", "snare-opaque-normal-mic-", "hihat-closed-", "hihat-open-"),
        *("tom-hi-", "tom-low-", "crash20i__ride", "crash16i__crash"),
    ),
}
KITS = {**TUNING, **REPORTED}
#: A kit's mix: peaks of the drums' loudest strokes in dB. Not searched.
MIX_DB = dict(zip(DRUMS, (0, 0, -10, -10, -2, -2, -12, -5), strict=True))
SECONDS, TAIL_SECONDS = 8.0, 1.0
RISEN = 0.05  # share of its peak at which a recorded stroke begins
TOGETHER_SECONDS = 0.02  # strokes that begin within this time begin together


@dataclass(frozen=True, order=True)
class Stroke:
    """One stroke.

    Attributes:
        start: when it begins, in seconds.
        drum: one of `DRUMS`.
        db: its level below that of the drum's loudest stroke, 0 or less.
    """

    start: float
    drum: str
    db: float


def kits(half: str) -> list[str]:
    """The kits of a half, "tune" or "report"."""
    return sorted({"tune": TUNING, "report": REPORTED}[half])


def rendered(kit: str, strokes: Sequence[Stroke], seconds: float = SECONDS + TAIL_SECONDS) -> Mono:
    """The strokes on a kit, with a peak of 1 if a kick or a snare is struck as hard as can be."""
    audio = np.zeros(round(seconds * RATE), np.float32)
    for stroke in strokes:
        place = audio[round(stroke.start * RATE) :]
        sound = sound_of(kit, stroke)
        place[: sound.size] += sound[: place.size]
    return audio


def sound_of(kit: str, stroke: Stroke) -> Mono:
    """One stroke by the recording whose level is nearest, brought to its level."""
    peaks, sounds = zip(*_recorded(kit, stroke.drum), strict=True)
    below = 20 * np.log10(np.array(peaks) / max(peaks))
    nearest = int(np.argmin(np.abs(below - stroke.db)))
    gain = 10 ** ((stroke.db + MIX_DB[stroke.drum]) / 20) / peaks[nearest]
    sound: Mono = sounds[nearest] * np.float32(gain)
    return sound


@cache
def _recorded(kit: str, drum: str) -> list[tuple[float, Mono]]:
    """A drum's recordings from their first sound on, with their peaks.

    Raises:
        FileNotFoundError: there are none.
    """
    start = KITS[kit][DRUMS.index(drum)]
    files = sorted((FOLDER / kit).glob(f"{start}*.*"))
    if not files:
        raise FileNotFoundError(f"{FOLDER / kit}: {drum}. Install Debian's hydrogen-drumkits.")
    found = []
    for file in files:
        sound = read(file)
        peak = float(np.abs(sound).max())
        first = int(np.argmax(np.abs(sound) > RISEN * peak))
        found.append((peak, sound[first:]))
    return found


def groove(draw: random.Random) -> list[Stroke]:
    """A drummer's groove: accents, ghost notes, a flam, a roll, cymbals that ring over it.

    Ghost notes are 20 to 30 dB below the snare's loudest stroke; the grace note of a flam comes 30
    to 40 ms early; a roll has 32nds. No stroke is exactly where it should be.
    """
    step = 60 / draw.uniform(80, 125) / 4
    kicks = {0, 8, *draw.sample(range(1, 16), 2)}
    hats = range(0, 16, draw.choice((1, 2, 2)))
    time = draw.choice((HAT, HAT, RIDE))
    fills = draw.sample(("roll", "flams", "toms"), 2)
    found: list[Stroke] = []
    for index in range(int((SECONDS - 0.2) / step)):
        now, place, bar = 0.1 + index * step, index % 16, index // 16
        last = place >= 12 and bar % 2 == 1
        if place == 0 and bar % 2 == 0:
            found.append(Stroke(now, CRASH, draw.uniform(-8, 0)))
        elif place in hats and not last:
            drum = OPEN_HAT if place == 14 and time == HAT else time
            found.append(Stroke(now, drum, (0 if place % 4 == 0 else -7) + draw.uniform(-4, 0)))
        if last:
            found += _fill(draw, fills[bar // 2 % 2], now, step, place)
            continue
        if place in kicks:
            found.append(Stroke(now, KICK, draw.uniform(-8, 0)))
        if place in (4, 12):
            found.append(Stroke(now, SNARE, draw.uniform(-4, 0)))
        elif place % 4 and draw.random() < 0.3:
            found.append(Stroke(now, SNARE, draw.uniform(-30, -20)))
    return sorted(
        Stroke(round(max(it.start + draw.gauss(0, 0.004), 0.01), 4), it.drum, it.db) for it in found
    )


def _fill(draw: random.Random, kind: str, now: float, step: float, place: int) -> Iterator[Stroke]:
    """One step of a fill at the end of a bar."""
    if kind == "roll":
        level = -16 + 4 * (place - 12)
        yield Stroke(now, SNARE, level + draw.uniform(-3, 0))
        yield Stroke(now + step / 2, SNARE, level + draw.uniform(-5, -2))
    elif kind == "flams":
        if place % 2 == 0:
            yield Stroke(now - draw.uniform(0.03, 0.04), SNARE, draw.uniform(-14, -8))
            yield Stroke(now, SNARE, draw.uniform(-3, 0))
    else:
        yield Stroke(now, HIGH_TOM if place < 14 else LOW_TOM, draw.uniform(-6, 0))


def beginnings(strokes: Sequence[Stroke]) -> list[float]:
    """When strokes begin, in seconds; those that begin together begin once."""
    found: list[float] = []
    for stroke in sorted(strokes):
        if not found or stroke.start - found[-1] > TOGETHER_SECONDS:
            found.append(stroke.start)
    return found
