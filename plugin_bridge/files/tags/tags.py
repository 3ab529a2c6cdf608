"""Tags, whatever kind of file they were in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

#: By the names that Vorbis comments have (xiph.org): what they are called in ID3 and in a WAV
#: file's INFO, where it has a name for them. They stay true of a stem in another timbre, as levels
#: for ReplayGain or the identity of a recording would not.
NAMES: Mapping[str, tuple[str, str]] = {
    "title": ("TIT2", "INAM"),
    "artist": ("TPE1", "IART"),
    "album": ("TALB", "IPRD"),
    "albumartist": ("TPE2", ""),
    "tracknumber": ("TRCK", "ITRK"),
    "discnumber": ("TPOS", ""),
    "date": ("TDRC", "ICRD"),
    "genre": ("TCON", "IGNR"),
    "composer": ("TCOM", ""),
    "copyright": ("TCOP", "ICOP"),
    "bpm": ("TBPM", ""),
    "initialkey": ("TKEY", ""),
    "comment": ("COMM", "ICMT"),
}
# Not searched: what people write is shorter, and what they draw is smaller. A block of a FLAC file
# holds 16 MiB.
MAX_CHARACTERS = 10_000
MAX_COVER_BYTES = 15 << 20

_PICTURES = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}


class Cover(NamedTuple):
    """A picture: what kind it is, as in ``image/png``, and its bytes."""

    mime: str
    data: bytes


class Part(NamedTuple):
    """A chunk of a WAV file that is kept as it is: four letters, and its content."""

    name: bytes
    data: bytes


@dataclass(frozen=True)
class Tags:
    """What a file says beside its sound.

    Attributes:
        texts: by the names of `NAMES`; none is empty.
        cover: the picture of its front.
        parts: of a WAV file: ``bext``, and its markers and loops. Other kinds cannot hold them.
    """

    texts: Mapping[str, str] = field(default_factory=dict)
    cover: Cover | None = None
    parts: tuple[Part, ...] = ()

    @property
    def common(self) -> bool:
        """Whether there is something that all kinds of files can hold."""
        return bool(self.texts) or self.cover is not None


NONE = Tags()


def cleaned(found: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Those that have a name in `NAMES`, the first of each, as texts that can be written.

    Args:
        found: names in any case, with their texts.
    """
    texts: dict[str, str] = {}
    for name, text in found:
        key = name.lower()
        clean = text.encode("utf-8", "ignore").decode()[:MAX_CHARACTERS]
        clean = "".join(it for it in clean if it.isprintable() or it in "\n\t").strip()
        if key in NAMES and clean and key not in texts:
            texts[key] = clean
    return texts


def cover(data: bytes) -> Cover | None:
    """A picture, if it is one that is known and not too large."""
    for magic, mime in _PICTURES.items():
        if data.startswith(magic) and len(data) <= MAX_COVER_BYTES:
            return Cover(mime, data)
    return None
