"""The clips from which the note network learns, rendered, and their notes.

Most are tunes on one instrument of one of three soundfonts, some are sung by eSpeak NG, and some
have no notes at all: drum kits, textures, speech, noise. TimGM6mb, which renders the triplets of
``benchmarks.quality``, is not used here, nor are the voices that sing there.
"""

from __future__ import annotations

import io
import random
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import mido
import numpy as np
import soxr
from numpy.typing import NDArray
from pedalboard import HighShelfFilter, LowShelfFilter, Pedalboard, Reverb
from pedalboard.io import AudioFile

from benchmarks.quality.sounds import RATE as FILE_RATE
from benchmarks.quality.triplets import HIGHEST, KIND_OF, LOWEST, compose
from benchmarks.quality.voices import sung
from benchmarks.script import FOLDER
from benchmarks.training.tunes import SECONDS, beat, hard_tune
from effects.notes import basic_pitch
from effects.notes.basic_pitch import RATE
from effects.notes.features import Spectra
from effects.signal.arrays import Mono
from presets.studio.instruments import Instrument, load
from presets.studio.render import midi_file, play
from presets.studio.score import Note, Score

FREEPATS = Path("/etc/timidity/freepats.cfg")
CLIPS = {"FluidR3_GM": 420, "OPL-3_FM_128M": 160, "freepats": 280}  # tunes; not searched
SLOT = 9.0  # seconds from one clip to the next in a rendering
#: Instruments in addition to those of `benchmarks.quality`.
MORE = (
    *("acoustic-bass", "fingered-bass", "pizzicato-strings", "synth-strings", "tubular-bells"),
    *("glockenspiel", "twelve-string-guitar", "muted-guitar", "overdriven-guitar", "tuba"),
    *("polysynth", "saw-lead", "square-lead", "dulcimer", "synth-bass", "blown-bottle"),
    *("whistle", "electric-piano", "fm-piano", "synth-brass", "bagpipe", "shanai", "warm-pad"),
)
TEXTURES = ("seashore", "applause", "helicopter", "gunshot", "breath-noise", "bird", "telephone")
#: The voices that sing, with the lowest and highest key of each, and their syllables.
SINGERS = {
    **{"de": (38, 55), "it": (41, 58), "en+m3": (36, 54), "fr+m7": (43, 60)},
    **{"es+f2": (53, 70), "pt+f4": (55, 74), "sv+f1": (57, 72), "en+klatt4": (45, 62)},
}
SYLLABLES = ("ba", "lo", "nee", "soo", "tay", "wah")
SONGS = 8  # by each voice
#: The voices that speak.
VOICES = ("en-us", "de", "fr", "it", "es+f2", "en+f3")
WORDS = (
    *("the", "river", "carried", "a", "small", "boat", "past", "quiet", "houses", "while"),
    *("children", "counted", "seven", "white", "birds", "and", "nobody", "answered", "when"),
    *("the", "old", "bell", "rang", "twice", "over", "hills", "of", "wet", "grass"),
)

Table = NDArray[np.float64]
"""Notes, one a row: start and end in seconds, MIDI key, velocity."""


def write_clips(folder: Path, share: float = 1.0) -> None:
    """Render the clips that ``folder`` lacks, and keep what their features are computed from.

    Args:
        folder: where they are kept, one ``.npz`` file each.
        share: of the clips of each kind to render, 0 to 1.
    """
    instruments = {it.name: it for it in load()}
    for font, count in CLIPS.items():
        for name, times in _drawn(font, round(share * count)).items():
            if not (folder / f"{font}-{name}-0.npz").is_file():
                for number, (clip, notes) in enumerate(tunes(instruments[name], font, times)):
                    keep(folder / f"{font}-{name}-{number}.npz", clip, notes)
    for voice in SINGERS:
        if not (folder / f"sung-{voice}-0.npz").is_file():
            for number in range(round(share * SONGS)):
                keep(folder / f"sung-{voice}-{number}.npz", *song(voice, number))
    without = list(without_notes(instruments))
    for name, make in without[: round(share * len(without))]:
        if not (folder / f"{name}.npz").is_file():
            keep(folder / f"{name}.npz", make(), np.zeros((0, 4)))


