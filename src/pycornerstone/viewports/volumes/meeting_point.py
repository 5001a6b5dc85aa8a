"""Where planes meet: the place on all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from pycornerstone.viewports.places import Place

__all__ = ["meeting_point"]

# The sine of the angle between two planes that count as parallel, 0.06 degrees: they would meet far
# away.
_PARALLEL = 1e-3
# mm; places that differ by less are the same.
_SAME_PLACE = 1e-6


def meeting_point(
    planes: Sequence[Place], near: npt.ArrayLike
) -> tuple[npt.NDArray[np.float64], bool]:
    """Find the place on all planes that is nearest to another.

    Parameters
    ----------
    planes : sequence of Place
        All in one frame of reference.
    near : array_like
        ``(3,)``, the other place, LPS mm.

    Returns
    -------
    numpy.ndarray
        ``(3,)``, LPS mm; between planes that are parallel, where there is no such place.
    bool
        It is on all of them.
    """
    start = np.asarray(near, np.float64)
    if not planes:
        return start, False
    normals = np.array([plane.normal for plane in planes])
    distances = np.array([float(plane.normal @ (plane.point_lps - start)) for plane in planes])
    step = np.linalg.lstsq(normals, distances, rcond=_PARALLEL)[0]
    is_on_all = bool(np.abs(normals @ step - distances).max() < _SAME_PLACE)
    return np.asarray(start + step), is_on_all
