"""The first image of a stack while 200 prefetches run: against the same on an idle session."""

from __future__ import annotations

import gc
import itertools
import multiprocessing
import statistics
import time
from typing import TYPE_CHECKING, Any

import pycornerstone as cs
from benchmarks.side_by_side import OURS, Outcome
from pycornerstone.testing.dicom_series import ct_series
from pycornerstone.testing.dicomweb_server import SampleServer
from pycornerstone.testing.phantoms import ct_phantom

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from pathlib import Path

__all__ = ["run"]

_IDLE = "the same on an idle session"
_PREFETCH = cs.LoadOptions(cs.RequestType.PREFETCH)


def run(folder: Path, *, quick: bool) -> list[Outcome]:  # noqa: ARG001 - all have one form
    """Serve both series from a process of its own, and time the first image of one of them."""
    prefetched, size, runs = (10, 64, 2) if quick else (200, 512, 30)
    kinds = {"explicit little endian": "1.2.840.10008.1.2.1"}
    if not quick:
        kinds["JPEG-LS"] = "1.2.840.10008.1.2.4.80"
    return [_of_syntax(name, uid, prefetched, size, runs) for name, uid in kinds.items()]


def _of_syntax(name: str, uid: str, prefetched: int, size: int, runs: int) -> Outcome:
    context = multiprocessing.get_context("spawn")
    ours_end, servers_end = context.Pipe()
    server = context.Process(
        target=_serve, args=(servers_end, uid, prefetched, size, runs), daemon=True
    )
    server.start()
    try:
        ahead, shown = ours_end.recv()
        images = itertools.cycle(shown)
        busy, idle = [], []
        for _ in range(runs):
            # In turn, so that a machine that changes its speed changes it for both.
            busy.append(_first_image(images, lambda session: _under_way(session, ahead)))
            idle.append(_first_image(images, lambda _: []))
    finally:
        ours_end.send("stop")
        server.join()
    title = f"the first image of a stack over WADO-RS while {prefetched} prefetches run, {name}"
    seconds = {OURS: statistics.median(busy), _IDLE: statistics.median(idle)}
    return Outcome(title, seconds, {_IDLE: 0.5})


def _serve(pipe: Connection[Any, Any], uid: str, prefetched: int, size: int, shown: int) -> None:
    ahead = ct_phantom(slices=prefetched, rows=size, columns=size)
    other = ct_phantom(slices=min(shown, 30) + 1, rows=size, columns=size)
    with SampleServer() as server:
        lists = []
        for series, phantom in enumerate((ahead, other)):
            uids = [
                server.add_instance(instance)
                for instance in ct_series(
                    phantom, transfer_syntax_uid=uid, series_number=series + 1
                )
            ]
            lists.append(server.image_ids("wadors", of=uids))
        pipe.send(lists)
        pipe.recv()


def _first_image(
    images: itertools.cycle[str],
    begin: Callable[[cs.Session], list[cs.ImageLoadObject]],
) -> float:
    """Time from asking for an image to having it drawn."""
    with cs.Session() as session:
        # Both sessions have a connection, and the metadata of both series.
        session.load_image(next(images)).result()
        others = begin(session)
        viewport = cs.StackViewport(512, 512, session=session, prefetch=False)
        image_id = next(images)
        gc.collect()
        gc.disable()
        try:
            start = time.perf_counter()
            viewport.set_stack([image_id])
            viewport.render()
            took = time.perf_counter() - start
        finally:
            gc.enable()
        for load in others:
            load.cancel()
        return took


def _under_way(session: cs.Session, ahead: list[str]) -> list[cs.ImageLoadObject]:
    """Ask for the prefetches, and wait until they are well under way."""
    loads = session.load_and_cache_images(ahead, _PREFETCH)
    loads[min(len(loads) - 1, 10) // 2].result()
    return loads
