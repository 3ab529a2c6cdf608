"""Where plugins are looked for. Nothing here loads one."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from presets.chain_files.chain import ChainError

#: How deep folders of plugins are looked through, since vendors make some of their own, and how
#: many entries at most, so that a whole disk, named by mistake, is not. By guess.
MAX_DEPTH, MAX_ENTRIES = 4, 20_000
#: How names of plugins end that may be folders, which are not looked into.
BUNDLES = (".vst3", ".component")


class MissingPlugin(ChainError):  # noqa: N818
    """A plugin is in none of the folders; the message names it and them."""


@dataclass(frozen=True)
class PluginFolders:
    """Where plugins are looked for.

    Attributes:
        folders: looked through first, in this order.
        only: whether plugins are taken from nowhere else: by their file's name, whatever path a
            chain says. If not, a chain may also name a path of its own, and the system's folders
            for VST3 plugins are looked through last.
    """

    folders: Sequence[Path] = ()
    only: bool = False

    def find(self, path: str, beside: Path | None = None) -> Path:
        """The plugin that a chain calls ``path``.

        One that is not at its path is looked for in `folders`, by the name of its file.

        Args:
            path: an absolute path, one relative to the chain's file, or the name of a file.
            beside: the folder of the chain's file; None for none.

        Raises:
            MissingPlugin: it is not there.
        """
        if self.only:
            return self._named(_last(path), self.folders)
        if os.path.isabs(path):
            if _there(path):
                return Path(path)
            return self._moved(path, [])
        if _last(path) != path:  # it has folders in it
            beside = beside or Path()
            if _there(beside / path):
                return beside / path
            return self._moved(path, [beside])
        near = [] if beside is None else [beside]
        return self._named(path, self.folders, near, system_folders())

    def _moved(self, path: str, looked: Sequence[Path]) -> Path:
        """A plugin that is not at its path, perhaps since the chain was made on another machine."""
        for folder in self.folders:
            if found := _under(folder, _last(path)):
                return found
        raise _missing(path, [*looked, *self.folders])

    def _named(
        self,
        name: str,
        first: Sequence[Path],
        near: Sequence[Path] = (),
        last: Sequence[Path] = (),
    ) -> Path:
        """The first file of that name, in or under those folders; of ``near`` only in it."""
        if name in ("", ".", "..") or "\0" in name:
            raise _missing(name, [*first, *near, *last])
        for folder in first:
            if found := _under(folder, name):
                return found
        for folder in near:
            if _there(folder / name):
                return folder / name
        for folder in last:
            if found := _under(folder, name):
                return found
        raise _missing(name, [*first, *near, *last], [] if self.only else [*first, *last])


ANYWHERE = PluginFolders()


def folders_of(given: Iterable[Path]) -> tuple[Path, ...]:
    """Folders that a user names for plugins, as absolute paths.

    Raises:
        ValueError: one is not there, or is itself a plugin.
    """
    found = []
    for it in given:
        if not os.path.isdir(it):
            raise ValueError(f"There is no folder {it}: name one that holds VST3 plugins.")
        folder = Path(it).resolve()
        if folder.suffix in BUNDLES:  # of ~/.vst3, where plugins are, that is no suffix
            raise ValueError(f"{it} is itself a plugin: name the folder that it is in.")
        found.append(folder)
    return tuple(found)


def system_folders() -> list[Path]:
    """Where this system keeps VST3 plugins, and on a Mac Audio Units, the user's own first."""
    if sys.platform == "darwin":
        roots = [Path.home() / "Library", Path("/Library")]
        return [it / "Audio/Plug-Ins" / kind for it in roots for kind in ("VST3", "Components")]
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        common = os.environ.get("COMMONPROGRAMFILES", r"C:\Program Files\Common Files")
        own = [Path(local) / "Programs" / "Common" / "VST3"] if local else []
        return [*own, Path(common) / "VST3"]
    return [Path.home() / ".vst3", Path("/usr/lib/vst3"), Path("/usr/local/lib/vst3")]


def _last(path: str) -> str:
    """The last part of a path, written with either separator."""
    return path.replace("\\", "/").rstrip("/").rpartition("/")[2]


def _there(path: str | Path) -> bool:
    """Whether there is a file or a folder; False for what can be no path."""
    return os.path.isfile(path) or os.path.isdir(path)  # unlike Path's, these never raise


def _under(folder: Path, name: str) -> Path | None:
    """The file or bundle of that name in a folder, or in one of its folders, the nearest first."""
    return next((Path(it.path) for it in _entries(folder) if it.name == name), None)


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    """What may be plugins in a folder and in its folders: files, and bundles."""
    ahead, seen = [Path(folder)], 0
    for _ in range(MAX_DEPTH):
        deeper: list[Path] = []
        for it in ahead:
            try:
                entries = sorted(os.scandir(it), key=lambda entry: entry.name)
            except OSError:  # it is not there, or nobody may look into it
                continue
            for entry in entries:
                seen += 1
                if seen > MAX_ENTRIES:
                    return
                if entry.name.endswith(BUNDLES) or not _is_folder(entry):
                    yield entry
                else:
                    deeper.append(Path(entry.path))
        ahead = deeper


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _missing(name: str, looked: Sequence[Path], suggested: Sequence[Path] = ()) -> MissingPlugin:
    """Say that a plugin is not there, and which in the folders ``suggested`` may be meant."""
    shown = name if name.isprintable() and name else repr(name)
    shown = shown if len(shown) <= 100 else f"{shown[:97]}..."
    where = f" in {', '.join(map(str, looked))}" if looked else ""
    remedy = "install it, or name its folder with --plugins."
    names = {it.name for folder in suggested for it in _entries(folder)}
    stems = {Path(it).stem.casefold(): it for it in sorted(names) if it.endswith(BUNDLES)}
    close = get_close_matches(Path(name[:100]).stem.casefold(), stems, 2, 0.7)
    likely = [stems[it] for it in close if stems[it].isprintable() and len(it) < 100]
    if likely:
        remedy = f"did you mean {' or '.join(likely)}? Or {remedy}"
    return MissingPlugin(f"There is no plugin {shown}{where}: {remedy}")
