"""A mashup's mask as automation for a DAW: one crossfader, and one for each of eight bands.

At each moment a curve is the mean of the mask (0 is A, 1 is B), weighted by the power of what is
heard: of all frequencies, or of one band.

What a curve loses: nearly all of the lead. A mask tells partials from each other that are 11 Hz
apart; a crossfader that is halfway lets half of everything through, so both leads sound. Measured
on six rendered pairs with true stems (log-mel distance to the wanted sum; 1 is the plain sum): the
mask reaches 0.21, one curve 0.89, 32 bands for each of the songs 0.58. Curves are for a mix by
hand, on the songs or on stems, that follows what the mashup does; the mashup itself is its sound.
"""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from effects.listening.song import LEVEL_EDGES_HZ
from effects.mashing.grid import grid_of
from effects.mashing.mashed import Mashed
from effects.mashing.mask import LEVELS
from effects.mashing.track import power
from effects.signal.arrays import Values

if TYPE_CHECKING:
    from mido import MidiTrack

#: Octaves up from 63 Hz, as graphic equalisers have them; the last band has all above as well.
EDGES_HZ = LEVEL_EDGES_HZ
NAMES = (
    *("crossfader", "below 63 Hz", "63-125 Hz", "125-250 Hz", "250-500 Hz", "500-1000 Hz"),
    *("1-2 kHz", "2-4 kHz", "above 4 kHz"),
)
#: MIDI's controller for the balance of two sounds, and eight that are free for any use.
CONTROLLERS = (8, *range(20, 28))
#: Values a second: a fader that moves so often is heard to glide. Not searched.
PER_SECOND = 20.0
TICKS_PER_BEAT = 480  # of MIDI files, as most sequencers have it
BEATS_PER_MINUTE = 120.0  # where a mashup has no beats
#: A beat this near to the start, as a share of a beat, is taken to be at the start: a DAW has no
#: tempo for what is before it.
AT_START = 0.4
CHUNK = 512  # frames at a time, to limit memory
SUFFIXES = (".mid", ".midi", ".csv")


@dataclass(frozen=True)
class Curves:
    """The curves of a mashup.

    Attributes:
        seconds: of the mashup, ``[values]``, evenly spaced.
        values: 0 is A, 1 is B: ``[9, values]``, in the order of `NAMES`. Where nothing is heard, a
            curve stays where it was.
    """

    seconds: Values
    values: Values


def curves_of(mashed: Mashed) -> Curves:
    """The curves of a mashup."""
    grid, mask = grid_of(mashed.sample_rate), mashed.mask
    n_frames = len(mask.times)
    weights, sums = np.zeros((len(NAMES), n_frames)), np.zeros((len(NAMES), n_frames))
    bands = _bands(mask.frequencies)
    for start in range(0, n_frames, CHUNK):
        stop = min(start + CHUNK, n_frames)
        heard = power(grid.analyse(mashed.audio, start, stop)).T
        weighted = heard * (mask.steps[:, start:stop] / np.float32(LEVELS))
        for index, band in enumerate(bands):
            weights[index, start:stop] = heard[band].sum(axis=0, dtype=np.float64)
            sums[index, start:stop] = weighted[band].sum(axis=0, dtype=np.float64)
    count = max(int(mask.times[-1] * PER_SECOND) + 1, 1)
    groups = np.minimum((mask.times * PER_SECOND).astype(int), count - 1)
    values = [
        _held(np.bincount(groups, sums[index], count), np.bincount(groups, weights[index], count))
        for index in range(len(NAMES))
    ]
    return Curves(np.arange(count) / PER_SECOND, np.stack(values))


def write(file: BinaryIO, mashed: Mashed, suffix: str) -> None:
    """Write the curves of a mashup as ``suffix`` says: ``.mid`` or ``.csv``.

    Raises:
        ValueError: for another suffix.
    """
    if suffix.lower() not in SUFFIXES:
        raise ValueError(f"Automation is written as .mid or .csv, not {suffix!r}.")
    curves = curves_of(mashed)
    file.write(as_csv(curves) if suffix.lower() == ".csv" else as_midi(curves, mashed))


def as_csv(curves: Curves) -> bytes:
    """A table: seconds, then the curves in the order of `NAMES`, 0 for A to 1 for B."""
    lines = [",".join(("seconds", *NAMES))]
    for seconds, values in zip(curves.seconds, curves.values.T, strict=True):
        lines.append(",".join([f"{seconds:.3f}", *(f"{it:.4f}" for it in values)]))
    return ("\n".join(lines) + "\n").encode()


