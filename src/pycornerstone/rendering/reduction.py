"""Images drawn smaller than they are: their pixels averaged before they are sampled.

A canvas pixel that lies on several of the image would otherwise show what happens to be in its
middle: fine lines and small letters fall apart, and fine patterns make others that are not there.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from pycornerstone.rendering.borders import extended, nearest_valid
from pycornerstone.rendering.sampling import EDGE, Interpolation

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["Reduced", "Reduction"]


class Reduction:
    """By how many pixels, across and down, an image can be averaged without a loss on a canvas.

    Parameters
    ----------
    matrix : numpy.ndarray
        ``(2, 3)``, as for `pycornerstone.rendering.sampling.sample`.
    shape : tuple of int
        ``(rows, columns)`` of the image.
    interpolation : Interpolation
        NEAREST shows pixels as they are.

    Attributes
    ----------
    across, down : int
        Columns and rows that become one; 1 where the image is drawn larger than half its size.
    matrix : numpy.ndarray
        From the canvas to the image with its pixels averaged.
    """

    __slots__ = ("across", "down", "matrix")

    def __init__(
        self,
        matrix: npt.NDArray[np.float64],
        shape: tuple[int, int],
        interpolation: Interpolation,
    ) -> None:
        self.across = self.down = 1
        if interpolation is not Interpolation.NEAREST:
            # So far apart do neighbours on the canvas lie in the image, in the worst direction.
            across, down = np.hypot(matrix[:, 0], matrix[:, 1]).tolist()
            # Rounding noise is no reason to average one pixel less.
            self.across = min(max(math.floor(min(across, shape[1]) + 1e-6), 1), shape[1])
            self.down = min(max(math.floor(min(down, shape[0]) + 1e-6), 1), shape[0])
        factors = np.array([[self.across], [self.down]], np.float64)
        # The centre of the first block is half a block, less half a pixel, into the image.
        start = np.array([[0, 0, (self.across - 1) / 2], [0, 0, (self.down - 1) / 2]])
        self.matrix = (matrix - start) / factors

    @property
    def factors(self) -> tuple[int, int]:
        """``(across, down)``."""
        return self.across, self.down


class Reduced:
    """Keeps the averages that were made last, for an image that is drawn again."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: tuple[npt.NDArray[Any], tuple[int, int], npt.NDArray[Any]] | None = None

    def of(
        self,
        samples: npt.NDArray[Any],
        reduction: Reduction,
        empty: npt.NDArray[np.uint8] | None = None,
    ) -> npt.NDArray[Any]:
        """Average an image.

        Parameters
        ----------
        samples : numpy.ndarray
            uint8 or float32, extended by `EDGE` pixels on each side.
        reduction : Reduction
            By how much.
        empty : numpy.ndarray of uint8, optional
            ``(rows, columns)``; 1 where `samples` are none, and do not count.

        Returns
        -------
        numpy.ndarray
            Of the type of `samples`, extended as they are; `samples` if nothing is to be averaged.
        """
        factors = reduction.factors
        if factors == (1, 1):
            return samples
        known = self._known
        if known is None or known[0] is not samples or known[1] != factors:
            known = self._known = samples, factors, _averaged(samples, factors, empty)
        return known[2]


def _averaged(
    samples: npt.NDArray[Any], factors: tuple[int, int], empty: npt.NDArray[np.uint8] | None
) -> npt.NDArray[Any]:
    inner = samples[EDGE:-EDGE, EDGE:-EDGE]
    if empty is None:
        return extended(_means(inner, factors))
    counts = np.float32(1) - empty
    shares = _means(counts, factors)
    means = _means(inner * counts, factors) / np.maximum(shares, np.float32(1e-9))
    void = (shares == 0).view(np.uint8)
    if void.any():
        filled, source = nearest_valid(void)
        flat = means.reshape(-1)
        flat[filled] = flat[source]
    return extended(means)


def _means(pixels: npt.NDArray[Any], factors: tuple[int, int]) -> npt.NDArray[Any]:
    import cv2

    rows, columns = -(-pixels.shape[0] // factors[1]), -(-pixels.shape[1] // factors[0])
    below, right = rows * factors[1] - pixels.shape[0], columns * factors[0] - pixels.shape[1]
    if below or right:
        pixels = cv2.copyMakeBorder(pixels, 0, below, 0, right, cv2.BORDER_REPLICATE)
    # With whole factors, this is the mean of each block.
    return np.asarray(cv2.resize(pixels, (columns, rows), interpolation=cv2.INTER_AREA))
