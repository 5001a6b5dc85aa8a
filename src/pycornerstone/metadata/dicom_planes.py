"""Where a DICOM image lies in the patient: position, orientation and spacing of a frame."""

from __future__ import annotations

import logging
import math
from typing import TYPE_CHECKING

from pycornerstone.metadata.dicom_attributes import if_readable
from pycornerstone.metadata.dicom_spacing import read_pixel_aspect_ratio, read_spacing
from pycornerstone.metadata.dicom_tags import Tag, describe_tag
from pycornerstone.metadata.functional_groups import (
    find_numbers,
    frame_groups,
    macro_items,
    macro_sources,
    readable_items,
)
from pycornerstone.model.geometry import PlaneGeometry
from pycornerstone.model.modules import ImagePlaneModule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pycornerstone.metadata.dicom_attributes import DicomAttributes
    from pycornerstone.model.geometry import Vector

__all__ = ["is_reconstructed", "nuclear_detector", "read_directions", "read_image_plane"]

_RECONSTRUCTED = frozenset({"RECON TOMO", "RECON GATED TOMO"})
_RT_DOSE = "1.2.840.10008.5.1.4.1.1.481.2"
# The sine of the angle below which two directions are one, and span no plane.
_PARALLEL = 1e-3
# How far the length of a direction may be from 1: what is written with three digits is.
_UNIT = 1e-2
# The cosine above which a normal is along z: the tilt is less than a hundredth of a degree.
_ALONG_Z = 1 - 1e-8
# What Slice Vector, of VR US, can count to; JSON may hold any number.
_MOST_SLICES = 2**16
_log = logging.getLogger("pycornerstone.metadata")


def read_image_plane(attributes: DicomAttributes, frame: int) -> ImagePlaneModule:
    """Read where a frame lies, as far as it is known.

    A value that cannot be read, directions that span no plane and a spacing of 0 are taken as
    unknown: whoever needs them has defaults that say that they are. A frame of which only the
    position of the first frame is known has none.

    Parameters
    ----------
    attributes : DicomAttributes
        The instance.
    frame : int
        Which frame, from 1.

    References
    ----------
    DICOM PS3.3 C.7.6.2 (Image Plane Module), C.7.6.16.2.1 (Pixel Measures), C.7.6.16.2.3 (Plane
    Position) and C.7.6.16.2.4 (Plane Orientation); C.8.4.15 (nuclear medicine) and C.8.8.3.2 (RT
    dose); 10.7.1 (what a spacing is a distance in).
    """
    groups = frame_groups(attributes, frame)
    measures = macro_sources(groups, Tag.PIXEL_MEASURES_SEQUENCE, attributes)
    detector = nuclear_detector(attributes)
    of_instance = (*detector, attributes)
    orientations = (*macro_items(groups, Tag.PLANE_ORIENTATION_SEQUENCE), *of_instance)
    row_cosines, column_cosines = read_directions(
        find_numbers(orientations, Tag.IMAGE_ORIENTATION_PATIENT), Tag.IMAGE_ORIENTATION_PATIENT
    )
    own = macro_items(groups, Tag.PLANE_POSITION_SEQUENCE)
    position = _vector(find_numbers(own, Tag.IMAGE_POSITION_PATIENT))
    if position is None:
        position = _vector(find_numbers(of_instance, Tag.IMAGE_POSITION_PATIENT))
        if detector or (frame > 1 and is_reconstructed(attributes)):
            offset = _nuclear_offset(attributes, frame)
            position = _moved(position, offset, row_cosines, column_cosines)
        elif position is not None and _is_dose(attributes):
            position = _dose_position(attributes, frame, position, row_cosines, column_cosines)
    spacing = read_spacing(attributes, groups)
    return ImagePlaneModule(
        frame_of_reference_uid=attributes.text(Tag.FRAME_OF_REFERENCE_UID),
        image_position_lps=position,
        row_cosines=row_cosines,
        column_cosines=column_cosines,
        row_pixel_spacing_mm=None if spacing is None else spacing.row_mm,
        column_pixel_spacing_mm=None if spacing is None else spacing.column_mm,
        slice_thickness_mm=_first(find_numbers(measures, Tag.SLICE_THICKNESS)),
        spacing_between_slices_mm=_first(find_numbers(measures, Tag.SPACING_BETWEEN_SLICES)),
        slice_location_mm=if_readable(attributes.number, Tag.SLICE_LOCATION, None),
        rows=if_readable(attributes.integer, Tag.ROWS, None),
        columns=if_readable(attributes.integer, Tag.COLUMNS, None),
        spacing_type=None if spacing is None else spacing.type,
        pixel_aspect_ratio=None if spacing is not None else read_pixel_aspect_ratio(attributes),
    )


