"""Statistics of what lies in a shape: NumPy's, over the voxels whose centres are inside."""

from __future__ import annotations

import numpy as np
import pytest

import pycornerstone as cs
from pycornerstone.frontends.browser.movements import grid_of
from pycornerstone.frontends.browser.statistics import statistics_of
from pycornerstone.testing.dicom_series import write_ct_series
from pycornerstone.testing.pet_files import write_pet_series
from pycornerstone.testing.pet_thorax import pet_phantom
from pycornerstone.testing.phantoms import ct_phantom

PHANTOM = ct_phantom(slices=12, rows=64, columns=48, noise_hu=20.0)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return write_ct_series(tmp_path_factory.mktemp("ct"), PHANTOM)


@pytest.fixture(scope="module")
def session():
    with cs.Session() as session:
        yield session


@pytest.fixture(scope="module")
def stack(files, session):
    with cs.StackViewport(200, 160, session=session) as viewport:
        viewport.set_stack([f"dicomfile:{path}" for path in files], 5).result()
        yield viewport


@pytest.fixture
def volume(files, session):
    with cs.VolumeViewport(200, 160, session=session) as viewport:
        viewport.set_volumes([[f"dicomfile:{path}" for path in files]]).result()
        yield viewport


def world(*index):
    """Give the place of (column, row, slice), LPS mm."""
    return tuple((PHANTOM.affine @ (*index, 1))[:3].tolist())


def corners(low, high, axes=(0, 1), across=5):
    """Give the corners in turn of a rectangle in voxels, of two axes; the third is `across`."""
    (a, b), (c, d) = low, high
    other = 3 - sum(axes)
    points = []
    for first, second in ((a, b), (c, b), (c, d), (a, d)):
        index = [0.0, 0.0, 0.0]
        index[axes[0]], index[axes[1]], index[other] = first, second, across
        points.append(world(*index))
    return points


def assert_those_of(found, values):
    values = np.asarray(values, np.float64)
    assert found.count == values.size
    assert found.unit == "HU"
    assert found.mean == pytest.approx(values.mean(), rel=1e-9)
    assert found.standard_deviation == pytest.approx(values.std(), rel=1e-9)
    assert (found.minimum, found.maximum) == (values.min(), values.max())


def test_a_rectangle_has_the_pixels_whose_centres_lie_in_it(stack):
    found = statistics_of(stack, "rectangle", corners((10.5, 20.2), (19.4, 29.9)))
    assert_those_of(found, PHANTOM.hounsfield[5, 21:30, 11:20])


def test_centres_on_the_edge_of_a_rectangle_are_inside(stack):
    found = statistics_of(stack, "rectangle", corners((10, 20), (19, 29)))
    assert_those_of(found, PHANTOM.hounsfield[5, 20:30, 10:20])


def test_an_ellipse_has_the_pixels_whose_centres_lie_in_it(stack):
    found = statistics_of(stack, "ellipse", corners((8, 15), (30, 45)))
    rows, columns = np.mgrid[:64, :48]
    inside = ((columns - 19) / 11) ** 2 + ((rows - 30) / 15) ** 2 <= 1
    assert_those_of(found, PHANTOM.hounsfield[5][inside])


