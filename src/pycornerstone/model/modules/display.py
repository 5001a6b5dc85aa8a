"""What is drawn over an image, and what of it is covered: overlays and shutters."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from pycornerstone.model.modules.module import Module

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["DisplayShutterModule", "OverlayPlane", "OverlayPlaneModule"]


@dataclass(frozen=True, slots=True, eq=False)
class OverlayPlane:
    """One overlay: a group 60xx (PS3.3 C.9.2).

    Attributes
    ----------
    group : int
        0x6000 to 0x601E, even (PS3.5 section 7.6).
    rows, columns : int
        (60xx,0010) and (60xx,0011); it need not be as large as the image.
    row_origin, column_origin : int
        Where its first pixel lies on the image, from 0: Overlay Origin (60xx,0050) minus 1, which
        may be outside.
    overlay_type : str
        (60xx,0040): G graphics, or R a region of interest.
    bits : numpy.ndarray or None
        ``(rows, columns)`` bool, from Overlay Data (60xx,3000); None where they lie in the samples.
    bit_position : int or None
        (60xx,0102): the bit of the samples it lies in, of older images; None where it has data.
    label, description, subtype : str or None
        (60xx,1500), (60xx,0022) and (60xx,0045).
    roi_area, roi_mean, roi_standard_deviation : float or None
        (60xx,1301) pixels, (60xx,1302) and (60xx,1303).
    """

    group: int
    rows: int
    columns: int
    row_origin: int = 0
    column_origin: int = 0
    overlay_type: str = "G"
    bits: npt.NDArray[np.bool_] | None = field(default=None, repr=False)
    bit_position: int | None = None
    label: str | None = None
    description: str | None = None
    subtype: str | None = None
    roi_area: float | None = None
    roi_mean: float | None = None
    roi_standard_deviation: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class OverlayPlaneModule(Module):
    """The overlays of a frame (PS3.3 C.9.2 and C.9.3).

    Attributes
    ----------
    overlays : tuple of OverlayPlane
        Those that apply to the frame, by group.
    """

    type_name: ClassVar[str] = "overlayPlaneModule"

    overlays: tuple[OverlayPlane, ...] = ()


@dataclass(frozen=True, slots=True)
class DisplayShutterModule(Module):
    """Which part of an image is covered (PS3.3 C.7.6.11 and C.7.6.15).

    Rows and columns are counted from 1, as DICOM does; the edges named are shown.

    Attributes
    ----------
    shapes : tuple of str
        (0018,1600): RECTANGULAR, CIRCULAR, POLYGONAL, BITMAP; what any of them covers is covered.
    left_edge, right_edge, upper_edge, lower_edge : int or None
        (0018,1602), (0018,1604), (0018,1606) and (0018,1608).
    center : tuple of int or None
        (0018,1610): row, column.
    radius : int or None
        (0018,1612).
    vertices : tuple of tuple of int
        (0018,1620): row, column of each.
    presentation_value : int or None
        (0018,1622): 16-bit P-value of what is covered; None is black.
    presentation_cielab : tuple of int or None
        (0018,1624): its colour, as stored.
    overlay_group : int or None
        (0018,1623): the overlay that is a BITMAP shutter.
    """

    type_name: ClassVar[str] = "displayShutterModule"

    shapes: tuple[str, ...] = ()
    left_edge: int | None = None
    right_edge: int | None = None
    upper_edge: int | None = None
    lower_edge: int | None = None
    center: tuple[int, int] | None = None
    radius: int | None = None
    vertices: tuple[tuple[int, int], ...] = ()
    presentation_value: int | None = None
    presentation_cielab: tuple[int, ...] | None = None
    overlay_group: int | None = None
