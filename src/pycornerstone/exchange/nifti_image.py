"""Volumes as images of nibabel, and back: its world is RAS, that of a volume LPS."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from pycornerstone.errors import LoaderError
from pycornerstone.exchange.samples import (
    Values,
    all_samples_of,
    native,
    stored_by_one_line,
    volumes_of,
)
from pycornerstone.exchange.volume_ids import volume_id_or_new
from pycornerstone.model.modules import ModalityLutModule
from pycornerstone.model.volume import Volume
from pycornerstone.model.volume_geometry import VolumeGeometry

if TYPE_CHECKING:
    import numpy.typing as npt

    from pycornerstone.model.volume_series import VolumeSeries

__all__ = ["file_image", "from_nibabel", "to_nibabel"]

_LPS_OF_RAS = np.diag((-1.0, -1.0, 1.0, 1.0))
# A length of NIfTI-1 is an int16.
_LONGEST = 32767
_VECTOR = 1007
# Times of the header that are milliseconds.
_IN_MS = frozenset({"TriggerTime", "FrameReferenceTime"})
# Codes of sform and qform: coordinates of the scanner, or those of another image.
_SCANNER, _ALIGNED = 1, 2


def to_nibabel(volume: Volume | VolumeSeries, *, values: Values = "modality") -> Any:
    """Give a volume as a NIfTI image of nibabel, its voxels not copied where they need not be.

    Parameters
    ----------
    volume : Volume or VolumeSeries
        Greys or colours; sheared ones are kept as they are. Of points in time, the fourth axis.
    values : {"modality", "stored"}
        What the voxels mean (HU for CT; float32 where the header scales them), or as they are
        stored.

    Returns
    -------
    nibabel.Nifti1Image
        Indexed (i, j, k[, t]), with an affine to RAS mm; ``Nifti2Image`` where an axis has more
        than 32,767 voxels. The time step is in seconds where the images have times that are evenly
        spaced, else not told. 8-bit colours are NIfTI's RGB and RGBA, others vectors along the
        fifth axis. Bits are uint8, float16 is float32: NIfTI has no such types.

    Raises
    ------
    LoaderError
        If it is no volume, or `values` is neither of the two.
    """
    return _image_of(all_samples_of(volume, values), volume)


def file_image(volume: Volume | VolumeSeries, values: Values) -> Any:
    """Give the image that is written to a file: modality values by slope and intercept, if so.

    A file says beside the stored samples what they mean (``scl_slope``, ``scl_inter``, float32),
    which takes no more room than they do, and every reader applies it.
    """
    volumes = volumes_of(volume)
    lines = {stored_by_one_line(one) for one in volumes}
    line = lines.pop() if len(lines) == 1 and values == "modality" else None
    if line is None or volumes[0].is_color or not _is_line_of_nifti(*line):
        return to_nibabel(volume, values=values)
    image = _image_of(all_samples_of(volume, "stored"), volume)
    image.header.set_slope_inter(*line)
    return image


def from_nibabel(
    image: Any,
    *,
    time_point: int | None = None,
    frame_of_reference_uid: str | None = None,
    volume_id: str | None = None,
) -> Volume:
    """Make a volume of a spatial image of nibabel, with what its header says of scaling.

    Parameters
    ----------
    image : nibabel.spatialimages.SpatialImage
        NIfTI or another format with an affine, of three axes, or of four. Its samples are kept as
        they are stored; slope and intercept become the modality LUT.
    time_point : int, optional
        Which of the fourth axis; must be given if that is longer than 1.
    frame_of_reference_uid : str, optional
        That of the volume whose place it shares; NIfTI does not say.
    volume_id : str, optional
        By default a new one.

    Raises
    ------
    LoaderError
        If it has other axes, several points in time of which none was asked for, complex samples,
        or is no image with an affine.
    GeometryError
        If its affine is none.
    """
    if getattr(image, "affine", None) is None or not hasattr(image, "dataobj"):
        raise LoaderError(f"an image of nibabel with an affine is wanted, got {type(image)}")
    voxels, line, is_color = _stored(image)
    voxels = _one_point(voxels, time_point, is_color=is_color)
    # As (k, j, i[, colour]): the same memory, in which i is the nearest neighbour.
    voxels = voxels.transpose(2, 1, 0, *range(3, voxels.ndim))
    slices, rows, columns = voxels.shape[:3]
    return Volume(
        volume_id_or_new(volume_id),
        voxels,
        geometry=VolumeGeometry(
            (slices, rows, columns),
            _LPS_OF_RAS @ image.affine,
            frame_of_reference_uid,
            is_upright=False,
        ),
        modality_lut=None if line == (1.0, 0.0) else ModalityLutModule(*line),
    )


def _image_of(samples: npt.NDArray[Any], of: Volume | VolumeSeries) -> Any:
    import nibabel

    volume = volumes_of(of)[0]
    voxels = _by_column(native(samples), is_color=volume.is_color, is_series=of is not volume)
    kind = nibabel.Nifti1Image if max(voxels.shape) <= _LONGEST else nibabel.Nifti2Image
    image = kind(voxels, _LPS_OF_RAS @ volume.affine, dtype=voxels.dtype)
    code = _ALIGNED if volume.geometry.is_default else _SCANNER
    image.set_sform(image.affine, code)
    # A qform has no room for a shear.
    image.set_qform(image.affine, code if volume.geometry.is_orthogonal else 0)
    step_s = None if of is volume else _time_step_s(cast("VolumeSeries", of))
    image.header.set_xyzt_units("mm", "unknown" if step_s is None else "sec")
    if step_s is not None:
        image.header.set_zooms((*image.header.get_zooms()[:3], step_s))
    if voxels.ndim == 5:
        image.header.set_intent(_VECTOR)
    return image


def _by_column(voxels: npt.NDArray[Any], *, is_color: bool, is_series: bool) -> npt.NDArray[Any]:
    """Give ([t, ]k, j, i[, colour]) as (i, j, k[, t][, colour]), colours in NIfTI's own form."""
    if is_color and voxels.dtype == np.uint8:
        names = "RGBA"[: voxels.shape[-1]]
        packed = np.ascontiguousarray(voxels).view([(name, np.uint8) for name in names])
        voxels, is_color = packed[..., 0], False
    if not is_color:
        return voxels.T
    if not is_series:
        # Vectors are the fifth axis.
        voxels = voxels[np.newaxis]
    return voxels.transpose(3, 2, 1, 0, 4)


