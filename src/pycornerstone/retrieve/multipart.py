"""multipart/related: several things in one answer, split as they arrive (RFC 2046 and 2387)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto

from pycornerstone.errors import ContentTypeError, TransferError
from pycornerstone.retrieve.headers import ContentType, Headers

__all__ = ["MultipartParser", "Part", "parse_multipart", "part_transfer_syntax"]

# What a frame is encoded in where its part says only the media type: the defaults of PS3.18 tables
# 8.7.3-4 and 8.7.3-5, and the names that came before them. Only image/jpeg is taken as
# Cornerstone3D takes it, as baseline; the standard's default is lossless (1.2.840.10008.1.2.4.70).
_DEFAULT_TRANSFER_SYNTAX = {
    "application/octet-stream": "1.2.840.10008.1.2.1",
    "image/dicom-rle": "1.2.840.10008.1.2.5",
    "image/x-dicom-rle": "1.2.840.10008.1.2.5",
    "image/jpeg": "1.2.840.10008.1.2.4.50",
    "image/jll": "1.2.840.10008.1.2.4.70",
    "image/x-jll": "1.2.840.10008.1.2.4.70",
    "image/jls": "1.2.840.10008.1.2.4.80",
    "image/x-jls": "1.2.840.10008.1.2.4.80",
    "image/jp2": "1.2.840.10008.1.2.4.90",
    "image/jpx": "1.2.840.10008.1.2.4.92",
    "image/jphc": "1.2.840.10008.1.2.4.201",
    "image/jxl": "1.2.840.10008.1.2.4.110",
}

# Real headers of a part are a few hundred bytes; padding behind a boundary is none.
_MAX_HEADER_BYTES = 64 * 1024
_MAX_PADDING_BYTES = 256


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One part of a multipart body.

    Attributes
    ----------
    headers : Headers
        Its own header fields.
    body : bytes or memoryview
        What it holds; a view where the answer came whole, so that nothing is copied.
    """

    headers: Headers
    body: bytes | memoryview = field(repr=False)

    @property
    def content_type(self) -> str:
        """Its Content-Type as written, empty where there is none."""
        return self.headers.get("content-type", "")


class _State(Enum):
    PREAMBLE = auto()
    HEADERS = auto()
    BODY = auto()
    END = auto()


class MultipartParser:
    """Splits a multipart body into its parts, each given out once it is whole.

    Every byte is looked at a bounded number of times, however the body is cut into chunks.

    Parameters
    ----------
    content_type : str
        Content-Type of the answer, with its boundary.

    Raises
    ------
    ContentTypeError
        If it is not multipart, or names no boundary.

    References
    ----------
    RFC 2046, section 5.1.1.
    """

    def __init__(self, content_type: str) -> None:
        self._delimiter = b"\r\n--" + _boundary(content_type)
        self._state = _State.PREAMBLE
        self._pending: bytes | bytearray = b""
        self._start = 0
        self._searched = 0
        self._headers = Headers()
        self._length: int | None = None
        self._count = 0

    def feed(self, chunk: bytes) -> list[Part]:
        """Take the next bytes, and give the parts that are whole now.

        Raises
        ------
        TransferError
            If the header fields of a part do not end.
        """
        if self._state is _State.END:
            return []
        if not self._pending:
            # A body that comes in one piece is never copied.
            self._pending = chunk
        else:
            if isinstance(self._pending, bytes):
                self._pending = bytearray(self._pending)
            self._pending += chunk
        parts = self._split()
        self._forget()
        return parts

    def close(self) -> list[Part]:
        """Say that nothing more comes; gives the parts that wrong lengths of theirs held back.

        Raises
        ------
        TransferError
            If the final boundary has not come.
        """
        parts: list[Part] = []
        if self._length is not None and self._state is _State.BODY:
            self._length = None
            parts = self._split()
        if self._state is not _State.END:
            raise TransferError(
                f"a multipart answer ended without its final boundary, after {self._count} whole "
                "parts; the transfer was cut, ask again"
            )
        return parts

    def _split(self) -> list[Part]:
        parts: list[Part] = []
        goes_on = True
        while goes_on and self._state is not _State.END:
            match self._state:
                case _State.PREAMBLE:
                    goes_on = self._pass_delimiter() is not None
                case _State.HEADERS:
                    goes_on = self._read_headers()
                case _:
                    part = self._read_body()
                    if goes_on := part is not None:
                        parts.append(part)
        return parts

    def _pass_delimiter(self) -> int | None:
        """Step behind the next boundary; gives where it begins, None while it is not there."""
        in_preamble = self._state is _State.PREAMBLE
        # The very first boundary may stand at the start of the body, with no line break before it.
        needle = self._delimiter[2:] if in_preamble else self._delimiter
        while True:
            at = _find(self._pending, needle, self._searched)
            if at < 0:
                self._searched = max(self._searched, len(self._pending) - len(needle) + 1)
                return None
            behind = at + len(needle)
            line_start = not in_preamble or at == 0 or self._pending[at - 2 : at] == b"\r\n"
            rest = bytes(self._pending[behind : behind + _MAX_PADDING_BYTES + 2])
            if line_start and rest.startswith(b"--"):
                self._state = _State.END
                self._count += not in_preamble
                return at
            line = rest.lstrip(b" \t")
            if line_start and line.startswith(b"\r\n"):
                self._count += not in_preamble
                self._state = _State.HEADERS
                self._start = self._searched = behind + len(rest) - len(line)
                return at
            if line_start and len(rest) <= _MAX_PADDING_BYTES and line in {b"", b"\r", b"-"}:
                self._searched = at
                return None
            self._searched = at + 1

    def _read_headers(self) -> bool:
        # From the line break of the boundary on, so that a part without fields is found too.
        at = _find(self._pending, b"\r\n\r\n", self._searched)
        size = (len(self._pending) if at < 0 else at) - self._start
        if size > _MAX_HEADER_BYTES:
            raise TransferError(
                f"the header fields of part {self._count + 1} of a multipart answer do not end "
                f"within {_MAX_HEADER_BYTES} bytes; the server's answer is damaged"
            )
        if at < 0:
            self._searched = max(self._searched, len(self._pending) - 3)
            return False
        self._headers = _header_fields(bytes(self._pending[self._start : at]))
        length = self._headers.get("content-length", "").strip()
        # More than 18 digits are no length of anything.
        is_length = length.isascii() and length.isdecimal() and len(length) <= 18
        self._length = int(length) if is_length else None
        self._start = at + 4
        # The empty line may be the one before the next boundary: a part without a body.
        self._searched = at + 2
        self._state = _State.BODY
        return True

    def _read_body(self) -> Part | None:
        if self._length is not None:
            end = self._start + self._length
            if len(self._pending) < end + len(self._delimiter):
                return None
            # A length that does not lead to a boundary is wrong, and the boundary is looked for.
            if self._pending.startswith(self._delimiter, end):
                self._searched = end
            self._length = None
        start = self._start
        end_or_none = self._pass_delimiter()
        if end_or_none is None:
            return None
        return Part(self._headers, _piece(self._pending, start, max(start, end_or_none)))

    def _forget(self) -> None:
        """Drop what is not needed any more, once a chunk."""
        if self._state is _State.END:
            self._pending = b""
            return
        # Two bytes more than needed, which tell whether a boundary begins a line.
        in_preamble = self._state is _State.PREAMBLE
        keep = max(0, (self._searched if in_preamble else min(self._start, self._searched)) - 2)
        if keep:
            if isinstance(self._pending, bytearray):
                del self._pending[:keep]
            else:
                self._pending = self._pending[keep:]
            self._start -= keep
            self._searched -= keep


