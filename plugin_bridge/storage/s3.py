"""Files by key in a bucket: Amazon's S3, or anything that speaks its protocol.

Where it is and who may use it is said by the usual environment variables, which every machine needs
that has workers: ``AWS_ACCESS_KEY_ID``, ``AWS_SECRET_ACCESS_KEY``, ``AWS_REGION``, and
``AWS_ENDPOINT_URL`` for others than Amazon. The only module that imports obstore: the extra
``restyle[s3]``.
"""

from __future__ import annotations

import errno
import io
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from functools import cached_property
from typing import BinaryIO

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from plugin_bridge.storage.files import DERIVED, Stored

PART_BYTES = 5 << 20  # that are sent or fetched at once: the least that S3 takes as a part
AT_ONCE = 2  # parts of a file that are in memory; not searched
RETRIES = 3  # of a request; not searched
RETRY_SECONDS = 15  # after which it is not tried again; not searched

_ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")


class S3Files:
    """See `plugin_bridge.storage.files.Files`.

    What is pickled is the address alone: no credentials leave the machine.

    Args:
        url: ``s3://BUCKET`` or ``s3://BUCKET/PREFIX``.

    Raises:
        ValueError: it is no such address.
    """

    def __init__(self, url: str) -> None:
        found = re.fullmatch(r"s3://([a-z0-9][a-z0-9.-]+)(?:/(.*?))?/*", url)
        if found is None:
            raise ValueError(f"{url} is no address of a bucket: give s3://BUCKET/PREFIX.")
        self.bucket, self.prefix = found[1], found[2] or ""
        self.url = f"s3://{self.bucket}/{self.prefix}".rstrip("/")

    def __reduce__(self) -> tuple[type[S3Files], tuple[str]]:
        return S3Files, (self.url,)

    @cached_property
    def _store(self) -> S3Store:
        endpoint = next((os.environ[name] for name in _ENDPOINTS if os.environ.get(name)), "")
        return S3Store(
            self.bucket,
            prefix=self.prefix or None,
            client_options={"allow_http": endpoint.startswith("http://")},
            retry_config={
                "max_retries": RETRIES,
                "retry_timeout": timedelta(seconds=RETRY_SECONDS),
            },
        )

    def check(self) -> None:
        """Raise OSError if the bucket cannot be used."""
        with self._explained():
            next(iter(obstore.list(self._store, chunk_size=1)), None)

    @contextmanager
    def writing(self, key: str) -> Iterator[io.BufferedRandom]:
        """See `Files.writing`."""
        with tempfile.TemporaryFile() as file:
            yield file
            file.seek(0)
            with self._explained():
                obstore.put(self._store, key, file, chunk_size=PART_BYTES, max_concurrency=AT_ONCE)

    def open(self, key: str) -> BinaryIO:
        """See `Files.open`."""
        with ExitStack() as stack:
            file = stack.enter_context(tempfile.TemporaryFile())
            for block in self.read(key):
                file.write(block)
            file.seek(0)
            stack.pop_all()
        return file

    def read(self, key: str, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """See `Files.read`."""
        size = self.size(key)
        end = size if stop is None else min(stop, size)
        for place in range(start, end, PART_BYTES):
            with self._explained(key):
                part = obstore.get_range(
                    self._store, key, start=place, end=min(place + PART_BYTES, end)
                )
            yield bytes(part)

    def size(self, key: str) -> int:
        """See `Files.size`."""
        with self._explained(key):
            return int(obstore.head(self._store, key)["size"])

    def remove(self, key: str) -> None:
        """See `Files.remove`."""
        for suffix in ("", *DERIVED):
            with self._explained():
                obstore.delete(self._store, key + suffix)

    def walk(self) -> Iterator[Stored]:
        """See `Files.walk`."""
        with self._explained():
            for found in obstore.list(self._store):
                for it in found:
                    yield Stored(it["path"], it["size"], it["last_modified"].timestamp())

    def free_bytes(self) -> int | None:
        """See `Files.free_bytes`."""
        return None

    @contextmanager
    def _explained(self, key: str = "") -> Iterator[None]:
        """Say in one line what the matter is: the file of ``key`` is not there, or the bucket."""
        try:
            yield
        except FileNotFoundError as error:
            if key:
                text = os.strerror(errno.ENOENT)
                raise FileNotFoundError(errno.ENOENT, text, f"{self.url}/{key}") from error
            raise self._unusable(error) from error
        except BaseError as error:
            raise self._unusable(error) from error

    def _unusable(self, error: Exception) -> OSError:
        said, _, _ = str(error).partition("\n\nDebug source")
        said = " ".join(
            re.sub(r"<\?xml.*<Message>(.*?)</Message>.*", r"\1", said, flags=re.S).split()
        )
        text = (
            f"The bucket cannot be used ({said}): check its name, AWS_ENDPOINT_URL and the AWS_* "
            "credentials"
        )
        return OSError(errno.EIO, text, self.url)
