"""Which keys sound when, to ears that are no part of any engine and have learnt nothing.

A clip's spectrum is explained as a sum of keys: non-negative matrix factorisation with templates
that are given (Smaragdis & Brown 2003; templates of harmonic partials as in Vincent, Bertin &
Badeau 2010), by the multiplicative updates of Lee & Seung for the Kullback-Leibler divergence. The
spectrum is librosa's variable-Q transform, three bins a semitone, its magnitude's square root; a
key's template is that of a tone, each of whose partials has 0.8 of the amplitude of the one before.

Chosen and set by the error of contents and targets of the half to tune, against their scores (mean
over 48 clips): 0.24, where basic-pitch's activations have 0.27 at best and Essentia's
MultiPitchKlapuri 0.43. More than half of the keys that are heard beside the score's are no mistake:
they went up in the last 1.5 s, and ring on. A key whose partials others have, such as the octave of
one that sounds, is often missed.
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

FIRST, LAST = 33, 96  # the keys that are listened for: an octave more than tunes may have
BINS_PER_OCTAVE, GAMMA = 36, 20.0  # of the transform; gamma keeps low windows short
BOTTOM = 28  # the key of the lowest bin
N_BINS = 8 * BINS_PER_OCTAVE - 12
DECAY, N_PARTIALS, TOP_HZ = 0.8, 20, 10_000.0  # of a template's tone
TONE_SECONDS = 0.5
ROUNDS = 40  # of the updates
FLOOR = 1e-4
STEADY = 9  # frames of the median that an activation goes through
LOUD = 0.95  # the quantile of the frames' strongest keys which counts as loud
#: A key sounds that has these shares of what is loud, and of the frame's strongest.
OF_LOUD, OF_FRAME = 0.3, 0.4

Bins = NDArray[np.float32]


class Ears:
    """They hear keys."""

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
        """Which keys sound in each frame of a clip of 44.1 kHz."""
        found = self.activations(clip)
        n_frames = int(np.ceil(np.ceil(clip.size * MODEL_RATE / RATE) / HOP))
        keys = np.zeros((n_frames, N_KEYS), np.bool_)
        heard = (found > OF_LOUD) & (found > OF_FRAME * found.max(axis=0))
        keys[:, FIRST - LOWEST : LAST - LOWEST + 1] = heard.T[:n_frames]
        return keys


def _spectrum(audio: Mono) -> Bins:
    """Magnitudes, (bins, frames), of a clip at the ears' rate."""
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
    """A column for each key, (bins, keys)."""
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
