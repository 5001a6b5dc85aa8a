"""Pages and frames of pictures by imageId: each right, and their file brought and opened once."""

from __future__ import annotations

import asyncio
import base64
import io
import os
import zipfile

import numpy as np
import pytest
import tifffile
from PIL import Image as Pillow

from pycornerstone.codecs.pillow_file import PillowFrames
from pycornerstone.errors import DecodeError, HttpStatusError, ImageIdError, RetrieveError
from pycornerstone.loaders import web
from pycornerstone.model.limits import LoadLimits
from pycornerstone.model.modules import ImagePixelModule
from pycornerstone.session.session import Session
from pycornerstone.testing import ct_phantom, ct_series, nifti_phantom

FRAMES = np.random.default_rng(1).integers(0, 256, (5, 12, 16), np.uint8)
PAGES = np.random.default_rng(2).integers(0, 65536, (4, 10, 14), np.uint16)
TIMEOUT = 20


def animation(frames=FRAMES, kind="PNG", **options):
    """Write an animation with Pillow."""
    images = [Pillow.fromarray(frame) for frame in frames]
    file = io.BytesIO()
    images[0].save(file, kind, save_all=True, append_images=images[1:], **options)
    return file.getvalue()


def pages(samples=PAGES):
    """Write a TIFF with tifffile."""
    file = io.BytesIO()
    with tifffile.TiffWriter(file) as writer:
        for page in samples:
            writer.write(page, photometric="minisblack", contiguous=False)
    return file.getvalue()


def grey(image):
    """Give the greys of an image that may be RGB or RGBA with equal channels."""
    return image.pixels if image.pixels.ndim == 2 else image.pixels[..., 0]


@pytest.fixture
def opened(monkeypatch):
    """Give the sizes of the files that were opened since."""
    sizes = []
    open_picture = web.open_picture

    def counting(data, max_bytes):
        sizes.append(len(data))
        return open_picture(data, max_bytes)

    monkeypatch.setattr(web, "open_picture", counting)
    return sizes


# Which frame it is.


@pytest.mark.parametrize(
    ("data", "frames"), [(animation(), FRAMES), (pages(), PAGES)], ids=["apng", "tiff"]
)
def test_frames_count_from_1_wherever_the_file_is(session, server, tmp_path, data, frames):
    path = tmp_path / "frames"
    path.write_bytes(data)
    server.answer("/frames", body=data)
    addresses = [
        f"web:{path}",
        f"web:{path.as_uri()}",
        f"web:{server.url('/frames')}",
        server.url("/frames"),
        f"web:{session.hold_bytes(data)}",
        f"data:;base64,{base64.b64encode(data).decode()}",
    ]
    for address in addresses:
        first = session.load_image(address).result(TIMEOUT)
        np.testing.assert_array_equal(grey(first), frames[0])
        for number in (3, 1, len(frames)):
            image = session.load_image(f"{address}#frame={number}").result(TIMEOUT)
            assert image.pixels.dtype == frames.dtype
            np.testing.assert_array_equal(grey(image), frames[number - 1])


@pytest.mark.parametrize("number", [6, 1000])
def test_a_frame_that_is_not_there_is_said_with_how_many_there_are(session, tmp_path, number):
    (tmp_path / "a.png").write_bytes(animation())
    with pytest.raises(ImageIdError, match=rf"frame {number} .* 5 frames, which count from 1"):
        session.load_image(f"web:{tmp_path / 'a.png'}#frame={number}").result(TIMEOUT)


def test_a_still_picture_has_frame_1_alone(session, tmp_path):
    (tmp_path / "a.png").write_bytes(animation(FRAMES[:1]))
    image = session.load_image(f"web:{tmp_path / 'a.png'}#frame=1").result(TIMEOUT)
    np.testing.assert_array_equal(image.pixels, FRAMES[0])
    with pytest.raises(ImageIdError, match="1 frame"):
        session.load_image(f"web:{tmp_path / 'a.png'}#frame=2").result(TIMEOUT)


def test_a_frame_named_as_those_of_dicom_says_how_it_is_named(session, tmp_path):
    (tmp_path / "a.png").write_bytes(animation())
    with pytest.raises(ImageIdError, match="write '#frame=2' in place of '\\?frame=2'"):
        session.load_image(f"web:{tmp_path / 'a.png'}?frame=2").result(TIMEOUT)
    # Such a file may be there.
    (tmp_path / "b.png?frame=2").write_bytes(animation())
    image = session.load_image(f"web:{tmp_path / 'b.png?frame=2'}#frame=3").result(TIMEOUT)
    np.testing.assert_array_equal(image.pixels, FRAMES[2])


