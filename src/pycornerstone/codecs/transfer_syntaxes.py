"""Transfer syntaxes: how the bytes of a DICOM data set, and of its pixels, are written."""

from __future__ import annotations

from dataclasses import dataclass

from pycornerstone.errors import UnsupportedEncodingError

__all__ = ["TRANSFER_SYNTAXES", "TransferSyntax", "transfer_syntax"]


@dataclass(frozen=True, slots=True)
class TransferSyntax:
    """One transfer syntax.

    Attributes
    ----------
    uid : str
        Transfer Syntax UID (0002,0010).
    name : str
        UID Name of PS3.6, Annex A.
    is_encapsulated : bool
        Pixel data are a sequence of fragments (PS3.5 section A.4), not one run of samples.
    is_big_endian : bool
        Numbers begin with their most significant byte.
    is_implicit_vr : bool
        The data set does not say its value representations.
    is_deflated : bool
        The data set is compressed as a whole, pixels and all (PS3.5 section A.5).
    is_lossy : bool
        It permits samples to differ from the original; they need not.
    """

    uid: str
    name: str
    is_encapsulated: bool = True
    is_big_endian: bool = False
    is_implicit_vr: bool = False
    is_deflated: bool = False
    is_lossy: bool = False

    @property
    def is_video(self) -> bool:
        """It is MPEG-2, MPEG-4 or HEVC: one stream of all frames (PS3.5 sections 8.2.5 on)."""
        return self.uid.startswith(_VIDEO)

    def __str__(self) -> str:
        return f"{self.uid} ({self.name})"


def transfer_syntax(uid: str) -> TransferSyntax:
    """Find a transfer syntax by its UID.

    Raises
    ------
    UnsupportedEncodingError
        If there is no such transfer syntax in `TRANSFER_SYNTAXES`.
    """
    # Values of UIDs are padded to even length by a null (PS3.5 section 9.1), sometimes by a space.
    known = TRANSFER_SYNTAXES.get(uid) or TRANSFER_SYNTAXES.get(uid.rstrip("\0 "))
    if known is None:
        raise UnsupportedEncodingError(
            f"transfer syntax {uid!r} is unknown: it is none of PS3.6, perhaps a private one; ask "
            "the sender for explicit VR little endian (1.2.840.10008.1.2.1)"
        )
    return known


_ROOT = "1.2.840.10008.1.2"
_VIDEO = tuple(f"{_ROOT}.4.{number}" for number in range(100, 109))

_NATIVE = (
    TransferSyntax(_ROOT, "Implicit VR Little Endian", is_encapsulated=False, is_implicit_vr=True),
    TransferSyntax(f"{_ROOT}.1", "Explicit VR Little Endian", is_encapsulated=False),
    TransferSyntax(
        f"{_ROOT}.1.99",
        "Deflated Explicit VR Little Endian",
        is_encapsulated=False,
        is_deflated=True,
    ),
    TransferSyntax(
        f"{_ROOT}.2", "Explicit VR Big Endian", is_encapsulated=False, is_big_endian=True
    ),
    TransferSyntax(
        "1.2.840.10008.1.20",
        "Papyrus 3 Implicit VR Little Endian",
        is_encapsulated=False,
        is_implicit_vr=True,
    ),
)

# Their pixels lie elsewhere: at a JPIP server, in a stream beside the data set, or nowhere.
_WITHOUT_PIXELS = (
    ("4.94", "JPIP Referenced", False),
    ("4.95", "JPIP Referenced Deflate", True),
    ("4.204", "JPIP HTJ2K Referenced", False),
    ("4.205", "JPIP HTJ2K Referenced Deflate", True),
    ("6.1", "RFC 2557 MIME encapsulation", False),
    ("6.2", "XML Encoding", False),
    ("7.1", "SMPTE ST 2110-20 Uncompressed Progressive Active Video", False),
    ("7.2", "SMPTE ST 2110-20 Uncompressed Interlaced Active Video", False),
    ("7.3", "SMPTE ST 2110-30 PCM Digital Audio", False),
)

_LOSSLESS = (
    ("1.98", "Encapsulated Uncompressed Explicit VR Little Endian"),
    ("4.57", "JPEG Lossless, Non-Hierarchical (Process 14)"),
    ("4.58", "JPEG Lossless, Non-Hierarchical (Process 15)"),
    ("4.65", "JPEG Lossless, Hierarchical (Process 28)"),
    ("4.66", "JPEG Lossless, Hierarchical (Process 29)"),
    (
        "4.70",
        "JPEG Lossless, Non-Hierarchical, First-Order Prediction (Process 14 [Selection Value 1])",
    ),
    ("4.80", "JPEG-LS Lossless Image Compression"),
    ("4.90", "JPEG 2000 Image Compression (Lossless Only)"),
    ("4.92", "JPEG 2000 Part 2 Multi-component Image Compression (Lossless Only)"),
    ("4.110", "JPEG XL Lossless"),
    ("4.201", "High-Throughput JPEG 2000 Image Compression (Lossless Only)"),
    ("4.202", "High-Throughput JPEG 2000 with RPCL Options Image Compression (Lossless Only)"),
    ("5", "RLE Lossless"),
    ("8.1", "Deflated Image Frame Compression"),
)

