"""Finding a file of weights by its path, without loading torch."""

from __future__ import annotations

import os
from pathlib import Path


def find_weights(path: str | os.PathLike[str]) -> str:
    """The path, if there is a file.

    Raises:
        FileNotFoundError, IsADirectoryError: there is none.
    """
    name = os.fspath(path)
    if Path(name).is_dir():
        raise IsADirectoryError(f"{name!r} is a folder: name a file of weights.")
    if not Path(name).is_file():
        raise FileNotFoundError(f"There are no weights at {name!r}.")
    return name
