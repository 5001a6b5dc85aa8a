"""Voxels brought onto another grid are what is there: linear phantoms, and SimpleITK."""

from __future__ import annotations

import numpy as np
import pytest

from pycornerstone.errors import GeometryError
from pycornerstone.model.geometry_report import GeometryReport
from pycornerstone.model.modules import ModalityLutModule
from pycornerstone.model.volume import Volume
from pycornerstone.model.volume_geometry import VolumeGeometry
from pycornerstone.rendering.sampling import Interpolation
from pycornerstone.rendering.volumes.regular import regularised, resample

NEAREST, LINEAR, CUBIC = Interpolation


def value(points):
    """A linear function of the place."""
    return points @ [3.0, -2.0, 5.0] + 100


def slices_at(origins, shape, dtype=np.float32):
    """Slices of `value`, pixels of 0.5 x 0.8 mm along x and y."""
    j, i = np.meshgrid(*map(np.arange, shape), indexing="ij")
    in_plane = np.stack([i * 0.5, j * 0.8, np.zeros(shape)], -1)
    return np.stack([value(in_plane + origin) for origin in origins]).astype(dtype)


def report_of(origins, shape):
    """As of slices that are to be brought to 2 mm from the first one's place on."""
    count = round((origins[-1][2] - origins[0][2]) / 2) + 1
    affine = np.diag([0.5, 0.8, 2.0, 1.0])
    affine[:3, 3] = origins[0]
    return GeometryReport(
        tuple(f"test:{n}" for n in range(len(origins))),
        None,
        positions_mm=tuple(float(origin[2]) for origin in origins),
        regular_geometry=VolumeGeometry((count, *shape), affine),
        origins_lps=tuple(tuple(map(float, origin)) for origin in origins),
    )


TILTED = [(10, 20 + 0.7 * n, 2.0 * n) for n in range(6)]
WITH_GAP = [(10, 20, 2.0 * n) for n in (0, 1, 2, 5, 6)]
UNEVEN = [(10, 20, z) for z in (0, 1.7, 4.4, 5.9, 8)]


@pytest.mark.parametrize("origins", [TILTED, WITH_GAP, UNEVEN])
@pytest.mark.parametrize("interpolation", [LINEAR, CUBIC])
def test_a_linear_function_comes_back_on_the_even_grid(origins, interpolation):
    shape = (30, 25)
    voxels = slices_at(origins, shape)
    report = report_of(origins, shape)
    made, geometry = regularised(voxels, report, interpolation, fill=-1000)
    assert geometry is report.regular_geometry
    assert made.dtype == np.float32
    k, j, i = np.meshgrid(*map(np.arange, made.shape), indexing="ij")
    points = geometry.index_to_world(np.stack([i, j, k], -1))
    low = max(origin[1] for origin in origins)
    reaches = (points[..., 1] >= low + 1.6) & (points[..., 1] <= 20 + 0.8 * 27)
    inner = reaches & (i >= 2) & (i < 23)
    assert inner.sum() > 500
    # With a = -0.75, cubic convolution bends a straight line a little.
    tolerance = 0.1 if interpolation is CUBIC else 1e-3
    assert np.abs(made - value(points))[inner].max() < tolerance
    below = (
        points[..., 1]
        < np.interp(points[..., 2], [o[2] for o in origins], [o[1] for o in origins]) - 0.9
    )
    assert (made[below] == -1000).all()
    assert below.any() == (origins is TILTED)


def test_slices_that_are_in_place_are_not_touched():
    voxels = np.random.default_rng(1).integers(0, 4000, (5, 20, 25)).astype(np.uint16)
    made, _ = regularised(voxels, report_of(WITH_GAP, (20, 25)))
    assert made.dtype == np.uint16
    assert np.array_equal(made[[0, 1, 2, 5, 6]], voxels)
    between = np.rint(voxels[2] * (2 / 3) + voxels[3] / 3.0)
    assert np.abs(made[3].astype(int) - between).max() <= 1
    nearest, _ = regularised(voxels, report_of(WITH_GAP, (20, 25)), NEAREST)
    assert np.array_equal(nearest[3], voxels[2])
    assert np.array_equal(nearest[4], voxels[3])


def test_where_no_slice_reaches_there_is_the_lowest_value_by_default():
    voxels = np.full((6, 30, 25), 50, np.int16)
    voxels[0, 29, 24] = -1000
    made, _ = regularised(voxels, report_of(TILTED, (30, 25)), NEAREST)
    assert (made[5, :3] == -1000).all()
    assert (made[5, 5:] == 50).all()


def test_colors_are_brought_to_the_even_grid():
    voxels = np.random.default_rng(1).integers(0, 255, (6, 30, 25, 3)).astype(np.uint8)
    made, _ = regularised(voxels, report_of(TILTED, (30, 25)))
    for channel in range(3):
        alone, _ = regularised(voxels[..., channel], report_of(TILTED, (30, 25)), fill=voxels.min())
        assert np.array_equal(made[..., channel], alone)


