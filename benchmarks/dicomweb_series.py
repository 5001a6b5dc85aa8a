"""A series over WADO-RS into one array: against dicomweb-client with pydicom, and a bare client."""

from __future__ import annotations

import asyncio
import multiprocessing
from typing import TYPE_CHECKING, Any

import numpy as np
from pydicom.uid import UID, ExplicitVRLittleEndian, JPEGLSLossless

import pycornerstone as cs
from benchmarks.side_by_side import OURS, Outcome, measure
from pycornerstone.testing.dicom_series import ct_series
from pycornerstone.testing.dicomweb_server import SampleServer
from pycornerstone.testing.phantoms import ct_phantom

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection
    from pathlib import Path

    import numpy.typing as npt

__all__ = ["run"]

_SYNTAXES = {"explicit little endian": ExplicitVRLittleEndian, "JPEG-LS": JPEGLSLossless}
_BARE = "bare aiohttp, which only fetches"
# What of the time between the two is a new array's: its pages, and a copy of all that comes.
_BARE_ARRAY = "bare aiohttp, which fetches into a new array"
_ACCEPT = 'multipart/related; type="application/octet-stream"; transfer-syntax=*'
# With 8 and 16 it takes twice as long.
_BARE_AT_ONCE = 4


def run(folder: Path, *, quick: bool) -> list[Outcome]:  # noqa: ARG001 - all have one form
    """Serve the series from a process of its own, and time all clients on it."""
    return [_run(name, uid, quick=quick) for name, uid in _SYNTAXES.items()]


def _run(name: str, uid: UID, *, quick: bool) -> Outcome:
    slices, size, runs = (8, 64, 1) if quick else (200, 512, 11)
    context = multiprocessing.get_context("spawn")
    ours_end, servers_end = context.Pipe()
    server = context.Process(target=_serve, args=(servers_end, slices, size, uid), daemon=True)
    server.start()
    try:
        url, image_ids = ours_end.recv()
        return _measure(name, url, image_ids, size, runs)
    finally:
        ours_end.send("stop")
        server.join()


def _serve(
    pipe: Connection[Any, Any], slices: int, size: int, uid: UID = ExplicitVRLittleEndian
) -> None:
    with SampleServer() as server:
        for instance in ct_series(ct_phantom(slices=slices, rows=size, columns=size), uid):
            server.add_instance(instance)
        pipe.send((server.dicomweb_url, server.image_ids("wadors")))
        pipe.recv()


def _measure(name: str, url: str, image_ids: list[str], size: int, runs: int) -> Outcome:
    from dicomweb_client.api import DICOMwebClient

    slices = len(image_ids)
    _, _, study, _, series, *_ = image_ids[0].removeprefix(f"wadors:{url}").split("/")
    instances = [image_id.split("/instances/")[1].split("/")[0] for image_id in image_ids]
    client = DICOMwebClient(url)

    def ours() -> npt.NDArray[np.uint16]:
        # It makes its connections anew each time; the peers' client keeps those it has.
        with cs.Session() as session:
            return session.load_array(image_ids).result()

    def whole_series() -> npt.NDArray[np.int16]:
        volume = np.empty((slices, size, size), np.int16)
        for dataset in client.iter_series(study, series):
            volume[instances.index(dataset.SOPInstanceUID)] = dataset.pixel_array
        return volume

    def instance_by_instance() -> npt.NDArray[np.int16]:
        volume = np.empty((slices, size, size), np.int16)
        for index, instance in enumerate(instances):
            volume[index] = client.retrieve_instance(study, series, instance).pixel_array
        return volume

    np.testing.assert_array_equal(ours(), whole_series())
    candidates = {
        OURS: ours,
        "dicomweb-client iter_series + pydicom": whole_series,
        "dicomweb-client retrieve_instance + pydicom": instance_by_instance,
        _BARE: lambda: asyncio.run(_fetch(image_ids)),
        _BARE_ARRAY: lambda: asyncio.run(
            _fetch(image_ids, np.empty(slices * size * size * 2, "B"))
        ),
    }
    title = f"{slices} slices {size}x{size} over WADO-RS, {name}, into one array"
    wanted = {peer: 1 / 1.5 if peer == _BARE else 4 for peer in list(candidates)[1:-1]}
    return measure(title, candidates, runs=runs, wanted=wanted)


async def _fetch(image_ids: list[str], out: npt.NDArray[np.uint8] | None = None) -> None:
    """Fetch all frames and throw them away: what the network and its client cost alone.

    Or write all bytes of each to its part of `out`, as they come and as many as fit.
    """
    import aiohttp

    headers = {"Accept": _ACCEPT, "Accept-Encoding": "identity"}
    async with aiohttp.ClientSession(headers=headers, read_bufsize=512 * 1024) as client:
        waiting = iter(enumerate(image_ids))
        parts = None if out is None else out.reshape(len(image_ids), -1)
        await asyncio.gather(*(_fetch_some(client, waiting, parts) for _ in range(_BARE_AT_ONCE)))


async def _fetch_some(
    client: Any, waiting: Iterator[tuple[int, str]], parts: npt.NDArray[np.uint8] | None
) -> None:
    for number, image_id in waiting:
        left = None if parts is None else memoryview(parts[number])
        async with client.get(image_id.removeprefix("wadors:")) as response:
            while chunk := await response.content.readany():
                if left is not None:
                    count = min(len(chunk), len(left))
                    left[:count] = chunk[:count]
                    left = left[count:]
