"""What was found out about servers is believed for a while."""

from __future__ import annotations

import asyncio
import functools
import io

import numpy as np
import pydicom
import pytest

from pycornerstone.errors import HttpStatusError
from pycornerstone.loaders import wado_rs_instances, wado_rs_many
from pycornerstone.loaders.protocol import LoaderContext, LoadOptions
from pycornerstone.loaders.remembered import Remembered
from pycornerstone.loaders.wado_rs import WadoRsLoader
from pycornerstone.metadata.dicom_headers import DicomHeaders
from pycornerstone.metadata.registry import MetadataRegistry
from pycornerstone.retrieve.http import HttpRetriever, HttpSettings
from pycornerstone.testing.dicom_series import RESCALE_INTERCEPT, ct_series
from pycornerstone.testing.misbehaving_server import MisbehavingServer
from pycornerstone.testing.phantoms import ct_phantom

SERIES = "/studies/1/series/2"
PHANTOM = ct_phantom(10, 4, 6)


class Clock:
    """Seconds, as a test says."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def test_a_value_is_believed_for_so_long_from_when_it_was_put_there():
    clock = Clock()
    remembered = Remembered(600.0, clock=clock)
    remembered.put("a", 1)
    clock.now = 599.0
    # Being looked at does not make it newer.
    assert remembered.get("a") == 1
    assert "a" in remembered
    clock.now = 600.0
    assert remembered.get("a") is None
    assert "a" not in remembered
    assert len(remembered) == 0


def test_what_is_put_again_counts_anew_and_what_is_forgotten_is_gone():
    clock = Clock()
    remembered = Remembered(10.0, clock=clock)
    remembered.put("a", 1)
    clock.now = 6.0
    remembered.put("a", 2)
    clock.now = 12.0
    assert remembered.get("a") == 2
    remembered.forget("a")
    remembered.forget("a")
    assert remembered.get("a") is None


def test_of_many_the_oldest_is_let_go():
    remembered = Remembered(most=2)
    remembered.put("a", 1)
    remembered.put("b", 2)
    remembered.put("a", 3)
    remembered.put("c", 4)
    assert [remembered.get(key) for key in "abc"] == [3, None, 4]


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    for module in (wado_rs_instances, wado_rs_many):
        monkeypatch.setattr(module, "Remembered", functools.partial(Remembered, clock=clock))
    return clock


def run(use):
    async def main():
        metadata, headers = MetadataRegistry(), DicomHeaders()
        metadata.add_provider(headers.provide, -1000)
        http = HttpRetriever(HttpSettings(max_retries=0, proxy=""))
        try:
            return await use(WadoRsLoader(LoaderContext(metadata, headers, http)))
        finally:
            await http.close()

    return asyncio.run(main())


def serve(server):
    """Serve the files of a series, and no frames or metadata of several instances."""
    objects = []
    for number, data in enumerate(ct_series(PHANTOM), start=1):
        dataset = pydicom.dcmread(io.BytesIO(data), stop_before_pixels=True)
        dataset.SOPInstanceUID = str(number)
        objects.append(dataset.to_json().encode())
        instance = f"{SERIES}/instances/{number}"
        server.answer(instance, body=data, content_type="application/dicom")
        server.answer(f"{instance}/frames/1", status=404)
    body = b"[" + b",".join(objects) + b"]"
    server.answer(SERIES + "/metadata", body=body, content_type="application/dicom+json")
    return [
        f"wadors:{server.url(SERIES)}/instances/{number}/frames/1"
        for number in range(1, len(objects) + 1)
    ]


def test_a_server_without_frames_is_asked_for_them_again_after_a_while(clock):
    with MisbehavingServer() as server:
        image_ids = serve(server)

        def asked():
            return sum(bool(server.requests(f"{SERIES}/instances/{n}/frames/1")) for n in (1, 2, 3))

        async def use(loader):
            found = [await loader.retrieve(image_ids[0]), await loader.retrieve(image_ids[1])]
            assert asked() == 1
            clock.now = 600.0
            found.append(await loader.retrieve(image_ids[2]))
            return [loader.decode(one).pixels for one in found]

        pixels = run(use)
        # The second was not asked for, the third was.
        assert asked() == 2
    np.testing.assert_array_equal(pixels, PHANTOM.hounsfield[:3] - RESCALE_INTERCEPT)


def test_a_server_without_series_is_asked_for_one_again_after_a_while(clock):
    with MisbehavingServer() as server:
        image_ids = serve(server)
        server.answer(SERIES, status=404)

        async def use(loader):
            for now in (0.0, 599.0, 600.0):
                clock.now = now
                found = [one async for one in loader.retrieve_many(image_ids, LoadOptions())]
                assert len(found) == len(image_ids)

        run(use)
        assert server.requests(SERIES) == 2


def test_nothing_is_remembered_of_a_series_that_could_not_be_had_at_all(clock):
    with MisbehavingServer() as server:
        image_ids = serve(server)
        server.answer(f"{SERIES}/instances/1", status=404)

        async def use(loader):
            for _ in range(2):
                with pytest.raises(HttpStatusError):
                    await loader.retrieve(image_ids[0])

        run(use)
        assert server.requests(f"{SERIES}/instances/1/frames/1") == 2
