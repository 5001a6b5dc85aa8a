"""Shutters of a DICOM image: which part of it is covered when it is shown."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from pycornerstone.metadata.dicom_attributes import if_readable
from pycornerstone.metadata.dicom_tags import Tag, describe_tag
from pycornerstone.metadata.functional_groups import frame_sources
from pycornerstone.metadata.overlay_tags import OVERLAY_GROUPS
from pycornerstone.model.modules import DisplayShutterModule

if TYPE_CHECKING:
    from pycornerstone.metadata.dicom_attributes import DicomAttributes

__all__ = ["read_display_shutter"]

_log = logging.getLogger("pycornerstone.metadata")

_EDGES = (
    Tag.SHUTTER_LEFT_VERTICAL_EDGE,
    Tag.SHUTTER_RIGHT_VERTICAL_EDGE,
    Tag.SHUTTER_UPPER_HORIZONTAL_EDGE,
    Tag.SHUTTER_LOWER_HORIZONTAL_EDGE,
)
_NONE = DisplayShutterModule()
# PS3.5 section 6.2.
_IS_LIMIT = 2**31


def read_display_shutter(attributes: DicomAttributes, frame: int) -> DisplayShutterModule:
    """Read what of a frame is covered; a shape that cannot be read is left out and logged.

    References
    ----------
    DICOM PS3.3 C.7.6.11 (Display Shutter), C.7.6.15 (Bitmap Display Shutter), C.7.6.16.2.16 (Frame
    Display Shutter).
    """
    sources = frame_sources(attributes, frame, Tag.FRAME_DISPLAY_SHUTTER_SEQUENCE)
    source = next((source for source in sources if Tag.SHUTTER_SHAPE in source), None)
    if source is None:
        return _NONE
    shapes = if_readable(source.texts, Tag.SHUTTER_SHAPE, ())
    edges = [next(iter(_places(source, tag)), None) for tag in _EDGES]
    center = _places(source, Tag.CENTER_OF_CIRCULAR_SHUTTER)
    radius = next(iter(_places(source, Tag.RADIUS_OF_CIRCULAR_SHUTTER)), None)
    numbers = _places(source, Tag.VERTICES_OF_THE_POLYGONAL_SHUTTER)
    vertices = tuple(zip(numbers[::2], numbers[1::2], strict=False))
    group = if_readable(source.integer, Tag.SHUTTER_OVERLAY_GROUP, None)
    lab = if_readable(source.integers, Tag.SHUTTER_PRESENTATION_COLOR_CIELAB_VALUE, ())
    is_complete = {
        "RECTANGULAR": None not in edges,
        "CIRCULAR": len(center) > 1 and radius is not None and radius > 0,
        "POLYGONAL": len(vertices) > 2 and len(numbers) % 2 == 0,
        "BITMAP": group in OVERLAY_GROUPS,
    }
    for shape in shapes:
        if not is_complete.get(shape):
            _log.warning(
                "%s is %r, and what it needs is missing or unreadable (PS3.3 C.7.6.11); that "
                "shape covers nothing",
                describe_tag(Tag.SHUTTER_SHAPE),
                shape[:16],
            )
    known = tuple(shape for shape in shapes if is_complete.get(shape))
    if not known:
        return _NONE
    left, right, upper, lower = edges
    return DisplayShutterModule(
        shapes=known,
        left_edge=left,
        right_edge=right,
        upper_edge=upper,
        lower_edge=lower,
        center=(center[0], center[1]) if len(center) > 1 else None,
        radius=radius,
        vertices=vertices,
        presentation_value=if_readable(source.integer, Tag.SHUTTER_PRESENTATION_VALUE, None),
        presentation_cielab=lab if len(lab) == 3 else None,
        overlay_group=group,
    )


def _places(source: DicomAttributes, tag: Tag) -> tuple[int, ...]:
    """Read rows and columns; none if one cannot be read, or is larger than an IS may be."""
    values = if_readable(source.integers, tag, ())
    return values if all(abs(value) < _IS_LIMIT for value in values) else ()
