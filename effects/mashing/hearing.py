"""What of two tracks is lead, rhythm and harmony, for as long as they last.

The network attends to all moments that it hears at once, so it hears blocks. They overlap, and
there the shares go from those of one block to those of the next: a jump of a share would be heard
as a click.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from effects.mashing.mask import frequencies_of
from effects.mashing.networks import BINS
from effects.mashing.networks.wanted import Magnitudes
from effects.mashing.parts import FRAMES, HARMONY, LEAD, RHYTHM, Shares
from effects.mashing.track import PartShares, Powers, Track, power, true_shares
from effects.running.cores import in_threads
from effects.signal.arrays import Values
from effects.signal.loudness import k_weighting
from effects.signal.stft import Stft

Hear = Callable[[Magnitudes, Magnitudes], Shares]
"""As `effects.mashing.parts.hear_parts`."""

#: From block to block its shares change over this time. Not searched.
OVERLAP_SECONDS = 2.0
#: Above that a bin gets the shares in the power of these, the top octave of what is heard: what
#: sounds up there are overtones and cymbals of what sounds here.
TOP = slice(BINS // 2, BINS)
STEPS = 255  # of a share, as it is kept: what is rounded away lies 54 dB below the song


@dataclass(frozen=True)
class Heard:
    """The parts of a track.

    Attributes:
        steps: shares of lead and rhythm, in steps of 1 / `STEPS`, ``[2, frames, bins]``; None if
            the track has stems, which tell.
        levels: the K-weighted power of each part, ``[3, frames]``.
    """

    steps: NDArray[np.uint8] | None
    levels: Values

    def shares(self, start: int, stop: int, powers: Powers) -> PartShares:
        """The shares in frames ``start`` to ``stop`` (exclusive), of a track without stems.

        Args:
            start: the first frame.
            stop: the last frame (exclusive).
            powers: of the track there, ``[frames, bins]``.
        """
        assert self.steps is not None, "a track with stems has true_shares"
        two = self.steps[:, start:stop].astype(np.float32) / STEPS
        return extended(np.stack([*two, 1 - two.sum(axis=0)]), powers)


def extended(shares: PartShares, powers: Powers) -> PartShares:
    """Shares for all bins: above those that are heard, the shares in the power of the top octave.

    Args:
        shares: ``[3, frames, heard]``, of the lowest bins.
        powers: ``[frames, bins]``.
    """
    heard, bins = shares.shape[-1], powers.shape[-1]
    if heard == bins:
        return shares
    top = slice(heard // 2, heard)
    weights = powers[:, top] + np.finfo(np.float32).tiny  # a plain mean in silence
    above = (shares[..., top] * weights).sum(-1) / weights.sum(-1)
    return np.concatenate([shares, np.repeat(above[..., None], bins - heard, -1)], -1)


def hear(
    a: Track,
    b: Track,
    grid: Stft,
    sample_rate: float,
    network: Hear,
    note: Callable[[float], object],
) -> tuple[Heard, Heard]:
    """Hear two tracks of the same length, block by block, in the threads that may be used.

    Tracks with stems are not heard by the network, except beside one that has none.

    Args:
        a: one track.
        b: the other.
        grid: of short-time spectra.
        sample_rate: in Hz.
        network: tells the parts of two magnitudes.
        note: is called with the fraction that is done.
    """
    n_frames = grid.n_frames(a.shape[1])
    weighting = k_weighting(frequencies_of(grid, sample_rate)).astype(np.float32)
    block, overlap = FRAMES, round(OVERLAP_SECONDS * sample_rate / grid.hop)
    found = tuple(_Collected(it, n_frames, weighting, overlap) for it in (a, b))
    spans = [
        (start, min(start + block, n_frames))
        for start in range(0, max(n_frames - overlap, 1), block - overlap)
    ]
    work = partial(_hear_block, (a, b), grid, network)
    for span, heard in zip(spans, in_threads(work, spans), strict=True):
        for collected, (shares, powers) in zip(found, heard, strict=True):
            collected.add(*span, shares, powers)
        note(span[1] / n_frames)
    return found[0].heard(), found[1].heard()


def _hear_block(
    tracks: tuple[Track, Track], grid: Stft, network: Hear, span: tuple[int, int]
) -> list[tuple[PartShares, Powers]]:
    """The shares and powers of each track in a block of frames."""
    spectra = [it.spectra(grid, *span) for it in tracks]
    powers = [power(it.sum(axis=0)) for it in spectra]
    if all(it.has_stems for it in tracks):
        return list(zip(map(true_shares, spectra), powers, strict=True))
    bins = min(BINS, grid.size // 2 + 1)
    missing = ((0, 0), (0, BINS - bins))  # at 8 kHz, for one: the network has a fixed size
    a, b = (np.pad(np.sqrt(it[:, :bins]), missing) for it in powers)
    shares = [
        true_shares(known) if track.has_stems else heard[..., :bins]
        for track, known, heard in zip(tracks, spectra, network(a, b), strict=True)
    ]
    return list(zip(shares, powers, strict=True))


class _Collected:
    """Puts a track's blocks together."""

    def __init__(
        self, track: Track, n_frames: int, weighting: NDArray[np.float32], overlap: int
    ) -> None:
        bins = min(BINS, len(weighting))
        self._steps = None if track.has_stems else np.zeros((2, n_frames, bins), np.uint8)
        self._levels = np.zeros((3, n_frames))
        self._weighting, self._overlap = weighting, overlap
        self._last: PartShares | None = None  # those of the block before that overlap

    def add(self, start: int, stop: int, shares: PartShares, powers: Powers) -> None:
        """Take a block's shares; it overlaps with the one before, and with the one after."""
        if self._last is not None:
            n = self._last.shape[1]
            rise = ((np.arange(n) + 0.5) / n).astype(np.float32)[:, None]
            shares = shares.copy()
            shares[:, :n] = (1 - rise) * self._last + rise * shares[:, :n]
        self._last = shares[:, -self._overlap :]
        if self._steps is not None:
            both = shares[[LEAD, RHYTHM]] * STEPS
            # Rounded down, the two never exceed the whole.
            self._steps[:, start:stop] = np.floor(np.clip(both, 0, STEPS) + 1e-3)
        weighted = powers * self._weighting
        self._levels[:, start:stop] = np.einsum("pfk,fk->pf", extended(shares, powers), weighted)

    def heard(self) -> Heard:
        """What all blocks say."""
        return Heard(self._steps, self._levels)


assert (LEAD, RHYTHM, HARMONY) == (0, 1, 2), "as the steps are kept"