def parse_multipart(body: bytes, content_type: str) -> list[Part]:
    """Split a whole multipart body; the parts are views into it.

    Raises
    ------
    ContentTypeError
        If `content_type` is not multipart, or names no boundary.
    TransferError
        If the final boundary is missing.
    """
    parser = MultipartParser(content_type)
    return parser.feed(body) + parser.close()


def part_transfer_syntax(content_type: str) -> str | None:
    """Give the Transfer Syntax UID of a part, or of an answer that is one frame.

    Parameters
    ----------
    content_type : str
        Content-Type of the part. One of the whole multipart body does as well: the media type and
        the UID are then looked for inside its ``type`` (which is where Orthanc writes both).

    Returns
    -------
    str or None
        The ``transfer-syntax`` parameter, else the default of the media type; None where the media
        type is not one of a frame.

    References
    ----------
    DICOM PS3.18, section 8.7.3.3, tables 8.7.3-4 and 8.7.3-5.
    """
    kind = ContentType.parse(content_type)
    named = kind.parameters.get("transfer-syntax", "").strip()
    if kind.media_type.startswith("multipart/"):
        inner = kind.parameters.get("type", "")
        return _uid(named) or (part_transfer_syntax(inner) if inner else None)
    return _uid(named) or _DEFAULT_TRANSFER_SYNTAX.get(kind.media_type)


def _uid(text: str) -> str | None:
    # `*` is what was asked, not an answer.
    return text if text and text[0].isdigit() else None


def _boundary(content_type: str) -> bytes:
    kind = ContentType.parse(content_type)
    if not kind.media_type.startswith("multipart/"):
        raise ContentTypeError(f"a multipart answer was expected, the server sent {content_type!r}")
    boundary = kind.parameters.get("boundary", "")
    if not boundary:
        raise ContentTypeError(
            f"the server sent a multipart answer that names no boundary: {content_type!r}"
        )
    return boundary.encode("latin-1", "replace")


def _header_fields(text: bytes) -> Headers:
    # A line that begins with a blank goes on with the one before (RFC 5322, section 2.2.3).
    unfolded = text.replace(b"\r\n ", b" ").replace(b"\r\n\t", b" ").decode("latin-1")
    fields = (line.partition(":") for line in unfolded.split("\r\n"))
    return Headers((name.strip(), value.strip()) for name, colon, value in fields if colon)


def _find(haystack: bytes | bytearray, needle: bytes, start: int) -> int:
    return haystack.find(needle, start)


def _piece(whole: bytes | bytearray, start: int, end: int) -> bytes | memoryview:
    if isinstance(whole, bytes):
        return memoryview(whole)[start:end]
    with memoryview(whole) as view:
        return bytes(view[start:end])
