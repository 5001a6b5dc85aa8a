"""Tests of volumes whose slices are the tiles of one image."""

from __future__ import annotations

import functools
import http.server
import random
import threading

import numpy as np
import pydicom
import pytest
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage

from pycornerstone.errors import GeometryError
from pycornerstone.model.display_set import DisplaySetKind
from pycornerstone.model.geometry_report import FindingKind
from pycornerstone.session.session import Session

SLICES, ROWS, COLUMNS = 7, 10, 8
FIRST = np.array((-12.0, 30.0, 5.0))
SPACING = (2.0, 3.0, 4.0)
POINTS = 4


@pytest.fixture
def session():
    with Session(decode_threads=1) as session:
        yield session


def volume_of(point, colors=()):
    chance = np.random.default_rng(point)
    return chance.integers(0, 4000, (SLICES, ROWS, COLUMNS, *colors)).astype(
        np.uint8 if colors else np.uint16
    )


def write_mosaic(path, voxels, number=1):
    """Write an axial volume as Siemens does: its tiles, where the first has the middle."""
    slices, rows, columns = voxels.shape[:3]
    across = next(n for n in range(1, 20) if n * n >= slices)
    picture = np.zeros((across * rows, across * columns, *voxels.shape[3:]), voxels.dtype)
    for k, tile in enumerate(voxels):
        down, right = divmod(k, across)
        picture[down * rows : (down + 1) * rows, right * columns : (right + 1) * columns] = tile
    dataset = pydicom.Dataset()
    dataset.file_meta = pydicom.dataset.FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = MRImageStorage
    uid = f"1.2.3.{number}"
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = uid
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = "1.2", "1.2.3"
    dataset.Modality, dataset.ImageType = "MR", ["ORIGINAL", "PRIMARY", "M", "MOSAIC"]
    dataset.InstanceNumber = dataset.AcquisitionNumber = number
    i, j, k = SPACING
    corner = FIRST - (i * (across - 1) * columns / 2, j * (across - 1) * rows / 2, 0)
    dataset.ImagePositionPatient = corner.tolist()
    dataset.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    dataset.PixelSpacing, dataset.SpacingBetweenSlices = [j, i], k
    dataset.Rows, dataset.Columns = picture.shape[:2]
    dataset.SamplesPerPixel = 3 if picture.ndim == 3 else 1
    dataset.PhotometricInterpretation = "RGB" if picture.ndim == 3 else "MONOCHROME2"
    if picture.ndim == 3:
        dataset.PlanarConfiguration = 0
    bits = 8 * picture.dtype.itemsize
    dataset.BitsAllocated = dataset.BitsStored = bits
    dataset.HighBit, dataset.PixelRepresentation = bits - 1, 0
    if picture.ndim == 2:
        dataset.WindowCenter, dataset.WindowWidth = 900, 1800
    block = dataset.private_block(0x0019, "SIEMENS MR HEADER", create=True)
    block.add_new(0x0A, "US", slices)
    dataset.PixelData = picture.tobytes()
    dataset.save_as(path, enforce_file_format=True)
    return picture


@pytest.fixture
def mosaic(tmp_path):
    path = tmp_path / "mosaic.dcm"
    picture = write_mosaic(path, volume_of(1))
    return f"dicomfile:{path}", picture


@pytest.fixture
def mosaics(tmp_path):
    for point in range(POINTS):
        write_mosaic(tmp_path / f"{point}.dcm", volume_of(point), point + 1)
    names = [f"dicomfile:{tmp_path}/{point}.dcm" for point in range(POINTS)]
    random.Random(1).shuffle(names)
    return names


def expected_affine():
    affine = np.diag((*SPACING, 1.0))
    affine[:3, 3] = FIRST
    return affine


def test_a_mosaic_is_a_volume_of_its_tiles(session, mosaic):
    image_id, _ = mosaic
    load = session.load_volume([image_id])
    volume = load.result(timeout=20)

    np.testing.assert_array_equal(volume.voxels, volume_of(1))
    assert volume.voxels.dtype == np.uint16
    assert not volume.voxels.flags.writeable
    np.testing.assert_allclose(volume.affine, expected_affine(), atol=1e-9)
    assert volume.report.has(FindingKind.MOSAIC)
    assert volume.image_ids == ()
    assert volume.modality == "MR"
    assert volume.voi_lut.windows[0].center == 900
    assert load.number_done == load.number_of_images == SLICES
    assert load.is_loaded(SLICES - 1)
    np.testing.assert_array_equal(volume.image(3).pixels, volume_of(1)[3])
    assert session.load_volume([image_id]).result(timeout=20) is volume


def test_as_an_image_a_mosaic_stays_what_it_is(session, mosaic):
    image_id, picture = mosaic
    before = session.load_image(image_id).result(timeout=20)
    volume = session.load_volume([image_id]).result(timeout=20)
    np.testing.assert_array_equal(before.pixels, picture)
    np.testing.assert_array_equal(volume.voxels, volume_of(1))
    after = session.load_image(image_id).result(timeout=20)
    np.testing.assert_array_equal(after.pixels, picture)


