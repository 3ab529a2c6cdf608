"""Disks that are small, and then full."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A file system of its own at ``folder``.

    Raises:
        PermissionError: it cannot be mounted; only root can.
    """
    folder.mkdir(exist_ok=True)
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        raise PermissionError("only root can mount a small disk")
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise PermissionError(f"a small disk cannot be mounted: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def small_disk_or_skip(folder: Path, size: str) -> Iterator[Path]:
    """As `small_disk`; the test is skipped where that cannot be had."""
    try:
        with small_disk(folder, size) as disk:
            yield disk
    except PermissionError as error:
        pytest.skip(str(error))


def fill(path: Path, keep: int = 0) -> None:
    """Leave no more than ``keep`` bytes free on the disk of ``path``."""
    with path.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))
    os.truncate(path, max(path.stat().st_size - keep, 0))
