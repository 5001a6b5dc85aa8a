"""References in float64, written from the formulas of the standard; no OpenCV in them."""

from __future__ import annotations

import numpy as np
import pytest

from pycornerstone.rendering.sampling import Interpolation

NEAREST, LINEAR, CUBIC = Interpolation


@pytest.fixture(scope="session")
def reference():
    """Gives what a picture should be."""
    return Reference


def cubic(t):
    """Keys' kernel with a = -0.75."""
    t, a = np.abs(t), -0.75
    near = (a + 2) * t**3 - (a + 3) * t**2 + 1
    far = a * t**3 - 5 * a * t**2 + 8 * a * t - 4 * a
    return np.where(t <= 1, near, np.where(t < 2, far, 0))


KERNELS = {
    NEAREST: lambda t: (np.floor(t + 0.5) == 0).astype(float),
    LINEAR: lambda t: np.clip(1 - np.abs(t), 0, None),
    CUBIC: cubic,
}


class Reference:
    """Places, values and greys of a canvas."""

    @staticmethod
    def turned(degrees, pixels_a_canvas_pixel, center, size):
        """Canvas to (column, row), turned about `center`, which is shown in the middle."""
        angle = np.deg2rad(degrees)
        cos, sin = np.cos(angle) * pixels_a_canvas_pixel, np.sin(angle) * pixels_a_canvas_pixel
        linear = np.array([[cos, sin], [-sin, cos]])
        middle = (np.array(size) - 1) / 2
        return np.column_stack([linear, np.array(center) - linear @ middle])

    @staticmethod
    def places(matrix, size):
        x, y = np.meshgrid(np.arange(size[0]), np.arange(size[1]))
        return np.tensordot(matrix, np.stack([x, y, np.ones_like(x)]), axes=1)

    @staticmethod
    def inside_of(matrix, size, shape):
        column, row = Reference.places(matrix, size)
        return (column >= -0.5) & (column < shape[1] - 0.5) & (row >= -0.5) & (row < shape[0] - 0.5)

    @staticmethod
    def interpolated(values, matrix, size, interpolation):
        """Values of the canvas in float64: outermost pixels repeated, then a separable kernel."""
        column, row = Reference.places(matrix, size)
        total = np.zeros(column.shape + values.shape[2:])
        for i in range(-1, 3):
            for j in range(-1, 3):
                r, c = np.floor(row) + i, np.floor(column) + j
                weight = KERNELS[interpolation](row - r) * KERNELS[interpolation](column - c)
                r = np.clip(r, 0, values.shape[0] - 1).astype(int)
                c = np.clip(c, 0, values.shape[1] - 1).astype(int)
                total += weight.reshape(weight.shape + (1,) * (values.ndim - 2)) * values[r, c]
        return total

    @staticmethod
    def window(values, center, width):
        """PS3.3 C.11.2.1.2.1, from 0 to 255 and not rounded."""
        return np.clip(((values - (center - 0.5)) / (width - 1) + 0.5) * 255, 0, 255)
