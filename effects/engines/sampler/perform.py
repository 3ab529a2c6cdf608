"""Notes played on an instrument, each by the grain that suits it best."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from effects.engines.sampler.body import body_kept
from effects.engines.sampler.choice import Terms, cheapest, cost, decibels_between, octaves_longer
from effects.engines.sampler.hold import held
from effects.engines.sampler.instrument import SETTINGS as INSTRUMENT
from effects.engines.sampler.instrument import Grain, Instrument
from effects.engines.sampler.place import Placed, all_placed, fade, pan
from effects.engines.sampler.stretch import resampled
from effects.notes.note import Note
from effects.running.recent import Recent
from effects.signal.arrays import Audio, Mono
from effects.signal.units import db_to_amplitude

#: What a grain costs. On the tuning half, the price of an octave longer is the best of 2, 2.5, 3
#: and 4; 4 and 6 for ``masked``, 0.05 and 0.1 for ``decibels`` were no better. Periods are not
#: compared, so ``hazy`` and ``halved`` cost nothing.
PRICES = Terms(semitones=1.0, masked=5.0, hazy=0.0, halved=0.0, octaves_longer=2.5, decibels=0.02)


@dataclass(frozen=True)
class Settings:
    """The numbers of this module."""

    #: Highest gain of a grain in dB; not searched.
    most_gain_db: float = 60.0
    #: Grains that were moved to a pitch stay in memory up to so many bytes, since music repeats
    #: notes. Not searched.
    most_moved_bytes: int = 24 << 20


SETTINGS = Settings()

Moved = Recent[Mono]
"""Grains of one instrument that were moved to a pitch, by grain, pitch and length."""


def perform(
    notes: Sequence[Note],
    instrument: Instrument,
    content: Audio,
    sample_rate: float,
    *,
    tick: Callable[[float], None],
) -> Audio:
    """Play ``notes``, placed between the channels as in ``content``; as long as ``content``.

    Args:
        notes: those of the content.
        instrument: what plays them.
        content: the stem, ``[channels, samples]``.
        sample_rate: of the content, in Hz.
        tick: called with the fraction of the notes that is played.
    """
    moved: Moved = Recent(SETTINGS.most_moved_bytes)

    def sounding(note: Note) -> Placed:
        grain = choose(note, instrument)
        sound, lead = play(note, grain, instrument, sample_rate, moved)
        sound *= np.float32(min(note.level / grain.level, db_to_amplitude(SETTINGS.most_gain_db)))
        start = round(note.start * sample_rate) - lead
        return sound, start, pan(content, sample_rate, note)

    return all_placed(content, notes, sounding, tick)


def choose(note: Note, instrument: Instrument) -> Grain:
    """The grain that suits a note best."""

    def terms(grain: Grain) -> Terms:
        return Terms(
            semitones=abs(grain.pitch - note.pitch),
            masked=1 - grain.clear,
            hazy=0.0,
            halved=0.0,
            octaves_longer=octaves_longer(note.seconds, grain.seconds),
            decibels=decibels_between(note.level, grain.level),
        )

    def apart(grain: Grain) -> float:
        return PRICES.semitones * abs(grain.pitch - note.pitch)

    # A grain whose pitch alone costs more than all of the nearest one need not be looked at.
    most = cost(terms(min(instrument.grains, key=apart)), PRICES)
    near = (grain for grain in instrument.grains if apart(grain) <= most)
    return cheapest(near, terms, PRICES)


def play(
    note: Note,
    grain: Grain,
    instrument: Instrument,
    sample_rate: float,
    moved: Moved | None = None,
) -> tuple[Mono, int]:
    """The grain at the note's pitch and length, and how many samples of it come before the note.

    Read at r = 2^(n/12) times its rate, a grain sounds n semitones higher and is r times shorter.
    If it is then too short, it is held, and ends as it does by itself. If it is too long, it fades
    at the instrument's release rate from the end of the note on.

    ``moved`` has grains that were moved for other notes already.
    """
    moved = moved or Recent(0)
    ratio = 2 ** ((note.pitch - grain.pitch) / 12)
    needed = _needed(note, grain, instrument, ratio)
    key = (id(grain), note.pitch, needed.size)
    sound = moved.get(key)
    if sound is None:
        sound = resampled(needed, instrument.sample_rate * ratio, sample_rate)
        sound = body_kept(sound, note.pitch - grain.pitch, sample_rate)
        moved.put(key, sound, sound.nbytes)
    scale = sample_rate / instrument.sample_rate / ratio
    lead = round(grain.lead * scale)
    body = min(lead + round(grain.seconds * instrument.sample_rate * scale), sound.size)
    wanted = lead + round(note.seconds * sample_rate)
    if body < wanted:
        sound, body = held(sound, lead, body, wanted, sample_rate), wanted
    sound = sound[: wanted + round(instrument.release_seconds * sample_rate)].copy()
    if not wanted <= body <= wanted * INSTRUMENT.same_length:  # else it ends by itself
        sound[wanted:] *= instrument.falling(sound.size - wanted, sample_rate)
    fade(sound, sample_rate)
    return sound, lead


def _needed(note: Note, grain: Grain, instrument: Instrument, ratio: float) -> Mono:
    """As much of a grain as is heard, if it is read at ``ratio`` times its rate."""
    if note.seconds * ratio >= grain.seconds:
        return grain.audio
    seconds = (note.seconds + instrument.release_seconds) * ratio + INSTRUMENT.lead_seconds
    return grain.audio[: grain.lead + math.ceil(seconds * instrument.sample_rate)]
