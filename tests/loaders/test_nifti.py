"""NIfTI slices by imageId: against nibabel, from files, over HTTP, and from damaged files."""

from __future__ import annotations

import asyncio
import gzip
import inspect
import os
import random
import threading

import nibabel
import numpy as np
import pytest

from pycornerstone.errors import (
    ContentTypeError,
    DecodeError,
    HttpStatusError,
    ImageIdError,
    PyCornerstoneError,
    RetrieveError,
)
from pycornerstone.loaders import nifti_volume
from pycornerstone.loaders.nifti import NiftiLoader
from pycornerstone.loaders.protocol import LoaderContext
from pycornerstone.metadata import nifti_window
from pycornerstone.metadata.dicom_headers import DicomHeaders
from pycornerstone.metadata.registry import MetadataRegistry
from pycornerstone.model.image import Image
from pycornerstone.model.limits import LoadLimits
from pycornerstone.model.luts import VoiFunction, VoiWindow
from pycornerstone.model.modules import ImagePixelModule, ImagePlaneModule, VoiLutModule
from pycornerstone.retrieve.http import HttpRetriever
from pycornerstone.session.completion import complete
from pycornerstone.session.session import Session

# One voxel says where it is: 100 i + 10 j + k.
COLUMN, ROW, SLICE = np.indices((3, 4, 5), np.int16)
VOXELS = 100 * COLUMN + 10 * ROW + SLICE
AFFINE = np.array([[-2.0, 0, 0, 10], [0, 3, 0, 20], [0, 0, 4, 30], [0, 0, 0, 1]])
DEFAULT_LIMITS = LoadLimits()


class Loading:
    """A loader in an event loop of its own, its images completed as a session does it."""

    def __init__(self, limits=DEFAULT_LIMITS, **settings):
        self.metadata = MetadataRegistry()
        self._http = HttpRetriever()
        context = LoaderContext(self.metadata, DicomHeaders(), self._http, limits=limits)
        self.sources = context.sources
        self.loader = NiftiLoader(context, **settings)
        self.metadata.add_provider(self.loader.provide, -1000)
        self._runner = asyncio.Runner()

    def run(self, coroutine):
        return self._runner.run(coroutine)

    async def retrieve(self, image_id):
        frame = self.loader.retrieve(image_id)
        return await frame if inspect.isawaitable(frame) else frame

    async def _all(self, image_ids):
        return await asyncio.gather(*map(self.retrieve, image_ids), return_exceptions=True)

    def load(self, image_id):
        return complete(self.loader.decode(self.run(self.retrieve(image_id))), self.metadata)

    def retrieve_all(self, image_ids):
        return self.run(self._all(image_ids))

    def close(self):
        self.run(self._http.close())
        self._runner.close()


@pytest.fixture
def make_loading():
    made = []

    def make(*limits, **settings):
        made.append(Loading(*limits, **settings))
        return made[-1]

    yield make
    for loading in made:
        loading.close()


@pytest.fixture
def loading(make_loading):
    return make_loading()


@pytest.fixture
def inflated(monkeypatch):
    """Note every whole decompression, and do it."""
    done = []

    def gunzip(data, limit, enough):
        done.append(limit)
        return real(data, limit, enough)

    real = nifti_volume.gunzip
    monkeypatch.setattr(nifti_volume, "gunzip", gunzip)
    return done


def nifti_bytes(voxels=VOXELS, affine=AFFINE, image_class=nibabel.Nifti1Image, order="<", **fields):
    """Give a file that nibabel writes, some fields of its header changed."""
    header = image_class.header_class(endianness=order)
    header.set_data_dtype(voxels.dtype)
    image = image_class(voxels, affine, header)
    data = image.to_bytes()
    size = header.template_dtype.itemsize
    header = image_class.header_class(data[:size])
    for name, value in fields.items():
        header[name] = value
    return header.binaryblock + data[size:]


@pytest.fixture
def file(tmp_path):
    """Write a file, and give its imageId."""

    def write(data, name="image.nii"):
        path = tmp_path / name
        path.write_bytes(data)
        return f"nifti:{path}"

    return write


# What the slices are.


