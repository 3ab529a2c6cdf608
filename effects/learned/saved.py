"""Files that ``torch.save`` has written, read without ``torch.load``.

Even with ``weights_only=True``, that lets a file of 400 bytes take gigabytes: it makes storages as
large as the file says, and bytearrays, and unpacks .tar archives. Here a storage is a view of the
bytes in the file, so it cannot be larger. Both layouts are read: the .zip of today, and the row of
pickles that was usual before PyTorch 1.6.

Layouts: `torch/serialization.py` of PyTorch 2.
"""

from __future__ import annotations

import io
import mmap
import os
import zipfile
from collections.abc import Callable
from functools import partial
from typing import Any, BinaryIO

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from effects.learned import pickled
from effects.learned.pickled import Damaged, Name

Bytes = NDArray[np.uint8]

_DTYPES = {
    "DoubleStorage": torch.float64,
    "FloatStorage": torch.float32,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "ShortStorage": torch.int16,
    "CharStorage": torch.int8,
    "ByteStorage": torch.uint8,
    "BoolStorage": torch.bool,
}
_MAGIC = 0x1950A86A20F9469CFC6C  # the first pickle of the older layout
_VERSION = 1001  # the second


def read(path: str) -> Any:
    """The contents of the file: dicts, lists, tuples, texts, numbers, and tensors.

    Tensors are views of the file, mapped into memory; nothing else in it is made.

    Raises:
        OSError: it cannot be opened.
        Exception: almost anything, if the file is damaged, hostile, or something else.
    """
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        if not size:
            raise Damaged("it is empty")
        whole: Bytes = np.frombuffer(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY), np.uint8)
        return (_read_zip if zipfile.is_zipfile(file) else _read_row)(file, whole)


def _read_zip(file: BinaryIO, whole: Bytes) -> Any:
    """The .zip: ``NAME/data.pkl``, and a member ``NAME/data/KEY`` for each storage."""
    with zipfile.ZipFile(file) as archive:
        members = {it.filename: it for it in archive.infolist()}
        (text,) = (it for it in members if it.count("/") == 1 and it.endswith("/data.pkl"))
        folder = text.removesuffix("data.pkl")
        order = members.get(f"{folder}byteorder")
        if order is not None and _member(whole, order).tobytes() != b"little":
            raise Damaged("its numbers have another order of bytes")

        def storage(kind: Any, key: str, _location: Any, count: int) -> Tensor:
            data = _member(whole, members[f"{folder}data/{key}"])
            return _numbers(data, _dtype(kind), count)

        contents = _member(whole, members[text])[: pickled.MAX_BYTES]
        return _unpickle(io.BytesIO(contents.tobytes()), storage)


def _member(whole: Bytes, member: zipfile.ZipInfo) -> Bytes:
    """The bytes of a member, which is not compressed: torch never does that."""
    if member.compress_type != zipfile.ZIP_STORED:
        raise Damaged("it is compressed")
    header = whole[member.header_offset :][:30]
    name, extra = header[26:30].view("<u2").tolist()
    return whole[member.header_offset + 30 + name + extra :][: member.file_size]


def _read_row(file: BinaryIO, whole: Bytes) -> Any:
    """The older layout: five pickles, then each storage as its length and its numbers.

    The pickles are magic number, version, facts about the machine, the contents, and the keys of
    the storages. The contents are read twice: they say how long the numbers of a storage are, and
    that is needed to find the next one.
    """
    file.seek(0)
    if pickled.read(file, {}) != _MAGIC or pickled.read(file, {}) != _VERSION:
        raise Damaged("it was not saved by PyTorch")
    machine = pickled.read(file, {})
    if not (isinstance(machine, dict) and machine.get("little_endian") is True):
        raise Damaged("its numbers have another order of bytes")
    dtypes: dict[str, torch.dtype] = {}

    def note(kind: Any, key: str, *_: Any) -> Tensor:
        dtypes[key] = _dtype(kind)
        return torch.empty(0)

    contents = file.tell()
    _unpickle(file, note, lambda *_: None)
    found: dict[str, Tensor] = {}
    keys = pickled.read(file, {})
    rest = whole[file.tell() :]
    for key in map(_text, keys):
        (count,) = rest[:8].view("<i8").tolist()
        found[key] = _numbers(rest[8:], dtypes[key], count)
        rest = rest[8 + found[key].nbytes :]
    file.seek(contents)
    return _unpickle(file, partial(_found, found))


def _found(
    storages: dict[str, Tensor], kind: Any, key: str, _location: Any, count: int, part: Any = None
) -> Tensor:
    """A storage of the older layout, or a part of it: (key, offset, count)."""
    numbers = storages[key]
    if part is not None:
        numbers = numbers[part[1] :][: part[2]]
        count = part[2]
    if len(numbers) != count:
        raise Damaged("it is cut short")
    return numbers


def _unpickle(
    file: BinaryIO,
    storage: Callable[..., Tensor],
    rebuild: Callable[..., Any] | None = None,
) -> Any:
    """The contents of the pickle; ``storage`` gets what stands for a storage in it."""

    def persistent(found: Any) -> Tensor:
        if not isinstance(found, tuple) or found[:1] != ("storage",):
            raise Damaged("it holds something other than numbers")
        kind, key, *more = found[1:]
        return storage(kind, _text(key), *more)

    calls = {
        ("collections", "OrderedDict"): _ordered,
        ("torch._utils", "_rebuild_tensor"): rebuild or _tensor,
        ("torch._utils", "_rebuild_tensor_v2"): rebuild or _tensor,
        ("torch._utils", "_rebuild_parameter"): lambda data, *_: data,
    }
    return pickled.read(file, calls, persistent)


def _ordered(*pairs: Any) -> dict[str | int, Any]:
    """An OrderedDict: empty, to be filled later, or, as Python 2 wrote it, of a list of pairs."""
    if not pairs:
        return {}
    (items,) = pairs
    found = pickled.as_dict(items)
    items.clear()  # each list is copied only once
    return found


def _tensor(numbers: Tensor, offset: int, size: Any, stride: Any, *_: Any) -> Tensor:
    """A view of a storage; torch checks that it is within."""
    return torch.as_strided(numbers, size, stride, offset)


def _dtype(kind: Any) -> torch.dtype:
    if not isinstance(kind, Name) or kind.module not in ("torch", "torch.cuda"):
        raise Damaged("it holds something other than numbers")
    return _DTYPES[kind.name]


def _text(key: Any) -> str:
    """The key of a storage; what else a pickle has in its place may take for ever to hash."""
    if not isinstance(key, str):
        raise Damaged("a key in it is no text")
    return key


def _numbers(data: Bytes, dtype: torch.dtype, count: int) -> Tensor:
    """The first ``count`` numbers in ``data``. Raises Damaged if there are fewer."""
    size = count * dtype.itemsize
    if not 0 <= size <= len(data):
        raise Damaged("it is cut short")
    return torch.from_numpy(data[:size]).view(dtype)
