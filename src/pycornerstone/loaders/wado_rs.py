"""Frames by WADO-RS: ``wadors:https://pacs/studies/X/series/Y/instances/Z/frames/1``.

PS3.18 section 10.4. This module is imported when the scheme is first asked for.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from pycornerstone.codecs.decode import decode_frame
from pycornerstone.loaders.dicomweb_headers import series_url
from pycornerstone.loaders.partial_frames import PartialFrames
from pycornerstone.loaders.wado_rs_many import ManyFrames
from pycornerstone.loaders.wado_rs_source import WadoRsSource
from pycornerstone.metadata.pydicom_datasets import KeptDataset, dataset_of_attributes
from pycornerstone.model.encoded_frame import EncodedFrame
from pycornerstone.model.image_id import ImageId, split_frame
from pycornerstone.model.modules import OverlayPlaneModule
from pycornerstone.retrieve.addresses import naming_image

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from pycornerstone.loaders.frame_answers import FrameBytes
    from pycornerstone.loaders.protocol import LoaderContext, LoadOptions, PlaceOf
    from pycornerstone.model.image import Image
    from pycornerstone.model.modules import ImagePixelModule

__all__ = ["WadoRsLoader"]


class WadoRsLoader:
    """Loads ``wadors:<URL of an instance>/frames/N``, N from 1.

    Frames are asked for as they are stored; a server that cannot do that is asked for what is read
    best, and for explicit little endian. Where it gives no frames at all, they are cut out of its
    whole instances. What the samples mean is asked of the metadata providers, and of the server's
    metadata if none of them knows.

    Parameters
    ----------
    context : LoaderContext
        The session's.

    Attributes
    ----------
    copies_native_frames : bool
        `decode` does no more than copy a frame of uncompressed grey samples.
    writes_in_place : bool
        `retrieve_many` is to be told where samples belong.
    """

    copies_native_frames = True
    writes_in_place = True

    def __init__(self, context: LoaderContext) -> None:
        self._context = context
        self._source = WadoRsSource(context)
        self._partial = PartialFrames(context.http)
        self._many = ManyFrames(context, self._source)

    async def retrieve(self, image_id: str) -> EncodedFrame:
        """Bring the bytes of one frame, and its header if that is not known.

        Raises
        ------
        ImageIdError
            If it is no imageId, or there is no such frame; it says how many there are.
        RetrieveError
            If frame or metadata did not arrive; HttpStatusError, TransferError and
            ContentTypeError are.
        DecodeError
            If the metadata are no DICOM JSON.
        MetadataError
            If the metadata do not say what the samples mean.
        """
        with naming_image(image_id):
            base, number = split_frame(image_id)
            series = series_url(ImageId.parse(base).resource) or base
            arriving = self._partial.begin(series, partial(self._encoded, image_id, base))
            pixel, frame = await self._source.frame(image_id, base, number, arriving)
            encoded = self._encoded(image_id, base, frame, pixel)
            is_partial = arriving is not None and arriving.is_partial
            return replace(encoded, is_partial=True) if is_partial else encoded

    def _encoded(
        self, image_id: str, base: str, frame: FrameBytes, pixel: ImagePixelModule
    ) -> EncodedFrame:
        planes = self._context.metadata.get(OverlayPlaneModule, image_id)
        overlays = None if planes is None else planes.overlays
        header = self._context.dicom_headers.get(base)
        whole = KeptDataset(partial(dataset_of_attributes, header)) if header else None
        return EncodedFrame(
            image_id,
            frame.data,
            frame.encoding(pixel),
            pixel,
            frame.bit_offset,
            overlays=overlays,
            dataset_source=whole,
        )

    def retrieve_many(
        self, image_ids: Sequence[str], options: LoadOptions, /, place_of: PlaceOf | None = None
    ) -> AsyncIterator[EncodedFrame]:
        """Bring many frames, in whatever order they arrive; see `BulkRetriever`.

        Only what samples are decoded from is brought: not the overlays, nor the data set.
        ``options.extra["wadors"]`` says how: ``"frames"``, each by a request of its own, or small
        ones of an instance together; ``"series"``, each series in one streamed answer;
        ``"instances"``, each instance in one. By default, a series of which 8 instances or more
        are asked for is taken whole, unless it turns out to hold many others. Whatever does not
        come in whole instances is asked for by frames.

        Raises
        ------
        PyCornerstoneError
            As `retrieve`.
        """
        return self._many.retrieve(image_ids, options, place_of)

    def decode(self, encoded: EncodedFrame) -> Image:
        """Turn it into an image.

        Raises
        ------
        DecodeError
            If the bytes are not the image that the metadata describe.
        """
        return decode_frame(encoded)
