"""The file in a form, as it comes: nothing of it is kept but the part that came last."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from plugin_bridge.web.speech.problems import Problem

FIELD = "file"  # the form's field with the sound
MAX_HEADER = 8 << 10  # bytes of all headers of a part; not searched


class FormFile:
    """The file in a form's field ``file``; other fields are passed over.

    Args:
        content_type: of the body, with its boundary.

    Attributes:
        name: what the client calls the file; known once its first block is there.

    Raises:
        Problem: there is no boundary.
    """

    def __init__(self, content_type: str) -> None:
        _, options = parse_options_header(content_type)
        boundary = options.get(b"boundary")
        if not boundary:
            raise Problem("bad_request", "The form has no boundary.")
        self.name = ""
        self._found = self._wanted = self._ended = False
        self._header = [bytearray(), bytearray()]  # name and value of the one that is being read
        self._header_bytes = 0
        self._fields: dict[bytes, bytes] = {}
        self._blocks: list[bytes] = []
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._fields.clear,
                "on_part_data": self._on_data,
                "on_part_end": self._on_part_end,
                "on_header_field": lambda data, start, end: self._on_header(0, data[start:end]),
                "on_header_value": lambda data, start, end: self._on_header(1, data[start:end]),
                "on_header_end": self._on_header_end,
                "on_headers_finished": self._on_headers,
                "on_end": self._on_end,
            },
        )

    async def blocks(self, body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The file in the body of a form.

        Raises:
            Problem: it is no form, or has no such field.
        """
        async for data in body:
            try:
                self._parser.write(data)
            except FormParserError as error:
                raise Problem("bad_request", "The body is no whole form.") from error
            blocks, self._blocks = self._blocks, []
            for block in blocks:
                yield block
        if not self._ended:
            raise Problem("bad_request", "The form ends too early.")
        if not self._found:
            raise Problem("bad_request", f"The form has no field {FIELD!r} with a file.")

    def _on_header(self, part: int, data: bytes) -> None:
        self._header_bytes += len(data)
        if self._header_bytes > MAX_HEADER:
            raise Problem("bad_request", "The form's headers are too long.")
        self._header[part] += data

    def _on_header_end(self) -> None:
        name, value = (bytes(it) for it in self._header)
        self._fields[name.lower()] = value
        self._header = [bytearray(), bytearray()]

    def _on_headers(self) -> None:
        _, options = parse_options_header(self._fields.get(b"content-disposition", b""))
        self._header_bytes = 0
        self._wanted = not self._found and options.get(b"name") == FIELD.encode()
        if self._wanted:
            self._found = True
            self.name = options.get(b"filename", b"").decode("utf-8", "replace")

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        if self._wanted:
            self._blocks.append(data[start:end])

    def _on_part_end(self) -> None:
        self._wanted = False

    def _on_end(self) -> None:
        self._ended = True


def is_form(headers: Mapping[str, str]) -> bool:
    """Whether a body is a form with files."""
    return headers.get("content-type", "").lower().startswith("multipart/form-data")
