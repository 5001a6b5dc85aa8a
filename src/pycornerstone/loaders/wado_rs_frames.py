"""Frames of one instance by WADO-RS (PS3.18 section 10.4.1.1.6), one or several in a request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pycornerstone.loaders.dicomweb_headers import series_url
from pycornerstone.loaders.frame_answers import FrameBytes, first_frame, numbered_frames
from pycornerstone.loaders.frame_negotiation import CANNOT_SEND, FrameNegotiation
from pycornerstone.metadata.image_addresses import beside
from pycornerstone.model.addresses import without_credentials

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from pycornerstone.loaders.partial_frames import ArrivingFrame
    from pycornerstone.loaders.protocol import LoaderContext
    from pycornerstone.retrieve.http import HttpResponse

__all__ = ["HAS_NO_FRAMES", "HAS_NO_LISTS", "WadoRsFrames"]

HAS_NO_FRAMES = CANNOT_SEND | {404, 405}
"""How servers answer that do not know the resource of frames, or cannot make any."""

HAS_NO_LISTS = HAS_NO_FRAMES | {414}
"""How servers answer that do not know several frames in one request."""


class WadoRsFrames:
    """Brings the bytes of frames.

    Parameters
    ----------
    context : LoaderContext
        The session's.
    """

    def __init__(self, context: LoaderContext) -> None:
        self._context = context
        self._negotiation = FrameNegotiation()

    async def one(
        self, instance: str, number: int, arriving: ArrivingFrame | None = None
    ) -> FrameBytes:
        """Bring a frame.

        Parameters
        ----------
        instance : str
            Address of the instance.
        number : int
            From 1.
        arriving : ArrivingFrame, optional
            What watches it, where it is to be shown before it is whole.

        Raises
        ------
        RetrieveError
            If it did not arrive, or something else did.
        """
        url = beside(instance, f"/frames/{number}")

        async def fetch(headers: Mapping[str, str], final: Collection[int]) -> FrameBytes:
            if arriving is not None:
                return await arriving.get(url, headers, final)
            response = await self._context.http.get(url, headers=headers, final_statuses=final)
            return first_frame(response, without_credentials(url))

        return await self._negotiation.ask(url, _series(instance), fetch)

    async def several(self, instance: str, numbers: Sequence[int]) -> dict[int, FrameBytes]:
        """Bring frames of an instance by one request; those that do not come are left out.

        Raises
        ------
        RetrieveError
            If nothing arrived, or something else did; of a server that knows no lists it is an
            HttpStatusError with one of `HAS_NO_LISTS`.
        """
        url = beside(instance, f"/frames/{','.join(map(str, numbers))}")

        async def fetch(headers: Mapping[str, str], final: Collection[int]) -> HttpResponse:
            return await self._context.http.get(
                url, headers=headers, final_statuses={*final, *HAS_NO_LISTS}
            )

        response = await self._negotiation.ask(url, _series(instance), fetch)
        return numbered_frames(response, numbers, without_credentials(url))


def _series(instance: str) -> str:
    return series_url(instance) or instance
