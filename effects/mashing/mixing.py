"""Two tracks become one sound: (1 - m) A + m B, with the mask m that is nearest to what is wanted.

Wanted are the lead of one song and the bed of the other. Each is a share of its song's spectrum, so
T = S_A A + S_B B with shares S that depend on moment and frequency, and m follows from T
(`effects.mashing.one_mask`). Phases are never made up: they are those of A and of B.

Where the lead rests, the other song's lead is wanted too, or the harmony of the lead's own song
(`effects.mashing.rests`).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from effects.mashing.grid import grid_of
from effects.mashing.hearing import Hear, Heard, hear
from effects.mashing.mask import LEVELS, Steps
from effects.mashing.one_mask import one_mask
from effects.mashing.parts import HARMONY, LEAD, RHYTHM
from effects.mashing.rests import OTHER_LEAD, OWN_HARMONY, Rest, fading, find_rests, presence
from effects.mashing.track import Track, power
from effects.running.cores import in_threads
from effects.signal.arrays import Audio, Values
from effects.signal.overlap_add import OverlapAdder
from effects.signal.stft import Spectra, Stft

Gains = NDArray[np.float32]
"""Of lead, rhythm and harmony, ``[3, frames]``, 0 to 1."""
CHUNK = 256  # frames that are mixed at a time, to limit memory: 6 s
HEARING = 0.88  # of the work; measured on two songs of a minute


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What is wanted of two tracks.

    Attributes:
        lead: whose lead: ``"a"``, ``"b"``, or ``"auto"``.
        bed: ``"full"`` or ``"rhythm"``.
        balance: -1 is only the bed, 1 only the lead.
        beat_seconds: how long a beat is: fades last so long.
        bar_seconds: how long a bar is: shorter rests are none.
    """

    lead: str = "a"
    bed: str = "full"
    balance: float = 0.0
    beat_seconds: float = 0.5
    bar_seconds: float = 2.0

    @property
    def lead_gain(self) -> float:
        """The factor of the song that has the lead: 1 up to the middle, from 0 at -1."""
        return math.sin(math.pi / 2 * min(1 + self.balance, 1))

    @property
    def bed_gain(self) -> float:
        """The factor of the other: 1 from -1 to the middle, then falling to 0."""
        return math.sin(math.pi / 2 * min(1 - self.balance, 1))


class Mixed(NamedTuple):
    """Two tracks as one.

    Attributes:
        audio: ``[channels, samples]``.
        steps: the mask, ``[bins, frames]``, as in `effects.mashing.mask.Mask`.
        rests: where the lead rests, in frames.
        lead: whose it is: ``"a"`` or ``"b"``.
        leads: of A and B, for which share of the time the lead sounds, and its share of the power.
    """

    audio: Audio
    steps: Steps
    rests: list[Rest]
    lead: str
    leads: tuple[tuple[float, float], tuple[float, float]]


def mix(
    a: Track,
    b: Track,
    sample_rate: float,
    wish: Wish,
    network: Hear,
    note: Callable[[float], object],
) -> Mixed:
    """Mix two tracks of one shape, in the threads that may be used.

    Args:
        a: song A, as loud as B.
        b: song B.
        sample_rate: of both, in Hz.
        wish: what is wanted.
        network: tells the parts of two magnitudes.
        note: is called with the fraction that is done.
    """
    grid = grid_of(sample_rate)
    heard = hear(a, b, grid, sample_rate, network, lambda done: note(HEARING * done))
    frame_seconds = grid.hop / sample_rate
    leads = tuple(presence(it.levels, frame_seconds) for it in heard)
    lead = wish.lead if wish.lead != "auto" else ("b" if leads[1] > leads[0] else "a")
    first, second = heard if lead == "a" else heard[::-1]
    rests = find_rests(
        first.levels,
        second.levels,
        frame_seconds=frame_seconds,
        bar_seconds=wish.bar_seconds,
    )
    gains = _gains(wish, rests, first.levels.shape[1], wish.beat_seconds / frame_seconds)
    levels = (wish.lead_gain, wish.bed_gain)
    if lead == "b":
        gains, levels = gains[::-1], levels[::-1]
    parts = [
        _Wanted(replace(track, gain=track.gain * level), *it)
        for track, level, it in zip((a, b), levels, zip(heard, gains, strict=True), strict=True)
    ]
    audio, steps = _mixed(grid, parts, lambda done: note(HEARING + (1 - HEARING) * done))
    return Mixed(audio, steps, rests, lead, (leads[0], leads[1]))


