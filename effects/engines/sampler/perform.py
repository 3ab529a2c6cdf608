"""Notes played on an instrument, each by the grain that suits it best."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import soxr  # type: ignore[import-untyped]
from numpy.typing import NDArray
from pedalboard import time_stretch

from effects.engines.sampler.body import body_kept
from effects.engines.sampler.instrument import Grain, Instrument
from effects.notes.note import Note
from effects.signal.arrays import Audio, Mono

#: What a grain costs that plays a note: per semitone it has to be moved, if all of it was cut out
#: from among other notes, per octave it has to be stretched in time, per dB of difference in level.
SEMITONE, MASKED, STRETCHED, DECIBEL = 1.0, 5.0, 4.0, 0.02
#: Of a grain that is stretched, what is not; and over what it is joined to the rest.
ATTACK_SECONDS, JOIN_SECONDS = 0.06, 0.01
MOST_ATTACK = 0.6  # of a grain's note: of a shorter note, all is stretched
SAME_LENGTH = 1.1
MOST_STRETCHED = 200.0  # times as long; at some thousand times, Rubber Band breaks down
FADE_IN_SAMPLES = 64
FADE_OUT_SECONDS = 0.02
LONGEST_RELEASE_SECONDS = 1.5
SILENT_DB = 60.0
PAN_SECONDS = 0.2
MOST_GAIN_DB = 60.0


def perform(
    notes: Sequence[Note],
    instrument: Instrument,
    content: Audio,
    sample_rate: float,
    *,
    tick: Callable[[float], None],
) -> Audio:
    """Play ``notes``, placed between the channels as in ``content``, as much as that has samples.

    Args:
        notes: those of the content.
        instrument: what plays them.
        content: the stem, ``[channels, samples]``.
        sample_rate: of the content, in Hz.
        tick: is told which part of the notes is played.
    """
    out = np.zeros_like(content)
    for number, note in enumerate(notes):
        tick(number / len(notes))
        grain = choose(note, instrument)
        sound, lead = play(note, grain, instrument, sample_rate)
        sound *= np.float32(min(note.level / grain.level, 10 ** (MOST_GAIN_DB / 20)))
        place(out, sound, round(note.start * sample_rate) - lead, pan(content, sample_rate, note))
    return out


def choose(note: Note, instrument: Instrument) -> Grain:
    """The grain that costs least."""

    def cost(grain: Grain) -> float:
        longer = max(math.log2(max(note.seconds, 0.01) / max(grain.seconds, 0.01)), 0)
        louder = abs(20 * math.log10(max(note.level, 1e-9) / max(grain.level, 1e-9)))
        return (
            SEMITONE * abs(grain.pitch - note.pitch)
            + MASKED * (1 - grain.clear)
            + STRETCHED * longer
            + DECIBEL * louder
        )

    return min(instrument.grains, key=cost)


def play(note: Note, grain: Grain, instrument: Instrument, sample_rate: float) -> tuple[Mono, int]:
    """The grain at the note's pitch and as long as the note, and its samples before the note.

    What is missing is stretched. What is too much falls at the instrument's release rate.
    """
    ratio = 2 ** ((note.pitch - grain.pitch) / 12)
    sound = resampled(grain.audio, instrument.sample_rate * ratio, sample_rate)
    sound = body_kept(sound, note.pitch - grain.pitch, sample_rate)
    scale = sample_rate / instrument.sample_rate / ratio
    lead = round(grain.lead * scale)
    body = min(lead + round(grain.seconds * instrument.sample_rate * scale), sound.size)
    wanted = lead + round(note.seconds * sample_rate)
    if body < wanted:
        sound = _held(sound, lead, body, wanted, sample_rate)
    release = min(SILENT_DB / instrument.release, LONGEST_RELEASE_SECONDS)
    sound = sound[: wanted + round(release * sample_rate)].copy()
    if not wanted <= body <= wanted * SAME_LENGTH:  # else it falls by itself, and now
        seconds = np.arange(max(sound.size - wanted, 0)) / sample_rate
        sound[wanted:] *= (10 ** (-instrument.release * seconds / 20)).astype(np.float32)
    fade(sound, sample_rate)
    return sound, lead


def _held(sound: Mono, lead: int, body: int, wanted: int, sample_rate: float) -> Mono:
    """A grain whose note ends at ``wanted`` and not at ``body``; its attack stays as it is."""
    attack = lead + round(ATTACK_SECONDS * sample_rate)
    longest = wanted + round(LONGEST_RELEASE_SECONDS * sample_rate)  # what is later, nobody hears
    if attack > MOST_ATTACK * body:
        factor = min(wanted / max(body, 1), MOST_STRETCHED)
        return stretched(sound[: math.ceil(longest / factor)], factor, sample_rate)
    factor = min((wanted - attack) / (body - attack), MOST_STRETCHED)
    heard = sound[: attack + math.ceil(longest / factor)]
    return stretched_after(heard, attack, factor, sample_rate)


def stretched_after(sound: Mono, attack: int, factor: float, sample_rate: float) -> Mono:
    """As much longer, but for the samples before ``attack``, to which the rest is joined."""
    join = min(round(JOIN_SECONDS * sample_rate), attack)
    rest = stretched(sound[attack - join :], factor, sample_rate)
    if not join:
        return rest
    rest = rest[max(round(join * factor) - join, 0) :]
    ramp = np.linspace(0, 1, join, dtype=np.float32)
    joined = sound[attack - join : attack] * (1 - ramp) + rest[:join] * ramp
    return np.concatenate([sound[: attack - join], joined, rest[join:]])


def resampled(audio: Mono, rate: float, wanted: float) -> Mono:
    """A copy at another rate."""
    if abs(rate / wanted - 1) < 1e-4:
        return audio.copy()
    return np.array(soxr.resample(audio, rate, wanted), np.float32)


def stretched(audio: Mono, factor: float, sample_rate: float) -> Mono:
    """As much longer, at the same pitch."""
    longer: NDArray[np.float32] = time_stretch(audio[None], sample_rate, stretch_factor=1 / factor)[
        0
    ]
    missing = round(audio.size * factor) - longer.size
    filled: Mono = np.append(longer, np.zeros(max(missing, 0), np.float32))
    return filled


def fade(sound: Mono, sample_rate: float) -> None:
    """Begin and end at 0, in place."""
    begin = min(FADE_IN_SAMPLES, sound.size)
    end = min(round(FADE_OUT_SECONDS * sample_rate), sound.size)
    sound[:begin] *= np.linspace(0, 1, begin, dtype=np.float32)
    sound[sound.size - end :] *= np.linspace(1, 0, end, dtype=np.float32)


def place(out: Audio, sound: Mono, start: int, gains: NDArray[np.float32]) -> None:
    """Add ``sound`` from sample ``start`` on, what of it is inside, with a gain per channel."""
    first, last = max(start, 0), min(start + sound.size, out.shape[1])
    if last > first:
        out[:, first:last] += gains[:, None] * sound[first - start : last - start]


def pan(content: Audio, sample_rate: float, note: Note) -> NDArray[np.float32]:
    """A note's gain in each channel, of which the mean square is 1; opposite phase is negative."""
    if len(content) == 1:
        return np.ones(1, np.float32)
    first = max(round(note.start * sample_rate), 0)
    seconds = min(max(note.seconds, 0.05), PAN_SECONDS)
    part = content[:, first : first + round(seconds * sample_rate)].astype(np.float64)
    if part.shape[1] < 16:
        return np.ones(len(content), np.float32)
    spectra = np.fft.rfft(part * np.hanning(part.shape[1]))
    hz = np.fft.rfftfreq(part.shape[1], 1 / sample_rate)
    fundamental = 440 * 2 ** ((note.pitch - 69) / 12)
    order = np.maximum(np.round(hz / fundamental), 1)
    near = np.abs(hz - order * fundamental) < max(2 / seconds, 0.02 * fundamental)
    chosen = spectra[:, near] if near.any() else spectra
    products = (chosen @ chosen.conj().T).real
    power = np.maximum(products.diagonal(), 0)
    if power.mean() <= 0:
        return np.ones(len(content), np.float32)
    signs = np.where(products[power.argmax()] < 0, -1.0, 1.0)
    gains: NDArray[np.float64] = signs * np.sqrt(power / power.mean())
    return gains.astype(np.float32)
