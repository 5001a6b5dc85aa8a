"""Frames by WADO-RS that are shown before they are all there, or asked for in part."""

from __future__ import annotations

import functools
import json
import threading
import time
from typing import TYPE_CHECKING

import imagecodecs
import numpy as np
import pytest
from pydicom import uid as uids

from pycornerstone.loaders.frame_watch import FrameWatch
from pycornerstone.loaders.protocol import LoadOptions
from pycornerstone.model.events import Event
from pycornerstone.model.image import ImageQuality
from pycornerstone.model.requests import RequestType
from pycornerstone.retrieve.http_settings import HttpSettings
from pycornerstone.session.session import Session
from pycornerstone.testing.dicom_series import ct_series
from pycornerstone.testing.dicomweb_server import SampleServer
from pycornerstone.testing.phantoms import ct_phantom
from pycornerstone.testing.served_instances import ServedInstance
from pycornerstone.viewports.stack import StackViewport

if TYPE_CHECKING:
    from collections.abc import Iterator

SUBRESOLUTION, QUARTER, HALF = (
    ImageQuality.SUBRESOLUTION,
    ImageQuality.QUARTER_RESOLUTION,
    ImageQuality.HALF_RESOLUTION,
)
PROGRESSIVE = [uids.HTJ2KLossless, uids.JPEG2000Lossless]
WAIT_S = 20.0


@functools.cache
def instance(syntax, size=256) -> ServedInstance:
    """Give the middle slice of a small CT, as it is served."""
    return ServedInstance.from_part10(ct_series(ct_phantom(3, size, size), syntax)[1])


@pytest.fixture
def session() -> Iterator[Session]:
    with Session(http=HttpSettings(backoff_s=0.01)) as session:
        yield session


def serve(server, syntax=uids.HTJ2KLossless, size=256, *, as_stored=False, **how):
    """Serve an instance by hand, its frame slowly or not at all well, and give its imageId."""
    served = instance(syntax, size)
    path = "/dicom" + served.path
    server.answer(
        path + "/metadata",
        body=json.dumps([served.attributes()]).encode(),
        content_type="application/dicom+json",
    )
    body = served.frame_bodies[0]
    boundary = body[2 : body.index(b"\r\n")].decode()
    kind = f'multipart/related; type="{served.media_type}"; boundary={boundary}'
    if as_stored:
        body, kind = bytes(served.frames[0]), f"{served.media_type}; transfer-syntax={syntax}"
    server.answer(path + "/frames/1", body=body, content_type=kind, **how)
    return f"wadors:{server.address}{path}/frames/1", path + "/frames/1"


def whole(syntax):
    """Decode the frame by itself."""
    codec = imagecodecs.htj2k_decode if syntax == uids.HTJ2KLossless else imagecodecs.jpeg2k_decode
    return codec(bytes(instance(syntax).frames[0]))


def watched(session, image_id, options=None):
    """Load an image, and give the load with what was shown of it before it was whole."""
    shown = []
    load = session.load_and_cache_image(image_id, options or LoadOptions())
    load.add_partial_callback(shown.append)
    return load, shown


@pytest.mark.parametrize("as_stored", [False, True])
@pytest.mark.parametrize("syntax", PROGRESSIVE)
def test_a_slow_frame_is_shown_before_it_is_whole(server, session, syntax, as_stored):
    length = len(instance(syntax).frames[0])
    image_id, _ = serve(server, syntax, as_stored=as_stored, bytes_per_s=length / 1.5)

    load, shown = watched(session, image_id)
    image = load.result(WAIT_S)

    assert image.quality is ImageQuality.FULL_RESOLUTION
    np.testing.assert_array_equal(image.pixels, whole(syntax))
    qualities = [partial.quality for partial in shown]
    assert qualities == sorted(set(qualities))
    assert len(qualities) >= 2
    assert qualities[-1] is HALF
    errors = [np.abs(partial.pixels - image.pixels.astype(float)).mean() for partial in shown]
    assert errors == sorted(errors, reverse=True)
    for partial in shown:
        assert partial.pixels.shape == image.pixels.shape
        assert partial.pixels.dtype == image.pixels.dtype
        assert partial.voi_lut == image.voi_lut
        assert partial.plane == image.plane
        assert partial.image_id == image_id


