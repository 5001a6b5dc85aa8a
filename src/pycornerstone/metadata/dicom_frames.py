"""What a frame is of: its place in the dimensions, its segment, its volume."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from pycornerstone.metadata.dicom_attributes import if_readable
from pycornerstone.metadata.dicom_pixels import read_number_of_frames
from pycornerstone.metadata.dicom_planes import (
    is_reconstructed,
    nuclear_detector,
    read_directions,
)
from pycornerstone.metadata.dicom_slides import tiled_segment
from pycornerstone.metadata.dicom_tags import Tag, describe_tag
from pycornerstone.metadata.functional_groups import (
    find_numbers,
    frame_groups,
    macro_items,
    readable_items,
)
from pycornerstone.model.modules import (
    FrameModule,
    NmMultiframeGeometryModule,
    Segment,
    SegmentationModule,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pycornerstone.metadata.dicom_attributes import DicomAttributes

__all__ = ["read_frame", "read_nuclear_geometry", "read_segmentation"]

# Each kind of enhanced image has Frame Type (0008,9007) in a macro of its own.
_FRAME_TYPES = (
    Tag.MR_IMAGE_FRAME_TYPE_SEQUENCE,
    Tag.CT_IMAGE_FRAME_TYPE_SEQUENCE,
    Tag.PET_FRAME_TYPE_SEQUENCE,
    Tag.X_RAY_3D_FRAME_TYPE_SEQUENCE,
    Tag.FRAME_PIXEL_DATA_PROPERTIES_SEQUENCE,
    Tag.PARAMETRIC_MAP_FRAME_TYPE_SEQUENCE,
    Tag.WHOLE_SLIDE_MICROSCOPY_IMAGE_FRAME_TYPE_SEQUENCE,
)
_log = logging.getLogger("pycornerstone.metadata")


def read_frame(attributes: DicomAttributes, frame: int) -> FrameModule:
    """Read what a frame is of; of an image that is not enhanced only its number is known.

    References
    ----------
    DICOM PS3.3 C.7.6.16.2.2 (Frame Content), C.8.20.3.1 (Segmentation macro), C.7.6.17.3 (order of
    the frames of a tiled segmentation).
    """
    groups = frame_groups(attributes, frame)
    content = macro_items(groups, Tag.FRAME_CONTENT_SEQUENCE)[:1]  # (0020,9111)
    types = _frame_type(groups)
    segment = _segment_number(attributes, groups, frame)
    if not content:
        return FrameModule(frame, frame_type=types, referenced_segment_number=segment)
    item = content[0]
    return FrameModule(
        frame_number=frame,
        dimension_index_values=if_readable(  # (0020,9157)
            item.integers, Tag.DIMENSION_INDEX_VALUES, ()
        ),
        stack_id=item.text(Tag.STACK_ID),  # (0020,9056)
        in_stack_position_number=if_readable(  # (0020,9057)
            item.integer, Tag.IN_STACK_POSITION_NUMBER, None
        ),
        temporal_position_index=if_readable(  # (0020,9128)
            item.integer, Tag.TEMPORAL_POSITION_INDEX, None
        ),
        frame_acquisition_datetime=item.text(Tag.FRAME_ACQUISITION_DATETIME),  # (0018,9074)
        frame_reference_datetime=item.text(Tag.FRAME_REFERENCE_DATETIME),  # (0018,9151)
        frame_acquisition_duration_ms=if_readable(  # (0018,9220)
            item.number, Tag.FRAME_ACQUISITION_DURATION, None
        ),
        frame_type=types,
        referenced_segment_number=segment,
    )


def read_nuclear_geometry(attributes: DicomAttributes) -> NmMultiframeGeometryModule | None:
    """Read where the slices of a nuclear medicine image lie; None for any other modality.

    References
    ----------
    DICOM PS3.3 C.8.4.9 (NM Image), C.8.4.11 (NM Detector), C.8.4.15 (NM Reconstruction).
    """
    modality = attributes.text(Tag.MODALITY)  # (0008,0060)
    if modality != "NM":
        return None
    image_type = attributes.texts(Tag.IMAGE_TYPE)  # (0008,0008)
    sources = (*nuclear_detector(attributes), attributes)
    row_cosines, column_cosines = read_directions(
        find_numbers(sources, Tag.IMAGE_ORIENTATION_PATIENT),  # (0020,0037)
        Tag.IMAGE_ORIENTATION_PATIENT,
    )
    position = find_numbers(sources, Tag.IMAGE_POSITION_PATIENT)  # (0020,0032)
    spacing = find_numbers((attributes,), Tag.PIXEL_SPACING)  # (0028,0030)
    return NmMultiframeGeometryModule(
        modality=modality,
        image_type=image_type,
        image_sub_type=(image_type[2] or None) if len(image_type) > 2 else None,
        row_cosines=row_cosines,
        column_cosines=column_cosines,
        image_position_lps=(position[0], position[1], position[2]) if len(position) == 3 else None,
        slice_thickness_mm=if_readable(  # (0018,0050)
            attributes.number, Tag.SLICE_THICKNESS, None
        ),
        spacing_between_slices_mm=if_readable(  # (0018,0088)
            attributes.number, Tag.SPACING_BETWEEN_SLICES, None
        ),
        pixel_spacing_mm=spacing if len(spacing) == 2 and min(spacing) > 0 else None,
        number_of_frames=read_number_of_frames(attributes),  # (0028,0008)
        is_reconstructable=is_reconstructed(attributes),
    )


def read_segmentation(attributes: DicomAttributes) -> SegmentationModule | None:
    """Read what the samples of a segmentation stand for; None if it is none.

    A segment without a number is left out and logged: nothing could refer to it.

    References
    ----------
    DICOM PS3.3 C.8.20.2 (Segmentation Image), C.8.20.4 (Segment Description).
    """
    kind = attributes.text(Tag.SEGMENTATION_TYPE)  # (0062,0001)
    if kind is None and Tag.SEGMENT_SEQUENCE not in attributes:
        return None
    items = readable_items(attributes, Tag.SEGMENT_SEQUENCE)  # (0062,0002)
    segments = (_read_segment(item) for item in items)
    return SegmentationModule(
        segmentation_type=kind or "BINARY",
        fractional_type=attributes.text(Tag.SEGMENTATION_FRACTIONAL_TYPE),  # (0062,0010)
        maximum_fractional_value=if_readable(  # (0062,000E)
            attributes.integer, Tag.MAXIMUM_FRACTIONAL_VALUE, None
        ),
        segments=tuple([segment for segment in segments if segment is not None]),
    )


def _frame_type(groups: Sequence[DicomAttributes]) -> tuple[str, ...]:
    for group in groups:
        for macro in _FRAME_TYPES:
            if macro in group:
                for item in group.items(macro)[:1]:
                    return item.texts(Tag.FRAME_TYPE)  # (0008,9007)
    return ()


def _segment_number(
    attributes: DicomAttributes, groups: Sequence[DicomAttributes], frame: int
) -> int | None:
    for item in macro_items(groups, Tag.SEGMENT_IDENTIFICATION_SEQUENCE):  # (0062,000A)
        number = if_readable(item.integer, Tag.REFERENCED_SEGMENT_NUMBER, None)  # (0062,000B)
        if number is not None:
            return number
    return tiled_segment(attributes, frame)


def _read_segment(item: DicomAttributes) -> Segment | None:
    number = if_readable(item.integer, Tag.SEGMENT_NUMBER, None)  # (0062,0004)
    if number is None:
        _log.warning("item of %s has no number; left out", describe_tag(Tag.SEGMENT_SEQUENCE))
        return None
    color = if_readable(item.integers, Tag.RECOMMENDED_DISPLAY_CIELAB_VALUE, ())  # (0062,000D)
    return Segment(
        number=number,
        label=item.text(Tag.SEGMENT_LABEL),  # (0062,0005)
        description=item.text(Tag.SEGMENT_DESCRIPTION),  # (0062,0006)
        algorithm_type=item.text(Tag.SEGMENT_ALGORITHM_TYPE),  # (0062,0008)
        algorithm_name=item.text(Tag.SEGMENT_ALGORITHM_NAME),  # (0062,0009)
        category=_meaning(item, Tag.SEGMENTED_PROPERTY_CATEGORY_CODE_SEQUENCE),  # (0062,0003)
        property_type=_meaning(item, Tag.SEGMENTED_PROPERTY_TYPE_CODE_SEQUENCE),  # (0062,000F)
        recommended_cielab=color if len(color) == 3 else None,
    )


def _meaning(item: DicomAttributes, sequence: Tag) -> str | None:
    codes = readable_items(item, sequence)
    return codes[0].text(Tag.CODE_MEANING) if codes else None  # (0008,0104)
