"""The sounds of a part of the demo, each with its spectrogram."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from plugin_bridge.files import sound_files
from plugin_bridge.files.sound_files import Sound
from plugin_bridge.reports.pictures import HIGHEST_HZ, spectrogram, write_pictures


def write_sounds(folder: Path, sounds: Mapping[str, Sound]) -> None:
    """Write them into a folder, which is made, by their names; the pictures are on one scale."""
    folder.mkdir()
    for name, sound in sounds.items():
        # 16 bits: every browser plays those.
        sound_files.write(folder / f"{name}.wav", Sound(sound.audio, sound.sample_rate, bits=16))
    write_pictures(
        {
            folder / f"{name}.png": spectrogram(sound, sound.seconds, HIGHEST_HZ)
            for name, sound in sounds.items()
        }
    )
