"""Tests of several volumes of one grid, loaded into one array."""

from __future__ import annotations

import random
from pathlib import Path

import nibabel
import numpy as np
import pydicom
import pytest

import pycornerstone as cs
from pycornerstone.errors import GeometryError
from pycornerstone.model.display_set import DisplaySetKind
from pycornerstone.session.session import Session
from pycornerstone.testing import SampleServer, ct_phantom
from pycornerstone.testing.dicom_series import write_ct_series

PHANTOM = ct_phantom(slices=4, rows=16, columns=12)
POINTS = 3


@pytest.fixture
def session():
    with Session(decode_threads=1) as session:
        yield session


@pytest.fixture
def perfusion(tmp_path):
    """Files of three points in time, by point and slice, whose samples differ by 100 a point."""
    series = []
    for point in range(POINTS):
        paths = write_ct_series(tmp_path / str(point), PHANTOM)
        for path in paths:
            file = pydicom.dcmread(path)
            file.SOPInstanceUID = file.file_meta.MediaStorageSOPInstanceUID = (
                f"{file.SOPInstanceUID}.{point}"
            )
            file.TemporalPositionIdentifier = point + 1
            file.PixelData = (file.pixel_array + 100 * point).astype(np.uint16).tobytes()
            file.save_as(path)
        series.append([f"dicomfile:{path}" for path in paths])
    return series


def shuffled(perfusion):
    image_ids = [image_id for point in perfusion for image_id in point]
    random.Random(2).shuffle(image_ids)
    return image_ids


def expected(perfusion):
    return np.stack(
        [
            np.stack([pydicom.dcmread(name.partition(":")[2]).pixel_array for name in point])
            for point in perfusion
        ]
    )


def test_points_in_time_become_volumes_of_one_array(session, perfusion):
    load = session.load_volume_series(shuffled(perfusion))
    series = load.result(10)

    np.testing.assert_array_equal(series.voxels, expected(perfusion))
    assert series.shape == (3, 4, 16, 12)
    assert series.time_values == (1, 2, 3)
    assert series.time_keyword == "TemporalPositionIdentifier"
    assert load.loaded.shape == (3, 4)
    assert load.loaded.all()
    for point, volume in zip(perfusion, series.volumes, strict=True):
        assert volume.image_ids == tuple(point)
        assert np.shares_memory(volume.voxels, series.voxels)
    np.testing.assert_allclose(series.affine, PHANTOM.affine, atol=1e-6)
    assert session.cache.size_in_bytes == series.voxels.nbytes
    image = session.load_image(perfusion[1][2]).result(5)
    assert np.shares_memory(image.pixels, series.voxels)


def test_one_of_its_volumes_is_at_hand_and_so_is_all_of_it(session, perfusion):
    series = session.load_volume_series(shuffled(perfusion)).result(10)

    assert session.load_volume(perfusion[2]).result(5) is series[2]
    again = session.load_volume_series(shuffled(perfusion))
    assert again.done()
    assert again.result() is series

    session.cache.remove_volume(series[0].volume_id)
    assert session.load_volume_series(shuffled(perfusion)).result(10) is not series


def test_the_current_point_comes_first_and_its_neighbours_next(session, perfusion, monkeypatch):
    read = []
    loader = session.loaders.find("dicomfile")
    read_samples = loader.read_samples

    def counted(image_id, out=None):
        read.append(image_id)
        return read_samples(image_id, out)

    monkeypatch.setattr(loader, "read_samples", counted)
    session.load_volume_series(shuffled(perfusion), time_point=2, order="sequential").result(10)

    assert read == [*perfusion[2], *perfusion[1], *perfusion[0]]


def test_points_are_added_averaged_and_subtracted(session, perfusion):
    series = session.load_volume_series(shuffled(perfusion)).result(10)
    first = PHANTOM.hounsfield.astype(float)

    np.testing.assert_allclose(series.combined("sum").voxels, 3 * first + 300)
    np.testing.assert_allclose(series.combined("average").voxels, first + 100)
    np.testing.assert_allclose(series.combined("subtract", [2, 0]).voxels, 200)
    assert series.combined("average").referenced_volume_id == series[0].volume_id
    with pytest.raises(ValueError, match="exactly two points, got 3"):
        series.combined("subtract")
    with pytest.raises(ValueError, match="'product'"):
        series.combined("product")
    with pytest.raises(IndexError, match="points 0 to 2"):
        series.combined("sum", [3])


