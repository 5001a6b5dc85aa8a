"""Where the frames of a DICOMweb server come from: its frames, else its whole instances."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from pycornerstone.errors import HttpStatusError, ImageIdError
from pycornerstone.loaders.dicomweb_headers import DicomwebHeaders
from pycornerstone.loaders.wado_rs_frames import HAS_NO_FRAMES, WadoRsFrames
from pycornerstone.loaders.wado_rs_instances import WadoRsInstances
from pycornerstone.model.image_id import ImageId
from pycornerstone.model.modules import ImagePixelModule

if TYPE_CHECKING:
    from pycornerstone.loaders.frame_answers import FrameBytes
    from pycornerstone.loaders.partial_frames import ArrivingFrame
    from pycornerstone.loaders.protocol import LoaderContext

__all__ = ["WadoRsSource", "check_frame_number"]


class WadoRsSource:
    """Brings frames and what their samples mean.

    Parameters
    ----------
    context : LoaderContext
        The session's.

    Attributes
    ----------
    headers : DicomwebHeaders
        Metadata of series and instances.
    frames : WadoRsFrames
        The frames resource.
    instances : WadoRsInstances
        What frames are cut out of where a server has no such resource.
    """

    def __init__(self, context: LoaderContext) -> None:
        self._context = context
        self.headers = DicomwebHeaders(context)
        self.frames = WadoRsFrames(context)
        self.instances = WadoRsInstances(context)

    async def pixel(self, base: str, image_id: str) -> ImagePixelModule:
        """Give what the samples of an image mean, from the server if nobody else knows.

        Raises
        ------
        PyCornerstoneError
            If the metadata did not arrive, are none, or do not say.
        """
        metadata = self._context.metadata
        pixel = None
        if self.headers.is_complete(base):
            pixel = metadata.get(ImagePixelModule, image_id)
        if pixel is None:
            await self.headers.bring(base)
            pixel = metadata.require(ImagePixelModule, image_id)
        return pixel

    async def frame(
        self, image_id: str, base: str, number: int, arriving: ArrivingFrame | None = None
    ) -> tuple[ImagePixelModule, FrameBytes]:
        """Bring a frame and what its samples mean, both on their way at the same time.

        It is given to `arriving` to be shown before it is whole, if anybody would look.

        Raises
        ------
        PyCornerstoneError
            If one of them cannot be had.
        """
        if self.instances.is_needed(base):
            pixel = await self.pixel(base, image_id)
            return pixel, await self.otherwise(base, number, pixel, None)
        asking = self.frames.one(ImageId.parse(base).resource, number, arriving)
        frame = asyncio.create_task(asking)
        try:
            pixel = await self.pixel(base, image_id)
            if arriving is not None:
                arriving.describe(pixel)
            try:
                return pixel, await frame
            except HttpStatusError as error:
                refused = error
            return pixel, await self.otherwise(base, number, pixel, refused)
        finally:
            frame.cancel()
            await asyncio.gather(frame, return_exceptions=True)

    async def otherwise(
        self, base: str, number: int, pixel: ImagePixelModule, refused: HttpStatusError | None
    ) -> FrameBytes:
        """Bring a frame that the server does not give as one.

        Parameters
        ----------
        base : str
            The imageId of the instance.
        number : int
            From 1.
        pixel : ImagePixelModule
            What its samples mean.
        refused : HttpStatusError or None
            What the server said to the request for the frame; None where it was not asked.

        Raises
        ------
        ImageIdError
            If there is no such frame; it says how many there are.
        RetrieveError
            `refused`, if that is no word of a server without frames, or nothing else is there.
        PyCornerstoneError
            If the instance came and is broken.
        """
        check_frame_number(number, pixel, refused)
        if refused is not None and refused.status not in HAS_NO_FRAMES:
            raise refused
        return await self.instances.frame(base, number, pixel, refused)


def check_frame_number(
    number: int, pixel: ImagePixelModule, cause: HttpStatusError | None = None
) -> None:
    """Make sure that there is such a frame.

    Raises
    ------
    ImageIdError
        If there is not; it says how many there are.
    """
    if number > pixel.number_of_frames:
        raise ImageIdError(
            f"frame {number} was asked for, but there are {pixel.number_of_frames}; they count "
            "from 1"
        ) from cause
