"""What a NIfTI header says of one slice, as metadata modules."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pycornerstone.model.luts import VoiFunction, VoiWindow
from pycornerstone.model.modules import (
    ImagePixelModule,
    ImagePlaneModule,
    ModalityLutModule,
    Module,
    MultiframeModule,
    SpacingType,
    VoiLutModule,
)

if TYPE_CHECKING:
    import numpy.typing as npt

    from pycornerstone.metadata.nifti import NiftiHeader
    from pycornerstone.model.geometry import Vector

__all__ = ["NIFTI_MODULES", "read_nifti_module"]

NIFTI_MODULES = frozenset(
    module.type_name
    for module in (
        ImagePixelModule,
        ImagePlaneModule,
        ModalityLutModule,
        MultiframeModule,
        VoiLutModule,
    )
)
"""The modules that `read_nifti_module` can give."""


def read_nifti_module(
    type_name: str, header: NiftiHeader, frame: int, frame_of_reference_uid: str | None = None
) -> Module | None:
    """Give what a header says of one slice, as a metadata module.

    Parameters
    ----------
    type_name : str
        Which module, such as ``"imagePlaneModule"``.
    header : NiftiHeader
        Of the whole file.
    frame : int
        Which slice; counts from 0.
    frame_of_reference_uid : str or None
        What the plane's Frame of Reference UID (0020,0052) shall be; NIfTI has none.

    Returns
    -------
    Module or None
        None where NIfTI says nothing of it.

    Raises
    ------
    ImageIdError
        If the file has no such slice.
    """
    header.frame_offset(frame)
    match type_name:
        case ImagePixelModule.type_name:
            return _image_pixel(header)
        case ImagePlaneModule.type_name:
            return _image_plane(header, frame % header.slices, frame_of_reference_uid)
        case ModalityLutModule.type_name:
            return ModalityLutModule(header.slope, header.intercept)
        case MultiframeModule.type_name:
            return MultiframeModule(header.number_of_frames, frame_number=frame + 1)
        case VoiLutModule.type_name if header.display_range is not None:
            lower, upper = header.display_range
            function = VoiFunction.LINEAR_EXACT
            return VoiLutModule((VoiWindow.from_bounds(lower, upper, function),), function)
        case _:
            return None


def _image_pixel(header: NiftiHeader) -> ImagePixelModule:
    bits = header.dtype.itemsize * 8
    return ImagePixelModule(
        rows=header.rows,
        columns=header.columns,
        samples_per_pixel=header.samples_per_voxel,
        photometric_interpretation="MONOCHROME2" if header.samples_per_voxel == 1 else "RGB",
        bits_allocated=bits,
        bits_stored=bits,
        high_bit=bits - 1,
        pixel_representation=int(header.dtype.kind == "i"),
        number_of_frames=header.number_of_frames,
        is_float=header.dtype.kind == "f",
    )


def _image_plane(
    header: NiftiHeader, k: int, frame_of_reference_uid: str | None
) -> ImagePlaneModule:
    affine = header.affine_lps
    if affine is None:
        return ImagePlaneModule(rows=header.rows, columns=header.columns)
    along_row, along_column, to_next = affine[:3, :3].T
    column_spacing, row_spacing = np.linalg.norm(along_row), np.linalg.norm(along_column)
    normal = np.cross(along_row, along_column)
    # Spacing Between Slices (0018,0088) is measured along the normal, which is shorter than the
    # column of the affine where slices are sheared.
    distance = abs(float(normal @ to_next) / float(np.linalg.norm(normal))) or None
    return ImagePlaneModule(
        frame_of_reference_uid=frame_of_reference_uid,
        image_position_lps=_vector(affine[:3, 3] + k * to_next),
        row_cosines=_vector(along_row / column_spacing),
        column_cosines=_vector(along_column / row_spacing),
        row_pixel_spacing_mm=float(row_spacing),
        column_pixel_spacing_mm=float(column_spacing),
        slice_thickness_mm=distance,
        spacing_between_slices_mm=distance,
        rows=header.rows,
        columns=header.columns,
        spacing_type=SpacingType.PATIENT,
    )


def _vector(values: npt.NDArray[np.float64]) -> Vector:
    x, y, z = values.tolist()
    return (x, y, z)
