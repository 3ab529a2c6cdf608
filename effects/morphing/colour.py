"""A gentle filter that brings a performance to the colour between two pieces.

Grains are those of other pitches than the middle's, and what is mixed in dB is seldom loud where
one of both is soft. So a performance may be brighter or duller than both pieces. Let P_A and P_B be
the pieces' mean powers in a band, and P that of the performance; its wanted power is

    P_A^(1-X) P_B^X,

since timbres are mixed in dB everywhere, with a factor that leaves the whole power as it is: what
two pieces do not have in common is soft in dB, so nearly all of the performance would be cut, and
the noise of what is not cut would stand out. The filter's gain is the square root of the ratio,
within limits. What is raised are partials and not the noise between them, which would be heard: a
bin gets its band's gain if it is about as loud as the loudest near it, and less, the softer it is.

If X changes, there is a filter at each of a few nodes of X, made from those frames that are
near it (with the weights of a linear interpolation between nodes), and filters are interpolated.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from effects.running.cores import in_threads
from effects.signal.arrays import Audio, Sound, Values
from effects.signal.overlap_add import OverlapAdder
from effects.signal.stft import Spectra, Stft


@dataclass(frozen=True)
class Settings:
    """The numbers of this module."""

    #: Window and hop in seconds, those of `effects.engines.sampler.between`.
    size_seconds: float = 0.0929
    hop_seconds: float = 0.0232
    #: Frames at a time, to limit memory. The result does not depend on this.
    together: int = 128
    #: Bands are triangles, so many to an octave, from the lowest frequency up. Not searched.
    bands_per_octave: float = 3.0
    lowest_hz: float = 60.0
    #: The most that a band is raised or lowered, in dB: what the filter of a decoded timbre does,
    #: too. With 6, timbres are further from where X says, with hardly less noise.
    most_db: float = 12.0
    #: Bands that are softer than the loudest by more than this, in dB, count as that: what is not
    #: heard is not raised. With 60, noise is the same, and timbres are further from where X says.
    heard_db: float = 40.0
    #: Bins that are softer than the loudest within so many Hz by ``partial_db`` or less are raised
    #: as their band is; those that are softer by ``noise_db``, not at all. On 7 pairs halfway,
    #: timbres are 0.07 from where X says (0.24 without the filter), with 0.9 dB more noise than
    #: without it; 1.2 and 1.4 dB with 30 and 40 for ``noise_db``, and 2.8 without this gate. On 11
    #: pairs of the tuning half, the factor that leaves the power as it is takes noise at the middle
    #: from 1.1 to 0.4 dB, and timbres from 0.11 to 0.12 off.
    near_hz: float = 200.0
    partial_db: float = 6.0
    noise_db: float = 18.0


SETTINGS = Settings()
FAINTEST = 1e-9  # no logarithm of 0
NODES = np.linspace(0, 1, 5)
"""Of X. Not searched."""

Frames = NDArray[np.int64]
"""The numbers of frames."""


def coloured(
    sound: Audio, a: Sound, b: Sound, sample_rate: float, at: Callable[[Values], Values]
) -> Audio:
    """A performance with the colour between two pieces, ``[channels, samples]``.

    Args:
        sound: the performance, about as loud as the pieces.
        a: a piece, ``[channels, samples]``.
        b: the other.
        sample_rate: of all, in Hz.
        at: X at moments in seconds.
    """
    stft = Stft(
        max(round(SETTINGS.size_seconds * sample_rate), 8),
        max(round(SETTINGS.hop_seconds * sample_rate), 2),
    )
    bank = _bank(stft, sample_rate)

    def near(frames: Frames) -> Values:
        """How near frames are to each node, ``[frames, nodes]``."""
        x = at(frames * stft.hop / sample_rate)
        return np.asarray(np.maximum(1 - np.abs(x[:, None] - NODES) * (len(NODES) - 1), 0))

    own = (_powers(it, stft, bank, lambda frames: np.ones((len(frames), 1)))[0] for it in (a, b))
    first, last = own
    wanted = first ** (1 - NODES[:, None]) * last ** NODES[:, None]
    found = _powers(sound, stft, bank, near)
    most = SETTINGS.most_db
    # As much power as before: what is cut could not be told from what is not raised.
    wanted = wanted * (found.sum(axis=1) / wanted.sum(axis=1))[:, None]
    gains_db = np.clip(10 * np.log10(wanted / found), -most, most)
    reach = 1 + 2 * round(SETTINGS.near_hz * stft.size / sample_rate)
    return _filtered(sound, stft, reach, lambda frames: near(frames) @ gains_db @ bank.T)


def _bank(stft: Stft, sample_rate: float) -> Values:
    """How much of each band is in each bin, ``[bins, bands]``; a bin's shares sum to 1."""
    hz = np.arange(stft.size // 2 + 1) * sample_rate / stft.size
    place = SETTINGS.bands_per_octave * np.log2(np.maximum(hz / SETTINGS.lowest_hz, 1))
    bands = np.arange(int(place[-1]) + 2)
    return np.asarray(np.maximum(1 - np.abs(place[:, None] - bands), 0))


def _stretches(stft: Stft, samples: int) -> list[Frames]:
    """The numbers of the frames that are looked at together."""
    frames = np.arange(stft.n_frames(samples))
    return np.split(frames, range(SETTINGS.together, len(frames), SETTINGS.together))


def _powers(sound: Sound, stft: Stft, bank: Values, near: Callable[[Frames], Values]) -> Values:
    """The mean power in each band near each node, ``[nodes, bands]``; never 0."""

    def powers(frames: Frames) -> tuple[Values, Values]:
        spectra = stft.analyse(sound, int(frames[0]), int(frames[-1]) + 1, np.float64)
        weights = near(frames)
        power = (spectra.real**2 + spectra.imag**2).sum(axis=0)
        return weights.T @ power @ bank, weights.sum(axis=0)

    total, count = np.zeros((1, 1)), np.zeros(1)
    for power, weight in in_threads(powers, _stretches(stft, sound.shape[1])):
        total, count = total + power, count + weight
    total = total / np.maximum(count, 1e-9)[:, None]
    floor = total.max(axis=1, keepdims=True) * 10 ** (-SETTINGS.heard_db / 10)
    return np.asarray(np.maximum(total, np.maximum(floor, 1e-30)))


def _filtered(sound: Audio, stft: Stft, reach: int, gains_db: Callable[[Frames], Values]) -> Audio:
    """A sound with gains in dB for each frame and bin; ``reach``: how many bins are near one."""
    adder = OverlapAdder(sound, begin=stft.begin(0), gain=1.0)

    def part(frames: Frames) -> Audio:
        spectra = stft.analyse(sound, int(frames[0]), int(frames[-1]) + 1)
        gains = gains_db(frames)
        raised = np.maximum(gains, 0) * _partials(spectra, reach) + np.minimum(gains, 0)
        return stft.synthesise(spectra * (10 ** (raised / 20)).astype(np.float32))

    stretches = _stretches(stft, sound.shape[1])
    for frames, total in zip(stretches, in_threads(part, stretches), strict=True):
        adder.add(total, stft.weights(len(frames)), finished=len(frames) * stft.hop)
    return adder.finish()


def _partials(spectra: Spectra, reach: int) -> Values:
    """1 for what is about as loud as the loudest near it, 0 for what is much softer."""
    from scipy.ndimage import maximum_filter1d

    levels = 20 * np.log10(np.abs(spectra).max(axis=0) + FAINTEST)
    below = maximum_filter1d(levels, reach, axis=-1) - levels
    between = (SETTINGS.noise_db - below) / (SETTINGS.noise_db - SETTINGS.partial_db)
    return np.asarray(np.clip(between, 0, 1))
