"""The calibrated regions of an ultrasound image, each with axes of its own."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from pycornerstone.metadata.dicom_attributes import if_readable
from pycornerstone.metadata.dicom_tags import Tag, describe_tag
from pycornerstone.metadata.functional_groups import readable_items
from pycornerstone.model.modules import (
    CalibrationModule,
    UltrasoundEnhancedRegionModule,
    UltrasoundRegion,
)

if TYPE_CHECKING:
    from pycornerstone.metadata.dicom_attributes import DicomAttributes

__all__ = ["read_calibration", "read_ultrasound_regions"]

_EDGES = (
    Tag.REGION_LOCATION_MIN_X0,
    Tag.REGION_LOCATION_MIN_Y0,
    Tag.REGION_LOCATION_MAX_X1,
    Tag.REGION_LOCATION_MAX_Y1,
)
_log = logging.getLogger("pycornerstone.metadata")


def read_ultrasound_regions(attributes: DicomAttributes) -> UltrasoundEnhancedRegionModule | None:
    """Read the regions of an image (PS3.3 C.8.5.5); None if it says nothing of any.

    A region whose edges are missing or cannot be read is left out and logged.
    """
    if Tag.SEQUENCE_OF_ULTRASOUND_REGIONS not in attributes:
        return None
    items = readable_items(attributes, Tag.SEQUENCE_OF_ULTRASOUND_REGIONS)  # (0018,6011)
    regions = (_read_region(item) for item in items)
    return UltrasoundEnhancedRegionModule(tuple([region for region in regions if region]))


def read_calibration(attributes: DicomAttributes) -> CalibrationModule:
    """Read what measurements rely on: the regions of ultrasound, and none of anything else."""
    is_ultrasound = attributes.text(Tag.MODALITY) == "US"  # (0008,0060)
    found = read_ultrasound_regions(attributes) if is_ultrasound else None
    return CalibrationModule(() if found is None else found.regions)


def _read_region(item: DicomAttributes) -> UltrasoundRegion | None:
    """PS3.3 table C.8-17."""
    edges = [if_readable(item.integer, tag, None) for tag in _EDGES]  # (0018,6018) to (0018,601E)
    known = [edge for edge in edges if edge is not None]
    if len(known) < len(edges):
        _log.warning(
            "item of %s says not where it lies; left out",
            describe_tag(Tag.SEQUENCE_OF_ULTRASOUND_REGIONS),
        )
        return None
    min_x, min_y, max_x, max_y = known

    def integer(tag: Tag) -> int | None:
        return if_readable(item.integer, tag, None)

    def number(tag: Tag) -> float | None:
        return if_readable(item.number, tag, None)

    return UltrasoundRegion(
        min_x=min_x,
        min_y=min_y,
        max_x=max_x,
        max_y=max_y,
        physical_delta_x=number(Tag.PHYSICAL_DELTA_X),  # (0018,602C)
        physical_delta_y=number(Tag.PHYSICAL_DELTA_Y),  # (0018,602E)
        physical_units_x=integer(Tag.PHYSICAL_UNITS_X_DIRECTION) or 0,  # (0018,6024)
        physical_units_y=integer(Tag.PHYSICAL_UNITS_Y_DIRECTION) or 0,  # (0018,6026)
        spatial_format=integer(Tag.REGION_SPATIAL_FORMAT) or 0,  # (0018,6012)
        data_type=integer(Tag.REGION_DATA_TYPE) or 0,  # (0018,6014)
        flags=integer(Tag.REGION_FLAGS) or 0,  # (0018,6016)
        reference_pixel_x=integer(Tag.REFERENCE_PIXEL_X0),  # (0018,6020)
        reference_pixel_y=integer(Tag.REFERENCE_PIXEL_Y0),  # (0018,6022)
        reference_physical_value_x=number(Tag.REFERENCE_PIXEL_PHYSICAL_VALUE_X),  # (0018,6028)
        reference_physical_value_y=number(Tag.REFERENCE_PIXEL_PHYSICAL_VALUE_Y),  # (0018,602A)
        transducer_frequency_khz=number(Tag.TRANSDUCER_FREQUENCY),  # (0018,6030)
    )
