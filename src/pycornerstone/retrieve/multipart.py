"""multipart/related: several things in one answer, split as they arrive (RFC 2046 and 2387)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING, Protocol

from pycornerstone.errors import ContentTypeError, RetrieveError, TransferError
from pycornerstone.retrieve.headers import ContentType, Headers

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["MultipartParser", "Part", "PartSink", "parse_multipart"]

# Real headers of a part are a few hundred bytes; padding behind a boundary is none.
_MAX_HEADER_BYTES = 64 * 1024
_MAX_PADDING_BYTES = 256
_JOINED_FROM_BYTES = 64 * 1024
_SMALL_CHUNK_BYTES = 4 * 1024
# A part is offered once so much of it is there, and so much is to come or nothing at all.
_OFFERED_FROM_BYTES = 16 * 1024


class PartSink(Protocol):
    """What takes a part as it arrives, instead of its being put together first."""

    def write(self, piece: memoryview) -> object:
        """Take the next bytes; they are the part's again afterwards."""


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One part of a multipart body.

    Attributes
    ----------
    headers : Headers
        Its own header fields.
    body : bytes or memoryview
        What it holds; a view where the answer came whole, so that nothing is copied. Its beginning
        where there is a sink, which has taken the rest.
    sink : PartSink or None
        What has taken the rest.
    """

    headers: Headers
    body: bytes | memoryview = field(repr=False)
    sink: PartSink | None = None

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

    Lines end as the first boundary does: by CR and LF, or by LF alone, as some servers write.

    Parameters
    ----------
    content_type : str
        Content-Type of the answer, with its boundary.
    max_part_bytes : int, optional
        What a larger part is refused at.
    offer : callable, optional
        ``(beginning, length)``: given the first bytes of a longer part whose length is known, or
        all of it where it came in one chunk; gives what takes all that follows them, or None.

    Raises
    ------
    ContentTypeError
        If it is not multipart, or names no boundary.

    References
    ----------
    RFC 2046, section 5.1.1.
    """

    def __init__(
        self,
        content_type: str,
        *,
        max_part_bytes: int | None = None,
        offer: Callable[[bytes | memoryview, int], PartSink | None] | None = None,
    ) -> None:
        self._dashes = b"--" + _boundary(content_type)
        self._line_end = b"\r\n"
        self._max_part_bytes = max_part_bytes
        self._offer = offer
        self._beginning: bytes | memoryview | None = None
        self._sink: PartSink | None = None
        self._state = _State.PREAMBLE
        self._pending: bytes | bytearray = b""
        # What comes while a part of known length is not whole yet; joined once it is.
        self._chunks: list[bytes | bytearray] = []
        self._missing = 0
        self._start = 0
        self._searched = 0
        # Parts are most often alike, down to their lengths.
        self._header_text = b""
        self._headers = Headers()
        self._length: int | None = None
        self._count = 0

    def feed(self, chunk: bytes) -> list[Part]:
        """Take the next bytes, and give the parts that are whole now.

        Raises
        ------
        TransferError
            If the header fields of a part do not end.
        RetrieveError
            If a part is larger than allowed.
        """
        if self._state is _State.END:
            return []
        if self._sink is not None and self._missing:
            taken = min(self._missing, len(chunk))
            self._missing -= taken
            self._sink.write(memoryview(chunk)[:taken])
            if taken == len(chunk):
                return []
            # The rest is not cut off, which would copy it.
            self._pending = chunk
            self._start = self._searched = taken
        elif self._missing > len(chunk):
            self._put_aside(chunk)
            return []
        else:
            self._take(chunk)
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
        while self._length is not None and self._state is _State.BODY:
            self._length = None
            self._take(b"")
            parts += self._split()
        if self._state is not _State.END:
            raise TransferError(
                f"a multipart answer ended without its final boundary, after {self._count} whole "
                "parts; the transfer was cut, ask again"
            )
        return parts

    def _put_aside(self, chunk: bytes) -> None:
        self._missing -= len(chunk)
        last = self._chunks[-1] if self._chunks else None
        if len(chunk) >= _SMALL_CHUNK_BYTES:
            self._chunks.append(chunk)
        elif isinstance(last, bytearray) and len(last) < _JOINED_FROM_BYTES:
            # An object for each byte would take fifty times its memory.
            last += chunk
        else:
            self._chunks.append(bytearray(chunk))

    def _take(self, chunk: bytes) -> None:
        if self._chunks:
            self._pending = b"".join((self._pending, *self._chunks, chunk))
            self._chunks = []
            self._missing = 0
        elif not self._pending:
            # A body that comes in one piece is never copied.
            self._pending = chunk
        else:
            if isinstance(self._pending, bytes):
                self._pending = bytearray(self._pending)
            self._pending += chunk

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
        needle = self._dashes if in_preamble else self._line_end + self._dashes
        while True:
            at = _find(self._pending, needle, self._searched)
            if at < 0:
                self._searched = max(self._searched, len(self._pending) - len(needle) + 1)
                return None
            behind = at + len(needle)
            line_start = not in_preamble or at == 0 or self._pending[at - 1 : at] == b"\n"
            rest = bytes(self._pending[behind : behind + _MAX_PADDING_BYTES + 2])
            if line_start and rest.startswith(b"--"):
                self._state = _State.END
                self._count += not in_preamble
                return at
            line = rest.lstrip(b" \t")
            if line_start and line.startswith((b"\r\n", b"\n") if in_preamble else self._line_end):
                if in_preamble:
                    self._line_end = b"\n" if line.startswith(b"\n") else b"\r\n"
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
        line_end = self._line_end
        at = _find(self._pending, 2 * line_end, self._searched)
        size = (len(self._pending) if at < 0 else at) - self._start
        if size > _MAX_HEADER_BYTES:
            raise TransferError(
                f"the header fields of part {self._count + 1} of a multipart answer do not end "
                f"within {_MAX_HEADER_BYTES} bytes; the server's answer is damaged"
            )
        if at < 0:
            self._searched = max(self._searched, len(self._pending) - 2 * len(line_end) + 1)
            return False
        text = bytes(self._pending[self._start : at])
        if text != self._header_text:
            self._header_text, self._headers = text, _header_fields(text)
        length = self._headers.get("content-length", "").strip()
        # More than 18 digits are no length of anything.
        is_length = length.isascii() and length.isdecimal() and len(length) <= 18
        self._length = int(length) if is_length else None
        self._start = at + 2 * len(line_end)
        # The empty line may be the one before the next boundary: a part without a body.
        self._searched = at + len(line_end)
        self._state = _State.BODY
        return True

    def _read_body(self) -> Part | None:
        delimiter = self._line_end + self._dashes
        if self._sink is not None:
            return self._read_end(self._sink, delimiter)
        if self._length is not None:
            end = self._start + self._length
            missing = end + len(delimiter) - len(self._pending)
            if missing > 0:
                self._check_size(len(self._pending) - self._start)
                if self._offered(self._length, missing):
                    return None
                # Joining small chunks takes longer than looking at them once more.
                self._missing = missing if missing >= _JOINED_FROM_BYTES else 0
                return None
            # A length that does not lead to a boundary is wrong, and the boundary is looked for.
            if self._pending.startswith(delimiter, end):
                self._searched = end
            self._length = None
        start = self._start
        end_or_none = self._pass_delimiter()
        if end_or_none is None:
            self._check_size(len(self._pending) - start)
            return None
        self._check_size(end_or_none - start, self._count)
        body = _piece(self._pending, start, max(start, end_or_none))
        is_offered = self._beginning is None and len(body) >= _OFFERED_FROM_BYTES
        sink = self._offer(body, len(body)) if is_offered and self._offer is not None else None
        self._beginning = None
        return Part(self._headers, body, sink)

    def _offered(self, length: int, missing: int) -> bool:
        """Say whether what follows is not to be put together here."""
        if self._offer is None or self._beginning is not None or missing < _OFFERED_FROM_BYTES:
            return False
        there = len(self._pending) - self._start
        if there < _OFFERED_FROM_BYTES:
            self._missing = _OFFERED_FROM_BYTES - there
            return True
        self._beginning = _piece(self._pending, self._start, len(self._pending))
        self._sink = self._offer(self._beginning, length)
        if self._sink is None:
            return False
        self._pending = b""
        self._start = self._searched = 0
        self._missing = length - there
        return True

    def _read_end(self, sink: PartSink, delimiter: bytes) -> Part | None:
        """Pass the boundary behind a part that was taken elsewhere."""
        if self._missing or len(self._pending) - self._start < len(delimiter):
            return None
        if not self._pending.startswith(delimiter, self._start):
            raise TransferError(
                f"part {self._count + 1} of a multipart answer is not as long as its fields say"
            )
        if self._pass_delimiter() is None:
            return None
        part = Part(self._headers, self._beginning or b"", sink)
        self._beginning = self._sink = None
        return part

    def _check_size(self, size: int, number: int | None = None) -> None:
        limit = self._max_part_bytes
        size = max(size, self._length or 0)
        if limit is not None and size > limit:
            raise RetrieveError(
                f"part {number or self._count + 1} of a multipart answer has {size} bytes or more, "
                f"the limit is {limit}; raise HttpSettings.max_body_bytes if it is to be loaded"
            )

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
    lines = text.replace(b"\r\n", b"\n")
    unfolded = lines.replace(b"\n ", b" ").replace(b"\n\t", b" ").decode("latin-1")
    fields = (line.partition(":") for line in unfolded.split("\n"))
    return Headers((name.strip(), value.strip()) for name, colon, value in fields if colon)


def _find(haystack: bytes | bytearray, needle: bytes, start: int) -> int:
    return haystack.find(needle, start)


def _piece(whole: bytes | bytearray, start: int, end: int) -> bytes | memoryview:
    if isinstance(whole, bytes):
        return memoryview(whole)[start:end]
    with memoryview(whole) as view:
        return bytes(view[start:end])
