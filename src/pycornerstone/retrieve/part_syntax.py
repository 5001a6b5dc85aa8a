"""Which transfer syntax the part of an answer has, by its Content-Type (PS3.18 section 8.7.3)."""

from __future__ import annotations

from pycornerstone.retrieve.headers import ContentType

__all__ = ["part_transfer_syntax"]

# What a frame is encoded in where its part says only the media type: the defaults of PS3.18 tables
# 8.7.3-4 and 8.7.3-5, and the names that came before them. Only image/jpeg is taken as
# Cornerstone3D takes it, as baseline; the standard's default is lossless (1.2.840.10008.1.2.4.70).
_DEFAULT_TRANSFER_SYNTAX = {
    "application/octet-stream": "1.2.840.10008.1.2.1",
    "image/dicom-rle": "1.2.840.10008.1.2.5",
    "image/x-dicom-rle": "1.2.840.10008.1.2.5",
    "image/jpeg": "1.2.840.10008.1.2.4.50",
    "image/jll": "1.2.840.10008.1.2.4.70",
    "image/x-jll": "1.2.840.10008.1.2.4.70",
    "image/jls": "1.2.840.10008.1.2.4.80",
    "image/x-jls": "1.2.840.10008.1.2.4.80",
    "image/jp2": "1.2.840.10008.1.2.4.90",
    "image/jpx": "1.2.840.10008.1.2.4.92",
    "image/jphc": "1.2.840.10008.1.2.4.201",
    "image/jxl": "1.2.840.10008.1.2.4.110",
}


def part_transfer_syntax(content_type: str) -> str | None:
    """Give the Transfer Syntax UID of a part, or of an answer that is one frame.

    Parameters
    ----------
    content_type : str
        Content-Type of the part. One of the whole multipart body does as well: the media type and
        the UID are then looked for inside its ``type`` (which is where Orthanc writes both).

    Returns
    -------
    str or None
        The ``transfer-syntax`` parameter, else the default of the media type; None where the media
        type is not one of a frame.

    References
    ----------
    DICOM PS3.18, section 8.7.3.3, tables 8.7.3-4 and 8.7.3-5.
    """
    kind = ContentType.parse(content_type)
    named = kind.parameters.get("transfer-syntax", "").strip()
    if kind.media_type.startswith("multipart/"):
        inner = kind.parameters.get("type", "")
        return _uid(named) or (part_transfer_syntax(inner) if inner else None)
    return _uid(named) or _DEFAULT_TRANSFER_SYNTAX.get(kind.media_type)


def _uid(text: str) -> str | None:
    # `*` is what was asked, not an answer.
    return text if text and text[0].isdigit() else None