def read_directions(values: Sequence[float], tag: Tag) -> tuple[Vector | None, Vector | None]:
    """Take the six numbers of an orientation for two directions, of length 1.

    Both are None if there are not six, or if they span no plane, which is logged. Two that are not
    at right angles are left as they are (PS3.3 C.7.6.2.1.1 has them orthogonal).
    """
    row, column = _vector(values[:3]), _vector(values[3:])
    if row is None or column is None:
        if values:
            _log.warning("%s has %d values, not 6; taken as absent", describe_tag(tag), len(values))
        return None, None
    lengths = math.hypot(*row), math.hypot(*column)
    if max(abs(length - 1) for length in lengths) > _UNIT and min(lengths) > 0:
        _log.warning("%s has directions whose length is not 1; made so", describe_tag(tag))
        row, column = _scaled(row, lengths[0]), _scaled(column, lengths[1])
    normal = PlaneGeometry(row_cosines=row, column_cosines=column).normal
    if not _PARALLEL < math.hypot(*normal) < math.inf:
        _log.warning("%s spans no plane; taken as absent", describe_tag(tag))
        return None, None
    return row, column


def is_reconstructed(attributes: DicomAttributes) -> bool:
    """Tell whether a nuclear medicine image is a volume of slices (PS3.3 C.8.4.9.1.1)."""
    kinds = attributes.texts(Tag.IMAGE_TYPE)
    return len(kinds) > 2 and kinds[2] in _RECONSTRUCTED


def nuclear_detector(attributes: DicomAttributes) -> Sequence[DicomAttributes]:
    """Give the item that has the place of the first slice of a nuclear medicine volume.

    What was not reconstructed are projections, whose place is none in the patient (PS3.3 C.8.4.11).
    """
    detectors = readable_items(attributes, Tag.DETECTOR_INFORMATION_SEQUENCE)[:1]
    return detectors if detectors and is_reconstructed(attributes) else ()


def _nuclear_offset(attributes: DicomAttributes, frame: int) -> float | None:
    """Give how far along the normal a slice lies behind the first (PS3.3 C.8.4.15)."""
    slices = if_readable(attributes.integers, Tag.SLICE_VECTOR, ())
    place = (slices[frame - 1] if 0 < frame <= len(slices) else frame) - 1
    if place == 0:
        return 0.0
    spacing = if_readable(attributes.number, Tag.SPACING_BETWEEN_SLICES, None)
    return spacing * place if spacing and abs(place) < _MOST_SLICES else None


def _is_dose(attributes: DicomAttributes) -> bool:
    if Tag.GRID_FRAME_OFFSET_VECTOR in attributes:
        return True
    return attributes.text(Tag.SOP_CLASS_UID) == _RT_DOSE


def _dose_position(
    attributes: DicomAttributes,
    frame: int,
    first: Vector,
    row: Vector | None,
    column: Vector | None,
) -> Vector | None:
    """Give where a dose plane lies, of which the first has a position (PS3.3 C.8.8.3.2).

    Offsets that begin with 0 go along the normal. Others are z coordinates in the patient, which
    only axial planes may have; those of planes that are not go along the normal from the first.
    """
    if frame <= 1:
        return first
    offsets = if_readable(attributes.numbers, Tag.GRID_FRAME_OFFSET_VECTOR, ())
    if frame > len(offsets):
        return None
    offset = offsets[frame - 1] - offsets[0]
    if offsets[0] != 0 and _is_axial(row, column):
        x, y, z = first
        return x, y, z + offset
    return _moved(first, offset, row, column)


def _is_axial(row: Vector | None, column: Vector | None) -> bool:
    if row is None or column is None:
        return False
    return abs(PlaneGeometry(row_cosines=row, column_cosines=column).normal[2]) > _ALONG_Z


def _moved(
    first: Vector | None, offset: float | None, row: Vector | None, column: Vector | None
) -> Vector | None:
    """Give the position that lies `offset` along the normal; None if either is not known."""
    if first is None or offset == 0:
        return first
    if offset is None or row is None or column is None:
        return None
    normal = PlaneGeometry(row_cosines=row, column_cosines=column).normal
    x, y, z = (start + offset * n for start, n in zip(first, normal, strict=True))
    return x, y, z


def _scaled(vector: Vector, length: float) -> Vector:
    x, y, z = vector
    return x / length, y / length, z / length


def _vector(values: Sequence[float]) -> Vector | None:
    if len(values) != 3:
        return None
    x, y, z = values
    return x, y, z


def _first(values: Sequence[float]) -> float | None:
    return values[0] if values else None
