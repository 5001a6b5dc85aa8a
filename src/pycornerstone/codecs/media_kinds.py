"""Kinds of content: what some bytes are, told by how they begin."""

from __future__ import annotations

import re

__all__ = ["PICTURES", "kind_of"]

PICTURES = frozenset(
    {
        "a PNG picture",
        "a JPEG picture",
        "a GIF picture",
        "a WebP picture",
        "a TIFF picture",
        "a BMP picture",
        "an AVIF or HEIF picture",
        "a JPEG 2000 picture",
        "a JPEG XL picture",
        "a JPEG-LS picture",
        "a PNM picture",
        "a TGA picture",
        "a QOI picture",
        "a Photoshop picture",
        "an SVG picture",
    }
)
"""Those of the kinds that are pictures."""

_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
    # JPEG-LS too, if not at once with its frame header.
    (b"\xff\xd8\xff\xf7", "a JPEG-LS picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"II*\0", "a TIFF picture"),
    (b"MM\0*", "a TIFF picture"),
    # BigTIFF.
    (b"II+\0", "a TIFF picture"),
    (b"MM\0+", "a TIFF picture"),
    (b"qoif", "a QOI picture"),
    (b"8BPS\0", "a Photoshop picture"),
    (b"BM", "a BMP picture"),
    (b"\0\0\0\x0cjP  ", "a JPEG 2000 picture"),
    (b"\xff\x4f\xff\x51", "a JPEG 2000 picture"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL picture"),
    (b"\xff\x0a", "a JPEG XL picture"),
    (b"%PDF", "a PDF document"),
    (b"\x1f\x8b", "gzip"),
    (b"PK\x03\x04", "a ZIP archive"),
)


def kind_of(data: bytes | memoryview) -> str:
    """Say what some bytes are, such as ``"a PNG picture"``, ``"HTML"`` or ``"nothing"``.

    Their own words are never repeated: an error page may hold a patient's name.
    """
    head = bytes(data[:512])
    if not head:
        return "nothing"
    # Before the pictures: a DICOM file may begin as a TIFF does (PS3.10 7.1).
    if head[128:132] == b"DICM":
        return "DICOM"
    for signature, kind in _SIGNATURES:
        if head.startswith(signature):
            return kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "a WebP picture"
    if head[4:8] == b"ftyp":
        return "an AVIF or HEIF picture" if head[8:12] in _STILL_PICTURES else "a video"
    if head[344:348] in {b"n+1\0", b"ni1\0"} or head[4:8] in {b"n+2\0", b"ni2\0"}:
        return "NIfTI"
    if _PNM.match(head):
        return "a PNM picture"
    # It has no mark at its beginning (TGA 2.0, file footer).
    if bytes(data[-18:]) == b"TRUEVISION-XFILE.\0":
        return "a TGA picture"
    return _kind_of_text(head)


# A number of columns follows, or a comment; in P7, words.
_PNM = re.compile(rb"P[1-6][ \t\r\n]*(?:#|(?<=[ \t\r\n])[0-9])|P7\n")
# Brands of ISO 23000-22 (AVIF) and ISO 23008-12 (HEIF).
_STILL_PICTURES = frozenset(
    {b"avif", b"avis", b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
)


def _kind_of_text(head: bytes) -> str:
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith((b"<!doctype html", b"<html")):
        return "HTML"
    if text.startswith(b"<svg") or (text.startswith(b"<?xml") and b"<svg" in text):
        return "an SVG picture"
    if text.startswith(b"<"):
        return "HTML" if b"<body" in text or b"<head" in text else "XML"
    if text.startswith((b"{", b"[")):
        return "JSON"
    if text.startswith(b"--") and b"content-type:" in text:
        return "a multipart message"
    if not head.strip(b"\0"):
        return "zeros"
    if all(byte in b"\t\r\n" or byte >= 32 for byte in head):
        return "text" if _is_utf8(head) else "bytes of no known kind"
    return "bytes of no known kind"


def _is_utf8(head: bytes) -> bool:
    try:
        # A character may be cut at the end.
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start > len(head) - 4
    return True
