"""Addresses as they may be shown: without passwords, tokens and signatures."""

from __future__ import annotations

import re

__all__ = ["without_credentials"]

_USER_INFO = re.compile(r"(?<=://)[^/?#]*@")
# OAuth bearer tokens (RFC 6750, section 2.3), API keys, and the signatures that Amazon, Google and
# Azure put into the addresses of stored objects.
_SECRET = re.compile(
    r"(?P<name>[?&;]"
    r"(?:[^=&;#]*(?:token|secret|password|passwd|signature|credential|api[-_]?key)[^=&;#]*"
    r"|key|sig|auth|jwt|pwd|code|ticket|assertion|session[-_]?id))"
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
