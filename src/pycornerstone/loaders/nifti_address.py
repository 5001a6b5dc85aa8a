"""What an imageId of the NIfTI loader says: which file, which slice, and across which axis."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pycornerstone.metadata.slice_addresses import split_slice_address
from pycornerstone.model.image_id import ImageId
from pycornerstone.retrieve.sources import Source

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["NiftiAddress", "NiftiAddresses"]

_MAX_KEPT_CHARACTERS = 1000
_ABSOLUTE = ("nifti:/", "nifti:http://", "nifti:https://")


@dataclass(frozen=True, slots=True)
class NiftiAddress:
    """A slice of a file.

    Attributes
    ----------
    source : Source
        The file, or one of a pair.
    frame : int
        Which slice, from 0.
    axis : str
        Which axis slices are cut across: ``"i"``, ``"j"`` or ``"k"``.
    """

    source: Source
    frame: int
    axis: str


class NiftiAddresses:
    """Reads imageIds, and remembers those that it has read, as each is read several times."""

    def __init__(self) -> None:
        # An array asks for hundreds of slices of a file: making a path for each took 10 us.
        source_of = functools.lru_cache(maxsize=1024)(Source.parse)
        # A load asks for six modules by the same imageId.
        self._fixed = functools.lru_cache(maxsize=4096)(functools.partial(_parsed, source_of))
        # Of five megabytes, each question took 12 ms.
        self._long = functools.lru_cache(maxsize=4)(functools.partial(_parsed, Source.parse))

    def parse(self, image_id: str) -> NiftiAddress:
        """Read ``nifti:<address>?frame=N&axis=j``.

        Raises
        ------
        ImageIdError
            If it is no imageId, the frame is no number from 0, or there is no such axis.
        RetrieveError
            If the address is one that cannot be.
        """
        if image_id.startswith("nifti:data:"):
            return self._long(image_id)
        # What a relative path means changes with the working folder.
        if len(image_id) <= _MAX_KEPT_CHARACTERS and image_id.startswith(_ABSOLUTE):
            return self._fixed(image_id)
        return _parsed(Source.parse, image_id)


def _parsed(source_of: Callable[[str], Source], image_id: str) -> NiftiAddress:
    address, frame, axis = split_slice_address(ImageId.parse(image_id).resource)
    return NiftiAddress(source_of(address), frame, axis)
