"""The user's own presets: add, remove, rename, export and validate them.

They are folders in `presets.user_folder`. Each change is made in a hidden folder beside them, which
is then renamed: whatever happens meanwhile (a crash, a full disk, another process), a preset is
there whole or not at all. A preset that is replaced is kept until the new one is there; after a
crash in between, the next change brings the old one back.

>>> from presets import user
>>> user.add("my kalimba", "kalimba.wav").name
'my-kalimba'
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
import tempfile
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace as with_changes
from pathlib import Path
from typing import BinaryIO

from presets import archive
from presets.catalogue import built_in, check_name, get, read_user, slug, user_folder
from presets.chain_files.catalogue import is_taken as is_chain
from presets.preset import (
    CLIP_SUFFIXES,
    MAX_CLIP_BYTES,
    MAX_ENTRY,
    TEXT,
    BrokenPreset,
    Preset,
    PresetError,
    UnknownPreset,
    read,
    render,
    shown,
)
from presets.validation import problems, problems_of_sound, sha256

FAMILY = "My Presets"

# Hidden names in the user's folder: a preset being made, one being replaced, one being removed.
_NEW, _OLD, _GONE = ".new-", ".old-", ".gone-"
_STALE_SECONDS = 3600.0  # after which a preset being made counts as abandoned; by guess
_BLOCK = 1 << 20  # bytes, or samples, copied at a time
_TRIES = 100  # to replace a preset that others are replacing, too; by guess


def add(
    name: str,
    source: str | os.PathLike[str],
    *,
    label: str | None = None,
    family: str | None = None,
    override: bool = False,
    replace: bool = False,
) -> Preset:
    """Add a preset of the user's.

    Args:
        name: what to call it; "My kalimba" becomes ``my-kalimba``.
        source: a sound file, the folder of a preset, or a .zip file of one. It is copied.
        label: what it is called on a screen; None for the label in ``source``, or else ``name``.
        family: the kind of sound; None for the family in ``source``, or else "My Presets".
        override: allow the name of a built-in preset, and take its place.
        replace: allow the name of another preset of the user's, and take its place.

    Returns:
        The new preset.

    Raises:
        PresetError: the name is taken or not allowed, or the source is no preset and no sound.
        OSError: a file cannot be read or written.
    """
    original = built_in(name)
    target = user_folder() / _free_name(name, original, override=override, replace=replace)
    label = None if label is None else _line("label", label)
    family = None if family is None else _line("family", family)
    with _workshop() as folder, _telling_of(Path(source), folder):
        clip = _fetch(Path(source), folder)
        found = _of_sound(clip, name, original) if clip else read(folder, name=target.name)
        wrong = problems(found)
        if wrong:
            raise BrokenPreset(wrong[0])
        found = with_changes(
            found,
            label=label or found.label,
            family=family or found.family,
            sha256=sha256(found.clip),
            override=original is not None,
        )
        _write_text(folder, found)
        made = read(folder, name=target.name)
        _put(folder, target, replace=replace)
    notes = made.notes and target / made.notes.name
    return with_changes(made, clip=target / made.clip.name, notes=notes)


def _free_name(name: str, original: Preset | None, *, override: bool, replace: bool) -> str:
    """The name of a new preset. Raises PresetError if it is taken or not allowed."""
    if original is not None and not override:
        raise PresetError(
            f"The preset {original.name!r} is built in: choose another name, or add --override "
            "(override=True) to use yours in its place."
        )
    written = original.name if original is not None else check_name(name)
    if not os.path.lexists(user_folder() / written):
        _check_no_chain(original, written)
    elif not replace:
        raise _is_there(written)
    return written


def _check_no_chain(original: Preset | None, name: str) -> None:
    """Raise PresetError if a chain has the name of a new preset: either may stand for the other."""
    if original is None and is_chain(name):
        raise PresetError(f"There is a chain {name!r}: choose another name for the preset.")


def _of_sound(clip: Path, name: str, original: Preset | None) -> Preset:
    """A preset for a sound, of which only the name and any overridden preset are known."""
    label = _line("label", "".join(c if c.isprintable() else " " for c in name))
    if original is None:
        return Preset(name=check_name(name), label=label, family=FAMILY, clip=clip)
    return Preset(
        name=original.name,
        label=label,
        family=original.family,
        program=original.program,
        bank=original.bank,
        percussion=original.percussion,
        clip=clip,
    )


def remove(name: str) -> None:
    """Remove a preset of the user's, broken or not. A built-in one that it overrode comes back.

    Raises:
        PresetError: there is no such preset, or it is built in.
        OSError: it cannot be removed.
    """
    _discard(_folder_of(name, "removed"))


def rename(name: str, new: str) -> Preset:
    """Call a preset of the user's by another name. Its label stays, unless that was the old name.

    Raises:
        PresetError: there is no such preset, it is broken, or the new name is taken or not allowed.
        OSError: it cannot be renamed.
    """
    folder = _folder_of(name, "renamed")
    written = check_name(new)
    own = built_in(new)
    if own is not None:
        raise PresetError(
            f"The preset {own.name!r} is built in: choose another name, or `restyle presets add` "
            "it with --override."
        )
    target = folder.with_name(written)
    preset = read(folder)
    if written == folder.name:
        return read_user(folder)
    if os.path.lexists(target) and not target.samefile(folder):  # it is where case does not count
        raise PresetError(f"You have a preset {written!r} already: remove it first.")
    _check_no_chain(own, written)
    folder.rename(target)
    label = _line("label", new) if slug(preset.label) == slug(name) else preset.label
    _write_text(target, with_changes(preset, label=label, override=False))
    return read_user(target)


def export(name: str, path: str | os.PathLike[str], *, file: BinaryIO | None = None) -> None:
    """Write a preset's sound as a WAV file, or all of the preset as a .zip file for `add`.

    Args:
        name: the preset's name.
        path: the file to write or replace; its suffix, .wav or .zip, says what.
        file: an open file that is written in place of the one at ``path``.

    Raises:
        PresetError: there is no such preset, it is broken, or the suffix is neither.
        OSError: the file cannot be written.
    """
    preset, path = get(name), Path(path)
    kind = path.suffix.lower()
    if kind not in (".wav", ".zip"):
        raise PresetError(f"{shown(path)}: end the name in .wav for the sound, .zip for all of it.")
    wrong = (
        problems_of_sound(preset.clip) if kind == ".wav" and preset.clip.suffix != ".wav" else []
    )
    if wrong:
        raise BrokenPreset(wrong[0])
    with contextlib.nullcontext(file) if file is not None else path.open("w+b") as target:
        if kind == ".zip":
            archive.write(with_changes(preset, override=False, sha256=sha256(preset.clip)), target)
        else:
            _write_wav(preset.clip, target)


def validate(source: str | os.PathLike[str]) -> list[str]:
    """Open and read a preset's files, and say what is wrong with them, one line for each fault.

    Args:
        source: the name of a preset, or its folder or .zip file. It is taken for a file if it is a
            `Path`, has a separator in it, ends in .zip, or if a file but no preset is called so.

    Raises:
        UnknownPreset: there is nothing of that name.
    """
    try:
        if isinstance(source, str) and not _is_path(source):
            try:
                return problems(_find(source))
            except UnknownPreset:
                if not os.path.exists(source):
                    raise
        with tempfile.TemporaryDirectory() as name:
            path, folder = Path(source), Path(name)
            if not os.path.exists(path):
                raise UnknownPreset(f"There is no file {shown(path)}: name a preset, or its files.")
            if os.path.isdir(path):
                return problems(read(path))
            if not _is_zip(path):
                raise BrokenPreset(f"{shown(path)} is no preset, which is a folder or a .zip file.")
            with _telling_of(path, folder):
                archive.unpack(path, folder)
                found = problems(read(folder))
            return [line.replace(shown(folder), shown(path)) for line in found]
    except BrokenPreset as error:
        return [str(error)]
    except OSError as error:
        return [f"{shown(error.filename or source)} cannot be read ({error.strerror})."]


def _find(name: str) -> Preset:
    """The preset of that name. Raises BrokenPreset if the user's is broken, used or not."""
    folder = user_folder() / (slug(name) or ".")
    if slug(name) and os.path.isdir(folder):
        return read_user(folder)
    return get(name)


