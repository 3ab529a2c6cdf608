r"""A voice's line played on an instrument: its pitch and its level as they move.

Every phrase is one long note, played by one grain. Let Φ(t) be the number of periods up to the time
t, so that Φ' is the frequency. The grain is read at a varying speed: at the time t, at the position
p(t) up to which it has had as many periods as the phrase,

    Φ_grain(p(t)) = Φ_phrase(t),    so    p(t) = Φ_grain⁻¹(Φ_phrase(t)).

The output then has the frequency of the phrase, even where the grain's own pitch wavers. A grain
that is too short is first stretched in time, except its attack. Its own level is evened out, and
the phrase's put in its place. Between phrases (a consonant without a pitch) there is silence.

`perform` also moves the resonances of a grain's body back (`effects.engines.sampler.body`), by one
interval for the whole note. Here the interval changes all the time, so this was not tried.
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
from effects.engines.sampler.place import Placed, all_placed, fade, pan
from effects.engines.sampler.stretch import SETTINGS as STRETCH
from effects.engines.sampler.stretch import stretched_after
from effects.engines.sampler.tracked_grain import TrackedGrain, periods_at
from effects.notes.note import Note
from effects.notes.pitch_line import HOP_SECONDS, Phrase
from effects.signal.arrays import Audio, Mono, Values
from effects.signal.units import db_to_amplitude, midi_to_hz

#: What a grain costs; from the first design that worked, not searched. A phrase is one long note,
#: in which irregular periods are easily heard.
PRICES = Terms(semitones=1.0, masked=5.0, hazy=40.0, halved=16.0, octaves_longer=2.0, decibels=0.1)


@dataclass(frozen=True)
class Settings:
    """The numbers of this module: from the first design that worked, not searched."""

    #: Up to this correlation, it does no harm if the halves of a period are alike.
    halves_alike: float = 0.3
    #: The grain is read, and the output written, at this many times their rates. Cubic splines are
    #: then exact enough, and there is room for aliases; see `_read`.
    oversampled: int = 2
    #: Points of the map Φ_grain per hop of the line.
    points: int = 4
    #: Seconds over which the level of a grain is measured.
    even_seconds: float = 0.05
    #: A grain's level is raised by this many dB at most where it is evened out.
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
    """Play ``phrases``, placed between the channels as in ``content``; as long as ``content``.

    Args:
        phrases: those of the content.
        instrument: what plays them.
        content: the stem, ``[channels, samples]``.
        sample_rate: of the content, in Hz.
        tick: called with the fraction of the phrases that is played.
    """
    # Not in threads: Praat, which tracks them, is not made for that.
    grains = [TrackedGrain.of(grain, instrument.sample_rate) for grain in instrument.grains]

    def sounding(phrase: Phrase) -> Placed:
        sound, lead = _play(phrase, _choose(phrase, grains), instrument, sample_rate)
        end = phrase.start + phrase.seconds
        note = Note(phrase.start, end, phrase.median, float(phrase.level.max()), 1.0)
        start = round(phrase.start * sample_rate) - lead
        return sound, start, pan(content, sample_rate, note)

    return all_placed(content, phrases, sounding, tick)


def _choose(phrase: Phrase, grains: Sequence[TrackedGrain]) -> TrackedGrain:
    """The grain that suits a phrase best."""
    loudest, median = max(it.grain.level for it in grains), phrase.median

    def terms(it: TrackedGrain) -> Terms:
        interval = it.pitch - median
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
    """The grain played along a phrase, and how many samples of it come before the phrase."""
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
    if had > needed * INSTRUMENT.same_length:  # else it ends by itself
        sound[course.end :] *= instrument.falling(sound.size - course.end, fine)
    sound = np.asarray(soxr.resample(sound, fine, sample_rate), np.float32)
    fade(sound, sample_rate)
    return sound, round(course.lead * sample_rate)


@dataclass(frozen=True)
class _Course:
    """A phrase, sample by sample of the output.

    Attributes:
        lead: seconds before the phrase starts.
        times: in seconds from the start of the phrase; negative during the lead.
        periods: Φ_phrase at these times.
        begin: the sample at which the phrase starts.
        end: the sample at which it ends.
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
        """The phrase at the rate ``fine``, in Hz, with the grain's lead and a release."""
        hz = midi_to_hz(phrase.pitch)
        # The lead is read at the speed that the phrase starts with, the ratio of the frequencies.
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
        lead: seconds before its note starts.
        seconds: positions in it, rising.
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
        """The grain stretched, so that up to its note's end it has ``needed`` periods.

        Up to the position a, the end of the attack, it stays as it is. What follows becomes f times
        as long at the same pitch: a position p moves to a + (p - a) f, and the number of periods
        after a grows by the same factor,

            Φ_new(a + (p - a) f) = Φ(a) + (Φ(p) - Φ(a)) f.

        At the note's end, where Φ was ``had``, this is ``needed`` if

            f = (needed - Φ(a)) / (had - Φ(a)).

        Args:
            body: the position of the note's end, in seconds.
            had: periods up to there, fewer than ``needed``.
            needed: periods of the phrase.
            rate: of the grain, in Hz.
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

    If a grain is read v times as fast, its frequency f becomes v f. At the rate F (``fine``), it is
    aliased to F - v f if it is above F/2. The output is resampled to half of F at the end, which
    removes all above F/4. So aliases do no harm if v f <= 3/4 F, and the grain is first brought to
    the rate 1.5 F / v, which has nothing above f = 3/4 F / v.
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
    """``sound`` with a root mean square of 1 at all times from the attack to the note's end.

    Before and after that, the gain stays what it is at the attack and at the end.
    """
    power: Values = uniform_filter1d(sound.astype(np.float64) ** 2, max(window, 1), mode="nearest")
    level = np.sqrt(np.maximum(power, 0))
    first = min(begin + window, max(end - window // 2, begin))
    last = max(end - window // 2, first + 1)
    inner = level[first:last]
    least = float(inner.max(initial=0)) * db_to_amplitude(-SETTINGS.most_evened_db)
    gain = np.empty(sound.size)
    gain[first:last] = 1 / np.maximum(inner, max(least, 1e-9))
    gain[:first] = gain[first]
    gain[last:] = gain[last - 1]
    return (sound * gain).astype(np.float32)


def _softened(level: Values) -> Values:
    """A phrase's level without its rise during the attack: the grain has an attack of its own."""
    frames = min(round(STRETCH.attack_seconds / HOP_SECONDS), len(level))
    found = level.copy()
    found[:frames] = np.maximum.accumulate(level[:frames][::-1])[::-1]
    return found