def test_frames_count_from_zero_along_the_third_axis(loading, file):
    image_id = file(nifti_bytes())
    for k in range(5):
        image = loading.load(f"{image_id}?frame={k}")
        assert image.pixels.shape == (4, 3)
        # By hand: row j, column i of slice k is 100 i + 10 j + k.
        assert image.pixels[2, 1] == 100 * 1 + 10 * 2 + k
        np.testing.assert_array_equal(image.pixels, VOXELS[:, :, k].T)


def test_without_a_frame_it_is_the_first_slice(loading, file):
    image = loading.load(file(nifti_bytes()))
    assert image.pixels[0].tolist() == [0, 100, 200]


@pytest.mark.parametrize("image_class", [nibabel.Nifti1Image, nibabel.Nifti2Image])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_pixels_are_native_contiguous_and_read_only(loading, file, image_class, order, compress):
    data = compress(nifti_bytes(image_class=image_class, order=order))
    pixels = loading.load(f"{file(data)}?frame=3").pixels
    assert pixels.dtype == np.int16
    assert pixels.dtype.isnative
    assert pixels.flags.c_contiguous
    assert not pixels.flags.writeable
    np.testing.assert_array_equal(pixels, VOXELS[:, :, 3].T)


@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_a_slice_holds_no_more_memory_than_its_own(loading, file, compress):
    image = loading.load(file(compress(nifti_bytes())))
    assert image.size_in_bytes == 3 * 4 * 2


@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8"])
def test_every_scalar_type_keeps_its_values_and_type(loading, file, dtype):
    limits = np.finfo(dtype) if dtype.startswith("f") else np.iinfo(dtype)
    voxels = np.array([[[limits.min], [0]], [[1], [limits.max]]], dtype)
    data = nifti_bytes(voxels, np.eye(4))
    pixels = loading.load(file(data)).pixels
    assert pixels.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(pixels, voxels[:, :, 0].T)


@pytest.mark.parametrize("channels", ["RGB", "RGBA"])
def test_colours_are_given_as_colours(loading, file, channels):
    colour = np.dtype([(channel, "u1") for channel in channels])
    voxels = np.zeros((3, 4, 2), colour)
    for number, channel in enumerate(channels):
        voxels[channel] = (COLUMN * 50 + ROW * 10 + SLICE * 5 + number)[:, :, :2]
    image = loading.load(f"{file(nifti_bytes(voxels))}?frame=1")
    assert image.pixels.shape == (4, 3, len(channels))
    assert image.pixels[2, 1].tolist() == [75 + number for number in range(len(channels))]
    assert image.photometric_interpretation == "RGB"


def test_the_slices_of_a_later_point_in_time_follow_those_of_the_first(loading, file):
    voxels = np.stack([VOXELS, VOXELS + 1000], axis=-1)
    image = loading.load(f"{file(nifti_bytes(voxels))}?frame={5 + 2}")
    np.testing.assert_array_equal(image.pixels, VOXELS[:, :, 2].T + 1000)
    assert image.plane == loading.load(f"{file(nifti_bytes(voxels))}?frame=2").plane


def test_scaling_display_range_and_place_reach_the_image(loading, file):
    data = nifti_bytes(scl_slope=2, scl_inter=0, cal_min=10, cal_max=400)
    image = loading.load(f"{file(data)}?frame=1")
    np.testing.assert_array_equal(image.modality_values(), VOXELS[:, :, 1].T * 2.0)
    assert image.voi_lut.windows[0].bounds(image.voi_lut.function) == (10, 400)
    assert image.geometry.position_lps == (-10, -20, 34)
    assert not image.geometry_is_default
    assert image.modality == "OT"


