"""StyleTransfer with settings that a MIDI file changes over time.

The stem is restyled once for each preset and strength that the file calls for, over the stretches
where they are heard, and the output passes from one of these sounds to the next:

    program change        violin ------------ flute ---------------
    controller 1          0.5 --- 0.8 ------- 0.8 -------- 0
    sounds                v 0.5 - v 0.8 ----- f 0.8 ------ the stem

A style is a property of a whole clip, so settings cannot change within one rendering. But sounds
made of the same stem are in phase wherever the style left it alone, so they can be mixed.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import Unpack

import numpy as np

from effects.boards.long_effect import LongEffect
from effects.layers import DRY, STEM, Layer, Step, Voice, changes, spans, weights
from effects.midi.messages import Event, read_events
from effects.running.progress import Progress, run_reporting
from effects.signal.arrays import Audio
from effects.signal.crossfade import Blend
from effects.signal.envelope import Envelope
from effects.signal.limits import check_channels, check_rate
from effects.signal.loudness import limit
from effects.signal.true_peak import Ceiling, ceiling_of
from effects.signal.units import db_to_amplitude
from effects.style_transfer import StyleTransfer, StyleTransferOptions
from effects.transfer import Transfer

#: The length of every change, half of it before its time and half after: too short to sound late,
#: long enough not to click. Not searched.
FADE_SECONDS = 0.05
#: A stretch is restyled together with this much of the stem before and after it, so that its ends
#: have neighbours, as in the whole stem. Not searched.
CONTEXT_SECONDS = 1.0
#: The fraction of the work at which all layers are rendered, and only blending is left. Not
#: measured.
RENDERED = 0.97

_CLIP = "the style clip"  # not a preset's name, since these have no spaces


class Played(LongEffect):
    """StyleTransfer, with settings that change at given times.

    Args:
        midi_file: what errors call the file that the events are from.
        events: what is set when, in the order of the times.
        options: those of `StyleTransfer`, as `Automation` takes them.

    Raises:
        TypeError, ValueError, FileNotFoundError: as `StyleTransfer`; ValueError also if there is no
            style at all.
    """

    def __init__(
        self,
        midi_file: str | os.PathLike[str],
        events: Sequence[Event],
        **options: Unpack[StyleTransferOptions],
    ) -> None:
        super().__init__(
            on_progress=options.pop("on_progress", None), threads=options.pop("threads", None)
        )
        self._midi_file = os.fspath(midi_file)
        self._events = _without_brief_programs(events)
        if options.get("notes") is not None:
            raise ValueError(
                "notes are those of a whole stem, and a MIDI file of settings has it played in "
                "parts: leave one of them out."
            )
        style, preset = options.pop("style", None), options.pop("preset", None)
        self._make = partial(StyleTransfer, **options)
        dry = style is None and preset is None
        first = self._make(style=style, preset=self._first_program() if dry else preset)
        name = first.preset or _CLIP
        self._effects = {name: first}
        self._first = None if dry else name

    @classmethod
    def of(
        cls, effect: StyleTransfer, midi_file: str | os.PathLike[str], events: Sequence[Event]
    ) -> Played:
        """A StyleTransfer that is played.

        A strength or a mix that is the one that its preset advises, or the usual one, gives way to
        those of other presets.

        Args:
            effect: what is heard until something is set.
            midi_file: as above.
            events: as above.
        """
        preset = effect.preset
        usual = StyleTransfer(
            **({"style": effect.style} if preset is None else {"preset": preset}),
            engine=effect.engine,
        )
        return cls(
            midi_file,
            events,
            style=effect.style if preset is None else None,
            preset=preset,
            strength=None if effect.strength == usual.strength else effect.strength,
            mix=None if effect.mix == usual.mix else effect.mix,
            engine=effect.engine,
            seed=effect.seed,
            device=effect.device,
            weights=effect.weights,
            drums=effect.drums,
            dynamics=effect.dynamics,
            threads=effect.threads,
            notes=effect.notes,
        )

    def _first_program(self) -> str:
        for _, (name, value) in self._events:
            if name == "preset":
                return str(value)
        raise ValueError(
            f"{self._midi_file} has no program change, so there is no style: give one to begin "
            "with (style or preset), or write a program change."
        )

    def _options(self) -> dict[str, object]:
        return {"midi_file": self._midi_file}

    def _render(self, audio: Audio, sample_rate: float) -> Audio:
        check_channels("Automation", len(audio))
        check_rate("Automation", sample_rate)

        def work(progress: Progress) -> Audio:
            fade = 2 * max(round(FADE_SECONDS / 2 * sample_rate), 1)
            voices, gains = self._steps(audio.shape[1], sample_rate, fade)
            if len(voices) == 1:
                output = self._constant(voices[0][1], audio, sample_rate, progress)
            else:
                output = self._changing(voices, audio, sample_rate, fade, progress)
            if gains != [(0, 1.0)]:
                runs = [(*span, gain) for span, gain in spans(gains, audio.shape[1], fade)]
                Envelope.smoothed(runs, fade).scale(output)
            return output

        return run_reporting(work, self.on_progress)

    def _steps(
        self, n: int, sample_rate: float, fade: int
    ) -> tuple[list[Step[Voice]], list[Step[float]]]:
        """The voices and the gains, each with the sample from which it holds; the first is 0."""
        style, played = self._first, dict[str, float]()
        voices, gains = [(0, self._voice(style, played))], [(0, 1.0)]
        for seconds, (name, value) in self._events:
            if seconds >= n / sample_rate:
                break
            at = round(seconds * sample_rate)
            at = 0 if at <= fade // 2 else at
            if isinstance(value, str):
                style = value
            elif name == "gain_db":
                gains.append((at, db_to_amplitude(value or 0.0)))
            else:
                played[name] = value or 0.0
            voices.append((at, self._voice(style, played)))
        return changes(voices), changes(gains)

    def _voice(self, style: str | None, played: Mapping[str, float]) -> Voice:
        """The voice of a style with the settings that have been played so far."""
        if style is None:
            return DRY
        effect = self._effect(style)
        strength, mix = played.get("strength", effect.strength), played.get("mix", effect.mix)
        return Voice(style, strength, mix) if strength and mix else DRY

    def _effect(self, style: str) -> StyleTransfer:
        """The effect with that style, and the strength and mix to begin with."""
        if style not in self._effects:
            self._effects[style] = self._make(preset=style)
        return self._effects[style]

    def _transfer(self, style: str, strength: float, mix: float) -> Transfer:
        transfer = self._effect(style).transfer
        return replace(transfer, strength=strength, mix=mix, threads=self._threads)

    def _constant(
        self, voice: Voice, audio: Audio, sample_rate: float, progress: Progress
    ) -> Audio:
        """The output if one voice is heard all the time."""
        if voice.style is None:
            return audio
        transfer = self._transfer(voice.style, voice.strength, voice.mix)
        return transfer.render(audio, sample_rate, progress).audio

    def _changing(
        self,
        voices: Sequence[Step[Voice]],
        audio: Audio,
        sample_rate: float,
        fade: int,
        progress: Progress,
    ) -> Audio:
        """The output, before the gain, if several voices are heard."""
        n = audio.shape[1]
        shares = weights(voices, n, sample_rate, fade)
        blend = Blend(len(audio), n, sample_rate, shares.values())
        context = round(CONTEXT_SECONDS * sample_rate)
        jobs = [
            (layer, start // blend.hop * blend.hop, stop)
            for layer, share in shares.items()
            for start, stop in share.stretches(n, 0 if layer == STEM else context)
        ]
        parts = _parts(jobs)
        for (layer, start, stop), (done, end) in zip(jobs, parts, strict=True):
            progress.tick()
            sound = audio[:, start:stop]
            if layer.style is not None:
                part = progress.nested(done, end, layer.style)
                sound = np.ascontiguousarray(sound)
                transfer = self._transfer(layer.style, layer.strength, 1.0)
                sound = transfer.render(sound, sample_rate, part).audio
            blend.add(sound, start, shares[layer])
        progress.tick(RENDERED, "blending")
        output = blend.finish()
        ceiling, above = ceiling_of(audio), 1 + 2e-6
        # A little above the ceiling, because of rounding: the stem's own peaks are left alone.
        limit(output, sample_rate, Ceiling(ceiling.sample * above, ceiling.true * above))
        np.clip(output, -ceiling.sample, ceiling.sample, out=output)
        return output


class Automation(Played):
    """StyleTransfer, with settings from a MIDI file that starts together with the stem.

    Program changes choose the preset, controller 1 the strength, 91 the mix and 7 the gain:
    `effects.midi.messages` has the whole list. Each change is a crossfade of 50 ms around its time,
    so that nothing clicks. What is set within the first 25 ms holds from the start, and a program
    that is replaced within 50 ms is not played.

    Before the gain, every stretch is as loud as in the stem; peaks, true peaks among them, stay
    below full scale if the stem's did. If style, strength and mix never change, the output is
    `StyleTransfer`'s, bit for bit. Where strength or mix is 0, the stem stays as it is, bit for
    bit, unless a neighbouring peak had to be limited.

    Args:
        midi_file: a standard MIDI file of format 0 or 1. It is read now.
        channel: 1 to 16; None for the only one that sets anything.
        options: those of `StyleTransfer`. ``style`` or ``preset`` is heard until the first program
            change; with neither, the stem stays as it is until then. ``strength`` and ``mix`` hold
            until the file changes them; None stands for what each preset advises, or else what
            suits the engine, and a mix of 1.

    Raises:
        TypeError, ValueError, FileNotFoundError: as `StyleTransfer` and
            `effects.midi.messages.read_events`; ValueError also if there is no style at all.
    """

    def __init__(
        self,
        midi_file: str | os.PathLike[str],
        *,
        channel: int | None = None,
        **options: Unpack[StyleTransferOptions],
    ) -> None:
        super().__init__(midi_file, read_events(midi_file, channel), **options)


def _parts(jobs: Sequence[tuple[Layer, int, int]]) -> list[tuple[float, float]]:
    """The fractions of the work between which each job runs, by its samples; the stem is free."""
    costs = [0 if layer == STEM else stop - start for layer, start, stop in jobs]
    ends = np.cumsum([0, *costs]) / max(sum(costs), 1) * RENDERED
    return list(pairwise(ends.tolist()))


def _without_brief_programs(events: Sequence[Event]) -> list[Event]:
    """The events without programs that are replaced before they have faded in."""
    kept: list[Event] = []
    following = float("inf")
    for event in reversed(events):
        if event.setting.name == "preset":
            brief, following = following - event.seconds < FADE_SECONDS, event.seconds
            if brief:
                continue
        kept.append(event)
    return kept[::-1]
