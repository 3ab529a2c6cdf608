"""The kinds of sound files that are written, by the ends of their names."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple


class Format(NamedTuple):
    """What a kind of file can hold: pedalboard's name for it, and its bits per sample."""

    name: str
    depths: tuple[int, ...]

    def depth_for(self, bits: int) -> int:
        """The least depth that holds ``bits``, or the greatest there is."""
        return next((depth for depth in self.depths if depth >= bits), self.depths[-1])


WAV = Format("wav", (8, 16, 24, 32))
_AIFF = Format("aiff", (8, 16, 24))
FORMATS = {
    ".wav": WAV,
    ".bwf": WAV,
    ".aiff": _AIFF,
    ".aif": _AIFF,
    ".flac": Format("flac", (16, 24)),
    ".ogg": Format("ogg", (32,)),
    ".mp3": Format("mp3", (32,)),
}


def check_suffix(path: Path) -> None:
    """Raise ValueError unless ``path`` ends like a sound file that can be written."""
    if path.suffix.lower() not in FORMATS:
        known = ", ".join(FORMATS)
        raise ValueError(f"{path}: the name of a sound file must end in one of {known}.")
