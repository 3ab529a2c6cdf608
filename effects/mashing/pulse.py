"""Beats as a scale of time: between two of them, and beyond the first and last, it runs evenly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from effects.signal.arrays import Values
from effects.warping.timeline import Passage


@dataclass(frozen=True)
class Pulse:
    """Beats and the time around them.

    Attributes:
        beats: in seconds, ``[beats]``, rising, at least two.
        start: when the sound begins, in seconds; less than some beats before the first.
        stop: when it ends.
    """

    beats: Values
    start: float
    stop: float

    def seconds(self, places: Values) -> Values:
        """When it is so many beats after the first; places need not be whole, nor within."""
        first, last = self._steps()
        numbers = np.arange(len(self.beats))
        inside = np.interp(places, numbers, self.beats)
        before = np.minimum(places, 0) * first
        return np.asarray(inside + before + np.maximum(places - numbers[-1], 0) * last)

    def place(self, seconds: float) -> float:
        """How many beats after the first a moment is: what `seconds` takes."""
        first, last = self._steps()
        inside = np.interp(seconds, self.beats, np.arange(len(self.beats)))
        before = min(seconds - self.beats[0], 0.0) / first
        return float(inside + before + max(seconds - self.beats[-1], 0.0) / last)

    def _steps(self) -> tuple[float, float]:
        return self.beats[1] - self.beats[0], self.beats[-1] - self.beats[-2]


def passage(out: Pulse, song: Pulse, ahead: int, start: float, stop: float) -> Passage | None:
    """A song on the beats of a mashup, as far as it goes; None if it has nothing there.

    Args:
        out: of the mashup.
        song: of the song.
        ahead: which beat of the song is heard at the first beat of the mashup.
        start: the first beat of the mashup at which the song may be heard; it need not be whole.
        stop: the last.
    """
    first = max(start, out.place(out.start), song.place(song.start) - ahead)
    last = min(stop, out.place(out.stop), song.place(song.stop) - ahead)
    if last - first < 1e-6:
        return None
    places = np.unique([first, *np.arange(np.floor(first) + 1, np.ceil(last)), last])
    return Passage(_within(out, places), _within(song, places + ahead))


def _within(pulse: Pulse, places: Values) -> Values:
    """When the places are, exactly at the ends of the sound where they all but are."""
    seconds = pulse.seconds(places)
    for end in (pulse.start, pulse.stop):
        seconds[np.abs(seconds - end) < 1e-9] = end
    return seconds