def test_a_rectangle_may_be_turned(stack):
    middle, across, along = np.array((24.0, 32.0)), np.array((6.0, 8.0)), np.array((-4.0, 3.0))
    places = [middle + a * across + b * along for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    found = statistics_of(stack, "rectangle", [world(*place, 5) for place in places])
    rows, columns = np.mgrid[:64, :48]
    away = np.stack([columns - 24, rows - 32], axis=-1)
    # The sides are at right angles: lengths along them are 10 and 5.
    inside = (np.abs(away @ across) <= 100 + 1e-9) & (np.abs(away @ along) <= 25 + 1e-9)
    assert_those_of(found, PHANTOM.hounsfield[5][inside])


def test_what_lies_beside_the_image_is_no_sample(stack):
    found = statistics_of(stack, "rectangle", corners((-30, -30), (3, 4)))
    assert_those_of(found, PHANTOM.hounsfield[5, :5, :4])
    assert statistics_of(stack, "rectangle", corners((-30, -30), (-3, -4))).count == 0


def test_a_rectangle_without_area_has_no_samples(stack):
    assert statistics_of(stack, "rectangle", corners((10, 20), (10, 29))).count == 0


def test_a_probe_says_the_value_of_the_pixel_that_it_is_in(stack):
    found = statistics_of(stack, "probe", [world(20.4, 29.6, 5)])
    value = int(PHANTOM.hounsfield[5, 30, 20])
    assert (found.count, found.mean, found.value) == (1, value, f"{value} HU")
    assert statistics_of(stack, "probe", [world(60, 3, 5)]).value == ""


@pytest.mark.parametrize(
    ("kind", "points"),
    [
        ("rectangle", [(0.0, 0.0, 0.0)]),
        ("probe", []),
        ("probe", [(0.0, 0.0)]),
        ("ellipse", [(0.0, 0.0, 0.0)] * 3 + [(float("inf"), 0.0, 0.0)]),
        ("star", [(0.0, 0.0, 0.0)]),
    ],
)
def test_points_that_are_no_shape_are_refused(stack, kind, points):
    with pytest.raises(ValueError, match=r"a shape is one of|points of three finite numbers"):
        statistics_of(stack, kind, points)


def test_padding_is_no_sample(session, tmp_path):
    paths = write_ct_series(tmp_path, PHANTOM, signed=True)
    with cs.StackViewport(100, 100, session=session) as viewport:
        viewport.set_stack([f"dicomfile:{paths[5]}"]).result()
        found = statistics_of(viewport, "rectangle", corners((-1, -1), (48, 64)))
    import pydicom

    dataset = pydicom.dcmread(paths[5])
    stored = dataset.pixel_array
    values = stored[stored != dataset.PixelPaddingValue] + float(dataset.RescaleIntercept)
    assert values.size < stored.size
    assert_those_of(found, values)


@pytest.mark.parametrize(
    ("orientation", "axes", "values"),
    [
        ("axial", (0, 1), PHANTOM.hounsfield[6, 12:31, 8:25]),
        ("coronal", (0, 2), PHANTOM.hounsfield[2:9, 6, 8:25]),
        ("sagittal", (1, 2), PHANTOM.hounsfield[2:9, 8:25, 6]),
    ],
)
def test_planes_along_the_voxels_have_those_of_the_plane(volume, orientation, axes, values):
    volume.set_orientation(orientation)
    volume.jump_to_world(world(6, 6, 6))
    last = (24.4, 30.3) if axes == (0, 1) else (24.4, 8.2)
    first = (7.6, 11.8) if axes == (0, 1) else (7.6, 1.7)
    found = statistics_of(volume, "rectangle", corners(first, last, axes, 6))
    assert_those_of(found, values)


def test_they_do_not_depend_on_how_the_plane_is_looked_at(volume):
    volume.set_slice_index(volume.slice_planes.nearest(world(0, 0, 6)))
    points = corners((8, 12), (24, 30), across=6)
    before = statistics_of(volume, "ellipse", points)
    volume.set_zoom(2.7)
    volume.set_rotation(33)
    volume.flip(horizontal=True)
    volume.set_pan((20, -31))
    assert statistics_of(volume, "ellipse", points) == before


def test_a_slab_has_what_it_draws(volume):
    volume.set_slice_index(volume.slice_planes.nearest(world(0, 0, 6)))
    # Half of it on each side: the slices before and after are in it.
    volume.set_slab(2 * PHANTOM.slice_spacing_mm, "maximum")
    found = statistics_of(volume, "rectangle", corners((8, 12), (24, 30), across=6))
    assert_those_of(found, PHANTOM.hounsfield[5:8, 12:31, 8:25].max(axis=0))


def test_an_oblique_plane_is_sampled_a_voxel_apart(session):
    # Values that rise evenly are interpolated without loss.
    k, j, i = np.mgrid[:30, :30, :30]
    ramp = (100 * k + 10 * j + i).astype(np.float32)
    with cs.VolumeViewport(128, 128, session=session) as viewport:
        viewport.set_volumes([cs.Volume("ramp", ramp, geometry=geometry_of(ramp))])
        half = 2**-0.5
        viewport.set_orientation(((0.0, half, -half), (0.0, -half, -half)))
        middle = np.array((14.5, 14.5, 14.5))
        viewport.jump_to_world(middle.tolist())
        across, along = np.array((5.25, 0, 0)), np.array((0, 4.25, 4.25))
        points = [
            tuple((middle + a * across + b * along).tolist())
            for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))
        ]
        found = statistics_of(viewport, "rectangle", points)
        probe = statistics_of(viewport, "probe", [tuple(middle.tolist())])
    # 10.5 x 12.02 mm about the middle with samples 1 mm apart from there.
    assert found.count == 11 * 13
    assert found.mean == pytest.approx(111 * 14.5, abs=0.1)
    assert probe.mean == pytest.approx(111 * 14.5, abs=0.1)


