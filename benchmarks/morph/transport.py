"""Audio transport: spectra between two spectra, with the masses of one moved to those of the other.

After T. Henderson & J. Solomon, *Audio transport: a generalized portamento via optimal transport*,
DAFx 2019. In each frame, a spectrum is cut into masses, one around each partial. Frequency is a
line, so the optimal plan between the masses of A and of B joins them in order: both cumulative sums
are merged, and each stretch of the merged one belongs to a mass of A and a mass of B. What they
share is put at X of the way between their frequencies, with the shapes of both; its phase goes on
from the frame before with that frequency, so that a partial that moves is heard as a glide.

The masses: the reassigned frequency of a bin is where its energy really is. With the window w, its
derivative w' and the spectra S of both, it is ω − Im(S_w' / S_w). Around a partial all bins point
to it: it is above the bins below it, and below those above it. Where it turns from below to above,
a mass ends and another begins.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from effects.signal.arrays import Mono, Values
from effects.signal.stft import Stft

STFT = Stft(4096, 1024)  # 93 ms every 23 ms at 44.1 kHz, about as in the paper
SILENT = 1e-6

Spectra = NDArray[np.complex128]
Places = NDArray[np.int64]


@dataclass(frozen=True)
class Masses:
    """The parts of a spectrum, from the lowest on.

    Attributes:
        spectrum: ``[bins]``.
        first: the first bin of each, ``[masses]``.
        last: the bin after its last one.
        centre: its loudest bin.
        radians: its frequency, in radians a sample.
        share: of the spectrum's sum of magnitudes.
    """

    spectrum: Spectra
    first: Places
    last: Places
    centre: Places
    radians: Values
    share: Values

    @classmethod
    def of(cls, spectrum: Spectra, reassigned: Values) -> Masses:
        """Cut a spectrum; ``reassigned`` has the frequencies of its bins, in radians a sample."""
        above = reassigned > 2 * np.pi * np.arange(spectrum.size) / STFT.size
        first = np.concatenate([[0], 1 + np.flatnonzero(~above[:-1] & above[1:])])
        sizes = np.diff(first, append=spectrum.size)
        magnitudes = np.abs(spectrum)
        which = np.repeat(np.arange(first.size), sizes)
        centre = np.lexsort((-magnitudes, which))[first]
        share = np.add.reduceat(magnitudes, first)
        return cls(spectrum, first, first + sizes, centre, reassigned[centre], share / share.sum())


def transport(a: Mono, b: Mono, at: float) -> Mono:
    """The sound ``at`` (0 to 1) of the way from A to B, as long as the longer one."""
    size = max(a.size, b.size)
    (first, first_radians), (second, second_radians) = (_analysed(it, size) for it in (a, b))
    out = np.zeros_like(first)
    phases = np.zeros(out.shape[1])
    for frame, (one, two) in enumerate(zip(first, second, strict=True)):
        if min(np.abs(one).sum(), np.abs(two).sum()) < SILENT:  # there is nothing to move
            out[frame] = (1 - at) * one + at * two
            continue
        ends = Masses.of(one, first_radians[frame]), Masses.of(two, second_radians[frame])
        out[frame], phases = _between(ends, at, phases)
    begin = -STFT.begin(0)
    made = STFT.synthesise(out) / STFT.weights(len(out))
    return np.asarray(made[begin : begin + size], np.float32)


def _analysed(audio: Mono, size: int) -> tuple[Spectra, Values]:
    """The spectra, ``[frames, bins]``, and their reassigned frequencies in radians a sample."""
    count = STFT.n_frames(size)
    under = np.pad(audio.astype(np.float64), (STFT.size // 2, size - audio.size + 2 * STFT.size))
    frames = np.lib.stride_tricks.sliding_window_view(under, STFT.size)[:: STFT.hop][:count]
    turns = 2 * np.pi * np.arange(STFT.size) / STFT.size
    window, derivative = 0.5 - 0.5 * np.cos(turns), np.pi / STFT.size * np.sin(turns)
    spectra = np.fft.rfft(frames * window)
    slopes = np.fft.rfft(frames * derivative)
    ratio = slopes * spectra.conj() / np.maximum(np.abs(spectra) ** 2, 1e-20)
    return spectra, 2 * np.pi * np.arange(spectra.shape[1]) / STFT.size - ratio.imag


def _between(ends: tuple[Masses, Masses], at: float, phases: Values) -> tuple[Spectra, Values]:
    """The spectrum between two, and the phases of its bins for the next frame."""
    one, two = ends
    of_one, of_two, shares = _plan(one.share, two.share)
    radians = (1 - at) * one.radians[of_one] + at * two.radians[of_two]
    centre = np.rint((1 - at) * one.centre[of_one] + at * two.centre[of_two]).astype(np.int64)
    phase = phases[centre] + radians * STFT.hop
    out, following = np.zeros_like(one.spectrum), np.zeros(one.spectrum.size)
    nearer_last = ((one, of_one, 1 - at), (two, of_two, at))[:: 1 if at > 0.5 else -1]
    for masses, which, weight in nearer_last:
        if weight > 0:
            _put(out, following, masses, which, centre, weight * shares, phase)
    return out, following


def _put(
    out: Spectra,
    following: Values,
    masses: Masses,
    which: Places,
    centre: Places,
    shares: Values,
    phase: Values,
) -> None:
    """Add masses around other bins, with their shapes, and with these phases at their centres.

    Where several come to a bin, its phase goes on from the one with the largest share.
    """
    order = np.argsort(shares, kind="stable")
    which, centre, shares, phase = which[order], centre[order], shares[order], phase[order]
    sizes = (masses.last - masses.first)[which]
    part = np.repeat(np.arange(which.size), sizes)
    within = np.arange(part.size) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    source = masses.first[which][part] + within
    place = source + (centre - masses.centre[which])[part]
    inside = (place >= 0) & (place < out.size)
    part, source, place = part[inside], source[inside], place[inside]
    gain = shares / np.maximum(masses.share[which], 1e-12)
    turn = gain * np.exp(1j * (phase - np.angle(masses.spectrum[masses.centre[which]])))
    values = masses.spectrum[source] * turn[part]
    out += np.bincount(place, values.real, out.size) + 1j * np.bincount(
        place, values.imag, out.size
    )
    following[place] = phase[part]


def _plan(a: Values, b: Values) -> tuple[Places, Places, Values]:
    """The optimal plan on a line, as a list: which of A shares how much with which of B.

    Shares of each side sum to 1. Both cumulative sums together cut the line into stretches, each of
    which lies in one mass of A and in one of B.
    """
    ends = [np.cumsum(it) / it.sum() for it in (a, b)]
    cuts = np.unique(np.concatenate([[0.0], *ends]))
    middles = (cuts[:-1] + cuts[1:]) / 2
    of_a, of_b = (
        np.minimum(np.searchsorted(it, middles), it.size - 1).astype(np.int64) for it in ends
    )
    return of_a, of_b, np.diff(cuts)
