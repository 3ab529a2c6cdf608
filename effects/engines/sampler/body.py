"""A note that was moved in pitch, with part of its resonances where they were.

Played faster, a sound moves as a whole: its partials, and the resonances of the body that they come
through. A body stays as large as it is, though makers and samplers scale it a little with register.
So the smoothed spectrum is moved back a part of the way, by a filter without a phase.
"""

from __future__ import annotations

import numpy as np
from scipy import fft

from effects.signal.arrays import Mono

BACK = 1 / 3  # of the way, in decibels; at 1/2 and more, ears that hear pitches err more often
MOST_DB = 9.0  # of the difference
BANDS = 12  # an octave
LOWEST_HZ = 30.0
FILTER_SECONDS = 0.02  # to either side
NEAR = 0.5  # semitones: what is moved by less is left alone


def body_kept(sound: Mono, semitones: float, sample_rate: float) -> Mono:
    """A sound that was moved by ``semitones``, at the same power.

    Args:
        sound: ``[samples]``.
        semitones: how much higher it is than it was.
        sample_rate: in Hz.
    """
    reach = round(FILTER_SECONDS * sample_rate)
    if abs(semitones) < NEAR or sound.size < 2 * reach:
        return sound
    size = fft.next_fast_len(sound.size + 2 * reach, real=True)
    spectrum = fft.rfft(sound, size)
    power = spectrum.real.astype(np.float64) ** 2 + spectrum.imag.astype(np.float64) ** 2
    octave = np.log2(np.maximum(fft.rfftfreq(size, 1 / sample_rate), LOWEST_HZ) / LOWEST_HZ)
    band = np.round(BANDS * octave).astype(int)
    # Mean powers around each band, over two octaves with a Hann window.
    window = np.hanning(2 * BANDS + 1)
    around, bins = (
        np.convolve(np.bincount(band, weights), window, "same") for weights in (power, None)
    )
    level = 10 * np.log10(around / np.maximum(bins, 1e-9) + 1e-30)
    places = np.arange(level.size)
    before = np.interp(places + semitones * BANDS / 12, places, level)
    gain_db = BACK * np.clip(before - level, -MOST_DB, MOST_DB)
    gain = 10 ** (np.interp(BANDS * octave, places, gain_db) / 20)
    response = fft.irfft(gain, size)
    response[:reach] *= np.hanning(2 * reach)[reach:]
    response[-reach:] *= np.hanning(2 * reach)[:reach]
    response[reach:-reach] = 0
    gain = fft.rfft(response).real
    gain *= np.sqrt(power.sum() / max((gain**2 * power).sum(), 1e-30))
    filtered: Mono = fft.irfft(spectrum * gain.astype(np.float32), size)[: sound.size]
    return filtered
