"""What tells images of one place apart, from the attributes of an instance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pycornerstone.metadata.dicom_attributes import if_readable
from pycornerstone.metadata.dicom_frames import read_frame
from pycornerstone.metadata.dicom_tags import Tag
from pycornerstone.metadata.functional_groups import find_numbers, frame_groups, macro_items
from pycornerstone.model.modules import TimingModule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pycornerstone.metadata.dicom_attributes import DicomAttributes
    from pycornerstone.model.geometry import Vector

__all__ = ["read_timing"]

# Private elements mean what their maker says only below his name (PS3.5 section 7.8.1).
_PHILIPS = "Philips Imaging DD 001"
_SIEMENS = "SIEMENS MR HEADER"
_GE = "GEMS_PARM_01"
# GE adds a multiple of this to some of its b-values.
_GE_MARK = 100_000


def read_timing(attributes: DicomAttributes, frame: int) -> TimingModule:
    """Read when, and how weighted, a frame was taken; what cannot be read is unknown.

    References
    ----------
    DICOM PS3.3 C.7.6.16.2.2 (Frame Content), C.8.13.5.4 (MR Echo), C.8.13.5.9 (MR Diffusion),
    C.7.6.16.2.7 (Cardiac Synchronization), C.8.4.8 (NM Multi-frame), C.8.9.4 (PET Image).
    """
    groups = frame_groups(attributes, frame)
    content = read_frame(attributes, frame) if groups else None
    number, integer, text = attributes.number, attributes.integer, attributes.text
    trigger = _macro_number(
        groups, Tag.CARDIAC_SYNCHRONIZATION_SEQUENCE, Tag.NOMINAL_CARDIAC_TRIGGER_DELAY_TIME
    )
    echo = _macro_number(groups, Tag.MR_ECHO_SEQUENCE, Tag.EFFECTIVE_ECHO_TIME)
    diffusion = macro_items(groups, Tag.MR_DIFFUSION_SEQUENCE) if groups else ()
    acquisition = _macro_number(groups, Tag.FRAME_CONTENT_SEQUENCE, Tag.FRAME_ACQUISITION_NUMBER)
    time = if_readable(text, Tag.ACQUISITION_DATETIME, None)
    if trigger is None:
        trigger = if_readable(number, Tag.TRIGGER_TIME, None)
    if echo is None:
        echo = if_readable(number, Tag.ECHO_TIME, None)
    if acquisition is None:
        acquisition = if_readable(integer, Tag.ACQUISITION_NUMBER, None)
    return TimingModule(
        temporal_position_identifier=if_readable(integer, Tag.TEMPORAL_POSITION_IDENTIFIER, None),
        temporal_position_index=content.temporal_position_index if content else None,
        acquisition_number=None if acquisition is None else int(acquisition),
        acquisition_time=if_readable(text, Tag.ACQUISITION_TIME, None),
        acquisition_datetime=(content.frame_acquisition_datetime if content else None) or time,
        trigger_time_ms=trigger,
        echo_time_ms=echo,
        inversion_time_ms=if_readable(number, Tag.INVERSION_TIME, None),
        echo_number=if_readable(integer, Tag.ECHO_NUMBERS, None),
        diffusion_b_value=_b_value(attributes, diffusion),
        diffusion_gradient_orientation=_gradient(attributes, diffusion),
        frame_reference_time_ms=if_readable(number, Tag.FRAME_REFERENCE_TIME, None),
        cardiac_number_of_images=if_readable(integer, Tag.CARDIAC_NUMBER_OF_IMAGES, None),
        stack_id=(content.stack_id if content else None) or if_readable(text, Tag.STACK_ID, None),
        in_stack_position_number=content.in_stack_position_number
        if content
        else if_readable(integer, Tag.IN_STACK_POSITION_NUMBER, None),
        time_slot=_of_frame(attributes, Tag.TIME_SLOT_VECTOR, frame),
        slice_number=_of_frame(attributes, Tag.SLICE_VECTOR, frame),
        energy_window=_of_frame(attributes, Tag.ENERGY_WINDOW_VECTOR, frame),
        referenced_segment_number=content.referenced_segment_number if content else None,
        frame_type=content.frame_type if content else (),
        dimension_index_values=content.dimension_index_values if content else (),
    )


def _macro_number(groups: Sequence[DicomAttributes], macro: Tag, tag: Tag) -> float | None:
    if not groups:
        return None
    values = find_numbers(macro_items(groups, macro), tag)
    return values[0] if values else None


def _of_frame(attributes: DicomAttributes, vector: Tag, frame: int) -> int | None:
    """Give what a vector with a value for each frame says of one (PS3.3 C.8.4.8.1.1)."""
    if vector not in attributes:
        return None
    values = if_readable(attributes.integers, vector, ())
    return values[frame - 1] if 0 < frame <= len(values) else None


def _b_value(attributes: DicomAttributes, diffusion: Sequence[DicomAttributes]) -> float | None:
    values = find_numbers((*diffusion, attributes), Tag.DIFFUSION_B_VALUE)
    if values:
        return values[0]
    value: float | None = None
    if Tag.PHILIPS_B_VALUE in attributes and _is_of(
        attributes, Tag.PHILIPS_IMAGING_CREATOR, _PHILIPS
    ):
        value = if_readable(attributes.number, Tag.PHILIPS_B_VALUE, None)
    elif Tag.SIEMENS_B_VALUE in attributes and _is_of(attributes, Tag.SIEMENS_MR_CREATOR, _SIEMENS):
        value = if_readable(attributes.number, Tag.SIEMENS_B_VALUE, None)
    elif Tag.GE_B_VALUES in attributes and _is_of(attributes, Tag.GE_PARAMETERS_CREATOR, _GE):
        value = if_readable(attributes.number, Tag.GE_B_VALUES, None)
        value = None if value is None else value % _GE_MARK
    return value


def _gradient(attributes: DicomAttributes, diffusion: Sequence[DicomAttributes]) -> Vector | None:
    directions = macro_items(diffusion, Tag.DIFFUSION_GRADIENT_DIRECTION_SEQUENCE)
    values = find_numbers((*directions, attributes), Tag.DIFFUSION_GRADIENT_ORIENTATION)
    private = Tag.SIEMENS_DIFFUSION_GRADIENT_DIRECTION
    if (
        not values
        and private in attributes
        and _is_of(attributes, Tag.SIEMENS_MR_CREATOR, _SIEMENS)
    ):
        values = if_readable(attributes.numbers, private, ())
    return (values[0], values[1], values[2]) if len(values) == 3 else None


def _is_of(attributes: DicomAttributes, creator: Tag, name: str) -> bool:
    return if_readable(attributes.text, creator, None) == name
