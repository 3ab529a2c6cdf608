"""A PostgreSQL of the tests' own, in a temporary folder, to be stopped and started at will."""

from __future__ import annotations

import itertools
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PASSWORD = "correct horse"  # as it is in an address, percent-encoded: see `Postgres.url`


class Postgres:
    """A running server; each `new_database` is empty."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs, self._folder = programs, folder
        self._numbers = itertools.count()
        self._emptied = ""
        self.port = _free_port()
        (folder / "password").write_text(PASSWORD)
        given = ["-U", "restyle", "-A", "scram-sha-256", "--pwfile", str(folder / "password")]
        self._run("initdb", "--no-sync", "-E", "UTF8", "--locale", "C", *given)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = (
            f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' "
            "-c fsync=off"  # the machine does not go down, only processes
        )
        log = str(self._folder / "log")
        self._run("pg_ctl", "start", "-w", "-s", "-l", log, "-o", options)

    def stop(self) -> None:
        """Stop it at once, as if it were killed; what was committed is there after `start`."""
        self._run("pg_ctl", "stop", "-w", "-s", "-m", "immediate")

    def url(self, database: str, password: str = PASSWORD) -> str:
        """The address of a database."""
        secret = password.replace(" ", "%20")
        return f"postgresql://restyle:{secret}@127.0.0.1:{self.port}/{database}"

    def new_database(self) -> str:
        """Make an empty database; returns its address."""
        import psycopg

        name = f"test{next(self._numbers)}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self.url(name)

    def emptied(self) -> str:
        """Empty a database that is the same each time, which is quicker; returns its address.

        Nobody may be connected to it.
        """
        import psycopg

        if not self._emptied:
            self._emptied = self.new_database()
        with psycopg.connect(self._emptied, autocommit=True) as connection:
            connection.execute(
                "DROP SCHEMA IF EXISTS restyle CASCADE; DROP SCHEMA public CASCADE; "
                "CREATE SCHEMA public"
            )
        return self._emptied

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), "-D", str(self._folder / "data"), *arguments]
        if os.geteuid() == 0:  # whom it does not serve
            command = ["runuser", "-u", "postgres", "--", *command]
        # Not to a pipe: the server would hold it open.
        with (self._folder / "output").open("w+") as output:
            done = subprocess.run(
                command, check=False, stdout=output, stderr=output, cwd=self._folder
            )
            output.seek(0)
            assert done.returncode == 0, output.read()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def _programs() -> Path | None:
    """Where PostgreSQL's programs are: Debian keeps them off the PATH."""
    on_path = shutil.which("initdb")
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return Path(on_path).parent if on_path else found[-1].parent if found else None


@contextmanager
def postgres_or_skip() -> Iterator[Postgres]:
    """A running PostgreSQL; the tests are skipped where it is not installed."""
    pytest.importorskip("psycopg")
    programs = _programs()
    if programs is None:
        pytest.skip("PostgreSQL's server is not installed (Debian: postgresql)")
    with tempfile.TemporaryDirectory(prefix="restyle-postgres-") as name:
        folder = Path(name)
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
        server = Postgres(programs, folder)
        server.start()
        try:
            yield server
        finally:
            server.stop()
