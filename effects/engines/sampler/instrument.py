"""What is known of a style clip that plays notes: their sounds, and how a note ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from effects.engines.sampler.cut_out import Clip
from effects.notes.note import Note
from effects.signal.arrays import Mono, Values


@dataclass(frozen=True)
class Settings:
    """Numbers of this module. Where nothing else is said, they are as in the first design that
    worked, and were not searched.
    """

    #: A grain begins so many seconds before its note.
    lead_seconds: float = 0.01
    #: It has at most so many seconds after its note's end, and so many from the note's beginning.
    tail_seconds: float = 1.5
    longest_seconds: float = 6.0
    #: Fewer seconds make no grain.
    shortest_seconds: float = 0.03
    #: A grain ends so many seconds before its key is struck again: a note that begins at least
    #: ``later_seconds`` later, at most so many semitones off.
    clear_seconds: float = 0.01
    same_pitch_semitones: float = 0.6
    later_seconds: float = 0.02
    #: An instrument has no more grains.
    most_grains: int = 64

    #: Bounds of a measured release, in dB per second. Measured were 40 of a koto and a choir, and
    #: 400 of an accordion (docs/quality.md).
    least_release_db: float = 20.0
    most_release_db: float = 600.0
    #: Where no release can be measured, in dB per second: what all instruments had before it was
    #: measured (docs/quality.md, "one release rate for all").
    usual_release_db: float = 150.0
    #: The level that a release is measured on: its hop, and the width of its mean, in seconds.
    level_hop_seconds: float = 0.01
    level_seconds: float = 0.03
    #: So many dB below a clip's loudest, its level tells nothing of releases.
    heard_db: float = 60.0
    #: A release is measured up to so many seconds after a note's end, on so many levels or more.
    latest_seconds: float = 0.5
    fewest_levels: int = 5
    #: Notes whose ends are so many seconds apart end together.
    tied_seconds: float = 0.03
    #: A note that sounds at any time from so many seconds before another's end to so many after it
    #: keeps that end from being heard, unless they end together.
    before_end_seconds: float = 0.02
    after_end_seconds: float = 0.05

    #: What is played is over when it has fallen by so many dB, or after so many seconds.
    silent_db: float = 60.0
    longest_release_seconds: float = 1.5
    #: A grain's note that is at most so many times as long as wanted is left to end by itself.
    same_length: float = 1.1


SETTINGS = Settings()


@dataclass(frozen=True)
class Grain:
    """One note's sound.

    Attributes:
        pitch: as a MIDI number.
        level: root mean square of its partials soon after its beginning.
        seconds: of the note; the rest is its tail.
        clear: share of the note during which the clip has nothing else.
        lead: samples before the note begins.
        audio: ``[samples]``, with that lead.
    """

    pitch: float
    level: float
    seconds: float
    clear: float
    lead: int
    audio: Mono


@dataclass(frozen=True)
class Instrument:
    """Grains, and what they have in common.

    Attributes:
        sample_rate: of the grains, in Hz.
        release: how fast a note falls after its end, in dB per second.
        grains: at least one.
    """

    sample_rate: float
    release: float
    grains: Sequence[Grain]

    @classmethod
    def of(
        cls, audio: Mono, sample_rate: float, notes: Sequence[Note], tick: Callable[[], None]
    ) -> Instrument | None:
        """The instrument that plays ``notes`` in a clip; None if none of them is fit for use."""
        release = release_of(audio, sample_rate, notes)
        clip = Clip(audio, sample_rate, notes, release)
        grains = []
        for index in _worth(notes):
            tick()
            grain = _grain(clip, index)
            if grain is not None:
                grains.append(grain)
        return cls(sample_rate, release, grains) if grains else None

    @property
    def release_seconds(self) -> float:
        """How long it takes a note to fall silent after its end."""
        return min(SETTINGS.silent_db / self.release, SETTINGS.longest_release_seconds)

    def falling(self, samples: int, sample_rate: float) -> Mono:
        """The gains of so many samples from a note's end on: at r dB/s, 10^(-r t / 20)."""
        seconds = np.arange(max(samples, 0)) / sample_rate
        return np.asarray(10 ** (-self.release * seconds / 20), np.float32)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All of it, to be kept; sound in half precision, to 70 dB below each sample."""
        table = [[it.pitch, it.level, it.seconds, it.clear, it.lead] for it in self.grains]
        peaks = [max(float(np.abs(it.audio).max(initial=0)), 1e-9) for it in self.grains]
        sounds = [it.audio / peak for it, peak in zip(self.grains, peaks, strict=True)]
        return {
            "clip": np.array([self.sample_rate, self.release]),
            "grains": np.column_stack([np.array(table), peaks, [it.size for it in sounds]]),
            "audio": np.concatenate(sounds).astype(np.float16),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Instrument:
        """What `arrays` gave."""
        grains, end = [], 0
        for pitch, level, seconds, clear, lead, peak, size in arrays["grains"]:
            start, end = end, end + int(size)
            audio = arrays["audio"][start:end].astype(np.float32) * np.float32(peak)
            grains.append(Grain(pitch, level, seconds, clear, int(lead), audio))
        sample_rate, release = arrays["clip"]
        return cls(float(sample_rate), float(release), grains)


def _worth(notes: Sequence[Note]) -> list[int]:
    """Which notes to cut out: all, or of many the surest, and pitches that are rare first."""
    if len(notes) <= SETTINGS.most_grains:
        return list(range(len(notes)))
    keys = [round(note.pitch) for note in notes]
    order = sorted(range(len(notes)), key=lambda it: -notes[it].confidence * notes[it].seconds)
    rank = {it: sum(keys[at] == keys[it] for at in order[:place]) for place, it in enumerate(order)}
    return sorted(sorted(order, key=lambda it: rank[it])[: SETTINGS.most_grains])


def _grain(clip: Clip, index: int) -> Grain | None:
    """The grain of one note of a clip; None if too little of it is there."""
    note, rate = clip.notes[index], clip.sample_rate
    again = [
        it.start - SETTINGS.clear_seconds
        for it in clip.notes
        if it.start > note.start + SETTINGS.later_seconds
        and abs(it.pitch - note.pitch) < SETTINGS.same_pitch_semitones
    ]
    longest = note.end + SETTINGS.tail_seconds, note.start + SETTINGS.longest_seconds
    start = max(round((note.start - SETTINGS.lead_seconds) * rate), 0)
    stop = min(round(min([*longest, *again]) * rate), clip.audio.size)
    if stop - start < SETTINGS.shortest_seconds * rate or note.level <= 0:
        return None
    audio, clear = clip.alone(index, start, stop)
    seconds = min(note.seconds, (stop - start) / rate)
    return Grain(note.pitch, note.level, seconds, clear, round(note.start * rate) - start, audio)


def release_of(audio: Mono, sample_rate: float, notes: Sequence[Note]) -> float:
    """How fast the notes of a clip fall after their ends, in dB per second.

    A note that falls exponentially has a level of L(t) = L(0) - r t dB at the time t after its end.
    So r is the slope from the first level after the end to the last one that is still the note's:
    before the next note begins, and before the clip is lost in its noise. It is measured at every
    end that can be heard, with no other note around it; their median is taken, since a slope from
    two levels is easily wrong.
    """
    hop = SETTINGS.level_hop_seconds
    level = _level_db(audio, round(hop * sample_rate))
    rates = []
    for note in notes:
        others = [it for it in notes if it is not note]
        if not _ends_alone(note, others):
            continue
        after = [it.start for it in others if it.start > note.start + SETTINGS.later_seconds]
        latest = note.end + SETTINGS.latest_seconds
        stop = min([latest, *(it - SETTINGS.before_end_seconds for it in after)])
        part = level[round(note.end / hop) : round(stop / hop)]
        part = part[part > level.max() - SETTINGS.heard_db]
        if len(part) >= SETTINGS.fewest_levels:
            rates.append((part[0] - part[-1]) / ((len(part) - 1) * hop))
    usual = float(np.median(rates)) if rates else SETTINGS.usual_release_db
    return min(max(usual, SETTINGS.least_release_db), SETTINGS.most_release_db)


def _ends_alone(note: Note, others: Sequence[Note]) -> bool:
    """Whether no note sounds around the end of ``note`` but those that end with it."""
    return not any(
        abs(it.end - note.end) > SETTINGS.tied_seconds
        for it in others
        if it.start < note.end + SETTINGS.after_end_seconds
        and it.end > note.end - SETTINGS.before_end_seconds
    )


def _level_db(audio: Mono, hop: int) -> Values:
    """The level at every ``hop`` samples, the mean power of a few hops around."""
    window = np.full(round(SETTINGS.level_seconds / SETTINGS.level_hop_seconds), 1.0)
    power = np.add.reduceat(audio.astype(np.float64) ** 2, np.arange(0, audio.size, hop)) / hop
    smooth = np.convolve(power, window / window.sum(), "same")
    return np.asarray(10 * np.log10(smooth + 1e-12))
