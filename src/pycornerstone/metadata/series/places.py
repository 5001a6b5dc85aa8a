"""Which images lie in one place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pycornerstone.metadata.series.alike import has_place, normal_of

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from pycornerstone.model.modules import ImagePlaneModule
    from pycornerstone.model.slice_facts import SliceFacts

__all__ = ["number_places", "one_place_mm"]

# Of a pixel, and in mm: slices that are nearer to each other lie in one place. No scanner makes
# slices that thin, and positions of one place differ by rounding.
_ONE_PLACE = 0.05
_ONE_PLACE_MM = 0.1
# Of the distance between slices that the header names: for pixels that are long on one side.
_ONE_PLACE_OF_SPACING = 0.2


def number_places(facts: Sequence[SliceFacts]) -> list[Hashable] | None:
    """Give each image of one orientation the number of its place.

    Parameters
    ----------
    facts : sequence of SliceFacts
        The images.

    Returns
    -------
    list of hashable or None
        Of each, its place along the normal, from 0; images of one place have one number. Where
        positions are not known, what the header numbers slices by; None where nobody does.
    """
    if not facts:
        return None
    places: list[Hashable]
    if all(has_place(one) for one in facts):
        plane = facts[0].plane
        assert plane is not None  # noqa: S101 - it has a place
        origins = np.array([one.plane.image_position_lps for one in facts if one.plane])
        distances = origins @ np.array(normal_of(plane))
        order = np.argsort(distances, kind="stable")
        apart = np.diff(distances[order]) > one_place_mm(plane)
        numbers = np.empty(len(facts), np.int64)
        numbers[order] = np.concatenate(([0], np.cumsum(apart)))
        places = list(numbers.tolist())
    else:
        places = [_numbered_place(one) for one in facts]
        if None in places:
            return None
    return places


def _numbered_place(facts: SliceFacts) -> Hashable:
    """Give the number of a slice in its volume; None where nobody counts them."""
    times = facts.times
    if facts.is_grid and "time_point" in times:
        # Slices of a file are in the order of its voxels, volume after volume.
        return times.get("slice_index")
    if "SliceVector" in times:
        return times["SliceVector"]
    if "InStackPositionNumber" in times:
        return (str(times.get("StackID", "")), times["InStackPositionNumber"])
    return None


def one_place_mm(plane: ImagePlaneModule) -> float:
    """Give how near to each other slices are that lie in one place, mm."""
    apart, known = plane.spacing_between_slices_mm, plane.geometry
    pixel_mm = min(known.row_pixel_spacing_mm, known.column_pixel_spacing_mm)
    nearest = min(_ONE_PLACE * pixel_mm, _ONE_PLACE_MM)
    return min(nearest, _ONE_PLACE_OF_SPACING * abs(apart)) if apart else nearest
