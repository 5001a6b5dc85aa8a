"""Display sets: what of a study is shown together, and as what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, overload

if TYPE_CHECKING:
    from pycornerstone.model.geometry_report import GeometryReport, LeftOut

__all__ = ["DisplaySet", "DisplaySetKind", "DisplaySets"]


class DisplaySetKind(StrEnum):
    """As what a display set is shown."""

    VOLUME = "volume"
    """Slices that make one volume, as they are or resampled: its report says."""
    VOLUME_4D = "4d volume"
    """Several volumes of one grid: points in time, echoes, diffusion weightings."""
    STACK = "stack"
    """Images that are scrolled through, and make no volume."""
    SINGLE = "single image"
    """One image by itself, such as a radiograph, or a scout."""


@dataclass(frozen=True, slots=True)
class DisplaySet:
    """Images of one series that are shown together.

    Attributes
    ----------
    display_set_id : str
        The same whenever the same images are opened.
    kind : DisplaySetKind
        As what they are shown.
    image_ids : tuple of str
        In the order in which they are scrolled through: by place where there is one. Of 4D, point
        in time after point in time.
    reason : str
        Why they are a set of their own, in words; empty where the series is one set.
    report : GeometryReport or None
        Of a volume; of 4D, that of the first point in time.
    time_points : tuple of tuple of str
        Of 4D, the imageIds of each point in time, in their places' order; else empty.
    time_values : tuple of float or str
        What tells the points in time apart, one each.
    time_keyword : str or None
        The element these are values of, such as ``"TemporalPositionIdentifier"``.
    study_instance_uid, series_instance_uid, series_number, series_description, modality
        As of `SliceFacts`.
    rows, columns : int or None
        Of its images, where they are alike.
    frame_of_reference_uid : str or None
        Places of two sets can be compared if theirs is the same.
    """

    display_set_id: str
    kind: DisplaySetKind
    image_ids: tuple[str, ...] = field(repr=False)
    reason: str = ""
    report: GeometryReport | None = field(default=None, repr=False)
    time_points: tuple[tuple[str, ...], ...] = field(default=(), repr=False)
    time_values: tuple[float | str, ...] = field(default=(), repr=False)
    time_keyword: str | None = None
    study_instance_uid: str | None = field(default=None, repr=False)
    series_instance_uid: str | None = field(default=None, repr=False)
    series_number: int | None = None
    series_description: str = field(default="", repr=False)
    modality: str | None = None
    rows: int | None = None
    columns: int | None = None
    frame_of_reference_uid: str | None = field(default=None, repr=False)

    @property
    def number_of_images(self) -> int:
        """How many there are, of all points in time."""
        return len(self.image_ids)


@dataclass(frozen=True, slots=True)
class DisplaySets(Sequence[DisplaySet]):
    """All that was found in a source: every image is in one set, or left out with the reason.

    Attributes
    ----------
    sets : tuple of DisplaySet
        By study, series number, and then as they were found.
    left_out : tuple of LeftOut
        Files and instances that are in none.
    """

    sets: tuple[DisplaySet, ...]
    left_out: tuple[LeftOut, ...] = ()

    @overload
    def __getitem__(self, index: int) -> DisplaySet: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[DisplaySet]: ...

    def __getitem__(self, index: int | slice) -> DisplaySet | Sequence[DisplaySet]:
        return self.sets[index]

    def __len__(self) -> int:
        return len(self.sets)

    def volumes(self) -> tuple[DisplaySet, ...]:
        """Give those that make a volume, 4D included."""
        kinds = {DisplaySetKind.VOLUME, DisplaySetKind.VOLUME_4D}
        return tuple(found for found in self.sets if found.kind in kinds)
