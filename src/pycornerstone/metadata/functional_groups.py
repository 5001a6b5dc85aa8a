"""Functional groups: what an enhanced multi-frame image says of one frame, and of all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pycornerstone.metadata.dicom_attributes import if_readable
from pycornerstone.metadata.dicom_tags import Tag

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pycornerstone.metadata.dicom_attributes import DicomAttributes

__all__ = ["find_numbers", "frame_sources"]


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
    return (*_macro_items(attributes, frame, macro), attributes)


def find_numbers(sources: Sequence[DicomAttributes], tag: int) -> tuple[float, ...]:
    """Read an element from the first source that has a value for it; one that is wrong is none."""
    for source in sources:
        values = if_readable(source.numbers, tag, ())
        if values:
            return values
    return ()


def _macro_items(attributes: DicomAttributes, frame: int, macro: Tag) -> Iterator[DicomAttributes]:
    per_frame = attributes.items(Tag.PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE)
    shared = attributes.items(Tag.SHARED_FUNCTIONAL_GROUPS_SEQUENCE)
    for group in (*per_frame[max(frame, 1) - 1 : max(frame, 1)], *shared[:1]):
        yield from group.items(macro)[:1]