def test_what_has_no_even_grid_is_refused():
    report = report_of(TILTED, (30, 25))
    with pytest.raises(GeometryError, match="no straight, even grid for these 5 slices") as caught:
        regularised(np.zeros((5, 30, 25)), report)
    assert caught.value.report is report


def sitk_image(volume):
    sitk = pytest.importorskip("SimpleITK")
    image = sitk.GetImageFromArray(volume.voxels.astype(np.float64))
    image.SetSpacing(volume.geometry.spacing_mm)
    image.SetOrigin(volume.affine[:3, 3].tolist())
    image.SetDirection(volume.geometry.directions.reshape(-1).tolist())
    return sitk, image


@pytest.mark.parametrize("interpolation", [NEAREST, LINEAR])
@pytest.mark.parametrize("is_oblique", [False, True])
def test_resampled_is_as_simpleitk_resamples(noise, interpolation, is_oblique):
    affine = np.diag([0.8, 0.8, 2.5, 1])
    volume = Volume("test:", noise, geometry=VolumeGeometry(noise.shape, affine))
    turned = np.eye(4)
    if is_oblique:
        turned[:3, :3] = np.linalg.qr(np.array([[9.0, 1, 2], [-2, 9, 1], [1, -1, 9]]))[0]
    turned[:3, :3] *= np.array([0.9, 0.7, 1.1])
    turned[:3, 3] = (3.03, 2.02, 5.05)
    grid = VolumeGeometry((18, 22, 45), turned)
    made = resample(volume, grid, interpolation, fill=-3000)
    assert made.voxels.dtype == np.int16
    assert made.geometry is grid
    sitk, image = sitk_image(volume)
    _, target = sitk_image(Volume("grid", np.zeros(grid.shape), geometry=grid))
    how = {NEAREST: sitk.sitkNearestNeighbor, LINEAR: sitk.sitkLinear}[interpolation]
    expected = sitk.GetArrayFromImage(
        sitk.Resample(image, target, sitk.Transform(), how, -3000.0, sitk.sitkFloat64)
    )
    k, j, i = np.meshgrid(*map(np.arange, grid.shape), indexing="ij")
    index = volume.geometry.world_to_index(grid.index_to_world(np.stack([i, j, k], -1)))
    sure = (np.abs(index % 1 - 0.5) > 1e-3).all(-1)
    assert sure.sum() > 5000
    assert np.abs(made.voxels - expected)[sure].max() <= 0.6
    assert (made.voxels == -3000).any()


def test_resampled_to_its_own_grid_it_is_itself(noise):
    lut = ModalityLutModule(rescale_slope=0.5, rescale_intercept=-1024)
    volume = Volume("test:", noise, modality_lut=lut)
    made = resample(volume, volume.geometry)
    assert np.array_equal(made.voxels, noise)
    assert made.modality_lut is lut
    assert made.volume_id != volume.volume_id


def test_slices_with_tables_of_their_own_become_modality_values(noise):
    luts = tuple(ModalityLutModule(rescale_slope=1 + k) for k in range(20))
    volume = Volume("test:", noise, slice_modality_luts=luts)
    made = resample(volume, volume.geometry)
    assert np.allclose(made.voxels, volume.modality_values())
    assert made.slice_modality_luts == ()


def test_labels_stay_labels_and_outside_there_is_none(noise):
    labels = (noise % 5).astype(np.uint8)
    volume = Volume("test:", labels, is_labelmap=True)
    affine = np.eye(4)
    affine[:3, 3] = 0.3
    made = resample(volume, VolumeGeometry((25, 30, 40), affine), LINEAR)
    assert np.array_equal(made.voxels[:20], labels)
    assert (made.voxels[20:] == 0).all()


def test_padding_stays_padding(noise):
    voxels = noise.copy()
    voxels[:, :9] = -2000
    volume = Volume("test:", voxels, padding_range=(-2000, -2000))
    affine = np.eye(4)
    affine[1, 3] = 0.4
    made = resample(volume, VolumeGeometry(noise.shape, affine)).voxels
    assert (made[:, :9] == -2000).all()
    assert (made[:, 9:29] >= -1000).all()


def test_frames_of_reference_that_differ_want_a_registration(noise):
    volume = Volume("test:", noise, geometry=VolumeGeometry(noise.shape, np.eye(4), "1.2"))
    shift = np.eye(4)
    shift[0, 3] = 7
    grid = VolumeGeometry(noise.shape, shift, "1.3")
    with pytest.raises(GeometryError, match=r"frame of reference 1\.2, the grid in 1\.3"):
        resample(volume, grid)
    assert np.array_equal(resample(volume, grid, registration=shift).voxels, noise)
