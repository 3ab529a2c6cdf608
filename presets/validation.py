"""Opens a preset's sound and notes to see whether they are what they should be."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from presets.preset import NOTES, Preset, shown

if TYPE_CHECKING:
    from pedalboard.io import ReadableAudioFile

# By guess: a sound outside these limits is a mistake rather than a style.
MIN_SECONDS = 0.1
MAX_SECONDS = 3600.0
MAX_CHANNELS = 8
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
    from pedalboard.io import AudioFile

    try:
        with AudioFile(os.fspath(path)) as file:
            wrong = _wrong(path, file)
    except (OSError, ValueError, RuntimeError, MemoryError) as error:
        text = (str(error) or type(error).__name__).replace(os.fspath(path), path.name)
        reason = text.splitlines()[0].rstrip(".")[:200]
        return [f"{shown(path)} cannot be read as audio ({reason}): export it again."]
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


def _wrong(path: Path, file: ReadableAudioFile) -> str:
    """What is wrong with an open sound file; an empty text if nothing is."""
    if file.num_channels > MAX_CHANNELS:
        return f"has {file.num_channels} channels: mix it down to {MAX_CHANNELS} at the most."
    if not file.frames >= MIN_SECONDS * file.samplerate:
        return f"lasts less than {MIN_SECONDS:g} s: take a few seconds."
    if file.frames > MAX_SECONDS * file.samplerate:
        return f"lasts more than {MAX_SECONDS / 3600:g} h: take a part of it."
    if _promised_bytes(path, file) > path.stat().st_size:
        return "is cut short (its header promises more sound than it holds): export it again."
    peak = 0.0
    for low, high in _extremes(file):
        if not -float("inf") < low <= high < float("inf"):
            return "holds NaN or infinity: export it again."
        peak = max(peak, -low, high)
    return "" if peak >= MIN_PEAK else "is silent: choose one that sounds."


def _extremes(file: ReadableAudioFile) -> Iterator[tuple[float, float]]:
    """The lowest and the highest sample of each block; NaN if one of its samples is NaN."""
    while file.tell() < file.frames:
        block = file.read(min(BLOCK, file.frames - file.tell()))
        if not block.size:
            return
        yield float(block.min()), float(block.max())


def _promised_bytes(path: Path, file: ReadableAudioFile) -> int:
    """The least size of an uncompressed file with so many samples; 0 for compressed kinds.

    What pedalboard calls float32 may be 8-bit A-law, so 8 bits are assumed.
    """
    if path.suffix.lower() not in (".wav", ".aiff", ".aif"):
        return 0
    bits = {"int16": 16, "int24": 24, "int32": 32}.get(file.file_dtype, 8)
    return int(file.frames) * int(file.num_channels) * bits // 8
