"""Images of an array that are loaded as always, one by one, and copied."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from pycornerstone.session.workers import in_a_new_thread

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pycornerstone.session.array_plan import PlaceQueue
    from pycornerstone.session.array_target import ArrayTarget

__all__ = ["load_images"]

# How many images are on their way at the same time, and how much memory of theirs.
_LOADS_AT_ONCE = 32
_LOADS_AT_ONCE_BYTES = 256 * 1024 * 1024
# More than that is not copied in the event loop, where nothing may take long.
_COPIED_IN_LOOP_BYTES = 4 * 1024 * 1024


def load_images(load: ArrayTarget, places: Iterable[int]) -> None:
    """Begin to load images, and to copy them to their places.

    Parameters
    ----------
    load : ArrayTarget
        Whose images they are.
    places : iterable of int
        Which of them.
    """
    queue = load.plan.queue(places)
    at_once = min(_LOADS_AT_ONCE, len(queue))
    if load.array is not None:
        nbytes = load.array.nbytes // len(load.image_ids)
        at_once = min(at_once, max(_LOADS_AT_ONCE_BYTES // max(nbytes, 1), 2))
    for _ in range(at_once):
        load.wait_for(_load_some(load, queue))


async def _load_some(load: ArrayTarget, queue: PlaceQueue) -> None:
    sources = load.sources
    while not load.has_ended:
        place = queue.take()
        if place is None:
            return
        image_id = load.image_ids[place]
        try:
            image = load.at_hand(image_id)
            if image is None:
                image = await sources.load_image(image_id, load.options)
                load.plan.given(image)
        except Exception as error:  # noqa: BLE001 - it ends the load, whatever it is
            load.fail(place, error)
            continue
        if image.pixels.nbytes <= _COPIED_IN_LOOP_BYTES:
            load.copy(place, image.pixels)
        else:
            copied = in_a_new_thread(partial(load.copy, place, image.pixels))
            await asyncio.wrap_future(copied)
