"""The anatomy of the CT phantom: a thorax of ellipsoids, tubes and ribs, placed in LPS mm.

What lies further down the list covers what lies above it. The patient is on the back, arms up, with
the heart to the left and the liver to the right, so that a flipped image is seen at once. Under the
back lies a bar with six rods of known values, as it is used to measure bone density.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from pycornerstone.model.geometry import Vector

__all__ = [
    "AIR",
    "BONE",
    "CONTRAST",
    "FAT",
    "LUNG",
    "ROD_RADIUS_MM",
    "SOFT_TISSUE",
    "WATER",
    "SliceGrid",
    "paint_thorax",
    "rods",
]

AIR, LUNG, FAT, WATER, SOFT_TISSUE, CONTRAST, BONE = -1000, -800, -100, 0, 50, 300, 1000
_MARROW, _BLOOD, _DISC, _FOAM, _PLASTIC = 250, 180, 90, -950, 120

ROD_RADIUS_MM = 7.0
_EVERYWHERE = math.inf
_VERTEBRA_MM, _DISC_MM = 28.0, 7.0
_RIB_MM, _RIB_DISTANCE_MM, _RIB_SLOPE = 9.0, 26.0, 0.45


@dataclass(frozen=True, slots=True)
class SliceGrid:
    """Pixel centres of one axial slice, LPS mm.

    Attributes
    ----------
    x, y : numpy.ndarray
        Of the columns, towards the left, and of the rows, towards the back; float32.
    z : float
        Of the slice, towards the head.
    pixel_mm : float
        Size of a pixel; edges are smoothed over one.
    """

    x: npt.NDArray[np.float32]
    y: npt.NDArray[np.float32]
    z: float
    pixel_mm: float


def rods() -> Iterator[tuple[str, int, float, float]]:
    """Give name, HU, x and y of each rod of the bar; they run through all slices along z."""
    values = (
        ("water", WATER),
        ("fat", FAT),
        ("lung", LUNG),
        ("soft tissue", SOFT_TISSUE),
        ("contrast", CONTRAST),
        ("bone", BONE),
    )
    for number, (name, value) in enumerate(values):
        yield f"{name} rod", value, -60.0 + 24.0 * number, 135.0


def paint_thorax(grid: SliceGrid) -> npt.NDArray[np.float32]:
    """Draw one slice: HU, float32 of shape (rows, columns), edges smoothed over one pixel."""
    values = np.full((grid.y.size, grid.x.size), AIR, dtype=np.float32)
    for layer in _body():
        layer.paint(values, grid)
    _paint_ribs(values, grid)
    for shape in (*_inside(), *_spine(grid.z), *_couch()):
        shape.paint(values, grid)
    return values


@dataclass(frozen=True, slots=True)
class _Ellipsoid:
    """An ellipsoid; a radius of infinity along z makes it a column."""

    value: float
    center: Vector
    radii: Vector
    z_range: tuple[float, float] = (-_EVERYWHERE, _EVERYWHERE)

    def paint(self, values: npt.NDArray[np.float32], grid: SliceGrid) -> None:
        if not self.z_range[0] <= grid.z < self.z_range[1]:
            return
        shrink = 1.0 - ((grid.z - self.center[2]) / self.radii[2]) ** 2
        if shrink > 0:
            scale = math.sqrt(shrink)
            _paint_ellipse(
                values,
                grid,
                self.value,
                self.center[:2],
                (self.radii[0] * scale, self.radii[1] * scale),
            )


@dataclass(frozen=True, slots=True)
class _Tube:
    """A tube with round ends from `start` to `end`."""

    value: float
    start: Vector
    end: Vector
    radius: float

    def paint(self, values: npt.NDArray[np.float32], grid: SliceGrid) -> None:
        ends = np.array((self.start, self.end))
        low, high = ends.min(axis=0) - self.radius, ends.max(axis=0) + self.radius
        if not low[2] <= grid.z <= high[2]:
            return
        columns = _within(grid.x, low[0] - grid.pixel_mm, high[0] + grid.pixel_mm)
        rows = _within(grid.y, low[1] - grid.pixel_mm, high[1] + grid.pixel_mm)
        along = ends[1] - ends[0]
        length = float(along @ along)
        dx, dy, dz = (
            grid.x[None, columns] - self.start[0],
            grid.y[rows, None] - self.start[1],
            grid.z - self.start[2],
        )
        part = np.clip((dx * along[0] + dy * along[1] + dz * along[2]) / length, 0, 1)
        distance = np.sqrt(
            (dx - part * along[0]) ** 2 + (dy - part * along[1]) ** 2 + (dz - part * along[2]) ** 2
        )
        _cover(values[rows, columns], self.value, (distance - self.radius) / grid.pixel_mm)


def _body() -> Iterator[_Ellipsoid]:
    yield _Ellipsoid(FAT, (0, 0, 0), (172, 118, 420))
    yield _Ellipsoid(SOFT_TISSUE, (0, 0, 0), (158, 104, 400))


def _paint_ribs(values: npt.NDArray[np.float32], grid: SliceGrid) -> None:
    """Draw a cage that slopes to the front: an axial slice cuts several ribs a side."""
    scale = math.sqrt(max(0.05, 1 - (grid.z / 300) ** 2))
    outer, inner = values.copy(), (135 * scale, 84 * scale)
    _paint_ellipse(outer, grid, BONE, (0, -2), (143 * scale, 92 * scale))
    _paint_ellipse(outer, grid, SOFT_TISSUE, (0, -2), inner)
    # The front end of a rib hangs lower than its root, so its height grows towards the back.
    height = (grid.z - _RIB_SLOPE * (grid.y - 60)) % _RIB_DISTANCE_MM
    edge = (np.abs(height - _RIB_DISTANCE_MM / 2) - _RIB_MM / 2) / grid.pixel_mm
    is_rib = np.clip(0.5 - edge, 0, 1).astype(np.float32)[:, None]
    values += (outer - values) * is_rib


def _inside() -> Iterator[_Ellipsoid | _Tube]:
    yield _Ellipsoid(LUNG, (-72, -2, -5), (60, 78, 128))
    yield _Ellipsoid(LUNG, (74, 2, -5), (56, 76, 128))
    yield from _lung_vessels()
    yield _Ellipsoid(SOFT_TISSUE, (-82, -18, 18), (8, 8, 8))
    yield _Ellipsoid(SOFT_TISSUE, (-66, -6, -150), (74, 84, 78))
    yield _Ellipsoid(SOFT_TISSUE, (70, 20, -160), (64, 66, 72))
    yield _Ellipsoid(WATER, (62, -8, -136), (34, 30, 40))
    yield _Ellipsoid(SOFT_TISSUE, (2, 4, 30), (34, 58, 200))
    yield _Ellipsoid(FAT, (0, -62, 40), (20, 24, 90))
    yield _Ellipsoid(FAT, (24, -34, -48), (66, 52, 62))
    yield _Ellipsoid(SOFT_TISSUE, (24, -32, -46), (61, 48, 57))
    yield _Ellipsoid(CONTRAST, (48, -24, -50), (24, 20, 36))
    yield _Ellipsoid(_BLOOD, (6, -54, -50), (30, 17, 34))
    yield _Ellipsoid(_BLOOD, (-22, -30, -38), (18, 22, 28))
    yield _Ellipsoid(CONTRAST, (18, 6, -28), (26, 15, 20))
    for start, end in pairwise(
        [(10, -24, -14), (-14, -34, 12), (-12, -30, 50), (4, -4, 68), (22, 36, 54), (20, 44, 30)]
    ):
        yield _Tube(CONTRAST, start, end, 14)
    yield _Tube(CONTRAST, (20, 44, 30), (14, 48, -400), 11)
    yield _Tube(_BLOOD, (-30, -24, -10), (-26, -26, 150), 9)
    yield _Tube(_BLOOD, (16, -44, -10), (18, -16, 26), 13)
    yield _Tube(_BLOOD, (18, -14, 24), (-48, 10, 12), 9)
    yield _Tube(_BLOOD, (18, -14, 26), (54, 14, 20), 9)
    yield _Tube(AIR, (0, 12, 200), (0, 14, 36), 9)
    yield _Tube(AIR, (0, 14, 36), (-44, 20, 4), 7)
    yield _Tube(AIR, (0, 14, 36), (48, 24, 2), 6)
    yield _Ellipsoid(SOFT_TISSUE, (8, 34, 0), (9, 6, _EVERYWHERE))
    yield _Ellipsoid(BONE, (0, -96, 20), (17, 6, _EVERYWHERE), (-75, 110))
    yield _Ellipsoid(_MARROW, (0, -96, 20), (14, 3.5, _EVERYWHERE), (-73, 108))
    for side in (-1, 1):
        yield _Tube(BONE, (side * 96, 84, 130), (side * 122, 64, 20), 5)
        yield _Tube(BONE, (side * 122, 66, 130), (side * 122, 64, 20), 4)


def _lung_vessels() -> Iterator[_Tube]:
    """Draw arteries that fan out from each hilum, thinner with every branch."""
    golden = math.pi * (3 - math.sqrt(5))
    for side, hilum in ((-1, (-46.0, 8.0, 6.0)), (1, (52.0, 10.0, 6.0))):
        for number in range(28):
            height = 1 - 2 * (number + 0.5) / 28
            angle, width = number * golden, math.sqrt(1 - height * height)
            way = (side * (0.55 + 0.45 * abs(math.cos(angle))) * width, math.sin(angle) * width)
            middle = (hilum[0] + 36 * way[0], hilum[1] + 34 * way[1], hilum[2] + 52 * height)
            yield _Tube(SOFT_TISSUE, hilum, middle, 2.8)
            for turn in (-0.4, 0.0, 0.45):
                end = (
                    middle[0] + 30 * (way[0] + 0.3 * turn * side),
                    middle[1] + 32 * (way[1] + turn),
                    middle[2] + 40 * (height + turn),
                )
                yield _Tube(SOFT_TISSUE, middle, end, 1.4)


def _spine(z: float) -> Iterator[_Ellipsoid]:
    # A vertebra in the middle of the stack, which is what is shown first.
    if (z + _VERTEBRA_MM / 2) % _VERTEBRA_MM < _DISC_MM:
        yield _Ellipsoid(_DISC, (0, 66, 0), (20, 15, _EVERYWHERE))
        yield _Ellipsoid(SOFT_TISSUE, (0, 92, 0), (13, 12, _EVERYWHERE))
    else:
        yield _Ellipsoid(BONE, (0, 88, 0), (34, 5, _EVERYWHERE))
        yield _Ellipsoid(BONE, (0, 104, 0), (4, 12, _EVERYWHERE))
        yield _Ellipsoid(BONE, (0, 90, 0), (15, 13, _EVERYWHERE))
        yield _Ellipsoid(BONE, (0, 66, 0), (21, 16, _EVERYWHERE))
        yield _Ellipsoid(_MARROW, (0, 66, 0), (18.5, 13.5, _EVERYWHERE))
    yield _Ellipsoid(WATER, (0, 90, 0), (10, 9, _EVERYWHERE))
    yield _Ellipsoid(SOFT_TISSUE, (0, 90, 0), (5, 4, _EVERYWHERE))


def _couch() -> Iterator[_Ellipsoid]:
    yield _Ellipsoid(_PLASTIC, (0, 168, 0), (190, 14, _EVERYWHERE))
    yield _Ellipsoid(_FOAM, (0, 168, 0), (187, 12, _EVERYWHERE))
    yield _Ellipsoid(_PLASTIC, (0, 135, 0), (92, 13, _EVERYWHERE))
    for _, value, x, y in rods():
        yield _Ellipsoid(value, (x, y, 0), (ROD_RADIUS_MM, ROD_RADIUS_MM, _EVERYWHERE))


def _paint_ellipse(
    values: npt.NDArray[np.float32],
    grid: SliceGrid,
    value: float,
    center: tuple[float, float],
    radii: tuple[float, float],
) -> None:
    columns = _within(grid.x, center[0] - radii[0] - 1, center[0] + radii[0] + 1)
    rows = _within(grid.y, center[1] - radii[1] - 1, center[1] + radii[1] + 1)
    x = ((grid.x[columns] - center[0]) / radii[0]) ** 2
    y = ((grid.y[rows] - center[1]) / radii[1]) ** 2
    # Exact along the axes of the ellipse, close enough between them for the width of one pixel.
    edge = (np.sqrt(x[None, :] + y[:, None]) - 1) * (min(radii) / grid.pixel_mm)
    _cover(values[rows, columns], value, edge)


def _cover(values: npt.NDArray[np.float32], value: float, edge: npt.NDArray[np.floating]) -> None:
    """Blend `value` in where `edge`, the distance to the border in pixels, is negative."""
    share = np.clip(0.5 - edge, 0, 1).astype(np.float32, copy=False)
    values += (np.float32(value) - values) * share


def _within(positions: npt.NDArray[np.float32], low: float, high: float) -> slice:
    first, last = np.searchsorted(positions, (low, high))
    return slice(int(first), int(last))
