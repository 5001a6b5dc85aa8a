"""What a compressed frame is by its first bytes, for when the server's word cannot be right."""

from __future__ import annotations

__all__ = ["signed_transfer_syntax"]

_JPEG = b"\xff\xd8\xff"
_JPEG_2000 = b"\xff\x4f\xff\x51"
_JP2 = b"\x00\x00\x00\x0cjP  "
_HTJ2K_LOSSLESS_OR_NOT = "1.2.840.10008.1.2.4.203"

# Start-of-frame markers: ITU-T T.81 table B.1, and T.87 C.1.1 for JPEG-LS.
_START_OF_FRAME = {
    0xC0: "1.2.840.10008.1.2.4.50",
    0xC1: "1.2.840.10008.1.2.4.51",
    0xC2: "1.2.840.10008.1.2.4.55",
    0xC3: "1.2.840.10008.1.2.4.70",
    0xF7: "1.2.840.10008.1.2.4.80",
}


def signed_transfer_syntax(frame: bytes | memoryview) -> str | None:
    """Give a Transfer Syntax UID whose decoder reads the frame; None if it is not compressed.

    Lossy and lossless are told apart only where the decoders differ.
    """
    start = bytes(frame[:12])
    if start.startswith(_JPEG):
        return _jpeg(memoryview(frame))
    if start.startswith(_JPEG_2000):
        # The marker segment that says that blocks are coded by HT comes right after SIZ, whose
        # length follows it (ITU-T T.800 A.5.1, T.814 A.2).
        after_size = 4 + int.from_bytes(frame[4:6], "big")
        is_htj2k = bytes(frame[after_size : after_size + 2]) == b"\xff\x50"
        return _HTJ2K_LOSSLESS_OR_NOT if is_htj2k else "1.2.840.10008.1.2.4.90"
    return "1.2.840.10008.1.2.4.90" if start.startswith(_JP2) else None


def _jpeg(frame: memoryview) -> str | None:
    at = 2
    while at + 4 <= len(frame) and frame[at] == 0xFF:
        marker = frame[at + 1]
        if marker in _START_OF_FRAME:
            return _START_OF_FRAME[marker]
        # Fill bytes may stand before a marker (ITU-T T.81 B.1.1.2).
        at += 1 if marker == 0xFF else 2 + int.from_bytes(frame[at + 2 : at + 4], "big")
    return None
