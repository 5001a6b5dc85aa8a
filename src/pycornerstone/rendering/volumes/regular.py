"""Voxels brought onto another grid: a straight and even one, or that of another volume."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np

from pycornerstone.errors import GeometryError
from pycornerstone.rendering.borders import extended
from pycornerstone.rendering.sampling import EDGE, Interpolation, clear_outside, sample
from pycornerstone.rendering.volumes.cut import cut
from pycornerstone.rendering.volumes.source import VolumeSource

if TYPE_CHECKING:
    import numpy.typing as npt

    from pycornerstone.model.geometry_report import GeometryReport
    from pycornerstone.model.volume import Volume
    from pycornerstone.model.volume_geometry import VolumeGeometry

__all__ = ["regularised", "resample"]

# Of a distance between slices: what lies so near to one is in it.
_IN_SLICE = 1e-3


def regularised(
    voxels: npt.NDArray[Any],
    report: GeometryReport,
    interpolation: Interpolation = Interpolation.LINEAR,
    *,
    fill: float | None = None,
) -> tuple[npt.NDArray[Any], VolumeGeometry]:
    """Bring slices that are tilted, unevenly spaced or missing onto the grid of the report.

    Slices are shifted back along their planes, and those between two of them are interpolated
    linearly (with NEAREST, they are copies of the nearest one).

    Parameters
    ----------
    voxels : numpy.ndarray
        ``(slices, rows, columns[, channels])`` in the order of `report`.
    report : GeometryReport
        What was found about them.
    interpolation : Interpolation
        How values between the pixels of a slice are made.
    fill : float, optional
        What there is where no slice reaches; by default the lowest value of the voxels, which is
        air in CT.

    Returns
    -------
    tuple
        New voxels of the same type, and `report.regular_geometry`. Whole numbers are rounded, and
        what goes beyond the type ends at its limits. Values are computed in float32.

    Raises
    ------
    GeometryError
        If the report has no such grid, or is about other voxels.
    """
    geometry = report.regular_geometry
    if geometry is None or len(report.origins_lps) != len(voxels):
        raise GeometryError(
            f"there is no straight, even grid for these {len(voxels)} slices; the report has "
            f"{len(report.origins_lps)} places and {'no' if geometry is None else 'a'} grid",
            report,
        )
    if fill is None:
        fill = float(voxels.min())
    made = np.empty((*geometry.shape, *voxels.shape[3:]), voxels.dtype)
    # Of each slice's first pixel, in pixels and slices of the new grid.
    places = geometry.world_to_index(np.array(report.origins_lps))
    size = (geometry.lengths[0], geometry.lengths[1])
    shifted = _Shifted(voxels, places[:, :2], size, interpolation)
    for k, plane in enumerate(made):
        parts = _parts(places[:, 2], k, interpolation)
        plane[...] = _stored(_blended(shifted, parts, fill), voxels.dtype)
    return made, geometry


def resample(
    volume: Volume,
    geometry: VolumeGeometry,
    interpolation: Interpolation = Interpolation.LINEAR,
    *,
    fill: float | None = None,
    registration: npt.ArrayLike | None = None,
) -> Volume:
    """Bring a volume onto any other grid.

    Parameters
    ----------
    volume : Volume
        What is resampled. Of a labelmap, each voxel takes the nearest label.
    geometry : VolumeGeometry
        The grid that it is brought to, such as that of another volume.
    interpolation : Interpolation
        How values between voxels are made. Where the new voxels are larger than two of the old,
        these are averaged along new rows and columns, but not across new slices.
    fill : float, optional
        Stored value where the volume does not reach; by default the lowest of its padding, or 0 of
        labels and colours, or else the lowest of its voxels.
    registration : array_like, optional
        ``(4, 4)``, from LPS mm of the volume to those of `geometry`, where these are not in one
        frame of reference.

    Returns
    -------
    Volume
        Stored values of the same type with the same meaning; but float32 modality values where that
        is not linear or differs from slice to slice. Computed in float32: whole numbers beyond
        2**24 are rounded.

    Raises
    ------
    GeometryError
        If the frames of reference are different ones and there is no registration.
    MissingExtraError
        If the grids are oblique to each other and VTK is not installed.
    """
    frames = volume.geometry.frame_of_reference_uid, geometry.frame_of_reference_uid
    if registration is None and None not in frames and frames[0] != frames[1]:
        raise GeometryError(
            f"the volume is in frame of reference {frames[0]}, the grid in {frames[1]}; give the "
            "registration between them, a 4x4 matrix from the volume's LPS to the grid's"
        )
    if volume.is_labelmap:
        interpolation = Interpolation.NEAREST
    plain = _without_linear_lut(volume)
    if fill is None:
        fill = _outside(plain)
    to_lps = geometry.affine
    if registration is not None:
        to_lps = np.linalg.inv(np.asarray(registration, np.float64)) @ to_lps
    to_index = volume.geometry.inverse @ to_lps
    source = VolumeSource(plain.replace(modality_lut=None))
    stored = np.empty((*geometry.shape, *plain.voxels.shape[3:]), plain.voxels.dtype)
    for k, plane in enumerate(stored):
        here = to_index.copy()
        here[:3, 3] += k * to_index[:3, 2]
        drawn = cut(source, here, (geometry.lengths[0], geometry.lengths[1]), interpolation)
        values = drawn.values
        if drawn.inside is not None:
            values[drawn.inside == 0] = fill
        plane[...] = _stored(values, stored.dtype)
    digest = hashlib.sha256(to_index.tobytes() + repr((geometry.shape, interpolation)).encode())
    return plain.replace(
        volume_id=f"{volume.volume_id}#resampled={digest.hexdigest()[:16]}",
        voxels=stored,
        image_ids=(),
        geometry=geometry,
        report=None,
        referenced_volume_id=None,
    )


def _without_linear_lut(volume: Volume) -> Volume:
    """Give one whose stored values can be interpolated: modality values, if need be."""
    if volume.is_color or (volume.lut_of_slice(0).lut is None and not volume.slice_modality_luts):
        return volume
    values, padding_range = volume.modality_values(), volume.padding_range
    if padding_range is not None:
        # What is no number is outside, as padding is.
        low, high = sorted(padding_range)
        values[(volume.voxels >= low) & (volume.voxels <= high)] = np.nan
    return volume.replace(
        voxels=values, modality_lut=None, slice_modality_luts=(), padding_range=None
    )


def _outside(volume: Volume) -> float:
    if volume.padding_range is not None:
        return min(volume.padding_range)
    if volume.is_labelmap or volume.is_color:
        return 0.0
    with np.errstate(invalid="ignore"):
        lowest = float(np.fmin.reduce(volume.voxels, axis=None))
    return lowest if np.isfinite(lowest) else 0.0


def _parts(
    places: npt.NDArray[np.float64], k: int, interpolation: Interpolation
) -> list[tuple[int, float]]:
    """Give which slices, and how much of each, are at slice `k` of the new grid."""
    after = int(np.searchsorted(places, k))
    if after == 0 or after == len(places):
        return [(min(after, len(places) - 1), 1.0)]
    before = after - 1
    share = float((k - places[before]) / (places[after] - places[before]))
    if interpolation is Interpolation.NEAREST:
        share = float(share >= 0.5)
    elif min(share * (places[after] - places[before]), places[after] - k) < _IN_SLICE:
        share = float(round(share))
    parts = [(before, 1 - share), (after, share)]
    return [(index, part) for index, part in parts if part > 0]


class _Shifted:
    """Slices, each drawn where it lies on the new grid."""

    def __init__(
        self,
        voxels: npt.NDArray[Any],
        starts: npt.NDArray[np.float64],
        size: tuple[int, int],
        interpolation: Interpolation,
    ) -> None:
        self._voxels, self._starts = voxels, starts
        self._size, self._interpolation = size, interpolation
        self._known: dict[int, tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]] = {}

    def get(self, index: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
        """Give values, and where the slice is."""
        if index not in self._known:
            # The one before is needed again where slices are missing after it; others are not.
            self._known = {key: made for key, made in self._known.items() if key == index - 1}
            self._known[index] = self._draw(index)
        return self._known[index]

    def _draw(self, index: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
        slice_ = self._voxels[index].astype(np.float32)
        start = self._starts[index]
        whole = np.rint(start)
        # Rounding is no reason to interpolate.
        start = np.where(np.abs(start - whole) < _IN_SLICE, whole, start)
        matrix = np.column_stack([np.eye(2), -start])
        values = sample(extended(slice_), matrix, self._size, self._interpolation, EDGE)
        canvas = np.ones(values.shape[:2], np.int32)
        clear_outside(canvas, 0, matrix, slice_.shape[:2])
        return values.copy(), canvas > 0


def _blended(
    slices: _Shifted, parts: list[tuple[int, float]], fill: float
) -> npt.NDArray[np.float32]:
    """Put slices together; where one does not reach, the other counts alone."""
    total: npt.NDArray[np.float32] | None = None
    shares = np.zeros(0, np.float32)
    for index, part in parts:
        values, inside = slices.get(index)
        weight = inside * np.float32(part)
        full = weight.reshape(weight.shape + (1,) * (values.ndim - 2))
        total = values * full if total is None else total + values * full
        shares = weight if not shares.size else shares + weight
    assert total is not None  # noqa: S101 - there is a slice at least
    void = shares == 0
    shares[void] = 1
    total /= shares.reshape(shares.shape + (1,) * (total.ndim - 2))
    total[void] = fill
    return total


def _stored(values: npt.NDArray[np.float32], dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    if dtype.kind == "f":
        return values.astype(dtype)
    if dtype.kind == "b":
        return values >= 0.5
    limits = np.iinfo(dtype)
    rounded = np.rint(values.astype(np.float64))
    lowest, highest = float(limits.min), float(limits.max)
    if dtype.itemsize == 8:
        # The next number of float64 is beyond the type.
        highest = float(np.nextafter(highest, 0))
    return np.clip(rounded, lowest, highest).astype(dtype)