def geometry_of(voxels):
    from pycornerstone.model.volume_geometry import VolumeGeometry

    return VolumeGeometry(voxels.shape, np.eye(4), "1.2.3")


def test_what_is_not_loaded_yet_is_said_to_be_missing(session):
    voxels = np.zeros((4, 8, 8), np.int16)
    load = _Loading(cs.Volume("loading", voxels, geometry=geometry_of(voxels)))
    with cs.VolumeViewport(64, 64, session=session) as viewport:
        viewport.set_volumes([load])
        viewport.render(timeout=0)
        load.loaded[:2] = True
        point = [(3.0, 3.0, 3.0)]
        viewport.jump_to_world(point[0])
        with pytest.raises(cs.TransferError, match="slices 3 to 3 are still being loaded"):
            statistics_of(viewport, "probe", point)
        viewport.jump_to_world((3.0, 3.0, 1.0))
        assert statistics_of(viewport, "probe", [(3.0, 3.0, 1.0)]).count == 1


class _Loading:
    """A volume of which some slices are there."""

    def __init__(self, volume):
        self.volume, self.volume_id = volume, volume.volume_id
        self.loaded = np.zeros(len(volume.voxels), bool)

    def add_slice_callback(self, fn):
        pass

    def add_done_callback(self, fn):
        pass

    def prefer(self, k):
        pass

    def done(self):
        return False

    def cancel(self):
        return True


def test_pet_is_measured_in_suv(session, tmp_path):
    phantom = pet_phantom()
    region = phantom.known[3]
    paths = write_pet_series(tmp_path, phantom)
    position = np.array(region.position_lps)
    with cs.VolumeViewport(128, 128, session=session) as viewport:
        viewport.set_volumes([[f"dicomfile:{path}" for path in paths]]).result()
        viewport.jump_to_world(position.tolist())
        side = region.radius_mm / 2
        points = [
            tuple((position + np.array((a * side, b * side, 0.0))).tolist())
            for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))
        ]
        found = statistics_of(viewport, "ellipse", points)
    assert found.unit == "SUVbw"
    assert found.count > 0
    # What is stored is rounded to 1/32767 of the highest value of its slice.
    assert found.mean == pytest.approx(region.suv, abs=1e-3)


def test_a_picture_is_measured_in_its_pixels(session):
    pixels = np.zeros((6, 8, 3), np.uint8)
    pixels[2, 5] = (250, 128, 7)
    with cs.StackViewport(80, 60, session=session) as viewport:
        viewport.show_image(cs.Image("test:colours", pixels))
        assert grid_of(viewport).unit == "px"
        probe = statistics_of(viewport, "probe", [(5.2, 1.8, 0.0)])
        area = [(0.0, 0.0, 0.0), (3.0, 0.0, 0.0), (3.0, 1.0, 0.0), (0.0, 1.0, 0.0)]
        found = statistics_of(viewport, "rectangle", area)
    assert (probe.count, probe.value) == (1, "R 250, G 128, B 7")
    assert (found.count, found.mean, found.unit) == (8, None, "")
