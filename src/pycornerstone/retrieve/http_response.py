"""An answer of a server, whole."""

from __future__ import annotations

from dataclasses import dataclass, field

from pycornerstone.retrieve.headers import ContentType, Headers

__all__ = ["HttpResponse"]


@dataclass(frozen=True, slots=True, eq=False)
class HttpResponse:
    """An answer, whole.

    Attributes
    ----------
    url : str
        Where it came from, after redirections.
    status : int
        200, or 206 for a part; 304 where a condition was sent along, and what is kept still holds.
    headers : Headers
        Its header fields.
    body : bytes
        What it holds, with any Content-Encoding undone.
    """

    # It may hold a signature or a token.
    url: str = field(repr=False)
    status: int
    headers: Headers
    body: bytes = field(repr=False)

    @property
    def content_type(self) -> str:
        """Content-Type as the server wrote it, empty where it wrote none."""
        return self.headers.get("content-type", "")

    @property
    def media_type(self) -> str:
        """Content-Type in lower case and without parameters, such as ``"application/dicom"``."""
        return ContentType.parse(self.content_type).media_type
