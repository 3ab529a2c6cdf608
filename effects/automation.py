"""A MIDI file plays the settings of StyleTransfer while the stem lasts.

The stem is restyled once for each preset and strength that is called for, over the stretches where
it is, and what comes out passes between these sounds:

    program change        violin ------------ flute ---------------
    controller 1          0.5 --- 0.8 ------- 0.8 -------- 0
    sounds                v 0.5 - v 0.8 ----- f 0.8 ------ the stem

A style is a property of a clip, so settings cannot move within one rendering; sounds of the same
stem are in phase wherever the style left it alone, so they can be mixed.
"""

from __future__ import annotations

import os
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from effects.boards.python_effect import PythonEffect
from effects.engines import DEFAULT_ENGINE
from effects.midi.messages import Event, read_events
from effects.running.progress import OnProgress, Progress, run_reporting
from effects.signal.arrays import Audio
from effects.signal.crossfade import Blend
from effects.signal.envelope import Curve, Run
from effects.signal.loudness import limit, peak
from effects.style_transfer import MAX_CHANNELS, StyleSource, StyleTransfer

if TYPE_CHECKING:
    from effects.engines.engine import Engine

#: Every change takes so long, half of it before its time and half after.
FADE_SECONDS = 0.05
#: A stretch is restyled with so much of the stem around it.
CONTEXT_SECONDS = 1.0
#: So many strengths of one style are rendered as they are. Of more, those that are held for a
#: while are, at most as many, and the others are mixed from these and the quarters.
MAX_STRENGTHS = 5
HELD_SECONDS = 1.0
QUARTERS = (0.25, 0.5, 0.75, 1.0)

_CLIP = "the style clip"  # no preset's name, which have no spaces
Value = TypeVar("Value")


class Voice(NamedTuple):
    """What is heard.

    Attributes:
        style: a preset's name, or `_CLIP`; None is the stem as it is.
        strength: 0 to 1; neither it nor the mix is 0 if there is a style.
        mix: 0 to 1.
    """

    style: str | None
    strength: float
    mix: float


class Layer(NamedTuple):
    """A sound that is rendered: a style and a strength. That of `DRY` is the stem itself."""

    style: str | None
    strength: float


DRY = Voice(None, 0.0, 0.0)
STEM = Layer(None, 0.0)
Step = tuple[int, Value]
"""From a sample on, a value."""


def automate(
    audio: NDArray[Any],
    sample_rate: float,
    midi_file: str | os.PathLike[str],
    *,
    channel: int | None = None,
    style: StyleSource | None = None,
    preset: str | int | None = None,
    strength: float | None = None,
    mix: float | None = None,
    engine: str | Engine = DEFAULT_ENGINE,
    seed: int = 0,
    device: str = "auto",
    on_progress: OnProgress | None = None,
) -> Audio:
    """Restyle a stem as a MIDI file says: see `Automation`.

    >>> restyled = automate(audio, 44_100, "ride.mid", preset="violin")  # doctest: +SKIP

    Args:
        audio: as `StyleTransfer` takes it. Never modified.
        sample_rate: in Hz.
        midi_file: a standard MIDI file that begins with the stem.
        channel: 1 to 16; None for the only one that sets anything.
        style: a clip to begin with.
        preset: or a preset. If there is neither, the stem is as it is until a program change.
        strength: to begin with; None is what each preset advises, or else what suits the
            engine.
        mix: to begin with; None is what each preset advises, or else 1.
        engine: as `StyleTransfer` has it, like all that follow.
        seed: for engines that draw filters.
        device: where to compute.
        on_progress: called as ``on_progress(fraction, stage)``.

    Returns:
        A new float32 array of the same shape and layout.

    Raises:
        What `Automation` and calls of `StyleTransfer` raise.
    """
    effect = Automation(
        midi_file,
        channel=channel,
        style=style,
        preset=preset,
        strength=strength,
        mix=mix,
        engine=engine,
        seed=seed,
        device=device,
        on_progress=on_progress,
    )
    return effect(audio, sample_rate)


