"""What is known of images that are waited for: at servers, or listed by a loader of their files."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol, TypeAlias, cast

from pycornerstone.codecs.media_kinds import PICTURES, kind_of
from pycornerstone.loaders.dicomweb_address import DicomwebAddress
from pycornerstone.loaders.dicomweb_image_ids import ImageIdListing
from pycornerstone.model.geometry_report import LeftOut
from pycornerstone.model.image_id import split_frame
from pycornerstone.model.slice_facts import SliceFacts
from pycornerstone.retrieve.sources import Source, SourceKind
from pycornerstone.session.display_sets.listing import PartKind
from pycornerstone.session.display_sets.reading import Unlisted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pycornerstone.loaders.dicomweb_headers import DicomwebHeaders
    from pycornerstone.loaders.load_object import ImageLoadObject
    from pycornerstone.loaders.protocol import LoaderContext
    from pycornerstone.loaders.registry import LoaderRegistry
    from pycornerstone.session.display_sets.listing import Part
    from pycornerstone.session.display_sets.reading import HeaderReader

__all__ = ["Fetching", "Known"]

Known: TypeAlias = SliceFacts | LeftOut

_BEGINNING = 512
# Of these there is no header without the whole file (PS3.18 section 9).
_WHOLE_FILES = ("wadouri:", "dicomweb:")


class _ListsImages(Protocol):
    async def image_ids(self, address: str) -> list[str]: ...


class Fetching:
    """Brings it, in the event loop.

    Parameters
    ----------
    context : LoaderContext
        The session's.
    loaders : LoaderRegistry
        Who lists the images of files that are not DICOM.
    headers : DicomwebHeaders
        Brings the headers of DICOMweb.
    load : callable
        Loads an image and keeps it: where its header is not to be had otherwise.
    reader : HeaderReader
        Says what headers say.
    """

    def __init__(
        self,
        context: LoaderContext,
        loaders: LoaderRegistry,
        headers: DicomwebHeaders,
        load: Callable[[str], ImageLoadObject],
        reader: HeaderReader,
    ) -> None:
        self._context = context
        self._loaders = loaders
        self._headers = headers
        self._load = load
        self._reader = reader

    def is_needed(self, part: Part) -> bool:
        """Say whether a part of a source is to be waited for."""
        if part.kind is PartKind.REMOTE:
            return True
        if part.kind is not PartKind.IMAGE_ID:
            return False
        image_id = part.address
        if not image_id.startswith(("wadors:", *_WHOLE_FILES)):
            return False
        is_built_in = self._loaders.is_built_in(image_id.partition(":")[0])
        return is_built_in and split_frame(image_id)[0] not in self._context.dicom_headers

    async def bring(
        self, part: Part, advance: Callable[[int, int | None], object]
    ) -> Sequence[Known]:
        """Say what is known of the images of a part.

        Parameters
        ----------
        part : Part
            An imageId, or an address of a server or another file system.
        advance : callable
            Told how many instances of a study are there, and how many there will be.

        Raises
        ------
        PyCornerstoneError
            If it cannot be had.
        """
        if part.kind is PartKind.IMAGE_ID:
            return await self._of_image(part.address)
        source = Source.parse(part.address)
        if source.kind is SourceKind.HTTP and "/studies/" in part.address:
            return await self._of_study(DicomwebAddress.parse(part.address), advance)
        data = await self._context.sources.beginning(source, _BEGINNING, "a medical image")
        kind = kind_of(data)
        if kind in PICTURES:
            return await self.listed(Unlisted("web", part.address, kind))
        if kind in {"NIfTI", "gzip"}:
            return await self.listed(Unlisted("nifti", part.address, kind))
        if kind == "DICOM" and source.kind is SourceKind.HTTP:
            return await self._of_image(f"wadouri:{part.address}", all_frames=True)
        return [LeftOut(part.address, f"it is {kind}, which is not opened from such an address")]

    async def listed(self, found: Unlisted) -> Sequence[Known]:
        """Have a loader list the images of a file.

        Raises
        ------
        PyCornerstoneError
            If it cannot.
        """
        loader = cast("_ListsImages", self._loaders.built_in(found.scheme))
        image_ids = await loader.image_ids(found.address)
        return await asyncio.to_thread(self._reader.known, image_ids)

    async def _of_image(self, image_id: str, *, all_frames: bool = False) -> Sequence[Known]:
        if image_id.startswith(_WHOLE_FILES):
            await self._load(image_id)
        else:
            await self._headers.bring(split_frame(image_id)[0])
        image_ids: tuple[str, ...] = (image_id,)
        if all_frames:
            frames = self._context.metadata.get("frameImageIds", image_id)
            image_ids = frames if isinstance(frames, tuple) else image_ids
        return await asyncio.to_thread(self._reader.facts, image_ids)

    async def _of_study(
        self, address: DicomwebAddress, advance: Callable[[int, int | None], object]
    ) -> Sequence[Known]:
        listing = ImageIdListing(self._context.http, self._headers, address, advance)
        image_ids, others = await listing.run()
        known = await asyncio.to_thread(self._reader.known, image_ids)
        return [*known, *(LeftOut(base, self._reader.no_pixels(base)) for base in others)]
