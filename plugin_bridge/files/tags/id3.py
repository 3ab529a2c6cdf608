"""ID3 tags (id3.org), which MP3, AIFF and WAV files have."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

from plugin_bridge.files.tags.tags import NAMES, Cover, Tags, cleaned, cover

if TYPE_CHECKING:
    from mutagen.id3 import ID3

FRONT = 3  # the kind of a picture, in ID3 and in FLAC files
_UTF_8 = 3
_COMMENT = "comment"
_DATE = re.compile(r"\d{4}(-\d\d(-\d\d)?)?$")  # what an ID3 tag can hold


def read(data: bytes) -> Tags:
    """What an ID3 tag says.

    Args:
        data: the tag, and nothing else; of version 1 the last 128 bytes of a file.

    Raises:
        mutagen.MutagenError: it is none, or damaged.
    """
    from mutagen.id3 import ID3

    tag = ID3(io.BytesIO(data))
    texts = [(name, _text(tag, name, frame)) for name, (frame, _) in NAMES.items()]
    return Tags(cleaned(texts), _cover(tag))


def made(tags: Tags) -> ID3:
    """An ID3 tag that says this; of version 2.4, as 2.3 has no room for a month without a day."""
    from mutagen.id3 import APIC, COMM, ID3, Frames

    tag = ID3()
    for name, text in tags.texts.items():
        frame = NAMES[name][0]
        if name == _COMMENT:
            tag.add(COMM(encoding=_UTF_8, lang="eng", desc="", text=[text]))
        elif name != "date" or _DATE.match(text):
            tag.add(Frames[frame](encoding=_UTF_8, text=[text]))
    if tags.cover is not None:
        tag.add(APIC(encoding=0, mime=tags.cover.mime, type=FRONT, desc="", data=tags.cover.data))
    return tag


def written(tags: Tags) -> bytes:
    """The bytes of such a tag."""
    file = io.BytesIO()
    made(tags).save(file, padding=no_padding)
    return file.getvalue()


def no_padding(_: object) -> int:
    """How many bytes mutagen is to leave free after a tag."""
    return 0


def _text(tag: ID3, name: str, frame: str) -> str:
    """What a tag says by that name; empty if it says nothing."""
    found = tag.getall(frame)
    if name == _COMMENT:  # programs keep notes of their own in comments that have a description
        found = [it for it in found if not it.desc]
    if not found:
        return ""
    return "; ".join(map(str, found[0].genres if name == "genre" else found[0].text))


def _cover(tag: ID3) -> Cover | None:
    pictures = sorted(tag.getall("APIC"), key=lambda it: it.type != FRONT)
    return cover(pictures[0].data) if pictures else None
