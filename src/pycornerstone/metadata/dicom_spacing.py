"""How far apart the pixels of a DICOM image are, and what that is a distance in."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pycornerstone.metadata.dicom_attributes import if_readable
from pycornerstone.metadata.dicom_tags import Tag
from pycornerstone.metadata.functional_groups import find_numbers, macro_items, macro_sources
from pycornerstone.model.modules import SpacingType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pycornerstone.metadata.dicom_attributes import DicomAttributes

__all__ = ["PROJECTION_SOP_CLASSES", "PlaneSpacing", "read_pixel_aspect_ratio", "read_spacing"]

PROJECTION_SOP_CLASSES = frozenset(
    "1.2.840.10008.5.1.4.1.1." + end
    for end in (
        "1",  # Computed Radiography
        "1.1",  # Digital X-Ray, for presentation and for processing
        "1.1.1",
        "1.2",  # Digital Mammography X-Ray
        "1.2.1",
        "1.3",  # Digital Intra-Oral X-Ray
        "1.3.1",
        "12.1",  # X-Ray Angiographic, Enhanced XA
        "12.1.1",
        "12.2",  # X-Ray Radiofluoroscopic, Enhanced XRF
        "12.2.1",
        "12.3",  # X-Ray Angiographic Bi-Plane, retired
        "13.1.4",  # Breast Projection X-Ray
        "13.1.5",
        "481.1",  # RT Image
        "481.23",  # Enhanced RT Image, Enhanced Continuous RT Image
        "481.24",
    )
)
"""Images of what lies between a source of rays and a detector: it is magnified there."""

_CALIBRATIONS = {"GEOMETRY": SpacingType.MAGNIFIED, "FIDUCIAL": SpacingType.CALIBRATED}
# Between two spacings that were written with another number of digits.
_ROUNDING = 1e-4
# An integer string has 32 bits (PS3.5 section 6.2); JSON may hold any number.
_LARGEST = 2**31

_Pair = tuple[float, float]


class PlaneSpacing(NamedTuple):
    """Distance between rows and between columns in mm, and in what."""

    row_mm: float
    column_mm: float
    type: SpacingType


def read_spacing(
    attributes: DicomAttributes, groups: Sequence[DicomAttributes] = ()
) -> PlaneSpacing | None:
    """Read how far apart the pixels of a frame are; None where the header does not say.

    Pixel Spacing holds of what is no projection. In a projection, what was calibrated comes first,
    then what the detector's spacing and a magnification say, then what is left. Ultrasound regions
    are not looked at: one image may have several, each with a spacing of its own.

    Parameters
    ----------
    attributes : DicomAttributes
        The instance.
    groups : sequence of DicomAttributes
        The functional groups of the frame, by `frame_groups`.

    References
    ----------
    DICOM PS3.3 10.7.1 (Pixel Spacing Calibration), C.7.6.16.2.1 (Pixel Measures), C.8.6.2 (Nominal
    Scanned Pixel Spacing), C.8.8.2 (RT Image), C.8.19.6.4 and C.8.19.6.9 (enhanced projections).
    """
    measures = macro_sources(groups, Tag.PIXEL_MEASURES_SEQUENCE, attributes)
    pixel = _pair(measures, Tag.PIXEL_SPACING)
    calibration = _CALIBRATIONS.get(attributes.text(Tag.PIXEL_SPACING_CALIBRATION_TYPE) or "")
    if pixel is not None and calibration is not None:
        return PlaneSpacing(*pixel, calibration)
    is_projection = attributes.text(Tag.SOP_CLASS_UID) in PROJECTION_SOP_CLASSES
    if pixel is not None and not is_projection:
        return PlaneSpacing(*pixel, SpacingType.PATIENT)
    return _projected(attributes, groups, pixel) or _scanned(attributes)


def read_pixel_aspect_ratio(attributes: DicomAttributes) -> tuple[int, ...] | None:
    """Read the vertical and horizontal size of a pixel, in no unit (PS3.3 C.7.6.3.1.7)."""
    ratio = if_readable(attributes.integers, Tag.PIXEL_ASPECT_RATIO, ())
    return ratio if len(ratio) == 2 and min(ratio) > 0 and max(ratio) < _LARGEST else None


def _projected(
    attributes: DicomAttributes, groups: Sequence[DicomAttributes], pixel: _Pair | None
) -> PlaneSpacing | None:
    """Tell what the spacing of a projection is in, by the order of what says most of it."""
    in_beam = macro_items(groups, Tag.PROJECTION_PIXEL_CALIBRATION_SEQUENCE)
    in_patient = _pair(in_beam, Tag.OBJECT_SPACING_IN_CENTER_OF_BEAM)
    if in_patient is not None:
        return PlaneSpacing(*in_patient, SpacingType.MAGNIFIED)
    detectors = macro_sources(groups, Tag.FRAME_PIXEL_DATA_PROPERTIES_SEQUENCE, attributes)
    imager = _pair(detectors, Tag.IMAGER_PIXEL_SPACING)
    if imager is None:
        imager = _pair((attributes,), Tag.IMAGE_PLANE_PIXEL_SPACING)
    if imager is None:
        return None if pixel is None else PlaneSpacing(*pixel, SpacingType.UNKNOWN)
    factor = _magnification(attributes)
    if factor is not None:
        row, column = imager
        return PlaneSpacing(row / factor, column / factor, SpacingType.MAGNIFIED)
    if pixel is None:
        return PlaneSpacing(*imager, SpacingType.PROJECTED)
    is_smaller = imager[0] > pixel[0] * (1 + _ROUNDING)
    # The patient lies before the detector, so that something has been done about it.
    kind = SpacingType.MAGNIFIED if is_smaller else SpacingType.PROJECTED
    return PlaneSpacing(*pixel, kind)


def _magnification(attributes: DicomAttributes) -> float | None:
    """Give how much larger things are on the detector than they are; None if nobody says."""
    estimated = _length(attributes, Tag.ESTIMATED_RADIOGRAPHIC_MAGNIFICATION_FACTOR)
    if estimated is not None and estimated > 1:
        return estimated
    detector = _length(attributes, Tag.DISTANCE_SOURCE_TO_DETECTOR)
    patient = _length(attributes, Tag.DISTANCE_SOURCE_TO_PATIENT)
    if patient is None:
        patient = _length(attributes, Tag.DISTANCE_SOURCE_TO_ENTRANCE)
    if detector is None or patient is None or detector <= patient:
        return None
    return detector / patient


def _scanned(attributes: DicomAttributes) -> PlaneSpacing | None:
    nominal = _pair((attributes,), Tag.NOMINAL_SCANNED_PIXEL_SPACING)
    return None if nominal is None else PlaneSpacing(*nominal, SpacingType.NOMINAL)


def _pair(sources: Sequence[DicomAttributes], tag: Tag) -> _Pair | None:
    """Read a distance between rows and one between columns; others than these two are none."""
    values = find_numbers(sources, tag)
    return (values[0], values[1]) if len(values) == 2 and min(values) > 0 else None


def _length(attributes: DicomAttributes, tag: Tag) -> float | None:
    value = if_readable(attributes.number, tag, None)
    return value if value is not None and value > 0 else None
