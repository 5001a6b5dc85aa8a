"""HTTP/1.1 (RFC 9112) by hand, as a server speaks it, with every fault that a test may want."""

from __future__ import annotations

import asyncio
import http
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Answer", "ReceivedRequest", "read_request", "send"]

_SLOW_PIECES_PER_S = 50
_PIECE = 1 << 18


@dataclass(frozen=True, slots=True)
class ReceivedRequest:
    """What a client sent.

    Attributes
    ----------
    method : str
        Such as ``GET``.
    target : str
        Path and query, as they came.
    headers : mapping of str to str
        By name in lower case.
    """

    method: str
    target: str
    headers: Mapping[str, str]

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server sends, or fails to send; see `MisbehavingServer.answer`."""

    body: bytes = b""
    status: int = 200
    content_type: str | None = "application/octet-stream"
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    head_bytes_per_s: float | None = None
    cut_head_after: int | None = None
    bytes_per_s: float | None = None
    cut_after: int | None = None
    stated_length: int | None = None
    after_end: bytes = b""
    endless: bool = False
    chunked: bool = False
    hang: bool = False
    drop: bool = False


async def read_request(reader: asyncio.StreamReader) -> ReceivedRequest | None:
    """Read a request and pass over its body; None if the client went away instead."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        request_line, *lines = head.rstrip().split("\r\n")
        fields = (line.partition(":") for line in lines)
        headers = {name.strip().lower(): value.strip() for name, _, value in fields}
        await reader.readexactly(int(headers.get("content-length", 0)))
        method, target, _ = request_line.split(" ")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError, ValueError):
        return None
    return ReceivedRequest(method, target, headers)


async def send(
    answer: Answer, method: str, writer: asyncio.StreamWriter, released: asyncio.Event
) -> bool:
    """Send an answer, and tell whether the connection can be used for a further one."""
    if answer.hang:
        await released.wait()
    if answer.delay_s:
        await asyncio.sleep(answer.delay_s)
    if answer.drop:
        return False
    head = _head(answer)
    await _send_slowly(head[: answer.cut_head_after], answer.head_bytes_per_s, writer)
    if answer.cut_head_after is not None:
        await writer.drain()
        return False
    if method != "HEAD":
        await _send_body(answer, writer)
    writer.write(answer.after_end)
    await writer.drain()
    return answer.cut_after is None


def _head(answer: Answer) -> bytes:
    try:
        reason = http.HTTPStatus(answer.status).phrase
    except ValueError:
        reason = "Unknown"
    headers = dict(answer.headers)
    if answer.content_type is not None:
        headers["Content-Type"] = answer.content_type
    if answer.chunked:
        headers["Transfer-Encoding"] = "chunked"
    else:
        length = len(answer.body) if answer.stated_length is None else answer.stated_length
        headers.setdefault("Content-Length", str(length))
    lines = [f"HTTP/1.1 {answer.status} {reason}", *(f"{k}: {v}" for k, v in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


async def _send_body(answer: Answer, writer: asyncio.StreamWriter) -> None:
    body = answer.body[: answer.cut_after]
    await _send_slowly(body, answer.bytes_per_s, writer, chunked=answer.chunked)
    while answer.endless:
        # A client that takes all at once must not keep others from being heard.
        await asyncio.sleep(0)
        await _send_slowly(body, answer.bytes_per_s, writer, chunked=answer.chunked)
    if answer.chunked and answer.cut_after is None:
        writer.write(b"0\r\n\r\n")


async def _send_slowly(
    data: bytes, bytes_per_s: float | None, writer: asyncio.StreamWriter, *, chunked: bool = False
) -> None:
    piece, pause_s = _PIECE, 0.0
    if bytes_per_s is not None:
        piece = max(1, round(bytes_per_s / _SLOW_PIECES_PER_S))
        pause_s = piece / bytes_per_s
    for start in range(0, len(data), piece):
        if pause_s:
            await asyncio.sleep(pause_s)
        part = data[start : start + piece]
        writer.write(b"%x\r\n%b\r\n" % (len(part), part) if chunked else part)
        await writer.drain()
