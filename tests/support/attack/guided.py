"""Parsers under atheris, which looks for bytes that reach code not reached before.

    python -m support.attack.guided TARGET SECONDS

A finding is any exception that the parser does not promise, a hang of 10 s or 500 MB more. Each
target runs in a process of its own, since libFuzzer ends it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

TARGETS = ("header", "datagram", "midi")


def hunt(target: str, seconds: int) -> str:
    """Fuzz a target for so long; returns what libFuzzer counted.

    Raises:
        ModuleNotFoundError: atheris is not installed.
        AssertionError: it has found something, with the end of its report.
    """
    import atheris  # noqa: F401 - it is the other process that needs it

    with TemporaryDirectory() as folder:
        corpus = Path(folder) / "corpus"
        corpus.mkdir()
        for number, content in enumerate(_seeds(target)):
            (corpus / str(number)).write_bytes(content)
        limits = [f"-max_total_time={seconds}", "-timeout=10", "-rss_limit_mb=1000"]
        command = [sys.executable, "-m", __name__, target, *limits, "-print_final_stats=1"]
        done = subprocess.run(
            [*command, str(corpus)], capture_output=True, text=True, check=False, cwd=folder
        )
    assert done.returncode == 0, done.stderr[-3000:]
    executed = [it for it in done.stderr.splitlines() if "number_of_executed_units" in it]
    return f"{executed[-1].split()[-1]} inputs, nothing found" if executed else "nothing found"


def _seeds(target: str) -> list[bytes]:
    if target == "header":
        from support.mutants import whole_files

        return list(whole_files().values())
    if target == "datagram":
        from support.datagrams import HOSTILE, PING, SUBMIT

        return [PING, SUBMIT, *HOSTILE.values()]
    import presets

    return [it.notes.read_bytes() for it in presets.every()[:20] if it.notes is not None]


def _parser(target: str) -> Callable[[bytes], None]:
    """What takes bytes, and raises nothing if the parser does as it promises."""
    if target == "datagram":
        from plugin_bridge.osc.datagram import BadDatagram, read

        def datagram(data: bytes) -> None:
            with suppress(BadDatagram):
                read(data)

        return datagram
    if target == "header":
        from presets.sound_file.header import BadSound
        from presets.sound_file.look import look

        def header(data: bytes) -> None:
            with _file(data) as file, suppress(BadSound):
                look(file)

        return header

    from effects.midi import file as midi_file

    def midi(data: bytes) -> None:
        with _file(data) as file, suppress(ValueError):
            midi_file.read(f"/proc/self/fd/{file.fileno()}", midi_file.NOTES)

    return midi


def _file(data: bytes) -> BinaryIO:
    """An open file in memory."""
    descriptor = os.memfd_create("fuzz")
    os.write(descriptor, data)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return os.fdopen(descriptor, "rb")


def main() -> None:
    import atheris

    with atheris.instrument_imports():
        parse = _parser(sys.argv[1])
    atheris.Setup([sys.argv[0], *sys.argv[2:]], parse)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
