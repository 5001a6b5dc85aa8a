"""How far apart pixels are in the world: regions of ultrasound, and what a user measured."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from pycornerstone.model.modules.module import Module

__all__ = [
    "CalibratedPixelSpacing",
    "CalibrationModule",
    "SpacingType",
    "UltrasoundEnhancedRegionModule",
    "UltrasoundRegion",
]


class SpacingType(StrEnum):
    """What a distance between pixels is a distance in.

    Attributes
    ----------
    PATIENT
        In the patient: Pixel Spacing (0028,0030) of what is no projection.
    CALIBRATED
        In the patient, by an object of known size (Pixel Spacing Calibration Type FIDUCIAL).
    MAGNIFIED
        In the patient, from the detector by the estimated radiographic magnification factor, or by
        a geometry that is known (Cornerstone3D's ERMF).
    PROJECTED
        On the detector: what lies before it is smaller than it measures.
    NOMINAL
        On a film or print that was scanned.
    UNKNOWN
        Pixel Spacing of a projection that says nothing of how it came about.
    USER
        As the user said.
    UNCALIBRATED
        On paper: the pixel density of a picture says how large it is to be printed, most often by
        the default of some program, and nothing of what is seen in it. No length is taken from it,
        only the shape of the pixels.
    """

    PATIENT = "PATIENT"
    CALIBRATED = "CALIBRATED"
    MAGNIFIED = "MAGNIFIED"
    PROJECTED = "PROJECTED"
    NOMINAL = "NOMINAL"
    UNKNOWN = "UNKNOWN"
    USER = "USER"
    UNCALIBRATED = "UNCALIBRATED"


@dataclass(frozen=True, slots=True)
class CalibratedPixelSpacing(Module):
    """What a user measured: it goes before what the header says.

    It is kept by ``metadata.calibrations``, or given by a metadata provider. No element of DICOM
    is read for it.

    Attributes
    ----------
    row_pixel_spacing_mm, column_pixel_spacing_mm : float or None
        Distance between rows and between columns; one that is None is as the other.
    scale : float
        Times which the header's spacing is taken, where none is given here.
    spacing_type : SpacingType
        How it is known.
    tooltip : str or None
        What is shown beside a measurement.

    Raises
    ------
    ValueError
        If a spacing or the scale is not a finite number above 0.

    Examples
    --------
    >>> CalibratedPixelSpacing(0.2, tooltip="by the ruler").row_pixel_spacing_mm
    0.2
    """

    type_name: ClassVar[str] = "calibratedPixelSpacing"

    row_pixel_spacing_mm: float | None = None
    column_pixel_spacing_mm: float | None = None
    scale: float = 1.0
    spacing_type: SpacingType = SpacingType.USER
    tooltip: str | None = None

    def __post_init__(self) -> None:
        for name in ("row_pixel_spacing_mm", "column_pixel_spacing_mm", "scale"):
            given = getattr(self, name)
            if given is not None and not (math.isfinite(given) and given > 0):
                raise ValueError(f"{name} must be a finite number above 0, got {given}")


@dataclass(frozen=True, slots=True)
class UltrasoundRegion:
    """A part of an ultrasound image with axes of its own: an item of (0018,6011) (PS3.3 C.8.5.5).

    Attributes
    ----------
    min_x, min_y, max_x, max_y : int
        (0018,6018), (0018,601A), (0018,601C) and (0018,601E): columns and rows from 0, the last
        included.
    physical_delta_x, physical_delta_y : float or None
        (0018,602C) and (0018,602E): from one pixel to the next, in the units of the axis.
    physical_units_x, physical_units_y : int
        (0018,6024) and (0018,6026): 3 is cm, 4 s, 5 Hz, 7 cm/s (C.8.5.5.1.15).
    spatial_format, data_type, flags : int
        (0018,6012): 1 is 2D; (0018,6014); (0018,6016).
    reference_pixel_x, reference_pixel_y : int or None
        (0018,6020) and (0018,6022), relative to the region's first pixel.
    reference_physical_value_x, reference_physical_value_y : float or None
        (0018,6028) and (0018,602A): what the axes say there.
    transducer_frequency_khz : float or None
        (0018,6030).
    """

    min_x: int
    min_y: int
    max_x: int
    max_y: int
    physical_delta_x: float | None = None
    physical_delta_y: float | None = None
    physical_units_x: int = 0
    physical_units_y: int = 0
    spatial_format: int = 0
    data_type: int = 0
    flags: int = 0
    reference_pixel_x: int | None = None
    reference_pixel_y: int | None = None
    reference_physical_value_x: float | None = None
    reference_physical_value_y: float | None = None
    transducer_frequency_khz: float | None = None

    def contains(self, column: float, row: float) -> bool:
        """Tell whether a pixel lies in it, edges included."""
        return self.min_x <= column <= self.max_x and self.min_y <= row <= self.max_y

    @property
    def spacing_mm(self) -> tuple[float, float] | None:
        """Distance between rows and between columns, where both axes are lengths (cm)."""
        x, y = self.physical_delta_x, self.physical_delta_y
        if not x or not y or self.physical_units_x != 3 or self.physical_units_y != 3:
            return None
        return abs(y) * 10, abs(x) * 10


@dataclass(frozen=True, slots=True)
class UltrasoundEnhancedRegionModule(Module):
    """The calibrated regions of an ultrasound image (PS3.3 C.8.5.5).

    Attributes
    ----------
    regions : tuple of UltrasoundRegion
        Items of the Sequence of Ultrasound Regions (0018,6011), in their order.
    """

    type_name: ClassVar[str] = "ultrasoundEnhancedRegionModule"

    regions: tuple[UltrasoundRegion, ...] = ()

    def region_at(self, column: float, row: float) -> UltrasoundRegion | None:
        """Give the region that a pixel lies in; of several the smallest; None if it is in none."""
        found = [region for region in self.regions if region.contains(column, row)]
        return min(found, key=_area, default=None)


@dataclass(frozen=True, slots=True)
class CalibrationModule(Module):
    """What measurements on the image rely on beside its plane (PS3.3 C.8.5.5).

    Attributes
    ----------
    regions : tuple of UltrasoundRegion
        (0018,6011) where Modality (0008,0060) is US; none for others.
    """

    type_name: ClassVar[str] = "calibrationModule"

    regions: tuple[UltrasoundRegion, ...] = ()


def _area(region: UltrasoundRegion) -> int:
    return (region.max_x - region.min_x) * (region.max_y - region.min_y)
