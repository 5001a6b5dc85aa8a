"""TLS: whom to trust, and by which certificate one is known (RFC 8446)."""

from __future__ import annotations

import asyncio
import logging
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pycornerstone.errors import RetrieveError

if TYPE_CHECKING:
    import ssl

__all__ = ["TlsContexts", "TlsSettings"]

_log = logging.getLogger("pycornerstone.retrieve")


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


class TlsContexts:
    """What connections are made with; the files are read when the first is made.

    Belongs to one event loop.

    Parameters
    ----------
    settings : TlsSettings
        Whom to trust, and the certificate of this client.

    Raises
    ------
    ValueError
        If there is a key without a certificate.
    """

    def __init__(self, settings: TlsSettings) -> None:
        if settings.client_key is not None and settings.client_certificate is None:
            raise ValueError("TlsSettings has a client_key and no client_certificate")
        self._settings = settings
        self._contexts: dict[bool, ssl.SSLContext] = {}
        self._lock = asyncio.Lock()

    async def get(self, *, with_certificate: bool) -> ssl.SSLContext:
        """Give the context of a connection, with the certificate of this client or without.

        Raises
        ------
        RetrieveError
            If a file cannot be read, or is not what it should be.
        """
        is_known = with_certificate and self._settings.client_certificate is not None
        async with self._lock:
            if (context := self._contexts.get(is_known)) is None:
                # The authorities of the system are hundreds of files, or one of 200 kB.
                context = await asyncio.to_thread(_context, self._settings, is_known=is_known)
                if not self._contexts and not self._settings.verify:
                    _log.warning(
                        "TLS certificates are not verified (TlsSettings.verify is False): whoever "
                        "answers is trusted, and is told the credentials"
                    )
                self._contexts[is_known] = context
            return context


def _context(settings: TlsSettings, *, is_known: bool) -> ssl.SSLContext:
    import ssl

    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    if not settings.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if settings.ca_file is not None:
        try:
            context.load_verify_locations(os.fspath(settings.ca_file))
        except (OSError, ValueError) as error:
            raise _unusable("ca_file", settings.ca_file, error, "certificates in PEM") from error
    if is_known and settings.client_certificate is not None:
        _load_certificate(context, settings, settings.client_certificate)
    return context


def _load_certificate(
    context: ssl.SSLContext, settings: TlsSettings, certificate: str | os.PathLike[str]
) -> None:
    import ssl

    key = settings.client_key
    for name, file in (("client_certificate", certificate), ("client_key", key)):
        try:
            if file is not None:
                Path(file).read_bytes()
        except OSError as error:
            raise _unusable(name, file, error, "a file in PEM") from error
    try:
        # Without a password OpenSSL would ask for one at the terminal, and wait.
        context.load_cert_chain(
            os.fspath(certificate),
            None if key is None else os.fspath(key),
            lambda: settings.client_key_password or "",
        )
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise RetrieveError(
                f"TlsSettings.client_key is not the key of the certificate in {certificate!s}; "
                "give the two that belong together"
            ) from error
        raise _unusable(
            "client_certificate" if key is None else "client_key",
            key or certificate,
            error,
            "a certificate and its key in PEM, and client_key_password where the key has one",
        ) from error
    except (OSError, ValueError) as error:
        raise _unusable("client_certificate", certificate, error, "a file in PEM") from error


def _unusable(
    name: str, file: str | os.PathLike[str] | None, error: Exception, wanted: str
) -> RetrieveError:
    import ssl

    if isinstance(error, OSError) and not isinstance(error, ssl.SSLError) and error.errno:
        why = os.strerror(error.errno)
    else:
        why = getattr(error, "reason", None) or "it is not what it should be"
    return RetrieveError(f"TlsSettings.{name} {str(file)!r} cannot be used ({why}); give {wanted}")
