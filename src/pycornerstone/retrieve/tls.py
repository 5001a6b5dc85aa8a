"""TLS: whom to trust, and by which certificate one is known (RFC 8446)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import os

__all__ = ["TlsSettings"]


@dataclass(frozen=True, slots=True)
class TlsSettings:
    """Whom to trust, and by which certificate this client is known.

    Attributes
    ----------
    ca_file : path-like, optional
        Certificates (PEM) of further authorities that are trusted, such as that of a hospital.
    client_certificate : path-like, optional
        Certificate (PEM) by which servers know this client; it may hold the key too.
    client_key : path-like, optional
        Its private key (PEM).
    client_key_password : str, optional
        Of the private key.
    verify : bool
        False trusts whoever answers. For a laboratory, never where there are patients' data.
    """

    ca_file: str | os.PathLike[str] | None = None
    client_certificate: str | os.PathLike[str] | None = None
    client_key: str | os.PathLike[str] | None = None
    client_key_password: str | None = field(default=None, repr=False)
    verify: bool = True
