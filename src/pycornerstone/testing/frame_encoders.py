"""Encoders for frames of test files: imagecodecs and NumPy, nothing of the code that is tested.

imagecodecs and pydicom are imported at the top: import this module when it is needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import imagecodecs
import numpy as np
from pydicom import uid as uids

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

__all__ = ["TRANSFER_SYNTAXES", "FrameEncoder", "frame_encoder"]


@dataclass(frozen=True, slots=True)
class FrameEncoder:
    """How one transfer syntax stores a grey frame of 16 bits allocated.

    Attributes
    ----------
    encode : callable
        ``(samples, bits_stored) -> bytes``; samples are uint16 or int16 of shape (rows, columns).
    unsigned_bits : int
        Bits Stored (0028,0101) that 12-bit samples are written with: the precision inside of a
        codestream must be the same (PS3.5 8.2), and some encoders always write 16.
    """

    encode: Callable[[npt.NDArray[Any], int], bytes]
    unsigned_bits: int = 12


def frame_encoder(transfer_syntax_uid: str) -> FrameEncoder:
    """Find the encoder of a transfer syntax.

    Raises
    ------
    ValueError
        If there is none, with those that there are.
    """
    found = _ENCODERS.get(transfer_syntax_uid)
    if found is None:
        raise ValueError(
            f"no encoder for transfer syntax {transfer_syntax_uid!r}; "
            f"there are {', '.join(TRANSFER_SYNTAXES)}"
        )
    return found


def _native(samples: npt.NDArray[Any], _bits: int) -> bytes:
    return samples.astype(samples.dtype.newbyteorder("<")).tobytes()


def _big_endian(samples: npt.NDArray[Any], _bits: int) -> bytes:
    return samples.astype(samples.dtype.newbyteorder(">")).tobytes()


def _rle(samples: npt.NDArray[Any], _bits: int) -> bytes:
    """Encode a byte plane a segment, high bytes first, row by row (PS3.5 G.2 to G.5)."""
    planes = samples.astype(samples.dtype.newbyteorder(">")).view(np.uint8)
    planes = planes.reshape(*samples.shape, samples.itemsize)
    segments = [
        b"".join(bytes(imagecodecs.packbits_encode(row.tobytes())) for row in planes[..., plane])
        for plane in range(samples.itemsize)
    ]
    segments = [segment + b"\0" * (len(segment) % 2) for segment in segments]
    offsets = [64, *(64 + np.cumsum([len(segment) for segment in segments])[:-1])]
    header = np.zeros(16, dtype="<u4")
    header[0] = len(segments)
    header[1 : 1 + len(segments)] = offsets
    return header.tobytes() + b"".join(segments)


def _jpeg_lossless(samples: npt.NDArray[Any], bits: int) -> bytes:
    # Two's complement is coded as it is; only (0028,0103) says that it is signed (PS3.5 8.2.1).
    unsigned = samples.view(np.uint16)
    return bytes(imagecodecs.jpeg8_encode(unsigned, lossless=True, predictor=1, bitspersample=bits))


def _jpeg_ls(samples: npt.NDArray[Any], _bits: int) -> bytes:
    return bytes(imagecodecs.jpegls_encode(samples.view(np.uint16)))


def _jpeg_2000(samples: npt.NDArray[Any], bits: int) -> bytes:
    return bytes(
        imagecodecs.jpeg2k_encode(
            samples, level=0, codecformat="j2k", reversible=True, bitspersample=bits
        )
    )


def _htj2k(samples: npt.NDArray[Any], _bits: int) -> bytes:
    return bytes(imagecodecs.htj2k_encode(samples, reversible=True))


_ENCODERS: dict[str, FrameEncoder] = {
    str(uids.ExplicitVRLittleEndian): FrameEncoder(_native),
    str(uids.ImplicitVRLittleEndian): FrameEncoder(_native),
    str(uids.DeflatedExplicitVRLittleEndian): FrameEncoder(_native),
    str(uids.ExplicitVRBigEndian): FrameEncoder(_big_endian),
    str(uids.RLELossless): FrameEncoder(_rle),
    str(uids.JPEGLosslessSV1): FrameEncoder(_jpeg_lossless),
    str(uids.JPEGLSLossless): FrameEncoder(_jpeg_ls, unsigned_bits=16),
    str(uids.JPEG2000Lossless): FrameEncoder(_jpeg_2000),
    str(uids.HTJ2KLossless): FrameEncoder(_htj2k, unsigned_bits=16),
}

TRANSFER_SYNTAXES = tuple(_ENCODERS)
"""What `frame_encoder` knows: uncompressed in four ways, and five lossless compressions."""
