"""Putting sounds where they belong: in time, and between the channels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from effects.notes.note import Note
from effects.running.cores import in_threads
from effects.signal.arrays import Audio, Mono, Values
from effects.signal.units import midi_to_hz


@dataclass(frozen=True)
class Settings:
    """The numbers of this module: from the first design that worked, not searched."""

    #: Samples of the fade-in, which avoids a click.
    fade_in_samples: int = 64
    #: Seconds of the fade-out.
    fade_out_seconds: float = 0.02
    #: Where a note is between the channels is measured over its length, within these limits.
    least_pan_seconds: float = 0.05
    most_pan_seconds: float = 0.2
    #: A note with fewer samples is put in the middle.
    fewest_samples: int = 16
    #: A bin counts as a partial's if it is nearer than this many bins, of 1 / seconds Hz each, ...
    near_bins: float = 2.0
    #: ... or nearer than this share of the fundamental.
    near_share: float = 0.02


SETTINGS = Settings()

Item = TypeVar("Item")
Placed = tuple[Mono, int, Mono]
"""A sound, the sample from which it sounds, and its gain in each channel: see `place`."""


def fade(sound: Mono, sample_rate: float) -> None:
    """Fade ``sound`` in from 0 and out to 0, in place."""
    begin = min(SETTINGS.fade_in_samples, sound.size)
    end = min(round(SETTINGS.fade_out_seconds * sample_rate), sound.size)
    sound[:begin] *= np.linspace(0, 1, begin, dtype=np.float32)
    sound[sound.size - end :] *= np.linspace(1, 0, end, dtype=np.float32)


def all_placed(
    content: Audio,
    items: Sequence[Item],
    sounding: Callable[[Item], Placed],
    tick: Callable[[float], None],
) -> Audio:
    """The sounds of all items together; as long as ``content``, with its channels.

    They are made in threads and added in order, or sums would be rounded otherwise.

    Args:
        content: the stem, ``[channels, samples]``.
        items: what sounds.
        sounding: makes the sound of one.
        tick: called with the fraction of the items that is done.
    """
    out = np.zeros_like(content)
    for number, (sound, start, gains) in enumerate(in_threads(sounding, items)):
        tick(number / len(items))
        place(out, sound, start, gains)
    return out


def place(out: Audio, sound: Mono, start: int, gains: Mono) -> None:
    """Add ``sound`` to ``out`` from sample ``start`` on; what lies outside is cut off.

    Args:
        out: ``[channels, samples]``, changed in place.
        sound: ``[samples]``.
        start: may be negative.
        gains: one per channel.
    """
    first, last = max(start, 0), min(start + sound.size, out.shape[1])
    if last > first:
        out[:, first:last] += gains[:, None] * sound[first - start : last - start]


def pan(content: Audio, sample_rate: float, note: Note) -> Mono:
    """A note's gain in each channel, with a mean square of 1; negative in opposite phase.

    Only the bins near its partials are compared, since other notes may be elsewhere.
    """
    middle = np.ones(len(content), np.float32)
    if len(content) == 1:
        return middle
    first = max(round(note.start * sample_rate), 0)
    seconds = min(max(note.seconds, SETTINGS.least_pan_seconds), SETTINGS.most_pan_seconds)
    part = content[:, first : first + round(seconds * sample_rate)].astype(np.float64)
    if part.shape[1] < SETTINGS.fewest_samples:
        return middle
    spectra = np.fft.rfft(part * np.hanning(part.shape[1]))
    hz = np.fft.rfftfreq(part.shape[1], 1 / sample_rate)
    fundamental = float(midi_to_hz(note.pitch))
    order = np.maximum(np.round(hz / fundamental), 1)
    reach = max(SETTINGS.near_bins / seconds, SETTINGS.near_share * fundamental)
    near = np.abs(hz - order * fundamental) < reach
    chosen = spectra[:, near] if near.any() else spectra
    products = (chosen @ chosen.conj().T).real
    power = np.maximum(products.diagonal(), 0)
    if power.mean() <= 0:
        return middle
    signs = np.where(products[power.argmax()] < 0, -1.0, 1.0)
    gains: Values = signs * np.sqrt(power / power.mean())
    return gains.astype(np.float32)
