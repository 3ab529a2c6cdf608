"""Two songs and a plan become a sound: on one time axis, of one loudness, mixed, as loud as B."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from effects.mashing.alignment import Alignment
from effects.mashing.cropping import part_of
from effects.mashing.fitting import exponent_of, fitted, spread
from effects.mashing.grid import grid_of
from effects.mashing.hearing import Hear
from effects.mashing.mashed import Mashed
from effects.mashing.mask import LEVELS, Mask, frequencies_of, times_of
from effects.mashing.mixing import Mixed, Wish, beats_of, mix
from effects.mashing.options import Options
from effects.mashing.source import Source
from effects.mashing.track import Track
from effects.running.progress import Progress
from effects.signal.arrays import Audio, Stretches
from effects.signal.loudness import loudness, match_loudness
from effects.signal.true_peak import Ceiling, ceiling_of
from effects.signal.units import db_to_amplitude
from effects.warping.timeline import Timeline
from effects.warping.warp import warped

#: At which fractions of the work A and B are on the mashup's beats, and are mixed: as measured on
#: two songs of a minute, one of which was stretched.
WARPED, MIXED = 0.47, 0.98


class Performance(NamedTuple):
    """What is made of two songs.

    Attributes:
        audio: ``[channels, samples]``, as loud as B.
        mask: which song is heard.
        mixed: what the mixing says of it.
        gain_db: how much louder A was made, to be as loud as B.
    """

    audio: Audio
    mask: Mask
    mixed: Mixed
    gain_db: float


def perform(
    a: Source,
    b: Source,
    plan: Alignment,
    options: Options,
    network: Hear,
    progress: Progress,
    threads: int | None,
) -> Performance:
    """Make the mashup that is planned, in the threads that may be used."""
    rate, samples = b.sample_rate, _samples(b, plan)
    progress.tick(0.0, "bringing A to B's beats")
    exponent = exponent_of(b)
    b_track = _track(b, b, plan.b, samples, threads)
    a_track = _track(a, b, plan.a, samples, threads)
    level = loudness(b_track.mixture, rate)
    gain_db = _finite(level - loudness(a_track.mixture, rate))
    a_track = replace(a_track, gain=db_to_amplitude(gain_db))
    note = progress.part(WARPED, MIXED, "mixing")
    mixed = mix(a_track, b_track, rate, _wish(options, plan), network, note)
    highest = ceiling_of(b.audio)
    ceiling = Ceiling(*(math.ldexp(it, -exponent) for it in (highest.sample, highest.true)))
    wanted = level if plan.b.unchanged else _own_loudness(b, plan.b, exponent)
    match_loudness(mixed.audio, rate, wanted, ceiling=ceiling)
    if exponent:
        np.ldexp(mixed.audio, exponent, out=mixed.audio)
    return Performance(mixed.audio, _mask(plan, mixed, rate), mixed, gain_db)


def _wish(options: Options, plan: Alignment) -> Wish:
    beat, bar = beats_of(plan.beats, plan.bars)
    return Wish(
        lead=options.lead,
        bed=options.bed,
        balance=options.balance,
        beat_seconds=beat,
        bar_seconds=bar,
    )


def only_b(b: Source, options: Options, why: str) -> Mashed:
    """B as it is, where there is nothing to be laid over it."""
    start, end = part_of(options, np.zeros(0), b.seconds, b.sample_rate)
    audio = b.audio[:, round(start * b.sample_rate) : round(end * b.sample_rate)].copy()
    grid = grid_of(b.sample_rate)
    frequencies = frequencies_of(grid, b.sample_rate)
    times = times_of(grid, b.sample_rate, grid.n_frames(audio.shape[1]))
    mask = Mask(
        steps=np.full((len(frequencies), len(times)), LEVELS, np.uint8),
        frequencies=frequencies,
        times=times,
        a_seconds=np.full(len(times), np.nan),
        b_seconds=start + times,
        a_semitones=0,
        b_semitones=0,
        rests=np.zeros((0, 2)),
    )
    return Mashed(audio, b.sample_rate, mask, None, {"why": why, "part": [start, end]})


def _samples(b: Source, plan: Alignment) -> int:
    """How long the mashup is: exactly as long as B, if that is heard as it is."""
    samples = max(round(plan.seconds * b.sample_rate), 1)
    return b.audio.shape[1] if plan.b.unchanged and abs(samples - b.audio.shape[1]) < 2 else samples


def _track(
    song: Source, like: Source, timeline: Timeline, samples: int, threads: int | None
) -> Track:
    """A song on the mashup's time axis, divided by its power of two (`exponent_of`)."""
    channels, rate = len(like.audio), like.sample_rate
    sounds = fitted(song, rate, channels, exponent_of(song))
    moved = (warped(it, rate, timeline, samples, threads=threads) for it in sounds)
    return Track(tuple(spread(it, channels) for it in moved))


def _own_loudness(song: Source, timeline: Timeline, exponent: int) -> float:
    """How loud what is heard of a song is in the song itself, in LUFS; divided as in `_track`.

    Once stretched, it may be quieter: songs played higher and faster lose 1 dB and more.
    """
    rate, channels = song.sample_rate, len(song.audio)
    whole = Track(fitted(song, rate, channels, exponent)).mixture
    ends = (timeline.passages[0].song_seconds[0], timeline.passages[-1].song_seconds[-1])
    first, last = (min(round(float(it) * rate), whole.shape[1]) for it in ends)

    def heard(start: int, stop: int) -> Audio:
        return whole[:, first + start : first + stop]

    return loudness(Stretches((channels, last - first), heard), rate)


def _mask(plan: Alignment, mixed: Mixed, sample_rate: float) -> Mask:
    grid = grid_of(sample_rate)
    times = times_of(grid, sample_rate, mixed.steps.shape[1])
    frame_seconds = grid.hop / sample_rate
    rests = np.array([[it.start, it.stop] for it in mixed.rests], np.float64).reshape(-1, 2)
    return Mask(
        steps=mixed.steps,
        frequencies=frequencies_of(grid, sample_rate),
        times=times,
        a_seconds=plan.a.at(times),
        b_seconds=plan.b.at(times),
        a_semitones=plan.a.semitones,
        b_semitones=plan.b.semitones,
        rests=np.minimum(rests * frame_seconds, plan.seconds),
    )


def _finite(db: float) -> float:
    """A difference of loudnesses; 0 if one of the songs is silent there."""
    return db if math.isfinite(db) else 0.0
