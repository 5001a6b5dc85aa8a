"""Several images that a loader has at hand together, such as the slices of a volume."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pycornerstone.errors import LoaderError

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    import numpy.typing as npt

__all__ = ["ImageRun"]


@dataclass(frozen=True, slots=True, eq=False)
class ImageRun:
    """What `BulkRetriever.retrieve_many` may give for several images at once.

    Going through the slices of a volume one by one takes longer than copying it.

    Attributes
    ----------
    image_ids : tuple of str
        Which images, at least one.
    shape : tuple of int
        Of each of them: ``(rows, columns)`` or ``(rows, columns, 3 or 4)``.
    dtype : numpy.dtype
        Of their samples.
    read : callable
        ``read(out)`` fills an array of shape ``(images, *shape)`` with what loads of them would
        give. It is called in a decoding thread, once, and should take some milliseconds: others
        wait for the thread.

    Raises
    ------
    LoaderError
        If there is no image, or `shape` is none of an image.
    """

    image_ids: tuple[str, ...] = field(repr=False)
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    read: Callable[[npt.NDArray[Any]], object] = field(repr=False)

    def __post_init__(self) -> None:
        if not self.image_ids or len(self.shape) not in {2, 3}:
            raise LoaderError(
                "a run is of one image or more, (rows, columns) or (rows, columns, 3 or 4); its "
                f"loader gave one of {len(self.image_ids)}, of shape {self.shape}"
            )
