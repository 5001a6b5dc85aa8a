"""Volumes as arrays of xarray: with names for the axes, and millimetres along them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pycornerstone.errors import MissingExtraError
from pycornerstone.exchange.samples import Values, all_samples_of, volumes_of
from pycornerstone.model.volume import Volume

if TYPE_CHECKING:
    import xarray

    from pycornerstone.model.volume_geometry import VolumeGeometry
    from pycornerstone.model.volume_series import VolumeSeries

__all__ = ["to_xarray"]

_PATIENT_AXES = {
    "x": "towards the patient's left",
    "y": "towards the patient's back",
    "z": "towards the patient's head",
}
# Cosine beyond which an axis of the voxels runs along one of the patient, as of is_orthogonal.
_ALONG = 1 - 1e-8 / 2


def to_xarray(volume: Volume | VolumeSeries, *, values: Values = "modality") -> xarray.DataArray:
    """Give a volume as an array of xarray, its voxels not copied where they need not be.

    Parameters
    ----------
    volume : Volume or VolumeSeries
        Greys or colours; of points in time, another first axis.
    values : {"modality", "stored"}
        What the voxels mean (HU for CT; float32 where the header scales them), or as they are
        stored.

    Returns
    -------
    xarray.DataArray
        Dimensions ``("k", "j", "i")``: slice, row and column; before them ``"t"``, behind them
        ``"channel"`` of colours. Where the volume's axes run along the patient's, ``x``, ``y`` and
        ``z`` are coordinates with an index, LPS mm of the voxel centres, so that ``array.sel(z=-50,
        method="nearest")`` works. ``attrs``: ``affine``, the 16 numbers of (i, j, k, 1) to LPS mm,
        row after row; ``units``, ``modality`` and ``frame_of_reference_uid`` where known.

    Raises
    ------
    LoaderError
        If `values` is neither of the two.
    MissingExtraError
        If xarray is not installed.
    """
    try:
        import xarray
    except ImportError as error:
        raise MissingExtraError("to_xarray", "exchange") from error
    first, samples = volumes_of(volume)[0], all_samples_of(volume, values)
    dims, coords = ["k", "j", "i"], _coordinates(first.geometry)
    if not isinstance(volume, Volume):
        dims.insert(0, "t")
        coords["t"] = ("t", list(volume.time_values))
    if first.is_color:
        dims.append("channel")
        coords["channel"] = ("channel", list("RGBA"[: samples.shape[-1]]))
    array = xarray.DataArray(samples, coords, dims, attrs=_attributes(first, values))
    for name in sorted(_PATIENT_AXES.keys() & coords.keys()):
        array = array.set_xindex(name)
    return array


def _coordinates(geometry: VolumeGeometry) -> dict[str, Any]:
    if not np.all(np.abs(geometry.directions).max(axis=0) > _ALONG):
        return {}
    coords: dict[str, Any] = {}
    for index, (dim, length) in enumerate(zip("ijk", geometry.lengths, strict=True)):
        axis = int(np.abs(geometry.directions[:, index]).argmax())
        name = "xyz"[axis]
        places = geometry.affine[axis, 3] + geometry.affine[axis, index] * np.arange(length)
        coords[name] = (dim, places, {"units": "mm", "long_name": _PATIENT_AXES[name]})
    return coords


def _attributes(volume: Volume, values: Values) -> dict[str, Any]:
    geometry = volume.geometry
    told = {
        "affine": geometry.affine.ravel().tolist(),
        "units": volume.lut_of_slice(0).rescale_type if values == "modality" else None,
        "modality": volume.modality,
        "frame_of_reference_uid": geometry.frame_of_reference_uid,
    }
    return {name: value for name, value in told.items() if value is not None}