def as_midi(curves: Curves, mashed: Mashed) -> bytes:
    """A MIDI file of nine tracks with a controller each, 0 for A to 127 for B.

    Its tempo and time signatures are the mashup's, beat by beat: laid at the start of a DAW's
    project, with its tempo map, bars fall on bars. A beat of the mashup is a quarter. What sounds
    before the first bar line makes a bar of its own.
    """
    import mido

    beats = _Beats(mashed)
    tracks = [beats.track()]
    ticks = beats.ticks(curves.seconds)
    for name, controller, values in zip(NAMES, CONTROLLERS, curves.values, strict=True):
        track = mido.MidiTrack([mido.MetaMessage("track_name", name=name)])
        track += _moves(controller, ticks, np.rint(127 * values).astype(int))
        tracks.append(track)
    out = io.BytesIO()
    mido.MidiFile(type=1, ticks_per_beat=TICKS_PER_BEAT, tracks=tracks).save(file=out)
    return out.getvalue()


class _Beats:
    """The beats of a mashup as a DAW counts them: from its start on."""

    def __init__(self, mashed: Mashed) -> None:
        seconds = mashed.audio.shape[1] / mashed.sample_rate
        plan = mashed.alignment
        usual = np.arange(0, seconds + 60 / BEATS_PER_MINUTE, 60 / BEATS_PER_MINUTE)
        beats, bars = (usual, usual[::4]) if plan is None else (plan.beats, plan.bars)
        if len(beats) < 2:
            beats, bars = usual, usual[::4]
        if beats[0] > AT_START * (beats[1] - beats[0]):
            self._seconds = np.concatenate([[0.0], beats])
        else:
            self._seconds = np.concatenate([[0.0], beats[1:]])
        nearest = np.abs(self._seconds[:, None] - bars).argmin(axis=0) if len(bars) else []
        self._bars = np.unique([0, *nearest])

    def ticks(self, seconds: Values) -> NDArray[np.int64]:
        """When moments are, in ticks; after the last beat at the last tempo."""
        last = self._seconds[-1]
        place = np.interp(seconds, self._seconds, np.arange(len(self._seconds)))
        place += np.maximum(seconds - last, 0) / (last - self._seconds[-2])
        return np.rint(place * TICKS_PER_BEAT).astype(np.int64)

    def track(self) -> MidiTrack:
        """Tempo and time signatures."""
        import mido

        signatures = dict(self._signatures())
        track = mido.MidiTrack([mido.MetaMessage("track_name", name="tempo")])
        for beat, length in enumerate(np.diff(self._seconds)):
            wait = TICKS_PER_BEAT if beat else 0
            if beat in signatures:
                count = signatures[beat]
                track.append(
                    mido.MetaMessage("time_signature", numerator=count, denominator=4, time=wait)
                )
                wait = 0
            track.append(mido.MetaMessage("set_tempo", tempo=round(length * 1e6), time=wait))
        return track

    def _signatures(self) -> Iterator[tuple[int, int]]:
        """At which beats bars begin to have another number of beats, and how many they have."""
        before = 0
        for beat, count in zip(self._bars, np.diff(self._bars), strict=False):
            if count != before:
                yield int(beat), int(count)
            before = count


def _moves(
    controller: int, ticks: NDArray[np.int64], values: Sequence[int] | NDArray[np.int64]
) -> Iterator[object]:
    """A message for each new value of a controller."""
    import mido

    last, before = 0, -1
    for tick, value in zip(ticks, values, strict=True):
        if value != before:
            yield mido.Message(
                "control_change", control=controller, value=int(value), time=int(tick) - last
            )
            last, before = int(tick), value


def _bands(frequencies: Values) -> list[slice]:
    """The bins of each curve."""
    edges = np.searchsorted(frequencies, [*EDGES_HZ[:-1], np.inf])
    bands = [slice(*it) for it in itertools.pairwise(edges)]
    return [slice(None), *bands]


def _held(sums: NDArray[Any], weights: NDArray[Any]) -> Values:
    """Means; where there is no weight, the last one before, and at first the first one after."""
    known = np.flatnonzero(weights > 0)
    if not len(known):
        return np.full(len(weights), 0.5)
    means = sums[known] / weights[known]
    at = np.searchsorted(known, np.arange(len(weights)), side="right") - 1
    return np.asarray(means[np.maximum(at, 0)])
