"""Cuts along planes of voxels: they are images, and drawn as images are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pycornerstone.rendering.borders import extended
from pycornerstone.rendering.reduction import Reduced, Reduction
from pycornerstone.rendering.sampling import (
    EDGE,
    Interpolation,
    clear_outside,
    is_whole_pixel,
    sample,
    snapped,
)

if TYPE_CHECKING:
    import numpy.typing as npt

    from pycornerstone.rendering.volumes.source import VolumeSource

__all__ = ["AxisPlane", "cut_along_axes"]

# A displacement, in voxels, that nobody can see, far above the rounding of a matrix product.
_SAME_PLACE = 1e-6
# Planes that are in memory at the same time.
_AT_ONCE = 16


@dataclass(frozen=True, slots=True, eq=False)
class AxisPlane:
    """A plane of the canvas that lies along two axes of the voxels.

    Attributes
    ----------
    axis : int
        The one across it: 0 for i, 1 for j, 2 for k.
    position : float
        Index along `axis`.
    step : float
        Change of `position` a mm towards the viewer.
    matrix : numpy.ndarray
        ``(2, 3)``, from canvas ``(x, y, 1)`` to ``(column, row)`` of the plane.
    slips : bool
        Along the normal, `matrix` changes as well.
    """

    axis: int
    position: float
    step: float
    matrix: npt.NDArray[np.float64]
    slips: bool

    @classmethod
    def of(cls, to_index: npt.NDArray[np.float64], size: tuple[int, int]) -> AxisPlane | None:
        """Find what plane that is; None if it is an oblique one."""
        for axis in (2, 1, 0):
            if np.abs(to_index[axis, :2] * size).sum() < _SAME_PLACE:
                column, row = (one for one in range(3) if one != axis)
                position = float(to_index[axis, 3])
                if abs(position - round(position)) < _SAME_PLACE:
                    position = float(round(position))
                in_plane = to_index[[column, row]]
                slip = np.abs(in_plane[:, 2] / to_index[axis, 2]).max()
                matrix = snapped(in_plane[:, [0, 1, 3]], size)
                step = float(to_index[axis, 2])
                return cls(axis, position, step, matrix, bool(slip > _SAME_PLACE))
        return None


def cut_along_axes(
    source: VolumeSource,
    to_index: npt.NDArray[np.float64],
    size: tuple[int, int],
    interpolation: Interpolation,
    offsets: npt.NDArray[np.float64],
    mode: str | None,
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.uint8] | None] | None:
    """Cut a volume along a plane of voxels, or between two.

    Parameters
    ----------
    source, to_index, size, interpolation
        As for `pycornerstone.rendering.volumes.cut.cut`.
    offsets : numpy.ndarray
        Where the samples of a slab lie along the normal, mm; one is a plane.
    mode : str or None
        Of a slab.

    Returns
    -------
    tuple or None
        Values and what is inside; None if this slab is to be made of planes, one by one.
    """
    plane = AxisPlane.of(to_index, size)
    assert plane is not None  # noqa: S101 - else it is cut obliquely
    if mode is not None and plane.slips:
        return None
    count = source.volume.geometry.lengths[plane.axis]
    places = np.sort(plane.position + offsets * plane.step)
    places = places[(places >= -0.5 - _SAME_PLACE) & (places < count - 0.5 - _SAME_PLACE)]
    channels = source.volume.voxels.shape[3:]
    if not len(places):
        return np.zeros((size[1], size[0], *channels), np.float32), _none_inside(size)
    if mode in {"maximum", "minimum"} and interpolation is Interpolation.LINEAR:
        places = _decisive(places)
    weights, first = _weights(places, count, interpolation)
    if mode == "average":
        weights = weights.mean(axis=0, keepdims=True)
    if is_whole_pixel(plane.matrix):
        interpolation = Interpolation.NEAREST
    drawing = _Drawing(source, plane, size, interpolation)
    return drawing.draw(weights, first, mode)


def _none_inside(size: tuple[int, int]) -> npt.NDArray[np.uint8]:
    return np.zeros((size[1], size[0]), np.uint8)


def _decisive(places: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Leave out what cannot be the highest or lowest: what lies between two other samples.

    Between two planes of voxels, what is interpolated linearly is never beyond both.
    """
    cell = np.floor(places + _SAME_PLACE)
    is_first = np.append(True, cell[1:] != cell[:-1])
    is_last = np.append(cell[1:] != cell[:-1], True)
    return np.asarray(places[is_first | is_last])


def _weights(
    places: npt.NDArray[np.float64], count: int, interpolation: Interpolation
) -> tuple[npt.NDArray[np.float32], int]:
    """Give ``(samples, planes)``, how much of each plane is in each sample, and the first plane."""
    low = np.floor(places + _SAME_PLACE)
    t = np.clip(places - low, 0, 1)
    t[t < _SAME_PLACE] = 0
    if interpolation is Interpolation.CUBIC:
        parts = [(step, _cubic(t - step)) for step in (-1, 0, 1, 2)]
    else:
        share = np.floor(t + 0.5) if interpolation is Interpolation.NEAREST else t
        parts = [(0, 1 - share), (1, share)]
    indices = [np.clip(low + step, 0, count - 1).astype(int) for step, _ in parts]
    used = [index[part != 0] for index, (_, part) in zip(indices, parts, strict=True)]
    first, last = int(np.concatenate(used).min()), int(np.concatenate(used).max())
    weights = np.zeros((len(places), last - first + 1))
    for index, (_, part) in zip(indices, parts, strict=True):
        rows = np.flatnonzero(part)
        np.add.at(weights, (rows, index[rows] - first), part[rows])
    return weights.astype(np.float32), first


