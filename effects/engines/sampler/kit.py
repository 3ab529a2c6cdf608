"""A drum kit as an instrument, and which of its sounds plays which stroke.

A grain of a kit has the brightness of a stroke in place of a pitch. A stroke is played by the grain
of the nearest colour: a kick by a kick, a kick and a hat by a kick and a hat, if there is one.
Notes have no colour, so rank decides: the lowest tenth of what the content plays goes to the lowest
tenth of what the style plays, and so on. So a bass line becomes a bass drum, and the kick of a kit
becomes the lowest notes of a piano.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from effects.engines.sampler.instrument import SETTINGS as INSTRUMENT
from effects.engines.sampler.instrument import Grain, Instrument
from effects.engines.sampler.strokes import SETTINGS as STROKES
from effects.engines.sampler.strokes import Stroke
from effects.engines.sampler.tail import ringing_on
from effects.notes.note import Note
from effects.signal.arrays import Mono, Values


@dataclass(frozen=True)
class Settings:
    """The numbers of `by_colour`, tried on eight recorded grooves and five loops to tune on."""

    #: What a grain costs per dB by which it is softer or louder than the stroke, both below the
    #: loudest stroke of their clip. A colour costs 1 per dB (root mean square over the bands). Of
    #: 0, 0.02, 0.05, 0.1 and 0.2, the highest that costs few wrong drums.
    level: float = 0.1
    #: What a grain costs per dB of what rings on under it. Best of 0, 0.1, 0.3 and 0.6.
    ringing: float = 0.6
    #: What a grain costs per octave by which it is shorter than the stroke. Best of 0, 1, 2 and 4.
    shorter: float = 1.0
    #: A grain rings on for this long after the next stroke has begun, in seconds: as long as a
    #: performance lets the notes of an instrument with `usual_release_db`.
    tail_seconds: float = 0.4
    #: Grains that cost this much more than the best take turns with it. Of 0, 0.5, 1, 1.5, 2 and 3,
    #: the highest that costs few wrong drums.
    alike: float = 1.0


SETTINGS = Settings()


@dataclass(frozen=True)
class Kit(Instrument):
    """A drum kit.

    Attributes:
        colours: of its grains, as those of `Stroke`, ``[grains, bands]``.
        ringing: how loud a grain is with what rings on under it, in dB above its own level.
    """

    colours: Values
    ringing: Values

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All of it as arrays for the cache."""
        return {**super().arrays(), "colours": self.colours, "ringing": self.ringing}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Kit:
        """The kit that `arrays` has stored."""
        it = Instrument.from_arrays(arrays)
        colours, ringing = arrays["colours"], arrays["ringing"]
        return cls(it.sample_rate, it.release, it.grains, colours, ringing)


def kit(audio: Mono, sample_rate: float, found: Sequence[Stroke]) -> Kit | None:
    """The strokes of a clip as an instrument; None if there are none.

    Each rings on after the next one has begun.
    """
    lead = round(INSTRUMENT.lead_seconds * sample_rate)
    longest = round(SETTINGS.tail_seconds * sample_rate)
    grains, used = [], []
    for stroke in found:
        start = max(round(stroke.start * sample_rate) - lead, 0)
        stop = round(stroke.end * sample_rate) - lead  # leaves the next stroke its lead
        if stop > start:
            own = round(stroke.start * sample_rate) - start
            sound = ringing_on(audio, sample_rate, start, own, stop, longest)
            grains.append(Grain(stroke.pitch, stroke.level, stroke.seconds, 1.0, own, sound))
            used.append(stroke)
    if not grains:
        return None
    colours = np.array([it.colour for it in used])
    ringing = -10 * np.log10(np.maximum([it.clear for it in used], 1e-6))
    return Kit(sample_rate, INSTRUMENT.usual_release_db, grains, colours, ringing)


def by_colour(played: Sequence[Stroke], kit: Kit) -> list[Note]:
    """The content's strokes, with the pitches and lengths of the grains that are most like them.

    Grains that are nearly as good take turns, so that repeated strokes are not copies.
    """
    last_used = np.full(len(kit.grains), -1)
    loudest = max((it.level for it in played), default=1.0)
    found: list[Note] = []
    for number, stroke in enumerate(played):
        costs = _costs(stroke, loudest, kit)
        alike = np.flatnonzero(costs <= costs.min() + SETTINGS.alike)
        chosen = min(alike.tolist(), key=lambda it: (last_used[it], costs[it]))
        last_used[chosen] = number
        grain = kit.grains[chosen]
        end = stroke.start + grain.seconds
        found.append(Note(stroke.start, end, grain.pitch, stroke.level, stroke.confidence))
    return found


def _costs(stroke: Stroke, loudest: float, kit: Kit) -> Values:
    """What each grain costs for a stroke, ``[grains]``; ``loudest``: of the content's strokes."""
    levels = np.array([it.level for it in kit.grains])
    below = 20 * np.log10(levels / levels.max()) - 20 * np.log10(stroke.level / loudest)
    # A clip of a lower sample rate has fewer bands.
    bands = min(len(stroke.colour), kit.colours.shape[1])
    differences = kit.colours[:, :bands] - stroke.colour[:bands]
    colours = np.sqrt(np.mean(differences**2, axis=1))
    seconds = np.array([it.seconds for it in kit.grains])
    shorter = np.maximum(np.log2(stroke.seconds / seconds), 0)
    return np.asarray(
        colours
        + SETTINGS.level * np.abs(below)
        + SETTINGS.ringing * kit.ringing
        + SETTINGS.shorter * shorter
    )


def merged(notes: Sequence[Note]) -> list[Note]:
    """One stroke for the notes that start together, with their mean pitch and summed power."""
    starts: list[float] = []
    for note in sorted(notes):
        new = not starts or note.start - starts[-1] > STROKES.together_seconds
        starts.append(note.start if new else starts[-1])
    groups = groupby(zip(starts, sorted(notes), strict=True), key=lambda pair: pair[0])
    found = []
    for start, pairs in groups:
        chord = [note for _, note in pairs]
        level = float(np.sqrt(sum(it.level**2 for it in chord)))
        pitch = float(np.mean([it.pitch for it in chord]))
        found.append(Note(start, max(it.end for it in chord), pitch, level, 1.0))
    return found


def by_chords(notes: Sequence[Note], kit: Kit) -> list[Note]:
    """A stroke of the kit for each chord, as long as its grain is."""
    return by_rank(merged(notes), kit, math.inf)


def by_rank(played: Sequence[Note], instrument: Instrument, longest_seconds: float) -> list[Note]:
    """The content's strokes, with the pitches and lengths of the grains of the same rank.

    Args:
        played: what the content plays.
        instrument: what plays it.
        longest_seconds: longer strokes are cut.
    """
    if not played:
        return []
    grains = sorted(instrument.grains, key=lambda it: it.pitch)
    pitches = np.array([it.pitch for it in played])
    order = np.sort(pitches)
    found = []
    for note in played:
        below, upto = (
            np.searchsorted(order, note.pitch, "left"),
            np.searchsorted(order, note.pitch, "right"),
        )
        rank = (below + upto) / 2 / len(order)
        grain = grains[min(int(rank * len(grains)), len(grains) - 1)]
        end = note.start + min(grain.seconds, longest_seconds)
        found.append(replace(note, end=end, pitch=grain.pitch))
    return found
