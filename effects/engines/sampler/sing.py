r"""A voice's line played on an instrument: its pitch and its level as they move.

Every phrase is one long note, played by one grain. Let Φ(t) be how many periods there have been up
to the time t: Φ' is the frequency. The grain is read at a speed that varies, at the position p(t)
where it has had as many periods as the phrase,

    Φ_grain(p(t)) = Φ_phrase(t),    so    p(t) = Φ_grain⁻¹(Φ_phrase(t)).

The output then has the phrase's frequency: where the grain's own pitch wavers, the output's does
not. What the grain is too short for is stretched in time beforehand, except its attack. Then the
grain's own level is evened out, and the phrase's put on. What belongs to no phrase (a consonant
without a pitch) is silence.

`effects.engines.sampler.body` keeps a body's resonances where a note was moved by one interval.
Here the interval changes all the time; to use its mean was not tried.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import soxr  # type: ignore[import-untyped]
from scipy.ndimage import map_coordinates, uniform_filter1d

from effects.engines.sampler.choice import Terms, cheapest, decibels_between, octaves_longer
from effects.engines.sampler.instrument import SETTINGS as INSTRUMENT
from effects.engines.sampler.instrument import Instrument
from effects.engines.sampler.place import fade, pan, place
from effects.engines.sampler.stretch import SETTINGS as STRETCH
from effects.engines.sampler.stretch import stretched_after
from effects.engines.sampler.tracked import TrackedGrain, periods_at
from effects.notes.note import Note
from effects.notes.pitch_line import HOP_SECONDS, Phrase
from effects.signal.arrays import Audio, Mono, Values
from effects.signal.units import midi_to_hz

#: What a grain costs: as in the first design that worked, and not searched. A phrase is one long
#: note, in which faults of a grain's periods are well heard.
PRICES = Terms(semitones=1.0, masked=5.0, hazy=40.0, halved=16.0, octaves_longer=2.0, decibels=0.1)


@dataclass(frozen=True)
class Settings:
    """Numbers of this module: as in the first design that worked, and not searched."""

    #: Halves of periods whose correlation is no higher do no harm.
    halves_alike: float = 0.3
    #: The grain is read, and the output made, at so many times their rates: so that cubic splines
    #: are exact enough, and that there is room for what folds; see `_read`.
    oversampled: int = 2
    #: Points of the map Φ_grain in a hop of the line.
    points: int = 4
    #: A grain's level is measured over so many seconds, and evened by at most so many dB.
    even_seconds: float = 0.05
    most_evened_db: float = 30.0


SETTINGS = Settings()


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
    grains = [TrackedGrain.of(grain, instrument.sample_rate) for grain in instrument.grains]
    for number, phrase in enumerate(phrases):
        tick(number / len(phrases))
        sound, lead = _play(phrase, _choose(phrase, grains), instrument, sample_rate)
        end = phrase.start + phrase.seconds
        note = Note(phrase.start, end, phrase.median, float(phrase.level.max()), 1.0)
        place(out, sound, round(phrase.start * sample_rate) - lead, pan(content, sample_rate, note))
    return out


def _choose(phrase: Phrase, grains: Sequence[TrackedGrain]) -> TrackedGrain:
    """The grain that suits a phrase best."""
    loudest = max(it.grain.level for it in grains)

    def terms(it: TrackedGrain) -> Terms:
        interval = it.pitch - phrase.median
        lasts = it.grain.seconds * 2 ** (interval / 12)
        return Terms(
            semitones=abs(interval),
            masked=1 - it.grain.clear,
            hazy=1 - it.periodic,
            halved=max(it.halved - SETTINGS.halves_alike, 0),
            octaves_longer=octaves_longer(phrase.seconds, lasts),
            decibels=decibels_between(loudest, it.grain.level),
        )

    return cheapest(grains, terms, PRICES)


def _play(
    phrase: Phrase, tracked: TrackedGrain, instrument: Instrument, sample_rate: float
) -> tuple[Mono, int]:
    """The grain along a phrase, and its samples before the phrase begins."""
    rate = instrument.sample_rate
    fine = sample_rate * SETTINGS.oversampled
    course = _Course.of(phrase, tracked, instrument, fine)
    source = _Source.of(tracked, rate)
    # Periods until the note ends: of the grain as it is, and of the phrase.
    body = source.lead + tracked.grain.seconds
    had = float(np.interp(body, source.seconds, source.periods))
    needed = float(course.periods[min(course.end, course.periods.size - 1)])
    if had < needed:
        source = source.longer(body, had, needed, rate)
    position = np.interp(course.periods, source.periods, source.seconds, right=np.inf)  # p(t)
    sound = _read(source.audio, position, rate, fine)
    sound = _even(sound, course.begin, course.end, round(SETTINGS.even_seconds * fine))
    frames = np.arange(len(phrase.level)) * HOP_SECONDS
    sound *= np.interp(course.times, frames, _softened(phrase.level)).astype(np.float32)
    if had > needed * INSTRUMENT.same_length:  # else it falls by itself, and now
        sound[course.end :] *= instrument.falling(sound.size - course.end, fine)
    sound = np.asarray(soxr.resample(sound, fine, sample_rate), np.float32)
    fade(sound, sample_rate)
    return sound, round(course.lead * sample_rate)


@dataclass(frozen=True)
class _Course:
    """A phrase, sample by sample of the output.

    Attributes:
        lead: seconds before the phrase begins.
        times: from the beginning of the phrase, in seconds; at first they are negative.
        periods: Φ_phrase at these times, 0 at the first.
        begin: the sample at which the phrase begins.
        end: and at which it ends.
    """

    lead: float
    times: Values
    periods: Values
    begin: int
    end: int

    @classmethod
    def of(
        cls, phrase: Phrase, tracked: TrackedGrain, instrument: Instrument, fine: float
    ) -> _Course:
        """With the grain's lead and the instrument's release, at the rate ``fine``."""
        hz = midi_to_hz(phrase.pitch)
        # The lead is read as fast as the phrase's first moment: at the ratio of the frequencies.
        lead = tracked.grain.lead / instrument.sample_rate * float(tracked.hz[0]) / float(hz[0])
        last = lead + phrase.seconds
        times = np.arange(round((last + instrument.release_seconds) * fine)) / fine - lead
        frames = np.arange(len(hz)) * HOP_SECONDS
        periods = np.cumsum(np.interp(times, frames, hz)) / fine
        return cls(lead, times, periods, round(lead * fine), min(round(last * fine), times.size))


@dataclass(frozen=True)
class _Source:
    """A grain as it is read, and its map Φ_grain.

    Attributes:
        audio: ``[samples]``.
        lead: seconds before its note begins.
        seconds: positions in it.
        periods: Φ_grain at these, rising.
    """

    audio: Mono
    lead: float
    seconds: Values
    periods: Values

    @classmethod
    def of(cls, tracked: TrackedGrain, rate: float) -> _Source:
        """The grain as it is."""
        grain = tracked.grain
        end = grain.audio.size / rate + 2 * HOP_SECONDS
        seconds = np.arange(0, end, HOP_SECONDS / SETTINGS.points)
        periods = periods_at(tracked.hz, seconds)
        return cls(grain.audio, grain.lead / rate, seconds, periods)

    def longer(self, body: float, had: float, needed: float, rate: float) -> _Source:
        """The grain with ``needed`` periods until ``body``, in seconds, where it ``had`` fewer.

        The attack a stays as it is; what comes after becomes f times as long, at the same pitch. So
        the position p becomes a + (p - a) f, and the periods after the attack become f times as
        many,

            Φ'(a + (p - a) f) = Φ(a) + (Φ(p) - Φ(a)) f,

        which is ``needed`` at the note's end for f = (needed - Φ(a)) / (had - Φ(a)).
        """
        attack = self.lead + STRETCH.attack_seconds
        if attack > STRETCH.most_attack * body:
            attack = 0.0
        first = float(np.interp(attack, self.seconds, self.periods))
        factor = (needed - first) / (had - first)
        seconds = np.where(
            self.seconds < attack, self.seconds, attack + (self.seconds - attack) * factor
        )
        periods = np.where(
            self.periods < first, self.periods, first + (self.periods - first) * factor
        )
        audio = stretched_after(self.audio, round(attack * rate), factor, rate)
        return replace(self, audio=audio, seconds=seconds, periods=periods)


def _read(sound: Mono, position: Values, rate: float, fine: float) -> Mono:
    """The samples at these positions in seconds, by cubic splines; 0 past the end.

    Read v times as fast, the frequency f becomes v f, and folds to F - v f if it is above F/2, with
    F the rate of the output so far. As it is oversampled twice, what lands above F/4 is lost in the
    end. So v f may be up to 3/4 F, and the grain may keep a rate of twice that over v, 1.5 F / v.
    """
    known = np.isfinite(position)
    fastest = float(np.diff(position[known]).max(initial=0)) * fine
    kept = 1.5 * fine / max(fastest, 1e-9)
    if kept < rate:
        sound = np.asarray(soxr.resample(sound, rate, kept), np.float32)
    oversampled = SETTINGS.oversampled
    dense = np.asarray(soxr.resample(sound, min(kept, rate), oversampled * rate), np.float32)
    places = np.where(known, position * rate * oversampled, dense.size + 1.0)
    found = map_coordinates(dense, places[None], np.float32, order=3, mode="constant")
    return np.asarray(found, np.float32)


def _even(sound: Mono, begin: int, end: int, window: int) -> Mono:
    """At a root mean square of 1 from the attack to the end, as it is before and after."""
    power: Values = uniform_filter1d(sound.astype(np.float64) ** 2, max(window, 1), mode="nearest")
    level = np.sqrt(np.maximum(power, 0))
    first = min(begin + window, max(end - window // 2, begin))
    last = max(end - window // 2, first + 1)
    inner = level[first:last]
    least = float(inner.max(initial=0)) * 10 ** (-SETTINGS.most_evened_db / 20)
    gain = np.empty(sound.size)
    gain[first:last] = 1 / np.maximum(inner, max(least, 1e-9))
    gain[:first] = gain[first]
    gain[last:] = gain[last - 1]
    return (sound * gain).astype(np.float32)


def _softened(level: Values) -> Values:
    """A phrase's level, without its rise during the attack, which the grain has already."""
    frames = min(round(STRETCH.attack_seconds / HOP_SECONDS), len(level))
    found = level.copy()
    found[:frames] = np.maximum.accumulate(level[:frames][::-1])[::-1]
    return found