def _cubic(t: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Keys' convolution with a = -0.75, as `sample` has it in the plane."""
    t = np.abs(t)
    near = 1.25 * t**3 - 2.25 * t**2 + 1
    far = -0.75 * t**3 + 3.75 * t**2 - 6 * t + 3
    return np.where(t <= 1, near, np.where(t < 2, far, 0.0))


@dataclass(frozen=True, slots=True, eq=False)
class _Drawing:
    """How planes come to the canvas."""

    source: VolumeSource
    plane: AxisPlane
    size: tuple[int, int]
    interpolation: Interpolation

    def draw(
        self, weights: npt.NDArray[np.float32], first: int, mode: str | None
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.uint8] | None] | None:
        """Draw what is made of ``(samples, planes)`` parts of the planes from `first` on."""
        axis = self.plane.axis
        if len(weights) == 1:
            made = self.source.kept(
                axis,
                (first, weights.tobytes()),
                lambda: _Made(*_mixed(*self.source.planes(axis, first, weights.shape[1]), weights)),
            )
            if mode is not None and made.holes is not None:
                return None
            return self._drawn(made), self._inside(made.values.shape[:2], made.holes)
        combine = np.maximum if mode == "maximum" else np.minimum
        is_drawn_last = self.interpolation is Interpolation.NEAREST
        total: npt.NDArray[np.float32] | None = None
        shape = (0, 0)
        for at in range(0, len(weights), _AT_ONCE):
            some = weights[at : at + _AT_ONCE]
            used = np.flatnonzero(some.any(axis=0))
            some = some[:, used[0] : used[-1] + 1]
            planes, holes = self.source.planes(axis, first + int(used[0]), some.shape[1])
            if holes is not None:
                return None
            shape = planes.shape[1:3]
            for part in some:
                values = _weighted(planes, part)
                if not is_drawn_last:
                    values = self._drawn(_Made(values, None))
                total = values.copy() if total is None else combine(total, values, out=total)
        assert total is not None  # noqa: S101 - there is a plane at least
        if is_drawn_last:
            total = self._drawn(_Made(total, None))
        return total, self._inside(shape, None)

    def _drawn(self, made: _Made) -> npt.NDArray[np.float32]:
        if made.extended is None:
            made.extended = extended(made.values)
        reduction = Reduction(self.plane.matrix, made.values.shape[:2], self.interpolation)
        pixels = made.reduced.of(made.extended, reduction, made.holes)
        # A copy, as what is drawn lies in memory that is used again.
        return np.array(sample(pixels, reduction.matrix, self.size, self.interpolation, EDGE))

    def _inside(
        self, shape: tuple[int, int], holes: npt.NDArray[np.uint8] | None
    ) -> npt.NDArray[np.uint8] | None:
        matrix, (width, height) = self.plane.matrix, self.size
        corners = matrix @ [[0, width - 1, 0, width - 1], [0, 0, height - 1, height - 1], [1] * 4]
        is_within = (corners >= -0.5).all() and (np.array(shape[::-1]) - 0.5 > corners.T).all()
        if is_within and holes is None:
            return None
        canvas = np.ones((height, width), np.int32)
        clear_outside(canvas, 0, matrix, shape, holes)
        return canvas.astype(np.uint8)


class _Made:
    """A plane as modality values, and what drawing it again needs."""

    __slots__ = ("extended", "holes", "reduced", "values")

    def __init__(
        self, values: npt.NDArray[np.float32], holes: npt.NDArray[np.uint8] | None
    ) -> None:
        self.values, self.holes = values, holes
        self.extended: npt.NDArray[np.float32] | None = None
        self.reduced = Reduced()


def _weighted(
    planes: npt.NDArray[np.float32], weights: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    used = np.flatnonzero(weights).tolist()
    total: npt.NDArray[np.float32] = planes[used[0]]
    if len(used) > 1 or weights[used[0]] != 1:
        total = total * weights[used[0]]
    for index in used[1:]:
        total += planes[index] * weights[index]
    return total


def _mixed(
    planes: npt.NDArray[np.float32],
    holes: npt.NDArray[np.uint8] | None,
    weights: npt.NDArray[np.float32],
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.uint8] | None]:
    """Put parts of planes together; where one has no value, the others count for it."""
    parts = weights[0]
    if holes is None:
        return _weighted(planes, parts), None
    is_valid = np.isfinite(planes)
    total = _weighted(np.where(is_valid, planes, np.float32(0)), parts)
    shares = _weighted(is_valid.astype(np.float32), parts)
    total /= np.where(shares > 0, shares, np.float32(1))
    nearest = holes[int(np.argmax(parts))]
    return total, nearest if nearest.any() else None
