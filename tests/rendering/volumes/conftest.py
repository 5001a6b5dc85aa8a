"""Volumes whose values are known at every place."""

from __future__ import annotations

import numpy as np
import pytest

from pycornerstone.model.volume import Volume
from pycornerstone.model.volume_geometry import VolumeGeometry

GRADIENT = np.array([1.3, -2.1, 0.7])
AFFINES = {
    "axis-aligned": np.diag([0.8, 0.8, 0.8]),
    "anisotropic": np.diag([0.5, 0.7, 3.0]),
    "mirrored": np.diag([0.9, 0.7, -1.5]),
    "sheared": np.array([[0.7, 0, 0.3], [0, 0.7, 0.8], [0, 0, 2.0]]),
    "oblique": np.linalg.qr(np.array([[2.0, 1, 0.3], [-1, 2, 0.5], [0.2, -0.6, 2]]))[0]
    * np.array([0.6, 0.9, 1.4]),
}


@pytest.fixture(scope="session", params=sorted(AFFINES))
def linear_volume(request):
    """Values are a linear function of the place in LPS; see `linear_value`."""
    affine = np.eye(4)
    affine[:3, :3] = AFFINES[request.param]
    affine[:3, 3] = (-12, 7, 30)
    shape = (17, 24, 29)
    geometry = VolumeGeometry(shape, affine)
    k, j, i = np.meshgrid(*map(np.arange, shape), indexing="ij")
    voxels = linear_value(geometry.index_to_world(np.stack([i, j, k], -1)))
    return Volume("test:linear", voxels.astype(np.float32), geometry=geometry)


def linear_value(points):
    return points @ GRADIENT + 4.2


@pytest.fixture(scope="session")
def value_of():
    """Gives what `linear_volume` is at places in LPS."""
    return linear_value


@pytest.fixture(scope="session")
def noise():
    """Nothing in it is like anything else: ``(slices, rows, columns)`` int16."""
    return np.random.default_rng(3).integers(-1000, 1000, (20, 30, 40)).astype(np.int16)
