"""Chord charts, played by MMA in one of its grooves, under a tune of our own."""

from __future__ import annotations

import random
import re
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import mido

from benchmarks.training.mashup.events import (
    DRUMS,
    SECONDS,
    Event,
    Excerpt,
    between,
    channels_of,
    of_file,
)
from benchmarks.training.mashup.leads import tune

LIBRARY = Path("/usr/share/mma/lib")  # where Debian's package mma puts its grooves
# Chords as steps above the tonic, and their kind: progressions that songs use; not searched.
MAJOR = (0, 2, 4, 5, 7, 9, 11)
PROGRESSIONS = (
    ((0, ""), (7, ""), (9, "m"), (5, "")),
    ((0, ""), (9, "m"), (5, ""), (7, "7")),
    ((9, "m"), (5, ""), (0, ""), (7, "")),
    ((0, "M7"), (5, "M7"), (2, "m7"), (7, "7")),
    ((0, ""), (5, ""), (0, ""), (7, "")),
    ((2, "m7"), (7, "7"), (0, "M7"), (9, "m7")),
    ((9, "m"), (2, "m"), (4, "7"), (9, "m")),
    ((0, ""), (4, "m"), (5, ""), (7, "")),
    ((5, ""), (7, ""), (4, "m"), (9, "m")),
    ((9, "m"), (7, ""), (5, ""), (4, "7")),
)
NAMES = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
INTERVALS = {
    "": (0, 4, 7),
    "m": (0, 3, 7),
    "7": (0, 4, 7, 10),
    "M7": (0, 4, 7, 11),
    "m7": (0, 3, 7, 10),
}
BASSES = range(32, 40)  # General MIDI's programs of basses


def grooves() -> list[str]:
    """The names of MMA's grooves, sorted.

    Raises:
        FileNotFoundError: MMA is not here.
    """
    if not LIBRARY.is_dir():
        raise FileNotFoundError("There is no mma: install Debian's package mma.")
    found = set()
    for path in LIBRARY.rglob("*.mma"):
        text = path.read_text("latin-1")
        found |= set(re.findall(r"^\s*DefGroove\s+(\S+)", text, re.MULTILINE | re.IGNORECASE))
    return sorted(found)


def chart(draw: random.Random, name: str, groove: str, font: str) -> Excerpt | None:
    """An excerpt in a groove; None if MMA does not play it alone, or plays no drums or chords."""
    tempo, tonic = draw.randint(70, 170), draw.randrange(12)
    chords = [((tonic + step) % 12, kind) for step, kind in draw.choice(PROGRESSIONS)]
    file = played(text_of(groove, tempo, chords * 3))
    if file is None:
        return None
    channels = channels_of(of_file(file))
    bar = bar_seconds(file)
    parts: dict[str, list[Event]] = {"lead": [], "rhythm": [], "harmony": []}
    for channel, events in channels.items():
        programs = [it.message.program for it in events if it.message.type == "program_change"]
        bass = bool(programs) and programs[0] in BASSES
        parts["rhythm" if channel == DRUMS or bass else "harmony"] += events
    classes = [{(root + it) % 12 for it in INTERVALS[kind]} for root, kind in chords * 3]
    scale = {(tonic + it) % 12 for it in MAJOR}
    beats = max(round(bar * tempo / 60), 1)
    parts["lead"] = tune(draw, classes, scale, bar, beats)
    sorted_parts = {it: sorted(events, key=lambda e: e.second) for it, events in parts.items()}
    start = bar * draw.random()
    cut = {it: between(events, start, start + SECONDS) for it, events in sorted_parts.items()}
    whole = all(any(e.message.type == "note_on" for e in cut[it]) for it in cut)
    return Excerpt(name, f"mma {groove}", font, cut) if whole else None


def text_of(groove: str, tempo: int, chords: Sequence[tuple[int, str]]) -> str:
    """A chart for MMA, with a chord for each bar: its pitch class, and its kind."""
    lines = [f"Tempo {tempo}", f"Groove {groove}"]
    lines += [f"{bar + 1} {NAMES[root]}{kind}" for bar, (root, kind) in enumerate(chords)]
    return "\n".join(lines)


def played(text: str) -> mido.MidiFile | None:
    """What MMA makes of a chart; None if it does not play that groove alone."""
    with tempfile.TemporaryDirectory() as own:
        chart, out = Path(own) / "chart.mma", Path(own) / "chart.mid"
        chart.write_text(text)
        done = subprocess.run(["mma", chart, "-f", out], capture_output=True, check=False)
        if done.returncode or not out.is_file():
            return None
        return mido.MidiFile(out)


def bar_seconds(file: mido.MidiFile) -> float:
    """How long a bar is: MMA's file has its meter."""
    tempo = meter = None
    for message in file.tracks[0]:
        if message.type == "set_tempo" and tempo is None:
            tempo = message.tempo
        if message.type == "time_signature" and meter is None:
            meter = 4 * message.numerator / message.denominator
    return (tempo or 500000) * 1e-6 * (meter or 4)