def _gains(wish: Wish, rests: list[Rest], n_frames: int, beat_frames: float) -> tuple[Gains, Gains]:
    """What is wanted of the song that has the lead, and of the other.

    What stands in for a resting lead is as loud as the lead would be at this balance.
    """
    lead_song, bed_song = (np.zeros((3, n_frames), np.float32) for _ in range(2))
    fade = partial(fading, rests, n_frames=n_frames, fade_frames=beat_frames)
    lead_song[LEAD] = 1
    lead_song[HARMONY] = 1 if wish.bed == "rhythm" else fade(OWN_HARMONY)
    bed_song[RHYTHM] = 1
    bed_song[HARMONY] = 0 if wish.bed == "rhythm" else 1
    bed_song[LEAD] = fade(OTHER_LEAD) * np.float32(wish.lead_gain)
    return lead_song, bed_song


class _Wanted(NamedTuple):
    """A track at its level, what is heard of it, and what is wanted of it."""

    track: Track
    heard: Heard
    gains: Gains

    def spectra(self, grid: Stft, start: int, stop: int) -> tuple[Spectra, Spectra]:
        """The track, and what of it is wanted, ``[channels, frames, bins]`` each."""
        sounds, gains = self.track.spectra(grid, start, stop), self.gains[:, start:stop]
        if self.track.has_stems:
            return sounds.sum(axis=0), np.einsum("pcfk,pf->cfk", sounds, gains)
        song: Spectra = sounds[0]
        shares = self.heard.shares(start, stop, power(song))
        return song, song * np.einsum("pfk,pf->fk", shares, gains)


def _mixed(
    grid: Stft, parts: list[_Wanted], note: Callable[[float], object]
) -> tuple[Audio, Steps]:
    """The sound, and the mask, ``[bins, frames]``."""
    channels, samples = parts[0].track.shape
    n_frames = grid.n_frames(samples)
    out = np.zeros((channels, samples), np.float32)
    adder = OverlapAdder(out, begin=grid.begin(0), gain=1.0, out=out)
    steps = np.zeros((n_frames, grid.size // 2 + 1), np.uint8)
    spans = [(it, min(it + CHUNK, n_frames)) for it in range(0, n_frames, CHUNK)]
    work = partial(_chunk, grid, parts)
    for (start, stop), (mask, sound) in zip(spans, in_threads(work, spans), strict=True):
        steps[start:stop] = mask
        adder.add(sound, grid.weights(stop - start), finished=(stop - start) * grid.hop)
        note(stop / n_frames)
    return adder.finish(), steps.T


def _chunk(grid: Stft, parts: list[_Wanted], span: tuple[int, int]) -> tuple[Steps, Audio]:
    """The mask of some frames, ``[frames, bins]``, and their sound.

    The mask is rounded before it is used: what is saved is what is heard.
    """
    (a, from_a), (b, from_b) = (it.spectra(grid, *span) for it in parts)
    steps = np.rint(one_mask(from_a + from_b, a, b) * LEVELS).astype(np.uint8)
    mask = steps.astype(np.float32) / LEVELS
    return steps, grid.synthesise(a + mask * (b - a))


def beats_of(beats: Values, bars: Values) -> tuple[float, float]:
    """How long a beat and a bar are, in seconds: the medians of a mashup's.

    Where there are fewer than two, as at 120 BPM in 4/4.
    """
    beat, bar = (
        float(np.median(np.diff(it))) if len(it) > 1 else usual
        for it, usual in ((beats, 0.5), (bars, 2.0))
    )
    return beat, bar
