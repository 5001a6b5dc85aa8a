"""Addresses as they may be shown: without names, passwords, tokens and signatures."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pycornerstone.errors import PyCornerstoneError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["naming_image", "without_credentials"]

_USER_INFO = re.compile(r"(?<=://)[^/?#]*@")
# OAuth bearer tokens (RFC 6750, section 2.3), API keys, and the signatures that Amazon, Google and
# Azure put into the addresses of stored objects.
_SECRET = re.compile(
    r"(?P<name>[?&;]"
    r"(?:[^=&;#]*(?:token|secret|password|passwd|signature|credential|api[-_]?key)[^=&;#]*"
    r"|key|sig|auth|jwt|pwd|code))"
    r"=[^&;#]*",
    re.IGNORECASE,
)


def without_credentials(address: str) -> str:
    """Give an address, or an imageId with one in it, as it may stand in an error or a log.

    Examples
    --------
    >>> without_credentials("https://ada:secret@pacs/wado?objectUID=1.2&access_token=abc")
    'https://pacs/wado?objectUID=1.2&access_token=...'
    """
    return _SECRET.sub(r"\g<name>=...", _USER_INFO.sub("", address))


@contextmanager
def naming_image(image_id: str) -> Iterator[None]:
    """Let errors that pass say which image they are about, and nothing that is secret.

    Loaders whose imageIds are addresses of other machines do all their work within.
    """
    try:
        yield
    except PyCornerstoneError as error:
        # Whoever raised it may have put the imageId into the text.
        error.message = without_credentials(error.message)
        error.args = (error.message,)
        error.image_id = without_credentials(error.image_id or image_id)
        raise
