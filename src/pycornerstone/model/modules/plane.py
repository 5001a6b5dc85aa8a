"""Where an image lies, and how far apart its pixels are."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from pycornerstone.model.geometry import PlaneGeometry
from pycornerstone.model.modules.calibration import SpacingType
from pycornerstone.model.modules.module import Module

if TYPE_CHECKING:
    from pycornerstone.model.geometry import Vector
    from pycornerstone.model.modules.calibration import CalibratedPixelSpacing

__all__ = [
    "ImagePlaneModule",
]


@dataclass(frozen=True, slots=True)
class ImagePlaneModule(Module):
    """Where the image lies, as far as it is known (PS3.3 C.7.6.2 and C.7.6.16.2.1 to .2.4).

    Attributes
    ----------
    frame_of_reference_uid : str or None
        (0020,0052).
    image_position_lps : tuple of float or None
        Image Position (Patient) (0020,0032): centre of the first pixel, LPS mm.
    row_cosines, column_cosines : tuple of float or None
        First and second half of Image Orientation (Patient) (0020,0037).
    row_pixel_spacing_mm, column_pixel_spacing_mm : float or None
        Distance between rows and between columns: of Pixel Spacing (0028,0030), or of what stands
        in for it in projections; `spacing_type` says which.
    slice_thickness_mm, spacing_between_slices_mm, slice_location_mm : float or None
        (0018,0050), (0018,0088) and (0020,1041).
    rows, columns : int or None
        (0028,0010) and (0028,0011).
    spacing_type : SpacingType or None
        What the spacing is a distance in; None where there is none, or nobody says.
    pixel_aspect_ratio : tuple of int or None
        (0028,0034): vertical and horizontal size of a pixel, where there is no spacing.
    uncalibrated : ImagePlaneModule or None
        The plane as the header has it, where a user's calibration stands in for its spacing.
    """

    type_name: ClassVar[str] = "imagePlaneModule"

    frame_of_reference_uid: str | None = None
    image_position_lps: Vector | None = None
    row_cosines: Vector | None = None
    column_cosines: Vector | None = None
    row_pixel_spacing_mm: float | None = None
    column_pixel_spacing_mm: float | None = None
    slice_thickness_mm: float | None = None
    spacing_between_slices_mm: float | None = None
    slice_location_mm: float | None = None
    rows: int | None = None
    columns: int | None = None
    spacing_type: SpacingType | None = None
    pixel_aspect_ratio: tuple[int, ...] | None = None
    uncalibrated: ImagePlaneModule | None = None

    def calibrated(self, calibration: CalibratedPixelSpacing | None) -> ImagePlaneModule:
        """Give the plane with a user's spacing in place of that of the header.

        A plane that is calibrated already goes by the new calibration alone; None takes it back.
        """
        header = self.uncalibrated or self
        if calibration is None:
            return header
        row, column = calibration.row_pixel_spacing_mm, calibration.column_pixel_spacing_mm
        if row is None and column is None:
            row, column = header.row_pixel_spacing_mm, header.column_pixel_spacing_mm
            row = None if row is None else row * calibration.scale
            column = None if column is None else column * calibration.scale
        if row is None and column is None:
            return header
        return replace(
            header,
            row_pixel_spacing_mm=column if row is None else row,
            column_pixel_spacing_mm=row if column is None else column,
            spacing_type=calibration.spacing_type,
            uncalibrated=header,
        )

    @property
    def geometry(self) -> PlaneGeometry:
        """The plane with defaults where nothing is known, each marked as one.

        A spacing that is UNCALIBRATED counts as not known.
        """
        known = PlaneGeometry()
        # No distance is 0 or less, nor without end; whoever says so does not know it.
        spacing = [
            given if given is not None and 0 < given < math.inf else None
            for given in (self.row_pixel_spacing_mm, self.column_pixel_spacing_mm)
        ]
        ratio: tuple[float, ...] = self.pixel_aspect_ratio or ()
        if self.spacing_type == SpacingType.UNCALIBRATED:
            # How large a picture is to be printed: no distance in what it shows, but a shape.
            ratio = tuple(known_size for known_size in spacing if known_size is not None)
            spacing = [None, None]
        has_spacing = None not in spacing
        # PS3.3 C.7.6.3.1.7: vertical before horizontal. Without a spacing, it is all that is known.
        shape = ratio[0] / ratio[1] if len(ratio) == 2 and min(ratio) > 0 else 1.0
        if not 0 < shape < math.inf:
            shape = 1.0
        has_orientation = self.row_cosines is not None and self.column_cosines is not None
        return PlaneGeometry(
            position_lps=self.image_position_lps or known.position_lps,
            row_cosines=self.row_cosines or known.row_cosines,
            column_cosines=self.column_cosines or known.column_cosines,
            row_pixel_spacing_mm=spacing[0] or spacing[1] or shape,
            column_pixel_spacing_mm=spacing[1] or spacing[0] or known.column_pixel_spacing_mm,
            spacing_is_default=not has_spacing,
            orientation_is_default=not has_orientation,
            position_is_default=self.image_position_lps is None,
        )
