"""How much of each stem is heard in an output: leak, clash, and the lead's level against the bed's.

In each second and each of eight bands, the output's powers are a sum of the four stems' with
factors from 0 up (least squares). Between two stems that sound at once at one frequency, their
phases add something to the power; that is 0 on average.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from benchmarks.mashup.spectra import FRAMES_PER_SECOND, RATE, STFT, Powers

EDGES_HZ = (0.0, 125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 7000.0, RATE / 2)
STEMS = ("lead a", "bed a", "lead b", "bed b")
WANTED = (0, 3)
CLASH_DB = -10.0
SOUNDS_DB = -25.0  # of a lead in a frame, against its mean: below, it rests
FAINTEST = 1e-12

Heard = NDArray[np.float64]


class Shares(NamedTuple):
    """What is heard of four stems, whose order is that of `STEMS`.

    Attributes:
        stems: their own power in each second, ``[seconds, 4]``.
        heard: that of what is heard of them, ``[seconds, 4]``.
        plays: in which seconds the leads of A and B play for half of the time, ``[seconds, 2]``.
    """

    stems: Heard
    heard: Heard
    plays: NDArray[np.bool_]

    def of(self, seconds: NDArray[np.bool_]) -> Shares:
        """Only some of the seconds."""
        return Shares(self.stems[seconds], self.heard[seconds], self.plays[seconds])

    @property
    def leak_db(self) -> float:
        """The power of what is not wanted (bed of A, lead of B) against what is."""
        total = self.heard.sum(axis=0)
        return _db(total[1] + total[2], total[0] + total[3])

    @property
    def lead_db(self) -> float:
        """The lead's level against the bed's, above what they are in their stems."""
        heard, own = self.heard.sum(axis=0), self.stems.sum(axis=0)
        return _db(heard[0], heard[3]) - _db(own[0], own[3])

    @property
    def clash(self) -> float:
        """The share of seconds with two leads in which both are heard above -10 dB; NaN if none.

        0 dB is how loud the wanted stems are heard on average.
        """
        both = self.plays.all(axis=1)
        if not both.any():
            return float("nan")
        return float(np.mean((self._levels()[both] > 10 ** (CLASH_DB / 10)).all(axis=1)))

    @property
    def filled(self) -> float:
        """The share of seconds without A's lead in which B's lead or A's bed is heard; NaN if none.

        Above -10 dB, as in `clash`.
        """
        rests = ~self.plays[:, 0]
        if not rests.any():
            return float("nan")
        wanted = self.heard[:, WANTED].sum() / max(self.stems[:, WANTED].sum(), FAINTEST)
        others = self.heard[rests][:, (1, 2)].sum(axis=1)
        own = self.stems[rests][:, (1, 2)].sum(axis=1) * wanted
        return float(np.mean(others > own * 10 ** (CLASH_DB / 10)))

    def _levels(self) -> Heard:
        """How loud each lead is heard in each second, 1 as the wanted stems: ``[seconds, 2]``."""
        wanted = self.heard[:, WANTED].sum() / max(self.stems[:, WANTED].sum(), FAINTEST)
        leads = self.heard[:, (0, 2)] / np.maximum(self.stems[:, (0, 2)], FAINTEST)
        return leads / max(wanted, FAINTEST)


def shares(out: Powers, stems: list[Powers]) -> Shares:
    """What is heard of ``stems``, in the order of `STEMS`, in an output: all ``[frames, bins]``."""
    frames = round(FRAMES_PER_SECOND)
    edges = np.round(np.array(EDGES_HZ) / RATE * STFT.size).astype(int)
    edges[-1] = STFT.size // 2 + 1
    count = max(len(out) // frames, 1)
    own, heard = np.zeros((count, len(stems))), np.zeros((count, len(stems)))
    for second in range(count):
        rows = slice(second * frames, (second + 1) * frames)
        for low, high in pairwise(edges):
            parts = np.stack([it[rows, low:high].ravel() for it in stems], axis=1)
            sums = parts.sum(axis=0, dtype=np.float64)
            own[second] += sums
            heard[second] += sums * _factors(parts, out[rows, low:high].ravel())
    plays = np.stack([_plays(stems[it], count, frames) for it in (0, 2)], axis=1)
    return Shares(own, heard, plays)


def _plays(lead: Powers, seconds: int, frames: int) -> NDArray[np.bool_]:
    """In which seconds of so many frames a lead plays for half of the time, ``[seconds]``."""
    power = lead.sum(axis=1, dtype=np.float64)
    sounds = power > power.mean() * 10 ** (SOUNDS_DB / 10) + FAINTEST
    inside = np.pad(sounds, (0, max(seconds * frames - len(sounds), 0)))[: seconds * frames]
    return np.asarray(inside.reshape(seconds, frames).mean(axis=1) >= 0.5)


def _factors(parts: Powers, out: Powers) -> Heard:
    """Factors from 0 up with which ``parts [bins, stems]`` sum to ``out [bins]``, nearly."""
    scale = float(parts.max(initial=0.0))
    if scale < FAINTEST:
        return np.zeros(parts.shape[1])
    # The triangle of a QR decomposition has the same least squares, and a few rows.
    both = np.column_stack([parts, out]).astype(np.float64) / scale
    triangle = np.linalg.qr(both, mode="r")
    return np.asarray(nnls(triangle[:, :-1], triangle[:, -1])[0])


def _db(above: float, below: float) -> float:
    return float(10 * np.log10((above + FAINTEST) / (below + FAINTEST)))