def test_a_nifti_file_of_several_volumes_equals_nibabel(session, testdata):
    path = next(testdata.glob("pypi-nibabel/**/example4d.nii.gz"))
    image_ids = session.image_ids_from_nifti(path).result(5)

    series = session.load_volume_series(image_ids[::-1]).result(20)

    there = nibabel.load(path)
    stored = np.asanyarray(there.dataobj.get_unscaled())
    assert series.shape == (2, 24, 96, 128)
    ijk = np.array([[0, 0, 0], [3, 5, 2], [100, 50, 20]])
    world = series.geometry.index_to_world(ijk) * (-1, -1, 1)
    at = nibabel.affines.apply_affine(np.linalg.inv(there.affine), world)
    np.testing.assert_allclose(at, np.rint(at), atol=2e-3)
    for (i, j, k), (x, y, z) in zip(ijk, np.rint(at).astype(int), strict=True):
        np.testing.assert_array_equal(series.voxels[:, k, j, i], stored[x, y, z])


def test_a_display_set_of_points_in_time_becomes_its_volumes(session, perfusion, tmp_path):
    (display_set,) = session.open_display_sets(tmp_path).result(20)
    assert display_set.kind is DisplaySetKind.VOLUME_4D

    series = session.load_volume_series(display_set).result(10)

    np.testing.assert_array_equal(series.voxels, expected(perfusion))
    assert [list(volume.image_ids) for volume in series] == perfusion
    with pytest.raises(GeometryError, match="3 points in time; load all of them by load_volume_se"):
        session.load_volume(display_set).result(5)
    assert session.load_volume(display_set.time_points[1]).result(5) is series[1]


def test_places_that_come_with_the_samples_are_sorted_when_all_are_there(session, perfusion):
    files = [Path(name.partition(":")[2]).read_bytes() for point in perfusion for name in point]
    with SampleServer(files) as server:
        image_ids = server.image_ids("wadouri")
        of_point = [image_ids[at : at + 4] for at in range(0, 12, 4)]
        random.Random(4).shuffle(image_ids)

        load = session.load_volume_series(image_ids)
        series = load.result(20)

    np.testing.assert_array_equal(series.voxels, expected(perfusion))
    assert [list(volume.image_ids) for volume in series] == of_point
    assert series.time_values == (1, 2, 3)
    assert load.loaded.shape == (3, 4)
    assert load.loaded.all()
    assert load.series is series
    np.testing.assert_allclose(series.affine, PHANTOM.affine, atol=1e-6)


@pytest.mark.parametrize("scheme", ["dicomfile", "wadouri"])
def test_a_preview_has_every_so_many_voxels_of_each_point(session, perfusion, scheme):
    files = [Path(name.partition(":")[2]).read_bytes() for point in perfusion for name in point]
    with SampleServer(files) as server:
        of_server = server.image_ids("wadouri")
        image_ids = of_server if scheme == "wadouri" else shuffled(perfusion)

        load = session.load_volume_series(image_ids, decimate=(2, 4, 3))
        series = load.result(20)

        np.testing.assert_array_equal(series.voxels, expected(perfusion)[:, ::3, ::4, ::2])
        np.testing.assert_allclose(series.affine[:3, :3], PHANTOM.affine[:3, :3] * (2, 4, 3))
        np.testing.assert_allclose(series.affine[:, 3], PHANTOM.affine[:, 3], atol=1e-6)
        assert load.loaded.shape == (3, 2)
        # The whole series is another one.
        whole = session.load_volume_series(image_ids).result(20)
        np.testing.assert_array_equal(whole.voxels, expected(perfusion))


def test_an_image_that_fails_ends_the_load_or_is_left_out(session, perfusion):
    path = Path(perfusion[1][2].partition(":")[2])
    path.write_bytes(path.read_bytes()[:-50])

    with pytest.raises(cs.DecodeError) as caught:
        session.load_volume_series(shuffled(perfusion)).result(10)
    load = session.load_volume_series(shuffled(perfusion), allow_missing=True)
    series = load.result(10)

    assert caught.value.image_id == perfusion[1][2]
    assert list(load.failed) == [perfusion[1][2]]
    assert not load.loaded[1, 2]
    assert np.count_nonzero(load.loaded) == 11
    assert not series.voxels[1, 2].any()
    assert session.cache.volume_ids() == []


def test_one_point_in_time_is_no_series(session, perfusion):
    with pytest.raises(GeometryError, match="nothing tells points in time apart"):
        session.load_volume_series(perfusion[0]).result(10)
    with pytest.raises(GeometryError, match="at least one image"):
        session.load_volume_series([]).result(10)


def test_images_of_no_point_in_time_are_not_dropped(session, perfusion):
    image_ids = [name for point in perfusion for name in point][1:]

    with pytest.raises(GeometryError, match=r"belong to no point in time|are no volume"):
        session.load_volume_series(image_ids).result(10)


def test_several_points_are_not_one_volume(session, perfusion):
    with pytest.raises(GeometryError) as caught:
        session.load_volume(shuffled(perfusion)).result(10)
    assert caught.value.report.has("duplicate")


def test_what_does_not_fit_is_refused(perfusion):
    with (
        Session(cache_size_in_bytes=3_000) as session,
        pytest.raises(cs.CacheSizeExceededError),
    ):
        session.load_volume_series(shuffled(perfusion)).result(10)