_LOSSY = (
    ("4.50", "JPEG Baseline (Process 1)"),
    ("4.51", "JPEG Extended (Process 2 and 4)"),
    ("4.52", "JPEG Extended (Process 3 and 5)"),
    ("4.53", "JPEG Spectral Selection, Non-Hierarchical (Process 6 and 8)"),
    ("4.54", "JPEG Spectral Selection, Non-Hierarchical (Process 7 and 9)"),
    ("4.55", "JPEG Full Progression, Non-Hierarchical (Process 10 and 12)"),
    ("4.56", "JPEG Full Progression, Non-Hierarchical (Process 11 and 13)"),
    ("4.59", "JPEG Extended, Hierarchical (Process 16 and 18)"),
    ("4.60", "JPEG Extended, Hierarchical (Process 17 and 19)"),
    ("4.61", "JPEG Spectral Selection, Hierarchical (Process 20 and 22)"),
    ("4.62", "JPEG Spectral Selection, Hierarchical (Process 21 and 23)"),
    ("4.63", "JPEG Full Progression, Hierarchical (Process 24 and 26)"),
    ("4.64", "JPEG Full Progression, Hierarchical (Process 25 and 27)"),
    ("4.81", "JPEG-LS Lossy (Near-Lossless) Image Compression"),
    ("4.91", "JPEG 2000 Image Compression"),
    ("4.93", "JPEG 2000 Part 2 Multi-component Image Compression"),
    ("4.100", "MPEG2 Main Profile / Main Level"),
    ("4.100.1", "Fragmentable MPEG2 Main Profile / Main Level"),
    ("4.101", "MPEG2 Main Profile / High Level"),
    ("4.101.1", "Fragmentable MPEG2 Main Profile / High Level"),
    ("4.102", "MPEG-4 AVC/H.264 High Profile / Level 4.1"),
    ("4.102.1", "Fragmentable MPEG-4 AVC/H.264 High Profile / Level 4.1"),
    ("4.103", "MPEG-4 AVC/H.264 BD-compatible High Profile / Level 4.1"),
    ("4.103.1", "Fragmentable MPEG-4 AVC/H.264 BD-compatible High Profile / Level 4.1"),
    ("4.104", "MPEG-4 AVC/H.264 High Profile / Level 4.2 For 2D Video"),
    ("4.104.1", "Fragmentable MPEG-4 AVC/H.264 High Profile / Level 4.2 For 2D Video"),
    ("4.105", "MPEG-4 AVC/H.264 High Profile / Level 4.2 For 3D Video"),
    ("4.105.1", "Fragmentable MPEG-4 AVC/H.264 High Profile / Level 4.2 For 3D Video"),
    ("4.106", "MPEG-4 AVC/H.264 Stereo High Profile / Level 4.2"),
    ("4.106.1", "Fragmentable MPEG-4 AVC/H.264 Stereo High Profile / Level 4.2"),
    ("4.107", "HEVC/H.265 Main Profile / Level 5.1"),
    ("4.108", "HEVC/H.265 Main 10 Profile / Level 5.1"),
    ("4.111", "JPEG XL JPEG Recompression"),
    ("4.112", "JPEG XL"),
    ("4.203", "High-Throughput JPEG 2000 Image Compression"),
)

_PRIVATE = (
    # Cornerstone3D reads it so.
    TransferSyntax("3.2.840.10008.1.2.4.96", "High-Throughput JPEG 2000 (private)", is_lossy=True),
)

TRANSFER_SYNTAXES: dict[str, TransferSyntax] = {
    syntax.uid: syntax
    for syntax in (
        *_NATIVE,
        *_PRIVATE,
        *(
            TransferSyntax(f"{_ROOT}.{end}", name, is_encapsulated=False, is_deflated=deflated)
            for end, name, deflated in _WITHOUT_PIXELS
        ),
        *(TransferSyntax(f"{_ROOT}.{end}", name) for end, name in _LOSSLESS),
        *(TransferSyntax(f"{_ROOT}.{end}", name, is_lossy=True) for end, name in _LOSSY),
    )
}
"""Every transfer syntax of PS3.6, Annex A, retired ones included, and one private one, by UID."""
