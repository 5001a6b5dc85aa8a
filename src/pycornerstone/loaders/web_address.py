"""Where a picture is, and which of its frames is meant: ``web:/data/pages.tif#frame=2``."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field

from pycornerstone.errors import ImageIdError
from pycornerstone.model.addresses import without_credentials
from pycornerstone.model.image_id import ImageId, split_frame_fragment
from pycornerstone.retrieve.sources import Source, SourceKind

__all__ = ["SCHEMES", "PictureAddress", "frame_parameter_of", "short_key"]

SCHEMES = ("web:", "http:", "https:", "data:")
"""How the imageIds of pictures begin; what follows ``web:`` is an address by itself."""

_LONG_KEY = 1024
_ABSOLUTE = "web:/"
_FRAME_PARAMETER = re.compile(r"\?(?:[^?#]*&)?frame=(?P<frame>[^&#]*)[^#]*\Z")


@dataclass(frozen=True, slots=True)
class PictureAddress:
    """Where the file is, and which of its frames is meant.

    Attributes
    ----------
    source : Source
        Where the file is.
    frame : int
        From 1, which it is where none is named.
    key : str
        Of the file: the same for two addresses of one, as far as they tell, and short.
    """

    source: Source
    frame: int
    key: str = field(repr=False)

    @staticmethod
    def parse(image_id: str) -> PictureAddress:
        """Read an imageId.

        A fragment is never sent to a server. In the path of a file ``#`` is a letter like any
        other, but for ``#frame=`` at its end.

        Raises
        ------
        ImageIdError
            If it is none, or its frame is no number of at least 1, or named as DICOM's are.
        RetrieveError
            If it is a ``file:`` URL of another machine, or in the home folder of nobody.
        """
        # What a relative path means changes with the working folder; each load asks twice.
        is_fixed = len(image_id) <= _LONG_KEY and image_id.startswith(_ABSOLUTE)
        return _fixed(image_id) if is_fixed else _read(image_id)


def _read(image_id: str) -> PictureAddress:
    parsed = ImageId.parse(image_id)
    resource = parsed.resource if parsed.scheme == "web" else image_id
    address, frame = split_frame_fragment(resource)
    if not address:
        raise ImageIdError(f"{without_credentials(image_id)!r} names a frame, but no picture")
    source = Source.parse(address)
    if source.kind is SourceKind.HTTP and "#" in address:
        source = Source.parse(address.partition("#")[0])
    if address[:5].lower() == "file:" and (wrong := frame_parameter_of(address)):
        raise wrong
    return PictureAddress(source, frame or 1, short_key(source.key))


_fixed = functools.lru_cache(maxsize=4096)(_read)


def short_key(address: str) -> str:
    """Give an address as it is, or of a long one a short text that stands for it.

    A picture may be in its address, and what is remembered of it must not hold megabytes.
    """
    if len(address) <= _LONG_KEY:
        return address
    # Text keeps its hash, which is drawn anew in each process, once it was asked for it.
    return f"{address[:32]}...{len(address)}.{hash(address)}"


def frame_parameter_of(address: str) -> ImageIdError | None:
    """Give the error of a file whose frame is named as DICOM's are; None if none is."""
    found = _FRAME_PARAMETER.search(address)
    if found is None:
        return None
    return ImageIdError(
        f"{without_credentials(address)!r}: frames of pictures are named behind '#', from 1 on; "
        f"write '#frame={found['frame']}' in place of '?frame={found['frame']}'"
    )
