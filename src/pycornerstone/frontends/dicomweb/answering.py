"""Answers: bytes, a part of them, and bodies of many parts that are never whole in memory."""

from __future__ import annotations

import contextlib
import uuid
from typing import TYPE_CHECKING

from pycornerstone.errors import MissingExtraError
from pycornerstone.frontends.dicomweb.accepting import part_head
from pycornerstone.frontends.dicomweb.asking import byte_range

try:
    from starlette.concurrency import iterate_in_threadpool
    from starlette.responses import Response, StreamingResponse
except ImportError as error:
    raise MissingExtraError("the DICOMweb server", "viewer") from error

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from starlette.requests import Request

__all__ = ["Part", "bytes_answer", "parts_answer", "streamed"]

Part = tuple[str, int, "Iterator[bytes]"]
"""Content type, length, and the bytes in pieces."""


def bytes_answer(request: Request, content: bytes, media: str) -> Response:
    """Give bytes, or the range of them that is asked for (RFC 9110 section 14)."""
    headers = {"content-type": media, "accept-ranges": "bytes"}
    asked = byte_range(request, len(content))
    if asked is None:
        return Response(content, headers=headers)
    first, end = asked
    headers["content-range"] = f"bytes {first}-{end - 1}/{len(content)}"
    return Response(content[first:end], 206, headers=headers)


def parts_answer(
    request: Request,
    media: str,
    parts: Callable[[], Iterator[Part]],
    headers: dict[str, str] | None = None,
) -> Response:
    """Give one part after the other; each is made when those before it have been sent.

    Parameters
    ----------
    request : Request
        What is answered.
    media : str
        Media type of the parts.
    parts : callable
        Gives them; not called if nothing but the head is asked for.
    headers : dict, optional
        What else is said.
    """
    boundary = uuid.uuid4().hex
    kind = f'multipart/related; type="{media}"; boundary={boundary}'
    every = {"content-type": kind, **(headers or {})}
    if request.method == "HEAD":
        return Response(headers=every)
    return StreamingResponse(streamed(_body(parts(), boundary)), headers=every)


async def streamed(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Give pieces that a thread makes; they are let go of when the client is."""
    try:
        async for piece in iterate_in_threadpool(pieces):
            yield piece
    finally:
        close = getattr(pieces, "close", None)
        if close is not None:
            # A thread may be in it still; it is let go of by the last that holds it then.
            with contextlib.suppress(ValueError):
                close()


def _body(parts: Iterator[Part], boundary: str) -> Iterator[bytes]:
    for content_type, length, pieces in parts:
        yield part_head(boundary, content_type, length)
        yield from pieces
        yield b"\r\n"
    yield f"--{boundary}--\r\n".encode()
