r"""A voice's line played on an instrument: its pitch and its level as they move.

Every phrase is one long note. Its grain is read at a speed that varies: after the time t, as many
periods of the grain have been read as the phrase has had,

    Φ_grain(position) = Φ_phrase(t),    Φ' = frequency,

so that where the grain's own pitch wavers, the output's does not. What the grain is too short for
is stretched in time beforehand, but for its attack. Then the grain's own level is evened out, and
the phrase's put on. What is no phrase, such as a consonant without a pitch, is silence.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import soxr  # type: ignore[import-untyped]
from scipy.ndimage import map_coordinates, uniform_filter1d

from effects.engines.sampler.instrument import Grain, Instrument
from effects.engines.sampler.perform import (
    ATTACK_SECONDS,
    LONGEST_RELEASE_SECONDS,
    MOST_ATTACK,
    SAME_LENGTH,
    SILENT_DB,
    fade,
    pan,
    place,
    stretched_after,
)
from effects.notes.note import Note
from effects.notes.pitch_line import HOP_SECONDS, RATE, Phrase, follow
from effects.signal.arrays import Audio, Mono, Values

#: What a grain costs: per semitone it has to be moved, if all of it was cut out from among other
#: notes, if its periods are not alike, if the halves of its periods are (it will be taken for a
#: note an octave higher), per octave it has to be stretched in time, per dB that it is weaker than
#: the loudest one.
SEMITONE, MASKED, HAZY, HALVED, STRETCHED, DECIBEL = 1.0, 5.0, 40.0, 16.0, 2.0, 0.1
HALVES_ALIKE = 0.3  # correlation that does no harm
POINTS = 64  # of a period that is compared with the next
OVERSAMPLED = 2  # so that cubic splines are exact enough, and what is read fast does not fold
NEAR = 3.0  # semitones that a grain may waver, or be off when it begins
RANGE = 6.0  # semitones around a grain's pitch where it is looked for
UNSURE_SECONDS = 0.01  # from its beginning, in which it has no pitch yet
AFTER = 200  # frames beyond a grain's end in which its pitch stays
EVEN_SECONDS = 0.05  # over which a grain's level is measured
MOST_EVENED_DB = 30.0


def sing(
    phrases: Sequence[Phrase],
    instrument: Instrument,
    content: Audio,
    sample_rate: float,
    *,
    tick: Callable[[float], None],
) -> Audio:
    """Play ``phrases``, placed between the channels as in ``content``, as much as that has samples.

    Args:
        phrases: those of the content.
        instrument: what plays them.
        content: the stem, ``[channels, samples]``.
        sample_rate: of the content, in Hz.
        tick: is told which part of the phrases is played.
    """
    out = np.zeros_like(content)
    reads = [Read.of(grain, instrument.sample_rate) for grain in instrument.grains]
    for number, phrase in enumerate(phrases):
        tick(number / len(phrases))
        sound, lead = _play(phrase, _choose(phrase, reads), instrument, sample_rate)
        end = phrase.start + phrase.seconds
        note = Note(phrase.start, end, phrase.median, float(phrase.level.max()), 1.0)
        place(out, sound, round(phrase.start * sample_rate) - lead, pan(content, sample_rate, note))
    return out


@dataclass(frozen=True)
class Read:
    """A grain and where its periods are.

    Attributes:
        grain: the grain.
        pitch: of most of it, as a MIDI number.
        periodic: correlation of each of its periods with the next.
        halved: correlation of the halves of its periods.
        hz: its frequency at every `HOP_SECONDS` from its first sample on, well beyond its end.
    """

    grain: Grain
    pitch: float
    periodic: float
    halved: float
    hz: Values

    @classmethod
    def of(cls, grain: Grain, sample_rate: float) -> Read:
        """By its line; where that has no pitch near its note's, by its note."""
        low, high = (440 * 2 ** ((grain.pitch + it - 69) / 12) for it in (-RANGE, RANGE))
        line = follow(grain.audio, sample_rate, lowest_hz=low, highest_hz=min(high, 0.45 * RATE))
        frames = np.arange(len(line.pitch))
        times = frames * HOP_SECONDS - grain.lead / sample_rate
        inside = (times > UNSURE_SECONDS) & (times < max(grain.seconds, 2 * UNSURE_SECONDS))
        pitch = np.where(inside, line.pitch, np.nan)
        near = np.flatnonzero(np.abs(pitch - grain.pitch) < NEAR)
        known = np.full(len(frames) + AFTER, grain.pitch)
        if near.size:
            known = np.interp(np.arange(len(known)), near, pitch[near])
        hz = _hz(known)
        return cls(grain, float(np.median(known)), *_alike(grain, hz, sample_rate), hz)


def _periods(hz: Values, seconds: Values) -> Values:
    """How many there are from the beginning of a grain to these times."""
    grid = np.arange(len(hz)) * HOP_SECONDS
    total = np.concatenate([[0.0], np.cumsum((hz[1:] + hz[:-1]) / 2)]) * HOP_SECONDS
    found: Values = np.interp(seconds, grid, total)
    return found


