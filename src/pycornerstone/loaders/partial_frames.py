"""A frame that is shown before it is all there: watched while it arrives, or asked for in part."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from pycornerstone.codecs.partial_frames import is_progressive
from pycornerstone.errors import HttpStatusError, TransferError
from pycornerstone.loaders.frame_answers import first_frame, native_length
from pycornerstone.loaders.frame_watch import FrameWatch
from pycornerstone.model.addresses import without_credentials
from pycornerstone.model.image import ImageQuality
from pycornerstone.retrieve.errand import current_errand
from pycornerstone.retrieve.http_response import HttpResponse

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from pycornerstone.loaders.frame_answers import FrameBytes
    from pycornerstone.model.encoded_frame import EncodedFrame
    from pycornerstone.model.modules import ImagePixelModule
    from pycornerstone.retrieve.errand import Errand
    from pycornerstone.retrieve.http import HttpRetriever
    from pycornerstone.retrieve.http_stream import HttpStream

__all__ = ["ArrivingFrame", "PartialFrames", "bytes_for"]

# What comes within this time after the first byte is not looked at before it is all there.
_SOON_S = 0.1
_CANNOT_BE_CUT = 416
# So little is waited for: a connection that is left has to be made anew.
_WAITED_FOR = 32 * 1024
_REMEMBERED = 1024
# How many of the rows and columns there are, and the bytes of that as part of what its samples
# would have: not more in nine of ten of 19 real files, where one in two has less than half of it.
_OF_QUALITY = {
    ImageQuality.SUBRESOLUTION: (8, 1.0),
    ImageQuality.QUARTER_RESOLUTION: (4, 0.7),
    ImageQuality.HALF_RESOLUTION: (2, 0.55),
}
_HEADER_BYTES = 1024


class PartialFrames:
    """Says which frames are to be watched; one for a loader, as it learns about series.

    Parameters
    ----------
    http : HttpRetriever
        The session's.
    """

    def __init__(self, http: HttpRetriever) -> None:
        self._http = http
        # Series whose frames show nothing before they are whole.
        self._only_whole: OrderedDict[str, None] = OrderedDict()

    def begin(
        self, series: str, make: Callable[[FrameBytes, ImagePixelModule], EncodedFrame]
    ) -> ArrivingFrame | None:
        """Give what watches a frame, or None where it would show nothing before it is whole.

        It is watched also if nobody looks by now: what is prefetched may be wanted at once.

        Parameters
        ----------
        series : str
            Which series it is of: frames of one are encoded alike.
        make : callable
            Makes what is decoded of the bytes of a frame.
        """
        # A frame that is kept on disk is kept whole.
        if series in self._only_whole or self._http.disk_cache is not None:
            return None
        return ArrivingFrame(self._http, current_errand(), make, lambda: self._note(series))

    def _note(self, series: str) -> None:
        self._only_whole[series] = None
        while len(self._only_whole) > _REMEMBERED:
            self._only_whole.popitem(last=False)


class ArrivingFrame:
    """One frame, from the first of its bytes on.

    Parameters
    ----------
    http : HttpRetriever
        Where it comes from.
    errand : Errand
        Who wants it.
    make : callable
        Makes what is decoded of the bytes of a frame.
    note_whole : callable
        Called if it turns out to show nothing before it is whole.

    Attributes
    ----------
    is_partial : bool
        What was brought is not all of it, but as much as was asked for.
    """

    def __init__(
        self,
        http: HttpRetriever,
        errand: Errand,
        make: Callable[[FrameBytes, ImagePixelModule], EncodedFrame],
        note_whole: Callable[[], object],
    ) -> None:
        self.is_partial = False
        self._http = http
        self._errand = errand
        self._make = make
        self._note_whole = note_whole
        self._pixel: ImagePixelModule | None = None
        self._is_described = asyncio.Event()
        self._offered: ImageQuality | None = None

    def describe(self, pixel: ImagePixelModule) -> None:
        """Say what its samples mean; before that, nothing can be shown."""
        self._pixel = pixel
        self._is_described.set()

    async def get(
        self, url: str, headers: Mapping[str, str], final_statuses: Collection[int]
    ) -> FrameBytes:
        """Bring the frame, or as much of it as will do.

        Parameters
        ----------
        url : str
            Its address.
        headers : mapping of str to str
            Header fields of the request.
        final_statuses : collection of int
            Statuses that are not to be repeated.

        Raises
        ------
        RetrieveError
            If it did not arrive, or something else did.
        """
        found = None
        if self._wants_less:
            # What its samples mean says how many bytes will do.
            await self._is_described.wait()
            found = await self._first_bytes(url, headers, final_statuses)
        if found is None:
            found = await self._as_it_comes(url, headers, final_statuses)
        if found is None:
            # It broke off: asked for anew, as often as the settings say.
            response = await self._http.get(url, headers=headers, final_statuses=final_statuses)
            found = first_frame(response, without_credentials(url))
        return found

    async def _first_bytes(
        self, url: str, headers: Mapping[str, str], final_statuses: Collection[int]
    ) -> FrameBytes | None:
        """Ask for a range of bytes (RFC 9110 section 14); None if they will not do."""
        pixel = self._pixel
        if pixel is None:
            return None
        last = bytes_for(self._errand.quality, pixel) - 1
        if last >= native_length(pixel) // 2:
            return None
        asked = {**headers, "Range": f"bytes=0-{last}"}
        try:
            return await self._as_it_comes(url, asked, {*final_statuses, _CANNOT_BE_CUT})
        except HttpStatusError as error:
            if error.status != _CANNOT_BE_CUT:
                raise
        return None

    async def _as_it_comes(
        self, url: str, headers: Mapping[str, str], final_statuses: Collection[int]
    ) -> FrameBytes | None:
        """Take an answer as it comes; None if it breaks off, or is a part that will not do."""
        settings = self._http.settings
        begun = time.monotonic()
        asking = self._http.stream(url, headers=headers, final_statuses=final_statuses)
        async with asking as stream:
            try:
                chunks = await self._enough_of(stream)
            except TransferError:
                allowed = settings.total_timeout_s
                is_late = allowed is not None and time.monotonic() - begun >= allowed
                if is_late or not settings.max_retries:
                    raise
                return None
            if isinstance(chunks, FrameWatch):
                self.is_partial = True
                return chunks.frame()
            body = b"".join(chunks)
            if not _is_all(stream, len(body)):
                return None
            response = HttpResponse(stream.url, stream.status, stream.headers, body)
        found = first_frame(response, without_credentials(url))
        if self._pixel is not None and not is_progressive(found.encoding(self._pixel)):
            # Watching costs 0.1 ms of a frame's 0.3; those that come after are spared that.
            self._note_whole()
        return found

    async def _enough_of(self, stream: HttpStream) -> list[bytes] | FrameWatch:
        """Take all of an answer, or as much of it as will do."""
        chunks: list[bytes] = []
        watch: FrameWatch | None = None
        soon: float | None = None
        length = 0
        async for chunk in stream:
            chunks.append(chunk)
            length += len(chunk)
            now = time.monotonic()
            soon = soon or now + _SOON_S
            is_looked_at = self._errand.on_partial is not None and now >= soon
            if self._pixel is None or not (is_looked_at or self._wants_less):
                continue
            make = partial(self._made, self._pixel)
            watch = watch or FrameWatch(stream.content_type, make)
            if await self._look(watch, chunks) and _much_is_left(stream, length):
                return watch
        if self._wants_less and watch is not None and not _is_all(stream, length):
            is_enough = await self._look(watch, chunks)
            return watch if is_enough else chunks
        return chunks

    async def _look(self, watch: FrameWatch, chunks: list[bytes]) -> bool:
        """Offer what can be shown by now if it is better than before; say whether it will do."""
        # 90 ms for a mammogram, in which the event loop serves others.
        quality = await asyncio.to_thread(watch.look, chunks)
        if watch.is_hopeless:
            self._note_whole()
        if quality is None or self._pixel is None:
            return False
        if self._wants_less and quality >= self._errand.quality:
            return True
        offer = self._errand.on_partial
        is_better = self._offered is None or quality > self._offered
        if offer is not None and is_better and quality < ImageQuality.FULL_RESOLUTION:
            self._offered = quality
            offer(self._made(self._pixel, watch.frame()))
        return False

    def _made(self, pixel: ImagePixelModule, frame: FrameBytes) -> EncodedFrame:
        return replace(self._make(frame, pixel), is_partial=True)

    @property
    def _wants_less(self) -> bool:
        """Whether one of lower resolution will do; somebody may want more meanwhile."""
        return self._errand.quality < ImageQuality.LOSSY


def bytes_for(quality: ImageQuality, pixel: ImagePixelModule) -> int:
    """Say how many first bytes of a frame are most likely enough for a quality."""
    factor, part = _OF_QUALITY.get(quality, (1, 1.0))
    return _HEADER_BYTES + int(native_length(pixel) * part / factor**2)


def _is_all(stream: HttpStream, length: int) -> bool:
    """Whether an answer is all that there is: a range may go beyond the end."""
    if stream.status != _PARTIAL_CONTENT:
        return True
    # Content-Range: bytes 0-99/100 (RFC 9110 section 14.4).
    total = stream.headers.get("content-range", "").rpartition("/")[2].strip()
    return total.isdecimal() and int(total) <= length


def _much_is_left(stream: HttpStream, length: int) -> bool:
    return stream.content_length is None or stream.content_length - length > _WAITED_FOR


_PARTIAL_CONTENT = 206
