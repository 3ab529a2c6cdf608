"""Moving a note in pitch while part of its body's resonances stay where they were.

Played faster, a sound moves as a whole: its partials, and also the resonances of the instrument's
body. But the body is not smaller for a higher note, though makers and samplers scale it a little
with register. So the smoothed spectrum is moved back part of the way.

Let u be frequency in octaves, E(u) the smoothed spectrum of the original sound in dB, and M(u) that
of the sound moved by n semitones, M(u) = E(u - n/12). So the original is E(u) = M(u + n/12), and a
filter that goes a part of the way back to it has the gain, in dB,

    G(u) = back · (M(u + n/12) - M(u)).

The filter has zero phase, so that nothing is delayed, and a short impulse response, so that nothing
is smeared in time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import fft

from effects.signal.arrays import Mono, Values


@dataclass(frozen=True)
class Settings:
    """The numbers of this module. They were not searched, unless a comment says so."""

    #: Share of the way that is gone back, in decibels. On the tuning half 1/2 is best for LSD and
    #: timbre, but wrong pitches are heard more often the more is moved back (docs/quality.md,
    #: "Bodies"): a compromise. A share learnt from each clip's own notes was no better.
    back: float = 0.4
    #: Largest difference in dB that is moved back; of 9, 12, 18 and 30, chosen like the share.
    most_db: float = 12.0
    #: Bands per octave.
    bands: int = 12
    #: Length of the Hann window that smooths the spectrum, in octaves.
    smooth_octaves: int = 2
    #: Lower edge of the lowest band in Hz; lower frequencies are counted with it.
    lowest_hz: float = 30.0
    #: Length of the filter's impulse response to either side, in seconds.
    filter_seconds: float = 0.02
    #: A note that was moved by less than this, in semitones, stays as it is.
    near_semitones: float = 0.5


SETTINGS = Settings()


def body_kept(sound: Mono, semitones: float, sample_rate: float) -> Mono:
    """A sound that was moved by ``semitones``, with its body moved back in part, at the same power.

    Args:
        sound: ``[samples]``.
        semitones: how far it was moved up; negative for down.
        sample_rate: in Hz.
    """
    reach = round(SETTINGS.filter_seconds * sample_rate)
    if abs(semitones) < SETTINGS.near_semitones or sound.size < 2 * reach:
        return sound
    size = fft.next_fast_len(sound.size + 2 * reach, real=True)
    spectrum = fft.rfft(sound, size)
    power = spectrum.real.astype(np.float64) ** 2 + spectrum.imag.astype(np.float64) ** 2
    gain = _short(_gain(power, fft.rfftfreq(size, 1 / sample_rate), semitones), reach, size)
    gain *= np.sqrt(power.sum() / max((gain**2 * power).sum(), 1e-30))
    filtered: Mono = fft.irfft(spectrum * gain.astype(np.float32), size)[: sound.size]
    return filtered


def _gain(power: Values, hz: Values, semitones: float) -> Values:
    """10^(G/20) at the frequencies ``hz`` of a spectrum's bins; see the module."""
    lowest, bands = SETTINGS.lowest_hz, SETTINGS.bands
    octave = np.log2(np.maximum(hz, lowest) / lowest)
    band = np.round(bands * octave).astype(int)
    # M: mean powers around each band.
    window = np.hanning(SETTINGS.smooth_octaves * bands + 1)
    around, bins = (
        np.convolve(np.bincount(band, weights), window, "same") for weights in (power, None)
    )
    level = 10 * np.log10(around / np.maximum(bins, 1e-9) + 1e-30)
    places = np.arange(level.size)
    before = np.interp(places + semitones * bands / 12, places, level)
    gain_db = SETTINGS.back * np.clip(before - level, -SETTINGS.most_db, SETTINGS.most_db)
    return np.asarray(10 ** (np.interp(bands * octave, places, gain_db) / 20))


def _short(gain: Values, reach: int, size: int) -> Values:
    """A gain whose impulse response ends ``reach`` samples before and after 0, under a Hann window.

    The gain is real, so the response is symmetric; its second half stands at the end of the array.
    """
    window = np.hanning(2 * reach)
    response = fft.irfft(gain, size)
    response[:reach] *= window[reach:]
    response[-reach:] *= window[:reach]
    response[reach:-reach] = 0
    return np.asarray(fft.rfft(response).real)
