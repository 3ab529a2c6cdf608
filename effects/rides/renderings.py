"""Effects that cannot stream, with parameters that move: renderings, each with its values, blended.

PitchShift is one of them: pedalboard 0.9 gives silence if it is run block by block. So the clip is
rendered once for each stretch in which nothing moves, and while something does, once for each
`fade`; each rendering passes into the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
import pedalboard

from effects.rides.curve import Curve
from effects.rides.stream import Setter, laid_out, segments, settle
from effects.running.progress import meanwhile
from effects.signal.arrays import Audio
from effects.signal.envelope import Envelope

#: A stretch is rendered together with this much of the sound before it, for the effect to have its
#: state. Not searched.
CONTEXT_SECONDS = 1.0


def blend(
    effect: Any,
    audio: Audio,
    sample_rate: float,
    curves: Sequence[Curve],
    fade: int,
    set_to: Setter,
    tick: Callable[[float], object],
) -> Audio:
    """Render (channels, samples) with an effect whose parameters move.

    Args:
        effect: a plugin, or a native one, which nobody else has: if ``tick`` raises, it may still
            be running.
        audio: float32.
        sample_rate: in Hz.
        curves: of the parameters that move.
        fade: how many samples one rendering takes to pass into the next: even.
        set_to: called with the place of each before a rendering.
        tick: called with the fraction that is done.
    """
    n = audio.shape[1]
    output = np.zeros_like(audio)
    context = round(CONTEXT_SECONDS * sample_rate)
    stretches = list(_stretches(curves, n, fade))
    for start, stop in stretches:
        set_to([float(it.at(np.array([(start + stop - 1) / 2]))[0]) for it in curves])
        settle(effect, sample_rate)
        share = Envelope.smoothed(
            [(start - fade * (not start), stop + fade * (stop == n), 1)], fade
        )
        first, last = max(start - fade // 2, 0), min(stop + fade // 2, n)
        ahead = max(first - context, 0)
        heard = np.ascontiguousarray(audio[:, ahead:last])

        def render(heard: Audio = heard) -> Audio:
            sound: Audio = laid_out(effect, len(heard), sample_rate).process(heard, sample_rate)
            return sound

        external = isinstance(effect, pedalboard.ExternalPlugin)  # they stay in this thread
        sound = (
            render() if external else meanwhile(render, partial(tick, start / n), to_its_end=True)
        )
        output[:, first:last] += sound[:, first - ahead :] * share.between(first, last).astype(
            np.float32
        )
        tick(stop / n)
    return output


def _stretches(curves: Sequence[Curve], n: int, fade: int) -> Iterator[tuple[int, int]]:
    """The stretches of ``n`` samples that are rendered with one set of values."""
    for start, stop, moving in segments(curves, n):
        for at in range(start, stop, fade if moving else n):
            yield at, min(at + fade, stop) if moving else stop
