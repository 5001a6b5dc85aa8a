"""Which numbers of a volume another library is given: what they mean, or as they are stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from pycornerstone.errors import LoaderError
from pycornerstone.model.volume import Volume
from pycornerstone.model.volume_series import VolumeSeries, checked_volume

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = [
    "Values",
    "all_samples_of",
    "checked_values",
    "dtype_of_all",
    "native",
    "samples_of",
    "stored_by_one_line",
    "volumes_of",
]

Values: TypeAlias = Literal["modality", "stored"]


def samples_of(volume: Volume, values: Values = "modality") -> npt.NDArray[Any]:
    """Give the samples of a volume, read-only and not copied where they are the stored ones.

    Parameters
    ----------
    volume : Volume
        Of greys, or of colours, which have no other meaning than themselves.
    values : {"modality", "stored"}
        What the voxels mean (HU for CT), or as they are stored.

    Returns
    -------
    numpy.ndarray
        ``(slices, rows, columns[, 3 or 4])``. Modality values that are not the stored ones are
        float32, float64 of samples that float32 has no room for.

    Raises
    ------
    LoaderError
        If it is no volume, or `values` is neither of the two.
    """
    if _is_as_stored(checked_volume(volume), checked_values(values)):
        return volume.voxels
    return volume.modality_values(_dtype_of(volume, values))


def checked_values(values: Values) -> Values:
    """Give what is asked for as it is.

    Raises
    ------
    LoaderError
        If it is neither of the two.
    """
    asked: Any = values
    if not isinstance(asked, str) or asked not in {"modality", "stored"}:
        raise LoaderError(f"values are 'modality' or 'stored', got {values!r}")
    return values


def volumes_of(volume: Volume | VolumeSeries) -> tuple[Volume, ...]:
    """Give the volumes of a series, or the one that it is.

    Raises
    ------
    LoaderError
        If it is neither.
    """
    if isinstance(volume, VolumeSeries):
        return volume.volumes
    return (checked_volume(volume),)


def all_samples_of(volume: Volume | VolumeSeries, values: Values) -> npt.NDArray[Any]:
    """Give what `samples_of` does, of a series with points in time as the first axis."""
    volumes, values = volumes_of(volume), checked_values(values)
    if isinstance(volume, Volume):
        return samples_of(volume, values)
    if all(_is_as_stored(one, values) for one in volumes):
        return volume.voxels
    points = np.empty(volume.voxels.shape, dtype_of_all(volume, values))
    for out, one in zip(points, volumes, strict=True):
        out[...] = samples_of(one, values)
    return points


def dtype_of_all(volume: Volume | VolumeSeries, values: Values) -> np.dtype[Any]:
    """Give the type that has room for what `samples_of` gives of each volume."""
    values = checked_values(values)
    return np.result_type(*(_dtype_of(one, values) for one in volumes_of(volume)))


def stored_by_one_line(volume: Volume) -> tuple[float, float] | None:
    """Give slope and intercept of all slices; None where it takes more to say what they mean."""
    if volume.is_color:
        return (1.0, 0.0)
    luts = [volume.lut_of_slice(k) for k in range(len(volume.slice_modality_luts) or 1)]
    lines = {(float(lut.rescale_slope), float(lut.rescale_intercept)) for lut in luts}
    if len(lines) > 1 or any(lut.lut is not None for lut in luts):
        return None
    return lines.pop()


def native(samples: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Give samples of this machine's byte order in a type that other libraries have.

    Single bits become uint8, and float16 float32; nothing is copied where it need not be.
    """
    dtype = samples.dtype.newbyteorder("=")
    if dtype == np.bool_:
        # The same bytes, so a view will do.
        return samples.view(np.uint8)
    if dtype == np.float16:
        dtype = np.dtype(np.float32)
    elif dtype.kind == "f" and dtype.itemsize > 8:
        dtype = np.dtype(np.float64)
    return samples.astype(dtype, copy=False)


def _dtype_of(volume: Volume, values: Values) -> np.dtype[Any]:
    stored = volume.voxels.dtype
    if _is_as_stored(volume, values):
        return stored
    is_small = stored.itemsize <= 2 or stored == np.float32
    return np.dtype(np.float32 if is_small else np.float64)


def _is_as_stored(volume: Volume, values: Values) -> bool:
    return values == "stored" or volume.is_color or stored_by_one_line(volume) == (1.0, 0.0)
