"""Instances of a study: which are images, and the order that they are wanted in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pycornerstone.metadata.dicom_attributes import if_readable
from pycornerstone.metadata.dicom_json import JsonAttributes
from pycornerstone.metadata.dicom_tags import PIXEL_DATA_TAGS, Tag
from pycornerstone.metadata.image_addresses import beside

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any, Self

    from pycornerstone.loaders.dicomweb_address import DicomwebAddress

__all__ = ["ListedInstance", "in_order"]

# Has rows and columns, but of spectra (PS3.3 C.8.14.1).
_MR_SPECTROSCOPY = "1.2.840.10008.5.1.4.1.1.4.2"
_SPECTROSCOPY_DATA = 0x56000020
# A slide has some 100,000 tiles; a server that says more must not fill memory with their imageIds.
_MAX_FRAMES = 1_000_000
# Of unit vectors; writers round them to six digits.
_SAME_DIRECTION = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class ListedInstance:
    """One instance of a study.

    Attributes
    ----------
    base : str
        Its imageId, without a frame.
    sop_instance_uid, series_instance_uid : str or None
        (0008,0018), (0020,000E).
    series_number, instance_number : int or None
        (0020,0011), (0020,0013).
    number_of_frames : int
        (0028,0008), 1 where that is absent, or cannot be.
    is_image : bool
        It has pixel data: metadata name them, or there are Rows (0028,0010) and Columns
        (0028,0011) and it is not made of spectra.
    position, orientation : tuple of float
        (0020,0032) and (0020,0037); empty if there is none of use.
    """

    base: str
    sop_instance_uid: str | None
    series_instance_uid: str | None
    series_number: int | None
    instance_number: int | None
    number_of_frames: int
    is_image: bool
    position: tuple[float, ...]
    orientation: tuple[float, ...]

    @classmethod
    def of(
        cls, found: Mapping[str, Any], address: DicomwebAddress, series_number: int | None = None
    ) -> Self:
        """Read what metadata, or a search, say of an instance below `address`.

        What searches say of an instance may lack the number of its series.
        """
        attributes = JsonAttributes(found)
        uid = if_readable(attributes.text, Tag.SOP_INSTANCE_UID, None) or address.instance
        series = address.series or if_readable(attributes.text, Tag.SERIES_INSTANCE_UID, None)
        own = if_readable(attributes.integer, Tag.SERIES_NUMBER, None)
        frames = if_readable(attributes.integer, Tag.NUMBER_OF_FRAMES, None)
        return cls(
            address.below(series=series, instance=uid).instance_image_id(),
            uid,
            series,
            series_number if own is None else own,
            if_readable(attributes.integer, Tag.INSTANCE_NUMBER, None),
            frames if frames and 1 <= frames <= _MAX_FRAMES else 1,
            _is_image(attributes),
            _numbers(attributes, Tag.IMAGE_POSITION_PATIENT, 3),
            _numbers(attributes, Tag.IMAGE_ORIENTATION_PATIENT, 6),
        )

    def image_ids(self) -> list[str]:
        """Give the imageIds of its frames."""
        return [beside(self.base, f"/frames/{n}") for n in range(1, self.number_of_frames + 1)]


def in_order(instances: Iterable[ListedInstance]) -> list[ListedInstance]:
    """Put instances in order.

    Series go by Series Number, those without one last, and then by their UID. The instances of a
    series go by Instance Number where each has one of its own; else by their position along the
    normal of their plane, if all have one; else by Instance Number and SOP Instance UID.
    """
    series: dict[str, list[ListedInstance]] = {}
    for instance in instances:
        series.setdefault(instance.series_instance_uid or "", []).append(instance)

    def place(uid: str) -> tuple[bool, int, str]:
        numbers = [i.series_number for i in series[uid] if i.series_number is not None]
        return not numbers, min(numbers, default=0), uid

    return [instance for uid in sorted(series, key=place) for instance in _in_series(series[uid])]


def _in_series(instances: list[ListedInstance]) -> list[ListedInstance]:
    by_number = sorted(
        instances,
        key=lambda i: (
            i.instance_number is None,
            i.instance_number or 0,
            i.sop_instance_uid or "",
        ),
    )
    numbers = {i.instance_number for i in instances}
    if None not in numbers and len(numbers) == len(instances):
        return by_number
    distances = _distances(by_number)
    if distances is None:
        return by_number
    # Stable: those at one place stay in the order of their numbers.
    return [by_number[index] for index in np.argsort(distances, kind="stable")]


def _distances(instances: list[ListedInstance]) -> list[float] | None:
    """Give where each plane lies along their common normal, in mm; None if they have none."""
    orientation = instances[0].orientation
    if not orientation:
        return None
    row, column = np.array(orientation[:3]), np.array(orientation[3:])
    normal = np.cross(row, column)
    distances = []
    for instance in instances:
        position, own = instance.position, instance.orientation
        if not position or not own or np.abs(np.subtract(own, orientation)).max() > _SAME_DIRECTION:
            return None
        distances.append(float(normal @ np.array(position)))
    return distances


def _is_image(attributes: JsonAttributes) -> bool:
    if any(tag in attributes for tag in PIXEL_DATA_TAGS):
        return True
    rows = if_readable(attributes.integer, Tag.ROWS, None)
    columns = if_readable(attributes.integer, Tag.COLUMNS, None)
    if not rows or not columns or _SPECTROSCOPY_DATA in attributes:
        return False
    return if_readable(attributes.text, Tag.SOP_CLASS_UID, None) != _MR_SPECTROSCOPY


def _numbers(attributes: JsonAttributes, tag: int, count: int) -> tuple[float, ...]:
    numbers = if_readable(attributes.numbers, tag, ())
    return numbers if len(numbers) == count else ()
