"""How much of each pitch class sounds: the peaks of spectra, each at its own frequency.

Gómez ("Tonal description of polyphonic audio", INFORMS Journal on Computing 18, 2006) counts peaks
only, so drums, which are spread over all frequencies, count little; and a peak's frequency is known
more finely than the bins are, so a song that is out of tune is not smeared. Low notes are a few Hz
apart, so they are looked for with longer windows; above E6 there are hardly any notes, but partials
and noise. The set of notes is right in 0.93 of 58 rendered songs, with librosa's constant-Q chroma
in 0.86, which takes as long, and five seconds more to be loaded.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from effects.listening.front_end import RATE
from effects.listening.per_beat import means_between
from effects.running.cores import in_threads
from effects.signal.arrays import Sound, Values
from effects.signal.stft import Stft

HOP = 1024  # samples: 46 ms, at least six to a beat at 200 BPM. Not searched.
FRAMES_PER_SECOND = RATE / HOP
#: Which windows look for which frequencies: from A1 to D4, and to E6. Chosen on 58 rendered songs:
#: with 1000 Hz as the end it is the same, with 2640 two songs fewer are right.
RANGES_HZ = ((Stft(8192, HOP), 54.0, 300.0), (Stft(4096, HOP), 300.0, 1320.0))
STRETCH = 256  # frames at a time, to limit memory: 25 MB each
FINE = 10  # parts of a semitone in which a song's tuning is found
C0_HZ = 440 * 2 ** (-57 / 12)
#: A peak this far from a pitch, in semitones, counts 0.6 times: by a bell. Of 0.15, 0.2 and 0.3,
#: the one with which the true notes of these songs are the likeliest.
WIDTH = 0.15
#: A frame whose strongest pitch class is below this share of the song's strongest is silent:
#: -60 dB. Not searched.
SILENT = 1e-3
LEAST = 1e-6  # amplitude of a peak: no logarithm of 0


def chroma(sound: Sound, tick: Callable[[float], object]) -> NDArray[np.float32]:
    """How much of each pitch class sounds, ``[frames, 12]``, from C; each frame's most is 1, or 0.

    Args:
        sound: one channel at `front_end.RATE`, ``[samples]``.
        tick: is told the share that is done, 0 to 1.
    """
    count = 1 + sound.shape[0] // HOP
    starts = range(0, count, STRETCH)
    parts = []
    for number, part in enumerate(
        in_threads(lambda start: _fine(sound, start, min(start + STRETCH, count)), starts)
    ):
        parts.append(part)
        tick((number + 1) / len(starts))
    fine = np.concatenate(parts)
    out = fine @ _folded(_tuning(fine.sum(axis=0)))
    most = out.max(axis=1, keepdims=True)
    heard = most > SILENT * most.max()
    return np.where(heard, out / np.where(heard, most, 1), 0).astype(np.float32)


def chroma_of_beats(frames: NDArray[np.float32], beats: Values) -> Values:
    """As `Song.chroma`: ``[beats - 1, 12]``."""
    means = means_between(frames.astype(np.float64), FRAMES_PER_SECOND, beats)
    sums = means.sum(axis=1, keepdims=True)
    return np.where(sums > SILENT, means / np.where(sums > SILENT, sums, 1), 0)


def _fine(sound: Sound, start: int, stop: int) -> NDArray[np.float32]:
    """The peaks' amplitudes by pitch class, in `FINE` parts of each: ``[frames, 12 * FINE]``."""
    out = np.zeros((stop - start) * 12 * FINE)
    for stft, low, high in RANGES_HZ:
        bins = np.arange(int(low * stft.size / RATE), int(high * stft.size / RATE) + 1)
        found = np.abs(stft.analyse(sound, start, stop)) / stft.window.sum()
        found = found[:, bins[0] - 1 : bins[-1] + 2].astype(np.float64)
        before, here, after = found[:, :-2], found[:, 1:-1], found[:, 2:]
        frame, place = np.nonzero((here > before) & (here >= after) & (here > LEAST))
        # The peak of a parabola through the three logarithms is where a Hann window's peak is, to a
        # few hundredths of a bin (Smith, Serra 1987).
        a, b, c = (np.log(it[frame, place] + LEAST / 10) for it in (before, here, after))
        hz = (bins[place] + 0.5 * (a - c) / (a - 2 * b + c)) * RATE / stft.size
        fine = np.rint(np.log2(hz / C0_HZ) * 12 * FINE).astype(np.intp) % (12 * FINE)
        out += np.bincount(frame * 12 * FINE + fine, here[frame, place], len(out))
    return out.reshape(-1, 12 * FINE).astype(np.float32)


def _tuning(fine: NDArray[np.float32]) -> float:
    """How far a song is from 440 Hz, in semitones, -0.5 to 0.5: where in a semitone peaks are."""
    turns = np.exp(2j * np.pi * np.arange(len(fine)) / FINE)
    return float(np.angle((fine * turns).sum()) / (2 * np.pi))


def _folded(tuning: float) -> NDArray[np.float32]:
    """How much each part of a pitch class counts for each: ``[12 * FINE, 12]``."""
    off = np.arange(12 * FINE)[:, None] / FINE - tuning - np.arange(12)
    off = (off + 6) % 12 - 6
    return np.exp(-0.5 * (off / WIDTH) ** 2).astype(np.float32)
