"""A labelmap of the thorax of the CT phantom, on the grid of its images."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pycornerstone.testing.ellipsoids import Ellipsoid

if TYPE_CHECKING:
    import numpy.typing as npt

    from pycornerstone.testing.phantoms import CtPhantom

__all__ = ["THORAX_LABELS", "thorax_labels"]

THORAX_LABELS = {1: "right lung", 2: "left lung", 3: "liver", 4: "left ventricle", 5: "nodule"}

# What lies further down covers what lies above it.
_SHAPES = (
    (1, Ellipsoid((-72, -2, -5), (60, 78, 128))),
    (2, Ellipsoid((74, 2, -5), (56, 76, 128))),
    (3, Ellipsoid((-66, -6, -150), (74, 84, 78))),
    # The stomach, what is between the lungs, and what is around the heart.
    (0, Ellipsoid((70, 20, -160), (64, 66, 72))),
    (0, Ellipsoid((2, 4, 30), (34, 58, 200))),
    (0, Ellipsoid((24, -34, -48), (66, 52, 62))),
    (4, Ellipsoid((48, -24, -50), (24, 20, 36))),
    (5, Ellipsoid((-82, -18, 18), (8, 8, 8))),
)


def thorax_labels(phantom: CtPhantom) -> npt.NDArray[np.uint8]:
    """Give the label of each voxel of a phantom, as `THORAX_LABELS` names them; 0 is none.

    Returns
    -------
    numpy.ndarray
        uint8, of the shape of ``phantom.hounsfield``.
    """
    labels = np.zeros(phantom.hounsfield.shape, np.uint8)
    x, y, z = (_centres(phantom, axis) for axis in (0, 1, 2))
    for label, shape in _SHAPES:
        middle, radii = np.array(shape.center), np.array(shape.radii)
        ends = np.stack([middle - radii, middle + radii], axis=1).tolist()
        reached = tuple(_between(*found) for found in zip((z, y, x), ends[::-1], strict=True))
        grid = np.meshgrid(z[reached[0]], y[reached[1]], x[reached[2]], indexing="ij")
        points = np.stack(grid[::-1], -1).astype(np.float32)
        labels[reached][shape.edge_mm(points) <= 0] = label
    return labels


def _between(positions: npt.NDArray[np.float64], ends: list[float]) -> slice:
    first, last = np.searchsorted(positions, ends)
    return slice(int(first), int(last))


def _centres(phantom: CtPhantom, axis: int) -> npt.NDArray[np.float64]:
    count = phantom.hounsfield.shape[2 - axis]
    return np.asarray(phantom.affine[axis, axis] * np.arange(count) + phantom.affine[axis, 3])
