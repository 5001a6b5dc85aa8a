"""What an imageId says itself: its frame, its instance, and where its pictures are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pycornerstone.errors import ImageIdError
from pycornerstone.metadata.slice_addresses import slice_image_id, split_slice_address
from pycornerstone.model.image_id import ImageId, split_frame, split_frame_fragment
from pycornerstone.model.modules import (
    ImageUrlModule,
    MultiframeModule,
    TransferSyntaxModule,
    UriModule,
)

if TYPE_CHECKING:
    from pycornerstone.metadata.registry import MetadataRegistry

__all__ = ["ImageAddresses", "beside"]


class ImageAddresses:
    """Answers from imageIds; `provide` is a metadata provider.

    ``"uriModule"``
        `UriModule`, of any imageId.
    ``"imageUrlModule"``
        `ImageUrlModule`, of ``wadors:`` imageIds (PS3.18 section 10.4.1.1).
    ``"baseImageId"``
        Text: the imageId without its frame.
    ``"frameImageIds"``
        Tuple of text: the imageIds of all frames of the instance, as soon as anyone knows how many
        it has. A file of one frame has one imageId, without a number. None where that would be
        more than 1,048,576: no file has so many, and a header of some bytes can say so.

    Parameters
    ----------
    metadata : MetadataRegistry
        Who is asked how many frames there are, and for the transfer syntax.

    Examples
    --------
    >>> from pycornerstone.metadata.registry import MetadataRegistry
    >>> addresses = ImageAddresses(MetadataRegistry())
    >>> addresses.provide("baseImageId", "wadouri:https://pacs/wado?frame=3&objectUID=1.2")
    'wadouri:https://pacs/wado?objectUID=1.2'
    """

    def __init__(self, metadata: MetadataRegistry) -> None:
        self._metadata = metadata

    def provide(self, type_name: str, image_id: str) -> object | None:
        """Answer the four questions above; None for others, and for what is no imageId."""
        if type_name not in _TYPES:
            return None
        try:
            uri = _parse(image_id)
        except ImageIdError:
            return None
        match type_name:
            case "baseImageId":
                return uri.base_image_id
            case "frameImageIds":
                return self._frame_image_ids(uri)
            case ImageUrlModule.type_name:
                return self._image_urls(uri)
            case _:
                return uri

    def _frame_image_ids(self, uri: UriModule) -> tuple[str, ...] | None:
        frames = self._metadata.get(MultiframeModule, uri.base_image_id)
        if frames is None or frames.number_of_frames > _MOST_FRAMES:
            return None
        count = frames.number_of_frames
        if count == 1 and uri.scheme != "wadors":
            return (uri.base_image_id,)
        return tuple(_frame_image_id(uri, frame) for frame in range(1, count + 1))

    def _image_urls(self, uri: UriModule) -> ImageUrlModule | None:
        if uri.scheme != "wadors":
            return None
        syntax = self._metadata.get(TransferSyntaxModule, f"{uri.scheme}:{uri.resource}")
        is_video = syntax is not None and syntax.is_video
        base = uri.base_image_id.partition(":")[2]
        # A video is rendered whole; its frames are no pictures of their own.
        rendered = base if is_video else uri.resource
        return ImageUrlModule(
            rendered=beside(rendered, "/rendered"),
            thumbnail=beside(uri.resource, "/thumbnail"),
            is_video=is_video,
        )


_TYPES = frozenset({"baseImageId", "frameImageIds", ImageUrlModule.type_name, UriModule.type_name})


def _parse(image_id: str) -> UriModule:
    parsed = ImageId.parse(image_id)
    if parsed.scheme == "nifti":
        address, index, axis = split_slice_address(parsed.resource)
        base = slice_image_id(address, None, axis)
        return UriModule(parsed.scheme, parsed.resource, base, index + 1)
    if parsed.scheme in _OF_PICTURES:
        base, frame = split_frame_fragment(image_id)
        return UriModule(parsed.scheme, parsed.resource, base, frame or 1)
    base, number = split_frame(image_id)
    return UriModule(parsed.scheme, parsed.resource, base, number)


_MOST_FRAMES = 1 << 20
# Whose frames stand behind "#", which no server is sent.
_OF_PICTURES = frozenset({"web", "http", "https", "data"})


def _frame_image_id(uri: UriModule, frame: int) -> str:
    """Give the imageId of a frame, which counts from 1."""
    base = uri.base_image_id
    if uri.scheme == "wadors":
        return beside(base, f"/frames/{frame}")
    if uri.scheme in _OF_PICTURES:
        return f"{base}#frame={frame}"
    if uri.scheme == "nifti":
        # NIfTI counts from 0, as Cornerstone3D does.
        address, _, axis = split_slice_address(uri.resource)
        return slice_image_id(address, frame - 1, axis)
    address, mark, fragment = base.partition("#")
    return f"{address}{'&' if '?' in address else '?'}frame={frame}{mark}{fragment}"


def beside(address: str, path: str) -> str:
    """Put a path behind that of an address, before its query.

    Examples
    --------
    >>> beside("https://pacs/studies/1?token=a", "/metadata")
    'https://pacs/studies/1/metadata?token=a'
    """
    at = min((address.find(mark) for mark in "?#" if mark in address), default=len(address))
    return address[:at].rstrip("/") + path + address[at:]
