"""Storage by where it is: a folder, or a bucket with an address."""

from __future__ import annotations

from pathlib import Path

from plugin_bridge.storage.files import Files
from plugin_bridge.storage.local import LocalFiles


def open_files(place: str | Path) -> Files:
    """The storage at a place: ``s3://BUCKET/PREFIX``, or a folder, which is made if it is missing.

    Raises:
        ValueError: it is an address of another kind, or obstore is not installed.
        OSError: the folder cannot be made, or the bucket not be used.
    """
    if "://" not in str(place):
        try:
            return LocalFiles(Path(place))
        except FileExistsError as error:
            raise ValueError(f"{place} is no folder: give one for --data.") from error
    try:
        from plugin_bridge.storage.s3 import S3Files
    except ImportError as error:
        raise ValueError("Files in a bucket need obstore: pip install 'restyle[s3]'.") from error
    files = S3Files(str(place))
    files.check()
    return files
