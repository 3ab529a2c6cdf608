"""A song's sound on a mashup's time axis.

Rubber Band rounds its ratio: over 30 s, clicks come up to 55 ms late. So a song is cut into
segments of about two seconds, from beat to beat, and each is stretched by itself with some more
sound around it. They are joined by crossfades that end just before a beat, so that what is struck
on the beat comes from one segment alone. A jump from one passage to another is joined the same way.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import pairwise, zip_longest
from typing import NamedTuple

import numpy as np

from effects.running.cores import in_threads, using
from effects.running.spool import gathered
from effects.signal.arrays import Audio, Sound, Stretches, samples_between
from effects.warping.stretching import stretched
from effects.warping.timeline import Passage, Timeline

#: Of a mashup, about as long as a segment is. Clicks are 4 ms late or early at most at speeds from
#: 0.7 to 1.2. At 1.3 and 1.4, single ones are 5 ms early, or 10 ms if the song is played lower as
#: well: Rubber Band blurs them. Segments of 1.5 s were no better.
SEGMENT_SECONDS = 2.0
#: A song's sound before and after a segment, which is stretched with it. Of 0.2 to 0.4 s, none was
#: better throughout.
RUN_IN_SECONDS = 0.25
#: From one segment to the next.
FADE_SECONDS = 0.02
#: From one passage to another, or to silence. Not searched.
JUMP_SECONDS = 0.03
#: A fade ends so long before its beat. More than clicks come early. Not searched.
BEFORE_BEAT_SECONDS = 0.005
#: Silence between two passages is made so many samples at a time, to limit memory.
SILENCE = 1 << 18
#: Two sounds that cancel each other are made louder by 6 dB at most in a fade. Not searched.
LEAST_POWER = 0.25


def warped(
    audio: Sound,
    sample_rate: float,
    timeline: Timeline,
    out_samples: int,
    *,
    formants: bool = True,
    threads: int | None = None,
) -> Sound:
    """A song as it is heard in a mashup, ``[channels, out_samples]``.

    A song that is unchanged comes out as it is, bit for bit. A long one lies on the disk. The bits
    do not depend on ``threads``.

    Args:
        audio: the song, ``[channels, samples]``.
        sample_rate: of both, in Hz.
        timeline: what of the song is heard when, and how much higher.
        out_samples: of the mashup; beyond its passages it is silent.
        formants: whether they stay where they are if the song is played higher or lower. Voices
            need it.
        threads: at least 1; None for as many as there are cores.
    """
    shape = (audio.shape[0], out_samples)
    if timeline.unchanged:
        return _as_it_is(audio, timeline.passages[0], sample_rate, out_samples)
    play = partial(_played, audio, sample_rate, timeline.semitones, formants)
    with using(threads):
        segments = list(_segments(timeline, sample_rate, out_samples))
        parts = zip(segments, in_threads(play, segments), strict=True)
        return gathered(_joined(parts, shape), shape)


def _as_it_is(audio: Sound, only: Passage, rate: float, out_samples: int) -> Sound:
    """The samples of a song that is played at its own times; silence before and after them."""
    start, stop = (round(float(it) * rate) for it in only.out_seconds[[0, -1]])
    if start <= 0 and stop >= out_samples == audio.shape[1]:
        return audio

    def make(first: int, last: int) -> Audio:
        part: Audio = samples_between(audio, first, last)
        part[:, : max(start - first, 0)] = 0
        part[:, max(stop - first, 0) :] = 0
        return part

    return Stretches((audio.shape[0], out_samples), make)


@dataclass(frozen=True)
class _Segment:
    """A stretch of a song that is played at one speed. All but `speed` is in samples.

    Attributes:
        rise: of the mashup, from where to where the segment fades in.
        fall: from where to where it fades out; it sounds from ``rise[0]`` to ``fall[1]``.
        at: the sample of the mashup, not always whole, at which sample ``song_at`` is heard.
        song_at: not always whole, either.
        speed: of the song, 1 for its own.
    """

    rise: tuple[int, int]
    fall: tuple[int, int]
    at: float
    song_at: float
    speed: float


class _Stretch(NamedTuple):
    """From one cut of a passage to the next, in seconds of the mashup and of the song."""

    out: tuple[float, float]
    song: tuple[float, float]
    ends: bool  # its passage


def _segments(timeline: Timeline, rate: float, out_samples: int) -> Iterator[_Segment]:
    """All of them, in order.

    Each begins to fade in where the one before begins to fade out, or after it has ended.
    """
    stretches = [it for passage in timeline.passages for it in _stretches(passage)]
    place = partial(_fade, rate, out_samples)
    rise = place(stretches[0].out[0], JUMP_SECONDS) if stretches else (0, 0)
    for it, following in zip_longest(stretches, stretches[1:]):
        length = JUMP_SECONDS if it.ends else FADE_SECONDS
        most = (it.out[1] - it.out[0]) / 2
        joined = following is not None and following.out[0] - it.out[1] < 1 / rate
        if following is not None:
            most_after = (following.out[1] - following.out[0]) / 2
            most = min(most, most_after) if joined else most
        fall = place(it.out[1], min(length, most))
        if fall[1] > rise[0]:
            speed = (it.song[1] - it.song[0]) / (it.out[1] - it.out[0])
            yield _Segment(rise, fall, it.out[0] * rate, it.song[0] * rate, speed)
        if joined:
            rise = fall
        elif following is not None:
            start, stop = place(following.out[0], min(JUMP_SECONDS, most_after))
            rise = (max(start, fall[1]), max(stop, fall[1]))


def _stretches(passage: Passage) -> Iterator[_Stretch]:
    """A passage in stretches of about `SEGMENT_SECONDS`, from node to node where there are any."""
    out, song = passage.out_seconds, passage.song_seconds
    length = out[-1] - out[0]
    even = np.linspace(out[0], out[-1], max(round(length / SEGMENT_SECONDS), 1) + 1)
    nearest = out[np.searchsorted((out[1:] + out[:-1]) / 2, even)]
    near = np.abs(nearest - even) < SEGMENT_SECONDS / 3
    cuts = np.unique(np.where(near, nearest, even))
    at = np.interp(cuts, out, song)
    spans = list(zip(pairwise(cuts.tolist()), pairwise(at.tolist()), strict=True))
    for index, (of_out, of_song) in enumerate(spans):
        yield _Stretch(of_out, of_song, ends=index == len(spans) - 1)


def _fade(rate: float, out_samples: int, beat: float, seconds: float) -> tuple[int, int]:
    """From which sample to which a fade lasts that belongs to a beat; none at the mashup's ends."""
    if beat * rate >= out_samples - 1:
        return out_samples, out_samples
    stop = max(round((beat - BEFORE_BEAT_SECONDS) * rate), 0)
    return max(stop - round(seconds * rate), 0), stop


