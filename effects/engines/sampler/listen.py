"""Listening to a stem: its notes, its voice, its strokes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from effects.engines.sampler.strokes import Levels, Stroke, strokes, struck
from effects.notes.basic_pitch import RATE, at_model_rate
from effects.notes.note import Note
from effects.notes.pitch_line import Line, Phrase, follow
from effects.notes.pitched_share import pitchedness
from effects.notes.single_voice import corrected, is_single, is_voice
from effects.notes.transcribe import transcribe
from effects.running.progress import Progress
from effects.signal.arrays import Audio, Mono
from effects.signal.downmix import downmix


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
    def of(cls, clip: Mono, sample_rate: float, levels: Levels) -> Strokes:
        """The strokes of ``clip``, ``[samples]``, with their levels as ``levels`` measures them."""
        found = strokes(clip, sample_rate, levels)
        return cls(found, struck(clip, sample_rate, found))


@dataclass(frozen=True)
class Heard:
    """What is heard in a stem. What only some plans need is computed when it is first asked for.

    Attributes:
        clip: the stem as one channel with its peak at 1, ``[samples]``.
        sample_rate: the sample rate of ``clip`` in Hz.
        at_model_rate: ``clip`` at 22.05 kHz, the rate of the networks.
        transcribed: the notes that the networks find.
        line: the pitch and level of the stem, followed as if it were one voice.
    """

    clip: Mono
    sample_rate: float
    at_model_rate: Mono
    transcribed: list[Note]
    line: Line

    @cached_property
    def voice(self) -> list[Phrase]:
        """The phrases of a voice; none if the stem is not a voice."""
        voiced = self._single and is_voice(self.line, self._corrected)
        return self.line.phrases if voiced else []

    @cached_property
    def notes(self) -> list[Note]:
        """The notes; if only one sounds at a time, they are corrected by the line.

        If the networks find no notes at all, anything with a pitch is taken for drums.
        """
        return self._corrected if self.transcribed and self._single else self.transcribed

    @cached_property
    def pitched(self) -> float:
        """The share of what sounds that the notes explain, from 0 to 1."""
        return pitchedness(self.at_model_rate, RATE, self.notes) if self.notes else 0.0

    def strokes(self, levels: Levels) -> Strokes:
        """The strokes, with their levels as ``levels`` measures them."""
        return Strokes.of(self.clip, self.sample_rate, levels)

    @cached_property
    def _single(self) -> bool:
        return is_single(self.line, self.transcribed)

    @cached_property
    def _corrected(self) -> list[Note]:
        return corrected(self.transcribed, self.line, self.at_model_rate)


def listen(audio: Audio, sample_rate: float, progress: Progress) -> Heard:
    """Listen to a stem, ``[channels, samples]``, that is not silent."""
    stage = "listening to the stem"
    mono = one_channel(audio)
    clip = at_model_rate(mono, sample_rate)
    notes = transcribe(clip, RATE, progress.part(0.2, 0.35, stage))
    # `follow` resamples a second time, to 16 kHz. Given the stem itself it would resample once, but
    # pitches would change in their last digits, and with them the result.
    line = follow(clip, RATE, progress.part(0.35, 0.4, stage))
    return Heard(mono, sample_rate, clip, notes, line)


def one_channel(audio: Audio) -> Mono:
    """The downmix with its peak at 1, whatever the level."""
    clip = downmix(audio)
    return clip / np.float32(max(float(clip.max()), -float(clip.min()), 1e-37))  # never 0
