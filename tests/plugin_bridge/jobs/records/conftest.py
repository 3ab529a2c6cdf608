"""The two databases, empty and open."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.postgres import Postgres, postgres_or_skip

from plugin_bridge.jobs.records.opening import open_ledger
from plugin_bridge.jobs.records.records import Ledger, Records
from plugin_bridge.jobs.records.sqlite import SqliteRecords


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with postgres_or_skip() as server:
        yield server


class Database:
    """A database that is opened as often as a test likes; all is closed at its end."""

    def __init__(self, path: Path | None, url: str | None) -> None:
        self.path, self.url = path, url
        self._open: list[Callable[[], None]] = []

    def records(self) -> Records:
        """Open it for a server."""
        if self.path is not None:
            found: Records = SqliteRecords(self.path)
        else:
            from plugin_bridge.jobs.records.postgres import PostgresRecords

            assert self.url is not None
            found = PostgresRecords(self.url)
        self._open.append(found.close)
        return found

    def accounts(self) -> Ledger:
        """Open it for keys and usage, beside a server."""
        found = open_ledger(self.path or Path(), self.url)
        self._open.append(found.close)
        return found

    def close(self) -> None:
        for close in self._open:
            close()


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Each of the two kinds."""
    if request.param == "sqlite":
        found = Database(tmp_path / "journal.sqlite", None)
    else:
        found = Database(None, request.getfixturevalue("postgres").emptied())
    yield found
    found.close()


@pytest.fixture
def records(database: Database) -> Records:
    return database.records()
