"""What speed is measured with: recordings that come with Restyle, repeated, and presets."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pedalboard.io import AudioFile

from benchmarks.speed.calls import RATE, stem
from benchmarks.speed.versions import ROOT

RECORDINGS = ROOT / "plugin_bridge" / "recordings"
#: The clips of each stem. What is heard decides what is computed: in the first, notes in a third of
#: the sound (drums on one channel, a guitar on the other); in the second, notes alone; in the
#: third, strokes alone.
STEMS = {
    name: tuple(str(RECORDINGS / it / "clip.ogg") for it in name.split(" + "))
    for name in ("drums + guitar", "guitar", "tabla")
}
LOOP = STEMS["drums + guitar"]
PRESETS = ("violin", "flute", "trumpet", "grand-piano", "choir-aahs")  # not searched


def write(path: Path, clips: Sequence[str], seconds: float, turn: int) -> None:
    """Write a `benchmarks.speed.calls.stem` to a sound file of 24 bits."""
    audio = stem(clips, seconds, turn)
    with AudioFile(str(path), "w", RATE, len(audio), bit_depth=24) as file:
        file.write(audio)
