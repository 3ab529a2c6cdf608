"""A native effect, or a plugin, whose parameters move."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pedalboard

from effects.boards.contract import check_finite
from effects.boards.long_effect import LongEffect
from effects.boards.native import PLUGIN, in_channels, plugin_name
from effects.boards.tails import last_sound
from effects.rides import renderings
from effects.rides.curve import samples_of
from effects.rides.ride import Ride, given_back
from effects.rides.stream import stream, streams, twin
from effects.running.progress import REPORTS_PER_SECOND
from effects.signal.arrays import Audio


class Ridden(LongEffect):
    """An effect whose parameters move, for a board in place of the effect itself.

    It runs in the caller's thread, as plugins want it. Afterwards the effect has its own values
    again.

    Args:
        effect: a native one, or a plugin.
        rides: of its parameters.
        fade_seconds: how long a change takes.
        longest: how many samples may come out if it sounds on after its input, until it is silent;
            None if it ends with its input.
    """

    def __init__(
        self,
        effect: Any,
        rides: Sequence[Ride],
        *,
        fade_seconds: float,
        longest: int | None = None,
    ) -> None:
        super().__init__(on_progress=None, threads=None)
        self._effect, self._rides = effect, rides
        self._fade_seconds, self._longest = fade_seconds, longest

    def _options(self) -> dict[str, object]:
        return {"effect": repr(self._effect)}

    def _apply(self, audio: Audio, sample_rate: float) -> Audio:
        """As in other effects in Python, but what comes out may be longer."""
        if audio.size == 0:
            return audio
        check_finite(self, audio)
        with self._lock:
            return self._render(audio, sample_rate)

    def _render(self, audio: Audio, sample_rate: float) -> Audio:
        length = audio.shape[1]
        if self._longest is not None:
            audio = np.pad(audio, ((0, 0), (0, max(self._longest - length, 0))))
        output = in_channels(lambda it, *part: self._run(it, sample_rate, part), audio)
        return output[:, : length + last_sound(output[:, length:], sample_rate)]

    def _run(self, audio: Audio, sample_rate: float, part: tuple[float, float]) -> Audio:
        fade = samples_of(self._fade_seconds, sample_rate)
        curves = [it.curve(audio.shape[1], sample_rate, fade) for it in self._rides]
        now: dict[str, Any] = {}
        tick = self._reports(part)
        streamed = streams(self._effect, len(audio), sample_rate)
        effect = self._effect if streamed else twin(self._effect)

        def set_to(places: Sequence[float]) -> None:
            for ride, place in zip(self._rides, places, strict=True):
                name, value = ride.target.parameter, ride.value(place, sample_rate)
                if value != now.get(name, ride.own):
                    ride.target.set(value, effect)
                    now[name] = value

        with given_back(self._rides, sample_rate):
            if streamed:
                return stream(effect, audio, sample_rate, curves, set_to, tick)
            return renderings.blend(effect, audio, sample_rate, curves, fade, set_to, tick)

    def _reports(self, part: tuple[float, float]) -> Callable[[float], None]:
        """A function to be called with the fraction that is done, which reports it now and then."""
        external = isinstance(self._effect, pedalboard.ExternalPlugin)
        stage = PLUGIN + plugin_name(self._effect) if external else "moving"
        start, end = part
        last = 0.0

        def tick(fraction: float) -> None:
            nonlocal last
            now = time.monotonic()
            if self.on_progress is not None and now - last >= 1 / REPORTS_PER_SECOND:
                self.on_progress(start + (end - start) * fraction, stage)
                last = now

        tick(0.0)
        return tick
