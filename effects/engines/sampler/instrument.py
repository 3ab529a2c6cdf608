"""What is known of a style clip that plays notes: their sounds, and how a note ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from effects.engines.sampler.cut_out import Clip
from effects.notes.note import Note
from effects.signal.arrays import Mono

LEAD_SECONDS = 0.01  # of a grain before its note begins
TAIL_SECONDS = 1.5  # of a grain after its note's end, at most
LONGEST_SECONDS = 6.0
SHORTEST_SECONDS = 0.03
SAME_PITCH = 0.6  # semitones
MOST_GRAINS = 64
RELEASE_DB = (20.0, 600.0)  # per second
USUAL_RELEASE_DB = 150.0
ENVELOPE_HOP_SECONDS, ENVELOPE_SECONDS = 0.01, 0.03
HEARD_DB = 60.0  # below its loudest, a clip's level tells nothing of releases
TIED = 0.03  # seconds between the ends of notes that end together
LATEST_SECONDS = 0.5  # after a note's end, likewise


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
        release = _release(audio, sample_rate, notes)
        clip = Clip(audio, sample_rate, notes, release)
        grains = []
        for index in _worth(notes):
            tick()
            grain = _grain(clip, index)
            if grain is not None:
                grains.append(grain)
        return cls(sample_rate, release, grains) if grains else None

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All of it, to be kept; sound in half precision, which is 70 dB below each sample."""
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
    if len(notes) <= MOST_GRAINS:
        return list(range(len(notes)))
    keys = [round(note.pitch) for note in notes]
    order = sorted(range(len(notes)), key=lambda it: -notes[it].confidence * notes[it].seconds)
    rank = {it: sum(keys[at] == keys[it] for at in order[:place]) for place, it in enumerate(order)}
    return sorted(sorted(order, key=lambda it: rank[it])[:MOST_GRAINS])


def _grain(clip: Clip, index: int) -> Grain | None:
    note, rate = clip.notes[index], clip.sample_rate
    again = [
        it.start
        for it in clip.notes
        if it.start > note.start + 0.02 and abs(it.pitch - note.pitch) < SAME_PITCH
    ]
    end = min([note.end + TAIL_SECONDS, note.start + LONGEST_SECONDS, *(it - 0.01 for it in again)])
    start = max(round((note.start - LEAD_SECONDS) * rate), 0)
    stop = min(round(end * rate), clip.audio.size)
    if stop - start < SHORTEST_SECONDS * rate or note.level <= 0:
        return None
    audio, clear = clip.alone(index, start, stop)
    seconds = min(note.seconds, (stop - start) / rate)
    return Grain(note.pitch, note.level, seconds, clear, round(note.start * rate) - start, audio)


def _release(audio: Mono, sample_rate: float, notes: Sequence[Note]) -> float:
    """The median over the notes after whose end nothing else sounds for a while."""
    hop = round(ENVELOPE_HOP_SECONDS * sample_rate)
    window = np.full(round(ENVELOPE_SECONDS / ENVELOPE_HOP_SECONDS), 1.0)
    power = np.add.reduceat(audio.astype(np.float64) ** 2, np.arange(0, audio.size, hop)) / hop
    level = 10 * np.log10(np.convolve(power, window / window.sum(), "same") + 1e-12)
    rates = []
    for note in notes:
        others = [it for it in notes if it is not note]
        around = [it for it in others if it.start < note.end + 0.05 and it.end > note.end - 0.02]
        if any(abs(it.end - note.end) > TIED for it in around):
            continue
        after = [it.start for it in others if it.start > note.start + 0.02]
        stop = min([note.end + LATEST_SECONDS, *(it - 0.02 for it in after)])
        part = level[round(note.end / ENVELOPE_HOP_SECONDS) : round(stop / ENVELOPE_HOP_SECONDS)]
        part = part[part > level.max() - HEARD_DB]
        if len(part) >= 5:
            rates.append((part[0] - part[-1]) / ((len(part) - 1) * ENVELOPE_HOP_SECONDS))
    usual = float(np.median(rates)) if rates else USUAL_RELEASE_DB
    return min(max(usual, RELEASE_DB[0]), RELEASE_DB[1])
