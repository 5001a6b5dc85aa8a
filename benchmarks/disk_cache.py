"""A series from the disk cache into one array: against its server, and against its bare files."""

from __future__ import annotations

import itertools
import multiprocessing
from typing import TYPE_CHECKING, Any

import numpy as np

import pycornerstone as cs
from benchmarks.side_by_side import OURS, Outcome, measure
from pycornerstone.testing.dicom_series import ct_series
from pycornerstone.testing.dicomweb_server import SampleServer
from pycornerstone.testing.phantoms import ct_phantom

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from pathlib import Path

    import numpy.typing as npt

__all__ = ["run"]


def run(folder: Path, *, quick: bool) -> list[Outcome]:
    """Serve the series from a process of its own, and load it with and without the disk."""
    slices, size, runs = (8, 64, 1) if quick else (200, 512, 5)
    context = multiprocessing.get_context("spawn")
    ours_end, servers_end = context.Pipe()
    server = context.Process(target=_serve, args=(servers_end, slices, size), daemon=True)
    server.start()
    try:
        return [_measure(folder, ours_end.recv(), size, runs)]
    finally:
        ours_end.send("stop")
        server.join()


def _serve(pipe: Connection[Any, Any], slices: int, size: int) -> None:
    with SampleServer(ct_series(ct_phantom(slices=slices, rows=size, columns=size))) as server:
        pipe.send(server.image_ids("wadors"))
        pipe.recv()


def _measure(folder: Path, image_ids: list[str], size: int, runs: int) -> Outcome:
    numbers = itertools.count()

    def load(cache: cs.DiskCache | None) -> npt.NDArray[np.uint16]:
        with cs.Session(disk_cache=cache) as session:
            return session.load_array(image_ids).result()

    def offline() -> npt.NDArray[np.uint16]:
        return load(cs.DiskCache(folder / "kept", offline=True))

    def over_the_server() -> npt.NDArray[np.uint16]:
        return load(None)

    def over_the_server_and_kept() -> None:
        cache = cs.DiskCache(folder / f"new-{next(numbers)}")
        load(cache)
        cache.purge()

    def bare_files() -> int:
        return sum(len(file.read_bytes()) for file in (folder / "kept").glob("v1/bodies/*"))

    np.testing.assert_array_equal(load(cs.DiskCache(folder / "kept")), over_the_server())
    np.testing.assert_array_equal(offline(), over_the_server())
    candidates = {
        OURS: offline,
        "pycornerstone over the local server": over_the_server,
        "the same, written to an empty disk cache": over_the_server_and_kept,
        "reading the files of the cache, alone": bare_files,
    }
    title = f"{len(image_ids)} slices {size}x{size} from the disk cache, into one array"
    return measure(title, candidates, runs=runs)
