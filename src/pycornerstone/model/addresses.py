"""Addresses as they may be shown: without passwords, tokens, signatures and images."""

from __future__ import annotations

import re

__all__ = ["without_credentials"]

_USER_INFO = re.compile(r"(?<=://)[^/?#]*@")
# OAuth bearer tokens (RFC 6750, section 2.3), API keys, and the signatures that Amazon, Google and
# Azure put into the addresses of stored objects.
_SECRET = re.compile(
    r"(?P<name>[?&;#]"
    r"(?:[^=&;#]*(?:token|secret|password|passwd|signature|credential|api[-_]?key)[^=&;#]*"
    r"|key|sig|auth|jwt|pwd|code|ticket|assertion|session[-_]?id))"
    r"=[^&;#]*",
    re.IGNORECASE,
)
_BEGINNING = 256
_NO_ADDRESS = re.compile(r"[\s'\"]")
# In a sentence it ends where an address must; bounded, so that no text takes long.
_DATA_IN_TEXT = re.compile(r"\bdata:[^\s'\"<>,]{0,100},[^\s'\"<>]*", re.IGNORECASE)
_MEDIA_TYPE = re.compile(r"data:([\w!#$&^.+-]{1,60}/[\w!#$&^.+-]{1,60})?", re.IGNORECASE)
# What the loaders of pictures and of NIfTI files put behind an address.
_FRAME = re.compile(r"(?:[?&#](?:frame|axis)=\w{1,10}){1,2}\Z")
_LONGEST_FRAME = 60


def without_credentials(address: str) -> str:
    """Give an address, or an imageId with one in it, as it may stand in an error or a log.

    Of a ``data:`` URL, which is an image itself, only the media type and the length are left.

    Examples
    --------
    >>> without_credentials("https://ada:secret@pacs/wado?objectUID=1.2&access_token=abc")
    'https://pacs/wado?objectUID=1.2&access_token=...'
    >>> without_credentials("web:data:image/png;base64,iVBORw0KGgo=")
    'web:data:image/png,...(34 characters)'
    """
    return _SECRET.sub(r"\g<name>=...", _USER_INFO.sub("", _without_data(address)))


def _without_data(text: str) -> str:
    start = text[:_BEGINNING].lower().find("data:")
    before = text[: max(start, 0)]
    is_address = (not before or before.endswith(":")) and not _NO_ADDRESS.search(before)
    if start >= 0 and is_address and not text[start + 5 : start + 6].isspace():
        # All of it is an address, and what follows its data, spaces too.
        frame = _FRAME.search(text, max(start, len(text) - _LONGEST_FRAME))
        end = len(text) if frame is None else frame.start()
        return before + _shortened(text[start:end]) + text[end:]
    if "data:" in text or "data:" in text.lower():
        return _DATA_IN_TEXT.sub(lambda found: _shortened(found.group()), text)
    return text


def _shortened(url: str) -> str:
    named = _MEDIA_TYPE.match(url)
    return f"{named.group() if named else 'data:'},...({len(url)} characters)"
