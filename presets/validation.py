"""Opens a preset's sound and notes to see whether they are what they should be."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from presets.preset import NOTES, Preset, shown

if TYPE_CHECKING:
    from presets.sound_file.reading import Reader

# By guess: a sound outside these limits is a mistake rather than a style.
MIN_SECONDS = 0.1
MAX_SECONDS = 3600.0
#: A clip whose samples all lie below this (-80 dBFS) counts as silent.
MIN_PEAK = 1e-4

BLOCK = 1 << 18  # samples read at a time: bounds the memory


def problems(preset: Preset) -> list[str]:
    """What is wrong with the sound and the notes of a preset, one line for each fault."""
    found = problems_of_sound(preset.clip)
    if preset.sha256 is not None and not found and sha256(preset.clip) != preset.sha256:
        found.append(
            f"{shown(preset.clip)} is not the sound that sha256 in its preset.toml stands for: "
            "get the preset again, or take the line out if you changed the sound."
        )
    if preset.notes is not None:
        found += problems_of_notes(preset.notes)
    return found


def sha256(path: Path) -> str:
    """The hash of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def problems_of_sound(path: Path) -> list[str]:
    """What keeps a sound file from being a style clip: nothing, or one line."""
    from presets.opening import NotOrdinary
    from presets.sound_file.header import BadSound
    from presets.sound_file.reading import opened

    try:
        with opened(path) as file:
            wrong = _wrong(file)
    except BadSound as error:
        wrong = f"{error}."
    except (OSError, NotOrdinary) as error:
        reason = error.strerror if isinstance(error, OSError) else "not an ordinary file"
        wrong = f"cannot be read ({reason})."
    return [f"{shown(path)} {wrong}"] if wrong else []


def problems_of_notes(path: Path) -> list[str]:
    """What keeps a file from being a standard MIDI file: nothing, or one line.

    Only the chunks are checked, not the events in them.
    """
    try:
        with path.open("rb") as file:
            data = file.read()
    except OSError as error:
        return [f"{shown(path)} cannot be read ({error.strerror})."]
    tracks, at = 0, 0
    while at + 8 <= len(data):
        kind, length = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "big")
        if at == 0 and (kind != b"MThd" or length < 6):
            break
        tracks += kind == b"MTrk" and at + 8 + length <= len(data)
        at += 8 + length
    if tracks and at <= len(data):
        return []
    return [f"{shown(path)} is no MIDI file, or is cut short: take {NOTES} out, or write it again."]


def _wrong(file: Reader) -> str:
    """What is wrong with an open sound file; an empty text if nothing is."""
    if file.header.seconds < MIN_SECONDS:
        return f"lasts less than {MIN_SECONDS:g} s: take a few seconds."
    if file.header.seconds > MAX_SECONDS:
        return f"lasts more than {MAX_SECONDS / 3600:g} h: take a part of it."
    peak = 0.0
    for low, high in _extremes(file):
        if not -float("inf") < low <= high < float("inf"):
            return "holds NaN or infinity: export it again."
        peak = max(peak, -low, high)
    return "" if peak >= MIN_PEAK else "is silent: choose one that sounds."


def _extremes(file: Reader) -> Iterator[tuple[float, float]]:
    """The lowest and the highest sample of each block; NaN if one of its samples is NaN."""
    for start in range(0, file.frames, BLOCK):
        block = file.read(min(BLOCK, file.frames - start))
        yield float(block.min()), float(block.max())
