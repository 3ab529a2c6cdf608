"""Header fields: names of files, ranges, entity tags, preferences."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from email.message import Message
from typing import NamedTuple
from urllib.parse import quote

from plugin_bridge.jobs import told

MAX_NAME = 120  # characters of a file's name; file systems take 255 bytes
MAX_WAIT_SECONDS = 60  # of Prefer: wait; proxies give up after 60 s by default (nginx)

#: What names of files must not have on some system, or what separates folders.
_BAD = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f]')


def clean_name(name: str) -> str:
    r"""A client's name for a file, without folders and whatever could harm where it is shown.

    >>> clean_name("../../etc/pass\r\nwd.wav")
    'passwd.wav'
    """
    last = re.split(r"[\\/]", name)[-1]
    kept = "".join(
        it for it in unicodedata.normalize("NFC", last) if unicodedata.category(it)[0] != "C"
    )
    return _BAD.sub("", kept).strip(" .")[:MAX_NAME].strip(" .")


def disposition(name: str, *, download: bool) -> str:
    """``Content-Disposition`` after RFC 6266: in ASCII, and in UTF-8 for who understands that."""
    kind = "attachment" if download else "inline"
    plain = name.encode("ascii", "replace").decode().replace("?", "_")
    plain = plain.replace("\\", "_").replace('"', "_")
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def name_in(field: str) -> str:
    """The file's name in a ``Content-Disposition``; ``""`` if there is none."""
    message = Message()
    message["Content-Disposition"] = re.sub(r"[\r\n]", " ", field)
    try:
        return str(message.get_filename("") or "")
    except (LookupError, ValueError):  # a charset that nobody knows
        return ""


class Span(NamedTuple):
    """Bytes from ``start`` to before ``stop``."""

    start: int
    stop: int


def span_of(field: str | None, size: int) -> Span | None:
    """The one range that a ``Range`` field asks for; None if the whole file is to be sent.

    So it is, too, for several ranges and for what is no range, as RFC 9110 allows.

    Raises:
        ValueError: the file has no such bytes.
    """
    found = re.fullmatch(r"bytes=[ \t]*(\d{0,18})-(\d{0,18})[ \t]*", field or "", re.ASCII)
    first, last = found.groups() if found else ("", "")
    if not first and not last:
        return None
    if not first:
        start, stop = max(size - int(last), 0), size
    else:
        start, stop = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < start:
            return None
    if start >= size or stop <= start:
        raise ValueError(f"bytes */{size}")
    return Span(start, stop)


def has_tag(field: str | None, tag: str) -> bool:
    """Whether an ``If-None-Match`` has the entity tag."""
    if field is None:
        return False
    found = re.findall(r'"[^"]*"', field)
    return field.strip() == "*" or tag.removeprefix("W/") in found


def wait_of(field: str | None) -> int | None:
    """How many seconds a ``Prefer`` field wants to wait (RFC 7240); None if it does not."""
    found = re.search(r'(?:^|[,;\s])wait\s*=\s*"?(\d{1,6})\b', field or "", re.ASCII)
    return min(int(found[1]), MAX_WAIT_SECONDS) if found else None


def moment(seconds: float) -> str | None:
    """Unix seconds as RFC 3339 writes them; None for 0, which stands for never."""
    return told.moment(seconds) if seconds else None


def seconds_of(text: str) -> float:
    """Unix seconds of an RFC 3339 time or date.

    Raises:
        ValueError: it is none.
    """
    found = datetime.fromisoformat(text)
    seconds = (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    moment(seconds)  # the first and last hours of all years may have none in UTC
    return seconds
