"""``data:`` URLs: addresses that are the file themselves (RFC 2397)."""

from __future__ import annotations

import binascii
from urllib.parse import unquote_to_bytes

from pycornerstone.errors import RetrieveError
from pycornerstone.model.addresses import without_credentials

__all__ = ["bytes_of_data_url"]

# What may stand between the digits of base64: the white space of the URL standard.
_SPACE = b" \t\n\f\r"


def bytes_of_data_url(address: str) -> bytes:
    """Give the bytes that a ``data:`` URL is.

    Its media type is not looked at. In base64, white space, escaped characters and missing padding
    are allowed, as browsers allow them; the other alphabet, with ``-`` and ``_``, is not.

    Parameters
    ----------
    address : str
        ``data:[<media type>][;base64],<data>``. A fragment is no part of the data.

    Raises
    ------
    RetrieveError
        If there is no comma, what should be base64 is none, or it is no text that could be sent.

    Examples
    --------
    >>> bytes_of_data_url("data:text/plain;base64,SGVsbG8=")
    b'Hello'
    >>> bytes_of_data_url("data:,A%20brief%20note")
    b'A brief note'
    """
    head, comma, content = address.partition(",")
    if not comma:
        raise RetrieveError(
            f"{without_credentials(address)} has no comma before its data; write "
            "data:<media type>;base64,<data>"
        )
    content = content.partition("#")[0]
    _, semicolon, last = head.rpartition(";")
    if not semicolon or last.strip(" ").lower() != "base64":
        try:
            return unquote_to_bytes(content)
        except UnicodeEncodeError:
            # Half of a surrogate pair; the text of the cause may be of the content.
            raise RetrieveError(
                f"the data of {without_credentials(address)} are no text in Unicode; write other "
                "bytes as %XX, or all of them in base64"
            ) from None
    try:
        return _from_base64(content)
    except ValueError:
        # The text of the cause may be of the content.
        raise RetrieveError(
            f"the data of {without_credentials(address)} are not base64 (RFC 4648, section 4); "
            "encode the file again, and send all of it"
        ) from None


def _from_base64(content: str) -> bytes:
    try:
        return binascii.a2b_base64(content, strict_mode=True)
    except ValueError:
        # As nearly nobody writes it: looking for that first took as long as decoding.
        digits = unquote_to_bytes(content).translate(None, _SPACE)
    if len(digits) % 4 and not digits.endswith(b"="):
        digits += b"=" * (-len(digits) % 4)
    return binascii.a2b_base64(digits, strict_mode=True)
