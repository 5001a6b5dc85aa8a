"""Many frames of a DICOMweb server at once: few requests, few steps for each, bounded memory."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pycornerstone.errors import (
    ContentTypeError,
    HttpStatusError,
    LoaderError,
    PyCornerstoneError,
    RetrieveError,
)
from pycornerstone.loaders.alike_instances import AlikeInstances
from pycornerstone.loaders.arrivals import Arrivals
from pycornerstone.loaders.dicomweb_headers import series_url
from pycornerstone.loaders.frame_answers import FrameBytes, native_length
from pycornerstone.loaders.native_sink import NativeSink
from pycornerstone.loaders.part10_images import takes_long_to_read
from pycornerstone.loaders.remembered import Remembered
from pycornerstone.loaders.request_crew import Pace, RequestCrew
from pycornerstone.loaders.wado_rs_frames import HAS_NO_LISTS
from pycornerstone.loaders.wado_rs_instances import files_of, images_of_instance
from pycornerstone.loaders.wado_rs_source import check_frame_number
from pycornerstone.metadata.part10 import read_part10
from pycornerstone.model.encoded_frame import EncodedFrame
from pycornerstone.model.image_id import ImageId, split_frame
from pycornerstone.model.modules import ImagePixelModule
from pycornerstone.retrieve.addresses import naming_image
from pycornerstone.retrieve.retries import status_may_pass

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from pycornerstone.loaders.protocol import LoaderContext, LoadOptions, PlaceOf
    from pycornerstone.loaders.wado_rs_source import WadoRsSource

__all__ = ["ManyFrames"]

_log = logging.getLogger("pycornerstone.loaders")

_MAX_WAITING_BYTES = 64 * 1024 * 1024
# One request brings so much, uncompressed, if it brings several frames. A request takes some
# 0.3 ms, as long as so many bytes from a server near by, and many times that from one far away.
_LIST_BYTES = 1024 * 1024
# Servers refuse addresses of more than some 8,000 characters; UIDs take 200 of them.
_LIST_FRAMES = 200
# Of the connections that there may be to a host, one in so many is left to what is looked at.
_LEFT_TO_OTHERS = 4
_SOP_INSTANCE_UID = 0x00080018
_WAYS = ("frames", "instances", "series")
# From so many instances on a series is taken whole, as long as they are no larger than that, and of
# those that come no more than some are none of them.
_WHOLE_FROM = 8
_TRIED_BYTES = 64 * 1024 * 1024
_OTHERS = 4


@dataclass(frozen=True, slots=True)
class _Wanted:
    """An image that was asked for: its imageId, that of its instance, and the latter's address."""

    image_id: str
    base: str
    instance: str
    number: int


@dataclass(frozen=True, slots=True)
class _Stream:
    """An answer of whole instances: its address, and what is wanted of it by SOP Instance UID."""

    address: str
    of_uid: dict[str, list[_Wanted]]
    is_trial: bool
    place_of: PlaceOf | None


