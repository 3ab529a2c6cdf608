"""Vorbis comments (xiph.org), which FLAC and Ogg files have."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from plugin_bridge.files.tags.id3 import FRONT, no_padding
from plugin_bridge.files.tags.tags import Tags, cleaned, cover

if TYPE_CHECKING:
    from mutagen.flac import Picture

_PICTURE = "metadata_block_picture"  # in Ogg files: a block of a FLAC file, in base64


def read_flac(start: bytes) -> Tags:
    """What a FLAC file says that begins so. Raises mutagen.MutagenError if it is damaged."""
    from mutagen.flac import FLAC

    file: Any = FLAC(io.BytesIO(start))
    return _read(file.tags or {}, file.pictures)


def read_ogg(content: bytes, *, opus: bool) -> Tags:
    """What an Ogg file says that begins so.

    Args:
        content: of the file, at least as far as its comments go.
        opus: whether it holds Opus.

    Raises:
        Exception: it is damaged.
    """
    from mutagen.flac import Picture
    from mutagen.oggopus import OggOpus
    from mutagen.oggvorbis import OggVorbis

    tags: Any = (OggOpus if opus else OggVorbis)(io.BytesIO(content)).tags or {}
    pictures = [Picture(base64.b64decode(it)) for it in tags.get(_PICTURE, [])]
    return _read(tags, pictures)


def write_flac(file: io.BufferedRandom, tags: Tags) -> None:
    """Put tags into a FLAC file that is open. Raises mutagen.MutagenError, as for a full disk."""
    from mutagen.flac import FLAC

    flac: Any = FLAC(file)
    if flac.tags is None:
        flac.add_tags()
    for name, text in tags.texts.items():
        flac.tags[name] = text
    for it in _pictures(tags):
        flac.add_picture(it)
    file.seek(0)
    flac.save(file, padding=no_padding)


def write_ogg(file: io.BufferedRandom, tags: Tags) -> None:
    """Put tags into an Ogg file of Vorbis that is open. Raises as `write_flac`."""
    from mutagen.oggvorbis import OggVorbis

    ogg: Any = OggVorbis(file)
    for name, text in tags.texts.items():
        ogg.tags[name] = text
    for it in _pictures(tags):
        ogg.tags[_PICTURE] = [base64.b64encode(it.write()).decode()]
    file.seek(0)
    ogg.save(file, padding=no_padding)


def _read(comments: Mapping[str, Sequence[str]], pictures: Iterable[Picture]) -> Tags:
    texts = [(name, "; ".join(values)) for name, values in comments.items()]
    texts += [("comment", text) for name, text in texts if name.lower() == "description"]
    front = sorted(pictures, key=lambda it: it.type != FRONT)
    return Tags(cleaned(texts), cover(front[0].data) if front else None)


def _pictures(tags: Tags) -> list[Picture]:
    """The cover, as a FLAC file has it."""
    from mutagen.flac import Picture

    if tags.cover is None:
        return []
    picture = Picture()
    picture.type, picture.mime, picture.data = FRONT, tags.cover.mime, tags.cover.data
    return [picture]