def _drawn(font: str, count: int) -> Counter[str]:
    """How many of a soundfont's ``count`` clips each instrument plays."""
    draw = random.Random(f"notes A {font}")
    names: list[str] = []
    while len(names) < count:
        names += draw.sample([*KIND_OF, *MORE], len(KIND_OF) + len(MORE))
    return Counter(names[:count])


def tunes(instrument: Instrument, font: str, count: int) -> list[tuple[Mono, Table]]:
    """Clips and their notes; none if the soundfont lacks the instrument."""
    low, high = instrument.register
    scores = []
    for number in range(count):
        draw = random.Random(f"notes A {font} {instrument.name} {number}")
        chords = 0.5 if instrument.chords and draw.random() < 0.5 else 0.0
        if draw.random() < 0.5:
            scores.append(hard_tune(draw, low, high, chords=chords))
        else:
            scores.append(compose(draw, max(low, LOWEST), min(high, HIGHEST), chords=chords))
    whole = [
        replace(note, start=round(note.start + SLOT * number, 3))
        for number, score in enumerate(scores)
        for note in score.notes
    ]
    draw = random.Random(f"vibrato A {font} {instrument.name}")
    vibrato = 0 if instrument.rings else draw.choice((0, 0, 60, 110))
    sound = render(instrument, Score(tuple(whole), SLOT * count), font, vibrato)
    found = []
    for number, score in enumerate(scores):
        clip = sound[round(number * SLOT * RATE) :][: round(SECONDS * RATE)]
        if np.abs(clip).max(initial=0) > 1e-4:
            draw = random.Random(f"room A {font} {instrument.name} {number}")
            found.append(recorded(draw, clip, table(score)))
    return found


def song(voice: str, number: int) -> tuple[Mono, Table]:
    """A tune that is sung, and its notes."""
    draw = random.Random(f"song A {voice} {number}")
    make = hard_tune if draw.random() < 0.5 else compose
    score = make(draw, *SINGERS[voice], chords=0.0)
    clip = soxr.resample(sung(draw, score, voice, SYLLABLES), FILE_RATE, RATE)
    return recorded(draw, clip[: round(SECONDS * RATE)], table(score))


def table(score: Score) -> Table:
    """The notes of a score as a table."""
    return np.array([(it.start, it.start + it.seconds, it.key, it.velocity) for it in score.notes])


def recorded(draw: random.Random, clip: Mono, notes: Table) -> tuple[Mono, Table]:
    """A clip, perhaps made out of tune, reverberant, filtered or noisy, and its notes' new times.

    Out of tune means played faster or slower, which moves the notes.
    """
    if draw.random() < 0.4:
        faster = 2 ** (draw.uniform(-35, 35) / 1200)  # up to 35 cents
        clip = soxr.resample(clip, RATE * faster, RATE)
        notes[:, :2] /= faster
    board = Pedalboard([])
    if draw.random() < 0.5:
        room, wet, damping = draw.uniform(0.1, 0.6), draw.uniform(0.03, 0.25), draw.random()
        board.append(Reverb(room_size=room, wet_level=wet, dry_level=0.6, damping=damping))
    if draw.random() < 0.5:
        board.append(HighShelfFilter(draw.uniform(1500, 6000), draw.uniform(-15, 6)))
        board.append(LowShelfFilter(draw.uniform(100, 400), draw.uniform(-15, 6)))
    clip = board(clip, RATE)
    if draw.random() < 0.4:
        level = np.abs(clip).max() * 10 ** (draw.uniform(-60, -32) / 20)
        clip = clip + np.random.default_rng(draw.randrange(1 << 30)).normal(0, level, clip.size)
    return np.asarray(clip, np.float32), notes