def _played(audio: Sound, rate: float, semitones: int, formants: bool, segment: _Segment) -> Audio:
    """What is heard of a segment, fades included, ``[channels, fall[1] - rise[0]]``."""
    start, stop = segment.rise[0], segment.fall[1]
    run_in = RUN_IN_SECONDS * rate
    first, last = (segment.song_at + (it - segment.at) * segment.speed for it in (start, stop))
    first_sample = math.floor(first - run_in)
    source = samples_between(audio, first_sample, math.ceil(last + run_in))
    if not source.any():
        return np.zeros((len(source), stop - start), np.float32)
    found, late = stretched(source, rate, segment.speed, semitones, formants=formants)
    begins = segment.at + (first_sample - segment.song_at) / segment.speed
    skipped = round(start - begins + late)
    heard: Audio = samples_between(found, skipped, skipped + stop - start)
    return heard


def _joined(parts: Iterable[tuple[_Segment, Audio]], shape: tuple[int, int]) -> Iterator[Audio]:
    """Segments, joined by fades, with silence where there is none; as many samples as ``shape``."""
    channels, out_samples = shape
    nothing = np.zeros((channels, 0), np.float32)
    done, tail = 0, nothing  # how much has been given; what fades out after that
    for segment, sound in parts:
        (start, whole), (leaves, stop) = segment.rise, segment.fall
        head = sound[:, : whole - start]
        if start > done or not tail.shape[1]:  # not joined to the one before, or not by a fade
            yield _crossfade(tail, np.zeros_like(tail))
            yield from _silence(channels, start - done - tail.shape[1])
            tail = np.zeros_like(head)
        yield _crossfade(tail, head)
        yield sound[:, whole - start : leaves - start]
        done, tail = leaves, sound[:, leaves - start : stop - start]
    yield _crossfade(tail, np.zeros_like(tail))
    yield from _silence(channels, out_samples - done - tail.shape[1])


def _silence(channels: int, samples: int) -> Iterator[Audio]:
    for start in range(0, samples, SILENCE):
        yield np.zeros((channels, min(SILENCE, samples - start)), np.float32)


def _crossfade(before: Audio, after: Audio) -> Audio:
    """From one sound to another of the same length, without a dip.

    With weights u and v that sum to 1, the power becomes u² A + v² B + 2 u v C, where A and B are
    the powers and C is what they have in common. It is brought to u A + v B, so the fade is an
    even one between equal sounds, and one of equal power between unlike ones.
    """
    samples = before.shape[1]
    v = (1 - np.cos(np.pi * (np.arange(samples) + 0.5) / max(samples, 1))) / 2
    u = 1 - v
    x, y = before.astype(np.float64), after.astype(np.float64)
    power_x, power_y, common = (float(np.sum(a * b)) for a, b in ((x, x), (y, y), (x, y)))
    wanted = u * power_x + v * power_y
    found = u**2 * power_x + v**2 * power_y + 2 * u * v * common
    found = np.maximum(found, LEAST_POWER * wanted)
    gain = np.sqrt(np.divide(wanted, found, out=np.ones(samples), where=found > 0))
    return np.asarray(gain * (u * x + v * y), np.float32)
