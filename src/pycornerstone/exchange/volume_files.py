"""Volumes written to files that other programs read: NIfTI, NumPy, Zarr."""

from __future__ import annotations

import math
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pycornerstone.errors import LoaderError, MissingExtraError
from pycornerstone.exchange.nifti_image import file_image
from pycornerstone.exchange.samples import (
    Values,
    all_samples_of,
    dtype_of_all,
    samples_of,
    volumes_of,
)
from pycornerstone.model.volume import Volume

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from pycornerstone.model.volume_series import VolumeSeries

__all__ = ["save_volume"]

# Of one chunk of Zarr: large enough for a disk, small enough for a request.
_CHUNK_BYTES = 4 << 20
_ZARR_MARKS = ("zarr.json", ".zarray", ".zgroup")


def save_volume(
    volume: Volume | VolumeSeries, path: str | os.PathLike[str], *, values: Values = "modality"
) -> None:
    """Write a volume to a file, whole or not at all; what was there before is replaced.

    Parameters
    ----------
    volume : Volume or VolumeSeries
        Greys or colours.
    path : str or path-like
        Its ending says in which form:

        ``.nii``, ``.nii.gz``
            NIfTI, RAS mm, as `to_nibabel` gives it. Samples are written as they are stored, with
            the slope and intercept that make them modality values, where there is one of each.
        ``.npz``
            NumPy: ``voxels`` as ``(slices, rows, columns[, 3 or 4])``, before them an axis of time
            points; ``affine``, (i, j, k, 1) to LPS mm; ``time_values`` of points in time.
        ``.npy``
            NumPy: the voxels alone, without their place.
        ``.zarr``
            A folder with one array, in chunks; its attributes have ``affine`` and ``units``
            ("mm"), and ``modality`` and ``frame_of_reference_uid`` where known.
    values : {"modality", "stored"}
        What the voxels mean (HU for CT; float32 where the header scales them), or as they are
        stored.

    Raises
    ------
    LoaderError
        If the ending is none of these, or `values` is neither of the two.
    MissingExtraError
        If Zarr is wanted, and is not installed.
    FileExistsError
        If `path` is a folder that is no Zarr array.
    OSError
        If it cannot be written there.
    """
    path = Path(path)
    name = path.name.lower()
    for ending, write in _WRITERS.items():
        if name.endswith(ending):
            _write_whole(path, ending, partial(write, volume, values))
            return
    raise LoaderError(
        f"a volume is written to a file that ends in {', '.join(_WRITERS)}, got {path.name!r}"
    )


def _write_whole(path: Path, ending: str, write: Callable[[Path], None]) -> None:
    """Write beside the place, and move it there when it is whole."""
    if path.is_dir() and not (
        ending == ".zarr" and any((path / mark).exists() for mark in _ZARR_MARKS)
    ):
        raise FileExistsError(f"{path} is a folder, and no Zarr array that could be replaced")
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as folder:
        made = Path(folder, f"made{ending}")
        write(made)
        if not path.is_dir():
            made.replace(path)
            return
        # No folder can take the place of another that has something in it.
        before = path.rename(Path(folder, "before"))
        try:
            made.replace(path)
        except OSError:
            before.rename(path)
            raise


def _nifti(volume: Volume | VolumeSeries, values: Values, path: Path) -> None:
    file_image(volume, values).to_filename(path)


def _npz(volume: Volume | VolumeSeries, values: Values, path: Path) -> None:
    arrays: dict[str, Any] = {
        "voxels": all_samples_of(volume, values),
        "affine": volumes_of(volume)[0].affine,
    }
    if not isinstance(volume, Volume):
        arrays["time_values"] = np.array(volume.time_values)
    np.savez(path, **arrays)


def _npy(volume: Volume | VolumeSeries, values: Values, path: Path) -> None:
    np.save(path, all_samples_of(volume, values))


def _zarr(volume: Volume | VolumeSeries, values: Values, path: Path) -> None:
    try:
        import zarr
    except ImportError as error:
        raise MissingExtraError("a volume as .zarr", "exchange") from error
    first = volumes_of(volume)[0]
    names = ["k", "j", "i"]
    if first.is_color:
        names.append("channel")
    told = {
        "affine": first.affine.tolist(),
        "units": "mm",
        "modality": first.modality,
        "frame_of_reference_uid": first.geometry.frame_of_reference_uid,
    }
    if not isinstance(volume, Volume):
        names.insert(0, "t")
        told["time_values"] = list(volume.time_values)
    dtype = dtype_of_all(volume, values)
    array = zarr.create_array(
        store=str(path),
        shape=volume.voxels.shape,
        dtype=dtype,
        chunks=_chunks(volume.voxels.shape, dtype, names.index("k")),
        dimension_names=names,
        attributes={name: value for name, value in told.items() if value is not None},
    )
    if isinstance(volume, Volume):
        array[...] = samples_of(volume, values)
        return
    # One by one: the values of all of them together may take more memory than there is.
    for t, one in enumerate(volume.volumes):
        array[t] = samples_of(one, values)


def _chunks(shape: tuple[int, ...], dtype: np.dtype[Any], k: int) -> tuple[int, ...]:
    """Whole slices, as many as make a chunk; one point in time each."""
    one = math.prod(shape[k + 1 :]) * dtype.itemsize
    slices = min(shape[k], max(1, _CHUNK_BYTES // max(1, one)))
    return (*(1 for _ in range(k)), slices, *shape[k + 1 :])


_WRITERS: dict[str, Callable[[Volume | VolumeSeries, Values, Path], None]] = {
    ".nii.gz": _nifti,
    ".nii": _nifti,
    ".npz": _npz,
    ".npy": _npy,
    ".zarr": _zarr,
}
