"""What is found out about an array before anything is loaded into it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pycornerstone.errors import LoaderError, PyCornerstoneError
from pycornerstone.loaders.protocol import brings_many, has_steps, reads_arrays
from pycornerstone.model.image_id import ImageId
from pycornerstone.session.outcomes import of_image

if TYPE_CHECKING:
    import numpy.typing as npt

    from pycornerstone.loaders.protocol import ArrayReader
    from pycornerstone.loaders.registry import AnyLoader, LoaderRegistry

__all__ = ["ImageWay", "check_for_circles", "checked_array", "ways_of"]


@dataclass(frozen=True, slots=True, eq=False)
class ImageWay:
    """Which way images of a scheme go into an array.

    Attributes
    ----------
    loader : loader
        Whose images they are.
    reader : ArrayReader or None
        The loader, if it reads samples straight into an array.
    brings_many : bool
        It brings many images together, if it does not read them.
    """

    loader: AnyLoader
    reader: ArrayReader | None
    brings_many: bool


def check_for_circles(image_ids: tuple[str, ...], around: tuple[str, ...]) -> None:
    """Refuse an image whose own loader asks for it; it would wait for itself, or never end.

    Raises
    ------
    LoaderError
        If there is one; it says who waits for whom.
    """
    circles = [image_id for image_id in image_ids if image_id in around] if around else []
    if circles:
        circle = " -> ".join((*around[around.index(circles[0]) :], circles[0]))
        raise LoaderError(f"a loader waits for the image that it is to load: {circle}")


def checked_array(out: object, number: int) -> npt.NDArray[Any] | None:
    """Give the array of a caller, if there is one, that so many images can go into.

    Raises
    ------
    LoaderError
        If it is none such, or there are no images.
    """
    if not number:
        raise LoaderError("an array needs at least one image, got no imageIds")
    if out is None:
        return None
    if not isinstance(out, np.ndarray):
        raise LoaderError(f"out must be a NumPy array, got {type(out).__name__}")
    if out.ndim not in {3, 4} or len(out) != number:
        raise LoaderError(
            f"out has the shape {out.shape}, but {number} images need ({number}, rows, columns), "
            f"or ({number}, rows, columns, 3) if they are of colour"
        )
    if not out.flags.writeable:
        raise LoaderError("out is read-only; give an array that may be written to")
    return out


def ways_of(image_ids: tuple[str, ...], loaders: LoaderRegistry) -> list[ImageWay]:
    """Find which way each image goes.

    Raises
    ------
    ImageIdError
        If one of them is no imageId.
    UnknownSchemeError
        If there is no loader for one of them.
    """
    of_scheme: dict[str, ImageWay] = {}
    ways = []
    for image_id in image_ids:
        try:
            scheme = ImageId.parse(image_id).scheme
            if scheme not in of_scheme:
                of_scheme[scheme] = _way(loaders.find(scheme))
        except PyCornerstoneError as error:
            raise of_image(error, image_id) from None
        ways.append(of_scheme[scheme])
    return ways


def _way(loader: AnyLoader) -> ImageWay:
    reader = loader if reads_arrays(loader) else None
    return ImageWay(loader, reader, reader is None and brings_many(loader) and has_steps(loader))
