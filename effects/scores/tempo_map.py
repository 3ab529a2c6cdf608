"""From seconds to the ticks of a MIDI file, and the tempi and bars between them.

Tick 0 is the stem's beginning, and every other moment lies where its time says, so that the file
fits the stem. What comes before the first bar line is one bar of its own, as long as it takes.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise

from effects.midi.file import BEATS_PER_MINUTE
from effects.scores.pulse import Pulse

#: Ticks of a quarter note: at 60 BPM, times are rounded by 0.5 ms at most.
TICKS = 960
#: A first bar line that comes sooner than this is the beginning itself, in seconds. Not searched.
AT_ONCE_SECONDS = 0.03
MICROSECONDS = 1_000_000
MOST_TEMPO = (1 << 24) - 1  # of the file's format, in microseconds per quarter note


@dataclass(frozen=True)
class Tempo:
    """From ``tick``, which is at ``seconds``, a quarter note lasts so many microseconds."""

    tick: int
    seconds: float
    tempo: int


@dataclass(frozen=True)
class Bars:
    """From ``tick`` on, bars of ``numerator / denominator``."""

    tick: int
    numerator: int
    denominator: int


@dataclass(frozen=True)
class TempoMap:
    """Where ticks are.

    Attributes:
        tempi: by their ticks; the first is at tick 0.
        bars: by their ticks; none if nothing is known of bars.
    """

    tempi: tuple[Tempo, ...]
    bars: tuple[Bars, ...] = ()

    @classmethod
    def of(cls, pulse: Pulse | None) -> TempoMap:
        """The map by which beats fall on quarter notes (in 6/8, on dotted ones).

        Steady beats have one tempo from the first bar line on; others have one each.
        """
        if pulse is None:
            return cls((Tempo(0, 0.0, round(60 * MICROSECONDS / BEATS_PER_MINUTE)),))
        beats = pulse.straight[pulse.first_bar :]
        ticks = TICKS * 3 // 2 if pulse.parts == 3 else TICKS  # of a beat
        made = _Making()
        bars = []
        if beats[0] > AT_ONCE_SECONDS:
            count = max(round(beats[0] * pulse.bpm / 60), 1)
            bars.append(_bars(0, count, pulse.parts))
            made.go(count * ticks, beats[0])
        bars.append(_bars(made.tick, pulse.beats_per_bar, pulse.parts))
        for beat, following in pairwise(beats[:2] if pulse.steady else beats):
            made.go(ticks, following - (beat if pulse.steady else made.seconds))
        return cls(tuple(made.tempi), tuple(bars))

    def tick(self, seconds: float) -> int:
        """The tick that is nearest to a time; 0 for times before the beginning."""
        at = self.tempi[max(bisect_right(self.tempi, seconds, key=lambda it: it.seconds) - 1, 0)]
        ticks = (seconds - at.seconds) * MICROSECONDS / at.tempo * TICKS
        return max(at.tick + round(ticks), 0)


class _Making:
    """Tempi that are put one after the other. A tempo is whole, so times follow from tempi."""

    def __init__(self) -> None:
        self.tempi: list[Tempo] = []
        self.tick, self.seconds = 0, 0.0

    def go(self, ticks: int, seconds: float) -> None:
        """So many ticks take so many seconds."""
        tempo = min(max(round(seconds * MICROSECONDS * TICKS / ticks), 1), MOST_TEMPO)
        self.tempi.append(Tempo(self.tick, self.seconds, tempo))
        self.tick += ticks
        self.seconds += ticks * tempo / TICKS / MICROSECONDS


def _bars(tick: int, beats: int, parts: int) -> Bars:
    return Bars(tick, beats * 3, 8) if parts == 3 else Bars(tick, beats, 4)
