"""Colour: luminance and two colour differences back to red, green and blue (PS3.3 C.7.6.3.1.2)."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from pycornerstone.errors import UnsupportedEncodingError

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["ybr_to_rgb"]

_FULL = np.array([[1, 0, 1.402], [1, -0.344136, -0.714136], [1, 1.772, 0]])
# Y from 16 to 235, CB and CR from 16 to 240 of 256: the same, and stretched.
_PARTIAL = _FULL * np.array([255 / 219, 255 / 224, 255 / 224])


def ybr_to_rgb(
    ybr: npt.NDArray[Any], photometric_interpretation: str, bits_stored: int = 8
) -> npt.NDArray[Any]:
    """Turn YBR samples into RGB of the same type, rounded to the nearest and clipped.

    Parameters
    ----------
    ybr : numpy.ndarray
        Y, CB and CR of each pixel, ``(rows, columns, 3)``, unsigned.
    photometric_interpretation : str
        (0028,0004): YBR_FULL and YBR_FULL_422 use all values, YBR_PARTIAL_422 and
        YBR_PARTIAL_420 those of video.
    bits_stored : int
        (0028,0101): Y goes to ``2**bits_stored - 1``, CB and CR are 0 in the middle.

    Returns
    -------
    numpy.ndarray
        ``(rows, columns, 3)``, of the type of `ybr`.

    Raises
    ------
    UnsupportedEncodingError
        If the samples are signed, or of more than 16 bits (8 of those of video).

    References
    ----------
    PS3.3 C.7.6.3.1.2 gives RGB to YBR with four digits; this is the inverse of what they round,
    ITU-R BT.601: ``R = Y + 1.402 CR``, ``G = Y - 0.344136 CB - 0.714136 CR``, ``B = Y + 1.772 CB``.
    """
    is_full = not photometric_interpretation.startswith("YBR_PARTIAL")
    most = 16 if is_full else 8
    if ybr.dtype.kind != "u" or bits_stored > most:
        raise UnsupportedEncodingError(
            f"(0028,0004) Photometric Interpretation is {photometric_interpretation} with samples "
            f"of {bits_stored} bits in {ybr.dtype}; unsigned ones of up to {most} bits are "
            "supported"
        )
    if is_full and ybr.dtype == np.uint8 and bits_stored == 8:
        return _full_range_8_bits(ybr)
    middle = 1 << (bits_stored - 1)
    zero = np.array([0 if is_full else 16, middle, middle], np.float32)
    matrix = (_FULL if is_full else _PARTIAL).astype(np.float32)
    rgb = np.rint((ybr - zero) @ matrix.T)
    return np.clip(rgb, 0, (1 << bits_stored) - 1).astype(ybr.dtype)


def _full_range_8_bits(ybr: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Add what a table says of the colour to Y: as exact as rounding once, and quick."""
    import cv2

    red, green, blue = _tables()
    y, cb, cr = cv2.split(ybr)
    both = cv2.merge((cb, cr)).view(np.uint16)[..., 0]
    # cv2.add clips to 0 and 255.
    rgb: npt.NDArray[np.uint8] = cv2.merge(
        (
            cv2.add(y, cv2.LUT(cr, red), dtype=cv2.CV_8U),
            cv2.add(y, cv2.LUT(both, green), dtype=cv2.CV_8U),
            cv2.add(y, cv2.LUT(cb, blue), dtype=cv2.CV_8U),
        )
    )
    return rgb


@cache
def _tables() -> tuple[npt.NDArray[np.int16], npt.NDArray[np.int16], npt.NDArray[np.int16]]:
    """Tabulate what CR, both as 16 bits, and CB add to red, green and blue."""
    difference = np.arange(256) - 128.0
    red = np.rint(_FULL[0, 2] * difference)
    green = np.rint(_FULL[1, 1] * difference + _FULL[1, 2] * difference[:, None])
    blue = np.rint(_FULL[2, 1] * difference)
    return red.astype(np.int16), green.astype(np.int16).ravel(), blue.astype(np.int16)
