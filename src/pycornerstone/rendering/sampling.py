"""Which place of the image each pixel of the canvas shows, and the value there."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np

from pycornerstone.rendering.scratch import scratch

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = [
    "EDGE",
    "Interpolation",
    "clear_outside",
    "is_whole_pixel",
    "paint",
    "sample",
    "snapped",
]

EDGE = 2
"""Pixels by which `sample` wants an image to be extended on each side: the reach of cubic."""

# A displacement that nobody can see, far above the rounding of a matrix product.
_SAME_PLACE = 1e-6


class Interpolation(StrEnum):
    """How a value between pixel centres is made.

    CUBIC is the convolution of Keys with a = -0.75, OpenCV's choice; it may overshoot at edges.
    """

    NEAREST = "nearest"
    LINEAR = "linear"
    CUBIC = "cubic"


def sample(
    pixels: npt.NDArray[Any],
    matrix: npt.NDArray[np.float64],
    size: tuple[int, int],
    interpolation: Interpolation,
    edge: int = 0,
    *,
    outside: int = 0,
    use: str = "samples",
) -> npt.NDArray[Any]:
    """Draw an image onto a canvas.

    Parameters
    ----------
    pixels : numpy.ndarray
        ``(rows, columns)`` or ``(rows, columns, channels)``; uint8, uint16 or float32, which alone
        are sampled exactly.
    matrix : numpy.ndarray
        ``(2, 3)``, from canvas ``(x, y, 1)``, 0 at the centre of the first canvas pixel, to
        ``(column, row)``, 0 at the centre of the first image pixel.
    size : tuple of int
        ``(width, height)`` of the canvas.
    interpolation : Interpolation
        How values between pixels are made.
    edge : int
        By how many pixels `pixels` has been extended on each side already.
    outside : int
        What there is where the image is not.
    use : str
        Which `scratch` memory to draw in.

    Returns
    -------
    numpy.ndarray
        ``(height, width)`` or ``(height, width, channels)``. It is `scratch`, valid until this
        thread samples for the same use again.
    """
    import cv2

    flags = {
        Interpolation.NEAREST: cv2.INTER_NEAREST,
        Interpolation.LINEAR: cv2.INTER_LINEAR,
        Interpolation.CUBIC: cv2.INTER_CUBIC,
    }
    matrix = matrix + np.array([[0, 0, edge], [0, 0, edge]])
    # BORDER_CONSTANT with an image extended beforehand takes half the time of BORDER_REPLICATE.
    return np.asarray(
        cv2.warpAffine(
            pixels,
            matrix,
            size,
            dst=scratch(use, (size[1], size[0], *pixels.shape[2:]), pixels.dtype),
            flags=flags[interpolation] | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=outside,
        )
    )


def snapped(matrix: npt.NDArray[np.float64], size: tuple[int, int]) -> npt.NDArray[np.float64]:
    """Take rounding noise out of a matrix, so that a view along the axes is seen to be one.

    An entry becomes a whole number if that moves no pixel of the canvas by more than 1e-6 pixels.
    """
    whole = np.rint(matrix)
    reach = np.array([size[0], size[1], 1])
    snapped = np.where(np.abs(matrix - whole) * reach < _SAME_PLACE, whole, matrix)
    # Of an extreme enlargement nothing would be left.
    return matrix if np.linalg.det(snapped[:, :2]) == 0 else snapped


def is_whole_pixel(matrix: npt.NDArray[np.float64]) -> bool:
    """Whether a `snapped` matrix shows image pixels one to one: nothing is interpolated."""
    linear = np.abs(matrix[:, :2])
    is_whole = bool((matrix == np.rint(matrix)).all())
    return is_whole and bool(linear.max() == 1 and (linear.sum(axis=0) == 1).all())


def clear_outside(
    canvas: npt.NDArray[np.int32],
    background: int,
    matrix: npt.NDArray[np.float64],
    shape: tuple[int, int],
    padding: npt.NDArray[np.uint8] | None = None,
) -> None:
    """Paint the background wherever the image is not.

    Parameters
    ----------
    canvas : numpy.ndarray
        ``(height, width)`` packed colours, changed in place.
    background : int
        The packed colour.
    matrix : numpy.ndarray
        `snapped`, as for `sample`.
    shape : tuple of int
        ``(rows, columns)`` of the image, which covers -0.5 up to n - 0.5 on each axis.
    padding : numpy.ndarray of uint8, optional
        ``(rows, columns)``; 1 where the image has padding, each canvas pixel taking the nearest.
    """
    height, width = canvas.shape
    along_axes = matrix[0, 1] == matrix[1, 0] == 0 or matrix[0, 0] == matrix[1, 1] == 0
    if padding is None and along_axes:
        if matrix[0, 1] == matrix[1, 0] == 0:
            x, y = _span(matrix[0, [0, 2]], shape[1], width), _span(matrix[1, 1:], shape[0], height)
        else:
            x, y = _span(matrix[1, [0, 2]], shape[0], width), _span(matrix[0, 1:], shape[1], height)
        canvas[: y.start] = background
        canvas[y.stop :] = background
        canvas[y, : x.start] = background
        canvas[y, x.stop :] = background
        return
    if padding is None:
        padding = np.zeros(shape, np.uint8)
    size, nearest = (width, height), Interpolation.NEAREST
    outside = sample(padding, matrix, size, nearest, outside=1, use="outside")
    paint(canvas, outside, background)


def paint(canvas: npt.NDArray[np.int32], mask: npt.NDArray[np.uint8], color: int) -> None:
    """Paint one packed colour wherever a mask of the canvas is not 0."""
    import cv2

    plain = scratch("paint", canvas.shape, np.int32)
    plain[:] = color
    cv2.copyTo(plain, mask, canvas)


def _span(line: npt.NDArray[np.float64], count: int, size: int) -> slice:
    """Canvas pixels x with ``-0.5 <= line[0] * x + line[1] < count - 0.5``."""
    step, start = line
    ends = sorted([(-0.5 - start) / step, (count - 0.5 - start) / step])
    first, stop = np.clip(np.ceil(np.array(ends) - _SAME_PLACE), 0, size).astype(int)
    return slice(int(first), int(stop))
