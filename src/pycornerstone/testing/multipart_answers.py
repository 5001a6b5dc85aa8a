"""How a DICOMweb server answers: what is acceptable, and multipart bodies."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["BOUNDARY", "acceptable_form", "multipart_body", "part_head"]

BOUNDARY = uuid.uuid4().hex
"""Between the parts of a multipart body; nobody can guess it, so it is in no frame."""

_OCTETS = "application/octet-stream"


def multipart_body(
    parts: Iterable[bytes | memoryview], part_type: str, transfer_syntax_uid: str
) -> bytes:
    """Join parts as multipart/related (RFC 2387), each with its type and transfer syntax."""
    pieces: list[bytes | memoryview] = []
    for part in parts:
        pieces += (part_head(part_type, transfer_syntax_uid, len(part)), part, b"\r\n")
    pieces.append(f"--{BOUNDARY}--\r\n".encode())
    return b"".join(pieces)


def part_head(part_type: str, transfer_syntax_uid: str, length: int) -> bytes:
    """Give what comes before the bytes of a part: boundary, header fields and an empty line."""
    head = (
        f"--{BOUNDARY}\r\n"
        f"Content-Type: {part_type}; transfer-syntax={transfer_syntax_uid}\r\n"
        f"Content-Length: {length}\r\n\r\n"
    )
    return head.encode()


def acceptable_form(accept: str | None, media_type: str, transfer_syntax_uid: str) -> str | None:
    """Choose between ``"multipart"`` and ``"single"``; None if neither is acceptable.

    Without an Accept header it is multipart. Who asks for octets gets the media type of what is
    stored, as archives do: that is how viewers ask for a frame as it is.
    """
    for media, parameters in _media_ranges(accept or "*/*"):
        if parameters.get("transfer-syntax", "*") not in {"*", transfer_syntax_uid}:
            continue
        if media == "*/*":
            return "multipart"
        wanted = parameters.get("type", "*/*") if media == "multipart/related" else media
        asks_as_stored = wanted == _OCTETS and media_type != "application/dicom"
        if wanted in {media_type, "*/*"} or asks_as_stored:
            return "multipart" if media == "multipart/related" else "single"
    return None


def _media_ranges(accept: str) -> Iterable[tuple[str, dict[str, str]]]:
    """Split an Accept header (RFC 9110, 12.5.1), heeding quotes."""
    quoted = r'(?:[^,;"]|"[^"]*")'
    for item in re.findall(rf"(?:{quoted}|;)+", accept):
        media, *parameters = re.findall(rf"{quoted}+", item)
        pairs = [parameter.partition("=") for parameter in parameters]
        named = {name.strip().lower(): value.strip(' "') for name, _, value in pairs}
        yield media.strip().lower(), named
