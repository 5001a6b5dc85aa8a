"""DICOM files over HTTP: ``wadouri:https://pacs/wado?...&frame=2``, ``dicomweb:https://host/a.dcm``.

Whatever answers with a whole DICOM file will do: WADO-URI (PS3.18 section 9), or a plain web
server. This module is imported when one of its schemes is first asked for.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from pycornerstone.codecs.decode import decode_frame
from pycornerstone.errors import ContentTypeError
from pycornerstone.loaders.part10_images import (
    RecentFiles,
    read_part10_images,
    takes_long_to_read,
)
from pycornerstone.metadata.pydicom_datasets import KeptDataset, dataset_of_bytes
from pycornerstone.model.addresses import without_credentials
from pycornerstone.model.image_id import ImageId, split_frame
from pycornerstone.retrieve.addresses import naming_image
from pycornerstone.retrieve.blocking import wait_for
from pycornerstone.retrieve.in_flight import InFlight

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

    from pycornerstone.loaders.part10_images import Part10Images
    from pycornerstone.loaders.protocol import LoaderContext
    from pycornerstone.model.encoded_frame import EncodedFrame
    from pycornerstone.model.image import Image
    from pycornerstone.retrieve.http import HttpResponse

__all__ = ["WadoUriLoader"]

# What comes in place of a file: pages that say no, pictures, and answers that hold several files.
# Any other type is left to the content, because servers call DICOM many things.
_NO_FILES = {"application/json", "application/problem+json", "application/xml", "text/xml"}
_NO_FILES_OF_KIND = ("text/html", "application/xhtml", "image/", "multipart/", "application/dicom+")


class WadoUriLoader:
    """Loads ``wadouri:<URL>`` and ``dicomweb:<URL>``, ``frame=N`` anywhere in the query, from 1.

    ``frame`` is ours and is not sent. All frames of a file come from one download: those that are
    asked for meanwhile wait for it, and the last multi-frame files are kept, 256 MiB of them
    together, the newest whatever its size.

    Parameters
    ----------
    context : LoaderContext
        The session's.
    """

    def __init__(self, context: LoaderContext) -> None:
        self._context = context
        self._recent = RecentFiles()
        self._downloads: InFlight[Part10Images] = InFlight()

    async def retrieve(self, image_id: str) -> EncodedFrame:
        """Bring the bytes of one frame.

        Raises
        ------
        ImageIdError
            If it is no imageId, or there is no such frame; it says how many there are.
        RetrieveError
            If the file did not arrive; HttpStatusError, TransferError and ContentTypeError are.
        DecodeError
            If what arrived is no DICOM file, is broken, or holds no pixel data.
        MetadataError
            If nobody knows what the samples mean.
        """
        with naming_image(image_id):
            base, _ = split_frame(image_id)
            url = ImageId.parse(base).resource
            images = self._recent.get(url)
            if images is None:
                images = await self._downloads.share(url, lambda: self._download(url, image_id))
            return images.encoded_frame(image_id, self._context)

    def decode(self, encoded: EncodedFrame) -> Image:
        """Turn it into an image.

        Raises
        ------
        DecodeError
            If the bytes are not the image that the header describes.
        """
        return decode_frame(encoded)

    async def _download(self, url: str, image_id: str) -> Part10Images:
        body = await self._body(url)
        whole = KeptDataset(partial(self._fetch_dataset, url, asyncio.get_running_loop()))
        if takes_long_to_read(body):
            images = await asyncio.to_thread(
                read_part10_images, body, image_id, self._context, whole
            )
        else:
            images = read_part10_images(body, image_id, self._context, whole)
        self._recent.put(url, images)
        return images

    async def _body(self, url: str) -> bytes:
        response = await self._context.http.get(url)
        _check_content_type(response, without_credentials(url))
        return response.body

    def _fetch_dataset(self, url: str, loop: asyncio.AbstractEventLoop) -> Dataset:
        """Fetch the file once more: to keep it for the few who ask would double the memory."""
        with naming_image(url):
            return dataset_of_bytes(wait_for(self._body(url), loop))


def _check_content_type(response: HttpResponse, shown: str) -> None:
    # A file that says that it is one (PS3.10 section 7.1) is, whatever the server calls it.
    if response.body[128:132] == b"DICM":
        return
    kind = response.media_type
    if kind in _NO_FILES or kind.startswith(_NO_FILES_OF_KIND):
        raise ContentTypeError(
            f"GET {shown} gave {kind}, a DICOM file was expected; {_advice(kind)}"
        )


def _advice(kind: str) -> str:
    if kind.startswith("image/"):
        return "put contentType=application/dicom into the address, or use 'web:' for a picture"
    if kind.startswith(("multipart/", "application/dicom+")):
        return "the address is one of WADO-RS, use 'wadors:'"
    return "check the address, or whether the server wants a login"
