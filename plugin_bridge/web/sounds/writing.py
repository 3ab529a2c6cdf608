"""A file in storage is written from the loop: each step waits for a disk, so a thread takes it."""

from __future__ import annotations

import asyncio
import hashlib
import io
from contextlib import AbstractContextManager
from types import TracebackType

from plugin_bridge.storage.files import Files

BLOCK_BYTES = 1 << 20  # that are written at once: a change of threads takes 0.1 ms. Not searched


class Writing:
    """Writes a key block by block; never more than one block is in memory.

    Args:
        files: where to.
        key: what is there afterwards, if the block under ``async with`` does not raise.

    Attributes:
        bytes: how many came.
    """

    def __init__(self, files: Files, key: str) -> None:
        self._context: AbstractContextManager[io.BufferedRandom] = files.writing(key)
        self._file: io.BufferedRandom | None = None
        self._digest = hashlib.sha256()
        self._block = bytearray()
        self.bytes = 0

    @property
    def digest(self) -> str:
        """The SHA-256 of all that was written, in hex; after the end."""
        return self._digest.hexdigest()

    async def __aenter__(self) -> Writing:
        self._file = await asyncio.to_thread(self._context.__enter__)
        return self

    async def write(self, data: bytes) -> None:
        """Write more. Raises OSError."""
        self.bytes += len(data)
        self._block += data
        if len(self._block) >= BLOCK_BYTES:
            block, self._block = self._block, bytearray()
            await asyncio.to_thread(self._put, block)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        leaving = asyncio.to_thread(self._leave, kind, error, trace)
        await asyncio.shield(asyncio.ensure_future(leaving))

    def _put(self, block: bytearray) -> None:
        assert self._file is not None
        self._digest.update(block)
        self._file.write(block)

    def _leave(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                self._put(self._block)
        except BaseException as fault:
            self._context.__exit__(type(fault), fault, fault.__traceback__)
            raise
        self._context.__exit__(kind, error, trace)
