"""What is made of a sound to be played or shown by a browser; each in a process of its own.

These are made when they are first asked for, and kept beside the sound.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import numpy as np

from plugin_bridge.files.sound_files import Sound
from plugin_bridge.storage.files import PICTURE, PREVIEW, Files
from plugin_bridge.web.desk import Desk

BLOCK_FRAMES = 1 << 16  # that are converted at once: 0.5 MB of stereo. Not searched


async def ensure(desk: Desk, key: str, suffix: str) -> str:
    """Make what ``suffix`` stands for of a sound, unless it is there; returns its key.

    Raises:
        Refusal: the sound cannot be read.
        OSError: storage fails.
    """
    made = key + suffix
    if await asyncio.to_thread(_is_there, desk.files, made):
        return made
    task = desk.making.get(made)
    if task is None:  # whoever asks at the same time waits for the same
        task = desk.making[made] = asyncio.create_task(_make(desk, key, suffix))
        task.add_done_callback(lambda done: _forget(desk, made, done))
    await asyncio.shield(task)
    return made


async def _make(desk: Desk, key: str, suffix: str) -> None:
    await desk.aside.call(_MAKERS[suffix], desk.files, key)
    if not await asyncio.to_thread(_is_there, desk.files, key):  # it was deleted meanwhile
        await asyncio.to_thread(desk.files.remove, key)
        raise FileNotFoundError(key)


def _forget(desk: Desk, made: str, done: asyncio.Task[None]) -> None:
    desk.making.pop(made, None)
    if not done.cancelled():
        done.exception()  # whoever waits has it, too; nobody may wait any more


def _is_there(files: Files, key: str) -> bool:
    try:
        files.size(key)
    except FileNotFoundError:
        return False
    return True


def make_preview(files: Files, key: str) -> None:
    """Write a sound as FLAC of 16 bits, sample for sample: browsers play no AIFF.

    Raises:
        ValueError: it cannot be read.
        OSError: storage fails.
    """
    import soundfile

    with files.open(key) as source, files.writing(key + PREVIEW) as target:
        try:
            with soundfile.SoundFile(source) as sound:
                _copy(sound, target)
        except soundfile.LibsndfileError as error:
            raise ValueError(str(error)) from error


def _copy(sound: object, target: BinaryIO) -> None:
    import soundfile

    assert isinstance(sound, soundfile.SoundFile)
    options = {"format": "FLAC", "subtype": "PCM_16"}
    with soundfile.SoundFile(target, "w", sound.samplerate, sound.channels, **options) as copy:
        while len(block := sound.read(BLOCK_FRAMES, dtype="float32", always_2d=True)):
            copy.write(np.clip(np.nan_to_num(block), -1.0, 1.0))


def draw_picture(files: Files, key: str) -> None:
    """Write the spectrogram of a sound as PNG, from 40 Hz to 20 kHz.

    The brightest colour is a steady tone, whatever the sound's volume; black is 80 dB below that.
    So all pictures have one scale, and can be held against each other.

    Raises:
        ValueError: it cannot be read.
        OSError: storage fails.
    """
    with files.open(key) as source:
        sound = _mono(source)
    with files.writing(key + PICTURE) as target:
        _draw(sound, target)


def picture_of(path: Path) -> bytes:
    """The same picture of a sound that is not in storage, such as a preset's.

    Raises:
        ValueError: it cannot be read.
        OSError: likewise.
    """
    with path.open("rb") as source:
        sound = _mono(source)
    target = BytesIO()
    _draw(sound, target)
    return target.getvalue()


def _draw(sound: Sound, target: BinaryIO) -> None:
    from plugin_bridge.reports import pictures

    picture = pictures.spectrogram(sound, sound.seconds, pictures.HIGHEST_HZ)
    pictures.write_levels(target, picture - pictures.tone_level_db(sound.sample_rate))


def _mono(source: BinaryIO) -> Sound:
    """The mean of a sound's channels; never more than that is in memory."""
    import soundfile

    try:
        with soundfile.SoundFile(source) as sound:
            blocks = []
            while len(block := sound.read(BLOCK_FRAMES, dtype="float32", always_2d=True)):
                blocks.append(np.nan_to_num(block).mean(axis=1))
            return Sound(np.concatenate(blocks)[None], sound.samplerate)
    except soundfile.LibsndfileError as error:
        raise ValueError(str(error)) from error


_MAKERS: dict[str, Callable[[Files, str], None]] = {PREVIEW: make_preview, PICTURE: draw_picture}