def without_notes(instruments: dict[str, Instrument]) -> Iterator[tuple[str, Callable[[], Mono]]]:
    """Clips that have no notes: the name of each, and what renders it."""
    for kit in (it for it in instruments.values() if it.percussion):
        for number in range(6):
            score = beat(random.Random(f"kit A {kit.name} {number}"))
            yield f"{kit.name}-{number}", partial(render, kit, score, "FluidR3_GM")
    for name in TEXTURES:
        for number in range(2):
            yield f"{name}-{number}", partial(texture, instruments[name], number)
    for voice in VOICES:
        for number in range(2):
            draw = random.Random(f"speech A {voice} {number}")
            yield f"speech-{voice}-{number}", partial(speech, draw, voice)
    for number in range(6):
        yield f"noise-{number}", partial(noise, number)


def texture(instrument: Instrument, number: int) -> Mono:
    """A texture of a soundfont, started four times."""
    draw = random.Random(f"texture A {instrument.name} {number}")
    low, high = instrument.register
    notes = [
        Note(round(0.1 + 1.8 * i, 3), 1.5, draw.randint(low, high), draw.randint(50, 110))
        for i in range(4)
    ]
    return render(instrument, Score(tuple(notes), SECONDS), "FluidR3_GM")


def noise(number: int) -> Mono:
    """White, pink or brown noise (0, -3 or -6 dB an octave); every other one in gusts of 0.1 s."""
    generator = np.random.default_rng(100 + number)
    n = round(SECONDS * RATE)
    colour = np.maximum(np.arange(n // 2 + 1), 20) ** (-0.5 * (number % 3))
    gusts = np.repeat(generator.uniform(0.05, 1, 81), n // 80)[:n] if number % 2 else 1.0
    sound = np.fft.irfft(np.fft.rfft(generator.normal(size=n)) * colour, n) * gusts
    return sound.astype(np.float32)


def speech(draw: random.Random, voice: str) -> Mono:
    """Twenty spoken words in random order."""
    text = " ".join(draw.sample(WORDS, 20))
    pace, height = str(draw.randint(120, 190)), str(draw.randint(30, 70))
    with tempfile.TemporaryDirectory() as own:
        wave = Path(own) / "speech.wav"
        subprocess.run(
            ["espeak-ng", "-v", voice, "-s", pace, "-p", height, "-w", wave, text], check=True
        )
        return read(wave)[: round(SECONDS * RATE)]


def render(instrument: Instrument, score: Score, font: str, vibrato: int = 0) -> Mono:
    """The sound of a score at `RATE`; ``vibrato`` is the value of MIDI's modulation wheel."""
    midi = midi_file(instrument, score)
    if vibrato:
        midi.tracks[0].insert(1, mido.Message("control_change", control=1, value=vibrato))
    with tempfile.TemporaryDirectory() as own:
        notes, wave = Path(own) / "notes.mid", Path(own) / "notes.wav"
        midi.save(notes)
        if font == "freepats":
            dry = ["-EFreverb=0", "-EFchorus=0", "-A70", "-s", "44100"]
            subprocess.run(
                ["timidity", "-c", FREEPATS, "-Ow", "--preserve-silence", *dry, "-o", wave, notes],
                capture_output=True,
                check=True,
            )
        else:
            play(notes, FOLDER / f"{font}.sf2", wave)
        return read(wave)


def read(wave: Path) -> Mono:
    """The mean of a sound file's channels, resampled to `RATE`."""
    with AudioFile(str(wave)) as file:
        audio = file.read(file.frames).mean(axis=0)
        return np.asarray(soxr.resample(audio, file.samplerate, RATE), np.float32)


def keep(path: Path, clip: Mono, notes: Table) -> None:
    """Write what the features are computed from, in half precision, and the notes."""
    clip = clip / np.float32(max(np.abs(clip).max(initial=0), 1e-9))
    found, spectra = basic_pitch.activations(clip), Spectra.of(clip)
    arrays = {**vars(found), **vars(spectra)}
    whole = io.BytesIO()
    halves = {name: np.maximum(array, -150).astype(np.float16) for name, array in arrays.items()}
    np.savez(whole, score=notes, **halves)
    path.write_bytes(whole.getvalue())
