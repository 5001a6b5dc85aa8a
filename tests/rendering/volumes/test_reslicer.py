"""A reslicer is used time and again, by several threads, while its voxels change."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import permutations

import numpy as np
import pytest
from scipy.ndimage import map_coordinates
from scipy.spatial.transform import Rotation

from pycornerstone.rendering.sampling import Interpolation
from pycornerstone.rendering.volumes.reslicer import Reslicer

pytest.importorskip("vtkmodules")

NEAREST, LINEAR, _ = Interpolation
PLANE = np.zeros(1)
THREE = np.array([-1.0, 0, 1])
# VTK rounds places to 1/65536 of a voxel, along three axes.
ROUNDING = 3 / 65536


def placed(x, y, z):
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_euler("xyz", [0.1, 0.2, 0.3]).as_matrix()
    matrix[:3, 3] = x, y, z
    return matrix


def index_of(matrix, extent, offset=0.0):
    """Give (x, y, z) places of a plane as SciPy wants them: k, j, i."""
    x, y = np.meshgrid(np.arange(extent[0]), np.arange(extent[1]))
    points = np.stack([x, y, np.full_like(x, offset, float), np.ones_like(x)])
    return np.tensordot(matrix[:3], points, 1)[::-1]


def by_scipy(voxels, matrix, extent, offset=0.0, order=1):
    return map_coordinates(
        voxels.astype(float), index_of(matrix, extent, offset), order=order, mode="nearest"
    )


@pytest.fixture
def noise():
    return np.random.default_rng(1).integers(-1000, 1000, (30, 40, 50)).astype(np.int16)


def test_what_was_asked_before_changes_no_answer(noise):
    kept = Reslicer(noise)
    matrix, far = placed(12, 10, 10), placed(1000, 0, 0)
    slab = np.stack([by_scipy(noise, matrix, (20, 15), offset) for offset in THREE])
    plane = slab[1]
    asked = {
        "plane": lambda: kept.sample(matrix, (20, 15, 1), LINEAR, PLANE)[0] - plane,
        "part": lambda: kept.sample(matrix, (9, 4, 1), LINEAR, PLANE)[0] - plane[:4, :9],
        "highest": lambda: (
            kept.sample(matrix, (20, 15, 1), LINEAR, THREE, "maximum")[0] - slab.max(0)
        ),
        "scaled": lambda: (
            kept.sample(matrix, (20, 15, 1), LINEAR, PLANE, meaning=(2, 5))[0] - (plane * 2 + 5)
        ),
        "constant": lambda: kept.sample(matrix, (4, 4, 1), LINEAR, PLANE, meaning=(0, 5))[0] - 5,
        "nearest": lambda: (
            kept.sample(matrix, (20, 15, 1), NEAREST, PLANE)[0]
            - by_scipy(noise, matrix, (20, 15), order=0)
        ),
        "nothing": lambda: kept.sample(far, (3, 3, 1), LINEAR, PLANE, outside=7)[0] - 7,
    }
    for first, then in permutations(asked, 2):
        asked[first]()
        assert np.abs(asked[then]()).max() < 2000 * 2 * ROUNDING, (first, then)


def test_a_result_stays_what_it_is(noise):
    kept = Reslicer(noise)
    first = kept.sample(placed(12, 10, 10), (20, 15, 1), LINEAR, PLANE)
    before = first.copy()
    kept.sample(placed(14, 11, 10), (20, 15, 1), LINEAR, PLANE)
    assert (first == before).all()
    del kept
    assert (first == before).all()
    first += 1
    assert (first == before + 1).all()


def test_voxels_may_change_from_one_call_to_the_next(noise):
    kept, matrix = Reslicer(noise), placed(12, 10, 10)
    kept.sample(matrix, (20, 15, 1), LINEAR, PLANE)
    noise[:] = 12
    assert (kept.sample(matrix, (20, 15, 1), LINEAR, PLANE) == 12).all()


def test_threads_do_not_disturb_each_other(noise):
    kept = Reslicer(noise)

    def furthest(shift):
        matrix = placed(12 + shift / 10, 10, 10)
        made = kept.sample(matrix, (20, 15, 1), LINEAR, PLANE)[0]
        return np.abs(made - by_scipy(noise, matrix, (20, 15))).max()

    with ThreadPoolExecutor(4) as threads:
        assert max(threads.map(furthest, range(40))) < 2000 * ROUNDING
