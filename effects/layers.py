"""Which sounds an automation renders, and how much of each is heard when.

A `Voice` is what the MIDI file asks for: a style, a strength and a mix. It is made of `Layer`s, the
sounds that are rendered: the stem itself, and a style at some strengths. Between two rendered
strengths, low and high, a strength s is a mix of both, with the share (s - low) / (high - low) of
the upper one; what the mix leaves over is the stem. So the shares of a voice sum to 1.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, pairwise
from typing import NamedTuple, TypeVar

from effects.signal.envelope import Envelope, Run

#: Up to this many strengths of one style are all rendered. If the file asks for more, those it
#: holds for `HELD_SECONDS` are rendered (at most this many, the longest first) and the `QUARTERS`;
#: the others are mixed from these. Not searched: a slow ride of the controller has 127 strengths,
#: and every rendering costs as much as a transfer.
MAX_STRENGTHS = 5
HELD_SECONDS = 1.0
QUARTERS = (0.25, 0.5, 0.75, 1.0)

Value = TypeVar("Value")
Step = tuple[int, Value]
"""A sample, and the value from there on."""


class Voice(NamedTuple):
    """What is heard at a time.

    Attributes:
        style: the name of a style; None is the stem as it is.
        strength: 0 to 1; neither this nor the mix is 0 if there is a style.
        mix: 0 to 1.
    """

    style: str | None
    strength: float
    mix: float


class Layer(NamedTuple):
    """A sound that is rendered: a style at a strength. The layer `STEM` is the stem itself."""

    style: str | None
    strength: float


DRY = Voice(None, 0.0, 0.0)
STEM = Layer(None, 0.0)


def changes(steps: Iterable[Step[Value]]) -> list[Step[Value]]:
    """The steps without those that last for no time and those that change nothing."""
    lasting = dict(steps)  # of several at one sample, the last counts
    return [next(same) for _, same in groupby(lasting.items(), lambda step: step[1])]


def spans(
    steps: Sequence[Step[Value]], n: int, beyond: int = 0
) -> Iterator[tuple[tuple[int, int], Value]]:
    """Where each value holds, (start, stop); the ends are ``beyond`` samples outside the ``n``."""
    starts = [-beyond, *(at for at, _ in steps[1:]), n + beyond]
    return zip(pairwise(starts), (value for _, value in steps), strict=True)


def weights(
    voices: Sequence[Step[Voice]], n: int, sample_rate: float, fade: int
) -> dict[Layer, Envelope]:
    """How much of each layer is heard, over ``n`` samples; steps become ramps of ``fade`` samples.

    At any time the weights sum to 1.
    """
    strengths = _strengths(voices, n, sample_rate)
    runs: defaultdict[Layer, list[Run]] = defaultdict(list)
    for (start, stop), voice in spans(voices, n, fade):
        for layer, share in _shares(voice, strengths).items():
            before = runs[layer]
            if before and before[-1][1:] == (start, share):
                start_before = before.pop()[0]
                before.append((start_before, stop, share))
            else:
                before.append((start, stop, share))
    return {layer: Envelope.smoothed(layer_runs, fade) for layer, layer_runs in runs.items()}


def _shares(voice: Voice, strengths: Mapping[str, Sequence[float]]) -> dict[Layer, float]:
    """The layers that make up a voice, and the share of each; the shares sum to 1."""
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
    held: defaultdict[str, dict[float, int]] = defaultdict(dict)  # the longest stretch, in samples
    sounds = [(at, Layer(voice.style, voice.strength)) for at, voice in voices]
    for (start, stop), layer in spans(changes(sounds), n):
        if layer.style is not None:
            longest = held[layer.style]
            longest[layer.strength] = max(longest.get(layer.strength, 0), stop - start)
    return {style: _knots(longest, HELD_SECONDS * sample_rate) for style, longest in held.items()}


def _knots(longest: Mapping[float, int], enough: float) -> list[float]:
    """The strengths to render, given the longest stretch in samples for which each is held."""
    if len(longest) <= MAX_STRENGTHS:
        return sorted(longest)
    by_time = sorted(longest, key=lambda strength: (-longest[strength], strength))
    kept = [strength for strength in by_time if longest[strength] >= enough][:MAX_STRENGTHS]
    return sorted({*kept, *QUARTERS})
