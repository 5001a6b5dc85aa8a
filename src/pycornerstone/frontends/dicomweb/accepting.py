"""What a client accepts (PS3.18 section 8.7), and bodies of several parts (RFC 2387)."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pycornerstone.frontends.dicomweb.stored_frames import EXPLICIT_LITTLE, media_type_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

__all__ = [
    "OCTETS",
    "Form",
    "InstanceForm",
    "MediaRange",
    "PictureForm",
    "accepts",
    "frame_form",
    "instance_form",
    "media_ranges",
    "multipart",
    "part_head",
    "picture_form",
]

OCTETS = "application/octet-stream"
"""What bytes are that are not said to be anything else."""
_DICOM = "application/dicom"
_MULTIPART = "multipart/related"
_QUOTED = r'(?:[^,;"]|"[^"]*")'
_PICTURES = ("image/png", "image/jpeg")


@dataclass(frozen=True, slots=True)
class MediaRange:
    """One of the media types of an Accept header.

    Attributes
    ----------
    media : str
        What is wanted, such as ``"image/jls"``; that of the parts where `is_multipart`.
    transfer_syntax : str or None
        Of it, or ``"*"``; None if nothing is said.
    is_multipart : bool or None
        It is to come in parts; None if that does not matter.
    """

    media: str
    transfer_syntax: str | None
    is_multipart: bool | None


@dataclass(frozen=True, slots=True)
class Form:
    """As what frames are sent.

    Attributes
    ----------
    media : str
        Media type of each.
    transfer_syntax_uid : str
        Of each.
    is_multipart : bool
        In parts, or the one by itself.
    """

    media: str
    transfer_syntax_uid: str
    is_multipart: bool

    @property
    def content_type(self) -> str:
        """Of a frame."""
        return f"{self.media}; transfer-syntax={self.transfer_syntax_uid}"


def media_ranges(accept: str) -> tuple[MediaRange, ...]:
    """Read an Accept header (RFC 9110 section 12.5.1), best first; all is accepted without one."""
    found = [one for one in _split(accept or "*/*") if one[0] > 0]
    found.sort(key=lambda one: -one[0])
    return tuple(one for _, one in found)


def frame_form(accept: str, stored_syntax_uid: str) -> Form | None:
    """Choose how frames are sent: as they are stored where that is accepted.

    Parameters
    ----------
    accept : str
        The Accept header.
    stored_syntax_uid : str
        Transfer syntax of the frames.

    Returns
    -------
    Form or None
        None if nothing that can be sent is accepted.
    """
    stored_media = media_type_of(stored_syntax_uid)
    for one in media_ranges(accept):
        is_multipart = one.is_multipart is not False
        if one.media == "*/*" and one.transfer_syntax in {None, "*", stored_syntax_uid}:
            return Form(stored_media, stored_syntax_uid, is_multipart)
        if one.media in {stored_media, "image/*"} and stored_media != OCTETS:
            if one.transfer_syntax in {None, "*", stored_syntax_uid}:
                return Form(stored_media, stored_syntax_uid, is_multipart)
        elif one.media in {OCTETS, "*/*", "application/*"}:
            if one.transfer_syntax in {"*", stored_syntax_uid}:
                return Form(OCTETS, stored_syntax_uid, is_multipart)
            # Which octets are without a transfer syntax (PS3.18 section 8.7.3.5.2).
            if one.transfer_syntax in {None, EXPLICIT_LITTLE}:
                return Form(OCTETS, EXPLICIT_LITTLE, is_multipart)
    return None


@dataclass(frozen=True, slots=True)
class InstanceForm:
    """As what instances are sent.

    Attributes
    ----------
    is_explicit : bool
        In Explicit VR Little Endian, and not as they are stored.
    is_multipart : bool
        In parts, or the one by itself.
    """

    is_explicit: bool
    is_multipart: bool


def instance_form(accept: str, stored_syntax_uids: Collection[str]) -> InstanceForm | None:
    """Choose how instances are sent: as they are stored where that is accepted.

    Parameters
    ----------
    accept : str
        The Accept header.
    stored_syntax_uids : collection of str
        Transfer syntaxes of the instances.

    Returns
    -------
    InstanceForm or None
        None if nothing that can be sent is accepted.
    """
    for one in media_ranges(accept):
        if one.media not in {_DICOM, "application/*", "*/*"}:
            continue
        is_multipart = one.is_multipart is not False
        wanted = one.transfer_syntax
        if wanted in {None, "*"} or set(stored_syntax_uids) == {wanted}:
            return InstanceForm(is_explicit=False, is_multipart=is_multipart)
        if wanted == EXPLICIT_LITTLE:
            return InstanceForm(is_explicit=True, is_multipart=is_multipart)
    return None


def accepts(accept: str, media: str, transfer_syntax_uid: str | None = None) -> MediaRange | None:
    """Give what of an Accept header a thing answers, or None."""
    group = f"{media.partition('/')[0]}/*"
    for one in media_ranges(accept):
        if one.media in {media, "*/*", group} and (
            transfer_syntax_uid is None or one.transfer_syntax in {None, "*", transfer_syntax_uid}
        ):
            return one
    return None


@dataclass(frozen=True, slots=True)
class PictureForm:
    """As what pictures are sent.

    Attributes
    ----------
    media : str
        ``"image/jpeg"`` or ``"image/png"``.
    is_multipart : bool
        In parts, or the one by itself.
    """

    media: str
    is_multipart: bool


def picture_form(accept: str, *, is_many: bool) -> PictureForm | None:
    """Choose PNG or JPEG for pictures; JPEG without a wish (PS3.18 table 8.7.4-1).

    Parameters
    ----------
    accept : str
        The Accept header.
    is_many : bool
        There are several, which come in parts if that does not matter.
    """
    for one in media_ranges(accept):
        if one.media in {*_PICTURES, "*/*", "image/*"}:
            media = one.media if one.media in _PICTURES else "image/jpeg"
            is_multipart = is_many if one.is_multipart is None else one.is_multipart
            return PictureForm(media, is_multipart)
    return None


def part_head(boundary: str, content_type: str, length: int) -> bytes:
    """Give what comes before the bytes of a part: boundary, header fields and an empty line."""
    fields = f"Content-Type: {content_type}\r\nContent-Length: {length}"
    return f"--{boundary}\r\n{fields}\r\n\r\n".encode()


def multipart(parts: Sequence[tuple[str, bytes]]) -> tuple[str, list[bytes]]:
    """Put parts together.

    Parameters
    ----------
    parts : sequence of tuple of (str, bytes)
        Content type and content of each; one at least.

    Returns
    -------
    tuple of (str, list of bytes)
        Content type of all, and the body in pieces.
    """
    boundary = uuid.uuid4().hex
    pieces: list[bytes] = []
    for content_type, content in parts:
        pieces += (part_head(boundary, content_type, len(content)), content, b"\r\n")
    pieces.append(f"--{boundary}--\r\n".encode())
    media = parts[0][0].partition(";")[0]
    return f'{_MULTIPART}; type="{media}"; boundary={boundary}', pieces


def _split(accept: str) -> Iterator[tuple[float, MediaRange]]:
    for item in re.findall(rf"(?:{_QUOTED}|;)+", accept):
        media, *parameters = re.findall(rf"{_QUOTED}+", item) or [""]
        pairs = [parameter.partition("=") for parameter in parameters]
        named = {name.strip().lower(): value.strip(' "') for name, _, value in pairs}
        media = media.strip().lower()
        is_multipart: bool | None = None
        if media in {_MULTIPART, "multipart/*"}:
            media, is_multipart = named.get("type", "*/*").lower(), True
        elif media != "*/*":
            is_multipart = False
        try:
            quality = float(named.get("q", "1"))
        except ValueError:
            quality = 1.0
        yield quality, MediaRange(media, named.get("transfer-syntax"), is_multipart)