def _is_path(source: str) -> bool:
    return any(sep in source for sep in filter(None, (os.sep, os.altsep))) or _is_zip(Path(source))


def _is_zip(path: Path) -> bool:
    return path.suffix.lower() == ".zip"


def _is_there(name: str) -> PresetError:
    return PresetError(
        f"You have a preset {name!r} already: choose another name, or add --force (replace=True)."
    )


def _line(what: str, text: str) -> str:
    """``text`` with single spaces. Raises PresetError if a preset's text cannot hold it."""
    line = " ".join(text.split())
    if not line or len(line) > MAX_ENTRY or not line.isprintable():
        raise PresetError(f"A {what} is up to {MAX_ENTRY} printable characters, not {shown(text)}.")
    return line


def _folder_of(name: str, done: str) -> Path:
    """The folder of a preset of the user's, broken or not.

    Args:
        name: the preset's name.
        done: what is to happen to it, for the message if it is built in.
    """
    parent, written = user_folder(), slug(name)
    _recover(parent)
    own = built_in(name)
    # The name as given may be that of a folder that somebody has named by hand.
    for candidate in (name, written, own.name if own else ""):
        if candidate and Path(candidate).name == candidate and candidate[0] != ".":
            folder = parent / candidate
            if os.path.isdir(folder) or os.path.islink(folder):
                return folder
    if own is not None:
        raise PresetError(
            f"The preset {own.name!r} is built in and cannot be {done}: only your own can."
        )
    get(name)  # raises, with suggestions
    raise UnknownPreset(f"There is no preset {shown(name)} of yours.")


