r"""What a performance lacks: the stem's dynamics, and what no note explains.

Let X(b, t) and Y(b, t) be the powers of the stem and of the performance in the band b at the time
t, and u(t) how unexplained the stem is, from 0, where its notes explain what sounds, to 1.

**Dynamics.** Where the notes are sure, the level of the performance is to follow the stem's as a
whole: T = Y · ΣX / ΣY, both sums over the bands. Where they are not, every band is to follow the
stem's, each about its own mean, so that the long-term spectrum stays the style's:

    T = mean(Y) · X / mean(X),   scaled so that ΣT = ΣX.

In between, the two are interpolated in dB. The performance gets the gain g, with

    g² = (T / Y)^d,   d = min(dynamics · (1/2 + u), 1),

within limits. So at full dynamics and where nothing is explained, Y g² is T.

**Remainder.** What is then still lacking is taken from the stem itself, filtered to the spectrum
that the performance has: with the power r · u · max(T - Y g², 0) in every band. Since T is
proportional to X in the long term, this filter hardly changes, and phases are the stem's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from effects.engines.sampler.changed import Changed
from effects.notes.basic_pitch import RATE
from effects.notes.pitch_line import Phrase
from effects.notes.pitched_share import SETTINGS as SHARE
from effects.notes.pitched_share import Explained
from effects.running.cores import each_in_threads, in_threads
from effects.signal.arrays import Audio, Sound
from effects.signal.overlap_add import OverlapAdder
from effects.signal.stft import Spectra, Stft


@dataclass(frozen=True)
class Settings:
    """The numbers of `complete`.

    What was tried was tried on the excerpts of real music that are for tuning; docs/quality.md has
    the figures. What has no comment comes from the first design that worked.

    Attributes:
        window_seconds: length of the window.
        overlap: windows over each sample.
        least_hop: smallest hop in samples.
        bands_per_octave: bands of the spectrum, about as wide as those of the ear's. With five,
            the figures are the same.
        lowest_hz: the centre of the lowest band.
        level_seconds: over which the level as a whole is averaged. On rendered tunes, 0.08 and 0.2
            are alike.
        most_boost_db: highest gain. With 6 dB, levels are kept a little less well.
        most_cut_db: lowest gain, negative.
        floor: powers are raised by this share of a band's mean.
        remainder: r, the share of the lacking power that is filled. Of 0, 0.12, 0.25, 0.4, 0.5 and
            1: onsets are the better, the more there is, but the instrument is heard less.
        sure: where notes explain this share of what sounds, u is 0, ...
        unsure: and 1 where they explain no more than this. Of 0, 0.3, 0.5 and 0.85, the best for
            levels and onsets, and the worst for the instrument.
        smooth_seconds: over which the explained share is averaged.
        together: frames at a time that are added up, to limit memory.
        at_once: frames at a time that are transformed: their spectra are about as large as a core's
            cache. Of 16, 32, 64 and 256, by time. The bits do not depend on this.
    """

    window_seconds: float = 0.0464
    overlap: int = 4
    least_hop: int = 8
    bands_per_octave: float = 3.0
    lowest_hz: float = 60.0
    level_seconds: float = 0.08
    most_boost_db: float = 15.0
    most_cut_db: float = -30.0
    floor: float = 1e-5
    remainder: float = 0.4
    sure: float = 0.97
    unsure: float = 0.85
    smooth_seconds: float = 0.5
    together: int = 256
    at_once: int = 32


SETTINGS = Settings()
Powers = NDArray[np.float32]
"""``[frames, bands]``."""
Unexplained = NDArray[np.float32]
"""How unexplained a stem is in each frame, 0 to 1, ``[frames]``."""


def complete(
    performance: Audio,
    stem: Audio,
    sample_rate: float,
    *,
    unexplained: Unexplained,
    dynamics: float,
    drums: Sound | None = None,
    changed: Changed | None = None,
) -> NDArray[np.float32]:
    """Give a performance the stem's dynamics and what it lacks of the stem, in place.

    Args:
        performance: ``[channels, samples]``, as loud as what of the stem counts; overwritten.
        stem: likewise.
        sample_rate: in Hz.
        unexplained: u in each frame, as the function of that name gives it.
        dynamics: from 0 to 1.
        drums: a part of the stem that does not count, like the stem.
        changed: what was corrected of the stem's notes; None if nothing was.

    Returns:
        The power of the remainder in each frame, and that of the whole, ``[2, frames]``.
    """
    stft, bands = _stft(sample_rate), _bands(sample_rate)
    parts: Sequence[Sound] = (stem,) if drums is None else (stem, drums)
    fill, gain = _powers(parts, stft, bands), _powers((performance,), stft, bands)
    times, changed = np.arange(len(gain)) * stft.hop / sample_rate, changed or Changed()
    hop, free = stft.hop / sample_rate, changed.free(times)
    powers = _to_gains(fill, gain, unexplained, dynamics, hop, free)

    def completed(at: slice) -> tuple[int, Audio]:
        filled = fill[at].any()
        out = np.zeros((len(stem), stft.span(at.stop - at.start)), np.float32)
        for few in reversed(_pieces(at, SETTINGS.at_once)):
            spectra = _spectra((performance,), stft, few) * _spread(gain[few], bands)
            if filled:
                filling = _spread(fill[few], bands)
                kept = changed.kept(times[few], stft.size, sample_rate)
                spectra += _spectra(parts, stft, few) * (
                    filling if kept is None else filling * kept
                )
            begin = (few.start - at.start) * stft.hop
            span = stft.span(few.stop - few.start)
            stft.add(stft.frames(spectra), out[:, begin : begin + span])
        return at.stop - at.start, out

    # What is written ends where the frames begin that are not yet transformed.
    adder = OverlapAdder(performance, begin=stft.begin(0), gain=1.0, out=performance)
    together = _pieces(slice(0, len(gain)), SETTINGS.together)
    for size, total in in_threads(completed, together):
        adder.add(total, stft.weights(size), finished=size * stft.hop)
    adder.finish()
    return powers


def unexplained(explained: Explained, n_samples: int, sample_rate: float) -> Unexplained:
    """The values of u in each frame of `complete`, from what notes explain of the stem."""
    size = max(round(SETTINGS.smooth_seconds * RATE / SHARE.step), 1)
    whole, own = (uniform_filter1d(it, size) for it in (explained.whole, explained.own))
    share = np.where(whole > 0, own / np.maximum(whole, 1e-30), 1.0)
    unsure = np.clip((SETTINGS.sure - share) / (SETTINGS.sure - SETTINGS.unsure), 0, 1)
    stft = _stft(sample_rate)
    seconds = np.arange(stft.n_frames(n_samples)) * stft.hop / sample_rate
    times = np.arange(len(unsure)) * SHARE.step / RATE
    return np.interp(seconds, times, unsure).astype(np.float32)


def unvoiced(phrases: Sequence[Phrase], n_samples: int, sample_rate: float) -> Unexplained:
    """The same for a voice: 1 where it has no pitch, 0 where it has."""
    stft = _stft(sample_rate)
    seconds = np.arange(stft.n_frames(n_samples)) * stft.hop / sample_rate
    found = np.ones(len(seconds), np.float32)
    for it in phrases:
        found[(seconds >= it.start) & (seconds < it.start + it.seconds)] = 0
    return found


def _to_gains(
    stem: Powers,
    performance: Powers,
    unexplained: Unexplained,
    dynamics: float,
    hop: float,
    free: NDArray[np.bool_],
) -> NDArray[np.float32]:
    """Turn powers into the amplitude gains of the stem and of the performance; see the module.

    Each takes the place of its powers: in a long stem, these are large. Frames that are ``free``
    have a gain of 1.

    Returns:
        The power of the remainder in each frame, and that of the whole, ``[2, frames]``.
    """
    least = 1e-12 * max(float(stem.max(initial=0)), 1e-20)
    mean = performance.mean(axis=0) + least
    floor = SETTINGS.floor * mean
    stem_mean = stem.mean(axis=0) + least
    size = max(round(SETTINGS.level_seconds / hop), 1)
    sums = stem.sum(axis=1), _sums(performance, floor)
    levels = [uniform_filter1d(it, size) for it in sums]
    of_all = (levels[0] + floor.sum()) / (levels[1] + least)
    lowest, highest = (10 ** (it / 20) for it in (SETTINGS.most_cut_db, SETTINGS.most_boost_db))
    powers = np.empty((2, len(stem)), np.float32)
    for at in _pieces(slice(0, len(stem)), SETTINGS.together):
        ours = performance[at] + floor
        bands = mean * stem[at] / stem_mean + floor
        bands *= (sums[0][at] / (bands.sum(axis=1) + least))[:, None]
        unsure, whole = unexplained[at, None], ours * of_all[at, None]
        target = np.exp(unsure * np.log(bands + floor) + (1 - unsure) * np.log(whole + floor))
        gain = (target / ours) ** (np.minimum(dynamics * (0.5 + unsure), 1) / 2)
        gain = np.clip(gain, lowest, highest).astype(np.float32)
        gain[free[at]] = 1
        lacking = SETTINGS.remainder * unsure * np.maximum(target - performance[at] * gain**2, 0)
        fill = np.where(lacking > floor, np.sqrt(lacking / (stem[at] + least)), 0)
        fill = np.minimum(fill, highest).astype(np.float32)
        powers[0, at] = (fill * fill * stem[at]).sum(axis=1)
        powers[1, at] = (gain * gain * performance[at]).sum(axis=1) + powers[0, at]
        stem[at], performance[at] = fill, gain
    return powers


def _sums(powers: Powers, floor: NDArray[np.float32]) -> NDArray[np.float32]:
    """The sums over the bands, ``floor`` added to each."""
    pieces = _pieces(slice(0, len(powers)), SETTINGS.together)
    return np.concatenate([(powers[at] + floor).sum(axis=1) for at in pieces])


def _powers(parts: Sequence[Sound], stft: Stft, bands: NDArray[np.float32]) -> Powers:
    """The powers of the first signal less the others, of all channels together."""
    n_frames = stft.n_frames(parts[0].shape[1])
    found = np.empty((n_frames, len(bands)), np.float32)

    def measure(at: slice) -> None:
        spectra = _spectra(parts, stft, at)
        power = (spectra.real**2 + spectra.imag**2).sum(axis=0)
        found[at] = np.einsum("tf,bf->tb", power, bands)

    each_in_threads(measure, _pieces(slice(0, n_frames), SETTINGS.at_once))
    return found


def _pieces(frames: slice, step: int) -> list[slice]:
    """A stretch of frames in stretches of ``step`` frames or fewer."""
    first, stop = frames.start, frames.stop
    return [slice(at, min(at + step, stop)) for at in range(first, stop, step)]


def _spread(gains: Powers, bands: NDArray[np.float32]) -> NDArray[np.float32]:
    """The gains of bins from those of bands: ``[frames, bands] -> [frames, bins]``.

    `numpy.einsum` does not call BLAS, whose last bits depend on how many threads it has.
    """
    return np.asarray(np.einsum("tb,bf->tf", gains, bands))


def _spectra(parts: Sequence[Sound], stft: Stft, at: slice) -> Spectra:
    """Frames of the first signal less the others."""
    spectra = stft.analyse(parts[0], at.start, at.stop)
    for part in parts[1:]:
        spectra -= stft.analyse(part, at.start, at.stop)
    return spectra


def _stft(sample_rate: float) -> Stft:
    hop = max(round(SETTINGS.window_seconds / SETTINGS.overlap * sample_rate), SETTINGS.least_hop)
    return Stft(hop * SETTINGS.overlap, hop)


def _bands(sample_rate: float) -> NDArray[np.float32]:
    """Triangles over the logarithm of frequency that sum to 1 in every bin, ``[bands, bins]``."""
    hz = np.fft.rfftfreq(_stft(sample_rate).size, 1 / sample_rate)
    lowest = SETTINGS.lowest_hz
    places = SETTINGS.bands_per_octave * np.log2(np.maximum(hz, lowest) / lowest)
    numbers = np.arange(int(np.ceil(places[-1])) + 1)
    return np.asarray(np.maximum(1 - np.abs(places - numbers[:, None]), 0), np.float32)