class Automation(PythonEffect):
    """StyleTransfer, with its settings played by a MIDI file that begins with the stem.

    Program changes choose the preset, controller 1 the strength, 91 the mix and 7 the gain:
    `effects.midi.messages` has the whole list. Each change is a crossfade of 50 ms around its time,
    so that nothing clicks; what is set within the first 25 ms is so from the start, and a program
    that another replaces within 50 ms is not played.

    Loudness is that of the stem, stretch by stretch, before the gain; peaks stay below full scale
    if the stem's did. Where style, strength and mix stay the same all the time, the output is
    `StyleTransfer`'s, bit for bit. Where strength or mix is 0 the stem stays as it is, bit for bit,
    unless a neighbouring peak had to be limited.

    Args:
        midi_file: a standard MIDI file of format 0 or 1. It is read now.
        channel: 1 to 16; None for the only one that sets anything.
        style: a sound file or ``(audio, sample_rate)``; the style until the first program change.
        preset: or a preset's name. If there is neither, the stem is as it is until then.
        strength: until the file says otherwise; None is what each preset advises, or else what
            suits the engine.
        mix: likewise; None is what each preset advises, or else 1.
        engine: and ``seed``, ``device``, ``on_progress``: as `StyleTransfer` has them.

    Raises:
        TypeError, ValueError, FileNotFoundError: as `StyleTransfer` and
            `effects.midi.messages.read_events`; ValueError also if there is no style at all.
    """

    def __init__(
        self,
        midi_file: str | os.PathLike[str],
        *,
        channel: int | None = None,
        style: StyleSource | None = None,
        preset: str | int | None = None,
        strength: float | None = None,
        mix: float | None = None,
        engine: str | Engine = DEFAULT_ENGINE,
        seed: int = 0,
        device: str = "auto",
        on_progress: OnProgress | None = None,
    ) -> None:
        super().__init__()
        self._midi_file = os.fspath(midi_file)
        self._events = _without_brief_programs(read_events(midi_file, channel))
        self._make = partial(
            StyleTransfer,
            strength=strength,
            mix=mix,
            engine=engine,
            seed=seed,
            device=device,
            on_progress=on_progress,
        )
        dry = style is None and preset is None
        first = self._make(style=style, preset=self._first_program() if dry else preset)
        name = first.preset or _CLIP
        self._effects = {name: first}
        self._first = None if dry else name
        self.on_progress = on_progress

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
        if len(audio) > MAX_CHANNELS:
            raise ValueError(
                f"Automation takes up to {MAX_CHANNELS} channels, not {len(audio)}: "
                "restyle them in groups."
            )

        def work(progress: Progress) -> Audio:
            fade = 2 * max(round(FADE_SECONDS / 2 * sample_rate), 1)
            voices, gains = self._steps(audio.shape[1], sample_rate, fade)
            if len(voices) == 1:
                output = self._constant(voices[0][1], audio, sample_rate, progress)
            else:
                output = self._changing(voices, audio, sample_rate, fade, progress)
            if gains != [(0, 1.0)]:
                runs = [(*span, gain) for span, gain in _spans(gains, audio.shape[1], fade)]
                Curve.smoothed(runs, fade).scale(output)
            return output

        return run_reporting(work, self.on_progress)

    def _steps(
        self, n: int, sample_rate: float, fade: int
    ) -> tuple[list[Step[Voice]], list[Step[float]]]:
        """What is heard, and at which gain, from which sample on; the first is 0."""
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
                gains.append((at, 10 ** ((value or 0.0) / 20)))
            else:
                played[name] = value or 0.0
            voices.append((at, self._voice(style, played)))
        return _changes(voices), _changes(gains)

    def _voice(self, style: str | None, played: Mapping[str, float]) -> Voice:
        """What is heard of a style with the settings that have been played so far."""
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

    def _constant(
        self, voice: Voice, audio: Audio, sample_rate: float, progress: Progress
    ) -> Audio:
        if voice.style is None:
            return audio
        return self._transfer(voice.style, voice.strength, voice.mix, audio, sample_rate, progress)

    def _changing(
        self,
        voices: Sequence[Step[Voice]],
        audio: Audio,
        sample_rate: float,
        fade: int,
        progress: Progress,
    ) -> Audio:
        n = audio.shape[1]
        weights = _weights(voices, n, sample_rate, fade)
        blend = Blend(len(audio), n, sample_rate, weights.values())
        context = round(CONTEXT_SECONDS * sample_rate)
        jobs = [
            (layer, start // blend.hop * blend.hop, stop)
            for layer, weight in weights.items()
            for start, stop in weight.stretches(n, 0 if layer == STEM else context)
        ]
        costs = [0 if layer == STEM else stop - start for layer, start, stop in jobs]
        shares = pairwise(np.cumsum([0, *costs]) / max(sum(costs), 1) * 0.97)
        for (layer, start, stop), (done, end) in zip(jobs, shares, strict=True):
            progress.tick()
            sound = audio[:, start:stop]
            if layer.style is not None:
                part = _Part(progress, float(done), float(end), layer.style)
                sound = np.ascontiguousarray(sound)
                sound = self._transfer(layer.style, layer.strength, 1.0, sound, sample_rate, part)
            blend.add(sound, start, weights[layer])
        progress.tick(0.97, "blending")
        output = blend.finish()
        ceiling = max(1, peak(audio))
        limit(output, sample_rate, ceiling * (1 + 2e-6))  # the stem's own peaks are left alone
        np.clip(output, -ceiling, ceiling, out=output)  # the last bits
        return output

    def _transfer(
        self,
        style: str,
        strength: float,
        mix: float,
        audio: Audio,
        sample_rate: float,
        progress: Progress,
    ) -> Audio:
        effect = self._effect(style)
        before = effect.strength, effect.mix
        effect.strength, effect.mix = strength, mix
        work = effect._work(audio, sample_rate)
        effect.strength, effect.mix = before
        return work(progress)


class _Part(Progress):
    """The progress of one of several jobs, noted in the progress of all."""

    def __init__(self, whole: Progress, start: float, end: float, name: str) -> None:
        super().__init__()
        self._whole, self._start, self._end, self._name = whole, start, end, name

    def tick(self, fraction: float | None = None, stage: str | None = None) -> None:
        if fraction is not None:
            fraction = self._start + (self._end - self._start) * min(fraction, 1.0)
        self._whole.tick(fraction, stage and f"{self._name}: {stage}")


def _without_brief_programs(events: Sequence[Event]) -> list[Event]:
    """The events without the programs that others replace before they could be faded in."""
    kept: list[Event] = []
    following = float("inf")
    for event in reversed(events):
        if event.setting.name == "preset":
            brief, following = following - event.seconds < FADE_SECONDS, event.seconds
            if brief:
                continue
        kept.append(event)
    return kept[::-1]


def _changes(steps: Iterable[Step[Value]]) -> list[Step[Value]]:
    """The steps without those that last for no time, and those that change nothing."""
    lasting = dict(steps)  # of those at one time, the last
    return [next(same) for _, same in groupby(lasting.items(), lambda step: step[1])]


def _spans(
    steps: Sequence[Step[Value]], n: int, beyond: int = 0
) -> Iterator[tuple[tuple[int, int], Value]]:
    """From where to where each value holds, ``beyond`` the ends of the ``n`` samples too."""
    starts = [-beyond, *(at for at, _ in steps[1:]), n + beyond]
    return zip(pairwise(starts), (value for _, value in steps), strict=True)


def _weights(
    voices: Sequence[Step[Voice]], n: int, sample_rate: float, fade: int
) -> dict[Layer, Curve]:
    """How much of each sound there is."""
    strengths = _strengths(voices, n, sample_rate)
    runs: defaultdict[Layer, list[Run]] = defaultdict(list)
    for (start, stop), voice in _spans(voices, n, fade):
        for layer, share in _shares(voice, strengths).items():
            before = runs[layer]
            if before and before[-1][1:] == (start, share):
                start_before = before.pop()[0]
                before.append((start_before, stop, share))
            else:
                before.append((start, stop, share))
    return {layer: Curve.smoothed(spans, fade) for layer, spans in runs.items()}


def _shares(voice: Voice, strengths: Mapping[str, Sequence[float]]) -> dict[Layer, float]:
    """The sounds that make up a voice, and how much of each; their sum is 1."""
    if voice.style is None:
        return {STEM: 1.0}
    rendered = strengths[voice.style]
    above = bisect_left(rendered, voice.strength)
    high = rendered[above]
    low = rendered[above - 1] if above else 0.0
    part = (voice.strength - low) / (high - low)
    shares = {
        STEM: 1 - voice.mix,
        Layer(voice.style, high): voice.mix * part,
    }
    lower = Layer(voice.style, low) if low else STEM
    shares[lower] = shares.get(lower, 0.0) + voice.mix * (1 - part)
    return {layer: share for layer, share in shares.items() if share}


def _strengths(voices: Sequence[Step[Voice]], n: int, sample_rate: float) -> dict[str, list[float]]:
    """The strengths at which each style is rendered, rising."""
    held: defaultdict[str, dict[float, int]] = defaultdict(dict)  # for how many samples at a time
    sounds = [(at, Layer(voice.style, voice.strength)) for at, voice in voices]
    for (start, stop), layer in _spans(_changes(sounds), n):
        if layer.style is not None:
            longest = held[layer.style]
            longest[layer.strength] = max(longest.get(layer.strength, 0), stop - start)
    return {style: _knots(longest, HELD_SECONDS * sample_rate) for style, longest in held.items()}


def _knots(longest: Mapping[float, int], enough: float) -> list[float]:
    """Which strengths are rendered, given for how long each is held."""
    if len(longest) <= MAX_STRENGTHS:
        return sorted(longest)
    by_time = sorted(longest, key=lambda strength: (-longest[strength], strength))
    kept = [strength for strength in by_time if longest[strength] >= enough][:MAX_STRENGTHS]
    return sorted({*kept, *QUARTERS})
