"""How many frames an instance has and how fast they follow each other, from its attributes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pycornerstone.metadata.dicom_attributes import if_readable
from pycornerstone.metadata.dicom_pixels import read_number_of_frames
from pycornerstone.metadata.dicom_tags import Tag
from pycornerstone.model.modules import CineModule, MultiframeModule

if TYPE_CHECKING:
    from pycornerstone.metadata.dicom_attributes import DicomAttributes

__all__ = ["read_cine", "read_multiframe"]


def read_multiframe(attributes: DicomAttributes, frame: int) -> MultiframeModule:
    """Read how many frames there are (PS3.3 C.7.6.6)."""
    return MultiframeModule(number_of_frames=read_number_of_frames(attributes), frame_number=frame)


def read_cine(attributes: DicomAttributes) -> CineModule:
    """Read how fast frames follow each other (PS3.3 C.7.6.5); what cannot be read is unknown."""
    number = attributes.number
    return CineModule(
        frame_time_ms=if_readable(number, Tag.FRAME_TIME, None),
        frame_time_vector_ms=if_readable(attributes.numbers, Tag.FRAME_TIME_VECTOR, ()),
        cine_rate=if_readable(number, Tag.CINE_RATE, None),
        recommended_display_frame_rate=if_readable(
            number, Tag.RECOMMENDED_DISPLAY_FRAME_RATE, None
        ),
        number_of_frames=read_number_of_frames(attributes),
        preferred_playback_sequencing=if_readable(
            attributes.integer, Tag.PREFERRED_PLAYBACK_SEQUENCING, None
        ),
    )
