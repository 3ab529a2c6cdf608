"""What Restyle is compared with: simple ways to a mashup, and masks that know the stems."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from scipy.signal import butter, sosfiltfilt

from benchmarks.mashup.heard import Heard
from benchmarks.mashup.spectra import RATE, STFT
from effects.signal.arrays import Audio
from effects.signal.stft import Spectra

RESTYLE, STEMMED = "Restyle", "Restyle, stems given"
TOLD = "Restyle's mask, told the true beats and keys"
UNALIGNED, ALIGNED = "plain sum, unaligned", "plain sum, aligned"
HPSS, CROSSOVER = "HPSS: harmonic A, percussive B", "A above 300 Hz, B below"
ONE_MASK, CURVE = "oracle: one mask", "oracle: a crossfader"
CROSSOVER_HZ, CROSSOVER_ORDER = 300.0, 4
FAINTEST = 1e-12

Row = Callable[[Heard], Audio]


def plain_sum(heard: Heard) -> Audio:
    """Both songs."""
    return heard.a + heard.b


def hpss(heard: Heard) -> Audio:
    """What of A is harmonic and of B percussive, by librosa's medians; all channels alike."""
    import librosa

    a, b = _spectra(heard.a), _spectra(heard.b)
    masks = [librosa.decompose.hpss(np.abs(it).mean(axis=0).T, mask=True) for it in (a, b)]
    return _sound(a * masks[0][0].T + b * masks[1][1].T, heard.a.shape[1])


def crossover(heard: Heard) -> Audio:
    """A above 300 Hz and B below."""
    high, low = (
        butter(CROSSOVER_ORDER, CROSSOVER_HZ, kind, fs=RATE, output="sos")
        for kind in ("highpass", "lowpass")
    )
    return np.asarray(sosfiltfilt(high, heard.a) + sosfiltfilt(low, heard.b), np.float32)


def oracle_mask(heard: Heard) -> Audio:
    """The best one mask for each bin of those that a perfect ear could find.

    The ear tells which share of each song's power is lead and bed; the mask is that nearest to the
    sum of the wanted shares.
    """
    a, b, towards, missing = _apart(heard)
    mask = np.clip(
        _along(missing, towards).sum(axis=0) / _along(towards, towards).sum(axis=0), 0, 1
    )
    return _sound(a + mask * (b - a), heard.a.shape[1])


def oracle_curve(heard: Heard) -> Audio:
    """The best crossfader: one number for each frame."""
    a, b, towards, missing = _apart(heard)
    above, below = (
        it.sum(axis=(0, 2)) for it in (_along(missing, towards), _along(towards, towards))
    )
    mask = np.clip(above / below, 0, 1)[:, None]
    return _sound(a + mask * (b - a), heard.a.shape[1])


#: Rows on the time axis of Restyle's mashup, by name.
ROWS: Mapping[str, Row] = {
    ALIGNED: plain_sum,
    HPSS: hpss,
    CROSSOVER: crossover,
    CURVE: oracle_curve,
    ONE_MASK: oracle_mask,
}
#: Those that know no stems: the best of them is what the mask must beat.
SIMPLE = (ALIGNED, HPSS, CROSSOVER)


def _apart(heard: Heard) -> tuple[Spectra, Spectra, Spectra, Spectra]:
    """A, B, the way from A to B, and that from A to what is wanted, ``[2, frames, bins]``."""
    a, b = _spectra(heard.a), _spectra(heard.b)
    lead_a, bed_a, lead_b, bed_b = heard.stem_powers
    wanted = a * (lead_a / (lead_a + bed_a + FAINTEST)) + b * (bed_b / (lead_b + bed_b + FAINTEST))
    return a, b, b - a, wanted - a


def _along(x: Spectra, y: Spectra) -> Audio:
    """The real parts of x conj(y), and a little where both are 0."""
    return np.asarray(x.real * y.real + x.imag * y.imag + FAINTEST)


def _spectra(audio: Audio) -> Spectra:
    return STFT.analyse(audio, 0, STFT.n_frames(audio.shape[1]))


def _sound(spectra: Spectra, samples: int) -> Audio:
    """Spectra ``[2, frames, bins]`` as sound, ``[2, samples]``."""
    frames = spectra.shape[1]
    whole = STFT.synthesise(spectra) / np.maximum(STFT.weights(frames), 1e-8)
    inside = whole[:, -STFT.begin(0) :][:, :samples]
    return np.asarray(np.pad(inside, ((0, 0), (0, samples - inside.shape[1]))), np.float32)
