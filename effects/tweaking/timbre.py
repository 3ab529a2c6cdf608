"""How a tweaked piece sounds otherwise than it did: a gentle filter.

The latent's timbre is no sound, only what sounds like it: spectra decoded from it are blurred. What
can be relied on is how two of them differ. So the same score is decoded with the latent as it was
and as it has become, and the difference in dB, smoothed, is the filter: bright becomes dull, and
what was played stays.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

from effects.latent.codec import BANDS, FRAMES, LOWEST_BAND, SCORE, Codec, Z
from effects.latent.roll import WINDOW_SECONDS, Roll
from effects.signal.arrays import Audio, Values
from effects.signal.units import hz_to_midi
from effects.tweaking.gains import Gains, add_changed, stft_of


@dataclass(frozen=True)
class Settings:
    """The numbers of this module; not searched."""

    #: The most that a band is turned up or down, in dB.
    most_db: float = 12.0
    #: Standard deviations of the Gaussians that smooth the filter: over bands, in semitones, so
    #: that no single note is filtered, ...
    smooth_semitones: float = 6.0
    #: ... and over time, in seconds: a window's filter passes into the next one's.
    smooth_seconds: float = 0.5


SETTINGS = Settings()


def filter_db(z: Z, changed_z: Z, roll: Roll, codec: Codec) -> Values | None:
    """The filter, ``[frames, BANDS]`` in dB: 64 frames for each window. None if nothing changes.

    Args:
        z: the latent as it was, ``[windows, 120]``.
        changed_z: as it has become.
        roll: what is played, ``[windows, 32, 88, 2]``.
        codec: the networks.
    """
    if np.array_equal(z[:, SCORE:], changed_z[:, SCORE:]):
        return None
    before, after = (codec.spectrum(it, roll).reshape(-1, BANDS) for it in (z, changed_z))
    apart: Values = after.astype(np.float64) - before
    apart = gaussian_filter1d(apart, SETTINGS.smooth_semitones, axis=1, mode="nearest")
    frames = SETTINGS.smooth_seconds * FRAMES / WINDOW_SECONDS
    apart = gaussian_filter1d(apart, frames, axis=0, mode="nearest")
    apart -= apart.mean()  # the loudness is matched anyway
    return np.clip(apart, -SETTINGS.most_db, SETTINGS.most_db)


def filtered(audio: Audio, sample_rate: float, gains_db: Values) -> Audio:
    """A sound, ``[channels, samples]``, through the filter that `filter_db` gives."""
    out = audio.copy()
    add_changed(out, audio, sample_rate, _gains(gains_db, sample_rate))
    return out


def _gains(gains_db: Values, sample_rate: float) -> Callable[[slice], Gains]:
    """The gains of the bins at any frames, linear in dB between bands and between frames."""
    stft = stft_of(sample_rate)
    hz = np.fft.rfftfreq(stft.size, 1 / sample_rate)
    place = np.clip(hz_to_midi(np.maximum(hz, 1.0)) - LOWEST_BAND, 0, BANDS - 1)
    lower = np.minimum(place.astype(np.int64), BANDS - 2)
    per_second = FRAMES / WINDOW_SECONDS

    def gains(at: slice) -> Gains:
        seconds = np.arange(at.start, at.stop) * stft.hop / sample_rate
        # A frame of the filter stands for the middle of its stretch of time.
        rows = _between(gains_db, seconds * per_second - 0.5)
        upper = place - lower
        db = rows[:, lower] * (1 - upper) + rows[:, lower + 1] * upper
        return np.asarray(10 ** (db / 20), np.float32)

    return gains


def _between(rows: Values, places: Values) -> Values:
    """Rows at places between rows: ``[rows, n] -> [places, n]``."""
    places = np.clip(places, 0, len(rows) - 1)
    first = np.minimum(places.astype(np.int64), max(len(rows) - 2, 0))
    share = (places - first)[:, None]
    return np.asarray(
        rows[first] * (1 - share) + rows[np.minimum(first + 1, len(rows) - 1)] * share
    )
