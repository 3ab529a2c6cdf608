"""Whose storage is: where one database's files are kept, there are no others.

Files that no record knows are removed as orphans. In a folder with a user's own files, or with
those of another journal, that would be all of them.
"""

from __future__ import annotations

import hashlib

from plugin_bridge.storage.files import Files

MARK = "restyle"  # the key of the file that says whose the others are


def claim(files: Files, name: str, secret: bytes) -> None:
    """Let storage be a database's from now on.

    Args:
        files: the storage.
        name: what to call it in messages.
        secret: the database's, see `plugin_bridge.jobs.records.records.Ledger.secret`.

    Raises:
        ValueError: there are files of others.
        OSError: storage fails.
    """
    mine = hashlib.blake2b(b"", key=secret, person=b"files").hexdigest().encode()
    try:
        found = b"".join(files.read(MARK))
    except FileNotFoundError:
        if next(iter(files.walk()), None) is None:
            with files.writing(MARK) as file:
                file.write(mine)
            return
        found = b""
    if found != mine:
        raise ValueError(
            f"{name} has files that this journal does not know, and would delete: give an empty "
            "place with --data or --files, or the journal that they belong to."
        )