def test_what_is_shown_early_is_told_and_kept_until_it_is_whole(server, session):
    image_id, _ = serve(server, bytes_per_s=len(instance(uids.HTJ2KLossless).frames[0]) / 1.5)
    told = []
    kept = []
    session.events.subscribe(
        Event.IMAGE_PARTIALLY_LOADED, lambda detail: told.append(detail.image.quality)
    )
    load = session.load_and_cache_image(image_id)
    load.add_partial_callback(lambda _: kept.append(session.cache.get(image_id).quality))
    load.result(WAIT_S)

    assert told
    assert kept
    assert set(kept) <= {SUBRESOLUTION, QUARTER, HALF, ImageQuality.FULL_RESOLUTION}
    assert session.cache.get(image_id).quality is ImageQuality.FULL_RESOLUTION


def test_a_prefetch_that_somebody_wants_to_see_is_shown_from_then_on(server, session):
    image_id, path = serve(server, bytes_per_s=len(instance(uids.HTJ2KLossless).frames[0]) / 2)
    session.load_and_cache_image(image_id, LoadOptions(RequestType.PREFETCH))
    server.wait_until(lambda: server.requests(path) == 1)
    time.sleep(0.4)  # it is on its way

    load, shown = watched(session, image_id)
    load.result(WAIT_S)

    assert shown
    assert shown[-1].quality is HALF
    assert server.requests(path) == 1


def test_an_answer_whose_first_part_does_not_begin_is_not_searched_for_ever():
    looked = []
    watch = FrameWatch("multipart/related; boundary=x", looked.append)
    chunks = [b"--y\r\n" * 4096] * 2

    assert watch.look(chunks) is None
    assert not watch.is_hopeless
    chunks += [b"--y\r\n" * 4096] * 2

    assert watch.look(chunks) is None
    assert watch.is_hopeless
    assert looked == []


def test_a_fast_frame_is_shown_once(server, session):
    image_id, path = serve(server)

    load, shown = watched(session, image_id)

    assert load.result(WAIT_S).quality is ImageQuality.FULL_RESOLUTION
    assert shown == []
    assert server.requests(path) == 1


@pytest.mark.parametrize("syntax", [uids.ExplicitVRLittleEndian, uids.JPEGLSLossless])
def test_other_encodings_are_shown_when_they_are_whole(server, session, syntax):
    length = len(instance(syntax).frames[0])
    image_id, path = serve(server, syntax, bytes_per_s=length / 0.5)

    load, shown = watched(session, image_id)

    assert load.result(WAIT_S).quality is ImageQuality.FULL_RESOLUTION
    assert shown == []
    assert server.requests(path) == 1


