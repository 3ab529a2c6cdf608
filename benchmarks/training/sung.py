"""Clips that eSpeak NG sings or speaks; not with the voices that sing in ``benchmarks.quality``."""

from __future__ import annotations

import random
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import soxr

from benchmarks.quality.sounds import RATE as FILE_RATE
from benchmarks.quality.triplets import compose
from benchmarks.quality.voices import sung
from benchmarks.training.fonts import read
from benchmarks.training.recording import Table
from benchmarks.training.tunes import SECONDS, hard_tune, table
from effects.notes.basic_pitch import RATE
from effects.signal.arrays import Mono

#: The voices that sing, with the lowest and highest key of each, and their syllables.
SINGERS = {
    **{"de": (38, 55), "it": (41, 58), "en+m3": (36, 54), "fr+m7": (43, 60)},
    **{"es+f2": (53, 70), "pt+f4": (55, 74), "sv+f1": (57, 72), "en+klatt4": (45, 62)},
}
SYLLABLES = ("ba", "lo", "nee", "soo", "tay", "wah")
#: The voices that speak.
VOICES = ("en-us", "de", "fr", "it", "es+f2", "en+f3")
WORDS = (
    *("the", "river", "carried", "a", "small", "boat", "past", "quiet", "houses", "while"),
    *("children", "counted", "seven", "white", "birds", "and", "nobody", "answered", "when"),
    *("the", "old", "bell", "rang", "twice", "over", "hills", "of", "wet", "grass"),
)


def song(draw: random.Random, voice: str) -> tuple[Mono, Table]:
    """A tune that is sung, and its notes."""
    make = hard_tune if draw.random() < 0.5 else compose
    score = make(draw, *SINGERS[voice], chords=0.0)
    clip = soxr.resample(sung(draw, score, voice, SYLLABLES), FILE_RATE, RATE)
    return clip[: round(SECONDS * RATE)], table(score)


def choir(draw: random.Random) -> tuple[Mono, Table]:
    """Two to four voices that sing tunes of their own at once."""
    songs = [song(draw, it) for it in draw.sample([*SINGERS], draw.randint(2, 4))]
    return sum(clip for clip, _ in songs), np.concatenate([notes for _, notes in songs])


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
