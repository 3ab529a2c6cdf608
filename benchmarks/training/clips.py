"""The clips from which the note network learns, rendered, and their notes.

Most are played by instruments of four soundfonts, alone, two at once, or over drums; some by organs
and accordions that are put together here, some are sung by eSpeak NG, and some have no notes at
all: drum kits, textures, speech, noise. All are then recorded: through amplifiers, rooms, filters
and codecs. TimGM6mb, which renders the triplets of ``benchmarks.quality``, is not used here, nor
are the recorded notes and the voices that it has.
"""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.training import additive, sung
from benchmarks.training.fonts import render
from benchmarks.training.plans import Plan, played, unpitched, written
from benchmarks.training.recording import Table, amplified, recorded
from benchmarks.training.tunes import SECONDS, table
from effects.notes import basic_pitch
from effects.notes.basic_pitch import RATE
from effects.notes.features import Spectra
from effects.signal.arrays import Mono
from presets.studio.instruments import load

# Nothing here was searched.
#: How many clips of notes each soundfont plays, and how many there are of what it does not play;
#: about a quarter of the organs and reeds fail `additive.Organ.tells_its_keys` and are left out.
PLAYED = {"fluid": 320, "musescore": 320, "opl3": 80, "freepats": 140}
OTHERS = {"organ": 220, "sung": 40, "choir": 24, "speech": 12, "noise": 6}
TOGETHER = 40  # clips that are rendered in one go: 13 s to load MuseScore_General, 3 s FluidR3
SILENT = 1e-4  # a soundfont's peak below this means that it lacks the instrument
NO_NOTES = np.zeros((0, 4))


def write_clips(folder: Path, share: float = 1.0) -> None:
    """Render the clips that ``folder`` lacks, and keep what their features are computed from.

    Each kind is spread over the whole time, so that some of the clips are as mixed as all of them.

    Args:
        folder: where they are kept, one ``.npz`` file each.
        share: of the clips of each kind to render, 0 to 1.
    """
    for job in _in_turn(_of_fonts(folder, share), _of_others(folder, share)):
        job()


def _in_turn(*kinds: Iterator[list[Callable[[], None]]]) -> Iterator[Callable[[], None]]:
    """Jobs of several lists, each spread evenly."""
    lists = [it for kind in kinds for it in kind]
    places = [((n + 0.5) / len(jobs), job) for jobs in lists for n, job in enumerate(jobs)]
    return (job for _, job in sorted(places, key=lambda it: it[0]))


def _of_fonts(folder: Path, share: float) -> Iterator[list[Callable[[], None]]]:
    instruments = {it.name: it for it in load()}
    for font, count in PLAYED.items():
        plans = [*played(instruments, font, round(share * count))]
        if font == "fluid":
            without = [*unpitched(instruments)]
            plans += without[: round(share * len(without))]
            random.Random("order B").shuffle(plans)
        lots = [plans[first : first + TOGETHER] for first in range(0, len(plans), TOGETHER)]
        yield [partial(_write, folder, font, lot) for lot in lots]


def _of_others(folder: Path, share: float) -> Iterator[list[Callable[[], None]]]:
    for kind, count in OTHERS.items():
        yield [partial(_write_other, folder, kind, it) for it in range(round(share * count))]


def _write(folder: Path, font: str, plans: Sequence[Plan]) -> None:
    """Render some plans in one go; those whose instruments the soundfont lacks are left out."""
    if all((folder / f"{it.name}.npz").is_file() for it in plans):
        return
    sounds = iter(render([part for plan in plans for part in plan.parts], font))
    for plan in plans:
        clips = [next(sounds) for _ in plan.parts]
        if min(np.abs(it).max(initial=0) for it in clips) > SILENT:
            keep(folder / f"{plan.name}.npz", *mixed(plan, clips))


def mixed(plan: Plan, clips: Sequence[Mono]) -> tuple[Mono, Table]:
    """The parts of a plan together, recorded, and their notes."""
    draw = random.Random(f"recorded B {plan.name}")
    if plan.drives:
        clips = [amplified(draw, clips[0]), *clips[1:]]
    clip = np.zeros(round(SECONDS * RATE), np.float32)
    for gain, sound in zip(plan.gains, clips, strict=True):
        clip[: sound.size] += sound * np.float32(10 ** (gain / 20) / np.sqrt(np.mean(sound**2)))
    pitched = [it for it in plan.parts if not (it.instrument.percussion or it.instrument.texture)]
    notes = np.concatenate([NO_NOTES, *(table(it.score) for it in pitched)])
    return recorded(draw, clip, notes)


def _write_other(folder: Path, kind: str, number: int) -> None:
    """Write a clip that no soundfont plays; an organ's only if its keys can be told."""
    path = folder / f"{kind}-{number}.npz"
    if path.is_file():
        return
    draw = random.Random(f"{kind} B {number}")
    if kind == "organ":
        score = written(draw, 36, 91, chords=draw.random() < 0.75)
        organ = draw.choice(additive.ORGANS)(draw)
        if not organ.tells_its_keys():
            return
        clip, notes = additive.play(organ, score, draw), table(score)
        clip = amplified(draw, clip) if draw.random() < 0.1 else clip
    elif kind in ("choir", "noise"):
        clip, notes = sung.choir(draw) if kind == "choir" else _noise(draw)
    elif kind == "sung":
        clip, notes = sung.song(draw, [*sung.SINGERS][number % len(sung.SINGERS)])
    else:
        clip, notes = sung.speech(draw, sung.VOICES[number % len(sung.VOICES)]), NO_NOTES
    keep(path, *recorded(draw, clip, notes))


def _noise(draw: random.Random) -> tuple[Mono, Table]:
    """White, pink or brown noise (0, -3 or -6 dB an octave), steady or in gusts of 0.1 s."""
    generator = np.random.default_rng(draw.randrange(1 << 30))
    n = round(SECONDS * RATE)
    colour = np.maximum(np.arange(n // 2 + 1), 20) ** (-0.5 * draw.randrange(3))
    gusts = np.repeat(generator.uniform(0.05, 1, 81), n // 80)[:n] if draw.random() < 0.5 else 1.0
    sound = np.fft.irfft(np.fft.rfft(generator.normal(size=n)) * colour, n) * gusts
    return sound.astype(np.float32), NO_NOTES


def keep(path: Path, clip: Mono, notes: Table) -> None:
    """Write what the features are computed from, in half precision, and the notes."""
    clip = clip / np.float32(max(np.abs(clip).max(initial=0), 1e-9))
    found, spectra = basic_pitch.activations(clip), Spectra.of(clip)
    arrays = {**vars(found), **vars(spectra)}
    whole = io.BytesIO()
    halves = {name: np.maximum(array, -150).astype(np.float16) for name, array in arrays.items()}
    np.savez(whole, score=notes, **halves)
    path.write_bytes(whole.getvalue())