# Brought once.


def test_all_frames_asked_for_at_once_are_one_request(session, server, opened):
    server.answer("/frames.png", body=animation(), delay_s=0.1)
    ids = [f"{server.url('/frames.png')}#frame={number}" for number in range(1, 6)]
    images = [load.result(TIMEOUT) for load in [session.load_image(i) for i in ids * 4]]
    for image, frame in zip(images, [*FRAMES] * 4, strict=True):
        np.testing.assert_array_equal(image.pixels, frame)
    assert server.requests("/frames.png") == 1
    # And of those that come later.
    session.load_image(ids[2]).result(TIMEOUT)
    assert server.requests("/frames.png") == len(opened) == 1


def test_a_local_file_is_opened_once_and_again_when_it_has_changed(session, tmp_path, opened):
    path = tmp_path / "frames.png"
    path.write_bytes(animation())
    ids = [f"web:{path}#frame={number}" for number in range(1, 6)]
    for load in [session.load_image(i) for i in ids * 4]:
        load.result(TIMEOUT)
    assert len(opened) == 1
    path.write_bytes(animation(255 - FRAMES[::-1]) + b" ")
    image = session.load_image(ids[1]).result(TIMEOUT)
    np.testing.assert_array_equal(image.pixels, 255 - FRAMES[3])
    assert len(opened) == 2


def test_a_file_that_took_the_place_of_another_is_opened_though_time_and_size_are_the_same(
    session, tmp_path
):
    path, other = tmp_path / "pages.tif", tmp_path / "other.tif"
    path.write_bytes(pages())
    other.write_bytes(pages(65535 - PAGES))
    ids = session.image_ids_from_web(path).result(TIMEOUT)
    np.testing.assert_array_equal(session.load_image(ids[1]).result(TIMEOUT).pixels, PAGES[1])
    status = path.stat()
    os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert other.stat().st_size == status.st_size
    other.replace(path)
    image = session.load_image(ids[1]).result(TIMEOUT)
    np.testing.assert_array_equal(image.pixels, 65535 - PAGES[1])


def test_a_picture_in_an_archive_is_brought_again_when_the_archive_has_changed(session, tmp_path):
    archive = tmp_path / "a.zip"
    for samples in (PAGES, 65535 - PAGES):
        with zipfile.ZipFile(archive, "w") as written:
            written.writestr("pages.tif", pages(samples))
            written.writestr("more", bytes(int(samples[0, 0, 0]) % 100))
        ids = session.image_ids_from_web(f"zip://pages.tif::{archive.as_uri()}").result(TIMEOUT)
        for image_id, page in zip(ids, samples, strict=True):
            image = session.load_image(image_id).result(TIMEOUT)
            np.testing.assert_array_equal(image.pixels, page)
        pixel = session.metadata.get(ImagePixelModule, ids[0])
        assert (pixel.rows, pixel.columns) == PAGES.shape[1:]


def test_profiles_of_many_pictures_do_not_pile_up(session):
    # Of 1 MiB each, and no two alike.
    for number in range(80):
        file = io.BytesIO()
        profile = bytearray([number]) * (1 << 20)
        # What a header says of itself (ICC.1, section 7.2): a profile of grey.
        profile[:4], profile[16:20], profile[36:40] = (1 << 20).to_bytes(4), b"GRAY", b"acsp"
        profile = bytes(profile)
        Pillow.fromarray(FRAMES[0]).save(file, "PNG", icc_profile=profile, compress_level=1)
        address = session.hold_bytes(file.getvalue())
        image = session.load_image(f"web:{address}").result(TIMEOUT)
        assert image.icc_profile == profile
        session.release_bytes(address)
    known = session.loaders.built_in("web")._modules
    held = [known.provide("imagePixelModule", i).icc_profile for i in [*known._modules]]
    assert len(held) == 64
    assert session.metadata.get(ImagePixelModule, f"web:{address}").icc_profile == profile


