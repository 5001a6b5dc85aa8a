"""Volumes as images of SimpleITK, and back."""

from __future__ import annotations

from typing import Any

import numpy as np

from pycornerstone.errors import GeometryError, LoaderError, MissingExtraError
from pycornerstone.exchange.samples import Values, native, samples_of
from pycornerstone.exchange.volume_ids import volume_id_or_new
from pycornerstone.model.volume import Volume
from pycornerstone.model.volume_geometry import VolumeGeometry
from pycornerstone.model.volume_series import checked_volume

__all__ = ["from_simpleitk", "to_simpleitk"]


def to_simpleitk(volume: Volume, *, values: Values = "modality") -> Any:
    """Give a volume as an image of SimpleITK, its own copy.

    Parameters
    ----------
    volume : Volume
        Greys, or colours, which become a vector image.
    values : {"modality", "stored"}
        What the voxels mean (HU for CT; float32 where the header scales them), or as they are
        stored.

    Returns
    -------
    SimpleITK.Image
        Indexed (i, j, k); origin, spacing and direction are LPS mm, ITK's own space. Bits are
        uint8, float16 is float32: ITK has no such types.

    Raises
    ------
    GeometryError
        If the axes are not at right angles (tilted gantry), which an image of ITK cannot have.
    LoaderError
        If it is no volume, or `values` is neither of the two.
    MissingExtraError
        If SimpleITK is not installed.
    """
    sitk = _simpleitk("to_simpleitk")
    geometry = checked_volume(volume).geometry
    if not geometry.is_orthogonal:
        raise GeometryError(
            "an image of SimpleITK has axes at right angles, but those of the volume are sheared; "
            "load it with resample=True, or take to_nibabel, which keeps it as it is"
        )
    image = sitk.GetImageFromArray(native(samples_of(volume, values)), isVector=volume.is_color)
    image.SetSpacing(geometry.spacing_mm)
    image.SetOrigin(geometry.affine[:3, 3].tolist())
    image.SetDirection(geometry.directions.ravel().tolist())
    return image


def from_simpleitk(
    image: Any,
    *,
    frame_of_reference_uid: str | None = None,
    volume_id: str | None = None,
) -> Volume:
    """Make a volume of an image of SimpleITK: a copy of its values, in its own place.

    Parameters
    ----------
    image : SimpleITK.Image
        Of three dimensions; greys, or vectors of three or four, which are colours.
    frame_of_reference_uid : str, optional
        That of the volume whose place it shares; an image of ITK does not say.
    volume_id : str, optional
        By default a new one.

    Raises
    ------
    LoaderError
        If it is none, has other than three dimensions, is complex, or its vectors are no colours.
    MissingExtraError
        If SimpleITK is not installed.
    """
    sitk = _simpleitk("from_simpleitk")
    if not isinstance(image, sitk.Image):
        raise LoaderError(f"an image of SimpleITK is wanted, got {type(image).__name__}")
    if image.GetDimension() != 3:
        raise LoaderError(
            f"a volume has three dimensions, the image of SimpleITK has {image.GetDimension()}; "
            "take one with image[..., n], or make it one with SimpleITK.JoinSeries"
        )
    voxels = sitk.GetArrayFromImage(image)
    affine = np.eye(4)
    affine[:3, :3] = np.reshape(image.GetDirection(), (3, 3)) * image.GetSpacing()
    affine[:3, 3] = image.GetOrigin()
    slices, rows, columns = voxels.shape[:3]
    return Volume(
        volume_id_or_new(volume_id),
        voxels,
        geometry=VolumeGeometry(
            (slices, rows, columns), affine, frame_of_reference_uid, is_upright=False
        ),
    )


def _simpleitk(feature: str) -> Any:
    try:
        import SimpleITK as sitk  # noqa: N813 - as everybody names it
    except ImportError as error:
        raise MissingExtraError(feature, "exchange") from error
    return sitk
