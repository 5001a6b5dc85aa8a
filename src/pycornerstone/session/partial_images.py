"""Images that are shown before they are all there: decoded while the rest arrives."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any

from pycornerstone.model.addresses import without_credentials
from pycornerstone.model.events import Event
from pycornerstone.model.requests import RequestType
from pycornerstone.session.outcomes import error_of

if TYPE_CHECKING:
    import concurrent.futures
    from collections.abc import Callable

    from pycornerstone.model.encoded_frame import EncodedFrame
    from pycornerstone.model.image import Image
    from pycornerstone.session.request_pool import Request
    from pycornerstone.session.running_load import LoadKeeper, RunningLoad
    from pycornerstone.session.workers import Workers

__all__ = ["PartialImages"]

_logger = logging.getLogger("pycornerstone.session")


class PartialImages:
    """Decodes what has arrived of one image: one at a time, the newest, until the load ends.

    Parameters
    ----------
    load : Load
        Whose image it is, and how urgent.
    decode : callable
        Of its loader.
    workers : Workers
        Where it is done.
    """

    def __init__(self, load: RunningLoad, decode: Callable[[Any], Image], workers: Workers) -> None:
        self._load = load
        self._decode = decode
        self._workers = workers
        self._newest: EncodedFrame | None = None
        self._request: Request | None = None
        self._is_busy = False
        self._lock = threading.Lock()

    def offer(self, encoded: EncodedFrame) -> None:
        """Decode it when there is a place, unless a newer one comes before; it does not wait."""
        with self._lock:
            self._newest = encoded
            if self._is_busy:
                return
            self._is_busy = True
        self._queue()

    def look_who_watches(self, keeper: LoadKeeper) -> None:
        """Be offered images if, and as long as, anybody would look at them."""
        load = self._load
        is_watched = (
            (load.keep and load.errand.request_type == RequestType.INTERACTION)
            or any(caller.has_partial_callbacks for caller in load.callers())
            or keeper.hears(Event.IMAGE_PARTIALLY_LOADED)
        )
        load.errand.on_partial = self.offer if is_watched else None

    def change_priority(self) -> None:
        """Be as urgent as the load is now."""
        request = self._request
        if request is not None:
            errand = self._load.errand
            self._workers.decode_pool.change_priority(request, errand.request_type, errand.priority)

    def stop(self) -> None:
        """Decode no more: the load has ended."""
        with self._lock:
            self._newest = None
            self._is_busy = True
            request, self._request = self._request, None
        if request is not None:
            self._workers.decode_pool.cancel(request)

    def _queue(self) -> None:
        load, pool = self._load, self._workers.decode_pool
        errand = load.errand
        request = pool.add_request(
            lambda: load.submit(self._workers.decoders, self._decode_newest),
            self._decoded,
            errand.request_type,
            errand.priority,
            details=load.image_id,
            depth=load.depth,
        )
        with self._lock:
            if not request.is_over:
                self._request = request
        if load.has_ended:
            self.stop()

    def _decode_newest(self) -> Image | None:
        with self._lock:
            encoded, self._newest = self._newest, None
        return None if encoded is None else self._decode(encoded)

    def _decoded(self, future: concurrent.futures.Future[Image | None]) -> None:
        error = error_of(future)
        if error is not None:
            # What is whole may be readable all the same, and says it if not.
            shown = without_credentials(self._load.image_id)
            _logger.debug("the first bytes of %s cannot be shown: %s", shown, error)
        elif (image := future.result()) is not None:
            self._load.show_partial(image)
        with self._lock:
            self._request = None
            if self._newest is None:
                self._is_busy = self._load.has_ended
                return
        self._queue()
