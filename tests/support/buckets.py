"""A bucket of the tests' own: moto's server, which speaks S3."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

ACCESS_KEY, SECRET_KEY = "an-id", "a-secret"


class Buckets:
    """A running server."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self._numbers = itertools.count()

    @property
    def env(self) -> dict[str, str]:
        """What a client's environment needs."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_REGION": "us-east-1",
        }

    def new_bucket(self) -> str:
        """Make an empty bucket; returns its name."""
        import boto3

        name = f"bucket-{next(self._numbers)}"
        client = boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
            region_name="us-east-1",
        )
        client.create_bucket(Bucket=name)
        client.close()
        return name


@contextmanager
def buckets_or_skip() -> Iterator[Buckets]:
    """A running server; the tests are skipped where moto or obstore is not installed."""
    pytest.importorskip("obstore")
    pytest.importorskip("moto.server")
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield Buckets(f"http://{host}:{port}")
    finally:
        server.stop()
