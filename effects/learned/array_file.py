"""Files of arrays with a description: ``.npz`` as NumPy writes it, read as if by an enemy.

`numpy.load` believes what such a file says of its sizes; here nothing is unpacked or allocated that
the file does not hold byte for byte. zip's checksums find what is damaged.
"""

from __future__ import annotations

import contextlib
import io
import json
import math
import os
import secrets
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Arrays = dict[str, NDArray[Any]]
ABOUT = "about"  # the array that holds the description: JSON, as bytes
_KINDS = "biuf"  # of NumPy's types: numbers, and nothing that can hold code


def save(path: Path, arrays: Mapping[str, NDArray[Any]], about: Mapping[str, Any]) -> None:
    """Write a file that appears whole or not at all, in place of the one that is there.

    Raises:
        OSError: it cannot be written.
    """
    text = np.frombuffer(json.dumps(about).encode(), np.uint8)
    rows = {name: np.require(it, requirements="C") for name, it in arrays.items()}
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    with part.open("xb") as file:  # who may read it is the user's umask to say
        try:
            np.savez(file, **rows, **{ABOUT: text})  # type: ignore[arg-type]
            file.flush()
            os.fsync(file.fileno())
            file.close()
            part.replace(path)
        except BaseException:
            file.close()
            with contextlib.suppress(OSError):
                part.unlink()
            raise


def load(path: Path, most_bytes: int) -> tuple[Arrays, dict[str, Any]]:
    """The arrays and the description of a file.

    Args:
        path: the file.
        most_bytes: a larger one is not read.

    Raises:
        FileNotFoundError, PermissionError: it cannot be opened.
        ValueError: it is damaged, too large, or another kind of file.
    """
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size > most_bytes:
            raise ValueError(f"has {size / 1e6:.0f} MB, more than {most_bytes / 1e6:.0f} MB")
        try:
            with zipfile.ZipFile(file) as packed:
                arrays = {
                    member.filename.removesuffix(".npy"): _array(packed, member, size)
                    for member in packed.infolist()
                }
            about = json.loads(arrays.pop(ABOUT).tobytes())
            if not isinstance(about, dict):
                raise ValueError("no description")
        except MemoryError:
            raise
        except Exception as error:  # zipfile, NumPy and json raise almost anything
            raise ValueError("is damaged, or no file of this kind") from error
    return arrays, about


def _array(packed: zipfile.ZipFile, member: zipfile.ZipInfo, size: int) -> NDArray[Any]:
    if member.compress_type != zipfile.ZIP_STORED or member.file_size > size:
        raise ValueError("packed")
    data = io.BytesIO(packed.read(member))
    if np.lib.format.read_magic(data) != (1, 0):
        raise ValueError("another version")
    shape, by_columns, dtype = np.lib.format.read_array_header_1_0(data)
    count = math.prod(shape)
    if (
        dtype.kind not in _KINDS
        or by_columns
        or data.tell() + count * dtype.itemsize != len(data.getbuffer())
    ):
        raise ValueError("other contents")
    return np.frombuffer(data.getbuffer(), dtype, count, data.tell()).reshape(shape)
