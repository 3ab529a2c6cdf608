"""The kinds of sound files that are written, by the ends of their names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple


class Format(NamedTuple):
    """What a kind of file can hold.

    Attributes:
        name: pedalboard's.
        depths: bits per sample; 32 are floating point.
        kbits: the bit rates that a lossy kind can be asked for, in kbit/s.
    """

    name: str
    depths: tuple[int, ...]
    kbits: tuple[int, ...] = ()

    def depth_for(self, bits: int) -> int:
        """The least depth that holds ``bits``, or the greatest there is."""
        return next((depth for depth in self.depths if depth >= bits), self.depths[-1])


class Quality(NamedTuple):
    """How well a sound is to be written.

    Attributes:
        bit_depth: bits per sample, for kinds that have a depth; None for the sound's own.
        kbit_per_s: the bit rate of a lossy kind; None for the best.
    """

    bit_depth: int | None = None
    kbit_per_s: int | None = None


#: What LAME and pedalboard's Vorbis encoder both take. A low sample rate may not allow as much.
_KBITS = (64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
WAV = Format("wav", (8, 16, 24, 32))
_AIFF = Format("aiff", (8, 16, 24))
FORMATS = {
    ".wav": WAV,
    ".bwf": WAV,
    ".aiff": _AIFF,
    ".aif": _AIFF,
    ".flac": Format("flac", (16, 24)),
    ".ogg": Format("ogg", (32,), _KBITS),
    ".mp3": Format("mp3", (32,), _KBITS),
}
AS_IT_IS = Quality()


def check_suffix(path: Path) -> None:
    """Raise ValueError unless ``path`` ends like a sound file that can be written."""
    if path.suffix.lower() not in FORMATS:
        known = ", ".join(FORMATS)
        raise ValueError(f"{path}: the name of a sound file must end in one of {known}.")


def check_quality(paths: Sequence[Path], quality: Quality) -> None:
    """Check that sounds can be written so, whose suffixes are known.

    Files may be of several kinds: a depth is for those that have one, and a bit rate for the rest.

    Raises:
        ValueError: a kind cannot hold what is asked, or none of the files has what is asked for.
    """
    kinds = {it.suffix.lower(): FORMATS[it.suffix.lower()] for it in paths}
    depths = {suffix: () if it.kbits else it.depths for suffix, it in kinds.items()}
    kbits = {suffix: it.kbits for suffix, it in kinds.items()}
    _check_one(quality.bit_depth, depths, "bit depth", "bits")
    _check_one(quality.kbit_per_s, kbits, "bit rate", "kbit/s")


def _check_one(
    value: int | None, held: Mapping[str, tuple[int, ...]], name: str, unit: str
) -> None:
    """Check a value against what files of each suffix can hold; nothing if they have no such."""
    if value is None:
        return
    if not any(held.values()):
        raise ValueError(f"A {' or '.join(held)} file has no {name}: leave it out.")
    for suffix, values in held.items():
        if values and value not in values:
            known = f"{', '.join(map(str, values[:-1]))} or {values[-1]}"
            raise ValueError(f"A {suffix} file takes {known} {unit}, not {value}.")