class ManyFrames:
    """Brings many frames, in whatever order they arrive.

    Parameters
    ----------
    context : LoaderContext
        The session's.
    source : WadoRsSource
        Where single ones come from.
    """

    def __init__(self, context: LoaderContext, source: WadoRsSource) -> None:
        self._context = context
        self._source = source
        self._alike = AlikeInstances(context)
        # Series of servers that were found not to know several frames in one request.
        self._without_lists: Remembered[bool] = Remembered()
        # Servers that were found to give no whole series.
        self._without_series: Remembered[bool] = Remembered()

    async def retrieve(
        self, image_ids: Sequence[str], options: LoadOptions, place_of: PlaceOf | None = None
    ) -> AsyncGenerator[EncodedFrame, None]:
        """Bring them; see `WadoRsLoader.retrieve_many`."""
        way = options.extra.get("wadors")
        if way is not None and way not in _WAYS:
            raise LoaderError(
                f"LoadOptions.extra says wadors={way!r}; there are {', '.join(map(repr, _WAYS))}"
            )
        arrivals = Arrivals(_MAX_WAITING_BYTES)
        arriving = arrivals.taken_from(self._bring(_wanted(image_ids), way, arrivals, place_of))
        try:
            async for frame in arriving:
                yield frame
        finally:
            await arriving.aclose()

    async def _bring(
        self,
        wanted: list[_Wanted],
        way: str | None,
        arrivals: Arrivals,
        place_of: PlaceOf | None,
    ) -> None:
        if way != "frames" and not self._is_cached_on_disk:
            wanted = await self._by_instances(wanted, way, arrivals, place_of)
        if wanted:
            await self._by_frames(wanted, arrivals)

    @property
    def _is_cached_on_disk(self) -> bool:
        # What is kept there are answers to requests for single frames.
        return getattr(self._context.http, "disk_cache", None) is not None

    @property
    def _pace(self) -> Pace:
        limit = self._context.http.settings.max_connections_per_host
        return Pace(limit - max(limit // _LEFT_TO_OTHERS, 1))

    async def _by_frames(self, wanted: list[_Wanted], arrivals: Arrivals) -> None:
        of_instance: dict[str, list[_Wanted]] = {}
        for one in wanted:
            of_instance.setdefault(one.base, []).append(one)
        # The metadata of a series are on their way while its first frames are.
        first_of_series = {series_url(one.instance) or one.base: one for one in reversed(wanted)}
        asking = [
            asyncio.create_task(self._source.headers.bring(one.base))
            for one in first_of_series.values()
            if one.base not in self._context.dicom_headers
        ]
        queue = deque(of_instance.values())
        crew = RequestCrew(queue, partial(self._work, arrivals, queue, len(wanted)), self._pace)
        try:
            await crew.run()
        finally:
            for task in asking:
                task.cancel()
            # What they failed with, the frames that need them fail with too.
            await asyncio.gather(*asking, return_exceptions=True)

    async def _work(
        self,
        arrivals: Arrivals,
        queue: deque[list[_Wanted]],
        total: int,
        wanted: list[_Wanted],
    ) -> int:
        """Do a piece of the queue: one frame, frames for one request, or all of an instance."""
        first = wanted[0]
        with naming_image(first.image_id):
            if len(wanted) > 1:
                pixel = await self._source.pixel(first.base, first.image_id)
                for one in wanted:
                    check_frame_number(one.number, pixel)
                length = self._list_length(first, pixel, total)
                if len(wanted) > length:
                    lists = [wanted[at : at + length] for at in range(0, len(wanted), length)]
                    queue.extendleft(reversed(lists[1:]))
                    wanted = lists[0]
            expected = await arrivals.expect()
            frames: list[EncodedFrame] = []
            try:
                if len(wanted) == 1:
                    frames = [await self._single(wanted[0])]
                else:
                    frames = await self._list(wanted, queue)
            finally:
                nbytes = arrivals.arrived(expected, frames)
            return nbytes

    def _list_length(self, one: _Wanted, pixel: ImagePixelModule, total: int) -> int:
        series = series_url(one.instance) or one.instance
        if self._is_cached_on_disk or series in self._without_lists:
            return 1
        if self._source.instances.is_needed(one.base):
            return 1
        # Small ones: a large answer keeps one connection busy while others have nothing to do.
        fit = _LIST_BYTES // max(native_length(pixel), 1)
        return max(min(fit, _LIST_FRAMES, total // 8), 1)

    async def _single(self, one: _Wanted) -> EncodedFrame:
        source = self._source
        refused: HttpStatusError | None = None
        if not source.instances.is_needed(one.base):
            try:
                frame = await source.frames.one(one.instance, one.number)
            except HttpStatusError as error:
                refused = error
            else:
                return _encoded(one, frame, await source.pixel(one.base, one.image_id))
        pixel = await source.pixel(one.base, one.image_id)
        frame = await source.otherwise(one.base, one.number, pixel, refused)
        return _encoded(one, frame, pixel)

    async def _list(self, wanted: list[_Wanted], queue: deque[list[_Wanted]]) -> list[EncodedFrame]:
        """Bring several frames of an instance; what does not come is put back, one by one."""
        first = wanted[0]
        found: dict[int, FrameBytes] = {}
        try:
            found = await self._source.frames.several(
                first.instance, [one.number for one in wanted]
            )
        except HttpStatusError as error:
            if error.status not in HAS_NO_LISTS:
                raise
            self._without_lists.put(series_url(first.instance) or first.instance, value=True)
        queue.extendleft([one] for one in reversed(wanted) if one.number not in found)
        return [
            _encoded(one, found[one.number], await self._source.pixel(one.base, one.image_id))
            for one in wanted
            if one.number in found
        ]

    async def _by_instances(
        self,
        wanted: list[_Wanted],
        way: str | None,
        arrivals: Arrivals,
        place_of: PlaceOf | None,
    ) -> list[_Wanted]:
        """Bring what comes in whole instances; gives what did not.

        Where nobody has said how, a series of which many instances are asked for is taken whole:
        that takes a half to a quarter of the time, from every server that was measured.
        """
        missing = {one.image_id: one for one in wanted}
        of_address: dict[str, dict[str, list[_Wanted]]] = {}
        for one in wanted:
            address = one.instance if way == "instances" else series_url(one.instance)
            if address is not None:
                uid = one.instance.partition("?")[0].rstrip("/").rpartition("/")[2]
                of_address.setdefault(address, {}).setdefault(uid, []).append(one)
        streams = [
            _Stream(address, of_uid, way is None, place_of)
            for address, of_uid in of_address.items()
            if way is not None or self._may_pay(address, of_uid)
        ]

        async def work(stream: _Stream) -> int:
            return await self._stream(stream, missing, arrivals)

        await RequestCrew(deque(streams), work, self._pace).run()
        return list(missing.values())

    def _may_pay(self, series: str, of_uid: dict[str, list[_Wanted]]) -> bool:
        if len(of_uid) < _WHOLE_FROM or urlsplit(series).netloc in self._without_series:
            return False
        # An instance of many frames may be a slide of gigabytes.
        return all(len(wanted) == 1 for wanted in of_uid.values())

    async def _stream(
        self, stream: _Stream, missing: dict[str, _Wanted], arrivals: Arrivals
    ) -> int:
        """Take the instances of an answer as they arrive, in whatever order."""
        nbytes = found = others = 0
        files = files_of(
            self._context.http,
            stream.address,
            max_file_bytes=_TRIED_BYTES if stream.is_trial else None,
            is_trial=stream.is_trial,
            offer=partial(self._sink, stream) if stream.place_of is not None else None,
        )
        try:
            # Not for long what nobody has asked for.
            while stream.of_uid and (not stream.is_trial or others <= _OTHERS + found // 4):
                expected = await arrivals.expect()
                frames: list[EncodedFrame] = []
                try:
                    file = await anext(files, None)
                    if file is None:
                        break
                    if isinstance(file.sink, NativeSink):
                        there = self._end(file.sink, stream)
                    else:
                        frames = await self._frames_in(file.body, stream.of_uid)
                        there = [frame.image_id for frame in frames]
                finally:
                    nbytes += arrivals.arrived(expected, frames)
                found += bool(there)
                others += not there
                for image_id in there:
                    missing.pop(image_id, None)
        except RetrieveError as error:
            _log.info("%s; what is missing is asked for by frames", error.message)
            status = error.status if isinstance(error, HttpStatusError) else None
            is_final = status is not None and not status_may_pass(status)
            if stream.is_trial and (is_final or isinstance(error, ContentTypeError)):
                self._without_series.put(urlsplit(stream.address).netloc, value=True)
        finally:
            await files.aclose()
        return nbytes

    def _sink(
        self, stream: _Stream, beginning: bytes | memoryview, length: int
    ) -> NativeSink | None:
        """Give what takes the samples of a file that is arriving, if they need no decoding."""
        begun = self._alike.begin(beginning, length, stream.of_uid)
        if begun is None or stream.place_of is None:
            return None
        one = stream.of_uid[begun.uid][0]
        if one.number != 1 or one.base in self._context.dicom_headers:
            return None
        return NativeSink.begin(beginning, begun, one.image_id, stream.place_of)

    def _end(self, sink: NativeSink, stream: _Stream) -> list[str]:
        """Give the imageId whose samples are in their place now; none if they are not."""
        begun = sink.begun
        try:
            if not sink.end():
                return []
        except PyCornerstoneError as error:
            _log.info("an instance cannot be read as a file: %s", type(error).__name__)
            return []
        one = stream.of_uid.pop(begun.uid)[0]
        self._context.dicom_headers.add(one.base, begun.header)
        sink.done()
        return [one.image_id]

    async def _frames_in(
        self, data: bytes | memoryview, of_uid: dict[str, list[_Wanted]]
    ) -> list[EncodedFrame]:
        try:
            if takes_long_to_read(data):
                return await asyncio.to_thread(self._read, data, of_uid)
            return self._read(data, of_uid)
        except PyCornerstoneError as error:
            # By frames it comes, or fails in words of its own.
            _log.info("an instance cannot be read as a file: %s", type(error).__name__)
            return []

    def _read(
        self, data: bytes | memoryview, of_uid: dict[str, list[_Wanted]]
    ) -> list[EncodedFrame]:
        alike = self._alike.find(data, of_uid)
        if alike is not None:
            uid, header, pixel, found = alike
            one = of_uid[uid][0]
            # A header that is known already may say something else.
            if one.number == 1 and one.base not in self._context.dicom_headers:
                del of_uid[uid]
                self._context.dicom_headers.add(one.base, header)
                return [_encoded(one, found, pixel)]
        file = read_part10(data)
        wanted = of_uid.pop(file.attributes.text(_SOP_INSTANCE_UID) or "", [])
        if not wanted:
            return []
        images = images_of_instance(file, wanted[0].base, self._context)
        frames = []
        for one in wanted:
            frame, bit_offset = images.frames.frame(one.number)
            pixel = self._context.metadata.require(ImagePixelModule, one.image_id)
            found = FrameBytes(frame, images.transfer_syntax_uid, bit_offset)
            frames.append(_encoded(one, found, pixel))
            if images.transfer_syntax_uid == file.transfer_syntax_uid:
                self._alike.learn(data, file, pixel)
        return frames


def _encoded(one: _Wanted, frame: FrameBytes, pixel: ImagePixelModule) -> EncodedFrame:
    # Overlays are no samples.
    return EncodedFrame(
        one.image_id, frame.data, frame.encoding(pixel), pixel, frame.bit_offset, overlays=()
    )


def _wanted(image_ids: Sequence[str]) -> list[_Wanted]:
    wanted = []
    for image_id in image_ids:
        with naming_image(image_id):
            base, number = split_frame(image_id)
            wanted.append(_Wanted(image_id, base, ImageId.parse(base).resource, number))
    return wanted