def test_real_files_are_read_as_nibabel_reads_them(loading, testdata):
    compared = 0
    refused = {}
    for path in sorted((*testdata.rglob("*.nii"), *testdata.rglob("*.nii.gz"))):
        try:
            loading.load(f"nifti:{path}")
        except PyCornerstoneError as error:
            refused[path.name] = str(error)
            continue
        known = nibabel.load(path)
        if isinstance(known, nibabel.Cifti2Image):
            # CIFTI turns the axes of the array round; here they stay the file's.
            known = nibabel.Nifti2Image.from_filename(path)
        stored = known.dataobj.get_unscaled()
        if stored.dtype.kind == "c":
            stored = np.abs(stored)
        # Voxels as (i, j, frame): slices, then points in time.
        stored = stored.reshape((*stored.shape, 1)[:3] if stored.ndim < 3 else stored.shape)
        stored = stored.reshape((*stored.shape[:2], -1), order="F")
        values = np.asanyarray(known.dataobj).reshape(stored.shape, order="F")
        values = np.abs(values) if values.dtype.kind == "c" else values
        slices = known.shape[2] if known.ndim > 2 else 1
        for frame in sorted({0, 1 % stored.shape[2], stored.shape[2] // 2, stored.shape[2] - 1}):
            image = loading.load(f"nifti:{path}?frame={frame}")
            plane = stored[:, :, frame].T
            if plane.dtype.names:
                plane = np.stack([plane[name] for name in plane.dtype.names], axis=-1)
            else:
                np.testing.assert_allclose(
                    image.modality_values(np.float64), values[:, :, frame].T, rtol=1e-6
                )
            np.testing.assert_array_equal(image.pixels, plane, err_msg=str(path))
            for i, j in ((0, 0), (image.columns - 1, 0), (0, image.rows - 1), (2, 1)):
                expected = [-1, -1, 1] * (known.affine @ [i, j, frame % slices, 1])[:3]
                place = image.geometry.affine @ [i, j, 0, 1]
                np.testing.assert_allclose(place[:3], expected, atol=1e-3, err_msg=str(path))
            compared += 1
    assert compared >= 100
    assert sorted(refused) == [
        "crash-1.nii",
        "crash-ed7d46344d7efb3b9f0c374d66d2e02f66cc447d.nii",
    ]


# Where they come from.


def test_the_content_says_whether_it_is_compressed_not_the_name(loading, file):
    plain = file(nifti_bytes(), "plain.nii.gz")
    compressed = file(gzip.compress(nifti_bytes()), "compressed.nii")
    for image_id in (plain, compressed):
        np.testing.assert_array_equal(loading.load(image_id).pixels, VOXELS[:, :, 0].T)


def test_a_file_url_names_the_same_image_as_its_path(loading, file, tmp_path):
    plain = loading.load(f"{file(nifti_bytes(), 'a b.nii')}?frame=2")
    by_url = loading.load(f"nifti:{(tmp_path / 'a b.nii').as_uri()}?frame=2")
    np.testing.assert_array_equal(by_url.pixels, plain.pixels)
    assert by_url.plane == plain.plane


def test_bytes_after_the_voxels_do_no_harm(loading, file):
    data = nifti_bytes() + bytes(1000)
    assert loading.load(f"{file(data)}?frame=4").pixels[0, 0] == 4
    assert loading.load(f"{file(gzip.compress(data), 'b.nii')}?frame=4").pixels[0, 0] == 4


def test_header_extensions_are_passed_over(loading, tmp_path):
    image = nibabel.Nifti1Image(VOXELS, AFFINE)
    image.header.extensions.append(nibabel.nifti1.Nifti1Extension("comment", b"x" * 100))
    nibabel.save(image, tmp_path / "extended.nii")
    assert loading.load(f"nifti:{tmp_path / 'extended.nii'}?frame=3").pixels[1, 2] == 213


def test_a_file_that_is_large_enough_to_be_mapped_is_read_the_same(loading, file):
    voxels = np.arange(5 << 20, dtype=np.int32).reshape((1024, 1024, 5), order="F")
    image = loading.load(f"{file(nifti_bytes(voxels))}?frame=3")
    assert image.pixels[2, 1] == 3 * 1024 * 1024 + 2 * 1024 + 1
    assert image.size_in_bytes == 4 * 1024 * 1024


def test_metadata_of_a_local_file_is_known_before_it_is_loaded(loading, file):
    for data in (nifti_bytes(), gzip.compress(nifti_bytes())):
        image_id = f"{file(data, f'{len(data)}.nii')}?frame=2"
        assert loading.metadata.get(ImagePlaneModule, image_id).image_position_lps == (-10, -20, 38)
        assert loading.metadata.get(ImagePixelModule, image_id).rows == 4
        # Of a file that is to be decompressed first, not so the window.
        voi = loading.metadata.get(VoiLutModule, image_id)
        assert (voi is None) == (data[:2] == b"\x1f\x8b")


def test_slices_of_one_file_share_a_frame_of_reference_and_those_of_two_do_not(loading, file):
    one, other = file(nifti_bytes(), "a.nii"), file(nifti_bytes(), "b.nii")

    def frame_of_reference(image_id):
        return loading.metadata.get(ImagePlaneModule, image_id).frame_of_reference_uid

    assert frame_of_reference(f"{one}?frame=1") == frame_of_reference(f"{one}?frame=2")
    assert frame_of_reference(one) != frame_of_reference(other)
    # PS3.5 section 9.1 and B.2: a UID made of a UUID, at most 64 characters.
    assert frame_of_reference(one).startswith("2.25.")
    assert len(frame_of_reference(one)) <= 64


@pytest.mark.parametrize("image_id", ["wadouri:https://pacs/a", "web:/a.nii", "niftix:/a.nii"])
def test_images_of_other_schemes_are_not_answered_for(loading, image_id):
    assert loading.loader.provide("imagePlaneModule", image_id) is None


def test_questions_that_nifti_does_not_answer_touch_no_file(loading):
    assert loading.loader.provide("patientModule", "nifti:/no/such/file.nii") is None


def test_metadata_of_a_file_that_is_not_there_is_an_error(loading, tmp_path):
    with pytest.raises(RetrieveError, match="there is no file"):
        loading.loader.provide("imagePlaneModule", f"nifti:{tmp_path / 'none.nii'}")


def test_a_session_loads_it_and_a_users_provider_wins(file):
    image_id = f"{file(gzip.compress(nifti_bytes(scl_slope=2)))}?frame=1"
    mine = ImagePlaneModule(image_position_lps=(1, 2, 3))

    def calibrated(type_name, asked):
        return mine if (type_name, asked) == ("imagePlaneModule", image_id) else None

    with Session() as session:
        session.metadata.add_provider(calibrated)
        image = session.load_and_cache_image(image_id).result(30)
        assert session.cache.get(image_id) is image
    assert image.plane is mine
    np.testing.assert_array_equal(image.modality_values(), VOXELS[:, :, 1].T * 2.0)


# Sharing and keeping.


def test_slices_asked_for_at_once_share_one_decompression(loading, file, inflated):
    image_id = file(gzip.compress(nifti_bytes()))
    frames = loading.retrieve_all([f"{image_id}?frame={k % 5}" for k in range(40)])
    assert len(inflated) == 1
    assert {id(frame.slices.header) for frame in frames} == {id(frames[0].slices.header)}


def test_slices_asked_for_later_need_no_further_decompression(loading, file, inflated):
    image_id = file(gzip.compress(nifti_bytes()))
    for k in range(5):
        loading.load(f"{image_id}?frame={k}")
    assert len(inflated) == 1


def test_a_file_that_was_written_anew_is_read_anew(loading, file, inflated):
    image_id = file(gzip.compress(nifti_bytes()))
    loading.load(image_id)
    file(gzip.compress(nifti_bytes(VOXELS + 1, AFFINE * 2)))
    os.utime(image_id.removeprefix("nifti:"), ns=(0, 0))
    image = loading.load(image_id)
    assert image.pixels[0, 0] == 1
    assert image.plane.image_position_lps == (-20, -40, 60)
    assert len(inflated) == 2


def test_files_are_kept_up_to_the_bytes_that_are_allowed(make_loading, file, inflated):
    size = len(nifti_bytes())
    loading = make_loading(keep_bytes=2 * size)
    a, b, c = (file(gzip.compress(nifti_bytes()), f"{name}.nii.gz") for name in "abc")
    for image_id in (a, b, a, c):
        loading.load(image_id)
    assert len(inflated) == 3
    # b was used longest ago, so it is b that had to go.
    loading.load(a)
    assert len(inflated) == 3
    loading.load(b)
    assert len(inflated) == 4


def test_the_last_file_is_kept_even_if_it_is_larger_than_all_that_may_be(
    make_loading, file, inflated
):
    loading = make_loading(keep_bytes=1)
    image_id = file(gzip.compress(nifti_bytes()))
    for k in range(5):
        loading.load(f"{image_id}?frame={k}")
    assert len(inflated) == 1


def test_one_who_gives_up_leaves_the_file_to_the_others(loading, server):
    server.answer("/a.nii", body=nifti_bytes(), delay_s=0.3)

    async def give_up():
        first = asyncio.ensure_future(loading.loader.retrieve(f"nifti:{server.url('/a.nii')}"))
        second = asyncio.ensure_future(
            loading.loader.retrieve(f"nifti:{server.url('/a.nii')}?frame=1")
        )
        await asyncio.sleep(0.1)
        first.cancel()
        return await asyncio.gather(first, second, return_exceptions=True)

    first, second = loading.run(give_up())
    assert isinstance(first, asyncio.CancelledError)
    assert loading.loader.decode(second).pixels[0, 0] == 1
    assert server.requests("/a.nii") == 1


@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_slices_over_http_make_one_request_however_many_are_asked_for(
    loading, server, compress, inflated
):
    server.answer("/a", body=compress(nifti_bytes()), content_type="application/octet-stream")
    image_id = f"nifti:{server.url('/a')}"
    assert loading.metadata.get(ImagePlaneModule, image_id) is None
    frames = loading.retrieve_all([f"{image_id}?frame={k}" for k in range(5)])
    for k, frame in enumerate(frames):
        np.testing.assert_array_equal(loading.loader.decode(frame).pixels, VOXELS[:, :, k].T)
    assert loading.load(f"{image_id}?frame=2").geometry.position_lps == (-10, -20, 38)
    assert server.requests("/a") == 1
    assert len(inflated) == (compress is gzip.compress)


def test_the_query_of_an_address_is_kept_without_the_frame(loading, server):
    server.answer("/a?key=1", body=nifti_bytes())
    image_id = f"nifti:{server.url('/a')}?frame=2&key=1"
    assert loading.load(image_id).pixels[0, 0] == 2


# What goes wrong.


@pytest.mark.parametrize("frame", [5, 100_000_000_000])
def test_a_slice_that_is_not_there_is_no_image(loading, file, frame):
    image_id = f"{file(nifti_bytes())}?frame={frame}"
    with pytest.raises(ImageIdError, match="it has 5 slices across k, numbered from 0 to 4"):
        loading.load(image_id)


@pytest.mark.parametrize("frame", ["x", "-1", "", "1.5"])
def test_a_frame_that_is_no_number_is_no_image(loading, file, frame):
    with pytest.raises(ImageIdError, match="is not a frame number; they count from 0"):
        loading.load(f"{file(nifti_bytes())}?frame={frame}")


def test_a_file_that_is_not_there_is_not_retrieved(loading, tmp_path):
    with pytest.raises(RetrieveError, match=r"there is no file .*none\.nii"):
        loading.load(f"nifti:{tmp_path / 'none.nii'}")


def test_a_server_that_says_no_is_heard(loading, server):
    server.answer("/a.nii", status=404)
    with pytest.raises(HttpStatusError, match="gave HTTP 404"):
        loading.load(f"nifti:{server.url('/a.nii')}")


@pytest.mark.parametrize("content_type", ["text/html; charset=utf-8", "application/json"])
def test_a_page_in_place_of_a_file_is_not_taken_for_one(loading, server, content_type):
    server.answer("/a.nii", body=b"<html>please log in</html>", content_type=content_type)
    expected = f"gave {content_type.partition(';')[0]}, a NIfTI file was expected"
    with pytest.raises(ContentTypeError, match=expected):
        loading.load(f"nifti:{server.url('/a.nii')}")


def test_an_empty_answer_is_no_file(loading, server):
    server.answer("/a.nii", body=b"")
    with pytest.raises(DecodeError, match="gave an empty answer, a NIfTI file was expected"):
        loading.load(f"nifti:{server.url('/a.nii')}")


def test_secrets_of_an_address_are_not_in_its_errors(loading, server):
    server.answer("/a.nii?token=s3cret", body=b"")
    with pytest.raises(DecodeError) as raised:
        loading.load(f"nifti:{server.url('/a.nii')}?token=s3cret")
    assert "s3cret" not in str(raised.value)


def test_another_kind_of_file_is_described(loading, file):
    for data in (b"%PDF-1.7" * 100, gzip.compress(b"%PDF-1.7" * 100)):
        with pytest.raises(DecodeError, match="not a NIfTI file: it starts with b'%PDF'"):
            loading.load(file(data))


def test_those_who_wait_together_each_have_an_error_of_their_own(loading, file):
    image_id = file(b"nothing of the kind")
    errors = loading.retrieve_all([f"{image_id}?frame={k}" for k in range(4)])
    assert all(isinstance(error, DecodeError) for error in errors)
    assert len({id(error) for error in errors}) == 4


def test_after_a_failure_the_file_is_read_again(loading, file):
    image_id = file(b"nothing of the kind")
    with pytest.raises(DecodeError):
        loading.load(image_id)
    file(nifti_bytes())
    assert loading.load(image_id).pixels[0, 1] == 100


@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_a_file_cut_short_is_refused_whichever_slice_is_asked_for(loading, file, compress):
    data = nifti_bytes()
    with pytest.raises(
        DecodeError,
        match=r"says 3 x 4 x 5 x 1 voxels, which need 472 bytes, but the file has 471; the file is",
    ):
        loading.load(file(compress(data[:-1])))


@pytest.mark.parametrize("kept", [11, 100, -1])
def test_gzip_cut_short_is_refused(loading, file, kept):
    with pytest.raises(DecodeError):
        loading.load(file(gzip.compress(nifti_bytes())[:kept]))


def test_gzip_damaged_at_its_start_is_refused(loading, file):
    data = bytearray(gzip.compress(nifti_bytes()))
    data[10:20] = b"\xff" * 10
    with pytest.raises(DecodeError, match=r"the gzip file is damaged: .* copy the file again"):
        loading.load(file(data))


def test_gzip_whose_checksum_is_wrong_is_refused(loading, file):
    data = bytearray(gzip.compress(nifti_bytes()))
    data[-8] ^= 0xFF
    with pytest.raises(DecodeError):
        loading.load(file(data))


@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_sizes_that_lie_are_refused_before_memory_is_taken(loading, file, compress, inflated):
    dim = [3, 32767, 32767, 32767, 1, 1, 1, 1]
    with pytest.raises(DecodeError, match="32767 x 32767 x 32767 x 1 voxels, which need 7036"):
        loading.load(file(compress(nifti_bytes(dim=dim))))
    assert inflated == []


def test_what_decompresses_to_more_than_allowed_is_refused(make_loading, file, inflated):
    loading = make_loading(LoadLimits(volume_bytes=471))
    with pytest.raises(DecodeError, match="decompresses to 472 bytes, more than the 471 that are"):
        loading.load(file(gzip.compress(nifti_bytes())))
    assert inflated == []


def test_a_bomb_behind_a_small_header_is_not_decompressed(loading, file):
    bomb = gzip.compress(nifti_bytes() + bytes(200 << 20), 9)
    assert len(bomb) < 1 << 20
    with pytest.raises(DecodeError):
        loading.load(file(bomb))


@pytest.mark.parametrize("seed", range(100))
def test_a_damaged_file_is_an_image_or_an_error_of_ours(loading, file, seed):
    chance = random.Random(seed)
    image_class = chance.choice([nibabel.Nifti1Image, nibabel.Nifti2Image])
    data = bytearray(nifti_bytes(image_class=image_class, order=chance.choice("<>")))
    compressed = chance.random() < 0.5
    if compressed and chance.random() < 0.5:
        data, compressed = bytearray(gzip.compress(data)), False
    for _ in range(chance.randint(1, 12)):
        # Most of them in the header, where they hurt.
        data[chance.randrange(min(len(data), 560))] = chance.randrange(256)
    del data[chance.choice([len(data), chance.randrange(len(data))]) :]
    image_id = file(gzip.compress(data) if compressed else data or b"\0")
    try:
        image = loading.load(image_id)
    except PyCornerstoneError:
        return
    assert isinstance(image, Image)
    assert image.pixels.size > 0


def test_files_are_opened_in_no_thread_of_the_event_loop(loading, file, monkeypatch):
    threads = []

    def gunzip(data, limit, enough):
        threads.append(threading.current_thread())
        return real(data, limit, enough)

    real = nifti_volume.gunzip

    monkeypatch.setattr(nifti_volume, "gunzip", gunzip)
    loading.load(file(gzip.compress(nifti_bytes())))
    assert threads
    assert threading.main_thread() not in threads


# The window of a file whose header has none.


def window_of(image):
    (window,) = image.voi_lut.windows
    return window.bounds(image.voi_lut.function)


@pytest.mark.parametrize("packed", [False, True])
def test_slices_of_every_axis_and_time_have_one_window(packed, loading, file):
    voxels = np.stack([VOXELS, 3 * VOXELS - 50], axis=-1)
    data = nifti_bytes(voxels, scl_slope=2, scl_inter=1)
    name = file(gzip.compress(data) if packed else data)
    frames = {"i": 6, "j": 8, "k": 10}

    windows = {
        window_of(loading.load(f"{name}?frame={frame}&axis={axis}"))
        for axis, count in frames.items()
        for frame in range(count)
    }

    # Of the second point in time the middle slice is looked at, where VOXELS are 2 to 232.
    assert windows == {((3 * 2 - 50) * 2 + 1, (3 * 232 - 50) * 2 + 1)}


def test_the_voxels_are_looked_at_once_wherever_they_are(loading, file, server, monkeypatch):
    looked = []

    def sampled_range(header, data):
        looked.append(len(data))
        return real(header, data)

    real = nifti_window.sampled_range
    monkeypatch.setattr(nifti_window, "sampled_range", sampled_range)
    data = nifti_bytes()
    held = loading.sources.hold(data)
    sources = [file(data), file(gzip.compress(data), "b.nii"), f"nifti:{held}"]
    for count, name in enumerate(sources, 1):
        for frame in (3, 1, 4):
            assert window_of(loading.load(f"{name}?frame={frame}")) == (0, 234)
        assert len(looked) == count


def test_an_array_does_not_look_for_a_window(file, monkeypatch):
    def sampled_range(header, data):
        raise AssertionError

    monkeypatch.setattr(nifti_window, "sampled_range", sampled_range)
    name = file(nifti_bytes())
    with Session() as session:
        array = session.load_array([f"{name}?frame={n}" for n in range(5)]).result(timeout=20)
    np.testing.assert_array_equal(array, VOXELS.T)


def test_what_the_header_and_what_the_user_says_of_the_window_goes_first(loading, file):
    told = f"{file(nifti_bytes(cal_min=10, cal_max=400), 'told.nii')}?frame=1"
    assert window_of(loading.load(told)) == (10, 400)
    mine = VoiLutModule(
        (VoiWindow.from_bounds(5, 6, VoiFunction.LINEAR_EXACT),), VoiFunction.LINEAR_EXACT
    )
    loading.metadata.add_provider(lambda kind, _: mine if kind == mine.type_name else None, 10)
    assert window_of(loading.load(f"{file(nifti_bytes())}?frame=1")) == (5, 6)


def test_a_file_that_is_cut_short_has_metadata_and_no_window(loading, file):
    name = f"{file(nifti_bytes()[:-1])}?frame=1"
    assert loading.metadata.get(ImagePixelModule, name).rows == 4
    assert loading.metadata.get(VoiLutModule, name) is None


def test_a_file_written_anew_has_a_new_window(loading, file):
    name = f"{file(nifti_bytes())}?frame=1"
    assert loading.metadata.get(VoiLutModule, name).windows[0].width == 234
    file(nifti_bytes(np.pad(2 * VOXELS, 1)))
    assert window_of(loading.load(name)) == (0, 468)
    assert loading.metadata.get(VoiLutModule, name).windows[0].width == 468


def test_of_another_machine_the_window_is_known_once_a_slice_was_loaded(loading, server):
    for path, data in (("/a.nii", nifti_bytes()), ("/b.nii.gz", gzip.compress(nifti_bytes()))):
        server.answer(path, body=data)
        name = loading.run(loading.loader.image_ids(server.url(path)))[1]
        assert loading.metadata.get(VoiLutModule, name) is None
        loading.load(name)
        assert loading.metadata.get(VoiLutModule, f"{name}&axis=i").windows[0].width == 234


def test_of_any_file_system_all_slices_have_one_window():
    import fsspec

    fsspec.filesystem("memory").pipe("/windows/a.nii", nifti_bytes())
    with Session() as session:
        names = session.image_ids_from_nifti("memory://windows/a.nii").result(timeout=20)
        images = [session.load_image(name).result(timeout=20) for name in names]
    assert [window_of(image) for image in images] == [(0, 234)] * 5