def test_one_that_arrives_broken_fails_each_frame_by_its_name(session, server):
    server.answer("/frames.png", body=animation()[:60], delay_s=0.05)
    ids = [f"{server.url('/frames.png')}#frame={number}" for number in (1, 2, 3)]
    for image_id, load in [(i, session.load_image(i)) for i in ids]:
        error = load.exception(TIMEOUT)
        assert isinstance(error, DecodeError)
        assert error.image_id == image_id
    # It is asked for anew.
    server.answer("/frames.png", body=animation())
    image = session.load_image(ids[2]).result(TIMEOUT)
    np.testing.assert_array_equal(image.pixels, FRAMES[2])


def test_one_frame_cancelled_leaves_the_others(session, server):
    server.answer("/frames.png", body=animation(), delay_s=0.2)
    loads = [session.load_image(f"{server.url('/frames.png')}#frame={n}") for n in (1, 2)]
    loads[0].cancel()
    np.testing.assert_array_equal(loads[1].result(TIMEOUT).pixels, FRAMES[1])
    assert loads[0].cancelled()


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF"])
def test_scrolling_back_and_at_random_gives_the_right_frames(session, kind):
    levels = np.arange(0, 250, 2, dtype=np.uint8)
    options = {"lossless": True} if kind == "WEBP" else {}
    frames = [np.full((8, 9), level, np.uint8) for level in levels]
    ids = session.image_ids_from_web(animation(frames, kind, **options)).result(TIMEOUT)
    assert len(ids) == len(levels)
    order = [*range(len(ids) - 1, -1, -1), *np.random.default_rng(4).permutation(len(ids))]
    # All at once, so that threads take them in any order too.
    loads = [session.load_image(ids[index]) for index in order]
    shown = [int(grey(load.result(TIMEOUT))[0, 0]) for load in loads]
    assert shown == [levels[index] for index in order]


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
def test_going_back_frame_by_frame_does_not_begin_anew_each_time(session, kind, monkeypatch):
    decoded = []
    of_frame = PillowFrames._decoded

    def counting(self, index, mode):
        decoded.append(index)
        return of_frame(self, index, mode)

    monkeypatch.setattr(PillowFrames, "_decoded", counting)
    frames = [np.full((8, 9), level, np.uint8) for level in range(0, 200, 2)]
    ids = session.image_ids_from_web(animation(frames, kind)).result(TIMEOUT)
    for image_id in [*ids, *reversed(ids)]:
        session.load_image(image_id).result(TIMEOUT)
    # Once there, and once back at the most.
    assert len(decoded) <= 2 * len(ids)


def test_bytes_that_were_released_are_let_go_of(session):
    address = session.hold_bytes(animation())
    image = session.load_image(f"web:{address}#frame=2").result(TIMEOUT)
    session.release_bytes(address)
    with pytest.raises(RetrieveError, match="is not held"):
        session.load_image(f"web:{address}#frame=3").result(TIMEOUT)
    np.testing.assert_array_equal(image.pixels, FRAMES[1])


# Listing them.


def test_frames_are_listed(session, server, tmp_path):
    path, still = tmp_path / "pages.tif", tmp_path / "still.png"
    path.write_bytes(pages())
    still.write_bytes(animation(FRAMES[:1]))
    server.answer("/pages.tif", body=pages())
    for source in (path, str(path), f"web:{path}", f"{path}#frame=2", server.url("/pages.tif")):
        listed = session.image_ids_from_web(source).result(TIMEOUT)
        base = str(source).removeprefix("web:").removesuffix("#frame=2")
        assert listed == [f"web:{base}#frame={number}" for number in (1, 2, 3, 4)]
    assert session.image_ids_from_web(still).result(TIMEOUT) == [f"web:{still}"]
    listed = session.image_ids_from_web(pages()).result(TIMEOUT)
    assert [i.rpartition("#")[2] for i in listed] == [f"frame={n}" for n in (1, 2, 3, 4)]
    image = session.load_image(listed[3]).result(TIMEOUT)
    np.testing.assert_array_equal(image.pixels, PAGES[3])
    assert server.requests("/pages.tif") == 1