@contextlib.contextmanager
def _workshop() -> Iterator[Path]:
    """Lend a hidden folder beside the user's presets; delete it afterwards unless it was moved."""
    parent = user_folder()
    try:
        parent.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise PresetError(f"{shown(parent)} cannot be a folder: a file is in its way.") from error
    _recover(parent)
    folder = parent / f"{_NEW}{uuid.uuid4().hex}"
    folder.mkdir()
    try:
        yield folder
    finally:
        _delete(folder)


@contextlib.contextmanager
def _telling_of(source: Path, folder: Path) -> Iterator[None]:
    """In messages about the copy of ``source`` in ``folder``, name ``source`` instead."""
    try:
        yield
    except PresetError as error:
        text = str(error).replace(f"{shown(folder / 'clip')}{source.suffix.lower()}", shown(source))
        raise type(error)(text.replace(shown(folder), shown(source))) from error


def _fetch(source: Path, folder: Path) -> Path | None:
    """Copy the files of ``source`` to ``folder``. Returns a sound's copy, or None for a preset."""
    try:
        status = source.stat()
    except ValueError as error:
        raise PresetError(f"{shown(source)} is no name of a file.") from error
    if stat.S_ISDIR(status.st_mode):
        preset = read(source)
        for file in filter(None, (source / TEXT, preset.clip, preset.notes)):
            _copy(file, folder / file.name)
        return None
    if not stat.S_ISREG(status.st_mode):
        raise PresetError(f"{shown(source)} is not a file: name a sound, or a preset to copy.")
    if _is_zip(source):
        archive.unpack(source, folder)
        return None
    suffix = source.suffix.lower()
    if suffix not in CLIP_SUFFIXES:
        raise PresetError(
            f"{shown(source)} is no preset's folder or .zip, and no sound by its name: it must end "
            f"in one of {', '.join(CLIP_SUFFIXES)}."
        )
    clip = folder / f"clip{suffix}"
    _copy(source, clip)
    return clip


