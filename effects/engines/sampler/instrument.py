"""What is known about a style clip that plays notes: their sounds, and how they end."""

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
    """The numbers of this module.

    They come from the first design that worked and were not searched, unless a comment says more.
    """

    #: Seconds of a grain before its note starts.
    lead_seconds: float = 0.01
    #: Seconds of a grain after its note's end, at most.
    tail_seconds: float = 1.5
    #: Seconds of a grain from the start of its note, at most.
    longest_seconds: float = 6.0
    #: A shorter grain, in seconds, is not used.
    shortest_seconds: float = 0.03
    #: A grain ends this many seconds before its key is struck again.
    clear_seconds: float = 0.01
    #: A note that differs by less than this, in semitones, is of the same key.
    same_pitch_semitones: float = 0.6
    #: A note comes after another if it starts later by more than this, in seconds.
    later_seconds: float = 0.02
    #: The level of a grain is that of its loudest stretch of this many seconds. Best of 0.06, 0.16
    #: and all of the note on the tuning half; the level soon after its beginning was worse.
    loudest_seconds: float = 0.16
    #: Most grains of an instrument.
    most_grains: int = 64

    #: Limits of the release rate, in dB per second. Measured rates go from 40 (a koto, a choir) to
    #: 400 (an accordion): docs/quality.md.
    least_release_db: float = 20.0
    most_release_db: float = 600.0
    #: The release rate where none can be measured, in dB per second. All instruments had this one
    #: before it was measured (docs/quality.md, "one release rate for all").
    usual_release_db: float = 150.0
    #: Hop of the level that the release is measured on, and the length of its mean, in seconds.
    level_hop_seconds: float = 0.01
    level_seconds: float = 0.03
    #: Levels that are lower than the clip's highest by more than this, in dB, are not used.
    heard_db: float = 60.0
    #: A release is measured for this many seconds at most.
    latest_seconds: float = 0.5
    #: And only if it has at least this many levels.
    fewest_levels: int = 5
    #: Notes whose ends differ by no more than this, in seconds, end together.
    tied_seconds: float = 0.03
    #: The end of a note is not heard if another note sounds between this many seconds before it ...
    before_end_seconds: float = 0.02
    #: ... and this many seconds after it.
    after_end_seconds: float = 0.05

    #: A note has ended when its release has fallen by this many dB, ...
    silent_db: float = 60.0
    #: ... or after this many seconds.
    longest_release_seconds: float = 1.5
    #: A grain ends by itself, without the release rate, if its note is as long as wanted or at most
    #: this many times longer.
    same_length: float = 1.1


SETTINGS = Settings()


@dataclass(frozen=True)
class Grain:
    """One note's sound.

    Attributes:
        pitch: as a MIDI number.
        level: root mean square where it is loudest.
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
        """The instrument that plays ``notes`` in a clip; None if none of them is usable."""
        release = release_of(audio, sample_rate, notes)
        clip = Clip(audio, sample_rate, notes, release)
        grains = []
        for index in _worth_cutting_out(notes):
            tick()
            grain = _grain(clip, index)
            if grain is not None:
                grains.append(grain)
        return cls(sample_rate, release, grains) if grains else None

    @property
    def release_seconds(self) -> float:
        """How long a note is heard after its end."""
        return min(SETTINGS.silent_db / self.release, SETTINGS.longest_release_seconds)

    def falling(self, samples: int, sample_rate: float) -> Mono:
        """Gains for ``samples`` samples after a note's end: 10^(-r t / 20), with r in dB/s."""
        seconds = np.arange(max(samples, 0)) / sample_rate
        return np.asarray(10 ** (-self.release * seconds / 20), np.float32)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All of it as arrays for the cache. Half precision has an error of -70 dB per sample."""
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
        """The instrument that `arrays` has stored."""
        grains, end = [], 0
        for pitch, level, seconds, clear, lead, peak, size in arrays["grains"].tolist():
            start, end = end, end + int(size)
            audio = arrays["audio"][start:end].astype(np.float32) * np.float32(peak)
            grains.append(Grain(pitch, level, seconds, clear, int(lead), audio))
        sample_rate, release = arrays["clip"]
        return cls(float(sample_rate), float(release), grains)


def _worth_cutting_out(notes: Sequence[Note]) -> list[int]:
    """The indices of the notes to cut out: all of them, unless there are too many.

    Then keys take turns, each with its longest and surest notes first, so that rare keys are kept.
    """
    if len(notes) <= SETTINGS.most_grains:
        return list(range(len(notes)))
    keys = [round(note.pitch) for note in notes]
    order = sorted(range(len(notes)), key=lambda it: -notes[it].confidence * notes[it].seconds)
    rank = {it: sum(keys[at] == keys[it] for at in order[:place]) for place, it in enumerate(order)}
    return sorted(sorted(order, key=lambda it: rank[it])[: SETTINGS.most_grains])


def _grain(clip: Clip, index: int) -> Grain | None:
    """The grain of one note of a clip; None if it is too short or silent."""
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
    lead = round(note.start * rate) - start
    level = _loudest(audio[lead : lead + max(round(seconds * rate), 1)], rate)
    return Grain(note.pitch, level, seconds, clear, lead, audio) if level > 0 else None


def _loudest(sound: Mono, sample_rate: float) -> float:
    """The root mean square of the loudest stretch of a sound: a bowed note swells slowly."""
    window = min(round(SETTINGS.loudest_seconds * sample_rate), sound.size)
    power = np.cumsum(np.concatenate([[0.0], sound.astype(np.float64) ** 2]))
    return float(np.sqrt(max((power[window:] - power[:-window]).max(), 0) / window))


def release_of(audio: Mono, sample_rate: float, notes: Sequence[Note]) -> float:
    """How fast the notes of a clip fall after their ends, in dB per second.

    If a note decays exponentially, its level at the time t after its end is L(t) = L(0) - r t, in
    dB. So r is the slope between the first level after the end and the last one before the next
    note starts or the level is lost in noise. It is measured at every end at which no other note
    sounds. The result is the median, since a slope from two levels may be far off.
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
    """Whether no other note sounds around the end of ``note``, except those that end with it."""
    return not any(
        abs(it.end - note.end) > SETTINGS.tied_seconds
        for it in others
        if it.start < note.end + SETTINGS.after_end_seconds
        and it.end > note.end - SETTINGS.before_end_seconds
    )


def _level_db(audio: Mono, hop: int) -> Values:
    """The level in dB at every ``hop`` samples, from the mean power of the hops around it."""
    window = np.full(round(SETTINGS.level_seconds / SETTINGS.level_hop_seconds), 1.0)
    power = np.add.reduceat(audio.astype(np.float64) ** 2, np.arange(0, audio.size, hop)) / hop
    smooth = np.convolve(power, window / window.sum(), "same")
    return np.asarray(10 * np.log10(smooth + 1e-12))  # -120 dB for silence
