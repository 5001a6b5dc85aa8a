"""Samples of few bits as they are shown: over all that 8 bits, or 16 of colours, have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["spread_samples"]


def spread_samples(pixels: npt.NDArray[Any], bits: int) -> npt.NDArray[Any]:
    """Spread samples of 1 to 7 bits over 0 to 255, and colours of 9 to 15 over 0 to 65535.

    A screen knows no other ranges. Greys of more than 8 bits are measured, have a window, and stay
    as they are; so does what fills its type.

    Parameters
    ----------
    pixels : numpy.ndarray
        ``(rows, columns)``, or ``(rows, columns, 3 or 4)``.
    bits : int
        Of a sample.

    Returns
    -------
    numpy.ndarray
        Of the same shape and type: `pixels` itself, or a new array.
    """
    is_few = pixels.dtype == np.uint8 and bits < 8
    is_color = pixels.dtype == np.uint16 and 8 < bits < 16 and pixels.ndim == 3
    if not (is_few or is_color):
        return pixels
    full, largest = np.iinfo(pixels.dtype).max, (1 << bits) - 1
    table = (np.arange(largest + 1, dtype=np.uint32) * full + largest // 2) // largest
    # A lossy codec may give more than there is.
    return np.take(table.astype(pixels.dtype), pixels, mode="clip")
