"""Volumes of one grid, one after the other: points in time, echoes, diffusion weightings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np

from pycornerstone.errors import GeometryError, LoaderError, MetadataError
from pycornerstone.model.given_values import text_of, whole_number
from pycornerstone.model.volume import Volume

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from pycornerstone.model.geometry_report import GeometryReport
    from pycornerstone.model.memory import Buffer
    from pycornerstone.model.volume_geometry import VolumeGeometry

__all__ = ["TimeOperator", "VolumeSeries", "checked_volume"]


class TimeOperator(StrEnum):
    """What volumes are made of several points in time by."""

    SUM = "sum"
    AVERAGE = "average"
    SUBTRACT = "subtract"
    """The first of two, less the second."""


@dataclass(frozen=True, slots=True, eq=False)
class VolumeSeries:
    """Several volumes of one grid in one array.

    Attributes
    ----------
    volume_id : str
        Of all of them together.
    voxels : numpy.ndarray
        Stored samples, read-only: ``(points, slices, rows, columns)``, or with colours behind.
    volumes : tuple of Volume
        One each, whose voxels are views of that.
    time_values : tuple of float or str
        What tells them apart, one each.
    time_keyword : str or None
        The element these are values of, such as ``"TemporalPositionIdentifier"``.

    Raises
    ------
    LoaderError
        If there are no volumes, or not one for each value and each part of the array.
    GeometryError
        If they are of several grids.
    """

    volume_id: str
    voxels: npt.NDArray[Any]
    volumes: tuple[Volume, ...]
    time_values: tuple[float | str, ...]
    time_keyword: str | None = None

    def __post_init__(self) -> None:
        text_of(self.volume_id, "a volumeId")
        for name in ("voxels", "volumes", "time_values"):
            if not hasattr(getattr(self, name), "__len__"):
                raise LoaderError(f"a series has a list of {name}, got {getattr(self, name)!r}")
        for volume in self.volumes:
            checked_volume(volume)
        number = len(self.volumes)
        if not isinstance(self.voxels, np.ndarray):
            raise LoaderError(f"the voxels of a series are one array, got {type(self.voxels)}")
        if not number or number != len(self.voxels) or number != len(self.time_values):
            raise LoaderError(
                f"a series has one volume or more, with a value each, got {number} volumes and "
                f"{len(self.time_values)} values for an array of {len(self.voxels)}"
            )
        first = self.volumes[0].geometry
        for volume in self.volumes[1:]:
            same = volume.shape == first.shape and np.allclose(
                volume.affine, first.affine, atol=1e-3
            )
            if not same:
                raise GeometryError(
                    "the volumes of a series have one grid, but two of these differ in shape or "
                    "place; load them one by one"
                )

    def __repr__(self) -> str:
        """Say which series it is, and what its voxels are."""
        shape = " x ".join(str(length) for length in self.voxels.shape)
        by = f" by {self.time_keyword}" if self.time_keyword else ""
        return f"<VolumeSeries {self.volume_id!r}: {shape} {self.voxels.dtype}{by}>"

    def __len__(self) -> int:
        return len(self.volumes)

    def __getitem__(self, t: int) -> Volume:
        return self.volumes[t]

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """``(points, slices, rows, columns)``."""
        return (len(self.volumes), *self.volumes[0].shape)

    @property
    def geometry(self) -> VolumeGeometry:
        """Where the voxels lie, the same for all of them."""
        return self.volumes[0].geometry

    @property
    def affine(self) -> npt.NDArray[np.float64]:
        """``(4, 4)``, (i, j, k, 1) to LPS mm, the same for all of them."""
        return self.geometry.affine

    @property
    def report(self) -> GeometryReport | None:
        """What was found when the images of the first were put in order."""
        return self.volumes[0].report

    @property
    def buffer(self) -> Buffer:
        """Identity of the memory that all voxels lie in, and its bytes."""
        return self.volumes[0].buffer

    def __array__(
        self,
        dtype: npt.DTypeLike | None = None,
        copy: bool | None = None,  # noqa: FBT001 - NumPy's own form
    ) -> npt.NDArray[Any]:
        """Give the stored samples where NumPy wants an array; not copied if it need not be."""
        return np.array(self.voxels, dtype, copy=copy)

    def combined(self, operator: TimeOperator | str, points: Sequence[int] | None = None) -> Volume:
        """Give one volume of several points in time, of modality values in float32.

        Parameters
        ----------
        operator : TimeOperator or str
            ``"sum"``, ``"average"``, or ``"subtract"``: the first of two less the second.
        points : sequence of int, optional
            Which, from 0; by default all of them.

        Raises
        ------
        ValueError
            If there is no such operator, no points, or not two to be subtracted.
        IndexError
            If there is no such point.
        TypeError
            If `points` are no whole numbers.
        MetadataError
            If they are colours.
        """
        try:
            operator = TimeOperator(str(operator))
        except ValueError:
            known = ", ".join(TimeOperator)
            raise ValueError(f"no operator {operator!r} of time; there are: {known}") from None
        if not (points is None or isinstance(points, Iterable)):
            raise TypeError(f"points in time are a list of whole numbers, got {points!r}")
        asked = range(len(self.volumes)) if points is None else points
        chosen = [whole_number(t, "a point in time") for t in asked]
        if any(not 0 <= t < len(self.volumes) for t in chosen):
            raise IndexError(
                f"the series has points 0 to {len(self.volumes) - 1}, asked for {chosen}"
            )
        is_pair = operator is TimeOperator.SUBTRACT
        if not chosen or (is_pair and len(chosen) != 2):
            needed = "exactly two points" if is_pair else "one point or more"
            raise ValueError(f"{operator.value!r} is of {needed}, got {len(chosen)}")
        parts = [self.volumes[t] for t in chosen]
        first = parts[0]
        if first.is_color:
            raise MetadataError("samples of colour are no quantity; ask grey volumes")
        weights = [1 / len(parts) if operator is TimeOperator.AVERAGE else 1.0] * len(parts)
        if is_pair:
            weights[1] = -1.0
        values = np.zeros(first.shape, np.float32)
        # Slice by slice: all of them in float64 would be many times what is given.
        for k, out in enumerate(values):
            slices = [one.lut_of_slice(k).apply(one.voxels[k], np.float64) for one in parts]
            out[...] = sum(weight * one for weight, one in zip(weights, slices, strict=True))
        marked = ",".join(map(str, chosen))
        return Volume(
            f"{self.volume_id}#{operator.value}={marked}",
            values,
            geometry=first.geometry,
            voi_lut=None if is_pair else first.voi_lut,
            modality=first.modality,
            photometric_interpretation=first.photometric_interpretation,
            presentation_lut_shape=first.presentation_lut_shape,
            scaling=first.scaling,
            referenced_volume_id=first.volume_id,
        )


def checked_volume(volume: Any) -> Volume:
    """Give a volume as it is.

    Raises
    ------
    LoaderError
        If it is something else.
    """
    if isinstance(volume, Volume):
        return volume
    advice = "; take one of its volumes" if isinstance(volume, VolumeSeries) else ""
    raise LoaderError(f"a Volume is wanted, got {type(volume).__name__}{advice}")
