"""What happens to a sound between an instrument and a file: amplifiers, rooms, filters, codecs."""

from __future__ import annotations

import random

import numpy as np
import soxr
from numpy.typing import NDArray
from pedalboard import (
    Chorus,
    Compressor,
    Distortion,
    HighpassFilter,
    HighShelfFilter,
    LowpassFilter,
    LowShelfFilter,
    MP3Compressor,
    PeakFilter,
    Pedalboard,
)

from benchmarks.training.rooms import in_room
from effects.notes.basic_pitch import RATE
from effects.signal.arrays import Mono

Table = NDArray[np.float64]
"""Notes, one a row: start and end in seconds, MIDI key, velocity."""

# How likely and how strong everything is was not searched.
FINER = 4  # times `RATE`, at which an amplifier bends the wave


def amplified(draw: random.Random, clip: Mono) -> Mono:
    """A clip through a guitar amplifier: filters, a bent wave, a loudspeaker.

    The wave is bent at four times the rate, since that adds partials above the clip's own.
    """
    clip = clip / np.float32(max(np.abs(clip).max(initial=0), 1e-9))
    fine = soxr.resample(clip, RATE, FINER * RATE).astype(np.float32)
    before = Pedalboard([HighpassFilter(draw.uniform(40, 500))])
    gain, bias = 10 ** (draw.uniform(6, 46) / 20), draw.choice((0.0, draw.uniform(0, 0.4)))
    driven = gain * before(fine, FINER * RATE)
    bent = np.tanh(driven + bias) if draw.random() < 0.7 else np.clip(driven + bias, -1, 1)
    speaker = Pedalboard(
        [
            *(HighpassFilter(draw.uniform(30, 120)) for _ in range(2)),  # takes away the bias, too
            PeakFilter(draw.uniform(1500, 3500), draw.uniform(0, 8), 0.8),
            *(LowpassFilter(draw.uniform(3000, 6500)) for _ in range(3)),
        ]
    )
    heard = speaker(bent.astype(np.float32), FINER * RATE)
    return np.asarray(soxr.resample(heard, FINER * RATE, RATE), np.float32)[: clip.size]


def recorded(draw: random.Random, clip: Mono, notes: Table) -> tuple[Mono, Table]:
    """A clip, perhaps out of tune, filtered, compressed, reverberant, noisy; and its notes' times.

    Out of tune means played faster or slower, which moves the notes.
    """
    notes = notes.copy()
    clip = clip / np.float32(max(np.abs(clip).max(initial=0), 1e-9))
    if draw.random() < 0.4:
        faster = 2 ** (draw.uniform(-45, 45) / 1200)  # up to 45 cents
        clip = soxr.resample(clip, RATE * faster, RATE)
        notes[:, :2] /= faster
    clip = _board(draw)(np.asarray(clip, np.float32), RATE)
    if draw.random() < 0.5:
        clip = in_room(draw, clip)
    clip = _equaliser(draw)(clip, RATE)
    if draw.random() < 0.4:
        level = np.abs(clip).max(initial=0) * 10 ** (draw.uniform(-60, -30) / 20)
        hiss = np.random.default_rng(draw.randrange(1 << 30)).normal(0, level, clip.size)
        clip = (clip + hiss).astype(np.float32)
    if draw.random() < 0.2:
        clip = coded(clip, draw.uniform(3, 9.9))
    return np.asarray(clip, np.float32), notes


def coded(clip: Mono, quality: float) -> Mono:
    """A clip through MP3; LAME's ``quality`` goes from 0, the best, to 10."""
    return np.asarray(MP3Compressor(quality)(clip, RATE), np.float32)


def _board(draw: random.Random) -> Pedalboard:
    board = Pedalboard([])
    if draw.random() < 0.08:
        board.append(Chorus(draw.uniform(0.3, 2), draw.uniform(0.05, 0.25), mix=0.4))
    if draw.random() < 0.15:
        board.append(Distortion(draw.uniform(2, 18)))
    if draw.random() < 0.25:
        board.append(
            Compressor(
                threshold_db=draw.uniform(-35, -12),
                ratio=draw.uniform(2, 8),
                attack_ms=draw.uniform(1, 30),
                release_ms=draw.uniform(40, 300),
            )
        )
    return board


def _equaliser(draw: random.Random) -> Pedalboard:
    board = Pedalboard([])
    if draw.random() < 0.5:
        board.append(HighShelfFilter(draw.uniform(1500, 6000), draw.uniform(-15, 6)))
        board.append(LowShelfFilter(draw.uniform(100, 400), draw.uniform(-15, 6)))
    if draw.random() < 0.3:
        board.append(
            PeakFilter(draw.uniform(200, 4000), draw.uniform(-12, 9), draw.uniform(0.5, 3))
        )
    if draw.random() < 0.1:
        board.append(LowpassFilter(draw.uniform(2500, 7000)))
        board.append(HighpassFilter(draw.uniform(60, 250)))
    return board
