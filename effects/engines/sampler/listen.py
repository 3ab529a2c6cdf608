"""Listening to a stem: its notes, its voice, its strokes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from effects.engines.sampler.chords import missed
from effects.engines.sampler.drums import Drums
from effects.engines.sampler.forms import EXPLAINED, LINE, NOTES, NUMBER, STROKES
from effects.engines.sampler.known import Known
from effects.engines.sampler.strokes import Levels, Stroke, strokes, struck
from effects.notes.basic_pitch import RATE, Tick, at_model_rate
from effects.notes.flatness import flatness
from effects.notes.note import Note
from effects.notes.pitch_line import Line, Phrase, follow
from effects.notes.pitched_share import Explained, pitchedness
from effects.notes.single_voice import corrected, is_single, is_voice
from effects.notes.transcribe import transcribe
from effects.running.progress import Progress
from effects.signal.arrays import Audio, Mono, Sound, less
from effects.signal.downmix import at_unit_peak, mixed
from effects.signal.lazy import lazy
from effects.signal.loudness import peak


@dataclass(frozen=True)
class Settings:
    """When nothing need be looked for beside notes.

    Attributes:
        clear: the share of what sounds that notes explain in a clear stem. Rendered and recorded
            tunes have 0.7 to 1, where looking for more makes them worse (docs/quality.md: 0.9, 0.8
            and 0.7 were tried), and most excerpts of real music 0 to 0.66.
        noise: the flatness from which on a sound is a noise without a pitch. Noise, surf and
            applause have 0.57, and of real music, a metal band has the most, 0.47.
        drumless: above this share, no drums are looked for. Drums with a tenth of the power bring
            a clean tune to 0.85. Not searched.
        melodic: a stem has notes beside drums if these explain at least this share of what sounds.
            Drums alone have no notes (`transcribe` finds none). Not searched.
    """

    clear: float = 0.7
    noise: float = 0.55
    drumless: float = 0.9
    melodic: float = 0.1


SETTINGS = Settings()


@dataclass(frozen=True)
class Strokes:
    """The strokes of a clip.

    Attributes:
        notes: one for each stroke, as `effects.engines.sampler.strokes` finds them.
        share: the share of the clip's power that sounds soon after a stroke, from 0 to 1.
    """

    notes: list[Stroke]
    share: float

    @classmethod
    def of(cls, clip: Sound, sample_rate: float, levels: Levels) -> Strokes:
        """The strokes of ``clip``, ``[samples]``, with their levels as ``levels`` measures them."""
        found = strokes(clip, sample_rate, levels)
        return cls(found, struck(clip, sample_rate, found))


@dataclass(frozen=True)
class Heard:
    """What is heard in a stem. What only some plans need is computed when it is first asked for.

    Attributes:
        audio: the stem, ``[channels, samples]``.
        sample_rate: its sample rate in Hz.
        known: what is known of it already; what is computed here is added.
    """

    audio: Audio
    sample_rate: float
    known: Known

    @lazy
    def clip(self) -> Sound:
        """The stem as one channel with its peak at 1, ``[samples]``, stretch by stretch."""
        return at_unit_peak(mixed(self.audio))

    @lazy
    def at_model_rate(self) -> Mono:
        """`clip` at 22.05 kHz, the rate of the networks."""
        return at_model_rate(self.clip, self.sample_rate)

    @lazy
    def transcribed(self) -> list[Note]:
        """The notes that the networks find."""
        return self.transcribe(None)

    @lazy
    def line(self) -> Line:
        """The pitch and level of the stem, followed as if it were one voice."""
        return self.follow(None)

    def transcribe(self, tick: Tick | None) -> list[Note]:
        """Find the notes, unless they are known."""
        found = partial(transcribe, tick=tick)
        return self.known.fact("notes", NOTES, lambda: found(self.at_model_rate, RATE))

    def follow(self, tick: Tick | None) -> Line:
        """Follow the line, unless it is known."""
        # `follow` resamples a second time, to 16 kHz. Given the stem itself it would resample once,
        # but pitches would change in their last digits, and with them the result.
        found = partial(follow, tick=tick)
        return self.known.fact("line", LINE, lambda: found(self.at_model_rate, RATE))

    @lazy
    def single(self) -> bool:
        """Whether only one note sounds at a time."""
        return is_single(self.line, self.transcribed)

    @lazy
    def voice(self) -> list[Phrase]:
        """The phrases of a voice; none if the stem is not a voice."""
        voiced = self.single and is_voice(self.line, self._corrected)
        return self.line.phrases if voiced else []

    @lazy
    def notes(self) -> list[Note]:
        """The notes; if only one sounds at a time, they are corrected by the line.

        If the networks find no notes at all, anything with a pitch is taken for drums.
        """
        return self._corrected if self.transcribed and self.single else self.transcribed

    @lazy
    def explained(self) -> Explained:
        """What the notes explain of the stem, over time."""
        return self.known.fact(
            "explained", EXPLAINED, lambda: Explained.of(self.at_model_rate, self.notes)
        )

    @lazy
    def pitched(self) -> float:
        """The share of what sounds that the notes explain, from 0 to 1."""
        return self.explained.mean if self.notes else 0.0

    @lazy
    def clear(self) -> bool:
        """Whether the notes explain so much that nothing else need be looked for."""
        return self.pitched >= SETTINGS.clear

    @lazy
    def drums(self) -> Drums:
        """The percussive part."""
        return Drums(self.audio, self.sample_rate, self.known)

    @lazy
    def drums_beside(self) -> Drums | None:
        """The drums that sound beside notes, if there are any."""
        if self.pitched >= SETTINGS.drumless or not self.drums.kit:
            return None
        alone = self.drums.alone and self.pitched < SETTINGS.melodic
        return None if alone else self.drums

    @lazy
    def without_drums(self) -> Mono:
        """`at_model_rate` without drums that sound beside notes."""
        if not self.drums_beside:
            return self.at_model_rate
        self.__dict__.pop("at_model_rate", None)  # what notes explain of it is known
        rest = mixed(less(self.audio, self.drums_beside.audio))
        return at_model_rate(at_unit_peak(rest, peak(mixed(self.audio))), self.sample_rate)

    @lazy
    def chords(self) -> list[Note]:
        """What is heard where the notes do not explain what sounds, apart from drums.

        There are none in a noise.
        """
        return [] if self.clear else self.known.fact("chords", NOTES, self._chords)

    @lazy
    def pitched_with_chords(self) -> float:
        """The share of what sounds, apart from drums, that the notes and chords explain."""

        def share() -> float:
            return pitchedness(self.without_drums, RATE, sorted([*self.notes, *self.chords]))

        return self.known.fact("pitched with chords", NUMBER, share)

    def strokes(self, levels: Levels) -> Strokes:
        """The strokes, with their levels as ``levels`` measures them."""

        def found() -> list[Stroke]:
            return strokes(self.clip, self.sample_rate, levels)

        notes = self.known.fact(f"strokes, {levels.__name__}", STROKES, found)

        def share() -> float:
            return struck(self.clip, self.sample_rate, notes)

        return Strokes(notes, self.known.fact(f"struck, {levels.__name__}", NUMBER, share))

    @lazy
    def _corrected(self) -> list[Note]:
        return self.known.fact(
            "corrected",
            NOTES,
            lambda: corrected(self.transcribed, self.line, self.at_model_rate),
        )

    def _chords(self) -> list[Note]:
        if flatness(self.without_drums) > SETTINGS.noise:
            return []
        return missed(self.without_drums, self.notes, self.explained)

    def let_go(self) -> None:
        """Free the sounds that only listening needed; they are computed again if asked for."""
        for name in ("clip", "at_model_rate", "without_drums"):
            self.__dict__.pop(name, None)


def listen(
    audio: Audio, sample_rate: float, progress: Progress, known: Known | None = None
) -> Heard:
    """Listen to a stem, ``[channels, samples]``, that is not silent; ``known``: see `Heard`."""
    stage = "listening to the stem"
    heard = Heard(audio, sample_rate, known or Known())
    progress.tick(0.2, stage)
    heard.transcribe(progress.part(0.2, 0.35, stage))
    heard.follow(progress.part(0.35, 0.4, stage))
    return heard


def one_channel(audio: Audio) -> Mono:
    """The downmix with its peak at 1, whatever the level."""
    return np.asarray(at_unit_peak(mixed(audio)))
