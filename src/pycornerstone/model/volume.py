"""The volume: the voxels of many images in one array."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pycornerstone.errors import LoaderError
from pycornerstone.model.image_id import several
from pycornerstone.model.memory import Buffer, buffer_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

__all__ = ["Volume", "generate_volume_id"]

_KINDS = "buif"


@dataclass(frozen=True, slots=True, eq=False)
class Volume:
    """Voxels in one array, which the images of its slices may be views of.

    Attributes
    ----------
    volume_id : str
        What it is asked for by; see `generate_volume_id`.
    voxels : numpy.ndarray
        Stored samples in their own dtype, read-only: ``(slices, rows, columns)``, or ``(slices,
        rows, columns, 3 or 4)`` RGB or RGBA.
    image_ids : tuple of str
        Of its slices, in their order; empty where it is not made of images.

    Raises
    ------
    LoaderError
        If `voxels` is no array of numbers, or has another shape, or `image_ids` another length.
    """

    volume_id: str
    voxels: npt.NDArray[Any]
    image_ids: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        voxels = np.asarray(self.voxels)
        is_grey = voxels.ndim == 3
        if voxels.dtype.kind not in _KINDS or not (
            is_grey or (voxels.ndim == 4 and voxels.shape[3] in {3, 4})
        ):
            raise LoaderError(
                "voxels must be numbers of shape (slices, rows, columns) or (slices, rows, columns,"
                f" 3 or 4), got {voxels.dtype} of shape {voxels.shape}"
            )
        image_ids = tuple(several(self.image_ids))
        if image_ids and len(image_ids) != len(voxels):
            raise LoaderError(
                f"the volume has {len(voxels)} slices, but {len(image_ids)} imageIds; give one for "
                "each, or none"
            )
        if voxels.flags.writeable:
            voxels = voxels.view()
            voxels.flags.writeable = False
        object.__setattr__(self, "voxels", voxels)
        object.__setattr__(self, "image_ids", image_ids)

    def __repr__(self) -> str:
        """Say which volume it is, and what its voxels are."""
        shape = " x ".join(str(length) for length in self.voxels.shape)
        return f"<Volume {self.volume_id!r}: {shape} {self.voxels.dtype}>"

    @property
    def size_in_bytes(self) -> int:
        """Memory that the voxels hold: the whole buffer, if they are a view into one."""
        return self.buffer[1]

    @property
    def buffer(self) -> Buffer:
        """Identity of the memory that the voxels lie in, and its bytes."""
        return buffer_of(self.voxels)


def generate_volume_id(image_ids: Iterable[str]) -> str:
    """Give an id for the volume of these images: the same for the same ones in any order.

    Parameters
    ----------
    image_ids : iterable of str
        Of the slices; one that comes twice counts once.

    Raises
    ------
    ImageIdError
        If `image_ids` is one text.

    Examples
    --------
    >>> generate_volume_id(["a:2", "a:1"]) == generate_volume_id(["a:1", "a:2"])
    True
    """
    digest = hashlib.sha256()
    for image_id in sorted(set(several(image_ids))):
        encoded = image_id.encode("utf-8", "surrogatepass")
        # With their lengths, no two sets make one text.
        digest.update(b"%d:%b" % (len(encoded), encoded))
    return f"volume:{digest.hexdigest()[:32]}"
