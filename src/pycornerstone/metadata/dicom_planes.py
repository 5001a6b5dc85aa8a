"""Where a DICOM image lies in the patient: position, orientation and spacing of a frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pycornerstone.metadata.dicom_attributes import if_readable
from pycornerstone.metadata.dicom_tags import Tag
from pycornerstone.metadata.functional_groups import find_numbers, frame_sources
from pycornerstone.model.geometry import PlaneGeometry
from pycornerstone.model.modules import ImagePlaneModule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pycornerstone.metadata.dicom_attributes import DicomAttributes
    from pycornerstone.model.geometry import Vector

__all__ = ["read_image_plane"]

_SPACINGS = (Tag.PIXEL_SPACING, Tag.IMAGER_PIXEL_SPACING, Tag.NOMINAL_SCANNED_PIXEL_SPACING)
_RECONSTRUCTED = frozenset({("RECON TOMO",), ("RECON GATED TOMO",)})


def read_image_plane(attributes: DicomAttributes, frame: int) -> ImagePlaneModule:
    """Read where a frame lies, as far as it is known.

    A value that cannot be read, a direction of no length and a spacing of 0 are taken as unknown:
    whoever needs them has defaults that say that they are.

    Parameters
    ----------
    attributes : DicomAttributes
        The instance.
    frame : int
        Which frame, from 1.

    References
    ----------
    DICOM PS3.3 C.7.6.2 (Image Plane Module), C.7.6.16.2.1 (Pixel Measures), C.7.6.16.2.3 (Plane
    Position) and C.7.6.16.2.4 (Plane Orientation).
    """
    measures = frame_sources(attributes, frame, Tag.PIXEL_MEASURES_SEQUENCE)
    row_cosines, column_cosines = _orientation(attributes, frame)
    row_spacing, column_spacing = _spacing(measures)
    return ImagePlaneModule(
        frame_of_reference_uid=attributes.text(Tag.FRAME_OF_REFERENCE_UID),
        image_position_lps=_position(attributes, frame, row_cosines, column_cosines),
        row_cosines=row_cosines,
        column_cosines=column_cosines,
        row_pixel_spacing_mm=row_spacing,
        column_pixel_spacing_mm=column_spacing,
        slice_thickness_mm=_first(find_numbers(measures, Tag.SLICE_THICKNESS)),
        spacing_between_slices_mm=_first(find_numbers(measures, Tag.SPACING_BETWEEN_SLICES)),
        slice_location_mm=if_readable(attributes.number, Tag.SLICE_LOCATION, None),
        rows=if_readable(attributes.integer, Tag.ROWS, None),
        columns=if_readable(attributes.integer, Tag.COLUMNS, None),
    )


def _orientation(attributes: DicomAttributes, frame: int) -> tuple[Vector | None, Vector | None]:
    sources = frame_sources(attributes, frame, Tag.PLANE_ORIENTATION_SEQUENCE)
    values = find_numbers((*sources, *_detector(attributes)), Tag.IMAGE_ORIENTATION_PATIENT)
    row, column = _vector(values[:3]), _vector(values[3:])
    if row is None or column is None or not (any(row) and any(column)):
        return None, None
    return row, column


def _position(
    attributes: DicomAttributes, frame: int, row: Vector | None, column: Vector | None
) -> Vector | None:
    sources = frame_sources(attributes, frame, Tag.PLANE_POSITION_SEQUENCE)
    position = _vector(find_numbers(sources, Tag.IMAGE_POSITION_PATIENT))
    if position is None:
        position = _vector(find_numbers(_detector(attributes), Tag.IMAGE_POSITION_PATIENT))
        offset, is_along_z = _nuclear_offset(attributes, frame), False
    else:
        offset, is_along_z = _dose_offset(attributes, frame)
    if position is None or row is None or column is None or not offset:
        return position
    normal = (0.0, 0.0, 1.0) if is_along_z else PlaneGeometry(position, row, column).normal
    x, y, z = (start + offset * n for start, n in zip(position, normal, strict=True))
    return x, y, z


def _detector(attributes: DicomAttributes) -> Sequence[DicomAttributes]:
    """Give the item that has the place of the first slice of a nuclear medicine volume.

    What was not reconstructed are projections, whose place is none in the patient (PS3.3 C.8.4.11).
    """
    if attributes.texts(Tag.IMAGE_TYPE)[2:3] in _RECONSTRUCTED:
        return attributes.items(Tag.DETECTOR_INFORMATION_SEQUENCE)[:1]
    return ()


def _nuclear_offset(attributes: DicomAttributes, frame: int) -> float:
    """Give how far along the normal a slice lies behind the first (PS3.3 C.8.4.15)."""
    spacing = if_readable(attributes.number, Tag.SPACING_BETWEEN_SLICES, None) or 0.0
    slices = if_readable(attributes.integers, Tag.SLICE_VECTOR, ())
    return spacing * ((slices[frame - 1] if frame <= len(slices) else frame) - 1)


def _dose_offset(attributes: DicomAttributes, frame: int) -> tuple[float, bool]:
    """Give how far a dose plane lies from the first, and whether along z (PS3.3 C.8.8.3.2).

    Offsets that begin with 0 go along the normal; others are z coordinates in the patient.
    """
    offsets = if_readable(attributes.numbers, Tag.GRID_FRAME_OFFSET_VECTOR, ())
    if frame > len(offsets):
        return 0.0, False
    return offsets[frame - 1] - offsets[0], offsets[0] != 0


def _spacing(measures: Sequence[DicomAttributes]) -> tuple[float | None, float | None]:
    """Read the distances between rows and between columns.

    Imager Pixel Spacing is that on the detector of a projection, and Nominal Scanned Pixel Spacing
    that on a film (PS3.3 10.7.1.1): better than nothing, and without Pixel Spacing all there is.
    """
    for tag in _SPACINGS:
        values = find_numbers(measures, tag)
        if len(values) == 2 and min(values) > 0:
            return values[0], values[1]
    return None, None


def _vector(values: Sequence[float]) -> Vector | None:
    if len(values) != 3:
        return None
    x, y, z = values
    return x, y, z


def _first(values: Sequence[float]) -> float | None:
    return values[0] if values else None
