"""Which keys sound when, heard by ears that are not part of any engine and have learnt nothing.

A clip's spectrum is explained as a sum of keys: non-negative matrix factorisation with fixed
templates (Smaragdis & Brown 2003; templates of harmonic partials as in Vincent, Bertin & Badeau
2010), by the multiplicative updates of Lee & Seung for the Kullback-Leibler divergence. The
spectrum is the square root of the magnitude of librosa's variable-Q transform, with three bins per
semitone; a key's template is the spectrum of a tone, each partial of which has 0.8 of the previous
one's amplitude.

The method and its numbers were chosen by the error of contents and targets of the half for tuning,
against their scores (mean over 48 clips): 0.24, where basic-pitch's activations have 0.27 at best
and Essentia's MultiPitchKlapuri 0.43. Of the keys that are heard beside the score's, more than half
are no mistake: they were released in the last 1.5 s, and ring on. A key that shares its partials
with others, for example the octave of one that sounds, is often missed.
"""

from __future__ import annotations

from functools import cache

import librosa
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from benchmarks.quality.pitches import HOP, LOWEST, MODEL_RATE, N_KEYS, Keys
from benchmarks.quality.sounds import RATE
from effects.signal.arrays import Mono

FIRST, LAST = 33, 96  # the keys to listen for: some more, at both ends, than tunes may have
BINS_PER_OCTAVE, GAMMA = 36, 20.0  # of the transform; gamma, in Hz, keeps low windows short
BOTTOM = 28  # the key of the lowest bin
N_BINS = 8 * BINS_PER_OCTAVE - 12
DECAY, N_PARTIALS, TOP_HZ = 0.8, 20, 10_000.0  # of a template's tone
TONE_SECONDS = 0.5  # of each template's tone
ROUNDS = 40  # of the updates
FLOOR = 1e-4  # keeps divisions finite
STEADY = 9  # frames of the median filter over each activation
LOUD = 0.95  # quantile, over frames, of the strongest key, which counts as loud
#: A key sounds if it has these shares of what is loud, and of the frame's strongest key.
OF_LOUD, OF_FRAME = 0.3, 0.4

Bins = NDArray[np.float32]


class Ears:
    """They hear which keys sound in a clip."""

    def activations(self, clip: Mono) -> Bins:
        """How strongly each key from `FIRST` to `LAST` sounds, (keys, frames); 1 is loud."""
        spectrum = _spectrum(librosa.resample(clip, orig_sr=RATE, target_sr=MODEL_RATE))
        if not spectrum.any():
            return np.zeros((LAST - FIRST + 1, spectrum.shape[1]), np.float32)
        wanted = np.sqrt(spectrum / spectrum.max()) + FLOOR
        templates = _templates()
        found = np.full((templates.shape[1], wanted.shape[1]), wanted.mean(), np.float32)
        for _ in range(ROUNDS):
            found *= templates.T @ (wanted / (templates @ found + FLOOR**2))
            found /= templates.sum(axis=0)[:, None]
        steady: Bins = median_filter(found, (1, STEADY))
        shares: Bins = steady / max(float(np.quantile(steady.max(axis=0), LOUD)), FLOOR)
        return shares

    def sounding(self, clip: Mono) -> Keys:
        """Which keys sound in each frame of a clip at 44.1 kHz, (frames, keys)."""
        found = self.activations(clip)
        n_frames = int(np.ceil(np.ceil(clip.size * MODEL_RATE / RATE) / HOP))
        keys = np.zeros((n_frames, N_KEYS), np.bool_)
        heard = (found > OF_LOUD) & (found > OF_FRAME * found.max(axis=0))
        keys[:, FIRST - LOWEST : LAST - LOWEST + 1] = heard.T[:n_frames]
        return keys


def _spectrum(audio: Mono) -> Bins:
    """The magnitudes, (bins, frames), of a clip at `MODEL_RATE`."""
    transform = librosa.vqt(
        audio,
        sr=MODEL_RATE,
        hop_length=HOP,
        fmin=librosa.midi_to_hz(BOTTOM),
        n_bins=N_BINS,
        bins_per_octave=BINS_PER_OCTAVE,
        gamma=GAMMA,
    )
    magnitudes: Bins = np.abs(transform).astype(np.float32)
    return magnitudes


@cache
def _templates() -> Bins:
    """The templates, one column for each key, (bins, keys)."""
    t = np.arange(round(TONE_SECONDS * MODEL_RATE)) / MODEL_RATE
    tones = [
        sum(
            DECAY ** (partial - 1) * np.sin(2 * np.pi * partial * hz * t + partial**2)
            for partial in range(1, N_PARTIALS + 1)
            if partial * hz < TOP_HZ
        )
        for hz in librosa.midi_to_hz(np.arange(FIRST, LAST + 1))
    ]
    spectrum = _spectrum(np.concatenate(tones).astype(np.float32))
    middles = (np.arange(len(tones)) + 0.5) * TONE_SECONDS * MODEL_RATE / HOP
    columns = spectrum[:, np.round(middles).astype(int)]
    templates: Bins = np.sqrt(columns / np.linalg.norm(columns, axis=0))
    return templates
