"""Native effects whose parameters move: run in short blocks, with the parameters set before each.

Pedalboard's effects keep their state from call to call with ``reset=False``, and give the same bits
as in one call, whatever the lengths of the calls, on two conditions, which were found by trying:

- no call is longer than the first: effects and plugins that are prepared anew for longer blocks
  begin anew;
- the layout of the arrays is known, which a block of two stereo samples would leave open: see
  `laid_out`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from copy import deepcopy
from itertools import pairwise
from typing import Any

import numpy as np
import pedalboard
from numpy.typing import NDArray

from effects.boards.copies import Portable
from effects.boards.native import stable
from effects.rides.curve import Curve
from effects.signal.arrays import Audio

#: The length of a block in samples while nothing moves, and the most that a call is given at all.
#: Pedalboard's own.
LONG = 8192
#: While something moves, blocks are so short that it goes about this share of its way in one, but
#: not shorter than this many samples. With these, a Gain that goes up by 60 dB in 50 ms is twice as
#: sharp as the sine that it is given (see tests/effects/test_automated.py); with blocks of 16
#: samples it was 170 times.
SHARE, SHORTEST = 3e-5, 1
#: The same of plugins, which are not made for single samples, and take up to 30 µs for a block
#: where pedalboard's own effects take 3: ZamCompX2 is then 14 times as sharp if its makeup gain
#: goes up by 20 dB, and 54 times with blocks of 16 samples.
SHARE_OF_PLUGINS, SHORTEST_OF_PLUGINS = 3e-4, 4
#: And not longer than this: 1.5 ms at 44.1 kHz, as hosts have it.
LONGEST_MOVING = 64
#: What comes out too late beyond this many seconds does not come at all.
MAX_LATENCY_SECONDS = 10
#: Streams, but now and then the sound is shifted from one block to the next, which a trial rarely
#: shows (one in eight, with blocks of mixed lengths).
NEVER = frozenset({"MP3Compressor"})
#: Longer than the effects of JUCE, which pedalboard's are made of, take to a new value: 50 ms.
SETTLING_SECONDS = 0.1
#: Effects whose streams differ more than this from one call, relative to that, do not stream.
#: Not searched: rounding is 1e-7, and what does not stream differs by about 1.
SAME = 1e-3

Setter = Callable[[Sequence[float]], object]
"""Sets the parameters to their places."""


def segments(curves: Sequence[Curve], n: int) -> Iterator[tuple[int, int, bool]]:
    """The parts of ``n`` samples in which something moves or not: start, stop, and which.

    Where something changes at once, a part ends.
    """
    edges = np.unique(np.concatenate([[0, n], *(it.edges for it in curves)]))
    edges = edges[(edges >= 0) & (edges <= n)]
    middles = (edges[1:] + edges[:-1]) / 2
    moving = np.any([it.moves(middles) for it in curves], axis=0)
    cuts = np.concatenate([[0, n], *(it.cuts for it in curves)])
    ends = np.isin(edges[1:-1], cuts) | (moving[1:] != moving[:-1])
    starts = np.concatenate([[True], ends])
    bounds = [*edges[:-1][starts].tolist(), n]
    for (start, stop), which in zip(pairwise(bounds), moving[starts].tolist(), strict=True):
        yield int(start), int(stop), which


def blocks(
    curves: Sequence[Curve], n: int, *, plugin: bool = False
) -> Iterator[tuple[int, int, Sequence[float]]]:
    """The blocks of ``n`` samples: where each starts and stops, and the places in it."""
    for start, stop, moving in segments(curves, n):
        for part in range(start, stop, LONG):
            end = min(part + LONG, stop)
            starts = _starts(curves, part, end, plugin) if moving else np.array([part])
            stops = np.append(starts[1:], end)
            places = [it.at((starts + stops - 1) / 2).tolist() for it in curves]
            yield from zip(starts.tolist(), stops.tolist(), zip(*places, strict=True), strict=True)


def _starts(curves: Sequence[Curve], start: int, stop: int, plugin: bool) -> NDArray[np.int64]:
    """Where the blocks begin while something moves, by how fast it is."""
    cells = np.arange(start, stop, LONGEST_MOVING)
    ends = np.append(cells[1:], stop)
    shares = np.zeros(len(cells))  # of its way, in a sample
    for it in curves:
        if it.span:
            places = it.at(np.append(cells, stop).astype(np.float64))
            shares = np.maximum(shares, np.abs(np.diff(places)) / (ends - cells) / it.span)
    share, shortest = SHARE, SHORTEST
    if plugin:
        share, shortest = SHARE_OF_PLUGINS, SHORTEST_OF_PLUGINS
    size = np.clip(share / np.maximum(shares, 1e-12), shortest, LONGEST_MOVING)
    size = 2 ** np.floor(np.log2(size)).astype(int)  # so that they fill a cell
    offsets = np.arange(LONGEST_MOVING)
    found = cells[:, None] + offsets
    begins: NDArray[np.int64] = found[(offsets % size[:, None] == 0) & (found < ends[:, None])]
    return begins


def stream(
    effect: Any,
    audio: Audio,
    sample_rate: float,
    curves: Sequence[Curve],
    set_to: Setter,
    tick: Callable[[float], object],
) -> Audio:
    """Run an effect whose parameters move over (channels, samples). Its latency is compensated.

    Args:
        effect: a native one, or a plugin.
        audio: float32.
        sample_rate: in Hz.
        curves: of the parameters that move.
        set_to: called with the place of each before a block.
        tick: called with the fraction that is done.

    Raises:
        ValueError: the effect gives less than it is given.
    """
    channels, n = audio.shape
    external = isinstance(effect, pedalboard.ExternalPlugin)
    chain = laid_out(effect, channels, sample_rate)
    output = np.empty_like(audio)
    longest, done = 0, 0  # of the blocks; how many samples have come out

    def feed(piece: Audio) -> None:
        nonlocal done
        got = chain.process(piece, sample_rate, reset=False)
        stop = done + got.shape[1]
        if stop > 0:  # what comes before the beginning is left out
            output[:, max(done, 0) : stop] = got[:, max(-done, 0) : max(n - done, 0)]
        done = stop

    for start, stop, places in blocks(curves, n, plugin=external):
        set_to(places)
        if not longest:
            settle(effect, sample_rate)
            longest = stop - start
            if longest < min(LONG, n):  # longer ones may follow: silence makes it ready for them
                longest, done = LONG, -LONG
                feed(np.zeros((channels, LONG), np.float32))
        feed(audio[:, start:stop])
        tick(stop / n)
    for _ in range(0, int(MAX_LATENCY_SECONDS * sample_rate) + longest, longest):
        if done >= n:
            return output
        feed(np.zeros((channels, longest), np.float32))
    raise ValueError(
        f"{type(effect).__name__} gives less sound than it is given, so it cannot be automated: "
        "take it out of the chain's [midi]."
    )


def streams(effect: Any, channels: int, sample_rate: float) -> bool:
    """Whether an effect gives the same in blocks as in one call, which is tried out.

    It does not if its state is lost between calls (PitchShift, GSMFullRateCompressor), or if it
    gives something else each time.
    """
    if type(effect).__name__ in NEVER:
        return False
    effect = stable(twin(effect), sample_rate)  # some are not quite as new when they have run
    noise = np.random.default_rng(0).normal(0, 0.1, (channels, 3 * LONG)).astype(np.float32)
    whole = laid_out(effect, channels, sample_rate).process(noise, sample_rate)
    moves = Curve([(0, 0.0), (3 * LONG // 2, 1.0)], 3 * LONG, LONG // 16)
    try:
        parts = stream(effect, noise, sample_rate, [moves], lambda places: None, lambda done: None)
    except ValueError:
        return False
    off = np.sqrt(np.mean((parts - whole) ** 2, dtype=np.float64))
    return bool(off <= SAME * np.sqrt(np.mean(whole**2, dtype=np.float64)))


def twin(effect: Any) -> Any:
    """A copy of a native effect; itself, if it is a plugin, or cannot be copied."""
    if not isinstance(effect, pedalboard.ExternalPlugin):
        with suppress(TypeError):  # pedalboard does not tell how it is built
            return deepcopy(Portable(effect))
    return effect


def settle(effect: Any, sample_rate: float) -> None:
    """Make a native effect ready to begin with what it is set to.

    Some pass to new values in their own time, even into a call that begins anew (Reverb). Silence
    gives them that time. Plugins are left to themselves.
    """
    if not isinstance(effect, pedalboard.ExternalPlugin):
        silence = np.zeros(max(LONG, round(SETTLING_SECONDS * sample_rate)), np.float32)
        effect.process(silence, sample_rate)
        effect.reset()


def laid_out(effect: Any, channels: int, sample_rate: float) -> Any:
    """A chain of one effect, ready for arrays of (channels, samples)."""
    chain = pedalboard.Chain([])
    chain.process(np.empty((channels, 0), np.float32), sample_rate)
    chain.append(effect)
    chain.reset()
    return chain