def test_a_display_set_of_one_mosaic_is_loaded_by_a_session_that_has_no_header(session, mosaic):
    image_id, _ = mosaic
    (found,) = session.open_display_sets([image_id]).result(timeout=20)
    assert found.kind is DisplaySetKind.VOLUME
    assert found.report.geometry.shape == (SLICES, ROWS, COLUMNS)
    with Session(decode_threads=1) as another:
        volume = another.load_volume(found).result(timeout=20)
    np.testing.assert_array_equal(volume.voxels, volume_of(1))


@pytest.mark.parametrize("memory_map", [None, True, "auto"])
def test_a_mosaic_is_decimated_and_mapped_as_other_volumes(session, mosaic, memory_map):
    image_id, _ = mosaic
    load = session.load_volume([image_id], decimate=(2, 3, 2), memory_map=memory_map)
    volume = load.result(timeout=20)
    np.testing.assert_array_equal(volume.voxels, volume_of(1)[::2, ::3, ::2])
    assert volume.geometry.spacing_mm == (4, 9, 8)


def test_colours_are_cut_into_tiles_too(session, tmp_path):
    write_mosaic(tmp_path / "colours.dcm", volume_of(2, (3,)))
    volume = session.load_volume([f"dicomfile:{tmp_path}/colours.dcm"]).result(timeout=20)
    np.testing.assert_array_equal(volume.voxels, volume_of(2, (3,)))


@pytest.mark.parametrize("decimate", [(1, 1, 1), (2, 3, 2)])
def test_a_mosaic_whose_header_comes_with_it_is_a_volume(session, mosaic, tmp_path, decimate):
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            """Say nothing."""

    serve = functools.partial(Quiet, directory=tmp_path)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), serve) as server:
        threading.Thread(target=server.serve_forever).start()
        try:
            image_id = f"wadouri:http://127.0.0.1:{server.server_port}/mosaic.dcm"
            volume = session.load_volume([image_id], decimate=decimate).result(timeout=20)
        finally:
            server.shutdown()
    i, j, k = decimate
    np.testing.assert_array_equal(volume.voxels, volume_of(1)[::k, ::j, ::i])


def test_several_mosaics_are_no_one_volume(session, mosaics):
    with pytest.raises(GeometryError, match="each of which is a volume by itself"):
        session.load_volume(mosaics).result(timeout=20)


@pytest.mark.parametrize("as_set", [True, False])
def test_several_mosaics_are_points_in_time(session, mosaics, as_set):
    source = mosaics
    if as_set:
        (source,) = session.open_display_sets(mosaics).result(timeout=20)
        assert source.kind is DisplaySetKind.VOLUME_4D
    load = session.load_volume_series(source)
    series = load.result(timeout=20)

    assert series.shape == (POINTS, SLICES, ROWS, COLUMNS)
    assert series.time_keyword == "AcquisitionNumber"
    assert series.time_values == tuple(range(1, POINTS + 1))
    for point, volume in enumerate(series.volumes):
        np.testing.assert_array_equal(volume.voxels, volume_of(point))
        np.testing.assert_array_equal(series.voxels[point], volume_of(point))
        assert volume.image_ids == ()
    np.testing.assert_allclose(series.affine, expected_affine(), atol=1e-9)
    assert load.loaded.shape == (POINTS, SLICES)
    assert load.loaded.all()
    assert session.load_volume_series(source).result(timeout=20) is series


def test_points_of_mosaics_are_decimated(session, mosaics):
    series = session.load_volume_series(mosaics, decimate=(2, 3, 2)).result(timeout=20)
    expected = np.stack([volume_of(point)[::2, ::3, ::2] for point in range(POINTS)])
    np.testing.assert_array_equal(series.voxels, expected)
    assert series.geometry.spacing_mm == (4, 9, 8)


def test_tiles_that_go_down_are_put_in_the_order_of_their_places(session, mosaic, testdata):
    """The CSA header of a real image, with its direction turned over."""
    image_id, _ = mosaic
    path = image_id.removeprefix("dicomfile:")
    real = pydicom.dcmread(testdata / "dcm_qa_ts/In/1.dcm", stop_before_pixels=True)
    csa = real[0x0029, 0x1010].value
    for given, turned in (("0.10799944", "0.00000000"), ("0.99415095", "-1.0000000")):
        assert csa.count(given.encode()) >= 1
        csa = csa.replace(given.encode(), turned.encode(), 1)
    dataset = pydicom.dcmread(path)
    block = dataset.private_block(0x0029, "SIEMENS CSA HEADER", create=True)
    block.add_new(0x10, "OB", csa)
    dataset.save_as(path)

    volume = session.load_volume([image_id]).result(timeout=20)
    np.testing.assert_array_equal(volume.voxels, volume_of(1)[::-1])
    # The first tile lies where it lay, and is the last slice now.
    np.testing.assert_allclose(volume.geometry.index_to_world((0, 0, SLICES - 1)), FIRST)
    np.testing.assert_allclose(volume.affine[:3, :3], np.diag(SPACING), atol=1e-9)
