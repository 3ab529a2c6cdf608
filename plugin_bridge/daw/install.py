"""Puts Restyle's scripts where a DAW looks for them: what ``restyle install-daw`` does.

The scripts know neither presets and chains nor where ``restyle`` is; all that is written into them.
Installing again, after a preset was added or Restyle has moved, replaces them, unless somebody has
changed one: each has a digest of itself (`plugin_bridge.daw.seal`).
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import sysconfig
from collections.abc import Callable, Iterable
from importlib.resources import files
from itertools import count
from pathlib import Path

from plugin_bridge.daw.seal import SEAL, is_as_sealed, is_sealed, seal
from plugin_bridge.files.targets import check_target
from plugin_bridge.files.whole_files import writing

MARK = b"Restyle"  # near the beginning of every file that is ours
MARK_WITHIN = 2000  # bytes; by guess
KEPT = ".bak"  # what the names of copies end in: no DAW takes them for scripts
COMMENT = {".lua": b"-- ", ".js": b"// "}

_STEPS = {
    "ardour": (
        "In Ardour: Edit > Lua Scripts > Script Manager, choose a free action, press Add/Set and "
        'take one of the scripts whose names begin with "Restyle". They are then in Edit > Lua '
        "Scripts. Ardour keeps copies: set them again after installing again. To have results come "
        "in by themselves, add the one under Action Hooks. Start the server with restyle serve "
        "--root and the session's folder."
    ),
    "reaper": (
        "In Reaper: Actions > Show action list > New action > Load ReaScript, and choose "
        "Restyle.lua. Select items and run it from there, or give it a key. Start the server with "
        "restyle serve --root and the folder of the project's media files."
    ),
    "ableton": (
        "In Live (with Max for Live): drag Restyle.amxd onto an audio track; it is in the browser "
        "under User Library > Presets > Audio Effects > Max Audio Effect. Start the server with "
        "restyle serve --root and the folder of the set's samples."
    ),
}
DAWS = tuple(_STEPS)


def install(
    daw: str, to: Path | None = None, *, force: bool = False, restyle: Path | None = None
) -> list[Path]:
    """Write a DAW's files, or none if anything is in the way of one. Returns their paths.

    Args:
        daw: ardour, reaper or ableton.
        to: the folder to write to; None for where the DAW looks for scripts (all its versions).
        force: also replace files of these names that are not as Restyle wrote them, and keep copies
            of these: their paths come first, and end in `KEPT`.
        restyle: the program that the scripts are to start; None for this one.

    Raises:
        ValueError: there is no such DAW here, its folder cannot be written, or a file is in the
            way; a preset cannot be read.
        OSError: writing failed.
    """
    _check(daw)
    folders = _folders(daw) if to is None else [to]
    contents = _sealed(_device() if daw == "ableton" else _scripts(daw, restyle))
    if to is None:
        for folder in folders:
            folder.mkdir(parents=True, exist_ok=True)
    paths = {folder / name: data for folder in folders for name, data in contents.items()}
    copies = _copies(paths, force=force)
    targets = [check_target(path, force=False) for path in copies]
    targets += [check_target(path, force=True) for path in paths]
    with writing(*targets) as opened:
        for file, data in zip(opened, [*copies.values(), *paths.values()], strict=True):
            file.write(data)
    return [*copies, *paths]


def next_steps(daw: str) -> str:
    """What to do in the DAW once its files are there."""
    _check(daw)
    return _STEPS[daw]


def lua_string(text: str | bytes) -> bytes:
    r"""``text`` as a Lua string, whatever is in it; bytes are for paths.

    >>> print(lua_string('the "old" one').decode())
    "the \034old\034 one"
    """
    data = text.encode("utf-8", "replace") if isinstance(text, str) else text
    return b'"%s"' % re.sub(rb'[\x00-\x1f"\\\x7f]', lambda found: b"\\%03d" % found[0][0], data)


# What is written


def _scripts(daw: str, restyle: Path | None) -> dict[str, bytes]:
    """The Lua scripts of a DAW by name, each slot ``NAME = … --@WHAT`` filled in."""
    fillings: dict[bytes, Callable[[], bytes]] = {
        b"presets": _presets,
        b"restyle": lambda: lua_string(os.fsencode(restyle or _program())),
    }

    def fill(line: re.Match[bytes]) -> bytes:
        return b"%s%s --@%s" % (line["before"], fillings[line["what"]](), line["what"])

    slots = re.compile(rb"^(?P<before>[^=\n]*= ).* --@(?P<what>presets|restyle)$", re.MULTILINE)
    found = sorted(files(__package__).joinpath(daw).iterdir(), key=lambda it: it.name)
    return {it.name: slots.sub(fill, it.read_bytes()) for it in found if it.name.endswith(".lua")}


def _sealed(contents: dict[str, bytes]) -> dict[str, bytes]:
    """Files with their digests: scripts get a last line for it, the device has a place."""

    def with_place(name: str, data: bytes) -> bytes:
        comment = COMMENT.get(Path(name).suffix)
        return data if comment is None else b"%s%s%s\n" % (data, comment, SEAL)

    return {name: seal(with_place(name, data)) for name, data in contents.items()}


def _device() -> dict[str, bytes]:
    import presets
    from plugin_bridge.daw.ableton.device import build

    return build(presets.every(), presets.chains())


def _presets() -> bytes:
    """All presets, and then all chains, as a Lua table of {name, label, family}."""
    import presets
    from plugin_bridge.daw.offers import offers

    rows = [
        b"{%s}" % b", ".join(map(lua_string, it))
        for it in offers(presets.every(), presets.chains())
    ]
    return b"{ %s }" % b", ".join(rows)


def _program() -> Path:
    """Where ``restyle`` is: the program that was started, or the one installed with this Python."""
    name = "restyle.exe" if os.name == "nt" else "restyle"
    beside = Path(sysconfig.get_path("scripts"), name)
    for path in (Path(sys.argv[0]), beside):
        if path.name.lower() in ("restyle", name) and path.is_file():
            return path.absolute()
    if found := shutil.which("restyle"):
        return Path(found).absolute()
    raise ValueError("The program restyle is not found: install Restyle with pip first.")


# Where it is written


def _check(daw: str) -> None:
    if daw not in DAWS:
        raise ValueError(f"There is nothing for {daw!r}: choose one of {', '.join(DAWS)}.")


def _copies(paths: Iterable[Path], *, force: bool) -> dict[Path, bytes]:
    """What is there and not as Restyle wrote it, by the path where it is to be kept.

    Raises:
        ValueError: there is such a file, and ``force`` is false.
        OSError: a file cannot be read.
    """
    there = {path: path.read_bytes() for path in paths if path.is_file()}
    changed = {path: data for path, data in there.items() if not is_as_sealed(data)}
    if changed and not force:
        why: dict[str, list[str]] = {_whose(data): [] for data in changed.values()}
        for path, data in changed.items():
            why[_whose(data)].append(str(path))
        said = "; ".join(f"{whose}: {', '.join(found)}" for whose, found in why.items())
        raise ValueError(f"{said}. Add --force to replace this, and keep copies ending in {KEPT}.")
    return {_free(path): data for path, data in changed.items()}


def _whose(data: bytes) -> str:
    """What there is to say of a file that is not as Restyle wrote it."""
    if is_sealed(data):
        return "Changed after Restyle wrote it"
    if MARK in data[:MARK_WITHIN]:
        return "Of an older Restyle, and perhaps changed"
    return "Not Restyle's"


def _free(path: Path) -> Path:
    """Where a copy of a file can be kept: ``NAME.bak``, or else ``NAME.2.bak`` and so on."""
    ends = (KEPT if number == 1 else f".{number}{KEPT}" for number in count(1))
    names = (path.with_name(path.name + end) for end in ends)
    return next(it for it in names if not os.path.lexists(it))


def _folders(daw: str) -> list[Path]:
    """The folders where the DAW looks: one for each version that has been run here."""
    place, below = _places(daw)
    found = [it for it in sorted(place.parent.glob(place.name)) if it.is_dir()]
    if not found:
        raise ValueError(
            f"{daw.capitalize()}'s folder {place} is not there: start {daw.capitalize()} once, or "
            "name the folder for its scripts with --to DIR."
        )
    return [it / below for it in found]


def _places(daw: str) -> tuple[Path, str]:
    """A pattern for the folders that the DAW makes, and where in them the files belong."""
    home = Path.home()
    if sys.platform == "darwin":
        library = home / "Library"
        ardour, reaper = library / "Preferences/Ardour", library / "Application Support/REAPER"
        ableton = home / "Music/Ableton/User Library"
    elif sys.platform == "win32":
        ardour = _variable("LOCALAPPDATA", home / "AppData/Local") / "Ardour"
        reaper = _variable("APPDATA", home / "AppData/Roaming") / "REAPER"
        ableton = home / "Documents/Ableton/User Library"
    else:
        config = _variable("XDG_CONFIG_HOME", home / ".config")
        ardour, reaper = config / "ardour", config / "REAPER"
        ableton = home / "Documents/Ableton/User Library"
    return {
        "ardour": (ardour.with_name(f"{ardour.name}[0-9]*"), "scripts"),
        "reaper": (reaper, "Scripts"),
        "ableton": (ableton, "Presets/Audio Effects/Max Audio Effect"),
    }[daw]


def _variable(name: str, default: Path) -> Path:
    value = os.environ.get(name, "")
    return Path(value) if os.path.isabs(value) else default
