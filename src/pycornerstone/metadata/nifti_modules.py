"""What a NIfTI header says of one slice, as metadata modules."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING

from pycornerstone.model.luts import VoiFunction, VoiWindow
from pycornerstone.model.modules import (
    CineModule,
    FrameOfReferenceModule,
    GeneralSeriesModule,
    ImagePixelModule,
    ImagePlaneModule,
    ModalityLutModule,
    Module,
    MultiframeModule,
    NiftiModule,
    SpacingType,
    VoiLutModule,
)

if TYPE_CHECKING:
    from pycornerstone.metadata.nifti import NiftiHeader
    from pycornerstone.metadata.nifti_slices import NiftiSlices

__all__ = ["NIFTI_MODULES", "read_nifti_module"]

NIFTI_MODULES = frozenset(
    module.type_name
    for module in (
        CineModule,
        FrameOfReferenceModule,
        GeneralSeriesModule,
        ImagePixelModule,
        ImagePlaneModule,
        ModalityLutModule,
        MultiframeModule,
        NiftiModule,
        VoiLutModule,
    )
)
"""The modules that `read_nifti_module` can give."""


def read_nifti_module(
    type_name: str, slices: NiftiSlices, frame: int, frame_of_reference_uid: str | None = None
) -> Module | None:
    """Give what a header says of one slice, as a metadata module.

    Parameters
    ----------
    type_name : str
        Which module, such as ``"imagePlaneModule"``.
    slices : NiftiSlices
        How the file is cut into slices.
    frame : int
        Which slice; counts from 0.
    frame_of_reference_uid : str or None
        What the Frame of Reference UID (0020,0052) shall be; NIfTI has none.

    Returns
    -------
    Module or None
        None where NIfTI says nothing of it.

    Raises
    ------
    ImageIdError
        If the file has no such slice.
    """
    index, volume = slices.place(frame)
    header = slices.header
    match type_name:
        case ImagePlaneModule.type_name:
            return _image_plane(slices, index, frame_of_reference_uid)
        case MultiframeModule.type_name:
            return MultiframeModule(slices.number_of_frames, frame_number=frame + 1)
        case VoiLutModule.type_name:
            # Known later than the rest, if the voxels say it.
            return _voi_lut(header)
        case FrameOfReferenceModule.type_name if header.affine_lps is not None:
            return FrameOfReferenceModule(frame_of_reference_uid)
        case NiftiModule.type_name:
            return replace(
                header.about,
                frame_number=frame,
                axis=slices.axis,
                slice_index=index,
                time_point=volume,
            )
        case _:
            return header.alike(type_name, slices.axis, lambda: _of_all(type_name, slices))


def _of_all(type_name: str, slices: NiftiSlices) -> Module | None:
    """Give what is the same for each slice."""
    match type_name:
        case ImagePixelModule.type_name:
            return _image_pixel(slices)
        case ModalityLutModule.type_name:
            return ModalityLutModule(slices.header.slope, slices.header.intercept)
        case GeneralSeriesModule.type_name:
            # Nothing says what took the image; "other" is what DICOM has for that.
            return GeneralSeriesModule(modality="OT")
        case CineModule.type_name:
            return _cine(slices)
        case _:
            return None


def _voi_lut(header: NiftiHeader) -> VoiLutModule | None:
    if header.first_range is None:
        return None
    return _window(*header.first_range)


@functools.lru_cache(maxsize=64)
def _window(lower: float, upper: float) -> VoiLutModule:
    function = VoiFunction.LINEAR_EXACT
    return VoiLutModule((VoiWindow.from_bounds(lower, upper, function),), function)


def _image_pixel(slices: NiftiSlices) -> ImagePixelModule:
    header = slices.header
    dtype = header.pixel_dtype
    bits = dtype.itemsize * 8
    return ImagePixelModule(
        rows=slices.rows,
        columns=slices.columns,
        samples_per_pixel=header.samples_per_voxel,
        photometric_interpretation="MONOCHROME2" if header.samples_per_voxel == 1 else "RGB",
        bits_allocated=bits,
        bits_stored=bits,
        high_bit=bits - 1,
        pixel_representation=int(dtype.kind == "i"),
        number_of_frames=slices.number_of_frames,
        is_float=dtype.kind == "f",
    )


def _cine(slices: NiftiSlices) -> CineModule | None:
    """Say how fast frames follow each other, where each one is a point in time of its own."""
    is_series = slices.per_volume == 1 and slices.number_of_frames == slices.header.sizes[3] > 1
    if not is_series:
        return None
    about = slices.header.about
    if about.time_unit != "s" or about.time_step is None:
        return None
    return CineModule(
        frame_time_ms=about.time_step * 1000, number_of_frames=slices.number_of_frames
    )


def _image_plane(
    slices: NiftiSlices, index: int, frame_of_reference_uid: str | None
) -> ImagePlaneModule:
    rows, columns = slices.rows, slices.columns
    planes = slices.header.planes_across(slices.number)
    if planes is None:
        return ImagePlaneModule(rows=rows, columns=columns)
    return ImagePlaneModule(
        rows=rows,
        columns=columns,
        frame_of_reference_uid=frame_of_reference_uid,
        image_position_lps=planes.position_lps(index),
        row_cosines=planes.row_cosines,
        column_cosines=planes.column_cosines,
        row_pixel_spacing_mm=planes.row_pixel_spacing_mm,
        column_pixel_spacing_mm=planes.column_pixel_spacing_mm,
        slice_thickness_mm=planes.distance_mm,
        spacing_between_slices_mm=planes.distance_mm,
        spacing_type=SpacingType.PATIENT,
    )
