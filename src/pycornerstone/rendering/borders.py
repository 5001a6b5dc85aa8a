"""What lies beside the pixels of an image, where interpolation reaches for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pycornerstone.rendering.sampling import EDGE

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["extended", "nearest_valid"]


def extended(samples: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Repeat the outermost pixels `EDGE` times: an image ends half a pixel beyond its centres."""
    import cv2

    return np.asarray(cv2.copyMakeBorder(samples, EDGE, EDGE, EDGE, EDGE, cv2.BORDER_REPLICATE))


def nearest_valid(
    padding: npt.NDArray[np.uint8],
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Find what padding within reach of interpolation is to be filled with.

    Parameters
    ----------
    padding : numpy.ndarray of uint8
        ``(rows, columns)``; 1 for padding.

    Returns
    -------
    tuple of numpy.ndarray
        Flat indices of such padding, and of the valid pixel nearest to each.
    """
    import cv2

    columns = padding.shape[1]
    valid = np.pad(padding == 0, EDGE)
    reach = range(-EDGE, EDGE + 1)
    offsets = sorted(((y, x) for y in reach for x in reach), key=lambda o: o[0] ** 2 + o[1] ** 2)
    # A pixel stays marked by the erosion if there is nothing but padding in its reach.
    deep = cv2.erode(padding, np.ones((len(reach), len(reach)), np.uint8))
    places = np.flatnonzero(padding != deep)
    found: list[tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]] = []
    for y, x in offsets[1:]:
        row, column = np.divmod(places, columns)
        hit = valid[row + EDGE + y, column + EDGE + x]
        found.append((places[hit], places[hit] + y * columns + x))
        places = places[~hit]
    filled, source = (np.concatenate(part) for part in zip(*found, strict=True))
    return filled, source
