"""The camera: which part of the patient the canvas shows, and from which side.

Canvas points are (x, y) in pixels, x to the right and y down, (0, 0) at the top left corner of the
canvas, so that the first pixel's centre is (0.5, 0.5). World points are LPS mm. Indices are
(column, row), (0, 0) at the centre of the first pixel of the image.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pycornerstone.model.geometry import PlaneGeometry
from pycornerstone.model.given_values import number_or_nan, points_of
from pycornerstone.viewports.anatomy import radiological_directions
from pycornerstone.viewports.vectors import combined, cross, dot, negative, three_numbers, unit

if TYPE_CHECKING:
    import numpy.typing as npt

    from pycornerstone.model.geometry import Vector

__all__ = ["Camera", "drawable_affine", "fit_camera", "index_from_canvas", "world_to_index"]

# The sine of the angle between two directions that count as one.
_PARALLEL = 1e-3


@dataclass(frozen=True, slots=True)
class Camera:
    """An orthographic camera.

    Attributes
    ----------
    focal_point_lps : tuple of float
        What is shown in the middle of the canvas, mm.
    view_plane_normal : tuple of float
        From there to the camera; made a unit vector.
    view_up : tuple of float
        What is up on the canvas; made a unit vector at right angles to the normal.
    parallel_scale_mm : float
        Half the height of the canvas.

    Raises
    ------
    ValueError
        If a value is not finite, the scale is not above 0, or the two directions are parallel or
        have no length.
    """

    focal_point_lps: Vector
    view_plane_normal: Vector
    view_up: Vector
    parallel_scale_mm: float

    def __post_init__(self) -> None:
        focal = three_numbers(self.focal_point_lps)
        normal, up = three_numbers(self.view_plane_normal), three_numbers(self.view_up)
        if focal is None or normal is None or up is None:
            raise ValueError(
                "a camera needs three finite numbers for each point and direction, got focal point "
                f"{self.focal_point_lps}, normal {self.view_plane_normal}, up {self.view_up}"
            )
        scale = number_or_nan(self.parallel_scale_mm)
        if not (math.isfinite(scale) and scale > 0):
            raise ValueError(f"parallel_scale_mm must be above 0, got {self.parallel_scale_mm!r}")
        forward, upward = unit(normal), unit(up)
        across = forward and upward and combined(1, upward, -dot(upward, forward), forward)
        if not (forward and across) or math.hypot(*across) < _PARALLEL:
            raise ValueError(
                f"view_plane_normal {self.view_plane_normal} and view_up {self.view_up} must be "
                "two different directions"
            )
        object.__setattr__(self, "focal_point_lps", focal)
        object.__setattr__(self, "view_plane_normal", forward)
        object.__setattr__(self, "view_up", unit(across))
        object.__setattr__(self, "parallel_scale_mm", scale)

    @property
    def view_right(self) -> Vector:
        """What is to the right on the canvas: up x normal."""
        return cross(self.view_up, self.view_plane_normal)

    def canvas_to_world(
        self, point: npt.ArrayLike, size: tuple[int, int]
    ) -> npt.NDArray[np.float64]:
        """Give the place that a canvas point shows, in the plane of the focal point.

        Parameters
        ----------
        point : array_like
            ``(..., 2)`` canvas x and y.
        size : tuple of int
            ``(width, height)`` of the canvas.

        Returns
        -------
        numpy.ndarray
            ``(..., 3)`` LPS mm.

        Raises
        ------
        ValueError
            If points have other than two numbers.
        """
        points = points_of(point, 2, "a canvas point")
        x, y = points[..., 0], points[..., 1]
        step = self.mm_per_pixel(size)
        right = np.multiply.outer((x - size[0] / 2) * step, self.view_right)
        down = np.multiply.outer((y - size[1] / 2) * step, self.view_up)
        return np.asarray(self.focal_point_lps + right - down)

    def world_to_canvas(
        self, point: npt.ArrayLike, size: tuple[int, int]
    ) -> npt.NDArray[np.float64]:
        """Give the canvas point at which a place is shown; the inverse of `canvas_to_world`."""
        offset = points_of(point, 3, "a place") - self.focal_point_lps
        offset /= self.mm_per_pixel(size)
        x = offset @ np.array(self.view_right) + size[0] / 2
        y = size[1] / 2 - offset @ np.array(self.view_up)
        return np.stack([x, y], axis=-1)

    def mm_per_pixel(self, size: tuple[int, int]) -> float:
        """Width and height of a canvas pixel."""
        return 2 * self.parallel_scale_mm / size[1]


def drawable_affine(geometry: PlaneGeometry) -> npt.NDArray[np.float64]:
    """Give the ``(4, 4)`` affine of a plane, from ``(column, row, 0, 1)`` to LPS mm.

    It is that of pixels of 1 mm at the origin if the header's is none: a spacing of 0, or
    directions that are parallel or no numbers, would leave nothing to draw.
    """
    with np.errstate(invalid="ignore"):
        affine = geometry.affine
    has_area = geometry.row_pixel_spacing_mm != 0 and geometry.column_pixel_spacing_mm != 0
    normal = three_numbers(affine[:3, 2].tolist())
    if has_area and np.isfinite(affine).all() and normal and math.hypot(*normal) > _PARALLEL:
        return affine
    return PlaneGeometry().affine


def fit_camera(
    affine: npt.NDArray[np.float64],
    shape: tuple[int, int],
    size: tuple[int, int],
    *,
    is_upright: bool = True,
) -> Camera:
    """Give the camera that shows an image whole and in the middle of the canvas.

    The limiting side touches the edge of the canvas.

    Parameters
    ----------
    affine : numpy.ndarray
        ``(4, 4)``, of the image plane.
    shape : tuple of int
        ``(rows, columns)`` of the image.
    size : tuple of int
        ``(width, height)`` of the canvas.
    is_upright : bool
        Row 0 is on top and column 0 on the left. Otherwise the body is shown as radiologists are
        used to see it.
    """
    rows, columns = shape
    along_row, along_column, normal, origin = affine[:3].T.tolist()
    focal = [
        start + (columns - 1) / 2 * right + (rows - 1) / 2 * down
        for start, right, down in zip(origin, along_row, along_column, strict=True)
    ]
    width, height = columns * math.hypot(*along_row), rows * math.hypot(*along_column)
    towards_viewer, down = negative(normal), along_column
    if not is_upright:
        right, down, is_transposed = radiological_directions(along_row, along_column, normal)
        if is_transposed:
            width, height = height, width
        if dot(cross(right, down), normal) < 0:
            towards_viewer = normal
    return Camera(
        (focal[0], focal[1], focal[2]),
        towards_viewer,
        negative(down),
        max(height, width * size[1] / size[0]) / 2,
    )


def world_to_index(
    point: npt.ArrayLike, inverse: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Give ``(..., 2)`` column and row of the foot of ``(..., 3)`` places on the image plane.

    `inverse` is that of the plane's affine.
    """
    return np.asarray(np.asarray(point, np.float64) @ inverse[:2, :3].T + inverse[:2, 3])


def index_from_canvas(
    camera: Camera, inverse: npt.NDArray[np.float64], size: tuple[int, int]
) -> npt.NDArray[np.float64]:
    """Give the ``(2, 3)`` matrix from a canvas pixel to the index that it shows.

    It takes ``(x, y, 1)`` with (0, 0) at the *centre* of the first canvas pixel, as drawing does.
    `inverse` is that of the plane's affine.
    """
    step = camera.mm_per_pixel(size)
    x, y = (0.5 - size[0] / 2) * step, (0.5 - size[1] / 2) * step
    right, up = np.array(camera.view_right), np.array(camera.view_up)
    start = camera.focal_point_lps + x * right - y * up
    columns = np.array([step * right, -step * up, start])
    matrix = inverse[:2, :3] @ columns.T
    matrix[:, 2] += inverse[:2, 3]
    return np.asarray(matrix)
