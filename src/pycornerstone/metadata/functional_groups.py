"""Functional groups: what an enhanced multi-frame image says of one frame, and of all of them."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from pycornerstone.errors import DecodeError, MetadataError
from pycornerstone.metadata.dicom_attributes import if_readable
from pycornerstone.metadata.dicom_tags import Tag, describe_tag

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pycornerstone.metadata.dicom_attributes import DicomAttributes

__all__ = [
    "find_numbers",
    "frame_groups",
    "frame_sources",
    "macro_items",
    "macro_sources",
    "readable_items",
]

_log = logging.getLogger("pycornerstone.metadata")


def frame_sources(
    attributes: DicomAttributes, frame: int, macro: Tag
) -> tuple[DicomAttributes, ...]:
    """List where an attribute of a frame may stand, the most specific first.

    Parameters
    ----------
    attributes : DicomAttributes
        The instance.
    frame : int
        Which frame, from 1.
    macro : Tag
        The sequence of a functional group macro, such as the Plane Position Sequence.

    Returns
    -------
    tuple of DicomAttributes
        The item of the macro in the group of the frame and in the shared group, as far as there are
        any, and the instance itself, where images that are not enhanced have it.

    References
    ----------
    DICOM PS3.3 C.7.6.16.1.1 and C.7.6.16.1.2: a macro stands in one group or in the other.
    """
    return macro_sources(frame_groups(attributes, frame), macro, attributes)


def frame_groups(attributes: DicomAttributes, frame: int) -> tuple[DicomAttributes, ...]:
    """Give the group of a frame and the shared group, as far as there are any.

    Whoever reads several macros of one frame looks for its groups once. The time this takes does
    not grow with the number of frames.
    """
    per_frame = attributes.items(Tag.PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE)
    shared = attributes.items(Tag.SHARED_FUNCTIONAL_GROUPS_SEQUENCE)
    if not per_frame and not shared:
        return ()
    return (*per_frame[max(frame, 1) - 1 : max(frame, 1)], *shared[:1])


def macro_items(groups: Sequence[DicomAttributes], macro: Tag) -> tuple[DicomAttributes, ...]:
    """Give the item of a macro in each of the `groups` of a frame that has it."""
    return tuple([item for group in groups for item in group.items(macro)[:1]])


def macro_sources(
    groups: Sequence[DicomAttributes], macro: Tag, attributes: DicomAttributes
) -> tuple[DicomAttributes, ...]:
    """List where an attribute of a macro may stand; as `frame_sources`, with the groups at hand."""
    return (*macro_items(groups, macro), attributes) if groups else (attributes,)


def readable_items(attributes: DicomAttributes, tag: int) -> Sequence[DicomAttributes]:
    """Give the items of a sequence that an image can be shown without; none if it is damaged."""
    try:
        return attributes.items(tag)
    except (DecodeError, MetadataError) as error:
        _log.warning("%s cannot be read: %s; left out", describe_tag(tag), error.message)
        return ()


def find_numbers(sources: Sequence[DicomAttributes], tag: int) -> tuple[float, ...]:
    """Read an element from the first source that has a value for it; one that is wrong is none."""
    for source in sources:
        values = if_readable(source.numbers, tag, ())
        if values:
            return values
    return ()