def _alike(grain: Grain, hz: Values, sample_rate: float) -> tuple[float, float]:
    """Correlations of a note's periods with the next, and of their halves."""
    times = np.arange(grain.audio.size) / sample_rate
    turns = _periods(hz, times)
    first, last = np.interp([0, grain.seconds], times - grain.lead / sample_rate, turns)
    wave = np.interp(np.arange(first, last, 1 / POINTS), turns, grain.audio)

    def correlation(lag: int) -> float:
        here, there = wave[:-lag], wave[lag:]
        return float(here @ there / max(math.sqrt(here @ here * (there @ there)), 1e-12))

    return (correlation(POINTS), correlation(POINTS // 2)) if wave.size > POINTS else (0.0, 0.0)


def _hz(pitch: Values) -> Values:
    return np.asarray(440 * 2 ** ((pitch - 69) / 12))


def _choose(phrase: Phrase, reads: Sequence[Read]) -> Read:
    """The grain that costs least."""
    loudest = max(read.grain.level for read in reads)

    def cost(read: Read) -> float:
        grain = read.grain
        lasts = grain.seconds * 2 ** ((read.pitch - phrase.median) / 12)
        return (
            SEMITONE * abs(read.pitch - phrase.median)
            + MASKED * (1 - grain.clear)
            + HAZY * (1 - read.periodic)
            + HALVED * max(read.halved - HALVES_ALIKE, 0)
            + STRETCHED * max(math.log2(phrase.seconds / max(lasts, 0.01)), 0)
            + DECIBEL * 20 * math.log10(loudest / max(grain.level, 1e-9))
        )

    return min(reads, key=cost)


def _play(
    phrase: Phrase, read: Read, instrument: Instrument, sample_rate: float
) -> tuple[Mono, int]:
    """The grain along a phrase, and its samples before the phrase begins."""
    grain, rate = read.grain, instrument.sample_rate
    lead = grain.lead / rate
    fine = sample_rate * OVERSAMPLED
    release = min(SILENT_DB / instrument.release, LONGEST_RELEASE_SECONDS)
    frequency = _hz(phrase.pitch)
    before = lead * float(read.hz[0]) / float(frequency[0])  # the lead, as it will be read
    times = np.arange(round((before + phrase.seconds + release) * fine)) / fine - before
    frames = np.arange(len(phrase.pitch)) * HOP_SECONDS
    turns = np.cumsum(np.interp(times, frames, frequency)) / fine  # periods of the phrase
    body = lead + grain.seconds
    needed = turns[min(round((before + phrase.seconds) * fine), turns.size - 1)]
    # From periods to seconds of the grain, then to those of the stretched grain.
    grid = np.arange(0, grain.audio.size / rate + 2 * HOP_SECONDS, HOP_SECONDS / 4)
    periods = _periods(read.hz, grid)
    had = float(np.interp(body, grid, periods))
    sound = grain.audio
    if had < needed:
        attack = lead + ATTACK_SECONDS
        if attack > MOST_ATTACK * body:
            attack = 0.0
        at_attack = float(np.interp(attack, grid, periods))
        factor = (needed - at_attack) / (had - at_attack)
        sound = stretched_after(sound, round(attack * rate), factor, rate)
        grid = np.where(grid < attack, grid, attack + (grid - attack) * factor)
        periods = np.where(periods < at_attack, periods, at_attack + (periods - at_attack) * factor)
    position = np.interp(turns, periods, grid, right=np.inf)
    sound = _read(sound, position, rate, fine)
    begin = round(before * fine)
    end = min(round((before + phrase.seconds) * fine), sound.size)
    sound = _even(sound, begin, end, round(EVEN_SECONDS * fine))
    sound *= np.interp(times, frames, _softened(phrase.level)).astype(np.float32)
    if had > needed * SAME_LENGTH:  # else it falls by itself, and now
        seconds = np.arange(sound.size - end) / fine
        sound[end:] *= (10 ** (-instrument.release * seconds / 20)).astype(np.float32)
    sound = np.asarray(soxr.resample(sound, fine, sample_rate), np.float32)
    fade(sound, sample_rate)
    return sound, round(before * sample_rate)


def _read(sound: Mono, position: Values, rate: float, fine: float) -> Mono:
    """The samples at these times in seconds, by cubic splines; 0 past the end."""
    known = np.isfinite(position)
    fastest = float(np.diff(position[known]).max(initial=0)) * fine
    kept = 1.5 * fine / max(fastest, 1e-9)  # a rate: what is above half of it would fold
    if kept < rate:
        sound = np.asarray(soxr.resample(sound, rate, kept), np.float32)
    dense = np.asarray(soxr.resample(sound, min(kept, rate), OVERSAMPLED * rate), np.float32)
    places = np.where(known, position * rate * OVERSAMPLED, dense.size + 1.0)
    found = map_coordinates(dense, places[None], np.float32, order=3, mode="constant")
    return np.asarray(found, np.float32)


def _even(sound: Mono, begin: int, end: int, window: int) -> Mono:
    """At a root mean square of 1 from the attack to the end, as it is before and after."""
    power: Values = uniform_filter1d(sound.astype(np.float64) ** 2, max(window, 1), mode="nearest")
    level = np.sqrt(np.maximum(power, 0))
    first = min(begin + window, max(end - window // 2, begin))
    last = max(end - window // 2, first + 1)
    inner = level[first:last]
    least = max(float(inner.max(initial=0)) * 10 ** (-MOST_EVENED_DB / 20), 1e-9)
    gain = np.empty(sound.size)
    gain[first:last] = 1 / np.maximum(inner, least)
    gain[:first] = gain[first]
    gain[last:] = gain[last - 1]
    return (sound * gain).astype(np.float32)


def _softened(level: Values) -> Values:
    """A phrase's level; what its first frames are short of belongs to the grain's attack."""
    frames = min(round(ATTACK_SECONDS / HOP_SECONDS), len(level))
    found = level.copy()
    found[:frames] = np.maximum.accumulate(level[:frames][::-1])[::-1]
    return found
