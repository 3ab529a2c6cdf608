"""What was written, in a few words."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

from plugin_bridge.errors import shown

if TYPE_CHECKING:
    from plugin_bridge.files.sound_files import Sound


def described(out: Path, sound: Sound) -> str:
    """How long, how wide and how loud the sound is that was written to ``out``."""
    from effects.signal.loudness import loudness
    from plugin_bridge.files.sound_files import clips, depth

    channels = {1: "mono", 2: "stereo"}.get(len(sound.audio), f"{len(sound.audio)} channels")
    lossy = out.suffix.lower() in (".mp3", ".ogg")
    bits = depth(out, sound)
    rated = [] if sound.kbit_per_s is None else [f"{sound.kbit_per_s} kbit/s"]
    kind = rated if lossy else [f"{bits}-bit" if bits < 32 else "32-bit float"]
    lufs = loudness(sound.audio, sound.sample_rate)
    level = f"{lufs:.1f} LUFS" if math.isfinite(lufs) else "silent"
    clipped = ["peaks above full scale were cut off"] if clips(out, sound) else []
    rate = f"{sound.sample_rate / 1000:g} kHz"
    return ", ".join([f"{sound.seconds:.1f} s", channels, rate, *kind, level, *clipped])


def loss(out: Path, sound: Sound) -> str | None:
    """What is lost of a chain's result that was written to ``out``, and what to do about it."""
    from plugin_bridge.files.sound_files import over_db

    over = over_db(out, sound)
    if not over:
        return None
    return (
        f"{shown(out)} peaks at +{over:.1f} dBFS, and what is above 0 was cut off: add a Gain "
        "or a Limiter to the chain, or write a .wav with --bit-depth 32."
    )
