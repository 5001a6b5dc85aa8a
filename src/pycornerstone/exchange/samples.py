"""Which numbers of a volume another library is given: what they mean, or as they are stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from pycornerstone.errors import LoaderError
from pycornerstone.model.volume import Volume

if TYPE_CHECKING:
    import numpy.typing as npt

    from pycornerstone.model.volume_series import VolumeSeries

__all__ = ["Values", "all_samples_of", "native", "samples_of", "stored_by_one_line", "volumes_of"]

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
        If `values` is neither of the two.
    """
    if values not in {"modality", "stored"}:
        raise LoaderError(f"values are 'modality' or 'stored', got {values!r}")
    if values == "stored" or volume.is_color or _is_identity(volume):
        return volume.voxels
    stored = volume.voxels.dtype
    is_small = stored.itemsize <= 2 or stored == np.float32
    return volume.modality_values(np.float32 if is_small else np.float64)


def volumes_of(volume: Volume | VolumeSeries) -> tuple[Volume, ...]:
    """Give the volumes of a series, or the one that it is."""
    return (volume,) if isinstance(volume, Volume) else tuple(volume.volumes)


def all_samples_of(volume: Volume | VolumeSeries, values: Values) -> npt.NDArray[Any]:
    """Give what `samples_of` does, of a series with points in time as the first axis."""
    volumes = volumes_of(volume)
    points = [samples_of(one, values) for one in volumes]
    if isinstance(volume, Volume):
        return points[0]
    if all(point is one.voxels for point, one in zip(points, volumes, strict=True)):
        return volume.voxels
    return np.stack(points)


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


def _is_identity(volume: Volume) -> bool:
    return stored_by_one_line(volume) == (1.0, 0.0)