def _time_step_s(series: VolumeSeries) -> float | None:
    """Give the seconds from one point in time to the next, where they are known and all alike."""
    values = series.time_values
    if series.time_keyword not in _IN_MS or len(values) < 2:
        return None
    steps = np.diff([float(value) for value in values]) / 1000
    is_even = np.all(np.abs(steps - steps.mean()) <= 0.01 * steps.mean())
    return float(steps.mean()) if is_even and steps.mean() > 0 else None


def _is_line_of_nifti(slope: float, intercept: float) -> bool:
    """Whether a header has room for slope and intercept: float32, of which 0 is none."""
    smallest, largest = float(np.finfo(np.float32).tiny), float(np.finfo(np.float32).max)
    return smallest <= abs(slope) <= largest and abs(intercept) <= largest


def _stored(image: Any) -> tuple[npt.NDArray[Any], tuple[float, float], bool]:
    """Give the samples before scaling, slope and intercept, and whether a last axis is colour."""
    proxy, line = image.dataobj, (1.0, 0.0)
    if hasattr(proxy, "get_unscaled") and np.ndim(getattr(proxy, "slope", ())) == 0:
        voxels, line = np.asanyarray(proxy.get_unscaled()), (float(proxy.slope), float(proxy.inter))
    else:
        # An array, or of a format in which each slice has its own: scaled as it is read.
        voxels = np.asanyarray(proxy)
    if voxels.dtype.names and set(voxels.dtype.names) <= set("RGBA"):
        packed = np.ascontiguousarray(voxels)
        colors = packed.view(np.uint8).reshape(*packed.shape, len(voxels.dtype.names))
        return colors, (1.0, 0.0), True
    is_color = voxels.ndim == 5 and voxels.shape[4] in {3, 4} and voxels.dtype.kind == "u"
    return voxels, line, is_color


def _one_point(
    voxels: npt.NDArray[Any], time_point: int | None, *, is_color: bool
) -> npt.NDArray[Any]:
    """Give (i, j, k[, colour]) of (i, j, k[, t][, colour])."""
    axes = voxels.ndim - is_color
    number = voxels.shape[3] if axes == 4 else 1
    if axes not in {3, 4} or (time_point is None and number != 1):
        raise LoaderError(
            f"the image of nibabel has axes {voxels.shape}, but a volume has three; give "
            "time_point for one of the fourth, or take a part with image.slicer"
        )
    try:
        at = 0 if time_point is None else operator.index(time_point)
    except TypeError:
        at = -1
    if not 0 <= at < number:
        raise LoaderError(f"time points are 0 to {number - 1}, got {time_point!r}")
    return voxels if axes == 3 else voxels[:, :, :, at]
