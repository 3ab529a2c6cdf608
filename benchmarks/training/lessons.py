"""What the judge of `effects.judging` learns from: tunes of each instrument, recorded in many ways.

Three soundfonts play the tunes of `benchmarks.suggest`, of seeds that are not asked there, and
eSpeak NG sings. TimGM6mb, by which the judge is measured, and csound's bank, which shares its
samples, are left out, and so is the OPL3 soundfont, which only imitates instruments. A bank of low
sample rates, Sonivox, taught it worse than nothing. Nothing is learnt from recorded notes.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soxr

from benchmarks.suggest import compose
from benchmarks.training import sung
from benchmarks.training.fonts import Part, render
from benchmarks.training.recording import coded
from benchmarks.training.rooms import in_room
from effects.judging.description import describe
from effects.judging.frames import RATE, Vector
from effects.judging.judge import SECONDS
from effects.signal.arrays import Mono
from presets.studio.instruments import Instrument, load

#: The soundfonts, and which count as one source: MuseScore_General began as FluidR3.
FONTS = {"fluid": "fluid", "musescore": "fluid", "freepats": "freepats"}
TUNES = 2  # of each instrument and soundfont
TOGETHER = 72  # instruments that are rendered in one go, since a soundfont loads slowly
SILENT = 1e-4  # a soundfont's peak below this means that it lacks the instrument
#: Songs that are sung, by the preset that they are like.
SUNG = {"voice-oohs": 8, "choir-aahs": 4}
# How clips are changed was not searched.
SEMITONES = 2.0  # by which a clip is tuned up or down, at most
BANDS, TILT_DB, BEND_DB = 8, 9.0, 4.0  # of an equaliser, as `benchmarks.quality.judge` has them


@dataclass(frozen=True)
class Lesson:
    """A description to learn from.

    Attributes:
        name: of the instrument.
        source: where it was heard.
        description: see `effects.judging.description`.
    """

    name: str
    source: str
    description: Vector


def lessons(folder: Path) -> Iterator[Lesson]:
    """All of them; ``folder`` keeps the clips and their descriptions."""
    for font, source in FONTS.items():
        _render(folder, font)
        for it in _played(font):
            clips = folder / f"{font}-{it.name}.npy"
            if clips.is_file():
                yield from _described(clips, it.name, source)
    for name, count in SUNG.items():
        clips = folder / f"sung-{name}.npy"
        if not clips.is_file():
            _keep(clips, [_song(name, number) for number in range(count)])
        yield from _described(clips, name, "sung")


def _played(font: str) -> list[Instrument]:
    """The instruments that a soundfont may have."""
    every = load()
    if font == "fluid":
        return every
    few = font == "freepats"  # has one kit
    return [it for it in every if not it.bank and not (few and it.percussion and it.program)]


def _render(folder: Path, font: str) -> None:
    """Keep the clips that the folder lacks."""
    absent = [it for it in _played(font) if not (folder / f"{font}-{it.name}.npy").is_file()]
    for first in range(0, len(absent), TOGETHER):
        some = absent[first : first + TOGETHER]
        sounds = render([_part(it, tune) for it in some for tune in range(TUNES)], font)
        for number, it in enumerate(some):
            clips = sounds[number * TUNES :][:TUNES]
            if min(np.abs(clip).max(initial=0) for clip in clips) > SILENT:
                _keep(folder / f"{font}-{it.name}.npy", clips)


def _part(instrument: Instrument, tune: int) -> Part:
    vibrato = random.Random(f"{tune}{instrument.name}").choice((0, 0, 20, 40))
    return Part(instrument, compose(instrument, f"train{tune}"), vibrato)


def _song(name: str, number: int) -> Mono:
    draw = random.Random(f"judge {name} {number}")
    if name == "choir-aahs":
        return sung.choir(draw)[0]
    return sung.song(draw, [*sung.SINGERS][number % len(sung.SINGERS)])[0]


def _keep(file: Path, clips: list[Mono]) -> None:
    """Write clips as ``[clips, SECONDS]`` of 16 bits, each with the peak 32 000."""
    n = SECONDS * RATE
    whole = [np.pad(it, (0, max(n - it.size, 0)))[:n] for it in clips]
    np.save(file, np.array([it / np.abs(it).max() * 32_000 for it in whole], np.int16))


def _described(clips: Path, name: str, source: str) -> list[Lesson]:
    """Each clip as it is, as another recording of another pitch, and in a room."""
    kept = clips.with_suffix(".descriptions.npy")
    if not kept.is_file():
        rows = []
        for number, clip in enumerate(np.load(clips)[:, : SECONDS * RATE] / np.float32(32_000)):
            draw = random.Random(f"{clips.stem} {number}")
            rows += [describe(it) for it in (clip, _retuned(draw, clip), _in_a_room(draw, clip))]
        np.save(kept, rows)
    return [Lesson(name, source, it) for it in np.load(kept)]


def _retuned(draw: random.Random, clip: Mono) -> Mono:
    """A part of the clip, at another pitch and speed, otherwise coloured, with noise."""
    other = soxr.resample(clip, RATE * 2 ** (draw.uniform(-SEMITONES, SEMITONES) / 12), RATE)
    begin = round(draw.uniform(0, 1.2) * RATE)
    part = other[begin : begin + round(draw.uniform(3.5, 6.5) * RATE)]
    part = clip if np.abs(part).max() < 0.01 else part
    return _noisy(draw, _coloured(draw, part), -75, -45)


def _in_a_room(draw: random.Random, clip: Mono) -> Mono:
    """The clip in a room, coloured, with noise, and perhaps as an MP3 file."""
    far = _noisy(draw, _coloured(draw, in_room(draw, clip)), -65, -40)
    return coded(far, draw.uniform(3, 9.9)) if draw.random() < 0.4 else far


def _coloured(draw: random.Random, clip: Mono) -> Mono:
    """The clip through an equaliser from 60 Hz on: tilted, and bent at random."""
    places = np.linspace(0, 1, BANDS)
    gains = draw.uniform(-TILT_DB, TILT_DB) * (places - 0.5)
    gains += [draw.gauss(0, BEND_DB) for _ in places]
    hz = np.maximum(np.fft.rfftfreq(clip.size, 1 / RATE), 60)
    at = np.log2(hz / 60) / np.log2(RATE / 2 / 60)
    spectrum = np.fft.rfft(clip) * 10 ** (np.interp(at, places, gains) / 20)
    return np.fft.irfft(spectrum, clip.size).astype(np.float32)


def _noisy(draw: random.Random, clip: Mono, low_db: float, high_db: float) -> Mono:
    """The clip and white noise, so far below its peak."""
    level = np.abs(clip).max() * 10 ** (draw.uniform(low_db, high_db) / 20)
    noise = np.random.default_rng(draw.randrange(1 << 30)).normal(0, level, clip.size)
    return (clip + noise).astype(np.float32)
