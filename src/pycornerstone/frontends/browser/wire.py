"""Messages as they travel over the WebSocket: JSON texts, and pictures behind a header of JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from pycornerstone.frontends.browser.page_messages import FromPage

if TYPE_CHECKING:
    from pycornerstone.frontends.browser.server_messages import Frame, FromServer

__all__ = ["read_message", "write_frame", "write_message"]

_FROM_PAGE: msgspec.json.Decoder[Any] = msgspec.json.Decoder(FromPage)
_ENCODER = msgspec.json.Encoder()


def read_message(text: str | bytes) -> FromPage:
    """Read what a page said.

    Raises
    ------
    msgspec.ValidationError, msgspec.DecodeError
        If it is none of these messages.
    """
    said: FromPage = _FROM_PAGE.decode(text)
    return said


def write_message(message: FromServer) -> str:
    """Write it as JSON."""
    return _ENCODER.encode(message).decode()


def write_frame(header: Frame, picture: bytes) -> bytes:
    """Put a picture behind its header."""
    text = _ENCODER.encode(header)
    return len(text).to_bytes(4, "big") + text + picture
