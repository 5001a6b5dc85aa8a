"""Ellipsoids in voxels: which voxels of a grid they reach, and how far those are from the edge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from pycornerstone.model.geometry import Vector

__all__ = ["Ellipsoid"]


@dataclass(frozen=True, slots=True)
class Ellipsoid:
    """An ellipsoid with axes along x, y and z.

    Attributes
    ----------
    center : tuple of float
        LPS, mm.
    radii : tuple of float
        Along x, y and z, mm.
    """

    center: Vector
    radii: Vector

    def edge_mm(self, points: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Give about how far ``(..., 3)`` places in LPS mm are from the surface; inside below 0."""
        scaled = (points - np.array(self.center, np.float32)) / np.array(self.radii, np.float32)
        distance: npt.NDArray[np.float32] = np.linalg.norm(scaled, axis=-1) - 1
        return distance * np.float32(min(self.radii))