def _copy(source: Path, target: Path) -> None:
    """Copy a file of at most `MAX_CLIP_BYTES`, even one that grows meanwhile."""
    with source.open("rb") as read_from, target.open("xb") as write_to:
        size = os.fstat(read_from.fileno()).st_size
        while size <= MAX_CLIP_BYTES and (block := read_from.read(_BLOCK)):
            write_to.write(block)
            size = max(size, write_to.tell())
    if size > MAX_CLIP_BYTES:
        raise PresetError(
            f"{shown(source)} has {size / 1e6:,.0f} MB, more than the "
            f"{MAX_CLIP_BYTES / 1e6:.0f} MB a clip may have: cut out a few seconds."
        )


def _write_text(folder: Path, preset: Preset) -> None:
    """Write the text of ``preset``, whole or not at all."""
    temporary = folder / f"{_NEW}{TEXT}"
    temporary.write_text(render(preset), encoding="utf-8")
    temporary.replace(folder / TEXT)


def _put(folder: Path, target: Path, *, replace: bool) -> None:
    """Rename ``folder`` to ``target``. A target that may be replaced is moved out of the way."""
    for _ in range(_TRIES):
        try:
            return _move(folder, target)
        except FileExistsError:
            if not replace:
                raise _is_there(target.name) from None
        old = target.with_name(f"{_OLD}{uuid.uuid4().hex}-{target.name}")
        with contextlib.suppress(FileNotFoundError):
            target.rename(old)
        try:
            _move(folder, target)
        except FileExistsError:  # another was faster: try again
            moved = False
        except BaseException:
            with contextlib.suppress(OSError):
                _bring_back(old, target)
            raise
        else:
            moved = True
        with contextlib.suppress(FileNotFoundError):
            _discard(old)
        if moved:
            return
    raise PresetError(f"The preset {target.name!r} is being changed elsewhere: try again.")


def _move(folder: Path, target: Path) -> None:
    """Rename ``folder`` to ``target``.

    Raises:
        FileExistsError: ``target`` exists.
    """
    if os.path.lexists(target):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), os.fspath(target))
    try:
        folder.rename(target)
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.ENOTDIR):  # it has just appeared
            raise FileExistsError(error.errno, error.strerror, os.fspath(target)) from error
        raise


def _bring_back(old: Path, target: Path) -> None:
    """Rename ``old`` to ``target`` again; discard it if there is a new one by now."""
    try:
        _move(old, target)
    except FileExistsError:
        _discard(old)


def _discard(path: Path) -> None:
    """Delete a folder, or a link. It is renamed first, so that no half of it is ever found."""
    gone = path.with_name(f"{_GONE}{uuid.uuid4().hex}")
    path.rename(gone)
    _delete(gone)


def _delete(path: Path) -> None:
    """Delete a hidden folder, or a link; what cannot be deleted now is left for `_recover`."""
    with contextlib.suppress(OSError):
        if path.is_symlink() or not path.is_dir():
            path.unlink()
        else:
            shutil.rmtree(path, ignore_errors=True)


def _recover(parent: Path) -> None:
    """After a crash: bring back what was being replaced, delete what was being made or removed."""
    for old in parent.glob(f"{_OLD}*"):
        with contextlib.suppress(FileNotFoundError):
            _bring_back(old, parent / old.name.removeprefix(_OLD).partition("-")[2])
    for gone in parent.glob(f"{_GONE}*"):
        _delete(gone)
    for new in parent.glob(f"{_NEW}*"):
        with contextlib.suppress(FileNotFoundError):
            if new.lstat().st_ctime < time.time() - _STALE_SECONDS:
                _delete(new)


def _write_wav(clip: Path, raw: BinaryIO) -> None:
    """Write a sound as a WAV file of 24 bits; a .wav is copied as it is."""
    from pedalboard.io import AudioFile

    from presets.sound_file.reading import opened

    if clip.suffix == ".wav":
        with clip.open("rb") as copied:
            shutil.copyfileobj(copied, raw)
        return
    with opened(clip) as source:
        rate, channels = source.header.sample_rate, source.header.channels
        with AudioFile(raw, "w", rate, channels, bit_depth=24, format="wav") as target:
            for start in range(0, source.frames, _BLOCK):
                target.write(source.read(min(_BLOCK, source.frames - start)))
