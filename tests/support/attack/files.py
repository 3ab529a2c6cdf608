"""Damaged sound files, by the ten thousand, through whatever reads sounds.

Each is read in a process that may grow by 500 MB. A process that dies, or says nothing for ten
seconds, is counted with the file that it had, and replaced.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

from plugin_bridge.limits import limit_memory
from support.mutants import mutant, whole_files

HANG_SECONDS = 10.0
MORE_BYTES = 500 << 20  # that a process may take beyond what it had with the libraries loaded


def by_apply(path: Path) -> None:
    from plugin_bridge.files import sound_files

    sound_files.read(path)


def by_server(path: Path) -> None:
    """As the process that looks at a job's files does, and then a worker."""
    from plugin_bridge.jobs.inputs import at_path
    from plugin_bridge.jobs.roots import Roots

    roots = Roots([path.parent])
    looked = roots.look({"stem": str(path)}, f"{path}.out.wav")
    if looked.refusal is not None:
        raise looked.refusal
    at_path(path, roots.roots, lambda fraction, stage: None).read()


def as_style(path: Path) -> None:
    from effects.style_clip import Style

    Style(path).excerpts()


def as_preset(path: Path) -> None:
    from presets.validation import problems_of_sound

    if problems_of_sound(path):
        raise ValueError("it was refused")


def by_pedalboard(path: Path) -> None:
    from pedalboard.io import AudioFile

    with AudioFile(str(path)) as file:
        while file.tell() < file.frames and file.read(1 << 16).size:
            pass


def by_libsndfile(path: Path) -> None:
    import soundfile

    with soundfile.SoundFile(path) as file:
        while len(file.read(1 << 16, dtype="int32")):
            pass


def by_pyav(path: Path) -> None:
    import av

    with av.open(str(path)) as file:
        for _ in file.decode(audio=0):
            pass


READERS: dict[str, Callable[[Path], None]] = {
    "apply": by_apply,
    "server": by_server,
    "style": as_style,
    "preset": as_preset,
}
#: What could decode, without a look at the header: for ``python -m tests.attack libraries``.
LIBRARIES: dict[str, Callable[[Path], None]] = {
    "pedalboard": by_pedalboard,
    "libsndfile": by_libsndfile,
    "PyAV": by_pyav,
}


@dataclass
class Harvest:
    """What became of the files.

    Attributes:
        read, refused: how many.
        out_of_memory: those for which memory did not suffice: names, each with its number.
        crashed, hung: the same of those that ended their process, or were silent for too long.
        wrong: exceptions of other kinds than a refusal.
        slowest: seconds.
        peak_bytes: what the processes grew by, at most.
    """

    read: int = 0
    refused: int = 0
    out_of_memory: list[str] = field(default_factory=list)
    crashed: list[str] = field(default_factory=list)
    hung: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    slowest: float = 0.0
    peak_bytes: int = 0

    def __str__(self) -> str:
        bad = {
            name: len(getattr(self, name)) for name in ("crashed", "hung", "out_of_memory", "wrong")
        }
        return (
            f"{self.read} read, {self.refused} refused, "
            + ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in bad.items())
            + f"; slowest {self.slowest:.2f} s, at most {self.peak_bytes >> 20} MB more"
        )


def harvest(
    folder: Path,
    reader: str,
    numbers: Iterable[int],
    on_file: Callable[[], object] = lambda: None,
) -> Harvest:
    """Have mutants read, one after another.

    Args:
        folder: where they are written, one at a time.
        reader: a name in `READERS` or `LIBRARIES`.
        numbers: which mutants, see `support.mutants.mutant`.
        on_file: called after each.
    """
    found, left = Harvest(), list(numbers)[::-1]
    while left:
        ours, theirs = multiprocessing.Pipe()
        process = multiprocessing.get_context("spawn").Process(
            target=_read, args=(reader, folder, theirs), daemon=True
        )
        process.start()
        theirs.close()
        with ours:
            _feed(ours, left, found, on_file)
        process.kill()
        process.join()
    return found


def _feed(pipe: Connection, left: list[int], found: Harvest, on_file: Callable[[], object]) -> None:
    """Hand out numbers until the process is lost, or there are none."""
    assert pipe.recv() == "ready"
    while left:
        number = left.pop()
        name = f"{number}-{mutant(number)[0]}"
        pipe.send(number)
        on_file()
        if not pipe.poll(HANG_SECONDS):
            found.hung.append(name)
            return
        try:
            outcome, seconds, grown = pipe.recv()
        except EOFError:
            found.crashed.append(name)
            return
        found.slowest = max(found.slowest, seconds)
        found.peak_bytes = max(found.peak_bytes, grown)
        if outcome in ("read", "refused"):
            setattr(found, outcome, getattr(found, outcome) + 1)
        elif outcome == "out of memory":
            found.out_of_memory.append(name)
        else:
            found.wrong.append(f"{name}: {outcome}")


def _read(reader: str, folder: Path, pipe: Connection) -> None:
    """The main function of a process that reads the files whose numbers come in."""
    read = {**READERS, **LIBRARIES}[reader]
    _quiet()
    whole = folder / f"{os.getpid()}-whole.wav"
    whole.write_bytes(whole_files()["WAV-PCM_16.wav"])
    _outcome(read, whole)  # loads the libraries
    whole.unlink()
    limit_memory(MORE_BYTES)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    pipe.send("ready")
    while True:
        try:
            name, content = mutant(pipe.recv())
        except EOFError:
            return
        path = folder / f"{os.getpid()}-{name}"
        path.write_bytes(content)
        began = time.perf_counter()
        outcome = _outcome(read, path)
        seconds = time.perf_counter() - began
        path.unlink()
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        pipe.send((outcome, seconds, 1024 * grown))


def _outcome(read: Callable[[Path], None], path: Path) -> str:
    try:
        read(path)
    except MemoryError:
        return "out of memory"
    except (ValueError, OSError):
        return "refused"
    except Exception as error:  # libraries raise what they like
        return "refused" if read in LIBRARIES.values() else repr(error)
    return "read"


def _quiet() -> None:
    """Send what C code prints to stderr nowhere."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 2)
    os.close(nothing)