def test_a_frame_that_breaks_off_is_asked_for_again(server, session):
    length = len(instance(uids.HTJ2KLossless).frames[0])
    image_id, path = serve(server, bytes_per_s=length / 0.5, cut_after=length * 3 // 4, times=1)
    serve(server)

    load, shown = watched(session, image_id)

    np.testing.assert_array_equal(load.result(WAIT_S).pixels, whole(uids.HTJ2KLossless))
    assert shown
    assert server.requests(path) == 2


def test_cancelling_while_it_is_shown_ends_the_transfer(server, session):
    length = len(instance(uids.HTJ2KLossless).frames[0])
    image_id, path = serve(server, bytes_per_s=length / 4)
    load = session.load_and_cache_image(image_id)
    is_shown = threading.Event()
    load.add_partial_callback(lambda _: is_shown.set())
    assert is_shown.wait(WAIT_S)

    load.cancel()

    server.wait_until(lambda: server.disconnects(path) == 1)
    assert load.cancelled()


class TestLessThanAll:
    """LoadOptions.quality below full resolution."""

    @pytest.fixture
    def archive(self) -> Iterator[SampleServer]:
        with SampleServer() as archive:
            yield archive

    @pytest.mark.parametrize("quality", [SUBRESOLUTION, QUARTER])
    @pytest.mark.parametrize("syntax", PROGRESSIVE)
    def test_a_range_of_bytes_is_asked_for(self, session, archive, syntax, quality):
        archive.add_instance(instance(syntax).data)
        (image_id,) = archive.image_ids("wadors")
        options = LoadOptions(RequestType.THUMBNAIL, quality=quality)

        load = session.load_and_cache_image(image_id, options)
        image = load.result(WAIT_S)

        assert quality <= image.quality < ImageQuality.FULL_RESOLUTION
        assert image.pixels.shape == (256, 256)
        assert load.progress.loaded < len(instance(syntax).data) * 0.7
        assert archive.requests(image_id.partition(archive.address)[2]) == 1

    def test_a_better_one_takes_its_place(self, session, archive):
        archive.add_instance(instance(uids.HTJ2KLossless).data)
        (image_id,) = archive.image_ids("wadors")
        session.load_and_cache_image(image_id, LoadOptions(quality=QUARTER)).result(WAIT_S)
        assert session.cache.get(image_id).quality < ImageQuality.FULL_RESOLUTION

        image = session.load_and_cache_image(image_id).result(WAIT_S)

        np.testing.assert_array_equal(image.pixels, whole(uids.HTJ2KLossless))
        assert session.cache.get(image_id).quality is ImageQuality.FULL_RESOLUTION

    def test_a_server_that_knows_no_ranges_is_left_as_soon_as_it_is_enough(self, server, session):
        length = len(instance(uids.HTJ2KLossless, 512).frames[0])
        image_id, path = serve(server, size=512, bytes_per_s=length / 3)

        image = session.load_image(image_id, LoadOptions(quality=SUBRESOLUTION)).result(WAIT_S)

        assert image.quality < ImageQuality.FULL_RESOLUTION
        assert server.requests(path) == 1
        server.wait_until(lambda: server.disconnects(path) == 1)

    @pytest.mark.parametrize("syntax", [uids.ExplicitVRLittleEndian, uids.JPEGLSLossless])
    def test_what_cannot_be_had_in_part_comes_whole(self, session, archive, syntax):
        archive.add_instance(instance(syntax).data)
        (image_id,) = archive.image_ids("wadors")

        image = session.load_image(image_id, LoadOptions(quality=SUBRESOLUTION)).result(WAIT_S)

        assert image.quality is ImageQuality.FULL_RESOLUTION

    def test_series_that_cannot_be_had_in_part_are_asked_for_parts_once(self, session, archive):
        for data in ct_series(ct_phantom(3, 64, 64), uids.ExplicitVRLittleEndian):
            archive.add_instance(data)
        image_ids = archive.image_ids("wadors")

        for image_id in image_ids:
            session.load_image(image_id, LoadOptions(quality=SUBRESOLUTION)).result(WAIT_S)

        paths = [image_id.partition(archive.address)[2] for image_id in image_ids]
        assert [archive.requests(path) for path in paths] == [2, 1, 1]

    def test_overlays_among_the_bits_are_not_mixed(self, session, archive):
        import io

        import pydicom

        dataset = pydicom.dcmread(io.BytesIO(instance(uids.HTJ2KLossless).data))
        # PS3.3 C.9.2: an overlay in bit 15 of the samples, as it was done before 2004.
        dataset.add_new(0x60000010, "US", 256)
        dataset.add_new(0x60000011, "US", 256)
        dataset.add_new(0x60000040, "CS", "G")
        dataset.add_new(0x60000050, "SS", [1, 1])
        dataset.add_new(0x60000100, "US", 16)
        dataset.add_new(0x60000102, "US", 15)
        written = io.BytesIO()
        dataset.save_as(written)
        archive.add_instance(written.getvalue())
        (image_id,) = archive.image_ids("wadors")

        image = session.load_image(image_id, LoadOptions(quality=SUBRESOLUTION)).result(WAIT_S)

        assert image.quality is ImageQuality.FULL_RESOLUTION


def test_a_viewport_shows_what_there_is_and_then_the_whole(server, session):
    length = len(instance(uids.HTJ2KLossless).frames[0])
    image_id, _ = serve(server, bytes_per_s=length / 1.5)
    shown = []
    early = []

    with StackViewport(64, 64, session=session) as viewport:

        def write_down(detail):
            shown.append(detail.image.quality)
            if detail.image.quality < ImageQuality.FULL_RESOLUTION:
                early.append(viewport.render(timeout=0))

        session.events.subscribe(Event.STACK_NEW_IMAGE, write_down)
        viewport.set_stack([image_id])
        picture = viewport.render(WAIT_S)

        assert viewport.current_image_quality is ImageQuality.FULL_RESOLUTION
    # In 64 x 64 there is nothing to be seen of what comes last, nor does anything move.
    difference = np.abs(early[-1].astype(int) - picture)[..., 0]
    assert np.percentile(difference, 90) <= 8
    assert shown == sorted(set(shown))
    assert len(shown) >= 3
