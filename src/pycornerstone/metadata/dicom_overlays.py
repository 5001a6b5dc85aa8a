"""Overlays of a DICOM image: bit planes of graphics and regions of interest."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np

from pycornerstone.errors import MetadataError
from pycornerstone.metadata.dicom_attributes import if_readable
from pycornerstone.metadata.dicom_tags import describe_tag
from pycornerstone.metadata.overlay_tags import OVERLAY_GROUPS, OverlayTag
from pycornerstone.model.modules import OverlayPlane, OverlayPlaneModule

if TYPE_CHECKING:
    import numpy.typing as npt

    from pycornerstone.metadata.dicom_attributes import DicomAttributes

__all__ = ["read_overlay_planes"]

_log = logging.getLogger("pycornerstone.metadata")

# Of an overlay in the samples there is nothing else that tells it from nothing.
_SIGNS = tuple(
    (group, OverlayTag.DATA.of(group), OverlayTag.BIT_POSITION.of(group))
    for group in OVERLAY_GROUPS
)
_NONE = OverlayPlaneModule()


def read_overlay_planes(attributes: DicomAttributes, frame: int) -> OverlayPlaneModule:
    """Read every overlay of a frame; one that cannot be read is left out and logged.

    One without Number of Frames in Overlay (60xx,0015) and Image Frame Origin (60xx,0051) belongs
    to all frames, others to those they say. One that lies in the samples has a `bit_position` and
    no bits yet: whoever decodes the samples fills them in.

    Parameters
    ----------
    attributes : DicomAttributes
        The instance.
    frame : int
        Which frame, from 1.

    References
    ----------
    DICOM PS3.3 C.9.2 (Overlay Plane), C.9.3 (Multi-frame Overlay); PS3.5 section 8.1.2 (first pixel
    in the least significant bit), and of the edition of 2004 for overlays in the samples.
    """
    overlays: list[OverlayPlane] = []
    for group, data, bit_position in _SIGNS:
        if data not in attributes and bit_position not in attributes:
            continue
        try:
            overlay = _overlay(attributes, group, frame)
        except MetadataError as error:
            _log.warning("%s; the overlay is left out", error.message)
            continue
        if overlay is not None:
            overlays.append(overlay)
    return OverlayPlaneModule(tuple(overlays)) if overlays else _NONE


def _overlay(attributes: DicomAttributes, group: int, frame: int) -> OverlayPlane | None:
    data = attributes.data(OverlayTag.DATA.of(group))
    bit_position = attributes.integer(OverlayTag.BIT_POSITION.of(group))
    if data is None and not bit_position:
        # Rows and columns of an overlay that is empty, or is to be had elsewhere.
        return None
    rows, columns = _size(attributes, group)
    bits = None
    if data is not None:
        index, count = _frame_in_overlay(attributes, group, frame)
        if index is None:
            return None
        bits = _bits(data, (rows, columns), index, count, group)
    row, column = _origin(attributes, group)

    def number(tag: OverlayTag) -> float | None:
        return if_readable(attributes.number, tag.of(group), None)

    return OverlayPlane(
        group=group,
        rows=rows,
        columns=columns,
        row_origin=row if data is not None else 0,
        column_origin=column if data is not None else 0,
        overlay_type=attributes.text(OverlayTag.TYPE.of(group)) or "G",
        bits=bits,
        bit_position=bit_position if data is None else None,
        label=attributes.text(OverlayTag.LABEL.of(group)),
        description=attributes.text(OverlayTag.DESCRIPTION.of(group)),
        subtype=attributes.text(OverlayTag.SUBTYPE.of(group)),
        roi_area=number(OverlayTag.ROI_AREA),
        roi_mean=number(OverlayTag.ROI_MEAN),
        roi_standard_deviation=number(OverlayTag.ROI_STANDARD_DEVIATION),
    )


def _size(attributes: DicomAttributes, group: int) -> tuple[int, int]:
    tags = OverlayTag.ROWS.of(group), OverlayTag.COLUMNS.of(group)
    sizes = [attributes.integer(tag) for tag in tags]
    for tag, size in zip(tags, sizes, strict=True):
        if not size or size < 1:
            raise MetadataError(
                f"{describe_tag(tag)} of an overlay must be at least 1 (PS3.3 C.9.2), found {size}"
            )
    return sizes[0] or 0, sizes[1] or 0


def _origin(attributes: DicomAttributes, group: int) -> tuple[int, int]:
    """Give row and column of the first pixel, from 0; without an origin it is the image's."""
    tag = OverlayTag.ORIGIN.of(group)
    origin = attributes.integers(tag)
    if not origin:
        return 0, 0
    if len(origin) < 2 or not all(-0x8000 <= part < 0x8000 for part in origin[:2]):
        raise MetadataError(
            f"{describe_tag(tag)} must be a row and a column of 16 bits (PS3.3 C.9.2), found "
            f"{str(origin)[:40]}"
        )
    return origin[0] - 1, origin[1] - 1


def _frame_in_overlay(
    attributes: DicomAttributes, group: int, frame: int
) -> tuple[int | None, int]:
    """Give which of its frames, from 0, belongs to a frame of the image, and how many it has."""
    count = attributes.integer(OverlayTag.NUMBER_OF_FRAMES.of(group))
    first = attributes.integer(OverlayTag.IMAGE_FRAME_ORIGIN.of(group))
    if count is None and first is None:
        return 0, 1
    index = frame - max(first or 1, 1)
    count = max(count or 1, 1)
    return (index if 0 <= index < count else None), count


def _bits(
    data: bytes, shape: tuple[int, int], index: int, count: int, group: int
) -> npt.NDArray[np.bool_]:
    """Unpack a frame, which may start within a byte, after having seen that all are there."""
    pixels = shape[0] * shape[1]
    expected = (pixels * count + 7) // 8
    # One byte makes the length even; others are padding if they are empty.
    if len(data) < expected or any(data[expected + 1 :]):
        raise MetadataError(
            f"{describe_tag(OverlayTag.DATA.of(group))} has {len(data)} bytes, but {count} x "
            f"{shape[0]} x {shape[1]} bits are {expected}"
        )
    start = pixels * index
    packed = np.frombuffer(data, np.uint8)[start // 8 : (start + pixels + 7) // 8]
    unpacked = np.unpackbits(packed, count=start % 8 + pixels, bitorder="little")
    bits = unpacked[start % 8 :].reshape(shape).view(np.bool_)
    bits.flags.writeable = False
    return bits