@pytest.mark.parametrize("count", [1, 5])
def test_listing_and_loading_is_one_request(session, server, count, opened):
    server.answer("/a.png", body=animation(FRAMES[:count]))
    listed = session.image_ids_from_web(server.url("/a.png")).result(TIMEOUT)
    assert len(listed) == count
    for image_id, frame in zip(listed, FRAMES, strict=False):
        np.testing.assert_array_equal(session.load_image(image_id).result(TIMEOUT).pixels, frame)
    assert server.requests("/a.png") == len(opened) == 1
    assert session.metadata.get("frameImageIds", listed[0]) == tuple(listed)


def test_a_list_that_cannot_be_had_says_why(session, server, tmp_path):
    server.answer("/none.png", status=404)
    with pytest.raises(HttpStatusError, match="404"):
        session.image_ids_from_web(server.url("/none.png")).result(TIMEOUT)
    with pytest.raises(RetrieveError, match="there is no file"):
        session.image_ids_from_web(tmp_path / "none.png").result(TIMEOUT)
    with pytest.raises(DecodeError):
        session.image_ids_from_web(b"nothing that is a picture").result(TIMEOUT)


# What is no picture, or too large a one.


def test_what_is_dicom_or_nifti_says_how_it_is_loaded(session, server, tmp_path):
    phantom = ct_phantom(1, 16, 16)
    dicom, nifti = ct_series(phantom)[0], nifti_phantom(phantom, compressed=False)
    (tmp_path / "a.dcm").write_bytes(dicom)
    (tmp_path / "a.nii").write_bytes(nifti)
    (tmp_path / "a.nii.gz").write_bytes(nifti_phantom(phantom))
    server.answer("/a", body=dicom, content_type="application/dicom")
    for address, wanted in (
        (f"web:{tmp_path / 'a.dcm'}", f"dicomfile:{tmp_path / 'a.dcm'}"),
        (f"web:{tmp_path / 'a.nii'}", f"nifti:{tmp_path / 'a.nii'}"),
        (f"web:{tmp_path / 'a.nii.gz'}", f"nifti:{tmp_path / 'a.nii.gz'}"),
        (server.url("/a"), f"wadouri:{server.url('/a')}"),
    ):
        with pytest.raises(DecodeError, match="no picture; load it as") as raised:
            session.load_image(address).result(TIMEOUT)
        assert wanted in str(raised.value)
        # What it says is right.
        session.load_image(wanted).result(TIMEOUT)


def test_one_that_is_larger_than_allowed_is_refused(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(animation(FRAMES[:1]))
    with (
        Session(limits=LoadLimits(picture_bytes=12 * 16 - 1)) as session,
        pytest.raises(DecodeError, match="191"),
    ):
        session.load_image(f"web:{path}").result(TIMEOUT)
    with Session(limits=LoadLimits(picture_bytes=12 * 16 * 2)) as session:
        assert session.load_image(f"web:{path}").result(TIMEOUT).rows == 12


# Into an array.


def test_frames_and_lists_of_pictures_become_one_array(session, server, tmp_path):
    for number, page in enumerate(PAGES):
        (tmp_path / f"{number}.png").write_bytes(animation([page]))
        server.answer(f"/{number}.png", body=animation([page]))
    (tmp_path / "pages.tif").write_bytes(pages())
    for ids in (
        [f"web:{tmp_path / f'{number}.png'}" for number in range(4)],
        [server.url(f"/{number}.png") for number in range(4)],
        session.image_ids_from_web(tmp_path / "pages.tif").result(TIMEOUT),
    ):
        array = session.load_array(ids).result(TIMEOUT)
        assert array.dtype == np.uint16
        np.testing.assert_array_equal(array, PAGES)


def test_pictures_with_alpha_become_an_array_of_four_samples(session):
    samples = np.random.default_rng(3).integers(0, 256, (2, 5, 7, 4), np.uint8)
    ids = [f"web:{session.hold_bytes(animation([each]))}" for each in samples]
    np.testing.assert_array_equal(session.load_array(ids).result(TIMEOUT), samples)


async def _awaited(session, image_ids):
    return await asyncio.gather(*(session.load_image(i) for i in image_ids))


def test_frames_can_be_awaited_together(session, tmp_path):
    (tmp_path / "a.png").write_bytes(animation())
    ids = [f"web:{tmp_path / 'a.png'}#frame={number}" for number in (5, 1)]
    last, first = asyncio.run(_awaited(session, ids))
    np.testing.assert_array_equal(last.pixels, FRAMES[4])
    np.testing.assert_array_equal(first.pixels, FRAMES[0])
