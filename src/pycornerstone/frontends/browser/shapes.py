"""Shapes that are drawn by hand, and which samples of a grid have their centres inside."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

__all__ = ["Kind", "Patch", "checked_points", "patch_of"]

Kind = Literal["rectangle", "ellipse", "probe"]

# Of a sample: a centre that lies on the edge is inside, whatever rounding says.
_ON_EDGE = 1e-6
_NUMBER_OF_POINTS = {"rectangle": 4, "ellipse": 4, "probe": 1}


@dataclass(frozen=True, slots=True, eq=False)
class Patch:
    """The part of a grid that a shape lies in.

    Attributes
    ----------
    first : tuple of int
        Column and row where it begins.
    inside : numpy.ndarray
        ``(rows, columns)`` of bool: which centres are inside of the shape.
    """

    first: tuple[int, int]
    inside: npt.NDArray[np.bool_]


def checked_points(kind: Kind, points: Sequence[Sequence[float]]) -> npt.NDArray[np.float64]:
    """Give the points of a shape, ``(N, 3)``.

    Raises
    ------
    ValueError
        If there is no such shape, or they are not as many as it has, or no finite numbers.
    """
    wanted = _NUMBER_OF_POINTS.get(kind)
    if wanted is None:
        raise ValueError(f"a shape is one of {', '.join(_NUMBER_OF_POINTS)}, got {kind!r}")
    found = np.array(points, np.float64)
    if found.shape != (wanted, 3) or not np.isfinite(found).all():
        raise ValueError(
            f"a {kind} is given by {wanted} points of three finite numbers, got {len(points)}"
        )
    return found


def patch_of(
    kind: Kind,
    points: npt.NDArray[np.float64],
    first: tuple[int, int],
    last: tuple[int, int],
) -> Patch | None:
    """Give the samples whose centres lie in a shape, edges included.

    Parameters
    ----------
    kind : str
        ``"rectangle"``, ``"ellipse"`` or ``"probe"``.
    points : numpy.ndarray
        ``(4, 2)`` columns and rows: the corners in turn of the rectangle, or of the parallelogram
        around the ellipse; ``(1, 2)`` of a probe, which takes the sample that it is nearest to.
        Whole numbers are centres.
    first, last : tuple of int
        Column and row of the first and the last sample that there is.

    Returns
    -------
    Patch or None
        None if no sample can be inside.
    """
    if kind == "probe":
        at = np.floor(points[0] + 0.5)
        if (at < first).any() or (at > last).any():
            return None
        return Patch((int(at[0]), int(at[1])), np.ones((1, 1), np.bool_))
    low = np.maximum(np.ceil(points.min(axis=0) - _ON_EDGE), first)
    high = np.minimum(np.floor(points.max(axis=0) + _ON_EDGE), last)
    if (low > high).any():
        return None
    columns = np.arange(low[0], high[0] + 1)
    rows = np.arange(low[1], high[1] + 1)[:, np.newaxis]
    corners = points - points.mean(axis=0)
    x, y = columns - points[:, 0].mean(), rows - points[:, 1].mean()
    across = (corners[1] - corners[0] + corners[2] - corners[3]) / 4
    along = (corners[3] - corners[0] + corners[2] - corners[1]) / 4
    area = float(across[0] * along[1] - across[1] * along[0])
    if abs(area) <= _ON_EDGE * _ON_EDGE:
        return None
    # How far from the middle, in halves of the two sides.
    a = (x * along[1] - y * along[0]) / area
    b = (y * across[0] - x * across[1]) / area
    if kind == "ellipse":
        inside = a * a + b * b <= 1 + _ON_EDGE
    else:
        inside = (
            np.maximum(
                (np.abs(a) - 1) * math.hypot(*across),
                (np.abs(b) - 1) * math.hypot(*along),
            )
            <= _ON_EDGE
        )
    return Patch((int(low[0]), int(low[1])), np.asarray(inside))
