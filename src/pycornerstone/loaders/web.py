"""PNG and JPEG pictures: ``web:/data/a.png``, ``web:https://host/a.png``, ``https://host/a.png``.

This module is imported when one of its schemes is first asked for.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from pycornerstone.codecs.decode import decode_frame
from pycornerstone.errors import ContentTypeError, DecodeError
from pycornerstone.metadata.module_store import ModuleStore
from pycornerstone.model.addresses import without_credentials
from pycornerstone.model.encoded_frame import EncodedFrame
from pycornerstone.model.image_id import ImageId
from pycornerstone.model.luts import VoiWindow
from pycornerstone.model.modules import (
    GeneralSeriesModule,
    ImagePixelModule,
    ImagePlaneModule,
    VoiLutModule,
)
from pycornerstone.retrieve.files import path_of, read_file

if TYPE_CHECKING:
    from pycornerstone.loaders.protocol import LoaderContext
    from pycornerstone.model.image import Image
    from pycornerstone.model.modules import Module

__all__ = ["WebLoader"]

# What servers send in place of a picture: pages that say no. Any other type is left to the content.
_NO_PICTURES = {
    "text/html",
    "application/xhtml+xml",
    "application/json",
    "application/problem+json",
}


class WebLoader:
    """Loads ``web:<path or URL>``, and ``http:`` and ``https:`` addresses as they are.

    The content says whether it is PNG or JPEG, not the name, and not the server, unless that says
    that it sends no picture at all.

    A picture knows no spacing and no place, so ``Image.geometry_is_default`` is true. What there is
    to know of it, `provide` gives once it was loaded; a user's metadata provider, such as one that
    knows the spacing, answers before it.

    Parameters
    ----------
    context : LoaderContext
        The session's.
    """

    def __init__(self, context: LoaderContext) -> None:
        self._http = context.http
        self._modules = ModuleStore()

    async def retrieve(self, image_id: str) -> EncodedFrame:
        """Bring the picture's file.

        Raises
        ------
        ImageIdError
            If `image_id` is none.
        RetrieveError
            If the file did not arrive; HttpStatusError, TransferError and ContentTypeError are.
        DecodeError
            If it arrived with nothing in it.
        """
        parsed = ImageId.parse(image_id)
        address = parsed.resource if parsed.scheme == "web" else image_id
        if not address.lower().startswith(("http://", "https://")):
            data = await asyncio.to_thread(lambda: read_file(path_of(address)))
            return EncodedFrame(image_id, data, "")
        response = await self._http.get(address)
        if response.media_type in _NO_PICTURES:
            raise ContentTypeError(
                f"GET {without_credentials(address)} gave {response.media_type}, a picture was "
                "expected; check the address, or whether the server wants a login"
            )
        if not response.body:
            raise DecodeError(
                f"GET {without_credentials(address)} gave an empty answer, a picture was expected"
            )
        return EncodedFrame(image_id, response.body, "")

    def decode(self, encoded: EncodedFrame) -> Image:
        """Turn it into an image: grey, RGB or RGBA, with 8 or 16 bits a sample.

        Raises
        ------
        DecodeError
            If it is no PNG or JPEG, or a damaged one.
        """
        image = decode_frame(encoded)
        self._modules.add(encoded.image_id, *_modules(image))
        return image

    def provide(self, type_name: str, image_id: str) -> Module | None:
        """Answer for the metadata of a picture that was loaded."""
        return self._modules.provide(type_name, image_id)


def _modules(image: Image) -> tuple[Module, ...]:
    bits = image.pixels.dtype.itemsize * 8
    # By PS3.3 C.11.2.1.2.1, centre 128 and width 256 leave 0 to 255 as they are, as everybody else
    # shows them. Grey of 16 bits is a measurement that fills some part of its range, and black if
    # all of the range were shown: the values that are there make its window.
    all_values = VoiWindow(center=2.0 ** (bits - 1), width=2.0**bits)
    is_measured = bits > 8 and image.pixels.ndim == 2
    return (
        ImagePixelModule(
            rows=image.rows,
            columns=image.columns,
            samples_per_pixel=1 if image.pixels.ndim == 2 else image.pixels.shape[2],
            photometric_interpretation=image.photometric_interpretation,
            bits_allocated=bits,
            bits_stored=bits,
            high_bit=bits - 1,
            icc_profile=image.icc_profile,
        ),
        ImagePlaneModule(rows=image.rows, columns=image.columns),
        VoiLutModule(windows=() if is_measured else (all_values,)),
        # OT, "Other" (PS3.3 C.7.3.1.1.1): nobody knows what made the picture, and XC (external
        # camera) or ES (endoscopy) would claim to.
        GeneralSeriesModule(modality="OT"),
    )
