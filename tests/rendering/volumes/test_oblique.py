"""Oblique cuts that are drawn small show means, as voxel planes do."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from pycornerstone.model.volume import Volume
from pycornerstone.rendering.sampling import Interpolation
from pycornerstone.rendering.volumes.cut import Slab, VolumeSource, cut

NEAREST, LINEAR, CUBIC = Interpolation
# Turned by a little, so that it lies along no plane of voxels.
DIRECTIONS = np.linalg.qr(np.array([[9.0, 1, 2], [-1, 9, 1], [2, 1, -9]]))[0]


def view(step, middle, size):
    matrix = np.eye(4)
    matrix[:3, :3] = DIRECTIONS * [step[0], step[1], 1]
    matrix[:3, 3] = middle - matrix[:3, :3] @ [(size[0] - 1) / 2, (size[1] - 1) / 2, 0]
    return matrix


def block_means(voxels, matrix, size, factors):
    """By SciPy in float64: the mean of as many samples in each pixel, and where all are inside."""
    fine = [(np.arange(n * f) + 0.5) / f - 0.5 for n, f in zip(size, factors, strict=True)]
    x, y = np.meshgrid(*fine)
    index = np.stack([x, y, np.zeros_like(x), np.ones_like(x)], -1) @ matrix[:3].T
    within = ((index >= 0) & (index <= np.array(voxels.shape[::-1]) - 1)).all(-1)
    samples = map_coordinates(voxels.astype(float), np.moveaxis(index[..., ::-1], -1, 0), order=1)
    blocks = (size[1], factors[1], size[0], factors[0])
    return samples.reshape(blocks).mean((1, 3)), within.reshape(blocks).all((1, 3))


@pytest.mark.parametrize("factors", [(2, 2), (3, 2), (1, 4), (7, 7)])
def test_what_is_smaller_than_half_a_pixel_is_averaged(factors):
    voxels = np.random.default_rng(5).integers(-1000, 1000, (60, 70, 80)).astype(np.int16)
    size = (25, 21)
    matrix = view(np.array(factors) + 0.3, (40, 35, 30), size)
    made = cut(VolumeSource(Volume("test:", voxels)), matrix, size, LINEAR)
    expected, within = block_means(voxels, matrix, size, factors)
    assert within.sum() > 20
    assert np.abs(made.values - expected)[within].max() < 6000 * 2.0**-16
    points = np.stack(np.meshgrid(np.arange(25), np.arange(21)), -1)
    index = points @ matrix[:3, :2].T + matrix[:3, 3]
    centre_inside = ((index >= -0.5) & (index < np.array([80, 70, 60]) - 0.5)).all(-1)
    inside = np.ones((21, 25)) if made.inside is None else made.inside
    assert ((inside > 0) == centre_inside).all()


def test_fine_patterns_become_grey_in_oblique_cuts_as_in_voxel_planes():
    board = (np.indices((48, 48, 48)).sum(0) % 2 * 200).astype(np.uint8)
    source, size = VolumeSource(Volume("test:", board)), (9, 9)
    flat = np.eye(4)
    flat[:2, :2] *= 4
    flat[:3, 3] = 8, 8, 24
    tilted = view((4, 4), (24, 24, 24), size)
    for matrix in (flat, tilted):
        grey = cut(source, matrix, size, LINEAR).values
        assert np.abs(grey - 100).max() < 30
    assert set(np.unique(cut(source, tilted, size, NEAREST).values).tolist()) == {0, 200}


@pytest.mark.parametrize("slab", [None, Slab(4, "average"), Slab(4, "maximum")])
@pytest.mark.parametrize("colors", [False, True])
def test_what_is_outside_is_in_no_mean(slab, colors):
    voxels = np.full((30, 40, 50, 3) if colors else (30, 40, 50), 60, np.int16)
    size = (15, 15)
    made = cut(
        VolumeSource(Volume("test:", voxels)), view((5, 5), (25, 20, 15), size), size, LINEAR, slab
    )
    assert 0 < made.inside.sum() < made.inside.size
    assert np.allclose(made.values[made.inside > 0], 60)
    voxels[:, :20] = -2000
    if not colors:
        padded = Volume("test:", voxels, padding_range=(-2000, -2000))
        made = cut(VolumeSource(padded), view((5, 5), (25, 20, 15), size), size, LINEAR, slab)
        assert 0 < made.inside.sum() < made.inside.size
        assert np.allclose(made.values[made.inside > 0], 60)


def test_a_volume_far_smaller_than_the_canvas_is_drawn_at_once():
    voxels = np.full((40, 50, 60), 60, np.int16)
    source = VolumeSource(Volume("test:", voxels))
    for step in (30, 1e4, 1e9):
        made = cut(source, view((step, step), (30, 25, 20), (1001, 1001)), (1001, 1001), LINEAR)
        assert made.inside[500, 500] == 1
        assert abs(made.values[500, 500] - 60) < 1e-3
        assert made.inside.sum() < 10
    away = view((30, 30), (3e5, 25, 20), (1001, 1001))
    assert not cut(source, away, (1001, 1001), LINEAR).inside.any()
