"""A preset in a .zip file, to be shared: writing one, and reading one from a stranger.

No name in the archive is used to write a file: members are looked up by the few names that presets
have, and read only up to the size that such a file may have.
"""

from __future__ import annotations

import io
import os
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from presets.preset import (
    CLIP_SUFFIXES,
    MAX_CLIP_BYTES,
    MAX_NOTES_BYTES,
    MAX_TEXT_BYTES,
    NOTES,
    TEXT,
    BrokenPreset,
    Preset,
    render,
    shown,
)

#: What may be in an archive, and how large it may be, in bytes.
MEMBERS = {
    TEXT: MAX_TEXT_BYTES,
    NOTES: MAX_NOTES_BYTES,
    **{f"clip{suffix}": MAX_CLIP_BYTES for suffix in CLIP_SUFFIXES},
}
MAX_BYTES = MAX_CLIP_BYTES + (2 << 20)  # of the archive
MAX_CONTENTS_BYTES = 1 << 20  # of its table of contents; by guess, far more than needed
BLOCK = 1 << 16  # bytes copied at a time
JUNK = (".DS_Store", "Thumbs.db", "desktop.ini")  # left in folders by operating systems


def write(preset: Preset, target: BinaryIO) -> None:
    """Write ``preset`` to an open file as a .zip of its folder.

    The same preset gives the same bytes.

    Raises:
        OSError: a file cannot be read or written.
    """
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr(_member(preset, TEXT), render(preset).encode())
        for file in filter(None, (preset.clip, preset.notes)):
            with (
                file.open("rb") as source,
                archive.open(_member(preset, file.name), "w") as member,
            ):
                while block := source.read(BLOCK):
                    member.write(block)


def unpack(path: Path, folder: Path) -> None:
    """Write the files of the preset in the .zip file ``path`` to the existing ``folder``.

    Raises:
        BrokenPreset: ``path`` is not the .zip file of a preset, is damaged or too large, or holds
            something that a preset does not.
        OSError: ``path`` cannot be read, or ``folder`` cannot be written.
    """
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise _refusal(path, "is not a file")
    if status.st_size > MAX_BYTES:
        raise _refusal(path, f"has {status.st_size / 1e6:,.0f} MB, more than a preset may have")
    with path.open("rb", buffering=0) as raw:
        archive = _open(path, _Frugal(raw))
        for name, member in _members(path, archive).items():
            with (folder / name).open("wb") as file:
                file.writelines(_read(path, archive, name, member))


class _Frugal(io.BufferedReader):
    """A file that is read only in bounded pieces, however much a forged archive asks for."""

    def read(self, size: int | None = -1, /) -> bytes:
        bounded = size is not None and 0 <= size <= MAX_CONTENTS_BYTES
        data = super().read(size if bounded else MAX_CONTENTS_BYTES + 1)
        if len(data) > MAX_CONTENTS_BYTES:
            raise zipfile.BadZipFile("its table of contents is too long")
        return data


def _member(preset: Preset, name: str) -> zipfile.ZipInfo:
    """An entry for a file of the preset, always with the same date."""
    member = zipfile.ZipInfo(f"{preset.name}/{name}")
    member.external_attr = (stat.S_IFREG | 0o644) << 16
    return member


def _open(path: Path, file: _Frugal) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)
    except Exception as error:  # on a damaged file zipfile raises errors of all kinds
        raise _damaged(path, error) from error


def _members(path: Path, archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """The files of the preset, by their names in its folder."""
    found: dict[str, zipfile.ZipInfo] = {}
    folders = set()
    for member in archive.infolist():
        _check_harmless(path, member)
        parts = PurePosixPath(member.filename.replace("\\", "/")).parts
        if not parts or _is_junk(parts):
            continue
        if member.is_dir() and len(parts) == 1:
            continue
        *above, name = parts
        if member.is_dir() or len(above) > 1 or name not in MEMBERS:
            raise _refusal(
                path,
                f"holds {shown(member.filename)}, which presets do not have: it must be the .zip "
                f"of one folder with {TEXT}, a sound called clip.ogg or the like, and {NOTES}",
            )
        if name in found:
            raise _refusal(path, f"holds two files called {name}")
        found[name] = member
        folders.add(tuple(above))
    if len(folders) > 1:
        raise _refusal(path, "holds more than one folder")
    if TEXT not in found:
        raise _refusal(path, f"holds no {TEXT}")
    return found


def _check_harmless(path: Path, member: zipfile.ZipInfo) -> None:
    """Refuse what no honest archive holds, even if it would not be read."""
    name = member.orig_filename.replace("\\", "/")
    what = shown(member.orig_filename)
    if name.startswith("/") or name[1:2] == ":" or ".." in name.split("/") or "\0" in name:
        raise _refusal(path, f"holds {what}, a path that leaves its folder")
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise _refusal(path, f"holds {what}, which is a link or a device, not a file")
    if member.flag_bits & 0x1:
        raise _refusal(path, f"holds {what}, which is encrypted")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise _refusal(path, f"holds {what}, which is compressed in an unusual way")


def _is_junk(parts: tuple[str, ...]) -> bool:
    """Whether an operating system has left this file there."""
    return "__MACOSX" in parts or parts[-1] in JUNK or parts[-1].startswith("._")


def _read(
    path: Path, archive: zipfile.ZipFile, name: str, member: zipfile.ZipInfo
) -> Iterator[bytes]:
    """The bytes of a member, block by block. Raises BrokenPreset once there are too many."""
    limit, size = MEMBERS[name], member.file_size
    try:
        if size <= limit:
            with archive.open(member) as file:
                size = 0
                while size <= limit and (block := file.read(BLOCK)):
                    size += len(block)
                    yield block
    except Exception as error:  # on a damaged file zipfile raises errors of all kinds
        raise _damaged(path, error) from error
    if size > limit:
        raise _refusal(path, f"holds a {name} of more than {limit / 1e6:,.2f} MB")


def _damaged(path: Path, error: Exception) -> BrokenPreset:
    reason = " ".join(str(error).split())[:100] or type(error).__name__
    return _refusal(path, f"is damaged, or no .zip file ({reason})")


def _refusal(path: Path, what: str) -> BrokenPreset:
    name = shown(Path(os.path.basename(path)))
    return BrokenPreset(f"{name} {what}: have it made again by `restyle presets export`.")
